# SPDX-License-Identifier: LGPL-2.1-or-later
"""A drawn head: contour, ears, nose, mouth, with eyes, hair and headwear, turning from front to profile.

Head space: x right, y down, z to the viewer, radius 1; parts are projected after yaw and pitch, so a small
turn moves the nose more than the ears. The contour runs through drawn key views instead: a ball has no chin."""
from __future__ import annotations

import math
import random

import numpy as np

from .canvas import Canvas, affine, compose, ellipse, mix
from .eyes import Eyes
from .falls import Falls
from .hair import Hair
from .headwear import Headwear
from .motion import curve
from .palette import Palette


def contours(jaw: float, chin: float, cheek: float, point: float) -> list[np.ndarray]:
    """Contour facing +x at a turn of 0, about 35 and about 75 degrees, the same 14 points each: crown, brow, eye
    socket, cheekbone, mouth, chin, jaw, below the ear, back of the skull. `point`: 0 broad, 1 pointed chin."""
    j, c, k = jaw, chin, cheek
    b = j * (.6 - .38 * point)
    front = [(0, -1), (.7, -.75), (1, -.1), (.97 * k, .15), (k * .96, .42), (j + .14, c * .74), (b, c * .95), (0, c),
        (-b, c * .95), (-j - .14, c * .74), (-k * .96, .42), (-.97 * k, .15), (-1, -.1), (-.7, -.75)]
    q = .1 * point
    half = [(.05, -1), (.67, -.77), (.95, -.2), (.89, .1), (.92, .36), (.5 + .5 * j, c * .72), (.5 - q, c * .96),
        (.38, c), (.16, c * .97), (-.36 + .3 * (.5 - j), c * .68), (-.62, .4), (-.8, .15), (-1, -.15), (-.72, -.76)]
    side = [(0, -1), (.62, -.8), (.9, -.3), (.88, .06), (.93, .3), (.86, c * .72), (.8 - q, c * .96), (.62, c),
        (.36, c * .96), (-.02, c * .72), (-.25, .45), (-.7, .2), (-1, -.1), (-.75, -.75)]
    return [np.array(p) for p in (front, half, side)]


