# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backgrounds: plain, gradient, or a painted scene, drawn once per shot with a margin
and moved under the camera."""
from __future__ import annotations

import math
import random

import cairo
import numpy as np

from . import paint
from .canvas import Canvas, Ids, LineStyle, affine, ellipse, mix
from .lines import patches
from .palette import Palette, hsv


class Background:
    """`draw(cv, matrix)` paints it below everything; matrix is the camera (unit: frame height)."""

    MARGIN = 1.3

    def __init__(self, rng: random.Random, pal: Palette, width: int, height: int, ids: Ids,
            style: LineStyle, plain: bool = False) -> None:
        """`plain`: white paper."""
        self.kind = "white" if plain else rng.choices(["white", "flat", "gradient", "room", "sky", "hills", "fence",
            "street", "abstract", "forest", "planks", "softsky", "doors", "window"],
            [8, 2.5, 2.5, 3, 1.5, 1.5, 2, 2, .8, 1.2, 2, 2, 1.6, 1.6])[0]
        self.upright = rng.random() < .6
        self.follow = rng.choice([1.0, 1.0, .6, .3])
        m = self.MARGIN
        self.w, self.h = int(width * m), int(height * m)
        bg_style = LineStyle(**{**style.__dict__, "boil": 0.0,
            "width": style.width * rng.choice([.6, .8, 1.0]), "gap": max(style.gap, rng.choice([0,
            0, .15, .4]))})
        bg_style.outline = rng.choice(["none", "self", bg_style.outline])
        bg_style.black_fill = False
        self.lines = self.kind in ("white", "flat", "gradient") or rng.random() < .6
        cv = Canvas(self.w, self.h, ids, bg_style)
        cv.prefix = "bg"
        cv.matrix = affine(height, height, 0, self.w / 2, self.h / 2)
        cv.col.set_antialias(cairo.ANTIALIAS_GRAY)
        c = (1, 1, 1) if self.kind == "white" else pal.any()
        ax, ay = self.w / height, m
        cv.shape([(-ax, -ay), (ax, -ay), (ax, ay), (-ax, ay)], c, "paper", None, outline=False)
        if self.kind not in ("white", "flat", "gradient"):
            getattr(self, "_" + self.kind)(cv, rng, pal, ax / 2, ay / 2)
        col, line, reg = cv.arrays()
        nr = np.random.default_rng(rng.randrange(1 << 30))
        scene = self.kind not in ("white", "flat", "gradient")
        col = self._paint(col, reg, rng, nr, pal, scene)
        if rng.random() < .15 and self.kind != "white" or self.kind == "window":
            col = paint.soften(col, height / rng.choice([25, 50, 90]))
            self.lines = self.lines and rng.random() < .3
        if not self.lines:
            line[:] = 255
        elif rng.random() < .4:     # only parts of a painting have lines
            keep = np.clip((patches(nr, self.h, self.w, height * rng.choice([.05, .15, .4])) + rng.uniform(-.8,
                .8)) * 4, 0, 1)
            line = (255 - (255 - line) * keep).astype(np.uint8)
        r3 = np.stack([reg & 255, reg >> 8 & 255, reg >> 16], axis=2).astype(np.uint8)
        self.surfaces = [self._surface(a) for a in (col[..., ::-1],
            np.repeat(line[..., None], 3, axis=2), r3)]
        self.height = height

    @staticmethod
    def _surface(a: np.ndarray) -> tuple[cairo.ImageSurface, np.ndarray]:
        b = np.full(a.shape[:2] + (4,), 255, np.uint8)
        b[..., :3] = a
        return cairo.ImageSurface.create_for_data(b, cairo.FORMAT_RGB24, a.shape[1], a.shape[0]), b

    def draw(self, cv: Canvas, cam: np.ndarray) -> None:
        k = self.follow
        m = cam.copy()
        m[:, 2] *= k * self.height
        s = math.hypot(m[0, 0], m[1, 0])
        m[:, :2] *= max(s ** k, .82) / s
        mx, my = self.w * .5 * s - cv.w / 2, self.h * .5 * s - cv.h / 2
        m[0, 2] = min(max(m[0, 2], -mx), mx) if mx > 0 else 0
        m[1, 2] = min(max(m[1, 2], -my), my) if my > 0 else 0
        for ctx, (surf, _), f in zip((cv.col, cv.line, cv.reg), self.surfaces,
                (cairo.FILTER_BILINEAR, cairo.FILTER_BILINEAR, cairo.FILTER_NEAREST)):
            ctx.save()
            ctx.transform(cairo.Matrix(m[0, 0], m[1, 0], m[0, 1], m[1, 1], m[0, 2] + cv.w / 2,
                m[1, 2] + cv.h / 2))
            ctx.translate(-self.w / 2, -self.h / 2)
            ctx.set_source_surface(surf, 0, 0)
            ctx.get_source().set_filter(f)
            ctx.get_source().set_extend(cairo.EXTEND_PAD)
            ctx.paint()
            ctx.restore()

    def _paint(self, col: np.ndarray, reg: np.ndarray, rng: random.Random, nr: np.random.Generator, pal: Palette,
            scene: bool) -> np.ndarray:
        if self.kind == "planks" and rng.random() < .8 or self.kind in ("room", "doors", "fence") and rng.random() < .2:
            col = paint.grain(col, rng, nr, self.upright)
        if self.kind == "gradient" or scene and rng.random() < .65:
            col = paint.wash(col, rng, nr, scene and rng.random() < .6)
        if self.kind == "softsky" or self.kind in ("sky", "hills", "fence") and rng.random() < .35:
            self.lines = self.lines and self.kind != "softsky"
            col = paint.clouds(col, reg, rng, nr, pal)
        if scene and rng.random() < .25:
            col = paint.light(col, rng)
        return col

    # -- scenes; half extents ax, ay
    def _room(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        wall, u = pal.any(), r.uniform
        fl = u(.2, .6)
        cv.shape([(-ax, -ay), (ax, -ay), (ax, fl), (-ax, fl)], wall, "wall", None)
        cv.shape([(-ax, fl), (ax, fl), (ax, ay), (-ax, ay)], pal.any(), "floor", None)
        n = r.randint(1, 5)
        near = r.random() < .5
        for i in range(n):
            w, h = u(.1, .5), u(.2, .9)
            x, y = u(-ax, ax - w), fl - h - (u(0, .3) if r.random() < .5 else 0)
            c = pal.near(wall, .15) if near else pal.any()
            cv.shape([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], c, f"box{i}", None)
            b = u(.01, .05)
            k = r.randint(0, 3)
            for j in range(k):
                x0, x1 = x + b + (w - b) * j / k, x + (w - b) * (j + 1) / k
                cv.shape([(x0, y + b), (x1, y + b), (x1, y + h - b), (x0, y + h - b)],
                    pal.near(c, .12), f"box{i}.{j}", None)
            if r.random() < .5:
                cv.shape(ellipse(x + w * .85, y + h * .5, .015, .03, 8), pal.any(), f"knob{i}")

    def _doors(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        """Sliding doors between posts: large plain panels."""
        wall, panel, u = pal.any(), pal.any(), r.uniform
        top, x, i = u(-.45, -.3), -ax, 0
        cv.shape([(-ax, -ay), (ax, -ay), (ax, ay), (-ax, ay)], wall, "wall", None)
        while x < ax:
            w = u(.35, .8)
            c = pal.near(panel, .1) if r.random() < .7 else panel
            cv.shape([(x, top), (x + w, top), (x + w, ay), (x, ay)], c, f"door{i}", None)
            k = u(.0, .03)
            cv.shape([(x + k, top + k), (x + w - k, top + k), (x + w - k, ay), (x + k, ay)], pal.near(c, .04),
                f"panel{i}", None)
            h = x + (.04 if i % 2 else w - .05)
            cv.shape([(h, .08), (h + .015, .08), (h + .015, .14), (h, .14)], pal.tone((.1, .1, .1)), f"pull{i}", None)
            x, i = x + w, i + 1
            if r.random() < .4:
                w = u(.02, .12)
                cv.shape([(x, -ay), (x + w, -ay), (x + w, ay), (x, ay)], pal.near(wall, .1), f"post{i}", None)
                x += w
        cv.shape([(-ax, top - .06), (ax, top - .06), (ax, top), (-ax, top)], pal.near(wall, .2), "rail", None)

    def _window(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        """A dark wall with tall bright panes, out of focus."""
        wall, u = pal.any(), r.uniform
        wall = mix(wall, (0, 0, 0), u(.2, .7))
        cv.shape([(-ax, -ay), (ax, -ay), (ax, ay), (-ax, ay)], wall, "wall", None)
        glow = pal.tone(hsv(u(.05, .65), u(.05, .6), 1.0))
        x = -ax + u(0, ax)
        for i in range(r.randint(1, 6)):
            w = u(.04, .3)
            cv.shape([(x, -ay), (x + w, -ay), (x + w, ay), (x, ay)], pal.near(mix(glow, wall, u(0, .4)), .1),
                f"pane{i}", None)
            for j in range(r.randint(0, 3)):
                y = u(-.5, .5)
                cv.shape([(x, y), (x + w, y), (x + w, y + .03), (x, y + .03)], pal.near(wall, .2), f"bar{i}.{j}", None)
            x += w + u(.02, .25)

    def _cloud(self, cv: Canvas, r: random.Random, x: float, y: float, s: float, c, key: str,
            sh=None) -> None:
        n = 9
        p = [(x + math.cos(i * 6.283 / n) * s * r.uniform(1, 1.6),
            y + math.sin(i * 6.283 / n) * s * r.uniform(.35, .6)) for i in range(n)]
        cv.shape(p, c, key, shade=sh, lineless=r.random() < .7)

    def _sky(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        c = pal.tone(hsv(r.uniform(.5, .62), r.uniform(.2, .8), r.uniform(.6, 1)))
        cv.shape([(-ax, -ay), (ax, -ay), (ax, ay), (-ax, ay)], c, "sky", None, outline=False)
        w = mix(c, (1, 1, 1), r.uniform(.3, .9))
        for i in range(r.randint(1, 8)):
            self._cloud(cv, r, r.uniform(-ax, ax), r.uniform(-ay, ay), r.uniform(.05, .25), w,
                f"cloud{i}", mix(w, c, .4))

    def _softsky(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        c = pal.tone(hsv(r.uniform(.5, .65), r.uniform(.1, .7), r.uniform(.4, 1)))
        cv.shape([(-ax, -ay), (ax, -ay), (ax, ay), (-ax, ay)], c, "sky", None, outline=False)
        if r.random() < .5:
            y = r.uniform(.1, .5)
            cv.shape([(-ax, y), (-ax * .3, y - r.uniform(0, .1)), (ax * .4, y), (ax, y - .05),
                (ax, ay), (-ax, ay)], pal.any(), "land", (0, 3, 4, 5))

    def _planks(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        c = pal.tone(hsv(r.uniform(.03, .13), r.uniform(.2, .7),
            r.uniform(.3, .8))) if r.random() < .7 else pal.any()
        upright, x, i = self.upright, -ax - r.uniform(0, .2), 0
        end = ax if upright else ay
        while x < end:
            w = r.uniform(.08, .35)
            q = [(x, -ay), (x + w, -ay), (x + w, ay), (x, ay)] if upright else [(-ax, x), (ax, x),
                (ax, x + w), (-ax, x + w)]
            cv.shape(q, pal.near(c, .06), f"plank{i}", None)
            for _ in range(r.randint(0, 3)):
                a, b = x + r.uniform(.1, .9) * w, r.uniform(-ay, ay)
                e = r.uniform(.05, .3)
                cv.stroke([(a, b), (a + .004, b + e)] if upright else [(b, a), (b + e, a + .004)],
                    .6, c, gray=.6)
            x += w
            i += 1
        if r.random() < .5:
            y = r.uniform(.1, .4)
            cv.shape([(-ax, y), (ax, y), (ax, ay), (-ax, ay)], pal.near(c, .3), "floor", None)
        if r.random() < .5:
            x, w = r.uniform(-ax, ax * .5), r.uniform(.2, .5)
            cv.shape([(x, -.35), (x + w, -.35), (x + w, ay), (x, ay)], pal.near(c, .2), "door",
                None)
            cv.shape([(x + .03, -.32), (x + w - .03, -.32), (x + w - .03, ay), (x + .03, ay)],
                pal.near(c, .2), "doorin", None)

    def _hills(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        self._sky(cv, r, pal, ax, ay)
        base = pal.tone(hsv(r.uniform(.15, .45), r.uniform(.2, .8), r.uniform(.3, .8)))
        for i in range(r.randint(1, 4)):
            y = -.1 + i * .15 + r.uniform(-.1, .1)
            top = [(-ax + 2 * ax * j / 7, y + r.uniform(-.09, .09)) for j in range(8)]
            cv.shape(top + [(ax, ay), (-ax, ay)], pal.near(base, .15), f"hill{i}", (0, 7, 8, 9))

    def _fence(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        r.choice([self._sky, self._hills])(cv, r, pal, ax, ay)
        c = pal.any()
        y0, k = r.uniform(-.1, .25), r.uniform(-.05, .05)
        for i in range(2):
            y = y0 + .06 + i * .2
            cv.shape([(-ax, y - k), (ax, y + k), (ax, y + k + .07), (-ax, y - k + .07)], c,
                f"rail{i}", None, shade=pal.shade(c))
        n, w = r.randint(3, 12), r.uniform(.02, .08)
        for i in range(n):
            x = -ax + 2 * ax * (i + .5) / n
            cv.shape([(x - w / 2, y0), (x, y0 - w * .3), (x + w / 2, y0), (x + w / 2, ay),
                (x - w / 2, ay)], pal.near(c, .05), f"post{i}", None)

    def _street(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        self._sky(cv, r, pal, ax, ay)
        x, i, fl = -ax, 0, r.uniform(.1, .4)
        while x < ax:
            w, h = r.uniform(.15, .5), r.uniform(.2, .9)
            c = pal.any()
            cv.shape([(x, fl - h), (x + w, fl - h), (x + w, fl), (x, fl)], c, f"house{i}", None)
            if r.random() < .4:
                cv.shape([(x - .03, fl - h), (x + w / 2, fl - h - .15), (x + w + .03, fl - h)],
                    pal.any(), f"roof{i}", None)
            win, nx, ny = pal.any(), r.randint(1, 4), r.randint(1, 4)
            for a in range(nx):
                for b in range(ny):
                    wx, wy = x + w * (a + .25) / nx, fl - h + h * (b + .25) / ny
                    cv.shape([(wx, wy), (wx + w * .5 / nx, wy), (wx + w * .5 / nx,
                        wy + h * .5 / ny), (wx, wy + h * .5 / ny)], win, f"win{i}.{a}.{b}", None)
            x += w
            i += 1
        cv.shape([(-ax, fl), (ax, fl), (ax, ay), (-ax, ay)], pal.any(), "road", None)

    def _abstract(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        a, b, n = pal.any(), pal.any(), r.randint(6, 24)
        if r.random() < .5:
            for i in range(n):
                t0, t1 = 6.283 * i / n, 6.283 * (i + .6) / n
                cv.shape([(0, 0), (math.cos(t0) * 3, math.sin(t0) * 3),
                    (math.cos(t1) * 3, math.sin(t1) * 3)], a if i % 2 else b, f"ray{i}", None,
                    lineless=n > 14)
        else:
            for i in range(n):
                s = r.uniform(.02, .2)
                cv.shape(ellipse(r.uniform(-ax, ax), r.uniform(-ay, ay), s, s, 8),
                    a if i % 2 else b, f"bokeh{i}", lineless=n > 10)

    def _forest(self, cv: Canvas, r: random.Random, pal: Palette, ax: float, ay: float) -> None:
        self._hills(cv, r, pal, ax, ay)
        leaf, trunk = pal.tone(hsv(r.uniform(.1, .45), .6, r.uniform(.3, .8))), pal.tone((.4, .28,
            .18))
        for i in range(r.randint(2, 8)):
            x, y, s = r.uniform(-ax, ax), r.uniform(-.1, .4), r.uniform(.1, .3)
            cv.shape([(x - s * .15, y - s), (x + s * .15, y - s), (x + s * .2, y + s),
                (x - s * .2, y + s)], pal.near(trunk), f"trunk{i}", None, shade=pal.shade(trunk))
            n = 10
            p = [(x + math.cos(j * 6.283 / n) * s * r.uniform(.7, 1.1),
                y - s * 1.3 + math.sin(j * 6.283 / n) * s * r.uniform(.7, 1.1)) for j in range(n)]
            c = pal.near(leaf)
            cv.shape(p, c, f"leaf{i}", shade=pal.shade(c))
