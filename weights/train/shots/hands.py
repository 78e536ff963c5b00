# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hands, open, pointing, closed or in mittens, and what they hold."""
from __future__ import annotations

import math
import random
from typing import Callable

from .canvas import Canvas, Colour, ellipse, mix, tube
from .palette import Palette


class Hand:
    """Design of both hands of one figure; w: half its width."""

    def __init__(self, rng: random.Random, pal: Palette, skin: Colour, w: float, sprite: bool) -> None:
        r = rng
        self.skin, self.w = (pal.tone((1, 1, 1)) if r.random() < .12 else skin), w
        self.sh = pal.shade(self.skin)
        self.kind = r.choice(["fist", "open", "open", "mitt", "point"])
        self.prop = r.choice([None] * 8 + ["mic", "sword", "cup", "bag", "book"])
        if sprite and r.random() < .4:
            self.prop = "mic"
        self.propc, self.trim = pal.cloth(), pal.cloth()
        self.trim_sh = pal.shade(self.trim) if r.random() < .6 else None
        self.prop_sh = pal.shade(self.propc) if r.random() < .6 else None

    def draw(self, cv: Canvas, h: tuple[float, float], ux: float, uy: float, s: int, side: str,
            shaded: bool, near: float = 1.0) -> None:
        """At wrist h, pointing along (ux, uy); s: which side; near: how much larger than at the body."""
        w, sh = self.w * near, self.sh if shaded else None

        def at(a: float, b: float) -> tuple[float, float]:
            return (h[0] + ux * a * w - uy * s * b * w, h[1] + uy * a * w + ux * s * b * w)
        if self.prop and side == "R":
            self._prop(cv, at)
        skin = self.skin
        if self.kind == "mitt":
            cv.shape([at(-.2, -.6), at(.8, -.9), at(1.8, -.5), at(1.8, .5), at(.8, .9),
                at(-.2, .6)], skin, "hand" + side, shade=sh)
            cv.shape([at(.2, -.7), at(.9, -1.5), at(1.3, -1.2), at(.9, -.6)], skin, "thumb" + side,
                (0, 3))
            return
        if self.kind == "fist":
            cv.shape([at(-.2, -.6), at(.5, -1), at(1.5, -.9), at(1.7, 0), at(1.5, .9), at(.5, .9),
                at(-.2, .6)], skin, "hand" + side, shade=sh)
            for b in (-.45, 0.05, .5):
                cv.stroke([at(1.6, b), at(.9, b)], .7, skin)
            cv.shape([at(.4, -.9), at(1.0, -.9), at(1.2, .1), at(.8, .3), at(.6, -.4)], skin,
                "thumb" + side)
            return
        n = 4
        for i in range(n):
            b = (i - 1.5) * .48
            ln = (2.5 if i in (1, 2) else 2.1) if self.kind == "open" or i == 0 else 1.5
            cv.shape(tube([at(.8, b), at(1.5, b * 1.15), at(ln, b * 1.4)],
                [.27 * w, .26 * w, .2 * w], 3), skin, f"finger{side}{i}", (0, 5), lw=.8)
        cv.shape([at(-.2, -.55), at(.5, -.95), at(1.25, -.95), at(1.3, 0), at(1.2, .9), at(.5, .9),
            at(-.2, .55)], skin, "hand" + side, shade=sh)
        cv.shape(tube([at(.2, -.6), at(.7, -1.3), at(1.3, -1.5)], [.3 * w, .28 * w, .2 * w], 3),
            skin, "thumb" + side, (0, 5), lw=.8)

    def _prop(self, cv: Canvas, at: Callable[[float, float], tuple[float, float]]) -> None:
        c, sh = self.propc, self.prop_sh
        if self.prop == "mic":
            cv.shape([at(.6, -1.5), at(1.3, -1.5), at(1.4, 2), at(.5, 2)], c, "mic", None, shade=sh)
            p, q = at(.95, 3.1), at(.95, 4.8)
            r = math.hypot(p[0] - q[0], p[1] - q[1])

            def mesh() -> None:
                for k in (-.9, 0, .9):
                    cv.stroke([at(-.7, 3.1 + k * .7), at(.95, 3.1 + k * 1.1), at(2.6, 3.1 + k * .7)], .6, self.trim)
                    cv.stroke([at(.95 + k * .7, 1.4), at(.95 + k * 1.1, 3.1), at(.95 + k * .7, 4.8)], .6, self.trim)
            cv.shape(ellipse(*p, r, r), self.trim, "micball", shade=self.trim_sh, inside=[mesh])
        elif self.prop == "sword":
            cv.shape([at(.6, 1), at(1.2, 1), at(1.1, 12), at(.9, 13), at(.7, 12)],
                mix(c, (1, 1, 1), .7), "blade", None, shade=mix(c, (.7, .7, .8), .6))
            cv.shape([at(-.4, .9), at(2.2, .9), at(2.2, 1.5), at(-.4, 1.5)], c, "guard", None)
            cv.shape([at(.6, -1.5), at(1.2, -1.5), at(1.2, 1), at(.6, 1)], self.trim, "hilt", None)
        elif self.prop == "cup":
            cv.shape([at(0, .8), at(2.2, .8), at(2.0, 3), at(.2, 3)], c, "cup", None, shade=sh)
            cv.shape([at(0, .8), at(2.2, .8), at(2.2, 1.1), at(0, 1.1)], self.trim, "rim", None)
        elif self.prop == "bag":
            cv.shape([at(1, -2), at(4.5, -2.4), at(5, 2.4), at(1, 2)], c, "bag", (0, 1, 2, 3),
                shade=sh)
            cv.shape([at(1.6, -1), at(2.6, -1), at(2.6, 1), at(1.6, 1)], self.trim, "clasp", None)
        else:
            cv.shape([at(-.4, -.6), at(3, -.6), at(3, 3), at(-.4, 3)], c, "book", None, shade=sh)
            cv.shape([at(0, -.2), at(2.6, -.2), at(2.6, .6), at(0, .6)], self.trim, "label", None)
