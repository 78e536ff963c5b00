# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where a figure's hands go before, on and behind its body, and the arm angles that bring them there.

Own side positive, so that both arms share the numbers; x in half shoulder widths, y in trunk lengths below the
shoulder line, negative up to the head."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass


@dataclass
class Build:
    """Measures that decide where a hand can reach: half shoulder width, trunk and bone length, height of the
    shoulder joint below the shoulder line, chin and middle of the head above it."""
    sw: float
    torso: float
    arm: float
    joint: float
    chin: float
    head: float


def bring(b: Build, x: float, y: float, fu: float, fl: float, out: float = 1.0) -> tuple[float, float, float, float]:
    """Angles of upper arm and forearm that bring the wrist to (x, y), in drawing units from the middle of the shoulder
    line; fu, fl: how much of each bone's length is seen, raised where the place is too far. out: 1 elbow
    outward, -1 inward."""
    dx, dy = x - b.sw * .85, y - b.joint
    d = max(math.hypot(dx, dy), 1e-3)
    short = d / (b.arm * (fu + fl))
    if short > .98:
        fu, fl = min(fu * short * 1.03, 1.25), min(fl * short * 1.03, 1.25)
    u, v = b.arm * fu, b.arm * fl
    c = min(max((u * u + d * d - v * v) / (2 * u * d), -1), 1)
    a = math.atan2(dx, dy) + out * math.acos(c)
    f = math.atan2(dx - math.sin(a) * u, dy - math.cos(a) * u)
    return a, (f - a + math.pi) % (2 * math.pi) - math.pi, fu, fl


# name: for each arm (x range, y range, seen share of upper arm and of forearm, before or behind the body);
# one arm given: the other hangs
PLACES = {
    "fold": [((-.6, -.2), (.38, .5), (.75, 1), (.85, 1.05), 1), ((-.5, -.1), (.5, .62), (.75, 1), (.85, 1.05), 1)],
    "clasp": [((-.05, .2), (.35, .8), (.7, 1), (.7, 1), 1), ((-.05, .2), (.35, .8), (.7, 1), (.7, 1), 1)],
    "both": [((-.2, .7), (.2, .8), (.5, 1), (.4, 1), 1), ((-.2, .7), (.2, .8), (.5, 1), (.4, 1), 1)],
    "bar": [((-.8, -.1), (.4, .75), (.7, 1), (.8, 1.1), 1)],
    "chest": [((-.2, .35), (.2, .5), (.6, 1), (.7, 1), 1)],
    "strap": [((.3, .7), (.12, .35), (.6, .95), (.6, 1), 1)],
    "present": [((.1, .9), (.3, .75), (.6, 1), (.25, .55), 1), ((.1, .9), (.3, .75), (.6, 1), (.25, .55), 1)],
    "offer": [((-.1, .5), (.1, .5), (.35, .7), (.2, .5), 1)],
    "behind": [((-.2, .5), (.75, .95), (.8, 1), (.7, 1), -1), ((-.2, .5), (.75, .95), (.8, 1), (.7, 1), -1)],
    "chin": [((.05, .35), None, (.6, 1), (.8, 1.1), 1), ((-.4, .2), (.42, .6), (.75, 1), (.85, 1.05), 1)],
}
WEIGHTS = {"fold": 2.6, "clasp": 1.3, "both": 1.4, "bar": 2, "chest": 1.4, "strap": 1.0, "present": 1.0, "offer": .7,
    "behind": .8, "chin": 1.2}


def placed(r: random.Random, b: Build, kind: str | None = None) -> dict[str, float]:
    """Arm joints of one pose whose hands are at a place of the body; joints it leaves alone are missing."""
    kind = kind or r.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    u, sides = r.uniform, r.choice(["LR", "RL"])
    p = {"over": 1.0 if sides[0] == "R" else -1.0}
    meet = u(*PLACES["clasp"][0][1])
    for side, (x, y, fu, fl, z) in zip(sides, PLACES[kind]):
        fx = u(*x) * b.sw
        if y is None:
            fx, fy = fx + .3, -b.chin + u(-.15, .35)
        else:
            fy = (meet + u(-.04, .04) if kind == "clasp" else u(*y)) * b.torso
        out = -1.0 if kind in ("present", "offer") and r.random() < .4 else 1.0
        p["u" + side], p["l" + side], p["fu" + side], p["fl" + side] = bring(b, fx, fy, u(*fu), u(*fl), out)
        p["z" + side] = float(z)
    return p
