# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three cairo surfaces drawn in step: colour, line art and region identity.

Points are transformed by numpy, so that line widths stay in pixels and hand wobble
("line boil") is added once for all three surfaces."""
from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional, Sequence

import cairo
import numpy as np

Colour = tuple[float, float, float]


@dataclass
class LineStyle:
    """How a shot is inked. Widths in pixels of the frame."""
    width: float = 1.2
    gray: float = 0.0            # darkness of the line art's lines, 0 = black
    taper: bool = False          # open strokes thin out at their ends
    gap: float = 0.0             # share of the line left out, 0 = closed
    nib: float = 1.0             # flat nib: thickness across / along, 1 = round
    nib_angle: float = 0.0
    double: bool = False         # sketchy: every line twice, shifted
    boil: float = 0.0            # wobble per drawing, pixels
    shadow_line: float = -1.0    # gray level of shadow separation lines, < 0 = none
    outline: str = "black"       # colour frame: black, brown, self, none
    outline_colour: Colour = (0.1, 0.05, 0.05)
    light: tuple[float, float] = (-0.1, -0.1)   # offset of the lit shape, share of its size
    shade: float = 0.0           # probability that a shape has a shadow
    gradient: float = 0.0        # how far large fills run into their shadow colour
    black_fill: bool = False     # solid black areas are black in the line art too


def mix(a: Colour, b: Colour, t: float) -> Colour:
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)


class Ids:
    """Region key (any string) -> identity, stable over a shot."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}

    def __getitem__(self, key: str) -> int:
        return self.ids.setdefault(key, len(self.ids) + 1)


def affine(sx: float, sy: float, rot: float, tx: float, ty: float) -> np.ndarray:
    """2x3 matrix: scale, then rotate, then translate."""
    c, s = math.cos(rot), math.sin(rot)
    return np.array([[c * sx, -s * sy, tx], [s * sx, c * sy, ty]])


