# SPDX-License-Identifier: LGPL-2.1-or-later
"""Contact sheet of generated shots: line and colour of the first, middle and last
frame, then regions."""
from __future__ import annotations

import argparse
import time

import numpy as np
from PIL import Image

from . import make_shot


def region_picture(region: np.ndarray) -> np.ndarray:
    """Ids as distinct colours."""
    lut = np.random.default_rng(5).integers(40, 255, (region.max() + 1, 3), dtype=np.uint8)
    return lut[region]


def main() -> None:
    p = argparse.ArgumentParser(prog="shots", description=__doc__)
    p.add_argument("--seed", type=int, default=1, help="seed of the first shot")
    p.add_argument("--count", type=int, default=12, help="number of shots")
    p.add_argument("--size", type=int, default=256, help="height and width in pixels")
    p.add_argument("--frames", type=int, default=8, help="frames per shot")
    p.add_argument("--columns", type=int, default=1, help="shots side by side")
    p.add_argument("-o", "--output", default="sheet.png", help="picture to write, .png or .jpg")
    a = p.parse_args()
    cells, total = [], 0.0
    for i in range(a.count):
        t = time.perf_counter()
        s = make_shot(a.seed + i, a.size, a.size, a.frames)
        total += time.perf_counter() - t
        row = []
        for f in (0, a.frames // 2, a.frames - 1):
            row += [np.repeat(s.line[f][..., None], 3, axis=2), s.color[f]]
        row.append(region_picture(s.region[0]))
        cells.append(np.concatenate(row, axis=1))
    while len(cells) % a.columns:
        cells.append(np.full_like(cells[0], 128))
    rows = [np.concatenate(cells[i:i + a.columns], axis=1) for i in range(0, len(cells), a.columns)]
    Image.fromarray(np.concatenate(rows)).save(a.output, quality=68)
    print(f"{a.output}: {a.count} shots, {1000 * total / a.count:.0f} ms each")


if __name__ == "__main__":
    main()
