# SPDX-License-Identifier: LGPL-2.1-or-later
"""A show's coloured frames as training samples: pairs of frames of a shot, and of one frame with itself, warped.

Regions come from the colour frames: connected flat areas where a frame meets itself, equal flat colours
where frames of a shot meet. What is not flat (lines, gradients' edges, textures) teaches no matching.
"""
from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy import ndimage
from torch import Tensor

from data import Batch
from preprocess import distance_field, network_size, reference_lags, resize_lines

CANVAS = 512            # short side frames are kept at
MAX_FRAMES = 200        # of all shots together; more are thinned out evenly
SHORT_SIDES = (128, 160, 192, 256)
SHORT_SHARES = (0.40, 0.25, 0.20, 0.15)
MAX_AREA = 70000        # pixels of a training picture: memory grows with its square
ATTENTION = 80e6        # elements of a step's attention, targets x references x positions^2; 1 to 4 targets are what fits
FLAT = 8                # largest range of levels in 3x3 pixels of a flat area
TONE = 6                # flat areas this near in every channel have one colour
SMALLEST = 24           # pixels of a region
HUE = 0.15              # radians of hue turn at most: a show's colours may be learned
OTHER_TARGET, OTHER_REFERENCE = -1, -2      # of no region; differing, so that they never match


@dataclass
class Frame:
    """line uint8 [H,W], color uint8 [H,W,3]; part: connected flat area, tone: its colour; int16 [H,W], 0 none."""
    line: np.ndarray
    color: np.ndarray
    part: np.ndarray
    tone: np.ndarray


@dataclass
class Clip:
    """Frames of one shot, or a single key frame; `train` and `held` index them."""
    name: str
    frames: list[Frame]
    train: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)


def _on_white(path: str, mode: str) -> Image.Image:
    """Transparent pixels count as white paper, as in the filter."""
    image = Image.open(path)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert(mode)


def load_frame(line_path: str, color_path: str) -> Frame:
    line, color = _on_white(line_path, "L"), _on_white(color_path, "RGB")
    if abs(line.width * color.height - line.height * color.width) > 0.01 * line.width * color.height:
        raise ValueError(f"{color_path} is {color.width}x{color.height}, its line art {line_path} "
                         f"{line.width}x{line.height}: the aspect ratios differ")
    scale = min(1.0, CANVAS / min(line.size))
    w, h = (max(64, round(v * scale)) for v in line.size)
    gray = np.asarray(line)
    if (w, h) != line.size:
        gray = np.rint(255 * (1 - resize_lines(gray, h, w))).clip(0, 255).astype(np.uint8)
    rgb = np.asarray(color if color.size == (w, h) else color.resize((w, h), Image.BOX))
    return Frame(gray, rgb, parts(rgb), np.zeros((h, w), np.int16))


def parts(color: np.ndarray) -> np.ndarray:
    """Connected flat areas, numbered from 1."""
    reach = ndimage.maximum_filter(color, (3, 3, 1)).astype(np.int16) - ndimage.minimum_filter(color, (3, 3, 1))
    label, n = ndimage.label(reach.max(2) <= FLAT)
    area = np.bincount(label.ravel(), minlength=n + 1)
    keep = area >= SMALLEST
    keep[0] = False
    number = np.where(keep, np.cumsum(keep), 0)
    return np.minimum(number, np.iinfo(np.int16).max)[label].astype(np.int16)


def tones(frames: list[Frame]) -> None:
    """Numbers the flat areas of a shot by colour; areas of changing colour (gradients) stay 0."""
    found: list[tuple[int, np.ndarray, int, int]] = []
    for i, f in enumerate(frames):
        index = np.arange(1, int(f.part.max()) + 1)
        if not len(index):
            continue
        mean = np.stack([ndimage.mean(f.color[..., c], f.part, index) for c in range(3)], 1)
        even = np.max([ndimage.standard_deviation(f.color[..., c], f.part, index) for c in range(3)], 0) < TONE / 2
        area = np.bincount(f.part.ravel())[1:]
        found += [(int(area[j]), mean[j], i, int(j) + 1) for j in np.flatnonzero(even)]
    palette = np.zeros((0, 3))
    number = [np.zeros(int(f.part.max()) + 1, np.int16) for f in frames]
    for _, mean, i, part in sorted(found, key=lambda e: -e[0]):
        apart = np.abs(palette - mean).max(1) if len(palette) else np.array([np.inf])
        j = int(apart.argmin())
        if apart[j] > TONE:
            j, palette = len(palette), np.vstack([palette, mean])
        number[i][part] = j + 1
    for f, n in zip(frames, number):
        f.tone = n[f.part]


