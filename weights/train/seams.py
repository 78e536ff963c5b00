#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the windows of the temporal refinement show: changes from frame to frame where they meet, and elsewhere.

usage: seams.py SHOTS COLOURED [WITHOUT] [--window 8]

SHOTS/NAME/{line,color}/NNNN.png is the truth, COLOURED/NAME/NNNN.png what the filter made of it, WITHOUT the same with
temporal=off: what changes there where windows would meet, when there are none. Two figures of each, in levels:
  mean   of all pixels whose true colour stays within 2 levels
  most   the change that one in a thousand of them exceeds, of those that also have the same line art around them
"""
import argparse
import os

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter

STILL = 2      # levels by which the truth may change, as score.py has it
LINE_NEAR = 6  # pixels around one in which line art is compared
LINE_SAME = 24 # levels by which it may differ


def load(path, mode="RGB"):
    return np.asarray(Image.open(path).convert(mode)).astype(np.int16)


def borders(frames, window):
    """The frames that are the first of a window other than the first: the last window takes all that is left."""
    found, begin = set(), 0
    while frames - begin >= window:
        begin += window // 2
        found.add(begin)
    return found - {frames}


def changes(shot, coloured, window):
    """{True: at borders, False: elsewhere} of (changes of still pixels, changes of those with the same lines)."""
    names = sorted(n for n in os.listdir(os.path.join(shot, "color")) if n.endswith(".png"))
    meet = borders(len(names), window)
    found = {True: ([], []), False: ([], [])}
    before = None
    for i, name in enumerate(names):
        now = load(os.path.join(shot, "color", name)), load(os.path.join(shot, "line", name), "L"), \
            load(os.path.join(coloured, name))
        if before is not None:
            still = np.abs(now[0] - before[0]).max(2) <= STILL
            drawn = maximum_filter(np.abs(now[1] - before[1]), 2 * LINE_NEAR + 1) > LINE_SAME
            change = np.abs(now[2] - before[2]).mean(2)
            found[i in meet][0].append(change[still])
            found[i in meet][1].append(change[still & ~drawn])
        before = now
    return {at: [np.concatenate(x) if x else np.zeros(0) for x in pair] for at, pair in found.items()}


def text(pair):
    still, same = pair
    mean = f"{still.mean():.2f}" if still.size else "–"
    return mean, f"{np.quantile(same, 0.999):.1f}" if same.size else "–"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shots")
    parser.add_argument("coloured", nargs="+")
    parser.add_argument("--window", type=int, default=8)
    args = parser.parse_args()
    for name in sorted(os.listdir(args.coloured[0])):
        cells = [name]
        for root in args.coloured:
            found = changes(os.path.join(args.shots, name), os.path.join(root, name), args.window)
            cells += [*text(found[True]), *text(found[False])]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
