# SPDX-License-Identifier: LGPL-2.1-or-later
"""What covers the trunk: shirts, jackets, hooded tops, suits, vests; collars, patterns, folds, hard shadows.

Cloth is bulky: its outline bulges and breaks at folds, hoods and collars lie around the neck in layers."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass

from .canvas import Canvas, Colour, ellipse, mix
from .palette import Palette
from .wear import Accessories

OPEN = ("jacket", "suit", "vest", "coat", "sailor", "parka")


@dataclass
class Trunk:
    """Where the trunk is in one frame: shoulder line, hip line, half widths of shoulders, waist, hips and neck,
    how far its middle is turned aside, how cloth sways, and where the neck enters the head."""
    top: float
    hip: float
    sw: float
    ww: float
    hw: float
    nw: float
    sy: float
    sway: float
    breath: float
    t: float
    head: tuple[float, float]


class Clothes:
    """Design of one outfit's upper part."""

    def __init__(self, rng: random.Random, pal: Palette, skin: Colour) -> None:
        r, u, c = rng, rng.uniform, pal.cloth
        self.rng, self.pal, self.skin = r, pal, skin
        self.kind = r.choices(["shirt", "jacket", "dress", "hoodie", "suit", "vest", "tee", "coat", "sailor", "parka",
            "tank"], [1, 1.2, .8, 1.6, 1, 1, 1, .8, .9, 1.2, .7])[0]
        self.top, self.inner, self.tie, self.trim, self.pcol = c(), c(), c(), c(), c()
        if r.random() < .12:      # dark from head to foot: inner lines show in the line art alone
            self.top, self.trim = (mix(x, (.03, .03, .05), .85) for x in (self.top, self.trim))
        if r.random() < .3:
            self.inner = pal.tone((.97, .97, .97))
        self.pattern = r.choice(["none", "none", "none", "stripes", "dots", "logo", "plaid", "none"])
        self.lined = r.random() < .3                      # stripes on what is under the jacket
        self.shades: dict[str, Colour | None] = {}
        self.shadep = r.random()
        self.slope = u(.02, .3)
        self.bulk = u(.1, .4) if self.kind in ("hoodie", "parka", "coat") else r.choice([0, 0, u(0, .2)])
        self.bumps = [u(-.6, 1) for _ in range(8)]
        self.folds = [(u(-.8, .8), u(.1, .9), u(-.4, .4), u(.1, .4)) for _ in range(r.randint(1, 7))]
        self.pulls = [(r.choice([-1, 1]), u(.15, .5), u(.2, .7), u(-.1, .5)) for _ in range(r.choice([0, 2, 4, 6]))]
        # folds come and go as the drawings change: phase, speed, and below which height of the wave one is missing
        alive = r.random() < .6
        self.waves = [(u(0, 6.28), u(.5, 3), u(-1.3, .5) if alive else -9.0) for _ in range(13)]
        dark = r.random() < .7
        self.wedges = [(u(-.95, .95), u(.05, .95), u(-.5, .5), u(.15, .6), u(.05, .2))
            for _ in range(r.randint(1, 5))] if dark else []
        self.half = r.choice([-1, 1]) * u(.1, .8) if dark and r.random() < .3 else None
        self.under_chin = dark and r.random() < .7
        self.pocket = r.random() < .25
        self.piping = r.random() < .2
        self.extras = Accessories(r, pal)

    def sh(self, key: str, col: Colour) -> Colour | None:
        """Shadow colour of a part, or None; decided once per part."""
        if key not in self.shades:
            self.shades[key] = self.pal.shade(col) if self.rng.random() < self.shadep * 1.3 else None
        return self.shades[key]

    def sleeve(self) -> Colour:
        return self.inner if self.kind == "vest" else self.top

    def wave(self, i: int, t: float) -> float:
        """How far fold i is drawn at t: 0 not at all, 1 wholly."""
        ph, speed, least = self.waves[i % len(self.waves)]
        return min(max((math.sin(ph + 6.28 * speed * t) - least) * 2.5, 0), 1)

    # -- layers
    def draw_behind(self, cv: Canvas, q: Trunk) -> None:
        """The part of a hood behind the neck; draw before the head's back hair falls over it."""
        if self.kind in ("hoodie", "parka") and self.bulk > .2:
            w, y = q.sw * .62, q.top
            deep = self.pal.shade(self.top)
            cv.shape([(-w, y + .2), (-w * 1.05, y - .25), (-w * .6, y - .62), (0, y - .72), (w * .6, y - .62),
                (w * 1.05, y - .25), (w, y + .2)], deep, "hoodback", (0, 6))

    def draw(self, cv: Canvas, q: Trunk) -> None:
        top, hip, sw, nw = q.top, q.hip, q.sw, q.nw
        x, y = q.head
        cv.shape([(x - nw, y), (x + nw, y), (nw * 1.05, top - .05), (nw * 1.5, top + .12), (0, top + .35), (-nw * 1.5,
            top + .12), (-nw * 1.05, top - .05)], self.skin, "neck", (0, 1), shade=self.sh("neck", self.skin),
            shifted=(0, 0.25 * abs(cv.matrix[1, 1])))
        cv.stroke([(-nw * .25, top + .05), (-nw * .05, top + .22)], .6, self.skin)
        cv.stroke([(nw * 1.4, top + .16), (nw * .3, top + .24)], .6, self.skin)
        b = [self.bulk * x * .35 for x in self.bumps]
        k, sl, mid = 1 + self.bulk * .3, self.slope, (top + hip) / 2
        x = sw * k
        body = [(-nw * 1.25, top), (-x * .8, top + sl), (-x, top + sl + .23), (-x * .9 - q.breath + b[0], top + .9),
            (-q.ww * k + b[1], mid + .3), (-q.hw * k + b[2], hip - .1), (-q.hw * k, hip + .25), (q.hw * k, hip + .25),
            (q.hw * k + b[3], hip - .1), (q.ww * k + b[4], mid + .3), (x * .9 + q.breath + b[5], top + .9),
            (x, top + sl + .23), (x * .8, top + sl), (nw * 1.25, top), (q.sy * .3, top + self._neckline())]
        cv.shape(body, self.top, "torso", (0, 2, 6, 7, 11, 13), shade=self.sh("torso", self.top),
            inside=[lambda: self._pattern(cv, q), lambda: self._open(cv, q), lambda: self._cloth(cv, q)])
        self._collar(cv, q)
        self.extras.over(cv, top, sw, nw, q.sy, q.sway)

    def _neckline(self) -> float:
        return {"tee": .15, "hoodie": .15, "tank": .75}.get(self.kind, .4)

    def _pattern(self, cv: Canvas, q: Trunk) -> None:
        top, hip = q.top, q.hip
        if self.pattern == "stripes":
            for i in range(6):
                y = top + .2 + i * (hip - top) / 5
                cv.shape([(-2, y), (0, y + .06), (2, y), (2, y + .2), (0, y + .26), (-2, y + .2)], self.pcol,
                    f"stripe{i}", lineless=self.shadep < .5, lw=0.6)
        elif self.pattern == "dots":
            for i in range(12):
                cv.shape(ellipse((i % 4 - 1.5) * .55 + (i // 4 % 2) * .25, top + .5 + i // 4 * .6, .13, .13, 6),
                    self.pcol, f"dot{i}", lw=0.5)
        elif self.pattern == "logo":
            f = q.sw / max(q.sw, .1) * .4
            cv.shape(ellipse(q.sy, top + .9, f, .4), self.pcol, "logo", lw=0.8)
            cv.shape(ellipse(q.sy, top + .9, f * .5, .2), self.trim, "logo2", lw=0.6)
        elif self.pattern == "plaid":
            for i in range(4):
                x = (i - 1.5) * q.sw * .5 + q.sy
                cv.shape([(x, top), (x + .1, top), (x + .1, hip + 1), (x, hip + 1)], self.pcol, f"pl{i}", None,
                    lineless=True)

    def _open(self, cv: Canvas, q: Trunk) -> None:
        """What shows between the open fronts, or buttons."""
        top, hip, sy, nw = q.top, q.hip, q.sy, q.nw
        if self.kind in OPEN:
            g = {"suit": .12, "parka": .45}.get(self.kind, .25)
            o = (-g * q.sw + sy, g * q.sw + sy)
            d = .75 if self.kind in ("suit", "coat") else 1.2

            def stripes() -> None:
                for i in range(7):
                    y = top + .15 + i * .3
                    cv.shape([(-2, y), (sy, y + .1), (2, y), (2, y + .13), (sy, y + .23), (-2, y + .13)], self.pcol,
                        f"lining{i}", lw=.7)
            cv.shape([(-nw * 1.6, top - .1), (nw * 1.6, top - .1), (o[1] + .1, top + (hip - top) * .5 * d), (o[1] * .8,
                hip + .5), (o[0], hip + .5), (o[0] - .1, top + (hip - top) * .5 * d)], self.inner, "inner",
                (0, 1, 3, 4), shade=self.sh("inner", self.inner), inside=[stripes] if self.lined else [])
            if self.kind in ("suit", "vest", "jacket") and not self.lined:
                cv.shape([(sy * .6 - .12, top + .2), (sy * .6 + .12, top + .2), (sy * .6 + .09, top + .42), (sy + .2,
                    top + 1.4), (sy, top + 1.65), (sy - .2, top + 1.4), (sy * .6 - .09, top + .42)], self.tie, "tie",
                    range(7), shade=self.sh("tie", self.tie))
        if self.kind in ("shirt", "coat", "dress"):
            cv.stroke([(sy * .5, top + .4), (sy, (top + hip) / 2), (sy, hip + .3)], 0.8, self.top)
            for i in range(4):
                cv.shape(ellipse(sy + .12, top + .6 + i * (hip - top) * .22, .07, .07, 6), self.trim, f"button{i}",
                    lw=0.6)

    def _cloth(self, cv: Canvas, q: Trunk) -> None:
        """Hard shadows and folds."""
        top, hip, sw, col = q.top, q.hip, q.sw, self.top
        deep = self.pal.shade(col)
        if self.half is not None:       # one side of the body lies in shadow
            x, s = self.half * sw, 1 if self.half > 0 else -1
            cv.shadow([(x * .6, top - .2), (x + .1 * s, top + .8), (x * .7, (top + hip) / 2), (x, hip), (x * .9,
                hip + .5), (3 * s, hip + .5), (3 * s, top - .2)], deep, "halfshade", (0, 4, 5, 6))
        for i, (x, y, dx, dy, w) in enumerate(self.wedges):
            k = self.wave(i + 4, q.t)
            if k < .3:
                continue
            x, y, dx, dy = x * sw, top + y * (hip - top), dx * k, dy * k
            cv.shadow([(x, y), (x + dx * .6 + w, y + dy * .5), (x + dx, y + dy), (x + dx * .3 - w, y + dy * .6)], deep,
                f"wedge{i}", (0, 2))
        if self.under_chin:
            n = q.nw
            cv.shadow([(-n * 1.5, top - .1), (n * 1.5, top - .1), (n * 1.7, top + .3), (q.sy, top + .65), (-n * 1.3,
                top + .4)], deep, "chinshade", (0, 1))
        self.extras.torso(cv, top, hip, sw, q.sy)
        if self.pocket:
            cv.shape([(sw * .25 + q.sy, top + .8), (sw * .7 + q.sy, top + .8), (sw * .68 + q.sy, top + 1.25), (sw * .27
                + q.sy, top + 1.25)], col, "pocket", None, lw=.7)
        if self.kind == "hoodie":
            w = sw * .55
            cv.shape([(q.sy - w * .6, hip - .85), (q.sy + w * .6, hip - .85), (q.sy + w, hip - .1), (q.sy - w,
                hip - .1)], col, "pouch", None, lw=.8)
        for i, (x, y, dx, dy) in enumerate(self.folds):
            k = self.wave(i, q.t)
            if k < .2:
                continue
            x, y, dx, dy = x * sw, top + y * (hip - top), dx * k, dy * k
            cv.stroke([(x, y), (x + dx * .5, y + dy * .4), (x + dx * .8, y + dy)], 0.8, col)
        for i, (s, y, ln, dy) in enumerate(self.pulls):  # long folds pulled from the armpit
            ln *= self.wave(i + 7, q.t)
            if ln < .05:
                continue
            x, y = s * sw * .85, top + self.slope + .35 + y
            cv.stroke([(x, y), (x - s * ln * .5, y + dy * .3), (x - s * ln, y + dy)], .9, col)
        if self.piping:
            for s in (-1, 1):
                cv.stroke([(s * q.nw * 1.4, top + .2), (s * sw * .6, top + self.slope + .15), (s * sw * 1.1, top + .6)],
                    1.4, col, ink=self.trim)

    def _collar(self, cv: Canvas, q: Trunk) -> None:
        top, hip, sw, nw, sy, col = q.top, q.hip, q.sw, q.nw, q.sy, self.top
        if self.kind in ("shirt", "suit", "vest", "jacket", "coat", "sailor"):
            c = self.inner if self.kind in ("suit", "vest") else (self.trim if self.kind in ("sailor", "jacket")
                else mix(self.top, self.inner, .5))
            big = 1.5 if self.kind in ("jacket", "sailor") else 1.0
            for s in (-1, 1):
                cv.shape([(s * nw * .9, top - .18), (s * nw * 1.5 * big ** .5, top + .02), (s * nw * 1.5 * big
                    + sy * .3, top + .55 * big), (sy * .6 + s * .03, top + .35 * big)], c, "collar%d" % s,
                    (0, 1, 2, 3), shade=self.sh("collar", c))
        if self.kind in ("suit", "jacket"):
            for s in (-1, 1):
                cv.shape([(s * nw * 1.5, top + .02), (s * sw * .55, top + .45), (s * sw * .42, top + .75),
                    (sy + s * .15, top + (hip - top) * .55), (s * nw * 1.1, top + .4)], col, "lapel%d" % s, (0, 1, 2, 3),
                    shade=self.sh("lapel", col))
        if self.kind in ("hoodie", "parka"):
            z = 1 + self.bulk
            for s in (-1, 1):           # two rolls that meet under the chin
                roll = [(s * nw * .75, top - .42 * z), (s * nw * 1.5 * z, top - .5 * z), (s * sw * .78, top - .05),
                    (s * sw * .72, top + .3 * z), (s * nw * 1.2, top + .62 * z), (sy + s * .04, top + .85 * z), (sy
                    + s * .02, top + .42), (s * nw * .85, top + .12)]
                cv.shape(roll, col, f"hood{s}", (0, 5, 6), shade=self.sh("hood", col))
                cv.stroke([(s * nw * 1.15, top - .3 * z), (s * sw * .5, top + .05), (s * nw * 1.0, top + .45 * z)], .8,
                    col)
                end = (sy + s * .24 + q.sway * .1, top + .95 * z + .5)
                cv.stroke([(sy + s * .2, top + .7 * z), (sy + s * .26, top + .7 * z + .4), end], 1.5, self.trim,
                    ink=mix(self.trim, (0, 0, 0), .3))
        if self.kind == "sailor":
            c = self.tie
            cv.shape([(sy - .15, top + .55), (sy + .15, top + .55), (sy + .35, top + 1.15), (sy + .1, top + .85), (sy
                - .1, top + .85), (sy - .35, top + 1.15)], c, "knot", None, shade=self.sh("tie", c))
