# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person in space: turns all the way round, reaches toward the viewer, crosses arms before the body.

Drawing units as for drawn persons: head radius about 1, head centre at the origin while standing, y down."""
from __future__ import annotations

import math
import random

import numpy as np

from .canvas import Canvas
from .motion import curve, ease
from .palette import Palette
from .solid import Parts, Picture, Surface, View
from .solid_clothes import SolidClothes
from .solid_head import SolidHead
from .solid_shapes import ball, smooth, tube, turn

SIDES = (("L", -1), ("R", 1))
# where a hand may be: x in half shoulder widths to its own side, y in trunk lengths below the shoulders, z in units
PLACES = {
    "hang": ((1.0, 1.35), (.95, 1.15), (-.2, .4)), "hip": ((.75, 1.0), (.85, 1.0), (0, .5)),
    "chest": ((-.4, .4), (.2, .6), (.9, 1.5)), "fold": ((-.7, -.3), (.3, .5), (.8, 1.1)),
    "face": ((-.1, .6), (-.75, -.2), (.9, 1.5)), "up": ((.4, 1.6), (-1.4, -.5), (-.3, .9)),
    "side": ((1.4, 2.2), (.0, .6), (-.3, .8)), "fore": ((-.3, 1.2), (-.1, .7), (1.5, 2.8)),
    "behind": ((-.2, .5), (.7, .95), (-1.6, -1.1)), "head": ((.3, .8), (-1.0, -.7), (-.5, .3)),
    "bar": ((-.8, .2), (.45, .75), (.9, 1.5)), "knees": ((-.5, .6), (.3, .65), (1.5, 2.4)),
}
CHANCE = {"hang": 5, "hip": 1.5, "chest": 2, "fold": 1.5, "face": 1.5, "up": 1.2, "side": 1.2, "fore": 2, "behind": .5,
    "head": .5, "bar": 1.5, "knees": .3}


class SolidFigure:
    """Design (constants) and acting (curves over t in 0..1) of one person."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float) -> None:
        r, u, k = rng, rng.uniform, action
        self.name, self.parts = name, Parts()
        self.head = SolidHead(r, pal, self.parts, action)
        kid = r.random() < .25
        self.big = u(1.1, 1.6) if kid else r.choice([1.0, 1.0, 1.2, .85])
        self.sw = u(.8, 1.1) if kid else u(1.05, 1.6)
        self.torso = u(1.4, 1.9) if kid else u(2.2, 3.1)
        self.legs = u(1.2, 2.0) if kid else u(3.2, 4.8)
        self.arm = self.torso * u(.46, .56)
        self.aw, self.lw = u(.17, .3), u(.28, .45)
        self.nw, self.neck = u(.24, .4), u(.2, .5)
        self.hands = u(.9, 1.3)
        self.tops = self.neck + .95
        self.wear = SolidClothes(r, pal, self.parts, self.head)
        self.curl = [u(.1, 1.0), u(.1, 1.0)]
        # acting
        self.down = r.choices(["", "sit", "huddle", "crouch", "floor"], [7, .8, 1.1, .6, .5])[0]
        turns = r.choices([u(-.3, .3), u(.5, 1.5) * r.choice([-1, 1]), u(1.6, 3) * r.choice([-1, 1])], [4, 3.5, 1.2])[0]
        front = r.choices([u(-.4, .4), u(-1.2, 1.2), u(-3.14, 3.14)], [4, 4, .8])[0]
        t0, ln = u(-.1, .4), u(.3, .9)
        turns *= min(k, 1)
        self.yaw = lambda t: front + turns * (ease((t - t0) / ln) - .5)
        self.poses = [self._pose(r) for _ in range(r.choice([1, 2, 2, 3]) if k else 1)]
        self.when = sorted(u(-.1, 1.0) for _ in self.poses)
        self.bend = [curve(r, u(-.12, .12), .15 * k) for _ in range(3)]
        self.look = [curve(r, u(-.25, .3), .2 * k), curve(r, u(-.4, .4), r.choice([.2, .7]) * k),
            curve(r, u(-.15, .15), .15 * k)]
        self.idle = [curve(r, 0, .12 * k) for _ in range(6)]
        self.sway = curve(r, 0, .35 * k)
        self.view = turn(x=u(-.25, .3)), u(9, 40)
        self.tilt = curve(r, 0, .1 * k)
        a = u(0, 6.283)
        self.light = np.array([math.cos(a) * .7, -abs(math.sin(a)) * .8 - .1, u(.2, .8)])
        self.light /= np.linalg.norm(self.light)
        self.edge = u(-.2, .3)
        self.walk, self.freq = (u(.2, .5) * k if r.random() < .15 else 0.0), u(.5, 2)

    def _pose(self, r: random.Random) -> dict[str, np.ndarray]:
        """Hands from the middle of the shoulders, feet from the hip; what the elbows point to."""
        u, p = r.uniform, {}
        both = r.choices(list(CHANCE), list(CHANCE.values()))[0] if r.random() < .5 else None
        down = self.down and r.random() < .85
        if down and self.down != "crouch" and r.random() < .6:
            both = r.choice(["knees", "knees", "fold", "face"])
        for side, s in SIDES:
            x, y, z = PLACES[both or r.choices(list(CHANCE), list(CHANCE.values()))[0]]
            p["h" + side] = np.array([s * u(*x) * self.sw, u(*y) * self.torso, u(*z) * max(self.sw, 1)])
            p["e" + side] = np.array([s * u(.3, 1), u(.2, 1), u(-.8, .1)])
        # share of the legs' length that the hip is lower, and how far before it the feet are
        low, far = {"sit": ((.4, .6), (.35, .55)), "huddle": ((.78, .95), (.25, .45)), "crouch": ((.2, .6), (-.1, .2)),
            "floor": ((.85, .95), (.6, .95))}[self.down] if down else ((0, r.choice([0, 0, .15])), (-.08, .08))
        crouch, far = u(*low), u(*far)
        stride = r.choice([0, 0, u(.1, .3)]) * self.legs
        for side, s in SIDES:
            z = far * self.legs + s * stride + u(-.15, .15)
            p["f" + side] = np.array([s * self.sw * u(.3, .8), self.legs * (1 - crouch), z])
        p["lean"] = np.array([u(0, .55) if down else r.choice([0, 0, u(-.1, .35)])])
        return p

    # -- what the frames of the shot need to know
    def span(self) -> tuple[float, float]:
        """Top and bottom of the standing figure."""
        return self.tops - (self.tops + 1.5) * self.big, self.tops + self.torso + self.legs + .45

    def head_at(self, t: float) -> tuple[float, float]:
        """How far crouching and the camera's tilt move the head."""
        q = self._view(t)(self._frames(t)["head"][1][None, None])[0, 0]
        return float(q[0]), float(q[1])

    def _view(self, t: float) -> View:
        return View(self.view[0] @ turn(x=self.tilt(t)), self.view[1])

    def _key(self, t: float) -> dict[str, np.ndarray]:
        p = self.poses[0]
        for a, b, q in zip(self.when, self.when[1:], self.poses[1:]):
            f = ease((t - a) / max(b - a, .15))
            p = {j: p[j] + (q[j] - p[j]) * f for j in p}
        return p

    def _frames(self, t: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Rotation and origin of hip, chest (between the shoulders) and head."""
        p = self._key(t)
        y = self.yaw(t)
        base = self.tops + self.torso
        drop = self.legs - max(p["fL"][1], p["fR"][1])
        hip = turn(y=y)
        o = np.array([0, base + drop, 0.0])
        b = [c(t) for c in self.bend]
        chest = hip @ turn(b[0] * 1.5 + p["lean"][0], b[1], b[2])
        c = o + .5 * (hip + chest) @ np.array([0, -self.torso, 0])
        head = chest @ turn(self.look[0](t) - .6 * p["lean"][0], self.look[1](t), self.look[2](t))
        h = c + chest @ np.array([0, -self.neck * self.big * .8, .1]) + head @ np.array([0, -.95 * self.big, .05])
        return {"hip": (hip, o), "chest": (chest, c), "head": (head, h)}

    @staticmethod
    def _joint(a: np.ndarray, b: np.ndarray, length: float, pole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Elbow or knee between a and b, two bones of `length`, toward `pole`; b comes nearer where it is too far."""
        d = b - a
        n = np.linalg.norm(d) + 1e-9
        if n > 1.96 * length:
            b = a + d * (1.96 * length / n)
            n = 1.96 * length
        d = (b - a) / n
        side = pole - d * (pole @ d)
        side /= np.linalg.norm(side) + 1e-9
        return (a + b) / 2 + side * math.sqrt(max(length ** 2 - n * n / 4, 0)), b

    # -- drawing
    def draw(self, cv: Canvas, t: float) -> None:
        cv.prefix = self.name
        fine = max(1, min(4, round(512 / cv.h)))
        pic = Picture(cv, self._view(t), self.light, self.edge, fine)
        for s in self._surfaces(t):
            pic.add(s)
        pic.finish(self.parts)

    def _surfaces(self, t: float) -> list[Surface]:
        fr, p, sway = self._frames(t), self._key(t), self.sway(t)
        (hip, o), (chest, c), (head, h) = fr["hip"], fr["chest"], fr["head"]
        hang = head.T @ np.array([0, 1.0, 0])
        out = self.head.surfaces(t, sway, hang)
        for s in out:
            s.points = h + (self.big * s.points) @ head.T
        neck = np.array([c + chest @ np.array([0, .15, 0]), (c + h) / 2, h + head @ np.array([0, .3 * self.big, -.1])])
        out.append(tube(smooth(neck, 7), np.full(7, self.nw * self.big ** .5), self.head.under))
        w = self.wear
        out.append(w.trunk(self.sw, self.torso, self.nw, hip, o, chest, c))
        legs = []
        for i, (side, s) in enumerate(SIDES):
            shoulder = c + chest @ np.array([s * self.sw * .84, .22 + .1 * self.aw, 0])
            target = c + chest @ (p["h" + side] + np.array([self.idle[i](t), self.idle[i + 2](t), 0]))
            e, hand = self._joint(shoulder, target, self.arm, chest @ p["e" + side])
            path = smooth(np.array([shoulder, e, hand]), 17)
            out += w.arm(path, self.aw, side)
            out += self._hand(path, side, s, self.curl[i])
            root = o + hip @ np.array([s * self.sw * .42, 0, 0])
            step = self.walk * math.sin(6.283 * self.freq * t) * s * np.array([0, 0, 1.5])
            foot = o + hip @ (p["f" + side] + step)
            k, foot = self._joint(root, foot, self.legs / 2, hip @ np.array([s * .25, 0, 1.0]))
            legs.append(k)
            out += w.leg(smooth(np.array([root, k, foot]), 17), self.lw, side, hip @ turn(y=s * .25))
        out += w.below(self.sw, self.legs, hip, o, legs, self.lw, sway)
        out += w.cape(self.sw, self.torso, chest, c, sway)
        return out

    def _hand(self, path: np.ndarray, side: str, s: int, curl: float) -> list[Surface]:
        d = path[-1] - path[-3]
        d /= np.linalg.norm(d) + 1e-9
        a = np.cross(d, np.array([.3 * s, .2, 1.0]))
        a /= np.linalg.norm(a) + 1e-9       # across the palm
        n = np.cross(a, d)
        w = self.aw * self.hands
        part = self.wear.hand[side]
        centre = path[-1] + d * w * .9
        out = [ball(centre, np.array([a * w * .95, d * w * 1.15, n * w * .5]), part[0], 9, 14)]
        for i in range(4):
            b = (i - 1.5) * .5
            root = centre + d * w * .8 + a * w * b
            th = np.linspace(0, 1, 6)[:, None] * curl * 2.4
            ln = w * (1.5 if i in (1, 2) else 1.25) / 5
            steps = d * np.cos(th) + n * np.sin(th) + a * b * .1
            thick = np.array([.27, .27, .26, .25, .22, .14]) * w
            out.append(tube(root + np.cumsum(steps * ln, 0), thick, part[1 + i], 9))
        th = np.linspace(.3, 1, 5)[:, None]
        thumb = centre - a * s * w * .7 + np.cumsum((d * .6 - a * s * .6 + n * th * curl) * w * .35, 0)
        out.append(tube(thumb, np.array([.3, .3, .28, .24, .15]) * w, part[5], 9))
        return out