def _pair(path: str) -> tuple[str, str]:
    """Line art and colour of COLOR+LINE; names may have a + of their own."""
    for i in (i for i, c in enumerate(path) if c == "+"):
        if os.path.isfile(path[:i]) and os.path.isfile(path[i + 1:]):
            return path[i + 1:], path[:i]
    raise ValueError(f"{path}: neither a folder with line/ and color/ nor two files COLOR.png+LINE.png")


def _names(folder: str) -> list[str]:
    if not _is_shot(folder):
        raise ValueError(f"{folder}: line/ and color/ are missing in it")
    line, color = (sorted(n for n in os.listdir(os.path.join(folder, d)) if n.lower().endswith(".png"))
                   for d in ("line", "color"))
    if line != color or not line:
        odd = sorted(set(line) ^ set(color))[:3]
        raise ValueError(f"{folder}: line/ and color/ must hold the same PNG names"
                         + (f"; without partner: {', '.join(odd)}" if odd else "; both are empty"))
    return line


def _is_shot(folder: str) -> bool:
    return all(os.path.isdir(os.path.join(folder, d)) for d in ("line", "color"))


def load_clips(shots: list[str], keys: list[str]) -> list[Clip]:
    """`shots`: folders SHOT/{line,color}/*.png or folders of such; `keys`: the same without order in time, or
    pairs COLOR.png+LINE.png."""
    folders = []
    for path in shots:
        inner = [path] if _is_shot(path) else sorted(os.path.join(path, n) for n in os.listdir(path)
                                                     if _is_shot(os.path.join(path, n)))
        if not inner:
            raise ValueError(f"{path}: neither a shot (line/ and color/ inside) nor a folder of shots")
        folders += inner
    lists = [[(os.path.join(f, "line", n), os.path.join(f, "color", n)) for n in _names(f)] for f in folders]
    total = sum(map(len, lists))
    thin = min(1.0, MAX_FRAMES / max(total, 1))
    clips = []
    for folder, pairs in zip(folders, lists):
        count = min(len(pairs), max(3, int(len(pairs) * thin)))
        pick = [pairs[i] for i in np.linspace(0, len(pairs) - 1, count).round().astype(int)]
        clip = Clip(os.path.basename(os.path.normpath(folder)), [load_frame(*p) for p in pick])
        if len({f.line.shape for f in clip.frames}) > 1:
            raise ValueError(f"{folder}: frames of a shot must be of one size; loose key frames go to --keys")
        clips.append(clip)
    for path in keys:
        if os.path.isdir(path):
            pairs = [(os.path.join(path, "line", n), os.path.join(path, "color", n)) for n in _names(path)]
        else:
            pairs = [_pair(path)]
        clips += [Clip(os.path.basename(color), [load_frame(line, color)]) for line, color in pairs]
    for clip in clips:
        tones(clip.frames)
    return clips


