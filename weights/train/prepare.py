# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training shots from video files (paper 4.1): SET/NAME_NNNN/{line,color}/NNNN.png, what train.py --clips reads.

    /usr/bin/python3 weights/train/prepare.py --out SET episode1.mkv episode2.mkv

Cuts are found by the difference of 768-bin colour histograms; shots too short, too still, too dark or too faded are
left out; repeated drawings are kept once. Line art is extracted from the colour, by another extractor for each shot.
"""
from __future__ import annotations

import argparse
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter1d

from preprocess import resize, resize_lines
from shots.lines import Extractor

SIDE = 256            # the paper's frames, which its histogram counts are for
SMOOTH = 9            # bins: flat colours move by a few levels from frame to frame
NEAR = 7              # frames on either side that a cut is compared with
HELD = 4.0            # largest mean difference of a 16x16 block between two frames of one drawing, of 255


@dataclass(frozen=True)
class Rules:
    """What a cut is and which frames stay; the numbers of frames and of the histograms are the paper's."""
    cut: float = 200.0        # mean square difference of neighbouring histograms that any motion may have
    ratio: float = 12.0       # a cut is so many times the largest difference before or after it
    still: float = 10.0       # shots in which no two frames differ by more are left out
    shortest: int = 8
    longest: int = 96         # longer shots are divided
    dark: float = 24.0        # mean of max(R, G, B), of 255, a frame has at least
    faded: float = 8.0        # mean of max(R, G, B) - min(R, G, B), likewise


def find_ffmpeg(given: str | None) -> str | None:
    """The command given, else the repository's, else PATH's; None: there is none."""
    own = Path(__file__).resolve().parents[2] / "build/bin/ffmpeg"
    return given or (str(own) if own.exists() else shutil.which("ffmpeg"))


def decode(ffmpeg: str, video: Path, scale: str) -> Iterator[np.ndarray]:
    """Frames [H,W,3] uint8 as they are in the file, none dropped or doubled, through the filter `scale`."""
    command = [ffmpeg, "-nostdin", "-v", "error", "-i", str(video), "-map", "0:v:0", "-vf", scale,
               "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        pipe = process.stdout
        while pipe.readline() == b"P6\n":
            width, height = map(int, pipe.readline().split())
            pipe.readline()
            data = pipe.read(height * width * 3)
            if len(data) < height * width * 3:
                break
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)
    if process.returncode:
        raise RuntimeError(f"{video}: {ffmpeg} ended with status {process.returncode}; its message is above")


def histogram(frame: np.ndarray) -> np.ndarray:
    """Counts [3,256] of R, G and B, as if the frame had SIDE x SIDE pixels."""
    counts = np.stack([np.bincount(frame[..., c].ravel(), minlength=256) for c in range(3)])
    return (counts * (SIDE * SIDE / frame[..., 0].size)).astype(np.float32)


def find_cuts(histograms: np.ndarray, rules: Rules) -> list[int]:
    """First frames of all shots but the first; histograms [N,3,256].

    The paper cuts wherever the difference exceeds 200. With flat colours most moving frames pass that, so a cut must
    stand out from the motion on one side of it as well. Where that is in doubt, dividing a shot does less harm than
    joining two. Dissolves are not found.
    """
    smooth = uniform_filter1d(histograms, SMOOTH, axis=2)
    step = np.zeros(len(smooth))
    step[1:] = np.square(np.diff(smooth, axis=0)).mean((1, 2))
    cuts = []
    for i in range(1, len(step)):
        sides = (side.max() for side in (step[max(1, i - NEAR):i], step[i + 1:i + 1 + NEAR]) if side.size)
        if step[i] > rules.ratio * max(rules.cut, min(sides, default=0.0)):
            cuts.append(i)
    return cuts


