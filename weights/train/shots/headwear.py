# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a head wears: caps, straw hats, beanies, bands, horns, cat ears, bows, glasses, hoods."""
from __future__ import annotations

import math
import random
from typing import Callable, Optional

import numpy as np

from .canvas import Canvas, Colour, ellipse
from .palette import Palette

Project = Callable[..., np.ndarray]


class Headwear:
    """Hat and glasses of one head; `pr` and `face` are the head's projections, v the radius of its hair."""

    def __init__(self, rng: random.Random, pal: Palette, hair: Colour, v: float) -> None:
        r = rng
        self.hat: Optional[str] = r.choices([None, "cap", "straw", "beanie", "band", "horns", "bow", "cat"],
            [10, 1.3, .9, .6, .8, .4, .9, .6])[0]
        self.c, self.c2, self.hair, self.v = pal.cloth(), pal.cloth(), hair, v + .06
        self.sh = pal.shade(self.c)
        self.turned = r.choice([-1, 1]) if r.random() < .35 else 0     # cap worn sideways or backwards
        self.glasses = r.random() < .15
        self.frame = pal.cloth() if r.random() < .5 else (.08, .08, .1)
        self.frame_w = r.choice([1.2, 1.6, 3.0])
        self.fold = [(r.uniform(-.8, .8), r.uniform(-.2, .2)) for _ in range(r.randint(1, 4))]

    def draw_glasses(self, cv: Canvas, pr: Project, face: Project, ex: float, ey: float, skin: Colour) -> None:
        for s in (-1, 1):
            o = ellipse(s * (ex + .02), ey + .02, .31, .27, 10)
            cv.stroke(face(np.concatenate((o, o[:1]))), self.frame_w, skin, ink=self.frame)
            cv.stroke(np.concatenate((face([(s * (ex + .3), ey)]), pr([(s * 1.0, .05, 0)]))), 1.2, skin,
                ink=self.frame)
        cv.stroke(face([(-ex + .28, ey), (0, ey - .04), (ex - .28, ey)]), 1.2, skin, ink=self.frame)

    def draw(self, cv: Canvas, pr: Project) -> None:
        if self.hat in ("cap", "straw", "beanie"):
            self._dome(cv, pr)
        elif self.hat == "band":
            v = self.v
            cv.shape(pr([(v, -.4, .2), (0, -.62, 1.1), (-v, -.4, .2), (-v, -.6, .2), (0, -.85, 1.05), (v, -.6,
                .2)]), self.c, "band", (0, 2, 3, 5))
        elif self.hat in ("horns", "cat"):
            v, cat = self.v, self.hat == "cat"
            for s in (-1, 1):
                a = [(s * .35, -v * .92, .1), (s * .75, -v * 1.45, 0), (s * .95, -v * .7, 0)]
                cv.shape(pr(a), self.hair if cat else self.c, f"horn{s}", (0, 1, 2), shade=None if cat else self.sh)
                b = [(s * .5, -v * .95, .15), (s * .73, -v * 1.3, .05), (s * .82, -v * .82, .1)]
                cv.shape(pr(b), self.c2, f"hornin{s}", (0, 1, 2), lw=.7)
        elif self.hat == "bow":
            x, y = pr([(.6, -self.v * .8, .5)])[0]
            for s in (-1, 1):
                cv.shape([(x, y), (x + s * .5, y - .35), (x + s * .6, y + .25)], self.c, f"bow{s}", (0, 1, 2),
                    shade=self.sh)
            cv.shape(ellipse(x, y, .13, .13, 8), self.c2, "bowk")

    def _dome(self, cv: Canvas, pr: Project) -> None:
        v, c, c2, sh = self.v, self.c, self.c2, self.sh
        dome = [(math.cos(math.pi * i / 6) * v * 1.02, -.35 - math.sin(math.pi * i / 6) * (v - .2), 0)
            for i in range(7)]

        def folds() -> None:
            for x, d in self.fold:
                cv.stroke(pr([(x, -.35, .7), (x * .8 + d, -.7, .6), (x * .4, -1.0, .2)]), .7, c)
            if self.turned:     # panel of another colour
                s = self.turned
                cv.shape(pr([(s * .1, -1.4, .3), (s * 1.4, -1.4, 0), (s * 1.4, -.2, 0), (s * .35, -.2, .9), (s * .2,
                    -.7, .9)]), c2, "panel", (0, 1, 2, 3), shade=None)
        cv.shape(pr(dome + [(-v * .6, -.3, .7), (0, -.25, 1.0), (v * .6, -.3, .7)]), c, "hat", (0, 6), shade=sh,
            inside=[folds])
        cv.shape(pr([(v, -.55, .2), (v * .6, -.47, .7), (0, -.43, 1), (-v * .6, -.47, .7), (-v, -.55, .2), (-v * 1.02,
            -.32, .2), (-v * .6, -.25, .75), (0, -.2, 1.05), (v * .6, -.25, .75), (v * 1.02, -.32, .2)]), c2,
            "hatband", (0, 4, 5, 9))
        if self.hat == "cap" and self.turned:
            s = self.turned
            cv.shape(pr([(s * .95, -.45, .1), (s * 1.7, -.42, .1), (s * 1.95, -.28, .1), (s * 1.6, -.18, .1), (s * .95,
                -.2, .1)]), c2, "brim", (0, 4), shade=sh)
        elif self.hat == "cap":
            cv.shape(pr([(-.8, -.3, .75), (0, -.22, 1.05), (.8, -.3, .75), (.6, -.2, 1.6), (0, -.12, 1.9), (-.6, -.2,
                1.6)]), c, "brim", (0, 2), shade=sh)
        elif self.hat == "straw":
            brim = [(1.9, -.2, 0), (1, -.05, 1.3), (0, .0, 1.7), (-1, -.05, 1.3), (-1.9, -.2, 0), (-v, -.35, .2), (0,
                -.22, 1.05), (v, -.35, .2)]
            cv.shape(pr(brim), c, "brim", (0, 4), shade=sh)
            for x, d in self.fold:
                cv.stroke(pr([(x * 1.2, -.12, .9), (x * 1.3 + d, -.06, 1.2)]), .6, c)
        else:
            cv.shape(ellipse(*pr([(0, -v - .25, 0)])[0], .25, .25, 8), c2, "pompom")
