# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sizes of training pictures: what share of the steps has which, as whole pictures or windows of larger ones.

Attention costs the square of the pixels, so on a CPU pictures of 384 and 512 are trained as windows of them.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

FRAMES = 8                      # of a generated shot
LONG_SIDES = (1.0, 4 / 3, 16 / 9)      # of pictures that windows are cut from, times the short side
ATTENTION_LIMIT = 1 << 29       # elements of a step's attention at three references: 2 GiB in fp32


@dataclass(frozen=True)
class Bucket:
    """Shots of one size as the network sees them; `shots` and `targets` of each make a step. With `short` they are
    windows of pictures of that short side."""
    height: int
    width: int
    shots: int
    targets: int
    share: float
    short: int = 0

    @property
    def size(self) -> int:
        """Short side of the whole picture."""
        return self.short or min(self.height, self.width)

    def picture(self, rng: np.random.Generator) -> tuple[int, int]:
        """Height and width that a shot is made at."""
        if not self.short:
            return self.height, self.width
        return self.short, int(self.short * LONG_SIDES[int(rng.integers(len(LONG_SIDES)))] / 8) * 8


BUCKETS = (
    Bucket(128, 128, 2, 4, 0.32),
    Bucket(128, 208, 1, 4, 0.12),
    Bucket(208, 128, 1, 4, 0.06),
    Bucket(192, 192, 1, 3, 0.19),
    Bucket(256, 256, 1, 2, 0.06),
    Bucket(192, 192, 1, 3, 0.10, 384),
    Bucket(256, 256, 1, 2, 0.04, 384),
    Bucket(192, 256, 1, 2, 0.06, 512),
    Bucket(256, 256, 1, 2, 0.05, 512),
)
WHOLE_LARGE = (Bucket(384, 384, 1, 2, 0.08), Bucket(288, 512, 1, 2, 0.08))      # for machines with a GPU


def select(scale: int = 1, sizes: Sequence[int] = ()) -> tuple[Bucket, ...]:
    """The buckets of a run, their shares made to sum to 1: `scale` times the shots of each as far as the attention
    fits, whole large pictures too with a scale above 1; with `sizes` only those of pictures with such short sides."""
    chosen = [b for b in (BUCKETS + WHOLE_LARGE if scale > 1 else BUCKETS) if not sizes or b.size in sizes]
    if not chosen:
        raise ValueError(f"no bucket of short side {', '.join(map(str, sizes))}: there are "
                         f"{', '.join(map(str, sorted({b.size for b in BUCKETS})))}")
    total = sum(b.share for b in chosen)
    return tuple(replace(b, shots=scaled(b, scale), share=b.share / total) for b in chosen)


def scaled(b: Bucket, scale: int) -> int:
    """Shots of a step at `scale`."""
    positions = b.height * b.width // 16
    return max(b.shots, min(b.shots * scale, ATTENTION_LIMIT // (3 * b.targets * positions ** 2)))
