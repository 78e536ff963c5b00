# SPDX-License-Identifier: LGPL-2.1-or-later
"""Line art computed from the colour frame, and wear of drawn line art."""
from __future__ import annotations

import random

import numpy as np
from scipy import ndimage as nd


class Extractor:
    """One extractor with parameters drawn once per shot: dog, xdog, grad, dark or ink."""

    def __init__(self, rng: random.Random, size: int, ink: bool = False) -> None:
        """`ink`: the drawing has black outlines, which may be picked by their darkness."""
        k = max(size / 256.0, 0.4)
        self.kind = rng.choices(["dog", "xdog", "grad", "dark"], [4, 3, 2, 1.2])[0]
        if ink and rng.random() < .5:
            self.kind = "ink"
        self.black = rng.uniform(.05, .14), rng.uniform(.06, .2)
        self.sigma = rng.uniform(0.5, 1.1) * max(k, 0.7)
        self.gain = rng.uniform(8, 30)
        self.thr = rng.uniform(0.006, 0.025)
        self.strength = rng.choice([1.0, 1.0, rng.uniform(.4, 1)])
        self.binary = self.strength == 1 and rng.random() < (.4 if size >= 200 else .25)
        self.thin = rng.random() < (.5 if size < 200 else .3)
        self.channel = rng.random() < 0.4

    def soften(self) -> None:
        """Fall back to the sparsest extractor."""
        self.kind, self.thr, self.gain, self.binary = "dog", .025, 10.0, False

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        f = rgb.astype(np.float32) * (1 / 255)
        g = f.min(axis=2) * 0.5 + f.mean(axis=2) * 0.5 if self.channel else f @ np.array([0.3, 0.59,
            0.11], np.float32)
        s = self.sigma
        if self.kind == "ink":
            lo, d = self.black
            v = (f.max(axis=2) - lo) / d
        elif self.kind == "grad":
            h = nd.gaussian_filter(g, s)
            m = np.hypot(nd.sobel(h, 0), nd.sobel(h, 1)) * 0.25
            v = 1 - (m - self.thr) * self.gain * 0.6
        elif self.kind == "dark":
            v = 1 + (g - nd.maximum_filter(g, max(3,
                int(round(6 * s)) | 1)) + 0.06) * self.gain * 0.35
        else:
            a, b = nd.gaussian_filter(g, s, truncate=2.5), nd.gaussian_filter(g, 1.6 * s,
                truncate=2.5)
            d = a - b
            if self.kind == "dog":
                v = 1 + (d + self.thr * 0.4) * self.gain * 2.5
            else:
                u = a + (self.gain * 0.8) * d
                v = np.where(u > 0.35, 1.0, 1 + np.tanh((u - 0.35) * self.gain * 0.4))
                # large dark areas stay white: only what is darker than its neighbourhood counts
                v = np.where(d > -self.thr * 0.3, 1.0, v)
        if self.thin and self.kind != "ink":
            # only ridges keep their full darkness, as in line art scaled down from a larger frame
            ridge = (v <= nd.minimum_filter1d(v, 3, axis=0)) | (v <= nd.minimum_filter1d(v, 3,
                axis=1))
            v = np.where(ridge, v, 1 - .3 * (1 - np.clip(v, 0, 1)))
        v = 1 - self.strength * (1 - np.clip(v, 0, 1))
        if self.binary:
            v = (v > 0.55).astype(np.float32)
        return (v * 255).astype(np.uint8)


def patches(rng: np.random.Generator, h: int, w: int, cell: float) -> np.ndarray:
    """Smooth noise of about unit deviation, cells of `cell` pixels."""
    a, b = int(h / cell) + 2, int(w / cell) + 2
    g = rng.normal(0, 1.4, (a, b)).astype(np.float32)
    return nd.zoom(g, (h / a + .01, w / b + .01), order=1)[:h, :w]


class Breaks:
    """Lines that thin out, break and leave specks here and there, as extractors make them."""

    def __init__(self, rng: random.Random, size: int, share: float) -> None:
        """`share` of the shots have them."""
        self.on = rng.random() < share
        self.cell = rng.uniform(3, 16) * max(size / 256, .5)
        self.miss, self.hard = rng.choice([-1.9, -1.4, -1.0, -.6]), rng.choice([1.0, 2.5, 6.0])
        self.flicker = rng.random() < .5
        self.specks = rng.choice([0, 0, .004, .015])
        self.seed = rng.randrange(1 << 30)

    def __call__(self, line: np.ndarray, n: int) -> np.ndarray:
        if not self.on:
            return line
        h, w = line.shape
        rng = np.random.default_rng(self.seed + (n if self.flicker else 0))
        keep = np.clip((patches(rng, h, w, self.cell) - self.miss) * self.hard, 0, 1)
        out = 255 - (255 - line) * keep
        if self.specks:
            near = nd.uniform_filter(line, max(h // 24, 3)) < 250
            out[(rng.random((h, w), np.float32) < self.specks) & near] = 70
        return out.astype(np.uint8)


class Wear:
    """What scanning and thresholding does to drawn lines."""

    def __init__(self, rng: random.Random) -> None:
        self.kind = rng.choices(["none", "binary", "soft", "grain", "specks"],
            [5, 3, 1.5, 0.5, 0.4])[0]
        self.thr = rng.uniform(110, 200)
        self.seed = rng.randrange(1 << 30)

    def __call__(self, line: np.ndarray, n: int) -> np.ndarray:
        if self.kind == "specks":
            r = np.random.default_rng(self.seed).random(line.shape)
            return np.where(r < .0015, 60, line).astype(np.uint8)
        if self.kind == "binary":
            return np.where(line > self.thr, 255, 0).astype(np.uint8)
        if self.kind == "soft":
            return nd.gaussian_filter(line, 0.6)
        if self.kind == "grain":
            r = np.random.default_rng(self.seed + n).normal(0, 10, line.shape)
            return np.clip(line + r * (line < 240), 0, 255).astype(np.uint8)
        return line
