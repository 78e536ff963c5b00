# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training samples: a pool of generated shots, refilled by a worker process, and random batches from it.

Shot i of a bucket is made from seed + i and replaces the oldest of its pool at a fixed pace, so a run
is the same for the same seed.
"""
from __future__ import annotations

import math
import multiprocessing as mp
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from preprocess import distance_field, reference_lags
from shots import make_shot

FRAMES = 8


@dataclass(frozen=True)
class Bucket:
    """Shots of one size; `shots` and `targets` of each make a step."""
    height: int
    width: int
    shots: int
    targets: int
    share: float


BUCKETS = (
    Bucket(128, 128, 2, 4, 0.40),
    Bucket(128, 208, 1, 4, 0.15),
    Bucket(208, 128, 1, 4, 0.08),
    Bucket(192, 192, 1, 3, 0.27),
    Bucket(256, 256, 1, 2, 0.10),
)


@dataclass
class Item:
    """One shot as network inputs: x, d [T,h,w] in [-1,1], y [T,h,w,3] uint8, region [T,h/4,w/4] dense ids, or -1
    throughout where they are unknown."""
    x: np.ndarray
    d: np.ndarray
    y: np.ndarray
    region: np.ndarray


@dataclass
class Batch:
    """Targets x, d [S,T,1,h,w], y [S,T,3,h,w], region [S,T,h/4,w/4]; references the same with K for T;
    lag [S,T,K]."""
    x: Tensor
    d: Tensor
    y: Tensor
    region: Tensor
    xr: Tensor
    dr: Tensor
    yr: Tensor
    region_r: Tensor
    lag: Tensor


Source = Callable[[int, int, int], Item]     # seed, height, width


def prepare(seed: int, height: int, width: int) -> Item:
    shot = make_shot(seed, height, width, FRAMES)
    dark = 1.0 - shot.line.astype(np.float32) / 255.0
    d = np.stack([distance_field(p) for p in dark])
    region = np.unique(shot.region[:, 2::4, 2::4], return_inverse=True)[1]
    region = region.reshape(shot.region.shape[0], height // 4, width // 4).astype(np.int32)
    return Item((1 - 2 * dark).astype(np.float16), d.astype(np.float16), shot.color, region)


def _work(bucket_order: list[int], seed: int, queue: mp.Queue, clips: Source | None, share: float) -> None:
    os.nice(2)
    torch.set_num_threads(1)
    count = [0] * len(BUCKETS)
    rng = np.random.default_rng(seed)
    while True:
        i = bucket_order.pop(0) if bucket_order else int(rng.choice(len(BUCKETS), p=[b.share for b in BUCKETS]))
        b = BUCKETS[i]
        source = clips if clips and rng.random() < share else prepare
        try:
            item = source((seed * 1000003 + i * 100000007 + count[i]) & 0x7FFFFFFF, b.height, b.width)
        except Exception as e:                     # a broken shot must not end a run of hours
            print(f"shot {i}/{count[i]} left out: {e!r}", flush=True)
            item = None
        count[i] += 1
        if item is not None:
            queue.put((i, item))


class Pool:
    """`capacity` shots per bucket, at least `minimum` before a bucket is drawn from. A `share` of the shots comes
    from `clips`, where there are any; the rest is generated. `most` references at a time, 3 to 5."""

    def __init__(self, seed: int, capacity: int = 48, minimum: int = 4, clips: Source | None = None,
                 share: float = 0.5, most: int = 3) -> None:
        self.rng = np.random.default_rng(seed)
        self.capacity, self.items = capacity, [[] for _ in BUCKETS]
        self.counts = np.array({3: (0.25, 0.6, 0.15), 4: (0.2, 0.5, 0.2, 0.1), 5: (0.2,) * 5}[most])
        self.next = [0] * len(BUCKETS)
        self.queue: mp.Queue = mp.Queue(maxsize=8)
        order = [i for _ in range(minimum) for i in range(len(BUCKETS))]
        self.worker = mp.Process(target=_work, args=(order, seed, self.queue, clips, share), daemon=True)
        self.worker.start()
        for _ in range(minimum * len(BUCKETS)):
            self._take()

    def _take(self) -> None:
        i, item = self.queue.get()
        if len(self.items[i]) < self.capacity:
            self.items[i].append(item)
        else:
            self.items[i][self.next[i]] = item
            self.next[i] = (self.next[i] + 1) % self.capacity

    def batch(self) -> Batch:
        """One new shot enters, one random batch leaves."""
        self._take()
        rng = self.rng
        i = int(rng.choice(len(BUCKETS), p=[b.share for b in BUCKETS]))
        b = BUCKETS[i]
        k = int(rng.choice(np.arange(1, len(self.counts) + 1), p=self.counts))
        targets = min(b.targets, FRAMES - k)
        parts = [self._sample(self.items[i][int(rng.integers(len(self.items[i])))], k, targets)
                 for _ in range(b.shots)]
        return Batch(*(torch.stack(p) for p in zip(*parts)))

    def _sample(self, item: Item, k: int, targets: int) -> tuple[Tensor, ...]:
        rng = self.rng
        ends = [0, FRAMES - 1]
        refs = [ends[int(rng.integers(2))]] if k == 1 else ends
        if k == 3:
            refs = [0, int(rng.integers(1, FRAMES - 1)), FRAMES - 1]
        elif k > 3:
            refs = [0, *sorted(rng.choice(np.arange(1, FRAMES - 1), k - 2, replace=False).tolist()), FRAMES - 1]
        rest = [f for f in range(FRAMES) if f not in refs]
        tgts = list(rng.choice(rest, targets, replace=False))
        flip = rng.random() < 0.5
        mix = torch.from_numpy(color_matrix(rng))

        def take(frames: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
            def get(a: np.ndarray) -> Tensor:
                a = a[frames]
                return torch.from_numpy(np.ascontiguousarray(a[:, :, ::-1] if flip else a))
            y = (get(item.y).float() / 255.0 - 0.5) @ mix.T
            y = (2.0 * y).clamp(-1, 1).permute(0, 3, 1, 2)
            return get(item.x).float()[:, None], get(item.d).float()[:, None], y, get(item.region).long()

        return (*take(tgts), *take(refs), torch.from_numpy(reference_lags(tgts, refs)))


def color_matrix(rng: np.random.Generator) -> np.ndarray:
    """Random palette change, so that colours are copied and not remembered: hue turn, channel swap, rarely negative."""
    m = np.eye(3)
    if rng.random() < 0.6:
        a, axis = rng.uniform(-math.pi, math.pi), np.ones(3) / math.sqrt(3)
        x = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        m = np.eye(3) + math.sin(a) * x + (1 - math.cos(a)) * (x @ x)
    if rng.random() < 0.3:
        m = m[rng.permutation(3)]
    if rng.random() < 0.08:
        m = -m
    return (m * rng.uniform(0.7, 1.1)).astype(np.float32)