def same_drawing(a: np.ndarray, b: np.ndarray) -> bool:
    """Two SIDE x SIDE frames that differ by noise only: no 16x16 block does on the whole."""
    difference = np.abs(a.astype(np.int16) - b).mean(2).reshape(SIDE // 16, 16, SIDE // 16, 16).mean((1, 3))
    return float(difference.max()) < HELD


def uniform(histograms: np.ndarray, limit: float) -> bool:
    """No two frames differ by `limit` or more; histograms [N,768]."""
    h = histograms.astype(np.float64)
    square = np.square(h).sum(1)
    return float((square[:, None] + square[None] - 2 * h @ h.T).max()) / h.shape[1] < limit


def plan(frames: Iterator[np.ndarray], rules: Rules, holds: bool = False) -> tuple[list[list[int]], dict[str, int]]:
    """Frame numbers of each shot that stays, and how many shots or frames went for which reason.

    `frames` are SIDE x SIDE; with `holds`, repeated drawings stay.
    """
    histograms, good, repeated = [], [], []
    last = None
    for frame in frames:
        histograms.append(histogram(frame))
        high = frame.max(2)
        good.append(high.mean() >= rules.dark and (high - frame.min(2)).mean() >= rules.faded)
        repeated.append(last is not None and same_drawing(frame, last))
        last = last if repeated[-1] else frame
    left_out = {"frames dark or faded": good.count(False), "frames repeated": 0, "shots short": 0, "shots still": 0}
    if not histograms:
        return [], left_out
    h = np.stack(histograms)
    cuts = find_cuts(h, rules)
    shots = []
    for begin, end in zip([0, *cuts], [*cuts, len(h)]):
        kept = [i for i in range(begin, end) if good[i]]
        if len(kept) >= 2 and uniform(h[kept].reshape(len(kept), -1), rules.still):
            left_out["shots still"] += 1
            continue
        if not holds:
            drawings = [i for i in kept if i == kept[0] or not repeated[i]]
            left_out["frames repeated"] += len(kept) - len(drawings)
            kept = drawings
        parts = [kept[i:i + rules.longest] for i in range(0, len(kept), rules.longest)] or [[]]
        left_out["shots short"] += sum(len(p) < rules.shortest for p in parts)
        shots += [p for p in parts if len(p) >= rules.shortest]
    return shots, left_out


def line_art(rgb: np.ndarray, extractor: Extractor, height: int, width: int) -> np.ndarray:
    """uint8 [h,w] lines of a frame, black on white, extracted at its size and shrunk with thin lines kept."""
    dark = resize_lines(extractor(rgb), height, width)
    return (255 * (1 - dark)).round().clip(0, 255).astype(np.uint8)


def write_shots(ffmpeg: str, video: Path, shots: list[list[int]], out: Path, size: int, seed: int) -> None:
    """Decodes once more, twice as large as `size` (short side), and writes the chosen frames."""
    place = {i: (s, n) for s, shot in enumerate(shots) for n, i in enumerate(shot)}
    large = 2 * size
    scale = f"scale='if(lt(iw,ih),min(iw,{large}),-1)':'if(lt(iw,ih),-1,min(ih,{large}))':flags=area"
    extractor = None
    for i, frame in enumerate(decode(ffmpeg, video, scale)):
        if i not in place:
            continue
        s, n = place[i]
        h, w = frame.shape[:2]
        factor = min(1.0, size / min(h, w))
        height, width = round(h * factor), round(w * factor)
        if n == 0:
            extractor = Extractor(random.Random(seed + s), min(h, w))
            if (line_art(frame, extractor, height, width) > 128).mean() < 0.6:
                extractor.soften()
        folder = out / f"{video.stem}_{s:04d}"
        color = resize(frame.astype(np.float32), height, width).round().clip(0, 255).astype(np.uint8)
        for kind, picture in (("line", line_art(frame, extractor, height, width)), ("color", color)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / kind / f"{n:04d}.png")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("videos", nargs="+", type=Path)
    ap.add_argument("--out", required=True, type=Path, help="folder of the set, made if need be")
    ap.add_argument("--size", type=int, default=288, help="short side of what is written; smaller videos keep theirs")
    ap.add_argument("--ffmpeg", help="the command (build/bin/ffmpeg, else the one in PATH)")
    ap.add_argument("--holds", action="store_true", help="keep repeated drawings")
    ap.add_argument("--seed", type=int, default=1, help="of the extractors' choice")
    for name, value in vars(Rules()).items():
        ap.add_argument(f"--{name}", type=type(value), default=value, help=f"see Rules in prepare.py ({value:g})")
    args = ap.parse_args()
    ffmpeg = find_ffmpeg(args.ffmpeg)
    if not ffmpeg:
        ap.error("no ffmpeg: build it with `make ffmpeg`, install it, or name it with --ffmpeg")
    rules = Rules(**{name: getattr(args, name) for name in vars(Rules())})
    for video in args.videos:
        if any(args.out.glob(f"{video.stem}_[0-9]*")):
            ap.error(f"{args.out} has shots of {video.stem} already: remove them or give another --out")
    for v, video in enumerate(args.videos):
        try:
            shots, left_out = plan(decode(ffmpeg, video, f"scale={SIDE}:{SIDE}:flags=area"), rules, args.holds)
            write_shots(ffmpeg, video, shots, args.out, args.size, args.seed + 100003 * v)
        except (OSError, RuntimeError) as e:
            ap.exit(1, f"prepare.py: {e}\n")
        reasons = ", ".join(f"{count} {what}" for what, count in left_out.items() if count)
        count = sum(map(len, shots))
        print(f"{video}: {len(shots)} shots, {count} frames; left out: {reasons or 'nothing'}", flush=True)


if __name__ == "__main__":
    main()
