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
from .effects import Particles, Quadruped
from .film import Bars, Film
from .lines import Breaks, Extractor, Wear
from .motion import camera, curve, ease, timing
from .palette import Palette
from .props import Mascot, Thing
from .solid_figure import SolidFigure

SOLID = .4      # share of the shots whose persons are solid


@dataclass
class Shot:
    """color uint8 [T,H,W,3] sRGB; line uint8 [T,H,W], black on white; region int32 [T,H,W],
    identity of the fill under each pixel, >= 1, the same for the same part in every frame."""
    color: np.ndarray
    line: np.ndarray
    region: np.ndarray


def line_style(rng: random.Random, height: int, pal: Palette) -> LineStyle:
    u, k = rng.uniform, max(height / 256.0, .35)
    w = rng.choices([u(.8, 1.3), u(1.2, 2), u(2, 3.5), u(3.5, 6)], [5.5, 4, 1.5, .8])[0] * k
    st = LineStyle(width=max(w, .45))
    st.gray = rng.choice([0, 0, 0, 0, 0, .1, .3])
    st.taper = rng.random() < .5
    st.gap = rng.choice([0, 0, 0, 0, .1, .3])
    st.nib, st.nib_angle = rng.choice([1, 1, 1, 1, .65, .4]) if w > 1 else 1.0, rng.uniform(0, 3.14)
    st.double = rng.random() < .08
    st.boil = rng.choice([0, 0, 0, .3, .7, 1.2]) * k
    st.shadow_line = rng.choice([-1, -1, -1, -1, .1, .3, .5, .7])
    st.outline = rng.choices(["black", "brown", "self", "none"], [4, 3, 3, .5])[0]
    st.outline_colour = (0.03, 0.02, 0.03) if st.outline == "black" else tuple(pal.skin_line())
    a, m = u(0, 6.283), u(.1, .3)
    st.light = (math.cos(a) * m, -abs(math.sin(a)) * m)
    st.black_fill = rng.random() < .4
    st.gradient = rng.choice([0, 0, 0, u(.1, .5)])
    return st


def sprite_style(rng: random.Random, st: LineStyle, height: int) -> None:
    """The inking of game sprites: thick clean black outlines, flat colours, hard shadows."""
    st.width = rng.uniform(2.2, 6) * max(height / 256, .35)
    st.outline, st.outline_colour = "black", (0.0, 0.0, 0.0)
    st.gray = st.gap = st.gradient = 0.0
    st.taper, st.double, st.boil, st.shadow_line = False, False, 0.0, -1.0
    st.black_fill = rng.random() < .7


class Placed:
    """An actor at its place; enters, leaves, drifts or comes nearer during the shot."""

    def __init__(self, ch, s: float, x: float, y: float, rng: random.Random, action: float,
            reach: float = 9.0) -> None:
        """`reach`: how far from the middle it may go; with 9 it may enter or leave."""
        self.reach = reach
        self.ch, self.s, self.x, self.y = ch, s, x, y
        self.mx = curve(rng, 0, rng.choice([0, 0, .02, .08, .25, .45]) * action)
        if action and rng.random() < .1:        # walks or is carried right across
            far = rng.choice([-1, 1]) * rng.uniform(.3, .8)
            self.mx = lambda t: far * (t - .5)
        self.my = curve(rng, 0, rng.choice([0, .01, .03]) * action)
        self.near = curve(rng, 0, rng.choice([0, 0, 0, .05, .25, .4]) * action)
        self.flip = rng.choice([-1, 1])
        k = rng.random()
        side = rng.choice([-1, 1])
        t0, ln = rng.uniform(-.3, .4), rng.uniform(.3, 1)
        self.go = (lambda t: 0.0) if k > .14 or reach < 9 or action == 0 else (lambda t: side * (1 - ease((t - t0)
            / ln))) if k > .06 else (lambda t: side * ease((t - t0) / ln))

    def matrix(self, t: float) -> np.ndarray:
        s = self.s * math.exp(self.near(t))
        x = min(max(self.x + self.mx(t) + self.go(t), -self.reach), self.reach)
        return affine(s * self.flip, s, 0, x, self.y + self.my(t))


