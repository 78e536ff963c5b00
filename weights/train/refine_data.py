# SPDX-License-Identifier: LGPL-2.1-or-later
"""Windows to train the temporal refinement on: shots that the filter coloured (refine_clips.py), used many times.

Every use of a shot takes another part of it in space and time, mirrors it, turns its colours and runs it backwards.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from data import color_matrix

HELD_OUT = 12           # the first shots of a folder are for validation
WHOLE = 0.6             # share of the samples that have all frames; the others have 3 or more
SIZES = (128, 160, 192)  # of the windows in space


@dataclass
class Window:
    """Frames in time order: line [T,1,h,w], colour and truth [T,3,h,w] in [-1,1], reference [T]: 1 where colour is
    the truth, given, 0 where the filter made it. Or all of it with windows first, [S,T,...]."""
    line: Tensor
    colour: Tensor
    truth: Tensor
    reference: Tensor

    def to(self, device: torch.device) -> Window:
        return Window(*(t.to(device) for t in (self.line, self.colour, self.truth, self.reference)))


def plain(t: Tensor) -> Tensor:
    """Levels to [-1, 1]."""
    return t.float() / 127.5 - 1


@dataclass
class Shot:
    """As Window, but in levels: uint8."""
    line: Tensor
    colour: Tensor
    truth: Tensor
    reference: Tensor

    def window(self, frames: slice, rows: slice, columns: slice) -> Window:
        return Window(*(plain(t[frames, :, rows, columns]) for t in (self.line, self.colour, self.truth)),
                      self.reference[frames])

    def whole(self) -> Window:
        return self.window(slice(None), slice(None), slice(None))


def load_shot(folder: Path) -> Shot:
    """A folder of refine_clips.py."""
    def read(kind: str, mode: str) -> Tensor:
        frames = [np.array(Image.open(p).convert(mode)) for p in sorted((folder / kind).glob("*.png"))]
        t = torch.from_numpy(np.stack(frames))
        return t[:, None] if mode == "L" else t.permute(0, 3, 1, 2).contiguous()

    shot = Shot(read("line", "L"), read("given", "RGB"), read("color", "RGB"), torch.zeros(0))
    if not shot.line.shape[0] == shot.colour.shape[0] == shot.truth.shape[0]:
        raise ValueError(f"{folder}: line, given and color have different numbers of frames")
    references = [int(v) for v in (folder / "references.txt").read_text().split()]
    shot.reference = torch.tensor([float(t in references) for t in range(len(shot.line))])
    shot.colour[references] = shot.truth[references]
    return shot


def shots(folder: str | Path) -> list[Path]:
    """Of a folder that refine_clips.py made or is making; ValueError where there are too few."""
    found = sorted(p.parent for p in Path(folder).glob("[0-9]*/references.txt") if p.parent.suffix != ".part")
    if len(found) <= HELD_OUT:
        raise ValueError(f"{folder}: {len(found)} shots, more than {HELD_OUT} are needed: see refine_clips.py")
    return found


def turned(w: Window, flip: bool, backwards: bool, mix: Tensor) -> Window:
    """Mirrored, in reverse, in other colours."""
    def take(t: Tensor) -> Tensor:
        if backwards:
            t = t.flip(0)
        return t.flip(-1) if flip and t.ndim > 1 else t

    def colours(t: Tensor) -> Tensor:
        return torch.einsum("ij,tjhw->tihw", mix, take(t)).clamp(-1, 1)
    return Window(take(w.line), colours(w.colour), colours(w.truth), take(w.reference))


class WindowPool:
    """Random windows of a list of shots, which are read when they are first used and kept."""

    def __init__(self, folders: list[Path], seed: int, count: int = 1, sizes: tuple[int, ...] = SIZES) -> None:
        """count: windows of a batch."""
        self.folders, self.count, self.sizes = folders, count, sizes
        self.rng = np.random.default_rng(seed)
        self.kept: dict[Path, Shot] = {}

    def _shot(self) -> Shot:
        folder = self.folders[int(self.rng.integers(len(self.folders)))]
        if folder not in self.kept:
            self.kept[folder] = load_shot(folder)
        return self.kept[folder]

    def _part(self, length: int, size: int) -> Window:
        rng, shot = self.rng, self._shot()
        frames, _, h, w = shot.line.shape
        if min(h, w) < size or frames < length:
            raise ValueError(f"shots of {frames} frames of {w}x{h}: expected {length} of {size}x{size} or more")
        t, y, x = (int(rng.integers(n + 1)) for n in (frames - length, h - size, w - size))
        part = shot.window(slice(t, t + length), slice(y, y + size), slice(x, x + size))
        return turned(part, rng.random() < 0.5, rng.random() < 0.5, torch.from_numpy(color_matrix(rng)))

    def batch(self) -> Window:
        """Windows of one size and one length, [S,T,...]."""
        rng = self.rng
        frames = len(self._shot().line)
        length = frames if rng.random() < WHOLE else int(rng.integers(min(3, frames), frames))
        size = int(rng.choice(self.sizes))
        parts = [self._part(length, size) for _ in range(self.count)]
        return Window(*(torch.stack([getattr(p, name) for p in parts])
                        for name in ("line", "colour", "truth", "reference")))
