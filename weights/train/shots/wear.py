# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a figure wears over its clothes: scarf, straps and backpack, bow, shoulder plates, necklace,
apron, badge, headphones round the neck."""
from __future__ import annotations

import math
import random

from .canvas import Canvas, ellipse, tube
from .palette import Palette


class Accessories:
    """Drawn in three passes: behind the body, on the torso, and on top of it."""

    def __init__(self, rng: random.Random, pal: Palette) -> None:
        r = rng
        p = {"scarf": .1, "straps": .09, "bow": .1, "plates": .06, "necklace": .07, "apron": .05,
            "badge": .08, "phones": .04, "sash": .04, "wings": .03}
        self.has = {k for k, v in p.items() if r.random() < v}
        self.c = {k: pal.cloth() for k in p}
        self.sh = {k: pal.shade(c) if r.random() < .6 else None for k, c in self.c.items()}
        self.c2 = pal.cloth()
        self.k = [r.uniform(.7, 1.3) for _ in range(4)]

    def behind(self, cv: Canvas, top: float, hip: float, sw: float, sway: float) -> None:
        if "straps" in self.has:
            c = self.c["straps"]
            w = sw * .8 * self.k[0]
            cv.shape([(-w, top + .1), (w, top + .1), (w * 1.2, hip - .2), (-w * 1.2, hip - .2)], c,
                "pack", shade=self.sh["straps"])
        if "wings" in self.has:
            c = self.c["wings"]
            for s in (-1, 1):
                d = s * (1 + .3 * sway)
                p = [(s * .2, top + .5), (d * 1.5, top - .8), (d * 3, top - 1.2), (d * 2.6, top),
                    (d * 2.7, top + .7), (d * 2, top + .9), (d * 1.8, top + 1.5),
                    (s * .9, top + 1.3)]
                cv.shape(p, c, f"wing{s}", (0, 2, 4, 6), shade=self.sh["wings"])
                for q in (p[3], p[5]):
                    cv.stroke([p[0], ((p[0][0] + q[0]) / 2, (p[0][1] + q[1]) / 2 - .1), q], .8, c)

    def torso(self, cv: Canvas, top: float, hip: float, sw: float, sy: float) -> None:
        """Clipped to the torso."""
        if "apron" in self.has:
            c = self.c["apron"]
            cv.shape([(sy - .4, top + .5), (sy + .4, top + .5), (sy + sw * .7, hip - .6),
                (sy + sw * .8, hip + .5), (sy - sw * .8, hip + .5), (sy - sw * .7, hip - .6)], c,
                "apron", (0, 1, 3, 4), shade=self.sh["apron"])
        if "sash" in self.has:
            cv.shape([(-sw, top + .1), (-sw * .5, top), (sw, hip - .3), (sw, hip + .1)],
                self.c["sash"], "sash", None, shade=self.sh["sash"])
        if "badge" in self.has:
            x, y, r = sw * .5 * self.k[1] + sy, top + .8, .16
            p = [(x + math.cos(i * .628 - 1.57) * (r if i % 2 == 0 else r * .45),
                y + math.sin(i * .628 - 1.57) * (r if i % 2 == 0 else r * .45)) for i in range(10)]
            cv.shape(p, self.c["badge"], "badge", None, lw=.7)

    def over(self, cv: Canvas, top: float, sw: float, nw: float, sy: float, sway: float) -> None:
        if "straps" in self.has:
            c = self.c["straps"]
            for s in (-1, 1):
                x = s * sw * .6
                cv.shape(tube([(x * .85, top + .05), (x * 1.05 + sy * .3, top + .6),
                    (x * 1.2, top + 1.5)], [.13, .14, .13], 5), c, f"strap{s}", (0, 4, 5, 9),
                    shade=self.sh["straps"])
        if "plates" in self.has:
            c = self.c["plates"]
            for s in (-1, 1):
                x = s * sw * .95
                cv.shape([(x - s * .5, top), (x + s * .1, top - .1), (x + s * .5, top + .35),
                    (x + s * .4, top + .75), (x - s * .3, top + .6)], c, f"plate{s}", (4,),
                    shade=self.sh["plates"])
                cv.shape(ellipse(x, top + .3, .12, .12, 7), self.c2, f"stud{s}", lw=.7)
        if "necklace" in self.has:
            cv.stroke([(-nw * 1.2, top), (sy * .5 - .15, top + .5), (sy * .5, top + .62),
                (sy * .5 + .15, top + .5), (nw * 1.2, top)], .9, self.c["necklace"])
            cv.shape(ellipse(sy * .5, top + .7, .1, .13, 7), self.c["necklace"], "pendant", lw=.7)
        if "phones" in self.has:
            for s in (-1, 1):
                cv.shape(ellipse(s * nw * 1.5, top + .1, .2, .28, 8, s * .4), self.c["phones"],
                    f"phone{s}", shade=self.sh["phones"])
        if "scarf" in self.has:
            c, sh = self.c["scarf"], self.sh["scarf"]
            cv.shape([(nw * .6, top + .15), (nw * 1.5, top + .1), (nw * 1.7 + sway * .3, top + .9),
                (nw * 1.6 + sway * .5, top + 1.5), (nw * .9 + sway * .5, top + 1.5),
                (nw * .8 + sway * .2, top + .8)], c, "scarfend", (0, 1, 3, 4), shade=sh)
            cv.shape([(-nw * 1.6, top - .3), (nw * 1.6, top - .3), (nw * 2.1, top + .1),
                (sy * .5, top + .45), (-nw * 2.1, top + .1)], c, "scarf", (0, 1), shade=sh)
            cv.stroke([(-nw * 1.5, top - .05), (0, top + .12), (nw * 1.2, top - .02)], .8, c)
        if "bow" in self.has:
            c, sh = self.c["bow"], self.sh["bow"]
            x, y, k = sy * .6, top + .4, .45 * self.k[2]
            for s in (-1, 1):
                cv.shape([(x, y), (x + s * k * .3, y + k * 1.8), (x + s * k * .7, y + k * 1.5)], c,
                    f"bowend{s}", (0, 1, 2), shade=sh)
                cv.shape([(x, y), (x + s * k, y - k * .5), (x + s * k * 1.1, y + k * .5)], c,
                    f"bow{s}", (0,), shade=sh)
            cv.shape(ellipse(x, y, .13, .13, 7), self.c2, "bowknot", lw=.8)
