# SPDX-License-Identifier: LGPL-2.1-or-later
"""Actors that are no people: mascots, animals, robots, and things (car, tree, cup, house,
furniture)."""
from __future__ import annotations

import math
import random

from .canvas import Canvas, affine, compose, ellipse, mix, tube
from .motion import curve
from .palette import Palette


class Mascot:
    """Round body or big head with ears, face, paws and tail."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float) -> None:
        r, u = rng, rng.uniform
        self.name = name
        self.col = pal.any() if r.random() < .7 else pal.hair()
        self.col2, self.dark = (pal.near(self.col,
            .3) if r.random() < .5 else pal.any()), pal.tone((.06, .04, .07))
        self.sh = pal.shade(self.col) if r.random() < .7 else None
        self.sh2 = pal.shade(self.col2) if r.random() < .5 else None
        self.white, self.acc = pal.tone((1, 1, 1)), pal.cloth()
        self.kind = r.choice(["beast", "beast", "pumpkin", "skull", "ghost", "robot", "bird",
            "slime"])
        self.ears = r.choice(["cat", "bear", "rabbit", "none"]) if self.kind == "beast" else "none"
        self.rx, self.ry = u(.8, 1.4), u(.75, 1.15)
        self.body = u(.5, 1.6)
        self.bw = u(.5, 1.1)
        self.eye = r.choice(["dot", "round", "tall", "angry"])
        self.es, self.ex, self.ey = u(.1, .3), u(.28, .5), u(-.3, .15)
        self.spots = [(u(-.7, .7), u(-.7, .7), u(.08, .25)) for _ in range(r.choice([0, 0, 3, 6]))]
        self.tail = r.random() < .5
        self.n = r.randint(3, 6)
        self.yaw = curve(r, u(-.4, .4), .3 * action)
        self.open = curve(r, u(-.2, .6), .5)
        self.roll = curve(r, 0, .2 * action)
        self.sq = curve(r, 0, .15 * action)
        self.wave = [curve(r, u(-.2, 1.2), r.choice([.1, .5, 1.2]) * action) for _ in range(4)]
        self.blink = u(0, 1) if r.random() < .5 else -1

    def span(self) -> tuple[float, float]:
        return -1.5, self.ry + self.body + .8

    def draw(self, cv: Canvas, t: float) -> None:
        cv.prefix = self.name
        base = cv.matrix
        q, foot = self.sq(t), self.ry + self.body + .6
        m = cv.matrix = compose(base, compose(affine(1 - q, 1 + q, 0, 0, foot),
            affine(1, 1, 0, 0, -foot)))
        c, sh = self.col, self.sh
        b, bw = self.ry * .8 + self.body, self.bw
        if self.kind not in ("ghost", "slime"):
            if self.tail:
                w = self.wave[2](t)
                cv.shape(tube([(bw * .5, b), (bw + .5, b - .1), (bw + .9, b - .6 - w * .4),
                    (bw + 1.1 + w * .2, b - 1)], [.12, .16, .18, .05]), c, "tail", shade=sh)
            for s in (-1, 1):
                a = self.wave[(s + 1) // 2](t)
                x, y = s * bw * .8, self.ry * .9 + .1
                e = (x + s * math.sin(a + .3) * .6, y + math.cos(a + .3) * .6)
                h = (e[0] + s * math.sin(a * 1.4) * .4, e[1] + math.cos(a * 1.4) * .4)
                cv.shape(tube([(x, y), e, h], [.13, .14, .12]),
                    self.dark if self.kind == "skull" else c, f"arm{s}", (6, 7), shade=sh)
                cv.shape(ellipse(*h, .24, .24, 8), self.white if self.kind in ("skull",
                    "robot") else self.col2, f"paw{s}", shade=self.sh2)
                cv.shape([(s * bw * .25, b + .1), (s * bw * .85, b + .1), (s * bw * 1.1, foot),
                    (s * bw * .2, foot)], c, f"leg{s}", (0, 1, 2, 3), shade=sh)
                cv.shape(ellipse(s * bw * .75, foot, .36, .2, 8), self.acc, f"foot{s}")
            cv.shape([(-bw * .8, self.ry * .6), (bw * .8, self.ry * .6), (bw * 1.05, b * .85),
                (bw * .8, b + .3), (-bw * .8, b + .3), (-bw * 1.05, b * .85)],
                self.dark if self.kind == "skull" else c, "body", (0,
                1) if self.kind != "robot" else None, shade=sh, inside=[lambda: cv.shape(ellipse(0,
                b * .85, bw * .6, .45, 8), self.col2, "belly", shade=self.sh2, lw=.7)])
        cv.matrix = compose(m, affine(1, 1, self.roll(t), 0, 0))
        self._head(cv, t, foot)
        cv.matrix = base

    def _head(self, cv: Canvas, t: float, foot: float) -> None:
        c, sh, rx, ry, k = self.col, self.sh, self.rx, self.ry, math.sin(self.yaw(t))
        for s in (-1, 1):
            x = s * rx * .62 - k * .2
            if self.ears == "cat":
                cv.shape([(x - .3, -ry * .7), (x + s * .25, -ry * 1.55), (x + .32, -ry * .6)], c,
                    f"ear{s}", (0, 1, 2), shade=sh)
                cv.shape([(x - .12, -ry * .85), (x + s * .2, -ry * 1.35), (x + .2, -ry * .75)],
                    self.col2, f"earin{s}", (0, 1, 2), lw=.7)
            elif self.ears == "bear":
                cv.shape(ellipse(x, -ry * .85, .33, .33, 8), c, f"ear{s}", shade=sh)
                cv.shape(ellipse(x, -ry * .85, .17, .17, 8), self.col2, f"earin{s}", lw=.7)
            elif self.ears == "rabbit":
                w = self.wave[2](t) * .3
                cv.shape(tube([(x * .6, -ry * .8), (x * .8 + w, -ry * 1.5), (x + w * 2, -ry * 2.1)],
                    [.16, .22, .06]), c, f"ear{s}", shade=sh)
        if self.kind == "robot":
            cv.stroke([(0, -ry), (0, -ry - .4)], 1.5, c)
            cv.shape(ellipse(0, -ry - .45, .12, .12, 8), self.acc, "bulb")
            cv.shape([(-rx, -ry), (rx, -ry), (rx, ry), (-rx, ry)], c, "head", None, shade=sh)
            cv.shape([(-rx * .8 + k * .2, -ry * .7), (rx * .8 + k * .2, -ry * .7),
                (rx * .8 + k * .2, ry * .3), (-rx * .8 + k * .2, ry * .3)], self.dark, "screen",
                None)
        elif self.kind in ("ghost", "slime"):
            w, n = self.wave[2](t) * .2, 5
            hem = [(rx * 1.1 * (1 - 2 * i / (2 * n)),
                foot - (.35 if i % 2 else 0) + w * math.sin(i)) for i in range(2 * n + 1)]
            cv.shape([(-rx * .9, -.3), (-rx * .5, -ry), (rx * .5, -ry), (rx * .9, -.3)] + hem, c,
                "head", (), shade=sh)
        else:
            def inside() -> None:
                for i, (x, y, r) in enumerate(self.spots):
                    cv.shape(ellipse(x * rx + k * .3, y * ry, r, r, 7), self.col2, f"spot{i}",
                        lw=.7)
                if self.kind == "pumpkin":
                    for i in (-1, 0, 1):
                        x = i * rx * .5 + k * .2
                        cv.stroke([(x * .4, -ry), (x * 1.2, 0), (x * .5, ry)], 1.0, c)
            cv.shape(ellipse(0, 0, rx, ry, 10), c if self.kind != "skull" else self.white, "head",
                shade=sh if self.kind != "skull" else mix(self.white, c, .5), inside=[inside])
            if self.kind == "pumpkin":
                cv.shape([(-.15, -ry), (-.2, -ry - .3), (.25, -ry - .35), (.15, -ry)], self.acc,
                    "stem", (0, 1, 2, 3))
            if self.kind == "bird":
                cv.shape([(k * .5 - .35, .05), (k * .5 + .35, .05), (k * 1.2, .45)], self.acc,
                    "beak", (0, 1, 2))
        self._face(cv, t, k)

    def _face(self, cv: Canvas, t: float, k: float) -> None:
        op = min(1.0, abs(t - self.blink) / .12) if self.blink >= 0 else 1.0
        e = self.es
        for s in (-1, 1):
            x, y = s * self.ex + k * .6, self.ey
            if op < .2:
                cv.stroke([(x - e, y), (x, y + e * .4), (x + e, y)], 1.3, self.col)
            elif self.eye == "dot" or self.kind in ("pumpkin", "skull"):
                f = 1.5 if self.kind in ("pumpkin", "skull") else 1
                cv.shape(ellipse(x, y, e * f, e * f * 1.3 * op, 8, .2 * s), self.dark, f"eye{s}")
                cv.shape(ellipse(x + k * .1 - e * .2, y - e * .3, e * .4 * f, e * .45 * op * f, 7),
                    self.white, f"glint{s}", lw=.5)
            else:
                h = e * (1.5 if self.eye == "tall" else 1) * op
                o = [(x - e, y - (h * .2 if s > 0 else h)), (x + e, y - (h if s > 0 else h * .2)),
                    (x + e, y + h * .6), (x, y + h), (x - e,
                    y + h * .6)] if self.eye == "angry" else ellipse(x, y, e, h, 8)
                cv.shape(o, self.white, f"eye{s}", (0, 1) if self.eye == "angry" else (),
                    inside=[lambda x=x, y=y, h=h, s=s: cv.shape(ellipse(x + k * .1, y + .02,
                    e * .45, h * .5, 7), self.dark, f"pupil{s}", lw=.5)])
        o, y = self.open(t), self.ey + .5
        if self.kind == "bird":
            return
        if self.kind == "beast":
            cv.shape(ellipse(k * .9, self.ey + .28, .15, .1, 7), self.dark, "nose")
        if o < .1:
            cv.stroke([(k * .7 - .3, y), (k * .8, y + .12), (k * .7 + .3, y)], 1, self.col)
        else:
            h = min(o, .8) * .6
            cv.shape([(k * .7 - .4, y), (k * .8, y + .05), (k * .7 + .4, y),
                (k * .7 + .25, y + h * .7), (k * .7, y + h), (k * .7 - .25, y + h * .7)], self.dark,
                "mouth", (0, 2), inside=[lambda: cv.shape(ellipse(k * .7, y + h, .25, h * .45, 7),
                self.acc, "tongue", lw=.5)])


class Thing:
    """A prop standing in the picture: car, tree, cup, house, table, lamp ..."""

    KINDS = ("car", "tree", "cup", "house", "table", "lamp", "bottle", "box", "flower", "ball")

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float) -> None:
        r, u = rng, rng.uniform
        self.name, self.kind = name, r.choice(self.KINDS)
        c = self.c = [pal.cloth() for _ in range(4)]
        c[1] = pal.near(c[0], .2) if r.random() < .4 else c[1]
        self.s = [pal.shade(x) if r.random() < .6 else None for x in c]
        self.k = [u(.6, 1.4) for _ in range(6)]
        self.n = r.randint(3, 7)
        self.rock, self.sq, self.spin = curve(r, 0, .12 * action), curve(r, 0,
            .06 * action), curve(r, 0, action)

    def span(self) -> tuple[float, float]:
        return -1.4, 1.3

    def draw(self, cv: Canvas, t: float) -> None:
        cv.prefix = self.name
        base = cv.matrix
        q = self.sq(t)
        cv.matrix = compose(base, compose(affine(1 - q, 1 + q, self.rock(t), 0, 1.2),
            affine(1, 1, 0, 0, -1.2)))
        getattr(self, "_" + self.kind)(cv, t)
        cv.matrix = base

    def _car(self, cv: Canvas, t: float) -> None:
        c, s, k = self.c, self.s, self.k
        a = .9 * k[0]
        cv.shape([(-a, .1), (-a * .6, -.6 * k[1]), (a * .4, -.6 * k[1]), (a, .1)], c[0], "cabin",
            (0, 3), shade=s[0])
        cv.shape([(-a * .8, .05), (-a * .5, -.45 * k[1]), (-.05, -.45 * k[1]), (-.05, .05)], c[1],
            "win1", (0, 2, 3))
        cv.shape([(.05, .05), (.05, -.45 * k[1]), (a * .35, -.45 * k[1]), (a * .8, .05)], c[1],
            "win2", (0, 1, 3))
        cv.shape([(-1.8, .1), (-1.6, .0), (1.5, .05), (1.9, .3), (1.9, .8), (-1.9, .8), (-1.9, .3)],
            c[0], "car", (4, 5), shade=s[0], light=.6)
        cv.stroke([(0, .1), (0, .7)], .8, c[0])
        cv.stroke([(.1, .3), (.3, .3)], 1, c[0])
        for i, x in enumerate((-1.1, 1.1)):
            cv.shape(ellipse(x, .8, .42, .42), (.1, .1, .12), f"tyre{i}")
            cv.shape(ellipse(x, .8, .22, .22, 8), c[2], f"hub{i}", lw=.8)
            w = self.spin(t) * 6
            cv.stroke([(x - .2 * math.cos(w), .8 - .2 * math.sin(w)),
                (x + .2 * math.cos(w), .8 + .2 * math.sin(w))], .7, c[2])
        cv.shape(ellipse(1.75, .35, .12, .15, 8), c[3], "lamp")

    def _tree(self, cv: Canvas, t: float) -> None:
        c, s = self.c, self.s
        cv.shape([(-.2, 1.2), (-.14, .2), (-.4, -.3), (0, .0), (.35, -.3), (.14, .2), (.25, 1.2)],
            c[1], "trunk", (0, 2, 4, 6), shade=s[1])
        for i in range(self.n):
            a, k = i * 6.28 / self.n, self.k[i % 6]
            p = [(math.cos(a) * .6 + math.cos(j * .785) * .45 * k * (1 + .15 * (j % 2)),
                -.6 + math.sin(a) * .4 + math.sin(j * .785) * .4 * k) for j in range(8)]
            cv.shape(p, c[0], f"leaf{i}", shade=s[0])

    def _cup(self, cv: Canvas, t: float) -> None:
        c, s, k = self.c, self.s, self.k
        cv.shape(tube([(.7, -.3), (1.3, -.2), (1.2, .5), (.6, .6)], [.12, .12]), c[0], "handle")
        cv.shape([(-.8, -.7), (.8, -.7), (.7 * k[0], 1.1), (-.7 * k[0], 1.1)], c[0], "cup",
            (0, 1, 2, 3), shade=s[0], inside=[lambda: cv.shape([(-1, .0), (1, .0), (1, .3),
            (-1, .3)], c[1], "band", None)])
        cv.shape(ellipse(0, -.7, .8, .2), c[2], "drink")

    def _house(self, cv: Canvas, t: float) -> None:
        c, s, k = self.c, self.s, self.k
        cv.shape([(-1, -.2), (1, -.2), (1, 1.2), (-1, 1.2)], c[0], "wall", None, shade=s[0])
        cv.shape([(-1.3, -.2), (0, -1.2 * k[0]), (1.3, -.2)], c[1], "roof", None, shade=s[1])
        cv.shape([(-.2, .4), (.25, .4), (.25, 1.2), (-.2, 1.2)], c[2], "door", None)
        for x in (-.7, .5):
            cv.shape([(x, .1), (x + .35, .1), (x + .35, .5), (x, .5)], c[3], f"pane{x}", None)
            cv.stroke([(x + .17, .1), (x + .17, .5)], .7, c[3])

    def _table(self, cv: Canvas, t: float) -> None:
        c, s = self.c, self.s
        for i, x in enumerate((-1.4, 1.2)):
            cv.shape([(x, .2), (x + .2, .2), (x + .2, 1.2), (x, 1.2)], c[0], f"leg{i}", None,
                shade=s[0])
        cv.shape([(-1.5, -.1), (1.5, -.1), (1.8, .2), (-1.8, .2)], c[1], "top", None)
        cv.shape([(-1.8, .2), (1.8, .2), (1.8, .35), (-1.8, .35)], c[0], "edge", None)
        cv.shape([(-.4, -.6), (0, -.6), (-.05, .05), (-.35, .05)], c[2], "glass", None, shade=s[2])
        cv.shape(ellipse(.6, -.15, .25, .22, 9), c[3], "fruit", shade=s[3])

    def _lamp(self, cv: Canvas, t: float) -> None:
        c, s = self.c, self.s
        cv.shape(tube([(0, -.2), (.1, .5), (0, 1.1)], [.07, .07]), c[1], "pole")
        cv.shape(ellipse(0, 1.15, .5, .12), c[1], "foot")
        cv.shape([(-.4, -1.1), (.4, -1.1), (.8, -.1), (-.8, -.1)], c[0], "shade", None, shade=s[0])

    def _bottle(self, cv: Canvas, t: float) -> None:
        c, s = self.c, self.s
        cv.shape([(-.15, -1.2), (.15, -1.2), (.17, -.6), (.5, -.2), (.5, 1.1), (-.5, 1.1),
            (-.5, -.2), (-.17, -.6)], c[0], "bottle", (0, 1, 4, 5), shade=s[0])
        cv.shape([(-.5, .1), (.5, .1), (.5, .7), (-.5, .7)], c[1], "label", None)
        cv.shape([(-.18, -1.35), (.18, -1.35), (.18, -1.1), (-.18, -1.1)], c[2], "cap", None)

    def _box(self, cv: Canvas, t: float) -> None:
        c = self.c
        d = .4 * self.k[0]
        cv.shape([(-1, -.4), (.7, -.4), (.7, 1.1), (-1, 1.1)], c[0], "front", None)
        cv.shape([(.7, -.4), (.7 + d, -.8), (.7 + d, .7), (.7, 1.1)], mix(c[0], (0, 0, 0), .3),
            "side", None)
        cv.shape([(-1, -.4), (-1 + d, -.8), (.7 + d, -.8), (.7, -.4)], mix(c[0], (1, 1, 1), .25),
            "top", None)
        cv.shape([(-.3, -.4), (0, -.4), (0, 1.1), (-.3, 1.1)], c[1], "ribbon", None)

    def _flower(self, cv: Canvas, t: float) -> None:
        c, w = self.c, self.rock(t)
        cv.shape(tube([(0, 1.2), (.1 + w, .5), (w * 2, -.3)], [.05, .05]), c[2], "stem")
        cv.shape([(.05, .8), (.5, .4), (.9, .5), (.5, .8)], c[2], "leaf", (0, 2), shade=self.s[2])
        for i in range(self.n + 2):
            a = i * 6.283 / (self.n + 2) + w
            cv.shape(ellipse(w * 2 + math.cos(a) * .5, -.4 + math.sin(a) * .5, .35, .2, 8, a), c[0],
                f"petal{i}", shade=self.s[0])
        cv.shape(ellipse(w * 2, -.4, .25, .25, 8), c[1], "heart")

    def _ball(self, cv: Canvas, t: float) -> None:
        c = self.c
        a = self.spin(t) * 2

        def inside() -> None:
            for i in range(3):
                b = a + i * 2.09
                cv.shape([(0, .2), (1.3 * math.cos(b), .2 + 1.3 * math.sin(b)),
                    (1.3 * math.cos(b + 1), .2 + 1.3 * math.sin(b + 1))], c[1], f"panel{i}", None)
            cv.shape(ellipse(0, .2, .25, .25, 8), c[2], "centre")
        cv.shape(ellipse(0, .2, 1, 1, 10), c[0], "ball", inside=[inside])
