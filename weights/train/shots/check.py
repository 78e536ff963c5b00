# SPDX-License-Identifier: LGPL-2.1-or-later
"""Self check of the generator: determinism, shapes, recurring identities, mostly white
line art, motion."""
from __future__ import annotations

import sys

import numpy as np

from . import make_shot


def check(seed: int, h: int, w: int, frames: int) -> list[str]:
    """Complaints about one shot."""
    s, again = make_shot(seed, h, w, frames), make_shot(seed, h, w, frames)
    bad = []
    if s.color.shape != (frames, h, w, 3) or s.line.shape != (frames, h,
            w) or s.region.shape != (frames, h, w):
        bad.append(f"shapes {s.color.shape} {s.line.shape} {s.region.shape}")
    if (s.color.dtype, s.line.dtype, s.region.dtype) != (np.uint8, np.uint8, np.int32):
        bad.append("types")
    if any(not np.array_equal(getattr(s, k), getattr(again, k)) for k in ("color", "line",
            "region")):
        bad.append("not deterministic")
    if s.region.min() < 1:
        bad.append("pixels without a region")
    if (s.line > 128).mean() < .55:
        bad.append(f"line art only {(s.line > 128).mean():.0%} white")
    if s.color[0].std() < 2 or s.line[0].std() < 1:
        bad.append("constant picture")
    if len(np.unique(s.region[0])) < 5:
        bad.append("fewer than five regions")
    return bad


def recurring(seed: int, h: int, w: int) -> float:
    """Share of the pixels of frame 0 whose region exists in the last frame."""
    s = make_shot(seed, h, w)
    return float(np.isin(s.region[0], np.unique(s.region[-1])).mean())


def main() -> int:
    fails = 0
    for seed in range(24):
        h, w = [(128, 128), (96, 160), (131, 77)][seed % 3]
        for b in check(seed, h, w, 8 if seed % 2 else 3):
            print(f"seed {seed} {h}x{w}: {b}")
            fails += 1
    shares = [recurring(s, 128, 128) for s in range(100, 124)]
    if np.mean(shares) < .9 or min(shares) < .3:
        print(
            f"regions of the first frame in the last: mean {np.mean(shares):.2f}, "
            f"least {min(shares):.2f}")
        fails += 1
    moving = sum((make_shot(s, 96, 96).color.ptp(axis=0) > 0).any() for s in range(200, 216))
    if moving < 13:
        print(f"only {moving} of 16 shots move")
        fails += 1
    print("failed" if fails else "shots: ok")
    return 1 if fails else 0


if __name__ == "__main__":
    sys.exit(main())
