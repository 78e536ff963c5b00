# SPDX-License-Identifier: LGPL-2.1-or-later
"""Assembles a shot: cast, framing, camera, ink style, frames."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np

from .background import Background
from .canvas import Canvas, Ids, LineStyle, affine, compose
from .character import Character
from .film import Film
from .lines import Extractor, Wear
from .motion import camera, curve, ease, timing
from .palette import Palette
from .props import Mascot, Thing


@dataclass
class Shot:
    """color uint8 [T,H,W,3] sRGB; line uint8 [T,H,W], black on white; region int32 [T,H,W], identity
    of the fill under each pixel, >= 1, the same for the same part in every frame."""
    color: np.ndarray
    line: np.ndarray
    region: np.ndarray


def line_style(rng: random.Random, height: int, pal: Palette) -> LineStyle:
    u, k = rng.uniform, max(height / 256.0, .45)
    w = rng.choices([u(.9, 1.3), u(1.2, 2), u(2, 3.5), u(3.5, 6)], [5, 4, 1.6, .8])[0] * k
    st = LineStyle(width=max(w, .7))
    st.gray = rng.choice([0, 0, 0, 0, 0, .1, .3])
    st.taper = rng.random() < .5
    st.gap = rng.choice([0, 0, 0, 0, .1, .3])
    st.nib, st.nib_angle = rng.choice([1, 1, 1, 1, .65, .4]) if w > 1 else 1.0, rng.uniform(0, 3.14)
    st.double = rng.random() < .08
    st.boil = rng.choice([0, 0, 0, .3, .7, 1.2]) * k
    st.shadow_line = rng.choice([-1, -1, -1, .1, .5, .7])
    st.outline = rng.choices(["black", "brown", "self", "none"], [4, 3, 3, .5])[0]
    st.outline_colour = (0.03, 0.02, 0.03) if st.outline == "black" else tuple(pal.skin_line())
    a, m = u(0, 6.283), u(.1, .3)
    st.light = (math.cos(a) * m, -abs(math.sin(a)) * m)
    st.black_fill = rng.random() < .4
    return st


class Placed:
    """An actor at its place; enters, leaves, drifts or comes nearer during the shot."""

    def __init__(self, ch, s: float, x: float, y: float, rng: random.Random, action: float) -> None:
        self.ch, self.s, self.x, self.y = ch, s, x, y
        self.mx = curve(rng, 0, rng.choice([0, 0, .02, .08, .25]) * action)
        self.my = curve(rng, 0, rng.choice([0, .01, .03]) * action)
        self.near = curve(rng, 0, rng.choice([0, 0, 0, .05, .25]) * action)
        self.flip = rng.choice([-1, 1])
        k = rng.random()
        side = rng.choice([-1, 1])
        t0, ln = rng.uniform(-.3, .4), rng.uniform(.3, 1)
        self.go = (lambda t: 0.0) if k > .08 else (lambda t: side * (1 - ease((t - t0) / ln))) if k > .04 else (lambda t: side * ease((t - t0) / ln))

    def matrix(self, t: float) -> np.ndarray:
        s = self.s * math.exp(self.near(t))
        return affine(s * self.flip, s, 0, self.x + self.mx(t) + self.go(t), self.y + self.my(t))


def make_shot(seed: int, height: int, width: int, frames: int = 8) -> Shot:
    """One shot, a function of its arguments alone."""
    rng = random.Random(seed * 1000003 + 17)
    pal = Palette(rng)
    ids = Ids()
    style = line_style(rng, height, pal)
    action = rng.choices([.4, 1.0, 1.8], [4, 4, 1.5])[0]
    bg = Background(rng, pal, width, height, ids, style)
    cams = camera(rng, frames, action)
    times = timing(rng, frames)
    n = rng.choices([1, 2, 3], [6, 2.5, 1])[0]
    cast = []
    framing = rng.choices(["face", "bust", "half", "full"], [2, 3, 3, 3])[0]
    aspect = width / height
    for i in range(n):
        kind = rng.choices([Character, Mascot, Thing], [8, 1.4, .8])[0]
        ch = kind(rng, pal, f"c{i}.", action)
        y0, y1 = ch.span()
        full = y1 - y0
        view = full * 1.12
        if kind is Character and framing != "full":
            view = min(view, {"face": 2.9, "bust": 4.6, "half": 6.5}[framing] * ch.big)
        elif rng.random() < .3:
            view *= rng.uniform(.6, .9)
        view *= rng.uniform(.85, 1.2) * (1.35 if kind is Thing else 1)
        s = 1 / view
        x = (rng.uniform(-.15, .15) if n == 1 else (i - (n - 1) / 2) * 1.2 / n + rng.uniform(-.05, .05)) * max(aspect, .8)
        y = -.5 - y0 * s + rng.uniform(0, .1) if view < full else rng.uniform(-.03, .03) - (y0 + y1) / 2 * s
        cast.append(Placed(ch, s, x, y, rng, action))
    if rng.random() < .12:
        ch = Thing(rng, pal, "fg.", action)
        cast.append(Placed(ch, rng.uniform(.2, .5), rng.uniform(-.5, .5), rng.uniform(.3, .5), rng, action))
    extract = Extractor(rng, height) if rng.random() < .4 else None
    wear = Wear(rng)
    film = Film(rng, height, width)
    color = np.empty((frames, height, width, 3), np.uint8)
    line = np.empty((frames, height, width), np.uint8)
    region = np.empty((frames, height, width), np.int32)
    still = all(np.allclose(c, cams[0]) for c in cams)
    phases = {}
    for f in range(frames):
        t = times[f]
        if f and still and t == times[f - 1]:
            color[f], line[f], region[f] = color[f - 1], line[f - 1], region[f - 1]
            continue
        cv = Canvas(width, height, ids, style, extract is None)
        cv.phase = phases.setdefault(t, rng.uniform(0, 6.283)) if style.boil else 0.0
        cam = cams[f]
        bg.draw(cv, cam)
        c = compose(affine(height, height, 0, width / 2, height / 2), cam)
        for actor in cast:
            cv.matrix = compose(c, actor.matrix(t))
            actor.ch.draw(cv, t)
        a, b, r = cv.arrays()
        a = film(a, f)
        color[f], region[f] = a, r
        line[f] = extract(a) if extract else wear(b, f)
    return Shot(color, line, region)