class Head:
    """Design and acting of one head."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float, sprite: bool = False) -> None:
        r, u, k = rng, rng.uniform, action
        self.name = name
        self.skin = pal.skin()
        self.skin_sh = pal.shade(self.skin, u(.5, 1)) if r.random() < .75 else None
        self.style = Hair(rng, pal, sprite and rng.random() < .8)
        self.hair = self.style.col
        self.falls = Falls(rng, self.style, k)
        self.eyes = Eyes(rng, pal, self.hair, k)
        self.wear = Headwear(rng, pal, self.hair, self.style.vol)
        self.point = r.choice([0, u(.3, 1), 1, 1])
        self.chin = u(.95, 1.25) + .08 * self.point
        self.views = contours(u(.38, .6), self.chin, u(.84, 1.0), self.point)
        self.nose = r.choices(["line", "dot", "hook", "ball", "wedge", "none"], [3, 3, 1.5, .7, 2, .7])[0]
        self.mouthw = u(.1, .34)
        self.lips = r.random() < .15
        self.mouth_in = pal.tone((.45, .1, .12))
        self.tongue = pal.tone((.9, .45, .45))
        self.teeth = pal.tone((1, 1, 1))
        self.blush = mix(self.skin, (1, .4, .4), .35) if r.random() < .3 else None
        self.beard = pal.near(self.hair) if r.random() < .06 else None
        self.earring = pal.any() if r.random() < .12 else None
        self.extra = 0.0    # turn of the body
        self.most = .7 if sprite else 1.25     # thick lines leave no room for a profile's hair
        self.away = r.random() < .035
        self.aged = r.random() < .08
        self.freckles = r.random() < .05
        self.over = r.random() < .4     # brows drawn over the bangs
        # acting
        big = r.random() < .3
        self.yaw = curve(r, r.choice([0, u(-.9, .9), u(-.6, .6), r.choice([-1, 1]) * u(.4, .7)]), (.9 if big
            else .12) * k)
        self.pitch = curve(r, u(-.2, .25), r.choice([.12, .12, .3]) * k)
        self.roll = curve(r, u(-.15, .15), r.choice([.1, .1, .25]) * k)
        self.open = curve(r, u(-.3, .6), .6 if r.random() < .6 else 0)
        self.smile = curve(r, u(-.6, 1), .3 * k)
        self.wind = curve(r, 0, .12 * k)

    def talk(self, rng: random.Random) -> None:
        """Speaks or blinks, whatever else moves."""
        k = rng.random()
        if k < .75:
            f, ph, a = rng.uniform(.8, 3), rng.uniform(0, 6.3), rng.uniform(.25, .6)
            self.open = lambda t: a * (.3 + math.sin(ph + 6.283 * f * t))
        if k > .5:
            self.eyes.blink = rng.uniform(.2, .9)

    # -- projection
    def pose(self, t: float) -> None:
        y, p = self.most * math.tanh(self.yaw(t) + self.extra), self.pitch(t)
        sy, cy, sp, cp = self.sy, _, _, _ = math.sin(y), math.cos(y), math.sin(p), math.cos(p)
        self.m3 = np.array([[cy, -sy * sp], [0.0, cp], [sy, cy * sp]])
        self.turn, self.t = abs(y), t

    def pr(self, pts) -> np.ndarray:
        """Head space to the picture plane."""
        return np.asarray(pts, dtype=np.float64) @ self.m3

    def face(self, pts, r2: float = .85) -> np.ndarray:
        """Points given by x, y on the front of the ball."""
        q = np.asarray(pts, dtype=np.float64)
        z = np.sqrt(np.maximum(r2 - q[:, 0] ** 2 * .8 - .15 * q[:, 1] ** 2, .02))
        m = self.m3
        return q @ m[:2] + z[:, None] * m[2]

    def contour(self) -> np.ndarray:
        """The face's outline at this turn, in the picture plane."""
        f, h, p = self.views
        a = self.turn
        q = f + (h - f) * (a / .6) if a < .6 else h + (p - h) * min((a - .6) / .65, 1)
        q = q * (1 if self.sy >= 0 else -1, 1)
        q[:, 1] += self.m3[2, 1] * .35 * (q[:, 1] > 0)
        return q

    def _m(self, cv: Canvas, t: float) -> np.ndarray:
        self.pose(t)
        m = cv.matrix
        cv.matrix = compose(m, compose(affine(1, 1, self.roll(t), 0, .9), affine(1, 1, 0, 0, -.9)))
        return m

    # -- layers
    def back(self, cv: Canvas, t: float, sway: float) -> None:
        m = self._m(cv, t)
        self.style.draw_back(cv, self.pr, self.wind(t), sway)
        self.falls.draw(cv, self.pr, t, self.wind(t), True)
        cv.matrix = m

    def front(self, cv: Canvas, t: float, sway: float) -> None:
        m = self._m(cv, t)
        self._skull(cv, t)
        if self.away:
            self.style.draw_away(cv, self.pr, self.wind(t))
        else:
            self._features(cv, t)
            if self.style.style != "bald":
                self.falls.draw(cv, self.pr, t, self.wind(t) + sway * .1, False)
                self.style.draw_front(cv, self.pr, self.wind(t) + sway * .08, sway)
            if self.over:
                self._brows(cv, t)
            if self.wear.glasses:
                self.wear.draw_glasses(cv, self.pr, self.face, self.eyes.x, self.eyes.y, self.skin)
        self.wear.draw(cv, self.pr)
        cv.matrix = m

    def _shown(self, s: int) -> bool:
        """Is the eye of side s in sight?"""
        return self.turn < .92 or s * self.sy < 0

    def _brows(self, cv: Canvas, t: float) -> None:
        for s in (-1, 1):
            if self._shown(s):
                self.eyes.draw_brow(cv, self.face, s, t, self.skin)

    def _ear(self, cv: Canvas, s: int) -> None:
        cx, cy = self.pr([(s * .95, .2, -.05)])[0]
        rx = .2 * max(.45, 1 - s * self.sy * .8)
        cv.shape([(cx - s * rx * .5, cy - .25), (cx + s * rx * .6, cy - .3), (cx + s * rx, cy - .1), (cx + s * rx * .6,
            cy + .2), (cx - s * rx * .2, cy + .32)], self.skin, f"ear{s}", (0, 4), shade=self.skin_sh)
        cv.stroke([(cx + s * rx * .5, cy - .15), (cx + s * rx * .1, cy), (cx + s * rx * .3, cy + .1)], .7, self.skin)
        if self.earring:
            cv.shape(ellipse(cx + s * rx * .3, cy + .38, .08, .1, 6), self.earring, f"ring{s}", lw=.7)

    def _skull(self, cv: Canvas, t: float) -> None:
        far = 1 if self.sy >= 0 else -1
        self._ear(cv, far)
        if self.turn < .5:
            self._ear(cv, -far)
        inside = []
        if not self.away:
            if self.skin_sh and self.style.casts and self.style.style not in ("bald", "slick"):
                inside.append(lambda: self.style.cast_shadow(cv, self.pr, self.wind(self.t), self.skin_sh))
            inside.append(lambda: self._inner(cv, t))
        cv.shape(self.contour(), self.skin, "face", (7,) if self.point > .6 else (), shade=self.skin_sh, inside=inside,
            light=.6)
        if self.turn >= .5:
            self.style.draw_side(cv, self.pr([(-far * .95, .2, -.05)])[0, 0], far)
            self._ear(cv, -far)
        if self.beard:
            k, c = .9, self.chin
            b = [(k, .35, .12), (-.35 + .7, .62, .8), (0, .55, .9), (-.35, .62, .8), (-k, .35, .12), (-.6, c * .8, .3),
                (0, c * 1.15, .5), (.6, c * .8, .3)]
            cv.shape(self.pr(b), self.beard, "beard", (0, 4))

    def _inner(self, cv: Canvas, t: float) -> None:
        """What ends at the contour: cheeks, eyes, mouth."""
        if self.blush:
            for s in (-1, 1):
                cv.shape(self.face(ellipse(s * .52, .5, .17, .09, 8)), self.blush, f"blush{s}", lineless=True)
        for s in (-1, 1):
            if self._shown(s):
                self.eyes.draw(cv, self.face, s, t, self.skin)
        self._mouth(cv, t)

    def _features(self, cv: Canvas, t: float) -> None:
        if not self.over:
            self._brows(cv, t)
        e = self.eyes
        for s in (-1, 1):
            if self.aged and self._shown(s):
                cv.stroke(self.face([(s * .18, .48), (s * .3, .6), (s * .3, .72)]), .7, self.skin)
                cv.stroke(self.face([(s * (e.x - .15), e.y + e.h + .08), (s * (e.x + .15), e.y + e.h + .1)]), .6,
                    self.skin)
        if self.freckles:
            for i in range(6):
                cv.shape(self.face(ellipse((-1 if i % 2 else 1) * (.35 + .1 * (i // 2)), .45 + .05 * (i % 3), .03, .03,
                    5)), mix(self.skin, (.5, .2, .1), .5), f"freckle{i}", lineless=True)
        n, d = self.nose, .12 if self.sy >= 0 else -.12
        if self.turn > .85:
            g = min((self.turn - .85) / .25, 1.0)
            x = .86 * (1 if d > 0 else -1)
            q = [(x, .1), (x + d * 1.6 * g, .42), (x + d * 1.5 * g, .5), (x, .56), (x - d, .4)]
            cv.shape(q, self.skin, "face", (0, 3), outline=False)
            cv.stroke(q[:4], .9, self.skin)
        elif n == "line":
            cv.stroke(self.face([(0, .3), (d * .7, .48), (0, .52)], 1.1), .8, self.skin)
        elif n == "dot":
            cv.stroke(self.face([(-.03, .5), (.03, .51)], 1.1), .9, self.skin)
        elif n == "hook":
            cv.stroke(self.face([(-.4 * d, .1), (.2 * d, .35), (d, .5), (-.4 * d, .54)], 1.15), .9, self.skin)
        elif n == "ball":
            cv.shape(self.face(ellipse(0, .45, .13, .11, 8), 1.15), mix(self.skin, (1, .5, .4), .25), "nose")
        elif n == "wedge":
            cv.stroke(self.face([(-.1 * d, .42), (.5 * d, .5), (-.2 * d, .53)], 1.1), .7, self.skin)
            if self.skin_sh:
                cv.shape(self.face([(-.1 * d, .4), (.5 * d, .5), (-.5 * d, .54)], 1.1), self.skin_sh, "noseshade",
                    (0, 1, 2), lineless=True)

    def _mouth(self, cv: Canvas, t: float) -> None:
        o, sm, w = self.open(t), self.smile(t), self.mouthw
        y = .7 * self.chin / 1.1 + .03
        if o < .12:
            cv.stroke(self.face([(-w, y - sm * .08), (0, y + sm * .05), (w, y - sm * .08)], 1.0), 1.0, self.skin)
            if self.lips:
                cv.stroke(self.face([(-w * .4, y + .1), (w * .4, y + .1)], 1.0), .7, self.skin)
            return
        h = min(o, .9) * .3
        w = w * (1.1 - .3 * o)
        pts = [(-w, y - sm * .08), (0, y - h * .25 + .02), (w, y - sm * .08), (w * .7, y + h * .55), (0, y + h * .8),
            (-w * .7, y + h * .55)]

        def inner() -> None:
            cv.shape(self.face(ellipse(0, y + h * .7, w * .7, h * .38, 8), 1.0), self.tongue, "tongue", lw=.6)
            if sm > 0.2:
                cv.shape(self.face([(-w, y - h * .5), (w, y - h * .5), (w * .8, y + h * .05), (-w * .8,
                    y + h * .05)], 1.0), self.teeth, "teeth", lw=.6)
        cv.shape(self.face(pts, 1.0), self.mouth_in, "mouth", (0, 2), inside=[inner])
