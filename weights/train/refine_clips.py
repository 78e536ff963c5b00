# SPDX-License-Identifier: LGPL-2.1-or-later
"""Generated shots coloured by the filter itself, to train the temporal refinement on: SET/SHOT/{line,color,given}/NNNN.png.

    /usr/bin/python3 weights/train/refine_clips.py build/refine_clips --count 400 --ffmpeg build/bin/ffmpeg

`given` is what fill=auto makes of `line` from those frames of `color` that SHOT/references.txt names. Line art that is
drawn or extracted frame by frame trembles where the picture stands still, and the filter's colours with it: that is the
flicker to be learned, so the lines of most shots are made to tremble. Shots in which hardly anything stands still, or
nothing moves, are passed over. A run that is started again goes on where it was.
"""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
from scipy import ndimage as nd


from buckets import FRAMES
from refine_losses import STILL
from shots import Shot, make_shot
from shots.lines import patches
from shotset import write_shot

STILL_SHARES = 0.3, 0.995       # least and greatest share of still pixels of a shot that is taken
TREMBLING = 0.7                 # share of the shots whose lines tremble
SIZES = (256, 256), (256, 256), (256, 352), (256, 448), (352, 256)


def draw_references(rng: np.random.Generator) -> list[int]:
    """Mostly both ends; one end alone; both and one between."""
    kind = rng.random()
    if kind < 0.6:
        return [0, FRAMES - 1]
    if kind < 0.8:
        return [int(rng.integers(2)) * (FRAMES - 1)]
    return [0, int(rng.integers(2, FRAMES - 2)), FRAMES - 1]


def still_share(color: np.ndarray) -> float:
    """Of the pixels [T,h,w,3], from frame to frame."""
    return float((np.abs(np.diff(color.astype(np.int16), axis=0)).max(-1) <= STILL).mean())


def tremble(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each frame's lines [T,h,w] a little aside, darker or lighter, and broken in other places; on twos and threes some
    frames as the one before."""
    reach, cell, dark = rng.uniform(0.05, 0.25), rng.uniform(6, 40), rng.choice([0, 0.1, 0.3])
    breaks, hold = rng.choice([0, 0, 0.5, 1.0]), int(rng.choice([1, 1, 2, 3]))
    out = np.empty_like(line)
    h, w = line.shape[1:]
    grid = np.mgrid[:h, :w].astype(np.float32)
    for t, picture in enumerate(line):
        if t % hold == 0:
            move = reach * np.stack([patches(rng, h, w, cell) for _ in range(2)])
            fade = 1 - dark * np.clip(patches(rng, h, w, cell), 0, 1)
            if breaks:
                fade *= np.clip(patches(rng, h, w, cell / 2) * breaks + 2, 0, 1)
        ink = nd.map_coordinates(255 - picture.astype(np.float32), grid + move, order=1, mode="nearest")
        out[t] = 255 - ink * fade
    return out


def draw(seed: int) -> tuple[Shot, list[int]] | None:
    """A shot with trembling lines, and the frames that are its references; None where it is passed over."""
    rng = np.random.default_rng(seed)
    shot = make_shot(seed, *SIZES[int(rng.integers(len(SIZES)))], FRAMES)
    if not STILL_SHARES[0] < still_share(shot.color) < STILL_SHARES[1]:
        return None
    if rng.random() < TREMBLING:
        shot.line = tremble(shot.line, rng)
    return shot, draw_references(rng)


def paint(ffmpeg: str, folder: Path, references: list[int], options: str) -> None:
    """folder/line -> folder/given."""
    (folder / "given").mkdir()
    refs = "|".join(f"#{t}={folder}/color/{t:04d}.png" for t in references)
    subprocess.run([ffmpeg, "-v", "error", "-nostdin", "-i", f"{folder}/line/%04d.png", "-threads", "1", "-vf",
                    f"lineartcolor=refs={refs}:{options}", "-start_number", "0", f"{folder}/given/%04d.png"], check=True)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder", type=Path)
    ap.add_argument("--count", type=int, default=400)
    ap.add_argument("--seed", type=int, default=88000000, help="of the first shot (%(default)s)")
    ap.add_argument("--ffmpeg", default=shutil.which("ffmpeg"))
    ap.add_argument("--options", default="fill=auto:size=256:threads=1:temporal=off", help="of the filter (%(default)s)")
    args = ap.parse_args()
    made = len(list(args.folder.glob("*/references.txt"))) if args.folder.exists() else 0
    seed = args.seed
    while made < args.count:
        final, part = args.folder / f"{seed}", args.folder / f"{seed}.part"
        drawn = None if final.exists() else draw(seed)
        seed += 1
        if not drawn:
            continue
        shutil.rmtree(part, ignore_errors=True)
        write_shot(part, drawn[0])
        paint(args.ffmpeg, part, drawn[1], args.options)
        (part / "references.txt").write_text(" ".join(map(str, drawn[1])) + "\n")
        os.replace(part, final)
        made += 1
    print(f"{args.folder}: {args.count} shots")


if __name__ == "__main__":
    main()
