# SPDX-License-Identifier: LGPL-2.1-or-later
"""Colours of a shot: skin, hair, clothes, sky, in one lighting mood (pastel to night)."""
from __future__ import annotations

import colorsys
import random

from .canvas import Colour, mix


def hsv(h: float, s: float, v: float) -> Colour:
    return colorsys.hsv_to_rgb(h % 1.0, min(max(s, 0), 1), min(max(v, 0), 1))


class Palette:
    """Random colours under one mood; every colour passes `tone`."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.mood = rng.choices(["day", "pastel", "vivid", "evening", "night", "dim", "mono"],
            [6, 2, 4, 1.5, 1.3, 1.5, 0.4])[0]
        self.hue = rng.random()
        self.sat = rng.choice([.45, .7, 1.0])   # muted, film-like or bright clothes and scenery
        self.tint = {"evening": hsv(rng.uniform(0.02, 0.1), 0.7, 1),
            "night": hsv(rng.uniform(0.55, 0.7), 0.6, 0.8)}.get(self.mood,
            hsv(rng.random(), 0.3, 0.9))
        self.own = rng.random() < .4      # shadows stay in the hue of what they lie on, only deeper
        self.depth = rng.uniform(.4, .75)
        self.shade_tint = hsv(rng.choice([0.65, 0.72, 0.8, 0.0, 0.6]), rng.uniform(0.1, 0.5),
            rng.uniform(0.45, 0.8))

    def tone(self, c: Colour) -> Colour:
        m = self.mood
        if m == "pastel":
            return mix(c, (1, 1, 1), 0.35)
        if m == "evening":
            return mix((c[0] * self.tint[0], c[1] * self.tint[1], c[2] * self.tint[2]), c, 0.45)
        if m == "night":
            return mix((c[0] * self.tint[0], c[1] * self.tint[1], c[2] * self.tint[2]), c, 0.25)
        if m == "dim":
            g = sum(c) / 3
            return tuple(0.8 * (0.6 * x + 0.4 * g) for x in c)
        if m == "mono":
            g = 0.3 * c[0] + 0.6 * c[1] + 0.1 * c[2]
            return mix((g * self.tint[0], g * self.tint[1], g * self.tint[2]), c, 0.2)
        return c

    def skin(self) -> Colour:
        r = self.rng
        if r.random() < 0.07:
            return self.tone(hsv(r.random(), r.uniform(0.1, 0.6), r.uniform(0.5, 1)))
        base = r.choice([(1.0, 0.9, 0.82), (1.0, 0.88, 0.78), (0.98, 0.83, 0.72),
            (0.99, 0.86, 0.75), (0.95, 0.76, 0.6), (0.78, 0.56, 0.4), (0.5, 0.33, 0.24),
            (0.93, 0.72, 0.53)])
        return self.tone(mix(base, hsv(0.06, 0.3, 1), r.random() * 0.3))

    def skin_line(self) -> Colour:
        """Outline colour of a whole shot: dark brown, dark red, dark blue."""
        r = self.rng
        return hsv(r.choice([.02, .05, .08, .65, .95]), r.uniform(.3, .8), r.uniform(.1, .4))

    def hair(self) -> Colour:
        r = self.rng
        k = r.random()
        if k < 0.22:
            c = hsv(r.random(), r.uniform(0, 0.3), r.uniform(0.03, 0.22))
        elif k < 0.45:
            c = hsv(r.uniform(0.03, 0.09), r.uniform(0.4, 0.8), r.uniform(0.2, 0.6))
        elif k < 0.6:
            c = hsv(r.uniform(0.09, 0.14), r.uniform(0.35, 0.75), r.uniform(0.75, 0.98))
        elif k < 0.68:
            c = hsv(r.random(), r.uniform(0, 0.15), r.uniform(0.6, 0.98))
        else:
            c = hsv(r.random(), r.uniform(0.3, 0.85), r.uniform(0.4, 0.98))
        return self.tone(c)

    def cloth(self) -> Colour:
        r = self.rng
        k = r.random()
        if k < 0.18:
            c = hsv(r.random(), r.uniform(0, 0.12), r.uniform(0.85, 1))
        elif k < 0.34:
            c = hsv(r.random(), r.uniform(0, 0.4), r.uniform(0.03, 0.25))
        elif k < 0.5:
            c = hsv(self.hue + r.uniform(-0.06, 0.06), self.sat * r.uniform(0.3, 0.9),
                r.uniform(0.3, 0.95))
        else:
            c = hsv(r.random(), self.sat * r.uniform(0.25, 0.95), r.uniform(0.3, 0.98))
        return self.tone(c)

    def any(self) -> Colour:
        r = self.rng
        return self.tone(hsv(r.random() if r.random() < .5 else self.hue + r.uniform(-.12, .12),
            self.sat * r.random() ** .7, r.uniform(.15, 1)))

    def near(self, c: Colour, d: float = 0.08) -> Colour:
        """A colour of the same family."""
        r = self.rng
        k = 1 + r.uniform(-2, 2) * d
        return tuple(min(max(x * k + r.uniform(-d, d) * 0.5, 0), 1) for x in c)

    def shade(self, c: Colour, k: float = 1.0) -> Colour:
        """The shadow colour of c."""
        if self.own:
            g = min(c)
            return mix(c, tuple((x - .25 * g) * self.depth for x in c), .5 + .5 * k)
        t = self.shade_tint
        return mix(c, (c[0] * t[0], c[1] * t[1], c[2] * t[2]), 0.75 * k)

    def lit(self, c: Colour, k: float = .3) -> Colour:
        return mix(c, (1, 1, 1), k)
