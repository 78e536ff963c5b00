# SPDX-License-Identifier: LGPL-2.1-or-later
"""A drawn head: face, eyes, mouth, ears, hair and headwear, turning by parallax.

Head space: x right, y down, z to the viewer, radius 1; every part is projected after
yaw and pitch, so a small turn moves the nose more than the ears."""
from __future__ import annotations

import math
import random

import numpy as np

from .canvas import Canvas, affine, compose, ellipse, mix, tube
from .hair import Hair
from .motion import curve
from .palette import Palette, hsv


class Head:
    """Design and acting of one head."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float) -> None:
        r, u, k = rng, rng.uniform, action
        self.name = name
        self.skin = pal.skin()
        self.skin_sh = pal.shade(self.skin, u(.5, 1)) if r.random() < .7 else None
        self.style = Hair(rng, pal)
        self.hair, self.vol = self.style.col, self.style.vol
        self.eye_style = r.choices(["anime", "round", "dot", "sharp", "black"], [5, 3, 1, 2, .6])[0]
        self.es = u(.7, 1.35)
        self.ex, self.ey = u(.32, .46), u(.0, .25)
        self.ew, self.eh = u(.17, .28) * self.es, u(.14, .3) * self.es
        self.iris = pal.tone(hsv(r.random(), u(.3, 1), u(.2, .9)))
        self.lash = pal.tone((.1, .06, .08)) if r.random() < .5 else None
        self.white = pal.tone((1, 1, 1)) if r.random() < .85 else pal.tone((1, u(.8, 1), u(.5, 1)))
        self.pupil = mix(self.iris, (0, 0, 0), .7)
        self.jaw, self.chin, self.cheek = u(.36, .66), u(.9, 1.3), u(.8, 1.0)
        self.nose = r.choice(["line", "dot", "hook", "ball", "none"])
        self.brow = u(.5, 2.2)
        self.mouthw = u(.14, .4)
        self.lips = r.random() < .15
        self.mouth_in = pal.tone((.45, .1, .12))
        self.tongue = pal.tone((.9, .45, .45))
        self.teeth = pal.tone((1, 1, 1))
        self.blush = mix(self.skin, (1, .4, .4), .35) if r.random() < .3 else None
        self.hat = r.choices([None, "cap", "straw", "beanie", "band", "horns", "bow", "cat"],
            [9, 1.3, 1, .8, .8, .5, 1, .6])[0]
        self.hatc, self.hatc2 = pal.cloth(), pal.cloth()
        self.hat_sh = pal.shade(self.hatc)
        self.glasses = r.random() < .16
        self.glassc = pal.cloth() if r.random() < .5 else (.08, .08, .1)
        self.beard = pal.near(self.hair) if r.random() < .07 else None
        self.earring = pal.any() if r.random() < .15 else None
        self.extra = 0.0    # turn of the body
        self.away = r.random() < .035
        self.aged = r.random() < .12
        self.freckles = r.random() < .06
        # acting
        big = r.random() < .25
        self.yaw = curve(r, r.choice([0, u(-.8, .8), u(-.5, .5)]), (.6 if big else .15) * k)
        self.pitch = curve(r, u(-.2, .25), .12 * k)
        self.roll = curve(r, u(-.15, .15), .1 * k)
        self.open = curve(r, u(-.3, .6), .6 if r.random() < .6 else 0)
        self.smile = curve(r, u(-.6, 1), .3 * k)
        self.gaze = (curve(r, u(-.3, .3), .3 * k), curve(r, 0, .1 * k))
        self.angry = curve(r, u(-.3, .3), .15 * k)
        self.blink = r.choice([None, None, u(.1, .9)])
        self.squint = u(0, .3)
        self.wind = curve(r, 0, .12 * k)

    # -- projection
    def pose(self, t: float) -> None:
        y, p = 1.05 * math.tanh(self.yaw(t) + self.extra), self.pitch(t)
        sy, cy, sp, cp = self.sy, self.cy, _, _ = math.sin(y), math.cos(y), math.sin(p), math.cos(p)
        self.m3 = np.array([[cy, -sy * sp], [0.0, cp], [sy, cy * sp]])
        self.t = t

    def pr(self, pts) -> np.ndarray:
        """Head space to the picture plane."""
        return np.asarray(pts, dtype=np.float64) @ self.m3

    def face(self, pts, r2: float = 1.05) -> np.ndarray:
        """Points given by x, y on the front of the ball."""
        q = np.asarray(pts, dtype=np.float64)
        z = np.sqrt(np.maximum(r2 - q[:, 0] ** 2 - .35 * q[:, 1] ** 2, .02))
        m = self.m3
        return q @ m[:2] + z[:, None] * m[2]

    def _m(self, cv: Canvas, t: float) -> np.ndarray:
        self.pose(t)
        m = cv.matrix
        cv.matrix = compose(m, compose(affine(1, 1, self.roll(t), 0, .9), affine(1, 1, 0, 0, -.9)))
        return m

    # -- layers
    def back(self, cv: Canvas, t: float, sway: float) -> None:
        m = self._m(cv, t)
        self.style.draw_back(cv, self.pr, self.wind(t), sway)
        cv.matrix = m

    def front(self, cv: Canvas, t: float, sway: float) -> None:
        m = self._m(cv, t)
        self._skull(cv)
        if self.away:
            self.style.draw_away(cv, self.pr, self.wind(t))
            if self.hat:
                self._hat(cv, t, sway)
            cv.matrix = m
            return
        self._face(cv, t)
        if self.style.style != "bald":
            self.style.draw_front(cv, self.pr, self.wind(t) + sway * .08, sway)
        if self.glasses:
            self._glasses(cv)
        if self.hat:
            self._hat(cv, t, sway)
        cv.matrix = m

    def _ear(self, cv: Canvas, s: int) -> None:
        cx, cy = self.pr([(s * .98, .18, -.05)])[0]
        rx = .2 * max(.45, 1 - s * self.sy * .8)
        cv.shape([(cx - s * rx * .5, cy - .25), (cx + s * rx * .6, cy - .3), (cx + s * rx, cy - .1),
            (cx + s * rx * .6, cy + .2), (cx - s * rx * .2, cy + .32)], self.skin, f"ear{s}",
            (0, 4), shade=self.skin_sh)
        cv.stroke([(cx + s * rx * .5, cy - .15), (cx + s * rx * .1, cy),
            (cx + s * rx * .3, cy + .1)], .7, self.skin)
        if self.earring:
            cv.shape(ellipse(cx + s * rx * .3, cy + .38, .08, .1, 6), self.earring, f"ring{s}",
                lw=.7)

    def _skull(self, cv: Canvas) -> None:
        j, c, k = self.jaw, self.chin, self.cheek
        for s in (-1, 1):
            self._ear(cv, s)
        pts = [(0, -1, 0), (.7, -.75, 0), (1, -.1, 0), (k, .35, .1), (j + .15, c * .72, .3),
            (j * .5, c * .95, .45), (0, c, .5), (-j * .5, c * .95, .45), (-j - .15, c * .72, .3),
            (-k, .35, .1), (-1, -.1, 0), (-.7, -.75, 0)]
        inside = []
        if self.blush:
            def blush() -> None:
                for s in (-1, 1):
                    cv.shape(self.face(ellipse(s * .52, .45, .17, .09, 8)), self.blush, f"blush{s}",
                        lineless=True)
            inside.append(blush)
        if self.skin_sh and self.style.casts and self.style.style not in ("bald", "slick"):
            inside.insert(0, lambda: self.style.cast_shadow(cv, self.pr, self.wind(self.t),
                self.skin_sh))
        cv.shape(self.pr(pts), self.skin, "face", shade=self.skin_sh, inside=inside, light=.6)
        if self.beard:
            b = [(-k, .35, .12), (-.35, .62, .8), (0, .55, .9), (.35, .62, .8), (k, .35, .12),
                (j + .15, c * .8, .3), (0, c * 1.15, .5), (-j - .15, c * .8, .3)]
            cv.shape(self.pr(b), self.beard, "beard", (0, 4))

    def _eye(self, cv: Canvas, s: int, t: float) -> None:
        op = 1 - self.squint
        if self.blink is not None:
            op *= min(1.0, abs(t - self.blink) / .12)
        w, h = self.ew, self.eh
        ex, ey = s * self.ex, self.ey
        st = self.eye_style
        ang = self.angry(t)
        if op < .25:
            cv.stroke(self.face([(ex - w, ey), (ex, ey + h * .35), (ex + w, ey)]), 1.6, self.skin,
                ink=(.1, .06, .08))
            return
        gx, gy = self.gaze[0](t) * w, self.gaze[1](t) * h
        if st == "dot":
            cv.shape(self.face(ellipse(ex + gx * .3, ey, w * .4, h * .6 * op, 8)), (.07, .05, .08),
                f"eye{s}")
            return
        if st == "black":
            cv.shape(self.face(ellipse(ex, ey, w * 1.1, h * 1.3 * op, 10, .2 * s)), (.04, .03, .05),
                f"eye{s}")
            cv.shape(self.face(ellipse(ex + gx, ey - h * .3, w * .4, h * .45 * op, 8)), self.white,
                f"hi{s}", lw=.6)
            return
        if st == "round":
            out = ellipse(ex, ey, w * 1.05, h * 1.2 * op, 10)
            irx, iry = w * .4, h * .42
            if self.es > 1.1:
                irx, iry = w * .22, h * .25
        elif st == "sharp":
            out = [(ex - w, ey + ang * s * h), (ex - w * .3, ey - h * .55 * op),
                (ex + w * .5, ey - h * .5 * op), (ex + w * 1.05, ey - ang * s * h),
                (ex + w * .3, ey + h * .35 * op), (ex - w * .5, ey + h * .4 * op)]
            irx, iry = w * .42, h * .6
        else:
            out = [(ex - w, ey - h * .2 + ang * s * h * .5), (ex - w * .55, ey - h * .85 * op),
                (ex + w * .2, ey - h * op), (ex + w * .85, ey - h * .65 * op),
                (ex + w, ey - h * .1 - ang * s * h * .5), (ex + w * .65, ey + h * .75 * op),
                (ex, ey + h * .95 * op), (ex - w * .7, ey + h * .7 * op)]
            irx, iry = w * .62, h * .85
        sharp = (0, 3) if st == "sharp" else ()

        def inner() -> None:
            cx, cy = ex + gx, ey + gy
            cv.shape(self.face(ellipse(cx, cy, irx, iry, 8)), self.iris, f"iris{s}", lw=.7,
                shade=mix(self.iris, (0, 0, 0), .45), light=-1.2)
            cv.shape(self.face(ellipse(cx, cy, irx * .5, iry * .5, 8)), self.pupil, f"pupil{s}",
                lw=.5)
            cv.shape(self.face(ellipse(cx - irx * .4, cy - iry * .45, irx * .33, iry * .3, 6)),
                (1, 1, 1), f"hi{s}", lw=.4)
        cv.shape(self.face(out), self.white, f"white{s}", sharp, inside=[inner], lw=.7)
        o = np.asarray(out)
        up = o[[0, 1, 2, 3]] if st == "sharp" else (o[[0, 1, 2, 3, 4]] if st == "anime" else o[[5,
            6, 7, 8, 9, 0]])
        if self.lash and st != "round":
            cv.shape(tube(self.face(up), [.01, .06 * self.es, .07 * self.es, .06 * self.es, .02],
                6), self.lash, f"lash{s}", (0, 5, 6, 11), lw=.7)
        else:
            cv.stroke(self.face(up), 2.2 if st != "round" else 1.2, self.skin, ink=(.08, .05, .07))
        if st == "anime":
            cv.stroke(self.face([(ex - w * .8, ey - h * 1.25), (ex, ey - h * 1.45),
                (ex + w * .8, ey - h * 1.15)]), .6, self.skin)

    def _face(self, cv: Canvas, t: float) -> None:
        for s in (-1, 1):
            self._eye(cv, s, t)
            a = self.angry(t)
            by = self.ey - self.eh * 1.35 - .12
            x = s * self.ex
            br = [(x - s * .22, by + a * .35), (x, by - .06), (x + s * .24, by - a * .2 + .03)]
            if self.brow > 1.4:
                cv.shape(tube(self.face(br), [.05, .06, .02], 5), self.hair, f"brow{s}", lw=.7)
            else:
                cv.stroke(self.face(br), .8 + self.brow, self.skin,
                    ink=mix(self.hair, (0, 0, 0), .4))
            if self.aged:
                cv.stroke(self.face([(s * .18, .48), (s * .3, .6), (s * .3, .72)], 1.2), .7,
                    self.skin)
                cv.stroke(self.face([(s * (self.ex - .15), self.ey + self.eh + .08),
                    (s * (self.ex + .15), self.ey + self.eh + .1)]), .6, self.skin)
        if self.freckles:
            for i in range(6):
                cv.shape(self.face(ellipse((-1 if i % 2 else 1) * (.35 + .1 * (i // 2)),
                    .4 + .05 * (i % 3), .03, .03, 5)), mix(self.skin, (.5, .2, .1), .5),
                    f"freckle{i}", lineless=True)
        if abs(self.sy) > .5:
            q = self.pr([(0, .08, 1.0), (.0, .38, 1.2), (0, .44, 1.17), (0, .54, .98),
                (-.25 * self.sy, .45, .85)])
            cv.shape(q, self.skin, "face", (0, 3), outline=False)
            cv.stroke(q[:4], .9, self.skin)
            n = "none"
        else:
            n = self.nose
        if n == "line":
            cv.stroke(self.face([(.02, .3), (.09, .47), (0, .5)], 1.35), .8, self.skin)
        elif n == "dot":
            cv.stroke(self.face([(-.03, .47), (.03, .48)], 1.3), .9, self.skin)
        elif n == "hook":
            cv.stroke(self.face([(-.06, .1), (.02, .35), (.1, .48), (-.06, .52)], 1.4), .9,
                self.skin)
        elif n == "ball":
            cv.shape(self.face(ellipse(0, .42, .13, .11, 8), 1.4), mix(self.skin, (1, .5, .4), .25),
                "nose")
        o, sm, w = self.open(t), self.smile(t), self.mouthw
        y = .72 * self.chin / 1.1
        if o < .12:
            cv.stroke(self.face([(-w, y - sm * .08), (0, y + sm * .05), (w, y - sm * .08)], 1.15),
                1.0, self.skin)
            if self.lips:
                cv.stroke(self.face([(-w * .4, y + .1), (w * .4, y + .1)], 1.15), .7, self.skin)
            return
        h = min(o, .9) * .32
        w = w * (1.1 - .3 * o)
        pts = [(-w, y - sm * .08), (0, y - h * .25 + .02), (w, y - sm * .08), (w * .7, y + h * .55),
            (0, y + h * .8), (-w * .7, y + h * .55)]

        def inner() -> None:
            cv.shape(self.face(ellipse(0, y + h * .7, w * .7, h * .38, 8), 1.15), self.tongue,
                "tongue", lw=.6)
            if sm > 0.2:
                cv.shape(self.face([(-w, y - h * .5), (w, y - h * .5), (w * .8, y + h * .05),
                    (-w * .8, y + h * .05)], 1.15), self.teeth, "teeth", lw=.6)
        cv.shape(self.face(pts, 1.15), self.mouth_in, "mouth", (0, 2), inside=[inner])

    def _glasses(self, cv: Canvas) -> None:
        for s in (-1, 1):
            o = ellipse(s * (self.ex + .02), self.ey + .02, .3, .26, 10)
            cv.stroke(self.face(np.concatenate((o, o[:1])), 1.2), 1.6, self.skin, ink=self.glassc)
            cv.stroke(np.concatenate((self.face([(s * (self.ex + .3), self.ey)], 1.2),
                self.pr([(s * 1.0, .05, 0)]))), 1.2, self.skin, ink=self.glassc)
        cv.stroke(self.face([(-self.ex + .28, self.ey), (0, self.ey - .04),
            (self.ex - .28, self.ey)], 1.2), 1.2, self.skin, ink=self.glassc)

    def _hat(self, cv: Canvas, t: float, sway: float) -> None:
        v, c, c2, sh = self.vol + .06, self.hatc, self.hatc2, self.hat_sh
        dome = [(math.cos(math.pi * i / 6) * v * 1.02, -.35 - math.sin(math.pi * i / 6) * (v - .2),
            0) for i in range(7)]
        if self.hat in ("cap", "straw", "beanie"):
            cv.shape(self.pr(dome + [(-v * .6, -.3, .7), (0, -.25, 1.0), (v * .6, -.3, .7)]), c,
                "hat", (0, 6), shade=sh)
            cv.shape(self.pr([(v, -.55, .2), (v * .6, -.47, .7), (0, -.43, 1), (-v * .6, -.47, .7),
                (-v, -.55, .2), (-v * 1.02, -.32, .2), (-v * .6, -.25, .75), (0, -.2, 1.05),
                (v * .6, -.25, .75), (v * 1.02, -.32, .2)]), c2, "hatband", (0, 4, 5, 9))
            if self.hat == "cap":
                cv.shape(self.pr([(-.8, -.3, .75), (0, -.22, 1.05), (.8, -.3, .75), (.6, -.2, 1.6),
                    (0, -.12, 1.9), (-.6, -.2, 1.6)]), c, "brim", (0, 2), shade=sh)
            elif self.hat == "straw":
                cv.shape(self.pr([(1.9, -.2, 0), (1, -.05, 1.3), (0, .0, 1.7), (-1, -.05, 1.3),
                    (-1.9, -.2, 0), (-v, -.35, .2), (0, -.22, 1.05), (v, -.35, .2)]), c, "brim",
                    (0, 4), shade=sh)
            else:
                cv.shape(ellipse(*self.pr([(0, -v - .25, 0)])[0], .25, .25, 8), c2, "pompom")
        elif self.hat == "band":
            cv.shape(self.pr([(v, -.4, .2), (0, -.62, 1.1), (-v, -.4, .2), (-v, -.6, .2),
                (0, -.85, 1.05), (v, -.6, .2)]), c, "band", (0, 2, 3, 5))
        elif self.hat in ("horns", "cat"):
            for s in (-1, 1):
                a = [(s * .35, -v * .92, .1), (s * .75, -v * 1.45, 0), (s * .95, -v * .7, 0)]
                cv.shape(self.pr(a), self.hair if self.hat == "cat" else c, f"horn{s}", (0, 1, 2),
                    shade=sh if self.hat != "cat" else None)
                b = [(s * .5, -v * .95, .15), (s * .73, -v * 1.3, .05), (s * .82, -v * .82, .1)]
                cv.shape(self.pr(b), c2, f"hornin{s}", (0, 1, 2), lw=.7)
        else:
            x, y = self.pr([(.6, -v * .8, .5)])[0]
            for s in (-1, 1):
                cv.shape([(x, y), (x + s * .5, y - .35), (x + s * .6, y + .25)], c, f"bow{s}",
                    (0, 1, 2), shade=sh)
            cv.shape(ellipse(x, y, .13, .13, 8), c2, "bowk")
