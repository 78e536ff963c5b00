# SPDX-License-Identifier: LGPL-2.1-or-later
"""Paint on a flat background picture, seen in colour only, never as line: washes, brush strokes, wood grain, clouds,
light falling in, softness."""
from __future__ import annotations

import random

import numpy as np
from scipy import ndimage as nd

from .palette import Palette


def noise(rng: np.random.Generator, h: int, w: int, rows: int, columns: int) -> np.ndarray:
    """Smooth noise of about unit deviation, so many cells down and across."""
    g = rng.normal(0, 1, (rows + 3, columns + 3)).astype(np.float32)
    return nd.zoom(g, (h / (rows + 3) + .01, w / (columns + 3) + .01), order=1)[:h, :w]


def wash(col: np.ndarray, r: random.Random, nr: np.random.Generator, rough: bool) -> np.ndarray:
    """Uneven tone and ramps; `rough`: with brush marks."""
    h, w = col.shape[:2]
    amp, n = r.uniform(4, 30), r.choice([2, 4, 9])
    tex = noise(nr, h, w, n, n) * amp
    if rough:
        tex += noise(nr, h, w, 40, 40) * amp * .4 + noise(nr, h, w, h, 12) * amp * .2
    y = np.linspace(-1, 1, h, dtype=np.float32)[:, None] * r.uniform(-50, 50)
    x = np.linspace(-1, 1, w, dtype=np.float32)[None] * r.uniform(-40, 40)
    t = np.array([r.uniform(.6, 1.2) for _ in range(3)], np.float32)
    return np.clip(col + (tex + y + x)[..., None] * t, 0, 255).astype(np.uint8)


def grain(col: np.ndarray, r: random.Random, nr: np.random.Generator, upright: bool) -> np.ndarray:
    """Wood: long streaks and veins that run along the boards."""
    h, w = col.shape[:2]
    if upright:
        return grain(col.transpose(1, 0, 2), r, nr, False).transpose(1, 0, 2)
    warp = noise(nr, h, w, 5, 3)
    vein = np.sin(np.linspace(0, r.uniform(60, 200), h, dtype=np.float32)[:, None] + warp * r.uniform(2, 6))
    tex = noise(nr, h, w, h // 2, 6) * r.uniform(3, 10) + vein ** 3 * r.uniform(0, 12) + noise(nr, h, w, 12,
        4) * r.uniform(4, 16)
    return np.clip(col + tex[..., None] * np.array([1, .85, .65], np.float32), 0, 255).astype(np.uint8)


def clouds(col: np.ndarray, reg: np.ndarray, r: random.Random, nr: np.random.Generator, pal: Palette) -> np.ndarray:
    """Soft clouds over the region of the picture's corner, the sky."""
    h, w = col.shape[:2]
    n = noise(nr, h, w, r.choice([2, 3]), 2) + .5 * noise(nr, h, w, 9, 6) + .3 * noise(nr, h, w, 22, 14)
    k = np.clip(n * r.uniform(.5, 2.5) + r.uniform(-.7, .4), 0, 1)[..., None] * r.uniform(.3, .9)
    c = np.array(pal.near(pal.tone((.95, .95, .97))), np.float32) * 255
    return np.where((reg == reg[0, 0])[..., None], col * (1 - k) + c * k, col).astype(np.uint8)


def light(col: np.ndarray, r: random.Random) -> np.ndarray:
    """Light that falls in at one place, and darkness away from it."""
    h, w = col.shape[:2]
    y, x = np.ogrid[:h, :w]
    cy, cx, s = r.uniform(-.1, 1.1) * h, r.uniform(0, 1) * w, r.uniform(.2, .7) * h
    g = np.exp(-(((y - cy) / (s * r.choice([1, 1, 3]))) ** 2 + ((x - cx) / s) ** 2)).astype(np.float32)[..., None]
    warm = np.array([1, r.uniform(.75, 1), r.uniform(.45, 1)], np.float32) * 255
    k = g * r.uniform(.2, .7)
    return np.clip(col * (1 - .3 * r.random() * (1 - g)) * (1 - k) + warm * k, 0, 255).astype(np.uint8)


def soften(col: np.ndarray, size: float) -> np.ndarray:
    n = max(2, int(size))
    return nd.uniform_filter(nd.uniform_filter(col, (n, n, 1)), (n, n, 1))
