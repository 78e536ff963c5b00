# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes generated shots as files, SET/SHOT/{line,color}/NNNN.png: a set to score on for who has no shots of their own.

    /usr/bin/python3 weights/train/shotset.py build/set --count 16 --seed 77000000

The same arguments and the same generator give the same files. Training counts its shots up from multiples of 1000003: it
does not come upon 200 seeds from 77000000 on. --show N makes them shots of one show (show.py).
"""
from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from shots import Shot, make_shot
from show import make_show_shot


def write_shot(folder: Path, shot: Shot, first: int = 0) -> None:
    """Frames are numbered from `first`."""
    for kind, pictures in (("line", shot.line), ("color", shot.color)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for i, picture in enumerate(pictures, first):
            Image.fromarray(picture).save(folder / kind / f"{i:04d}.png")


def write_set(folder: Path, seeds: range, height: int, width: int, frames: int, show: int | None = None) -> None:
    for seed in seeds:
        if not (folder / f"{seed}").exists():
            part = folder / f"{seed}.part"
            write_shot(part, make_shot(seed, height, width, frames) if show is None
                       else make_show_shot(show, seed, height, width, frames))
            part.rename(folder / f"{seed}")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder", type=Path)
    ap.add_argument("--count", type=int, default=16)
    ap.add_argument("--seed", type=int, default=77000000, help="of the first shot (%(default)s)")
    ap.add_argument("--size", type=int, default=256, help="height (%(default)s)")
    ap.add_argument("--width", type=int, help="default: as high")
    ap.add_argument("--frames", type=int, default=8)
    ap.add_argument("--show", type=int, help="number of the show they are all of")
    args = ap.parse_args()
    write_set(args.folder, range(args.seed, args.seed + args.count), args.size, args.width or args.size, args.frames,
              args.show)
    print(f"{args.folder}: {args.count} shots of {args.frames} frames")


if __name__ == "__main__":
    main()
