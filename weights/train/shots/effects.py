# SPDX-License-Identifier: LGPL-2.1-or-later
"""Actors that are neither people nor things: four-legged animals seen from the side, and drifting
particles (petals, snow, rain, sparks, puffs of smoke, speed lines)."""
from __future__ import annotations

import math
import random

from .canvas import Canvas, affine, compose, ellipse, mix, tube
from .motion import curve
from .palette import Palette


class Quadruped:
    """Dog, cat, horse, sheep ...: trunk, neck, head in profile, four legs that may walk."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float) -> None:
        r, u = rng, rng.uniform
        self.name = name
        self.col = pal.hair() if r.random() < .7 else pal.any()
        self.far = pal.shade(self.col, .7)
        self.col2, self.dark, self.white, self.acc = pal.near(self.col,
            .3), pal.tone((.06, .04, .06)), pal.tone((1, 1, 1)), pal.cloth()
        self.sh = pal.shade(self.col) if r.random() < .7 else None
        self.ln, self.fat, self.leg, self.lw = u(.7, 1.25), u(.4, .75), u(.7, 1.6), u(.1, .22)
        self.neck, self.tilt, self.hr, self.snout = u(.2, 1.0), u(.2, 1.2), u(.35, .6), u(.25, .8)
        self.ear, self.earl = r.choice(["up", "flop", "round"]), u(.25, .6)
        self.mane, self.collar = r.random() < .35, r.random() < .4
        self.spots = [(u(-.8, .8), u(-.5, .5), u(.1, .3)) for _ in range(r.choice([0, 0, 2, 4]))]
        walk = r.random() < .5
        self.amp, self.freq, self.ph = (u(.2, .7) * action if walk else .03), u(.5, 1.6), u(0, 6.28)
        self.nod, self.wag, self.open = curve(r, 0, .25 * action), curve(r, u(-.3, .5),
            .6 * action), curve(r, 0, .4)

    def span(self) -> tuple[float, float]:
        return -1.2 - self.neck, self.leg + self.fat + .1

    def draw(self, cv: Canvas, t: float) -> None:
        cv.prefix = self.name
        base = cv.matrix
        L, f, g = self.ln, self.fat, self.leg
        w = 6.28 * self.freq * t + self.ph

        def leg(x: float, ph: float, col, key: str) -> None:
            a = math.sin(w + ph) * self.amp
            k = (x + math.sin(a) * g * .5, f * .5 + g * .5)
            e = (k[0] + math.sin(a * .6 - abs(a) * .4) * g * .5, f * .5 + g)
            cv.shape(tube([(x, f * .2), k, e], [self.lw * 1.6, self.lw, self.lw * .8]), col, key,
                (6, 7), shade=None if col is self.far else self.sh)
            cv.shape([(e[0] - self.lw, e[1] - .05), (e[0] + self.lw * 1.6, e[1] - .02),
                (e[0] + self.lw * 1.7, e[1] + .1), (e[0] - self.lw, e[1] + .1)], self.col2,
                key + "f", (2, 3), lw=.8)
        leg(-L * .75, 0, self.far, "leg0")
        leg(L * .7, 2, self.far, "leg1")
        v = self.wag(t)
        cv.shape(tube([(-L * .95, -f * .4), (-L - .4, -f * .6 - v * .3),
            (-L - .6 - v * .2, -f * .3 - v)], [.14, .16, .03]), self.col, "tail", shade=self.sh)

        def marks() -> None:
            for i, (x, y, q) in enumerate(self.spots):
                cv.shape(ellipse(x * L, y * f, q, q * .8, 7), self.col2, f"spot{i}", lw=.7)
        cv.shape([(-L, -f * .5), (-L * .4, -f * .85), (L * .5, -f * .8), (L, -f * .5),
            (L * 1.02, f * .2), (L * .4, f * .6), (-L * .3, f * .45), (-L * .95, f * .4)], self.col,
            "trunk", shade=self.sh, inside=[marks])
        leg(-L * .85, 3.1, self.col, "leg2")
        leg(L * .8, 5.1, self.col, "leg3")
        a = self.tilt + self.nod(t)
        n = (L * .85, -f * .4)
        h = (n[0] + math.sin(a) * (self.neck + .4), n[1] - math.cos(a) * (self.neck + .4))
        cv.shape(tube([n, ((n[0] + h[0]) / 2, (n[1] + h[1]) / 2), h],
            [f * .6, f * .42, self.hr * .6]), self.col, "neck", shade=self.sh)
        if self.collar:
            c = ((n[0] + 2 * h[0]) / 3, (n[1] + 2 * h[1]) / 3)
            cv.shape(tube([c, (c[0] + math.sin(a) * .13, c[1] - math.cos(a) * .13)],
                [f * .45, f * .43], 2), self.acc, "collar", None)
        if self.mane:
            cv.shape(tube([(n[0] - .3, n[1] - .1), (h[0] - .45, (n[1] + h[1]) / 2),
                (h[0] - .1, h[1] - self.hr)], [.05, .28, .1]), self.acc, "mane", (0, 6), shade=None)
        cv.matrix = compose(base, affine(1, 1, .3 * self.nod(t), h[0], h[1]))
        r, s = self.hr, self.snout
        if self.ear != "round":
            k = -1 if self.ear == "up" else .9
            cv.shape([(-.28, -r * .6), (-.3, -r * .6 + k * self.earl), (.05, -r * .8)], self.col,
                "earfar", (0, 1, 2), shade=None)
        cv.shape([(-r, 0), (-r * .6, -r * .85), (r * .4, -r * .9), (r * .8, -r * .2),
            (r * .7 + s, -.02), (r * .75 + s, .25), (r * .5, r * .6), (-r * .5, r * .75)], self.col,
            "head", (), shade=self.sh, light=.6)
        cv.shape(ellipse(r * .72 + s, .02, .1, .09, 7), self.dark, "nose")
        o = max(self.open(t), 0)
        if o > .1:
            cv.shape([(r * .2, .28), (r * .65 + s, .24), (r * .5 + s * .7, .3 + o * .4)], self.dark,
                "mouth", (0, 1, 2))
        else:
            cv.stroke([(r * .2, .3), (r * .6, .26), (r * .65 + s, .24)], .8, self.col)
        cv.shape(ellipse(r * .25, -r * .3, .11, .13, 8), self.white, "eye", lw=.8,
            inside=[lambda: cv.shape(ellipse(r * .29, -r * .28, .07, .09, 7), self.dark, "pupil",
            lw=.5)])
        if self.ear == "round":
            cv.shape(ellipse(-.15, -r * .85, self.earl * .5, self.earl * .5, 8), self.col, "ear",
                shade=self.sh)
        else:
            k = -1 if self.ear == "up" else .9
            cv.shape([(-.35, -r * .45), (-.2, -r * .6 + k * self.earl * 1.2), (.12, -r * .75)],
                self.col2, "ear", (0, 2) if self.ear == "flop" else (0, 1, 2))
        cv.matrix = base


class Particles:
    """Many small shapes drifting over the picture; unit: frame height, origin in the middle."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float) -> None:
        r, u = rng, rng.uniform
        self.name, self.kind = name, r.choice(["petal", "snow", "rain", "spark", "smoke", "speed"])
        self.col = pal.any() if self.kind not in ("snow", "rain", "smoke") else mix(pal.any(),
            (1, 1, 1), .7)
        self.sh = pal.shade(self.col, .5) if r.random() < .5 else None
        n = {"rain": 24, "speed": 20, "smoke": 7}.get(self.kind, r.randint(6, 22))
        self.items = [(u(-.9, .9), u(-.6, .6), u(.6, 1.5), u(0, 6.28),
            u(.5, 1.5)) for _ in range(n)]
        a = {"rain": 1.4, "snow": 1.6, "smoke": -1.5}.get(self.kind, u(0, 6.28))
        v = u(.05, .5) * action
        self.v = (math.cos(a) * v, math.sin(a) * v)
        self.size = {"smoke": .1, "spark": .03}.get(self.kind, .022) * u(.6, 1.5)
        self.lineless = r.random() < .4

    def draw(self, cv: Canvas, t: float) -> None:
        cv.prefix = self.name
        for i, (x, y, s, ph, k) in enumerate(self.items):
            x, y = x + self.v[0] * t * k, y + self.v[1] * t * k
            q = self.size * s
            if self.kind == "petal":
                p, sharp = tube([(x, y), (x + math.cos(ph + t) * q, y + math.sin(ph + t) * q),
                    (x + 2 * math.cos(ph + t) * q, y + 1.6 * math.sin(ph + t) * q)], [0, q * .5, 0],
                    4), (0, 3, 4, 7)
            elif self.kind == "rain":
                p, sharp = [(x, y), (x + .004, y), (x + .004 + self.v[0] * .2, y + .08 * s),
                    (x + self.v[0] * .2, y + .08 * s)], None
            elif self.kind == "speed":
                a, r0 = ph, .45 + .2 * s
                c, d = math.cos(a), math.sin(a)
                p, sharp = [(c * r0, d * r0), (c * 2 - d * .03 * s, d * 2 + c * .03 * s),
                    (c * 2 + d * .03 * s, d * 2 - c * .03 * s)], None
            elif self.kind == "spark":
                b = q * (.6 + .4 * math.sin(ph + 9 * t))
                p = [(x + math.cos(j * .785) * (b if j % 2 == 0 else b * .3),
                    y + math.sin(j * .785) * (b if j % 2 == 0 else b * .3)) for j in range(8)]
                sharp = None
            else:
                g = q * (1 + .5 * t)
                p, sharp = ellipse(x, y, g, g * .9, 7, ph), ()
            cv.shape(p, self.col, f"p{i}", sharp, lw=.7,
                shade=self.sh if self.kind == "smoke" else None, lineless=self.lineless)
