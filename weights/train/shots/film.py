# SPDX-License-Identifier: LGPL-2.1-or-later
"""What compositing and video do to a frame: light ramps, vignette, softness, chroma loss, grain, bars."""
from __future__ import annotations

import random

import numpy as np
from scipy import ndimage as nd


class Bars:
    """Black or white bars: letterbox, pillarbox, or a thin frame the video came with."""

    def __init__(self, rng: random.Random, height: int, width: int) -> None:
        kind = rng.choices(["none", "wide", "tall", "frame", "side"], [24, .5, .4, .5, .6])[0]
        y, x = int(height * rng.uniform(.04, .14)), int(width * rng.uniform(.03, .12))
        thin = max(1, round(height * rng.uniform(.003, .012)))
        self.box = {"none": (0, 0, 0, 0), "wide": (y, y, 0, 0), "tall": (0, 0, x, x), "frame": (thin,) * 4,
            "side": rng.choice([(0, 0, 0, thin), (0, 0, thin, thin), (thin, 0, 0, 0), (0, 0, thin, 0)])}[kind]
        self.colour = 255 if rng.random() < .12 else rng.choice([0, 0, 16])
        self.line = rng.choice([None, 0, 255, 255])     # None: only an edge

    def __call__(self, color: np.ndarray, line: np.ndarray, region: np.ndarray, ident: int) -> None:
        """Draws them into the three pictures."""
        t, b, lt, r = self.box
        if not any(self.box):
            return
        h, w = line.shape
        out = np.ones((h, w), bool)
        out[t:h - b, lt:w - r] = False
        color[out], region[out] = self.colour, ident
        line[out] = 255 if self.line is None else self.line
        if self.line is None:
            for at, n, side in ((t, h, 0), (h - b - 1, h, 0), (lt, w, 1), (w - r - 1, w, 1)):
                if 0 < at < n - 1:
                    line[(slice(at, at + 1), slice(lt, w - r)) if side == 0 else (slice(t, h - b), slice(at,
                        at + 1))] = 0


class Film:
    """One shot's treatment; most shots have none or little."""

    def __init__(self, rng: random.Random, height: int, width: int, plain: bool) -> None:
        """`plain`: the background is white paper and mostly stays so."""
        u = rng.uniform
        self.gain = None
        if rng.random() < (.05 if plain else .35):
            y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width,
                dtype=np.float32)[None]
            if rng.random() < .6:
                g = 1 + u(-.25, .2) * y + u(-.2, .2) * x
            else:
                g = 1.05 - u(.1, .35) * (x * x + y * y)
            tint = np.array([u(.9, 1.1) for _ in range(3)], np.float32)
            self.gain = g[..., None] * (1 + (tint - 1) * u(0, 1))
        self.soft = u(.3, .7) * max(height / 256, .6) if rng.random() < .3 else 0.0
        self.chroma = rng.random() < .25
        self.grain = u(1, 4) if rng.random() < .12 else 0.0
        self.seed = rng.randrange(1 << 30)

    def __call__(self, rgb: np.ndarray, n: int) -> np.ndarray:
        if self.gain is None and not self.soft and not self.chroma and not self.grain:
            return rgb
        f = rgb.astype(np.float32)
        if self.gain is not None:
            f *= self.gain
        if self.chroma:
            y = f @ np.array([.299, .587, .114], np.float32)
            d = nd.uniform_filter(f - y[..., None], (2, 2, 1))
            f = y[..., None] + d
        if self.soft:
            f = nd.gaussian_filter(f, (self.soft, self.soft, 0), truncate=2.5)
        if self.grain:
            f += np.random.default_rng(self.seed + n).normal(0, self.grain,
                f.shape[:2]).astype(np.float32)[..., None]
        return np.clip(f + .5, 0, 255).astype(np.uint8)
