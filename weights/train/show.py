# SPDX-License-Identifier: LGPL-2.1-or-later
"""Generated shots of one show: palette, line style, film look, cast and a few backgrounds are fixed; what the cast does,
who is in a shot, its framing and its camera differ from shot to shot."""
from __future__ import annotations

import copy
import random
from types import FunctionType

import numpy as np

from shots import Shot
from shots.acting import Acting
from shots.background import Background
from shots.canvas import Canvas
from shots.character import Character
from shots.palette import Palette
from shots.render import Placed, Scene

CAST, BACKGROUNDS = 4, 3
FRAMING = {"face": 2.9, "bust": 4.6, "half": 6.5, "full": 9e9}     # head radii in view, as the generator has them


def act_as(to: object, other: object) -> None:
    """`to` keeps its design and moves as `other` does. What moves is a function of time, or holds such."""
    for name, value in vars(to).items():
        parts = value if isinstance(value, (tuple, list)) and value else (value,)
        if all(isinstance(p, (Acting, FunctionType)) for p in parts):
            setattr(to, name, getattr(other, name))
        elif type(value).__module__.startswith("shots.") and hasattr(value, "__dict__"):
            act_as(value, getattr(other, name))


class ShowScene(Scene):
    """Shot `seed` of show `show`: the look is that of the generator's shot `show`, camera and timing of its shot `seed`."""

    def __init__(self, show: int, seed: int, height: int, width: int, frames: int) -> None:
        super().__init__(show, height, width, frames)
        self.show, self.rng = show, random.Random(f"show {show} shot {seed}")
        self.palette = Palette(random.Random(f"show {show}"))
        moves = Scene(seed, height, width, frames)
        self.cams, self.times, self.still = moves.cams, moves.times, moves.still
        self.phases = {t: self.rng.uniform(0, 6.283) for t in sorted(set(self.times))} if self.style.boil else {}
        self.particles = None
        rng, palette = self._part(f"background {self.rng.randrange(BACKGROUNDS)}")
        self.bg = Background(rng, palette, width, height, self.ids, self.style)
        self.action = self.rng.choices([.35, .8, 1.6], [4, 4, 1.5])[0]
        who = self.rng.sample(range(CAST), self.rng.choices([1, 2], [6, 2.5])[0])
        framing = self.rng.choices(list(FRAMING), [2, 3, 3, 3])[0]
        self.cast = [self._place(self._member(i), n - (len(who) - 1) / 2, len(who), framing)
                     for n, i in enumerate(who)]

    def _part(self, what: str) -> tuple[random.Random, Palette]:
        """Random numbers of a part of the show, the same in every shot, and the palette drawing from them."""
        rng, palette = random.Random(f"show {self.show} {what}"), copy.copy(self.palette)
        palette.rng = rng
        return rng, palette

    def _member(self, i: int) -> Character:
        """Member i of the cast, acting as in no other shot: with the acting of another character."""
        rng, palette = self._part(f"cast {i}")
        member = Character(rng, palette, f"c{i}.", self.action)
        cv = Canvas(64, 64, self.ids, self.style, False)
        member.draw(cv, 0.0)                # which parts have a shadow colour is decided as they are first drawn
        other = Character(self.rng, Palette(self.rng), f"c{i}.", self.action)
        act_as(member, other)
        return member

    def _place(self, ch: Character, offset: float, count: int, framing: str) -> Placed:
        u = self.rng.uniform
        y0, y1 = ch.span()
        view = min((y1 - y0) * 1.12, FRAMING[framing] * ch.big) * u(.85, 1.2)
        s = 1 / view
        x = (u(-.15, .15) if count == 1 else offset * 1.2 / count) * max(self.w / self.h, .8)
        if view > y1 - y0:
            return Placed(ch, s, x, -(y0 + y1) / 2 * s, self.rng, self.action, .4 * self.w / self.h)
        actor = Placed(ch, s, x, 0, self.rng, self.action, .4 * self.w / self.h)
        dx, dy = ch.head_at(self.times[0])
        actor.x, actor.y = x - dx * s * actor.flip, -.5 - y0 * s + u(0, .1) - dy * s
        return actor


def make_show_shot(show: int, seed: int, height: int, width: int, frames: int = 8) -> Shot:
    """One shot of a show, a function of its arguments alone."""
    scene = ShowScene(show, seed, height, width, frames)
    if (scene.draw(0)[1] < 128).mean() > .35:
        scene.lighten()
    drawn = [scene.draw(f) for f in range(frames)]
    return Shot(*(np.stack(part) for part in zip(*drawn)))
