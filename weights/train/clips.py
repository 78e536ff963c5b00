# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training samples from shots on disk, SET/SHOT/{line,color}/NNNN.png: what prepare.py writes, or drawn line art.

Eight frames of a shot, one crop for all of them. Identities of regions are unknown (-1): the matching loss is left out.
"""
from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from buckets import FRAMES
from items import Item
from preprocess import color_input, line_inputs


class Clips:
    """The shots of a set; those with fewer than FRAMES frames are passed over."""

    def __init__(self, folder: str | Path) -> None:
        self.shots: list[tuple[Path, list[str]]] = []
        for shot in sorted(p for p in Path(folder).iterdir() if (p / "color").is_dir()):
            names = sorted(p.name for p in (shot / "color").glob("*.png") if (shot / "line" / p.name).exists())
            if len(names) >= FRAMES:
                self.shots.append((shot, names))
        if not self.shots:
            raise ValueError(f"{folder}: no SHOT/color with SHOT/line beside it and at least {FRAMES} frames in both")

    def item(self, seed: int, height: int, width: int) -> Item:
        """The same for the same seed. Frames follow each other at a step of 1 to 4; 60 to 100 % of the picture."""
        rng = np.random.default_rng(seed)
        weight = np.array([min(len(names), 4 * FRAMES) for _, names in self.shots], float)
        shot, names = self.shots[int(rng.choice(len(self.shots), p=weight / weight.sum()))]
        step = int(rng.integers(1, min(4, (len(names) - 1) // (FRAMES - 1)) + 1))
        first = int(rng.integers(len(names) - step * (FRAMES - 1)))
        chosen = names[first:first + step * FRAMES:step]
        with Image.open(shot / "color" / chosen[0]) as image:
            w, h = image.size
        scale = min(h / height, w / width) * rng.uniform(0.6, 1.0)
        ch, cw = max(1, int(scale * height)), max(1, int(scale * width))
        top, left = int(rng.integers(h - ch + 1)), int(rng.integers(w - cw + 1))
        box = (left, top, left + cw, top + ch)
        x, d, y = [], [], []
        for name in chosen:
            with Image.open(shot / "line" / name) as line, Image.open(shot / "color" / name) as color:
                if line.size != (w, h) or color.size != (w, h):
                    raise ValueError(f"{shot}, {name}: line {line.size}, colour {color.size}, the shot {(w, h)}")
                xi, di = line_inputs(np.asarray(line.convert("L").crop(box)), height, width)
                yi = color_input(np.asarray(color.convert("RGB").crop(box)), height, width)
            x.append(xi)
            d.append(di)
            y.append(((yi + 1) * 127.5).round().clip(0, 255).astype(np.uint8))
        region = np.full((FRAMES, height // 4, width // 4), -1, np.int32)
        return Item(np.stack(x).astype(np.float16), np.stack(d).astype(np.float16), np.stack(y), region)
