# SPDX-License-Identifier: LGPL-2.1-or-later
"""Windows to train the temporal refinement on: shots coloured once by the frozen colour transform, used many times.

Colouring costs more than a training step, so a coloured shot stays in the pool; every use of it takes another part of
it, mirrors it, turns its hue and runs it backwards.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from buckets import FRAMES, Bucket
from data import Pool, Source, color_matrix
from device import autocast
from evaluate import load
from items import Item
from model import ColorTransform
from preprocess import reference_lags

BUCKETS = (
    Bucket(128, 128, 2, FRAMES, 0.35),
    Bucket(128, 192, 1, FRAMES, 0.20),
    Bucket(160, 160, 1, FRAMES, 0.20),
    Bucket(192, 192, 1, FRAMES, 0.10),
    Bucket(160, 160, 1, FRAMES, 0.15, 384),
)
WHOLE = 0.6         # share of the samples that are the whole shot; the others are 3 to 7 frames of it
AT_ONCE = 2         # frames the colour transform makes at once: its attention is large


@dataclass
class Window:
    """Frames in time order: line [T,1,h,w], colour and truth [T,3,h,w] in [-1,1], reference [T]: 1 where colour is
    the truth, given, 0 where the colour transform made it. Or all of it with windows first, [S,T,...]."""
    line: Tensor
    colour: Tensor
    truth: Tensor
    reference: Tensor

    def to(self, device: torch.device) -> Window:
        return Window(*(t.to(device) for t in (self.line, self.colour, self.truth, self.reference)))


def load_transform(path: str) -> ColorTransform:
    """The frozen colour transform of a weights file or a checkpoint."""
    return load(path).requires_grad_(False)


def planes(a: np.ndarray) -> Tensor:
    """[T,h,w] -> float [T,1,h,w]."""
    return torch.from_numpy(a).float()[:, None]


@torch.no_grad()
def colour(net: ColorTransform, item: Item, references: list[int], mix: Tensor, short: int = 0) -> Window:
    """A shot whose palette is changed by `mix`, coloured from those of its frames. short: as in ColorTransform."""
    device = next(net.parameters()).device
    x, d = planes(item.x).to(device), planes(item.d).to(device)
    truth = (2 * ((torch.from_numpy(item.y).float() / 255 - 0.5) @ mix.T)).clamp(-1, 1).permute(0, 3, 1, 2).to(device)
    made = [t for t in range(len(x)) if t not in references]
    lag = torch.from_numpy(reference_lags(made, references)).to(device)
    out = truth.clone()
    with autocast(device):
        encoded = net.references(x[None, references], d[None, references], truth[None, references])
        for i in range(0, len(made), AT_ONCE):
            now = made[i:i + AT_ONCE]
            out[now] = net.color(x[None, now], d[None, now], encoded, lag=lag[None, i:i + AT_ONCE],
                                 short=short)["out"][0].float().clamp(-1, 1)
    flag = torch.tensor([float(t in references) for t in range(len(x))])
    return Window(x.half().cpu(), out.half().cpu(), truth.half().cpu(), flag)


def draw_references(rng: np.random.Generator) -> list[int]:
    """Mostly both ends; one end alone; both and one between."""
    kind = rng.random()
    if kind < 0.6:
        return [0, FRAMES - 1]
    if kind < 0.8:
        return [int(rng.integers(2)) * (FRAMES - 1)]
    return [0, int(rng.integers(2, FRAMES - 2)), FRAMES - 1]


def part(w: Window, start: int, length: int, flip: bool, backwards: bool, mix: Tensor) -> Window:
    """`length` frames from `start`, changed."""
    def take(t: Tensor) -> Tensor:
        t = t[start:start + length].float()
        if backwards:
            t = t.flip(0)
        return t.flip(-1) if flip and t.ndim > 1 else t

    def turn(t: Tensor) -> Tensor:
        return torch.einsum("ij,tjhw->tihw", mix, take(t)).clamp(-1, 1)
    return Window(take(w.line), turn(w.colour), turn(w.truth), take(w.reference))


class WindowPool:
    """`capacity` coloured shots for each bucket; the first ones are made before this returns, then a new one replaces
    the oldest every `reuse` batches, where one is ready."""

    def __init__(self, net: ColorTransform, seed: int, capacity: int = 24, reuse: int = 3, first: int = 2,
                 workers: int = 1, buckets: tuple[Bucket, ...] = BUCKETS, clips: Source | None = None,
                 device: torch.device = torch.device("cpu")) -> None:
        self.buckets, self.capacity, self.reuse = buckets, capacity, reuse
        self.rng = np.random.default_rng(seed)
        self.shots = Pool(seed, minimum=first, buckets=buckets, workers=workers, clips=clips)
        self.net = net.to(device)       # not before the workers are forked
        self.windows: list[list[Window]] = [[] for _ in buckets]
        self.count = 0
        for i, items in enumerate(self.shots.items):
            for item in items[:first]:
                self._add(i, item)

    def close(self) -> None:
        self.shots.close()

    def _add(self, i: int, item: Item) -> None:
        mix = torch.from_numpy(color_matrix(self.rng))
        self.windows[i].append(colour(self.net, item, draw_references(self.rng), mix, self.buckets[i].short))
        del self.windows[i][:-self.capacity]

    def batch(self) -> Window:
        """Windows of one bucket and one length, [S,T,...]."""
        rng = self.rng
        new = self.shots.next_item(wait=False) if self.count % self.reuse == 0 else None
        if new:
            self._add(*new)
        self.count += 1
        i = int(rng.choice(len(self.buckets), p=[b.share for b in self.buckets]))
        length = FRAMES if rng.random() < WHOLE else int(rng.integers(3, FRAMES))
        parts = []
        for _ in range(self.buckets[i].shots):
            w = self.windows[i][int(rng.integers(len(self.windows[i])))]
            parts.append(part(w, int(rng.integers(FRAMES - length + 1)), length, rng.random() < 0.5, rng.random() < 0.5,
                              torch.from_numpy(color_matrix(rng))))
        return Window(*(torch.stack([getattr(p, name) for p in parts])
                        for name in ("line", "colour", "truth", "reference")))
