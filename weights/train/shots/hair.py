# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hair: bangs of curved strands fanning from a parting, side locks, back hair, tails, tufts.

Works in the head's 3-D space through the projection `pr` of a Head."""
from __future__ import annotations

import math
import random
from typing import Callable

import numpy as np

from .canvas import Canvas, Colour, ellipse, mix, tube
from .palette import Palette

Project = Callable[[object], np.ndarray]


def strands(tips: list, notches: list, curl: float, fat: float) -> tuple[list, list[int]]:
    """Outline notch-tip-notch-... with bowed edges; returns points and the indices of corners.
    len(notches) == len(tips) + 1."""
    pts: list = [notches[0]]
    sharp = [0]
    for i, t in enumerate(tips):
        a, b = notches[i], notches[i + 1]
        s = -1 if b[0] < a[0] else 1
        for p, q, k in ((a, t, -s), (t, b, s)):
            pts.append(tuple((p[j] + q[j]) * .5 + (curl + k * fat if j == 0 else 0)
                for j in range(3)))
            pts.append(q)
            sharp.append(len(pts) - 1)
    return pts, sharp


def depth(x: float, y: float, r2: float) -> float:
    return math.sqrt(max(r2 - x * x - .3 * y * y, .03))


class Hair:
    """Design of one head of hair."""

    def __init__(self, rng: random.Random, pal: Palette, simple: bool = False) -> None:
        """`simple`: few large strands."""
        r, u = rng, rng.uniform
        self.col = pal.hair()
        self.sh = pal.shade(self.col, u(.5, 1)) if r.random() < .6 else None
        self.back_col = self.sh if self.sh and r.random() < .6 else (pal.near(self.col,
            .06) if r.random() < .3 else self.col)
        self.hi = r.choice([pal.lit(self.col), pal.lit(self.col, .75), mix(self.col, (1, 1, 1),
            .9)]) if r.random() < .45 else None
        self.hi_line = r.random() < .35             # the gleam has a line round it
        self.wedges = [(u(-.8, .8), u(.1, .5), u(.04, .12)) for _ in range(r.randint(2, 6))] if r.random() < .4 else []
        self.col2 = pal.any() if r.random() < .06 else (pal.near(self.col,
            .12) if r.random() < .2 else self.col)
        self.tie = pal.cloth()
        self.style = r.choices(["bob", "long", "short", "spiky", "tails", "pony", "slick", "bald",
            "bun"], [4.5, 3, 5, 3, 1.3, 1.5, 1, .2, .8])[0]
        self.vol = u(1.05, 1.25)
        n = self.n = r.randint(2, 5) if simple else r.choice([r.randint(3, 7), r.randint(6, 13)])
        self.part = u(-.6, .6)
        self.base = u(.2, .75)
        self.side = u(.0, .6) if r.random() < .6 else u(.5, 1.3)
        self.tips = [(u(-.09, .09), u(.65, 1.3)) for _ in range(n)]
        self.notch = [u(.25, .7) for _ in range(n + 1)]
        self.curl, self.fat = u(-.1, .1), u(.0, .06)
        self.sweep = u(-.3, .3)
        wide = [u(.35, 1.8) for _ in range(n)]      # tips of unequal width
        self.cuts = [1 - 2 * sum(wide[:i]) / sum(wide) for i in range(n + 1)]
        self.locks = r.random() < .6
        self.lock_len = [u(.3, 1.7) for _ in range(2)]
        self.lock_tips = [[(u(-.12, .12), u(.75, 1.15)) for _ in range(r.randint(1, 3))] for _ in range(2)]
        self.lock_w, self.lock_in = u(.2, .5), u(0, .35)
        m = self.m = r.choice([r.randint(4, 7), r.randint(6, 14)])
        self.back_len = {"bob": u(.5, 1.1), "long": u(1.6, 3.6)}.get(self.style, u(-.1, .5))
        self.back_tips = [u(.8, 1.2) for _ in range(m)]
        self.back_w = u(.95, 1.2)
        q = r.choice([0, 0, 2, 4, 7]) if self.style != "spiky" else r.choice([6, 9, 11])
        self.tuft_w = 2.6 / max(q, 5)
        self.tufts = [((i + .5 + u(-.2, .2)) / q * .9 + .05, u(.08, .35),
            u(-.25, .25)) for i in range(q)]
        if self.style == "spiky":
            self.tufts = [(a, ln * 1.9, d) for a, ln, d in self.tufts]
        self.ahoge = r.random() < .15
        self.overlay = [(r.randrange(n), r.choice([u(.05, .3), u(.3, .9)]), u(-.15, .15))
            for _ in range(r.choice([0, 0, 1, 2, 3]))]
        self.inner = r.choice([0, n // 2, n, n])
        self.reach = [u(.15, .65) for _ in range(n + 1)]
        self.hairlines = [(u(-.9, .9), u(-.5, .3), u(.15, .45)) for _ in range(r.choice([0, 0, 2, 5,
            9]))]
        self.zig = [u(-.05, .05) for _ in range(13)]
        self.dim = [i for i in range(n) if r.random() < .5] if r.random() < .4 else []
        self.dimc = pal.shade(self.col, .8)
        self.casts = r.random() < .6
        if simple:
            self.overlay, self.hairlines, self.inner = [], [], min(self.inner, 1)
            self.lock_tips = [q[:1] for q in self.lock_tips]

    # -- geometry
    def bangs(self, w: float) -> tuple[list, list[int], list, list]:
        """Outline of the front hair (3-D points, corners), its tips and notches; w = wind."""
        v = self.vol
        top = []
        sharp: list[int] = []
        a0, a1 = 1.03 * math.pi, -.03 * math.pi
        kmax = self.tuft_w * .45

        def clear(f: float) -> bool:
            return all(abs(f - a) * 1.06 * math.pi > kmax + .05 for a, _, _ in self.tufts)

        marks = [(i / 8, None) for i in range(9) if i in (0, 8) or clear(i / 8)] + [(a,
            (ln, d)) for a, ln, d in self.tufts]
        marks.sort(key=lambda q: q[0])
        for f, tuft in marks:
            a = a0 + (a1 - a0) * f
            x, y = math.cos(a) * v, -math.sin(a) * v * 1.03
            if tuft is None:
                top.append((x, y, 0.0))
                continue
            ln, d = tuft
            k = min(.09 + .12 * ln, kmax)
            b = a + k
            c = a - k
            top.append((math.cos(b) * v, -math.sin(b) * v * 1.03, 0.0))
            top.append((math.cos(a + d) * (v + ln) + w, -math.sin(a + d) * (v + ln), 0.0))
            top.append((math.cos(c) * v, -math.sin(c) * v * 1.03, 0.0))
            sharp += [len(top) - 3, len(top) - 2, len(top) - 1]
        n = self.n
        tips, notches = [], []
        slick = self.style == "slick"
        edge = v * .98
        for i in range(n + 1):
            x = edge * self.cuts[i]
            y = -.6 + (self.base * self.notch[i] * .8 if not slick else .1 + .35 * x * x)
            if i in (0, n):
                x, y = v * (1 if i == 0 else -1), .05 + self.side * .3
            notches.append((x + w * .2, y, depth(x, y, v * v + .12)))
            if i < n:
                dx, ln = self.tips[i]
                x = edge * (self.cuts[i] + self.cuts[i + 1]) / 2
                y = -.55 + (self.base * ln * (1 + .3 * abs(x)) + self.side * abs(x) ** 3 * 1.1
                    if not slick else .15 + .35 * x * x)
                x = x * .97 + dx + self.sweep * (1 - abs(x)) * .7
                tips.append((x + w, y, depth(x, y, v * v + .15)))
        low, ls = strands(tips, notches, self.curl + w * .5, self.fat)
        k = len(top)
        return top + low, sharp + [k + i for i in ls] + [0, k - 1], tips, notches

    # -- layers
    def draw_back(self, cv: Canvas, pr: Project, w: float, sway: float) -> None:
        v, L = self.vol, self.back_len
        if self.style in ("tails", "pony", "bun"):
            for s in ((-1, 1) if self.style != "pony" else (1,)):
                x0 = s * .9 if self.style != "pony" else .25
                root = pr([(x0, -.5, -.35)])[0]
                if self.style == "bun":
                    cv.shape(ellipse(*(root + (s * .15, -.3)), .42, .4, 8), self.col, f"bun{s}",
                        shade=self.sh)
                    cv.stroke([root + (s * .0, -.45), root + (s * .25, -.35), root + (s * .3, -.1)],
                        .7, self.col)
                    continue
                d = s * .6 + (sway + w) * .8
                pts = [root, root + (d * .7, .1), root + (d * 1.1, 1.2),
                    root + (d * .9 + sway * .3, 2.4)]
                cv.shape(tube(pts, [.12, .42, .36, .02], 8), self.col, f"tail{s}", (7, 8),
                    shade=self.sh)
                cv.shape(tube([root + (d * .5, .2), root + (d * .8, .9),
                    root + (d * .3 + sway * .4, 1.9)], [.1, .22, .02], 6), self.col2, f"tail2{s}",
                    (5, 6))
                cv.stroke([root + (d * .6, .2), root + (d * 1.1, 1.1), root + (d * .95, 2)], .7,
                    self.col)
                cv.shape(ellipse(*(root + (d * .12, .05)), .17, .17, 8), self.tie, f"tie{s}", lw=.8)
        if self.style in ("bald", "slick") and L < .3:
            return
        m, bw = self.m, v * self.back_w
        tips, notches = [], []
        for i in range(m + 1):
            x = bw * (1 - 2 * i / m)
            drift = (sway * .25 + w) * max(L, .2) * .6
            notches.append((x + drift, .35 + max(L, 0) * .8 if i not in (0, m) else .1, -.35))
            if i < m:
                xm = bw * (1 - 2 * (i + .5) / m) * (1.08 if L < 1.2 else .95)
                tips.append((xm + drift * 1.3, .45 + L * self.back_tips[i] + .15, -.35))
        low, ls = strands(tips, notches, self.curl, self.fat + .02)
        top = [(-v, 0, -.1), (-v * .75, -.75, -.1), (0, -v, -.1), (v * .75, -.75, -.1), (v, 0, -.1)]
        cv.shape(pr(top + low), self.back_col, "backhair", [5 + i for i in ls])
        for i in range(min(self.inner, m - 1)):
            x, y, z = notches[i + 1]
            cv.stroke(pr([(x, y, z), (x * 1.02, y * .7, z), (x * .93, y * .3, z)]), .7,
                self.back_col)

    def draw_front(self, cv: Canvas, pr: Project, w: float, sway: float) -> None:
        v = self.vol
        if self.locks:
            for s in (-1, 1):
                self._lock(cv, pr, s, w, sway)
        pts, sharp, tips, notches = self.bangs(w)
        crown = (self.part * .7, -v * .9, .3)

        def inside() -> None:
            if self.hi:
                self._gleam(cv, pr)
            for i in self.dim:
                (x, y, z), (a, b, c) = tips[i], notches[i + 1]
                cv.shadow(pr([(x, y, z), (a, b, c), (a * .8 + crown[0] * .2, b * .6 - .3, .8),
                    (x * .8, y * .7 - .25, z)]), self.dimc, f"dim{i}", (0, 1, 2))
            for i in range(1, min(self.inner, self.n - 1) + 1):
                x, y, z = notches[i]
                k = self.reach[i]
                q = tuple(a + (b - a) * k for a, b in zip((x, y, z), crown))
                cv.stroke(pr([(x, y, z), ((x + q[0]) * .5 + .05 * (1 if x > crown[0] else -1),
                    (y + q[1]) * .5, (z + q[2]) * .5 + .15), q]), .8, self.col)
            for x, y, k in self.hairlines:
                z = depth(x, y, v * v + .1)
                q = tuple(a + (b - a) * k for a, b in zip((x, y, z), crown))
                cv.stroke(pr([(x, y, z), ((x + q[0]) * .52, (y + q[1]) * .5, (z + q[2]) * .5 + .1),
                    q]), .6, self.col)
        cv.shape(pr(pts), self.col, "bangs", sharp, shade=self.sh, inside=[inside], light=.6)
        for j, (i, ln, dx) in enumerate(self.overlay):
            x, y, z = tips[i]
            p = [(x * .6 + self.part * .3, -.75, .75), (x * .9 + dx * .5, y - .25, z),
                (x + dx + w, y + ln, z)]
            cv.shape(tube(pr(p), [.04, .12, 0], 5), self.col2, f"strand{j}", (0, 4, 5, 9),
                shade=None)
        if self.ahoge:
            p = [(self.part * .4, -v, .1), (self.part * .4 + .1, -v - .35, .1),
                (self.part * .4 + .4 + w * 2, -v - .4, .1)]
            cv.shape(tube(pr(p), [.09, .07, 0], 6), self.col, "ahoge", (0, 5, 6, 11))

    def draw_side(self, cv: Canvas, ear: float, f: int) -> None:
        """The side of a turned head, behind the ear at x = `ear`; f: the way it looks."""
        if self.style == "bald":
            return
        v = self.vol
        p = [(.3 * f, -v * .96), (-f * v * .75, -.76 * v), (-f * v, -.1), (-f * .97, .35), (-f * .8, .72), (min(-.35,
            f * ear - .25) * f, .7), (ear - .1 * f, .42), (ear + .02 * f, -.02), (ear + .2 * f, .3 + .2 * self.side),
            (ear + .32 * f, -.15), (ear + .5 * f, -.5)]
        cv.shape(p, self.col, "bangs", (0, 4, 5, 8), shade=self.sh, light=.5)
        if self.inner:
            cv.stroke([(-f * .8, .4), (-f * .75, -.1), (-f * .3, -.7)], .7, self.col)

    def _lock(self, cv: Canvas, pr: Project, s: int, w: float, sway: float) -> None:
        """A lock from the temple past cheek and neck, in one to three tips."""
        v, i = self.vol, (s + 1) // 2
        L, marks = self.lock_len[i], self.lock_tips[i]
        m, x0, x1 = len(marks), v * .99, v * .99 - self.lock_w
        drift = w * 1.5 + sway * .1
        tips, notches = [], []
        for k in range(m + 1):
            f = k / m
            x = x0 + (x1 - x0) * f - self.lock_in * .5
            notches.append((s * x + drift * .5, .15 + L * .45 if 0 < k < m else .0, .35))
            if k < m:
                dx, ln = marks[k]
                x = x0 + (x1 - x0) * (f + .5 / m) - self.lock_in + dx
                tips.append((s * x + drift, .25 + L * ln, .35))
        low, ls = strands(tips, notches, self.curl + .08 * s, self.fat)
        p = [(s * x1 * .9, -.6, .5), (s * x0, -.4, .3)] + low
        cv.shape(pr(p), self.col, f"lock{s}", [2 + j for j in ls], shade=self.sh)
        if self.inner > 2:
            x = (x0 + x1) / 2
            cv.stroke(pr([(s * x, .1, .35), (s * x - s * self.lock_in * .5 + drift * .5, .15 + L * .4, .35), (s * x
                - s * self.lock_in + drift, .2 + L * .7, .35)]), .6, self.col)

    def _gleam(self, cv: Canvas, pr: Project) -> None:
        """Light on the hair: a zigzag band or single wedges, with or without line."""
        bare = not self.hi_line
        for j, (x, ln, q) in enumerate(self.wedges):
            p = [(x - q, -.62, .72), (x, -.62 - ln * .5, .66), (x + q, -.6, .72), (x + .02, -.6 + ln, .8)]
            cv.shape(pr(p), self.hi, f"hairhi{j}", (1, 3), lineless=bare, lw=.6)
        if self.wedges:
            return
        z = [(-.8 + i * .16, -.68 + .25 * ((i - 5) / 5) ** 2 + self.zig[i], .7) for i in range(11)]
        z += [(x, y - .12 - 2 * self.zig[10 - i], .68) for i, (x, y, _) in enumerate(z[::-1])]
        cv.shape(pr(z), self.hi, "hairhi", None, lineless=bare, lw=.6)

    def draw_away(self, cv: Canvas, pr: Project, w: float) -> None:
        """The back of the head: hair only."""
        v, m = self.vol, self.m
        L = max(self.back_len, .1)
        tips = [(v * (1 - 2 * (i + .5) / m) + w, .5 + L * self.back_tips[i], .3) for i in range(m)]
        notches = [(v * .97 * (1 - 2 * i / m) + w * .5, .3 + L * .7 if 0 < i < m else .1,
            .3) for i in range(m + 1)]
        low, ls = strands(tips, notches, self.curl, self.fat)
        top = [(-v, 0, 0), (-v * .75, -.75, 0), (0, -v, 0), (v * .75, -.75, 0), (v, 0, 0)]

        def inside() -> None:
            for i in range(1, m):
                x, y, z = notches[i]
                cv.stroke(pr([(x, y, z), (x * .9, y - .4, .6), (x * .5, y - .9, .6)]), .8, self.col)
        cv.shape(pr(top + low), self.col, "bangs", [5 + i for i in ls], shade=self.sh,
            inside=[inside])

    def cast_shadow(self, cv: Canvas, pr: Project, w: float, skin_shade: Colour) -> None:
        """Shadow of the bangs on the face; draw clipped to the face."""
        pts, sharp, _, _ = self.bangs(w)
        cv.shape(pr(pts) + (.03, .12), skin_shade, "hairshadow", sharp, lineless=True)
