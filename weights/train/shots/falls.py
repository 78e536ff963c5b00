# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hair that hangs in separate pieces past cheek, neck and collar onto the clothes; every piece swings by itself and
some cover others.

In head space, like the rest of the hair."""
from __future__ import annotations

import math
import random

from .canvas import Canvas, Colour, tube
from .hair import Hair, Project


class Falls:
    """Pieces of one head of hair; none on most heads."""

    def __init__(self, rng: random.Random, hair: Hair, action: float) -> None:
        r, u = rng, rng.uniform
        self.hair = hair
        self.front: list[tuple] = []
        self.back: list[tuple] = []
        if hair.style in ("bald", "slick", "spiky") or r.random() < .6:
            return
        length, thin = u(.9, 2.6), u(.5, 1.2)
        for s in (-1, 1):
            for pieces, n in ((self.front, r.choice([0, 1, 2, 3])), (self.back, r.choice([0, 0, 2, 3]))):
                for _ in range(n):
                    # side, root, length, half width, bow, tip turned in or out, swing: size, speed, phase
                    pieces.append((s, u(.72, 1.02), length * u(.7, 1.15), thin * u(.09, .24), u(-.05, .22), u(-.45, .3),
                        u(.04, .22) * action, u(.4, 1.6), u(0, 6.28)))

    def draw(self, cv: Canvas, pr: Project, t: float, w: float, behind: bool) -> None:
        """w: wind; behind: the pieces behind face and neck."""
        h = self.hair
        col: Colour = h.back_col if behind else h.col
        z = -.2 if behind else .35
        for i, (s, x, ln, wide, bow, tip, size, speed, ph) in enumerate(self.back if behind else self.front):
            a = math.sin(ph + 6.28 * speed * t) * size
            b = math.sin(ph - .9 + 6.28 * speed * t) * size        # the tip comes after
            x *= h.vol * s
            p = [(x * .8, -.55, z * .6), (x + s * bow * .4, -.05, z), (x + s * bow + w * .6 + a * .5, .1 + ln * .5, z),
                (x + s * (bow * .5 + tip * .4) + w * 1.2 + a, .1 + ln * .8, z), (x + s * tip + w * 1.6 + b, .15 + ln, z)]
            q = pr(p)
            cv.shape(tube(q, [wide * .5, wide, wide * 1.05, wide * .6, 0], 7), col, f"fall{'b' if behind else 'f'}{i}",
                (0, 6, 7, 13), shade=h.sh if not behind else None, light=.5)
            if wide > .13 and i % 2:
                cv.stroke(q[1:4], .6, col)