def hold_out(clips: list[Clip]) -> None:
    """Frames kept from training: one shot in five, or the middle fifth of each where shots are fewer; one loose key in
    five. A drawing that is held for several frames is on one side only."""
    shots, loose = [c for c in clips if len(c.frames) > 2], [c for c in clips if len(c.frames) == 1]
    for clip in clips:
        clip.train = list(range(len(clip.frames)))
    for clip in loose[2::5] if len(loose) >= 5 else []:
        clip.held, clip.train = [0], []
    for clip in shots[2::5] if len(shots) >= 5 else []:
        clip.held, clip.train = clip.train[1:-1], []
    for clip in shots if len(shots) < 5 else []:
        n = len(clip.frames)
        if n < 5:
            continue
        length = max(1, (n - 2) // 5)
        start = (n - length) // 2
        clip.held = list(range(start, start + length))
        clip.train = [i for i in clip.train if i not in clip.held and not any(
            np.array_equal(clip.frames[i].line, clip.frames[j].line) for j in clip.held)]


@dataclass
class View:
    """Where a picture samples its frame: [1,f*h,f*w,2] for grid_sample, and f."""
    grid: Tensor
    factor: int


def make_view(shape: tuple[int, int], h: int, w: int, window: tuple[float, float, float, bool],
              rng: np.random.Generator, strength: float) -> View:
    """window: centre y, x and size as shares of the frame, and whether flipped. `strength` 0 samples it as it is,
    1 turns, scales, shifts and bends it as much as motion within a shot might."""
    height, width = shape
    cy, cx, size, flip = window
    factor = int(np.clip(round(size * height / h), 1, 4))
    v, u = (((torch.arange(factor * n) + 0.5) / (factor * n) * 2 - 1) for n in (h, w))
    y, x = torch.meshgrid(v * (size * height / 2), u * (size * width / 2), indexing="ij")
    if strength > 0:
        a = strength * rng.uniform(-0.17, 0.17)
        zoom = math.exp(strength * rng.uniform(-0.15, 0.15))
        s, c, short = math.sin(a) * zoom, math.cos(a) * zoom, size * min(shape)
        dy, dx = rng.uniform(-0.08, 0.08, 2) * strength * short
        knots = int(rng.integers(4, 8))
        bend = torch.from_numpy(rng.normal(0, 0.03 * strength * short * rng.random(), (1, 2, knots, knots))).float()
        bend = F.interpolate(bend, y.shape, mode="bicubic", align_corners=True)[0]
        y, x = c * y - s * x + dy + bend[0], s * y + c * x + dx + bend[1]
    x = -x if flip else x
    grid = torch.stack([(x / width + cx) * 2 - 1, (y / height + cy) * 2 - 1], -1)
    return View(grid[None], factor)


def sample(frame: Frame, view: View, ids: np.ndarray) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x, d [1,h,w], y [3,h,w] in [-1,1], region [h/4,w/4] of a frame through a view."""
    pixels = np.concatenate([frame.line[None], frame.color.transpose(2, 0, 1)])
    mode = {"padding_mode": "reflection", "align_corners": False}
    got = F.grid_sample(torch.from_numpy(pixels)[None].float() / 255, view.grid, "bilinear", **mode)
    f = view.factor
    dark = 1 - got[:, :1]
    if f > 1:       # preprocess.resize_lines at a whole factor
        dark = (F.avg_pool2d(dark, f) * F.max_pool2d(dark, f)).clamp(min=0).sqrt()
    y = 2 * F.avg_pool2d(got[0, 1:], f) - 1
    at = view.grid[:, int(2.5 * f)::4 * f, int(2.5 * f)::4 * f]
    region = F.grid_sample(torch.from_numpy(ids.astype(np.float32))[None, None], at, "nearest", **mode)
    d = torch.from_numpy(distance_field(dark[0, 0].numpy()))
    return 1 - 2 * dark[0], d[None], y, region[0, 0].round().long()


def to_batch(targets: list[tuple[Tensor, ...]], refs: list[tuple[Tensor, ...]], mix: Tensor | None = None,
             lag: np.ndarray | None = None) -> Batch:
    """One shot's batch; pixels of no region get identities that meet nothing; lag [T,K], None: 0."""
    parts = []
    for side, other in ((targets, OTHER_TARGET), (refs, OTHER_REFERENCE)):
        x, d, y, region = (torch.stack(t) for t in zip(*side))
        if mix is not None:
            y = torch.einsum("ij,njhw->nihw", mix, y).clamp(-1, 1)
        parts.append([x[None], d[None], y[None], torch.where(region > 0, region, torch.full_like(region, other))[None]])
    both = torch.cat([parts[0][3].flatten(), parts[1][3].flatten()]).unique(return_inverse=True)[1]
    cut = parts[0][3].numel()
    parts[0][3], parts[1][3] = both[:cut].reshape(parts[0][3].shape), both[cut:].reshape(parts[1][3].shape)
    lag = np.zeros((len(targets), len(refs)), np.float32) if lag is None else lag
    return Batch(*parts[0], *parts[1], torch.from_numpy(lag)[None])


def color_matrix(rng: np.random.Generator) -> Tensor:
    """A slight hue turn and change of contrast."""
    a = rng.uniform(-HUE, HUE)
    x = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    turn = np.eye(3) + math.sin(a) * x + (1 - math.cos(a)) * (x @ x)
    return torch.from_numpy(turn * rng.uniform(0.93, 1.05)).float()


class Sampler:
    """Random batches of the training frames."""

    def __init__(self, clips: list[Clip], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.clips = [c for c in clips if c.train]
        self.pairs = [c for c in self.clips if len(c.train) > 1]
        if not self.clips:
            raise ValueError("no frames to train on")

    def _size(self, frame: Frame, refs: int) -> tuple[int, int, int]:
        """Height, width and number of targets of a step with so many references."""
        while True:
            short = min(int(self.rng.choice(SHORT_SIDES, p=SHORT_SHARES)), min(frame.line.shape))
            h, w = network_size(*frame.line.shape, short)
            if h * w <= MAX_AREA or short <= SHORT_SIDES[0]:
                most = 4 if h * w <= 30000 else 3 if h * w <= 40000 else 2
                return h, w, min(most, max(1, int(ATTENTION / (refs * (h * w / 16) ** 2))))

    def _choose(self, clip: Clip) -> tuple[list[int], list[int]]:
        """Reference frames and the frames they colour: both ends of the shot or of a stretch of it, one of them, or
        both and one between."""
        rng, t = self.rng, clip.train
        a, b = 0, len(t) - 1
        if len(t) > 4 and rng.random() < 0.5:
            a = int(rng.integers(0, len(t) - 2))
            b = int(rng.integers(a + 2, len(t)))
        kind = rng.random()
        if len(t) == 2 or kind < 0.25:
            ends = [a, b] if rng.random() < 0.5 else [b, a]
            return [t[ends[0]]], t[a:b + 1] if len(t) > 2 else [t[ends[1]]]
        if kind < 0.4 and b - a > 2:
            return [t[a], t[int(rng.integers(a + 1, b))], t[b]], t[a + 1:b]
        return [t[a], t[b]], t[a + 1:b]

    def batch(self) -> Batch:
        rng = self.rng
        paired = bool(self.pairs) and rng.random() < 0.7
        source = self.pairs if paired else self.clips
        clip = source[int(rng.integers(len(source)))]
        if paired:
            refs, targets = self._choose(clip)
            strength = 0.0 if rng.random() < 0.5 else 0.4
        else:
            refs = targets = [clip.train[int(rng.integers(len(clip.train)))]]
            refs, strength = refs * int(rng.choice([1, 2])), rng.uniform(0.3, 1.0)
        first = clip.frames[refs[0]]
        h, w, count = self._size(first, len(refs))
        targets = [targets[int(i)] for i in (rng.choice(len(targets), count, replace=False) if len(targets) >= count
                                             else rng.integers(len(targets), size=1 if paired else min(2, count)))]
        size = 1.0 if rng.random() < 0.5 else rng.uniform(0.6, 1.0)
        window = (*(0.5 + rng.uniform(-0.5, 0.5, 2) * (1 - size)), size, rng.random() < 0.5)

        def side(frames: list[int], strength: float) -> list[tuple[Tensor, ...]]:
            return [sample(clip.frames[i], make_view(first.line.shape, h, w, window, rng, strength),
                           clip.frames[i].tone if paired else clip.frames[i].part) for i in frames]
        return to_batch(side(targets, strength), side(refs, 0.0 if paired else strength / 2), color_matrix(rng),
                        reference_lags(targets, refs) if paired else None)


def held_batches(clips: list[Clip], short: int, most: int = 8) -> tuple[list[Batch], str]:
    """Fixed batches of one target each to validate on, and what they are."""
    rng = np.random.default_rng(5)
    whole = (0.5, 0.5, 1.0, False)
    picks = [(c, i) for c in clips for i in c.held]
    what = "held-out frames"
    if not picks:
        picks = [(c, i) for c in clips for i in c.train]
        what = "warped copies of the training frames, too few to hold any out"
    result = []
    for j in np.linspace(0, len(picks) - 1, min(most, len(picks))).round().astype(int):
        clip, i = picks[j]
        ends = [0, len(clip.frames) - 1]
        frame, warped = clip.frames[i], not clip.held or len(clip.frames) < 3
        h, w = network_size(*frame.line.shape, min(short, min(frame.line.shape)))

        def look(k: int, strength: float) -> tuple[Tensor, ...]:
            f = clip.frames[k]
            return sample(f, make_view(f.line.shape, h, w, whole, rng, strength), f.part)
        refs = [look(i, 0.7), look(i, 0.7)] if warped else [look(k, 0) for k in ends]
        result.append(to_batch([look(i, 0)], refs, lag=None if warped else reference_lags([i], ends)))
    return result, what