def compose(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a after b."""
    out = a[:, :2] @ b
    out[:, 2] += a[:, 2]
    return out


class Canvas:
    """One frame being drawn. `matrix` maps drawing units to pixels."""

    def __init__(self, width: int, height: int, ids: Ids, style: LineStyle,
            inked: bool = True) -> None:
        """`inked` false leaves the line art blank (it will be extracted from the colour)."""
        self.w, self.h, self.ids, self.style = width, height, ids, style
        self.matrix = affine(1, 1, 0, 0, 0)
        self.phase = 0.0
        self.prefix = ""
        self.col_s = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
        self.line_s = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
        self.reg_s = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
        self.col, self.line, self.reg = (cairo.Context(s) for s in (self.col_s, self.line_s,
            self.reg_s))
        self.line.set_source_rgb(1, 1, 1)
        self.line.paint()
        self.reg.set_antialias(cairo.ANTIALIAS_NONE)
        self.inked = inked
        self.all = (self.col, self.line, self.reg) if inked else (self.col, self.reg)
        for c in (self.col, self.line):
            c.set_antialias(cairo.ANTIALIAS_FAST)
            c.set_line_join(cairo.LINE_JOIN_ROUND)
            c.set_line_cap(cairo.LINE_CAP_ROUND)
            c.set_tolerance(0.25)

    # -- geometry
    def tf(self, pts) -> np.ndarray:
        p = np.asarray(pts, dtype=np.float64) @ self.matrix[:, :2].T + self.matrix[:, 2]
        b = self.style.boil
        if b > 0:
            p = p + b * np.sin(p[:, ::-1] * (24.0 / self.h) + self.phase + p * (9.0 / self.h))
        return p

    @staticmethod
    def trace(ctx: cairo.Context, p: np.ndarray, sharp: Optional[Sequence[int]],
            closed: bool) -> None:
        """Catmull-Rom through p; indices in `sharp` are corners, None makes a polygon."""
        pts = p.tolist()
        ctx.new_path()
        ctx.move_to(*pts[0])
        if sharp is None:
            line_to = ctx.line_to
            for x, y in pts[1:]:
                line_to(x, y)
            if closed:
                ctx.close_path()
            return
        n = len(pts)
        curve_to, hypot = ctx.curve_to, math.hypot
        px, py = pts[-1]
        x, y = pts[0]
        seg0 = hypot(x - px, y - py)
        bx = by = 0.0
        m = n + 1 if closed else n
        for i in range(m):
            nx, ny = pts[(i + 1) % n]
            seg = hypot(nx - x, ny - y)
            j = i % n
            if j in sharp or (not closed and (i == 0 or i == n - 1)):
                tx = ty = f = g = 0.0
            else:
                tx, ty = (nx - px) / 6, (ny - py) / 6
                ln = hypot(tx, ty) + 1e-9
                # handles stay shorter than the segments they serve
                f, g = min(1.0, .45 * seg / ln), min(1.0, .45 * seg0 / ln)
            if i:
                curve_to(px + bx, py + by, x - tx * g, y - ty * g, x, y)
            bx, by = tx * f, ty * f
            px, py, x, y, seg0 = x, y, nx, ny, seg
        if closed:
            ctx.close_path()

    def set_region(self, key: str) -> None:
        i = self.ids[self.prefix + key]
        self.reg.set_source_rgb((i >> 16 & 255) / 255, (i >> 8 & 255) / 255, (i & 255) / 255)

    def _paint(self, col: Colour, key: str, y0: float, y1: float) -> None:
        """Source of a fill: flat, or running darker towards one end for some larger shapes."""
        g = self.style.gradient
        k = self.ids[self.prefix + key] if g else 0
        if not g or k % 3 or y1 - y0 < self.h * .12:
            self.col.set_source_rgb(*col)
            return
        grad = cairo.LinearGradient(0, y0, 0, y1)
        a, b = (0, 1) if k % 2 else (1, 0)
        grad.add_color_stop_rgb(a, *col)
        grad.add_color_stop_rgb(b, *(x * (1 - g) for x in col))
        self.col.set_source(grad)

    # -- drawing
    def shape(self, pts, col: Colour, key: str, sharp: Optional[Sequence[int]] = (),
            outline: bool = True, lw: float = 1.0, shade: Optional[Colour] = None,
            inside: Sequence = (), light: float = 1.0, shifted: Optional[tuple[float,
            float]] = None, lineless: bool = False) -> None:
        """Closed shape through `pts` (drawing units), corners at `sharp` (None: a polygon).

        shade: colour of the shadow crescent away from the light, its own region `key`/s;
        light, shifted: how far the lit part moves, as a share of the size or in pixels;
        inside: callables that draw clipped to the shape; lineless: no line anywhere."""
        p = self.tf(pts)
        (x0, y0), (x1, y1) = p.min(axis=0).tolist(), p.max(axis=0).tolist()
        if x1 < -8 or x0 > self.w + 8 or y1 < -8 or y0 > self.h + 8:
            return
        if x1 - x0 < .5 and y1 - y0 < .5:
            return
        if x1 - x0 < 3.5 and y1 - y0 < 3.5:
            sharp = None    # too small for curves to show
        st, inked = self.style, self.inked and not lineless
        self.trace(self.col, p, sharp, True)
        path = self.col.copy_path()
        base = col if shade is None else shade
        if shade is None:
            self._paint(col, key, y0, y1)
        else:
            self.col.set_source_rgb(*base)
        self.col.fill_preserve()
        self.reg.append_path(path)
        self.set_region(key if shade is None else key + "/s")
        if inked:
            self.line.append_path(path)
            black = st.black_fill and max(base) < 0.12
            self.line.set_source_rgb(*((0, 0, 0) if black else (1, 1, 1)))
            self.line.fill_preserve()
        if shade is not None or inside:
            self.reg.fill_preserve()
            if lineless and self.inked:
                self.line.append_path(path)
            for c in self.all:
                c.save()
                c.clip()
            if shade is not None:
                e = min(x1 - x0, y1 - y0)
                dx, dy = shifted if shifted is not None else (st.light[0] * e * light,
                    st.light[1] * e * light)
                for c, drawn in ((self.col, True), (self.reg, True),
                        (self.line, self.inked and st.shadow_line >= 0)):
                    if not drawn:
                        continue
                    c.save()
                    c.translate(dx, dy)
                    c.append_path(path)
                    c.restore()
                self._paint(col, key, y0, y1)
                self.col.fill()
                self.set_region(key)
                self.reg.fill()
                if self.inked and st.shadow_line >= 0:
                    self.line.set_source_rgb(*(st.shadow_line,) * 3)
                    self.line.set_line_width(st.width * 0.7)
                    self.line.stroke()
            for f in inside:
                f()
            for c in self.all:
                c.restore()
            if outline and not lineless:
                self.col.append_path(path)
                if self.inked:
                    self.line.append_path(path)
        else:
            self.reg.fill()
        if outline and not lineless:
            self._ink(path, lw, col)
        self.col.new_path()
        self.line.new_path()

    def shadow(self, pts, col: Colour, key: str, sharp: Optional[Sequence[int]] = ()) -> None:
        """A patch of shadow or light: no ink, in the line art at most its separation line."""
        self.shape(pts, col, key, sharp, lineless=True)
        g = self.style.shadow_line
        if self.inked and g >= 0:
            self.trace(self.line, self.tf(pts), sharp, True)
            self.line.set_source_rgb(g, g, g)
            self.line.set_line_width(self.style.width * .7)
            self.line.stroke()

    def _pen(self, ctx: cairo.Context, w: float) -> None:
        """Stroke the path, with a flat nib if the style has one."""
        ctx.set_line_width(w)
        nib = self.style.nib
        if nib < 1:
            ctx.save()
            ctx.rotate(self.style.nib_angle)
            ctx.scale(1, nib)
            ctx.stroke()
            ctx.restore()
        else:
            ctx.stroke()

    def _ink(self, path, lw: float, col: Colour) -> None:
        st = self.style
        w = st.width * lw
        if self.inked:
            ln, g = self.line, st.gray
            ln.set_source_rgb(g, g, g)
            if st.gap > 0:
                on = self.h * 0.12
                ln.set_dash([on * (1 - st.gap), on * st.gap * 0.3, on * 1.7, on * st.gap * 0.2],
                    self.phase * 7)
            self._pen(ln, w)
            if st.double:
                ln.save()
                ln.translate(math.sin(self.phase * 3) * w * 0.8, math.cos(self.phase * 5) * w * 0.8)
                ln.append_path(path)
                ln.restore()
                ln.set_line_width(w * 0.5)
                ln.stroke()
            if st.gap > 0:
                ln.set_dash([])
        c = self.ink_colour(col)
        if c is not None:
            self.col.set_source_rgb(*c)
            self._pen(self.col, w)

    def ink_colour(self, col: Colour) -> Optional[Colour]:
        o = self.style.outline
        if o == "none":
            return None
        if o == "self":
            return (col[0] * 0.45, col[1] * 0.38, col[2] * 0.4)
        return self.style.outline_colour

    def stroke(self, pts, lw: float = 1.0, col: Colour = (0.5, 0.5, 0.5),
            gray: Optional[float] = None, ink: Optional[Colour] = None,
            taper: Optional[bool] = None) -> None:
        """Open line (fold, brow, strand); `col` the fill it lies on, for self-coloured outlines."""
        p = self.tf(pts)
        (x0, y0), (x1, y1) = p.min(axis=0).tolist(), p.max(axis=0).tolist()
        if x1 < -4 or x0 > self.w + 4 or y1 < -4 or y0 > self.h + 4 or (x1 - x0 < .7 and y1
                - y0 < .7):
            return
        st = self.style
        w = max(st.width * lw, 0.4)
        c = ink if ink is not None else self.ink_colour(col)
        g = st.gray if gray is None else gray
        jobs = [(self.col, c)] if c is not None else []
        if self.inked:
            jobs.append((self.line, (g, g, g)))
        if not jobs:
            return
        first = jobs[0][0]
        tapered = (st.taper if taper is None else taper) and w > .8
        if tapered:
            self.trace(first, tube(p, TAPER * w, 7), (0, 6, 7, 13), True)
        else:
            self.trace(first, p, () if x1 - x0 > 5 or y1 - y0 > 5 else None, False)
        path = first.copy_path() if len(jobs) > 1 else None
        for ctx, s in jobs:
            if ctx is not first:
                ctx.append_path(path)
            ctx.set_source_rgb(*s)
            if tapered:
                ctx.fill()
            else:
                self._pen(ctx, w)

    @contextmanager
    def pixels(self, surface: cairo.ImageSurface) -> Iterator[np.ndarray]:
        """The pixels of col_s, line_s or reg_s [H,W,4] (blue, green, red, unused), to be changed in place."""
        surface.flush()
        yield np.ndarray((self.h, surface.get_stride() // 4, 4), np.uint8, surface.get_data())[:, :self.w]
        surface.mark_dirty()

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """colour [H,W,3] uint8, line [H,W] uint8, region [H,W] int32 (copies)."""
        out = []
        for s in (self.col_s, self.line_s, self.reg_s):
            s.flush()
            a = np.frombuffer(s.get_data(), np.uint8).reshape(self.h, s.get_stride() // 4, 4)[:,
                :self.w]
            out.append(a)
        c, ln, r = out
        reg = r[..., 0].astype(np.int32) | r[..., 1].astype(np.int32) << 8 | r[...,
            2].astype(np.int32) << 16
        return c[..., 2::-1].copy(), ln[..., 1].copy(), reg


TAPER = np.array([.12, .4, .58, .62, .55, .35, .08])


@lru_cache(maxsize=256)
def _basis(m: int, n: int) -> np.ndarray:
    """n x m matrix: Catmull-Rom through m points, sampled at n uniform parameters."""
    u = np.linspace(0, m - 1, n)
    i = np.minimum(u.astype(int), m - 2)
    f = u - i
    b = np.zeros((n, m))
    rows = np.arange(n)
    w = (-f + 2 * f ** 2 - f ** 3, 2 - 5 * f ** 2 + 3 * f ** 3, f + 4 * f ** 2 - 3 * f ** 3,
        -f ** 2 + f ** 3)
    for k in range(4):
        np.add.at(b, (rows, np.clip(i + k - 1, 0, m - 1)), w[k] * .5)
    return b


@lru_cache(maxsize=256)
def _slopes(m: int, n: int) -> np.ndarray:
    """n x m matrix: the direction of that curve at the same parameters."""
    return np.gradient(_basis(m, n), axis=0)


@lru_cache(maxsize=512)
def _interp(n: int, m: int) -> np.ndarray:
    u = np.linspace(0, m - 1, n)
    return np.maximum(0, 1 - np.abs(u[:, None] - np.arange(m)))


def resample(p: np.ndarray, n: int) -> np.ndarray:
    """n points along a Catmull-Rom curve through p, uniform in parameter."""
    return _basis(len(p), n) @ p


def tube(centre, widths, n: int = 7) -> np.ndarray:
    """Closed contour around a curved centre line; widths are half-widths, interpolated."""
    p = np.asarray(centre, dtype=np.float64)
    c = _basis(len(p), n) @ p
    d = _slopes(len(p), n) @ p
    w = _interp(n, len(widths)) @ np.asarray(widths, dtype=np.float64)
    k = w / (np.sqrt((d * d).sum(axis=1)) + 1e-9)
    o = np.empty_like(d)
    o[:, 0] = d[:, 1] * k
    o[:, 1] = -d[:, 0] * k
    return np.concatenate((c + o, (c - o)[::-1]))


@lru_cache(maxsize=64)
def _circle(n: int) -> np.ndarray:
    a = np.arange(n) * (2 * math.pi / n)
    return np.stack((np.cos(a), np.sin(a)), axis=1)


def ellipse(cx: float, cy: float, rx: float, ry: float, n: int = 10,
        rot: float = 0.0) -> np.ndarray:
    c, s = math.cos(rot), math.sin(rot)
    return _circle(n) @ np.array([[rx * c, rx * s], [-ry * s, ry * c]]) + (cx, cy)
