# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training samples: a pool of shots, refilled by worker processes, and random batches from it.

Every worker makes every WORKERS-th shot of a bucket; new ones replace the oldest of their pool at a fixed pace, so a
run with one worker is the same for the same seed.
"""
from __future__ import annotations

import math
import multiprocessing as mp
import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from buckets import BUCKETS, FRAMES, Bucket
from items import Item, prepare, windows
from preprocess import reference_lags

WINDOWS = 3         # cut from a shot that is larger than they are
PATIENCE = 120.0    # seconds without a shot after which the workers are looked at


@dataclass
class Batch:
    """Targets x, d [S,T,1,h,w], y [S,T,3,h,w], region [S,T,h/4,w/4]; references the same with K for T;
    lag [S,T,K]. short: short side of the pictures that these are windows of; 0: they are whole."""
    x: Tensor
    d: Tensor
    y: Tensor
    region: Tensor
    xr: Tensor
    dr: Tensor
    yr: Tensor
    region_r: Tensor
    lag: Tensor
    short: int = 0

    def each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with every tensor changed."""
        return replace(self, **{f.name: change(getattr(self, f.name)) for f in fields(self) if f.name != "short"})

    def to(self, device: torch.device) -> Batch:
        """On the device; copied beside the computation where the tensors are pinned."""
        return self.each(lambda t: t.to(device, non_blocking=True))


Source = Callable[[int, int, int], Item]     # seed, height, width


@dataclass
class Recipe:
    """What workers make shots of: buckets, and a `share` from `clips`, where there are any."""
    buckets: Sequence[Bucket]
    clips: Source | None
    share: float


def make(b: Bucket, source: Source, seed: int) -> list[Item]:
    """The items of one shot: itself, or windows of it."""
    rng = np.random.default_rng(seed)
    item = source(seed, *b.picture(rng))
    return windows(item, b.height, b.width, WINDOWS, rng) if b.short else [item]


def _work(order: list[int], seed: int, worker: int, workers: int, out: mp.Queue, recipe: Recipe) -> None:
    os.nice(2)
    torch.set_num_threads(1)
    buckets = recipe.buckets
    chance = np.array([b.share / (WINDOWS if b.short else 1) for b in buckets])
    count = [worker] * len(buckets)
    rng = np.random.default_rng([seed, worker])
    while True:
        i = order.pop(0) if order else int(rng.choice(len(buckets), p=chance / chance.sum()))
        source = recipe.clips if recipe.clips and rng.random() < recipe.share else prepare
        try:
            items = make(buckets[i], source, (seed * 1000003 + i * 100000007 + count[i]) & 0x7FFFFFFF)
        except Exception as e:                     # a broken shot must not end a run of hours
            print(f"shot {i}/{count[i]} left out: {e!r}", flush=True)
            items = []
        count[i] += workers
        for item in items:
            out.put((i, item))


class Pool:
    """`capacity` items per bucket, at least `minimum` before a batch is drawn. `most` references at a time, 3 to 5;
    up to `fresh` new items a batch where they are ready. Forks its workers: to be made before CUDA is used."""

    def __init__(self, seed: int, capacity: int = 48, minimum: int = 4, clips: Source | None = None,
                 share: float = 0.5, most: int = 3, buckets: Sequence[Bucket] = BUCKETS, workers: int = 1,
                 fresh: int = 1, augment: bool = True) -> None:
        self.rng = np.random.default_rng(seed)
        self.buckets, self.capacity, self.fresh, self.augment = buckets, capacity, fresh, augment
        self.items: list[list[Item]] = [[] for _ in buckets]
        self.counts = np.array({3: (0.25, 0.6, 0.15), 4: (0.2, 0.5, 0.2, 0.1), 5: (0.2,) * 5}[most])
        self.next = [0] * len(buckets)
        fork = mp.get_context("fork")
        self.queue: mp.Queue = fork.Queue(maxsize=8 * max(workers, fresh))
        order = [i for n in range(minimum) for i, b in enumerate(buckets) if not b.short or n * WINDOWS < minimum]
        recipe = Recipe(buckets, clips, share)
        self.workers = [fork.Process(target=_work, args=(order[w::workers], seed, w, workers, self.queue, recipe),
                                     daemon=True) for w in range(workers)]
        for w in self.workers:
            w.start()
        while min(map(len, self.items)) < minimum:
            self._take()

    def close(self) -> None:
        """Ends the workers."""
        for w in self.workers:
            w.terminate()
            w.join()

    def next_item(self, wait: bool = True) -> tuple[int, Item] | None:
        """A new item and the number of its bucket. None: none was ready."""
        while True:
            try:
                return self.queue.get(wait, PATIENCE)
            except queue.Empty:
                if not wait:
                    return None
                if not any(w.is_alive() for w in self.workers):
                    raise RuntimeError("all processes that make shots have ended") from None

    def _take(self, wait: bool = True) -> bool:
        """A new item replaces the oldest of its bucket. False: none was ready."""
        new = self.next_item(wait)
        if not new:
            return False
        i, item = new
        if len(self.items[i]) < self.capacity:
            self.items[i].append(item)
        else:
            self.items[i][self.next[i]] = item
            self.next[i] = (self.next[i] + 1) % self.capacity
        return True

    def batch(self) -> Batch:
        """New items enter, one random batch leaves."""
        self._take()
        for _ in range(self.fresh - 1):
            if not self._take(wait=False):
                break
        rng = self.rng
        i = int(rng.choice(len(self.buckets), p=[b.share for b in self.buckets]))
        b = self.buckets[i]
        k = int(rng.choice(np.arange(1, len(self.counts) + 1), p=self.counts))
        targets = min(b.targets, FRAMES - k)
        parts = [self._sample(self.items[i][int(rng.integers(len(self.items[i])))], k, targets)
                 for _ in range(b.shots)]
        return Batch(*(torch.stack(p) for p in zip(*parts)), b.short)

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
        mix = torch.from_numpy(color_matrix(rng) if self.augment else np.eye(3, dtype=np.float32))

        def take(frames: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
            def get(a: np.ndarray) -> Tensor:
                a = a[frames]
                return torch.from_numpy(np.ascontiguousarray(a[:, :, ::-1] if flip else a))
            y = (get(item.y).float() / 255.0 - 0.5) @ mix.T
            y = (2.0 * y).clamp(-1, 1).permute(0, 3, 1, 2)
            return get(item.x).float()[:, None], get(item.d).float()[:, None], y, get(item.region).long()

        return (*take(tgts), *take(refs), torch.from_numpy(reference_lags(tgts, refs)))


class Feed:
    """A pool's batches on a device; `ahead`, as on a GPU: the next one is made while the last is computed with."""

    def __init__(self, pool: Pool, device: torch.device, ahead: bool | None = None) -> None:
        self.pool, self.device = pool, device
        self.thread = ThreadPoolExecutor(1) if (device.type == "cuda" if ahead is None else ahead) else None
        self.coming = self.thread.submit(self._made) if self.thread else None

    def _made(self) -> Batch:
        batch = self.pool.batch()
        return batch.each(Tensor.pin_memory) if self.device.type == "cuda" else batch

    def batch(self) -> Batch:
        if not self.thread:
            return self._made().to(self.device)
        ready = self.coming.result()
        self.coming = self.thread.submit(self._made)
        return ready.to(self.device)

    def close(self) -> None:
        """Ends the pool's workers too."""
        if self.thread:
            self.coming.result()
            self.thread.shutdown()
        self.pool.close()


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
