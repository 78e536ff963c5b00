# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parameter curves over a shot, held drawings and the camera."""
from __future__ import annotations

import math
import random
from typing import Callable

import numpy as np

from .canvas import affine

Curve = Callable[[float], float]


def ease(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def curve(rng: random.Random, base: float, amp: float) -> Curve:
    """Around `base`, moving by about `amp`: hold, ease from pose to pose, sway or overshoot."""
    kind = rng.choices(["ease", "sway", "drift", "hold", "pop"], [4, 3, 2, 2, 1])[0]
    if amp == 0 or kind == "hold":
        return lambda t: base
    a = rng.uniform(-1, 1) * amp
    b = rng.uniform(-1, 1) * amp
    t0 = rng.uniform(-0.2, 0.6)
    t1 = t0 + rng.uniform(0.2, 0.9)
    ph, f = rng.uniform(0, 6.3), rng.uniform(0.4, 1.6)
    if kind == "ease":
        return lambda t: base + a + (b - a) * ease((t - t0) / (t1 - t0))
    if kind == "sway":
        return lambda t: base + a * math.sin(ph + 6.283 * f * t)
    if kind == "drift":
        return lambda t: base + a * (t - 0.5) * 2
    return lambda t: base + (a if t < t1 * 0.7 else b)


def timing(rng: random.Random, frames: int) -> list[float]:
    """Time in 0..1 of every frame's drawing: on ones, twos, threes, fours."""
    step = rng.choices([1, 2, 3, 4], [5, 4, 2, 0.6])[0]
    if frames <= 2:
        step = 1
    off = rng.randrange(step)
    span = rng.choice([0.5, 1.0, 1.0, 1.0, 1.5]) * max(frames - 1, 1)
    return [((i + off) // step * step) / span for i in range(frames)]


def camera(rng: random.Random, frames: int, action: float) -> list[np.ndarray]:
    """Per frame 2x3 matrix in a frame-sized unit square (centre 0,0; height 1)."""
    k = rng.random() if action else 0.0
    pan = (0.0, 0.0)
    zoom, shake, roll = 0.0, 0.0, 0.0
    if k < 0.55:
        pass
    elif k < 0.75:
        r = rng.choice([0.03, 0.08, 0.2]) * action
        pan = (rng.uniform(-1, 1) * r, rng.uniform(-0.5, 0.5) * r)
    elif k < 0.9:
        zoom = rng.choice([-1, 1]) * rng.choice([0.04, 0.12, 0.3]) * action
        pan = (rng.uniform(-1, 1) * 0.05, 0.0)
    else:
        shake = rng.uniform(0.004, 0.025)
        roll = rng.choice([0, 0, 0.01, 0.03])
    eased = rng.random() < 0.5
    out = []
    for i in range(frames):
        t = i / max(frames - 1, 1)
        u = (ease(t) if eased else t) - 0.5
        s = math.exp(zoom * u)
        sx, sy = (rng.uniform(-1, 1) * shake, rng.uniform(-1, 1) * shake) if shake else (0, 0)
        out.append(affine(s, s, rng.uniform(-1, 1) * roll, pan[0] * u * 2 + sx,
            pan[1] * u * 2 + sy))
    return out
