# SPDX-License-Identifier: LGPL-2.1-or-later
"""A shot as network inputs, made by the generator, and windows of it where something happens."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from buckets import FRAMES
from preprocess import distance_field
from shots import make_shot

CELL = 4        # windows begin at multiples of the network's scale, so that regions stay aligned


@dataclass
class Item:
    """One shot as network inputs: x, d [T,h,w] in [-1,1], y [T,h,w,3] uint8, region [T,h/4,w/4] dense ids, or -1
    throughout where they are unknown."""
    x: np.ndarray
    d: np.ndarray
    y: np.ndarray
    region: np.ndarray


def prepare(seed: int, height: int, width: int) -> Item:
    """The generated shot of that seed and size."""
    shot = make_shot(seed, height, width, FRAMES)
    dark = 1.0 - shot.line.astype(np.float32) / 255.0
    d = np.stack([distance_field(p) for p in dark])
    return Item((1 - 2 * dark).astype(np.float16), d.astype(np.float16), shot.color,
                dense(shot.region[:, 2::CELL, 2::CELL]))


def dense(region: np.ndarray) -> np.ndarray:
    """Identities counted from 0 without gaps; unknown ones stay -1."""
    if region.min() < 0:
        return region
    return np.unique(region, return_inverse=True)[1].reshape(region.shape).astype(np.int32)


def activity(item: Item) -> np.ndarray:
    """How much happens in each cell of 4x4 pixels, [h/4,w/4]: lines, and colours that change in time."""
    t, h, w = item.x.shape
    cells = item.x.astype(np.float32).reshape(t, h // CELL, CELL, w // CELL, CELL)
    lines = ((1 - cells.mean((2, 4))) / 2).clip(0, 0.3).mean(0)         # a black area is no better than lines
    color = item.y[:, 2::CELL, 2::CELL].astype(np.float32) / 255
    return lines + color.std(0).mean(-1)


def windows(item: Item, height: int, width: int, count: int, rng: np.random.Generator) -> list[Item]:
    """`count` windows, the same place in all frames, drawn by the square of the activity in them. The distance field
    stays that of the whole picture."""
    act = activity(item)
    h, w = height // CELL, width // CELL
    if act.shape[0] < h or act.shape[1] < w:
        raise ValueError(f"window {height}x{width} of a picture {item.x.shape[1]}x{item.x.shape[2]}")
    total = np.pad(act.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = (total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]).clip(0)
    weight = (inside ** 2 + 1e-12).ravel()
    found = []
    for place in rng.choice(weight.size, count, p=weight / weight.sum()):
        top, left = divmod(int(place), inside.shape[1])
        rows, columns = (slice(CELL * a, CELL * (a + n)) for a, n in ((top, h), (left, w)))
        found.append(Item(*(np.ascontiguousarray(a[:, rows, columns]) for a in (item.x, item.d, item.y)),
                          dense(item.region[:, top:top + h, left:left + w])))
    return found
