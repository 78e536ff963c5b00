# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a figure's joints do over a shot: a pose held, pose to pose, a gesture made and taken back, dancing, walking,
jumping, crouching, sitting.

Angles in radians; u/l upper and lower arm, t/s thigh and shin, L/R side; 0 hangs straight down and
positive turns outward. f before a bone: the share of its length that is seen, less than 1 where it turns toward the
viewer or away. z: arm before (1) or behind (-1) the body, 0 by where the hand is; over: which arm lies on
the other; lap: legs before the trunk."""
from __future__ import annotations

import math
import random

from .arms import Build, placed
from .motion import curve, ease

ANGLES = ("uL", "lL", "uR", "lR", "tL", "sL", "tR", "sR", "bend", "yaw")
SEEN = ("fuL", "flL", "fuR", "flR", "ftL", "fsL", "ftR", "fsR")
ORDER = ("zL", "zR", "over", "lap")
JOINTS = ANGLES + SEEN + ORDER
KINDS = {"rest": 4, "hips": 1.2, "wave": 1.5, "cross": 1, "reach": 1.5, "wild": 1, "crouch": .7, "stride": .8, "sit": 1,
    "side": 1.2, "face": 1.2, "placed": 6}


def random_pose(r: random.Random, b: Build, kind: str | None = None) -> dict[str, float]:
    """One pose: joint name -> value."""
    u = r.uniform
    kind = kind or r.choices(list(KINDS), list(KINDS.values()))[0]
    p = dict.fromkeys(SEEN, 1.0) | dict.fromkeys(ORDER, 0.0)
    p |= {"bend": u(-.06, .06), "yaw": r.choice([0.0, u(-.6, .6)])}
    d = r.choice([-1, 1])
    if kind in ("sit", "side"):
        _sideways(r, p, d, kind == "sit")
        return p
    arms = "rest" if kind == "placed" else kind
    for side in "LR":
        p["u" + side], p["l" + side] = {"rest": (u(.05, .35), u(-.2, .3)), "hips": (u(.6, .9), u(-1.8, -1.2)),
            "wave": (u(.1, .4) if side == "L" else u(1.4, 2.6), u(-.3, .9)),
            "cross": (u(-.1, .35), u(-2.3, -1.5)), "reach": (u(.6, 1.7), u(-.5, .3)),
            "face": (u(-.1, .5), u(-2.8, -2.2)) if side == "R" else (u(.0, .4), u(-2.2, 0)),
            "wild": (u(-.4, 2.8), u(-2.2, 1.0)), "crouch": (u(.0, .6), u(-1.5, .2)),
            "stride": (u(-.3, .7), u(-.9, 0))}[arms]
        p["t" + side], p["s" + side] = {"crouch": (u(.5, 1.2), u(-1.8, -1.0)), "stride": (u(-.1, .6), u(-.5, 0)),
            "wild": (u(0, .7), u(-.8, .1))}.get(kind, (u(0, .2), u(-.1, .05)))
        if kind in ("wild", "reach", "wave", "crouch", "stride") and r.random() < .5:
            p["fu" + side], p["fl" + side] = u(.5, 1), u(.4, 1)
        if kind in ("wild", "crouch", "stride") and r.random() < .5:
            p["ft" + side], p["fs" + side] = u(.4, 1), u(.7, 1)
    if kind == "placed":
        p |= placed(r, b)
    elif kind == "crouch":
        p["bend"] = u(-.5, .5)
        if r.random() < .5:
            p |= placed(r, b)
    return p


def _sideways(r: random.Random, p: dict[str, float], d: int, sit: bool) -> None:
    """Fills in a pose that looks to side d, sitting or standing; arms forward, folded, or on the knees."""
    u = r.uniform
    p["yaw"] = d * u(.6, 1.3)
    p["bend"] = d * u(-.1, .5 if sit else .2)
    up = sit and r.random() < .45       # knees drawn up before the chest
    fold = u(1.5, 2.2) if up else u(.9, 2.0) if sit else u(0, .3)
    reach, elbow = u(-.2, 1.5), u(0, 1.6)
    folded = r.random() < .45
    if folded:
        reach, elbow = u(.1, .8), u(.9, 2.2)
    p["lap"] = float(up)
    p["over"] = float(r.choice([-1, 1]))
    for side, s in (("L", -1), ("R", 1)):
        p["u" + side], p["l" + side] = d * s * (reach + u(-.25, .25)), d * s * (elbow + u(-.3, .3))
        p["fu" + side], p["fl" + side] = u(.7, 1), u(.7, 1)
        p["z" + side] = float(folded or up)
        p["t" + side] = d * s * (fold + u(-.2, .2))
        p["s" + side] = -d * s * (u(2.3, 2.8) if up else fold * u(.7, 1.2))


def between(a: dict[str, float], b: dict[str, float], f: float) -> dict[str, float]:
    """From pose a to pose b; what lies over what changes at once, half way."""
    p = {j: a[j] + (b[j] - a[j]) * f for j in ANGLES + SEEN}
    for j in ORDER:
        p[j] = a[j] if f < .5 else b[j]
    return p


class Acting:
    """Joint angles, jump height and stretch as functions of t."""

    def __init__(self, r: random.Random, action: float, build: Build) -> None:
        self.build = build
        big = action * r.choice([.5, 1, 1, 1.6])
        self.kind = r.choices(["hold", "gesture", "visit", "beat", "dance", "walk", "jump", "sit", "turn"],
            [3, 2.5 * big, 2.5 * big, .9 * big, .8 * big, .7 * big, .5 * big, 1.2 * big, 1.2 * big])[0]

        def some(kind: str | None = None) -> dict[str, float]:
            return random_pose(r, build, kind)
        a, b = some(), some()
        if self.kind == "walk":
            a = some("rest")
        mixed = r.uniform(.25, 1)
        if self.kind == "sit":          # sits down or gets up
            two = [some(r.choice(["rest", "side", "stride"])), some(r.choice(["sit", "sit", "crouch"]))]
            two[0]["yaw"] = two[1]["yaw"] * r.uniform(.3, 1)
            a, b = two if r.random() < .6 else two[::-1]
            mixed = r.uniform(.7, 1)
        elif self.kind == "turn":       # from the front or 3/4 to the side, or round to the other
            a["yaw"] = r.choice([-1, 1]) * r.uniform(0, 1.2)
            b["yaw"] = r.choice([a["yaw"] + r.choice([-1, 1]) * r.uniform(.5, 1.2), -a["yaw"]])
            mixed = 1.0
        elif self.kind == "visit":      # legs and trunk stay nearly where they are
            if r.random() < .75:
                b = dict(a) | some("placed" if r.random() < .8 else None)
            b |= {j: a[j] for j in ("lap", "tL", "tR", "sL", "sR")}
            b["yaw"] = a["yaw"] + r.uniform(-.3, .3)
            mixed = r.uniform(.8, 1)
        if self.kind != "hold" and mixed > .5 and max(abs(a["z" + s] - b["z" + s]) for s in "LR") > 1.5:
            self.round = r.uniform(.2, .7)     # from behind the body to before it an arm goes outward
        else:
            self.round = 0.0
        b = between(a, b, mixed)
        self.t0 = r.uniform(-.1, .55)
        self.len = r.uniform(.1, .8)
        self.keys = [(self.t0, a), (self.t0 + self.len, b)]
        if self.kind == "visit":        # there and back, or on to something else: the middle is in neither end
            t = r.uniform(.0, .3)
            c = between(a, some("rest") | {j: a[j] for j in ("yaw", "bend", "lap", "tL", "tR", "sL",
                "sR")}, r.choice([0, .3, 1]))
            self.keys = [(t, a), (t + r.uniform(.1, .35), b), (r.uniform(.55, .75), b), (r.uniform(.8, 1.05), c)]
        elif self.kind == "beat":       # from pose to pose as to music
            n = r.randint(3, 5)
            beats = [a, b] + [some() for _ in range(n - 2)]
            snap = r.uniform(.4, 1)
            self.keys = []
            for i, q in enumerate(beats):
                t = i / (n - 1)
                self.keys += [(t, q), (t + (1 - snap) / (n - 1), q)]
        self.over = r.choice([0, 0, .1, .25])
        self.freq, self.phase = r.uniform(.5, 2), r.uniform(0, 6.28)
        self.amp = r.uniform(.3, .8)
        small = .06 * action
        self.idle = {k: curve(r, 0, small * (.5 if k in ("bend",
            "yaw") or k in SEEN else 1) * (.2 if k[0] in "ts" else 1)) for k in ANGLES + SEEN}
        self.squash = curve(r, 0, r.choice([.05, .08, .16]) * action * (r.random() < .4))
        self.height = r.uniform(.4, 1.6)

    def pose(self, t: float) -> dict[str, float]:
        k, keys = self.kind, self.keys
        if k in ("hold", "walk"):
            p = dict(keys[0][1])
        elif k == "dance":
            p = between(keys[0][1], keys[1][1], .5 + .5 * math.sin(self.phase + 6.28 * self.freq * t))
        else:
            i = 1
            while i < len(keys) - 1 and t > keys[i][0]:
                i += 1
            (t0, a), (t1, b) = keys[i - 1], keys[i]
            x = (t - t0) / max(t1 - t0, 1e-6)
            f = ease(x) + (self.over * math.sin(x * 6.28) * math.exp(-x) if x > 1 else 0)
            p = between(a, b, f)
            for s in "LR" if self.round else ():
                if a["z" + s] * b["z" + s] < 0:
                    p["u" + s] += self.round * math.sin(math.pi * min(max(f, 0), 1))
        for j, c in self.idle.items():
            p[j] += c(t)
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
