# SPDX-License-Identifier: LGPL-2.1-or-later
"""Self check of the generator: determinism, shapes, recurring identities that keep their colour, mostly white
line art, motion, arms before and behind the body, solid figures seen from all sides."""
from __future__ import annotations

import random
import sys

import numpy as np

from . import make_shot
from .acting import random_pose
from .arms import PLACES, placed
from .canvas import Canvas, Ids, LineStyle, affine
from .character import Character
from .palette import Palette
from .render import Scene
from .solid import View
from .solid_figure import PLACES as SOLID_PLACES
from .solid_figure import SolidFigure
from .solid_shapes import turn


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


def recoloured(seed: int, size: int = 128) -> list[str]:
    """Regions whose fill is not the same colour in every frame, in flat colour without ink and film effects."""
    sc = Scene(seed, size, size, 8)
    sc.style.gradient, sc.style.outline, sc.film = 0.0, "none", lambda rgb, f: rgb
    seen: dict[int, np.ndarray] = {}
    bad = []
    for f in range(8):
        col, _, reg = sc.draw(f)
        names = {i: k for k, i in sc.ids.ids.items() if k[0] == "c"}        # people and animals: flat fills
        for i in np.unique(reg):
            m = reg == i
            # eyelids and whites are crossed by lashes
            if i not in names or m.sum() < 60 or names[i].split(".")[1].startswith(("lid", "white")):
                continue
            c = np.median(col[m], axis=0)
            if np.abs(seen.setdefault(i, c) - c).max() > 40:
                bad.append(f"{names[i]} at frame {f}")
    return bad


def figure(seed: int, kind: str) -> tuple[Ids, np.ndarray, Character]:
    """Names and picture of the regions of one person with the hands at a place."""
    rng = random.Random(seed)
    ch = Character(rng, Palette(rng), "c.", .8)
    b = ch.acting.build
    pose = random_pose(rng, b, "rest") | placed(rng, b, kind) | {"yaw": 0.0}
    ch.acting.pose = lambda t: pose
    ids, (y0, y1) = Ids(), ch.span()
    cv = Canvas(192, 192, ids, LineStyle())
    cv.matrix = affine(180 / (y1 - y0), 180 / (y1 - y0), 0, 96, 6 - y0 * 180 / (y1 - y0))
    ch.draw(cv, .4)
    return ids, cv.arrays()[2], ch


def hands_placed(seed: int, kind: str) -> list[str]:
    """Is each arm that has a place there: seen within the trunk's outline, or hidden by it?"""
    ids, reg, ch = figure(seed, kind)
    y0, y1 = ch.span()
    k = 180 / (y1 - y0)
    x0, x1 = 96 - ch.sw * .6 * k, 96 + ch.sw * .6 * k
    top, hip = 6 + (ch.tops - y0) * k, 6 + (ch.tops + ch.torso - y0) * k
    trunk = reg[int(top):int(hip), int(x0):int(x1)]
    parts = [i for n, i in ids.ids.items() if n[2:].startswith(("hand", "arm", "sleeve", "cuff", "finger", "thumb"))]
    share = float(np.isin(trunk, parts).mean())
    return [f"{kind}: arms cover {share:.0%} of the trunk"] if (share > .04) != (kind != "behind") else []


def solid_figure(seed: int, place: str, yaw: float) -> dict[str, float]:
    """Share of a solid figure's pixels that each of its parts has, with both hands at a place."""
    rng = random.Random(seed)
    fig = SolidFigure(rng, Palette(rng), "c.", 0.0)
    x, y, z = (sum(r) / 2 for r in SOLID_PLACES[place])
    for side, s in (("L", -1), ("R", 1)):
        fig.poses[0]["h" + side] = np.array([s * x * fig.sw, y * fig.torso, z * max(fig.sw, 1)])
    fig.poses[0]["lean"] = np.zeros(1)
    fig.yaw = lambda t: yaw
    fig.look = [lambda t: 0.0] * 3
    fig.bend = [lambda t: 0.0] * 3
    fig._view = lambda t: View(turn(), 30.0)
    ids, (y0, y1) = Ids(), fig.span()
    cv = Canvas(192, 192, ids, LineStyle())
    cv.matrix = affine(180 / (y1 - y0), 180 / (y1 - y0), 0, 96, 6 - y0 * 180 / (y1 - y0))
    fig.draw(cv, .4)
    reg = cv.arrays()[2]
    share: dict[str, float] = {}
    for n, i in ids.ids.items():
        part = n[2:].split("/")[0]
        share[part] = share.get(part, 0.0) + float((reg == i).sum()) / max((reg > 0).sum(), 1)
    return share


def solid_seen(seed: int) -> list[str]:
    """Is a solid figure's face before it and not behind, and are its hands before the trunk or hidden by it?"""
    bad = []

    def sum_of(parts: dict[str, float], *names: str) -> float:
        return sum(v for n, v in parts.items() if n.startswith(names))
    front, back = solid_figure(seed, "hang", 0.0), solid_figure(seed, "hang", np.pi)
    if sum_of(front, "face", "under") < .01 or sum_of(back, "iris", "mouth", "white") > 0:
        bad.append(f"solid {seed}: face {sum_of(front, 'face'):.3f}, from behind {sum_of(back, 'iris', 'mouth', 'white'):.3f}")
    for place, seen in (("chest", True), ("behind", False)):
        share = sum_of(solid_figure(seed, place, 0.0), "hand")
        if (share > .004) != seen:
            bad.append(f"solid {seed}: hands {place} are {share:.3f} of the figure")
    return bad


def main() -> int:
    fails = 0
    for seed in range(6):
        for b in solid_seen(seed):
            print(b)
            fails += 1
    for seed in range(300, 324):
        for b in recoloured(seed):
            print(f"seed {seed}: colour of {b} changes")
            fails += 1
    for kind in PLACES:
        for seed in range(6):
            for b in hands_placed(seed, kind):
                print(f"figure {seed}: {b}")
                fails += 1
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