class Scene:
    """Everything of a shot that is decided before its frames are drawn."""

    def __init__(self, seed: int, height: int, width: int, frames: int) -> None:
        rng = random.Random(seed * 1000003 + 17)
        self.h, self.w = height, width
        pal = Palette(rng)
        self.ids = Ids()
        self.style = line_style(rng, height, pal)
        # 0: only mouths and eyes move
        action = rng.choices([0.0, .3, .8, 1.6], [1.0, 2.8, 3.8, 2.4])[0]
        self.sprite = rng.random() < .17
        if self.sprite:
            sprite_style(rng, self.style, height)
            action = rng.choice([.3, .8, 1.6, 2.5])
        self.bg = Background(rng, pal, width, height, self.ids, self.style, self.sprite and rng.random() < .85)
        self.cams = camera(rng, frames, 0.0 if self.sprite else action)
        self.times = timing(rng, frames)
        self.cast = self._casting(rng, pal, action)
        black = self.style.outline == "black" and self.style.width > 1.5
        self.extract = Extractor(rng, height, black) if rng.random() < .45 else None
        self.wear, self.breaks = Wear(rng), Breaks(rng, height, .08 if self.sprite else .35)
        self.bars = Bars(rng, height, width)
        self.film = Film(rng, height, width, self.bg.kind == "white")
        self.still = all(np.allclose(c, self.cams[0]) for c in self.cams)
        self.phases = {t: rng.uniform(0, 6.283)
            for t in sorted(set(self.times))} if self.style.boil else {}

    def _casting(self, rng: random.Random, pal: Palette, action: float) -> list[Placed]:
        n = rng.choices([1, 2, 3], [6, 2.5, 1])[0]
        framing = rng.choices(["close", "face", "bust", "half", "full"], [.8, 2.2, 3, 2.5, 3])[0]
        if self.sprite:
            framing = "full"
        cast = []
        solid = not self.sprite and rng.random() < SOLID
        for i in range(n):
            kind = rng.choices([Character, Mascot, Quadruped, Thing],
                [8, 3 if self.sprite else 1, .6, .8 if i else .2])[0]
            if kind is Character and solid:
                kind = SolidFigure
            ch = kind(rng, pal, f"c{i}.", action, *([self.sprite] if kind is Character else []))
            y0, y1 = ch.span()
            full = y1 - y0
            view = full * 1.12
            person = kind in (Character, SolidFigure)
            if person and framing != "full":
                view = min(view, {"close": 1.9, "face": 2.9, "bust": 4.6, "half": 6.5}[framing] * ch.big)
            elif rng.random() < .3:
                view *= rng.uniform(.6, .9)
            if self.sprite and kind is not Thing:
                view *= .85
            view *= rng.uniform(.85, 1.2) * (1.35 if kind in (Thing, Quadruped) else 1)
            if person and view < full:      # who sits down stays in the picture, mostly
                down = [ch.head_at(t)[1] for t in self.times]
                view = min(full, view + rng.uniform(.4, .9) * (max(down) - min(down)))
            s = 1 / view
            x = (rng.uniform(-.15, .15) if n == 1 else (i - (n - 1) / 2) * 1.2 / n
                + rng.uniform(-.05, .05)) * max(self.w / self.h, .8)
            y = -.5 - y0 * s + rng.uniform(0, .1) if view < full else rng.uniform(-.03,
                .03) - (y0 + y1) / 2 * s
            if person and framing == "close":
                y = rng.uniform(-.1, .15) - .2 * s
            stays = i == 0 and (self.bg.kind in ("white", "flat", "gradient") or rng.random() < .8)
            actor = Placed(ch, s, x, y, rng, action, .4 * self.w / self.h if stays else 9.0)
            if person and view < full:
                # the head is in the picture at one time at least
                dx, dy = ch.head_at(self.times[rng.choice([0, 0, 0, len(self.times) // 2, -1])])
                actor.x, actor.y = x - dx * s * actor.flip, y - dy * s
            if kind is Character and (action == 0 or rng.random() < .3):
                ch.head.talk(rng)
            cast.append(actor)
        if rng.random() < .12:
            ch = Thing(rng, pal, "fg.", action)
            cast.append(Placed(ch, rng.uniform(.2, .5), rng.uniform(-.5, .5), rng.uniform(.3, .5),
                rng, action))
        self.particles = Particles(rng, pal, "fx.", action) if rng.random() < .07 else None
        return cast

    def draw(self, f: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Colour, line art and regions of frame f."""
        t = self.times[f]
        cv = Canvas(self.w, self.h, self.ids, self.style, self.extract is None)
        cv.phase = self.phases.get(t, 0.0)
        self.bg.draw(cv, self.cams[f])
        c = compose(affine(self.h, self.h, 0, self.w / 2, self.h / 2), self.cams[f])
        for actor in self.cast:
            cv.matrix = compose(c, actor.matrix(t))
            actor.ch.draw(cv, t)
        if self.particles:
            cv.matrix = c
            self.particles.draw(cv, t)
        color, line, region = cv.arrays()
        color = self.film(color, f)
        line = self.breaks(self.extract(color) if self.extract else self.wear(line, f), f)
        self.bars(color, line, region, self.ids["bars"])
        return color, line, region

    def lighten(self) -> None:
        """Make line art that came out mostly black lighter, for good."""
        self.style.black_fill = self.style.double = False
        self.style.width = min(self.style.width, max(.6, 1.2 * self.h / 256))
        if self.extract:
            self.extract.soften()


def make_shot(seed: int, height: int, width: int, frames: int = 8) -> Shot:
    """One shot, a function of its arguments alone."""
    scene = Scene(seed, height, width, frames)
    color = np.empty((frames, height, width, 3), np.uint8)
    line = np.empty((frames, height, width), np.uint8)
    region = np.empty((frames, height, width), np.int32)
    for f in range(frames):
        if f and scene.still and scene.times[f] == scene.times[f - 1]:
            color[f], line[f], region[f] = color[f - 1], line[f - 1], region[f - 1]
            continue
        color[f], line[f], region[f] = scene.draw(f)
        if f == 0 and (line[0] < 128).mean() > .35:
            scene.lighten()
            color[0], line[0], region[0] = scene.draw(0)
    return Shot(color, line, region)
