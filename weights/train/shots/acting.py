# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a figure's joints do over a shot: a pose held, pose to pose, dancing, walking, jumping,
crouching, sitting.

Angles in radians; u/l upper and lower arm, t/s thigh and shin, L/R side; 0 hangs straight down and
positive turns outward."""
from __future__ import annotations

import math
import random

from .motion import curve, ease

JOINTS = ("uL", "lL", "uR", "lR", "tL", "sL", "tR", "sR", "bend", "yaw")


def random_pose(r: random.Random, kind: str | None = None) -> dict[str, float]:
    """One pose: joint name -> angle."""
    u = r.uniform
    kind = kind or r.choices(["rest", "hips", "wave", "cross", "reach", "wild", "crouch", "stride",
        "sit", "side", "fold", "face"], [5, 1.2, 1.5, 2, 1.5, 1, .7, .8, 1, 1.2, 1.6, 1.2])[0]
    p = {"bend": u(-.06, .06), "yaw": r.choice([0.0, u(-.6, .6)])}
    d = r.choice([-1, 1])
    if kind in ("sit", "side"):
        p["yaw"] = d * u(.6, 1.3)
        p["bend"] = d * u(-.1, .5 if kind == "sit" else .2)
        fold = u(.9, 2.0) if kind == "sit" else u(0, .3)
        reach, elbow = u(-.2, 1.5), u(0, 1.6)
        for side, s in (("L", -1), ("R", 1)):
            p["u" + side], p["l" + side] = d * s * (reach + u(-.2, .2)), d * s * (elbow + u(-.2,
                .2))
            p["t" + side], p["s" + side] = d * s * (fold + u(-.2, .2)), -d * s * (fold * u(.7, 1.2))
        return p
    for side in "LR":
        a, b = {"rest": (u(.05, .35), u(-.2, .3)), "hips": (u(.6, .9), u(-1.8, -1.2)),
            "wave": (u(.1, .4) if side == "L" else u(1.4, 2.6), u(-.3, .9)),
            "cross": (u(-.1, .35), u(-2.3, -1.5)), "reach": (u(.6, 1.7), u(-.5, .3)),
            "fold": (u(.0, .4), u(-2.1, -1.6)),
            "face": (u(-.1, .5), u(-2.8, -2.2)) if side == "R" else (u(.0, .4), u(-2.2, 0)),
            "wild": (u(-.4, 2.8), u(-2.2, 1.0)), "crouch": (u(.0, .6), u(-1.5, .2)),
            "stride": (u(-.3, .7), u(-.9, 0))}[kind]
        p["u" + side], p["l" + side] = a, b
        a, b = {"crouch": (u(.5, 1.2), u(-1.8, -1.0)), "stride": (u(-.1, .6), u(-.5, 0)),
            "wild": (u(0, .7), u(-.8, .1))}.get(kind, (u(0, .2), u(-.1, .05)))
        p["t" + side], p["s" + side] = a, b
    if kind == "crouch":
        p["bend"] = u(-.5, .5)
    return p


class Acting:
    """Joint angles, jump height and stretch as functions of t."""

    def __init__(self, r: random.Random, action: float) -> None:
        big = action * r.choice([.5, 1, 1, 1.6])
        self.kind = r.choices(["hold", "gesture", "dance", "walk", "jump", "sit", "turn"],
            [3.5, 2.5 * big, 1.0 * big, .7 * big, .5 * big, 1.2 * big, 1.2 * big])[0]
        self.a, self.b = random_pose(r), random_pose(r)
        if self.kind == "walk":
            self.a = random_pose(r, "rest")
        mixed = r.uniform(.25, 1)
        if self.kind == "sit":          # sits down or gets up
            two = [random_pose(r, r.choice(["rest", "side", "stride"])), random_pose(r, r.choice(["sit", "crouch"]))]
            two[0]["yaw"] = two[1]["yaw"] * r.uniform(.3, 1)
            self.a, self.b = two if r.random() < .6 else two[::-1]
            mixed = r.uniform(.7, 1)
        elif self.kind == "turn":       # from the front or 3/4 to the side, or round to the other
            self.a["yaw"] = r.choice([-1, 1]) * r.uniform(0, 1.2)
            self.b["yaw"] = r.choice([self.a["yaw"] + r.choice([-1, 1]) * r.uniform(.5, 1.2), -self.a["yaw"]])
            mixed = 1.0
        self.b = {k: self.a[k] + (self.b[k] - self.a[k]) * mixed for k in JOINTS}
        self.t0 = r.uniform(-.1, .55)
        self.len = r.uniform(.1, .8)
        self.over = r.choice([0, 0, .1, .25])
        self.freq, self.phase = r.uniform(.5, 2), r.uniform(0, 6.28)
        self.amp = r.uniform(.3, .8)
        small = .06 * action
        self.idle = {k: curve(r, 0, small * (.5 if k in ("bend",
            "yaw") else 1) * (.2 if k[0] in "ts" else 1)) for k in JOINTS}
        self.squash = curve(r, 0, r.choice([.05, .08, .16]) * action * (r.random() < .4))
        self.height = r.uniform(.4, 1.6)

    def pose(self, t: float) -> dict[str, float]:
        k = self.kind
        f = 0.0
        if k in ("gesture", "jump", "sit", "turn"):
            x = (t - self.t0) / self.len
            f = ease(x) + (self.over * math.sin(x * 6.28) * math.exp(-x) if x > 1 else 0)
        elif k == "dance":
            f = .5 + .5 * math.sin(self.phase + 6.28 * self.freq * t)
        p = {j: self.a[j] + (self.b[j] - self.a[j]) * f + self.idle[j](t) for j in JOINTS}
        if k == "walk":
            w = math.sin(self.phase + 6.28 * self.freq * t) * self.amp
            for side, s in (("L", 1), ("R", -1)):
                p["t" + side] += s * w * .8
                p["s" + side] -= .4 * abs(w) + .3 * s * w
                p["u" + side] += s * w * .7
        return p

    def lift(self, t: float) -> float:
        if self.kind != "jump":
            return 0.0
        x = (t - self.t0) / self.len
        return self.height * max(0.0, 4 * x * (1 - x))

    def stretch(self, t: float) -> float:
        q = self.squash(t)
        if self.kind == "jump":
            x = (t - self.t0) / self.len
            q += .12 * math.exp(-((x - .2) / .2) ** 2) - .15 * math.exp(-(x
                / .1) ** 2) - .15 * math.exp(-((x - 1) / .1) ** 2)
        return q
