# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures to network inputs, as docs/MODEL.md ("Preprocessing") defines them and engine/picture/lineart.c does."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt

LINE_DARKNESS = 0.2      # a pixel at least this dark is a line pixel
DISTANCE_RANGE = 8.0     # distances are cut at short side / DISTANCE_RANGE


def network_size(height: int, width: int, short: int) -> tuple[int, int]:
    """Short side `short`, the other in proportion, both multiples of 8, at least 64."""
    scale = short / min(height, width)
    return tuple(max(64, int(v * scale / 8 + 0.5) * 8) for v in (height, width))


def _weights(src: int, dst: int) -> tuple[np.ndarray, np.ndarray]:
    """Area weights [dst, src] when shrinking, bilinear with half-pixel centres when enlarging; footprint mask."""
    w = np.zeros((dst, src), np.float64)
    if dst <= src:
        step = src / dst
        for i in range(dst):
            a, b = i * step, (i + 1) * step
            j = np.arange(int(a), min(src, int(np.ceil(b - 1e-9))))
            w[i, j] = np.minimum(b, j + 1) - np.maximum(a, j)
    else:
        p = np.clip((np.arange(dst) + 0.5) * src / dst - 0.5, 0, src - 1)
        j = np.minimum(p.astype(int), max(src - 2, 0))
        w[np.arange(dst), j] = 1 - (p - j)
        if src > 1:
            w[np.arange(dst), j + 1] += p - j
    w /= w.sum(1, keepdims=True)
    return w.astype(np.float32), w > 0.25 * min(1.0, dst / src) * (1 + 1e-5)   # more than 1/4: ties are none


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """[H,W] or [H,W,c] float -> area average or bilinear at the given size."""
    wy, wx = _weights(image.shape[0], height)[0], _weights(image.shape[1], width)[0]
    return np.einsum("ij,jk...->ik...", wy, np.einsum("ij,kj...->ki...", wx, image))


def resize_lines(gray: np.ndarray, height: int, width: int) -> np.ndarray:
    """Darkness [h,w] in 0..1 of uint8 line art, thin lines kept: sqrt(mean * max) over the footprint."""
    dark = 1.0 - gray.astype(np.float32) / 255.0
    mean = resize(dark, height, width)
    if height >= gray.shape[0] and width >= gray.shape[1]:
        return mean
    top = dark
    for axis, size in ((0, height), (1, width)):
        mask = _weights(top.shape[axis], size)[1]
        rows = [np.flatnonzero(m) for m in mask]
        top = np.stack([np.take(top, r, axis).max(axis) for r in rows], axis)
    return np.sqrt(mean * top)


def distance_field(dark: np.ndarray) -> np.ndarray:
    """Darkness [h,w] -> exact Euclidean distance to the nearest line pixel, cut and scaled to [-1, 1]."""
    line = dark >= LINE_DARKNESS
    if not line.any():
        return np.ones_like(dark, np.float32)
    dist = distance_transform_edt(~line)
    return (2.0 * np.minimum(1.0, dist * DISTANCE_RANGE / min(dark.shape)) - 1.0).astype(np.float32)


def line_inputs(gray: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """uint8 line art -> x and d, [h,w] in [-1, 1]."""
    dark = resize_lines(gray, height, width)
    return (1.0 - 2.0 * dark).astype(np.float32), distance_field(dark)


def color_input(color: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 [H,W,3] sRGB -> [h,w,3] in [-1, 1]."""
    return (resize(color.astype(np.float32), height, width) / 127.5 - 1.0).astype(np.float32)


def reference_lags(times: Sequence[float], references: Sequence[float | None]) -> np.ndarray:
    """How far in time every reference is from every frame, [T,K] in [-1, 1]: -1 at the frame itself, 1 at least as far
    as the frame's two nearest references are from each other where it lies between them. 0 where that says nothing: for
    a model sheet (None) and for a reference that is alone."""
    lag = np.zeros((len(times), len(references)), np.float32)
    for i, t in enumerate(times):
        away = {j: abs(t - r) for j, r in enumerate(references) if r is not None}
        span = sum(sorted(away.values())[:2])
        if len(away) > 1 and span > 0:
            for j, distance in away.items():
                lag[i, j] = min(1.0, 2 * distance / span - 1)
    return lag
