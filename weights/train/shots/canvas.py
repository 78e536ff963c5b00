# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three cairo surfaces drawn in step: colour, line art and region identity.

Points are transformed by numpy, so that line widths stay in pixels and hand wobble
("line boil") is added once for all three surfaces."""
from __future__ import annotations

import math
from dataclasses import dataclass
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
    double: bool = False         # sketchy: every line twice, shifted
    boil: float = 0.0            # wobble per drawing, pixels
    shadow_line: float = -1.0    # gray level of shadow separation lines, < 0 = none
    outline: str = "black"       # colour frame: black, brown, self, none
    outline_colour: Colour = (0.1, 0.05, 0.05)
    light: tuple[float, float] = (-0.1, -0.1)   # offset of the lit shape, share of its size
    shade: float = 0.0           # probability that a shape has a shadow
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

    def __init__(self, width: int, height: int, ids: Ids, style: LineStyle) -> None:
        self.w, self.h, self.ids, self.style = width, height, ids, style
        self.matrix = affine(1, 1, 0, 0, 0)
        self.phase = 0.0
        self.prefix = ""
        self.col_s = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
        self.line_s = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
        self.reg_s = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
        self.col, self.line, self.reg = (cairo.Context(s) for s in (self.col_s, self.line_s, self.reg_s))
        self.line.set_source_rgb(1, 1, 1)
        self.line.paint()
        self.reg.set_antialias(cairo.ANTIALIAS_NONE)
        for c in (self.col, self.line):
            c.set_line_join(cairo.LINE_JOIN_ROUND)
            c.set_line_cap(cairo.LINE_CAP_ROUND)
            c.set_tolerance(0.25)

    # -- geometry
    def tf(self, pts) -> np.ndarray:
        p = np.asarray(pts, dtype=np.float64) @ self.matrix[:, :2].T + self.matrix[:, 2]
        b = self.style.boil
        if b > 0:
            q = p[:, ::-1] * (6.0 / self.h) * 4
            p = p + b * np.sin(q + self.phase + p * (9.0 / self.h))
        return p

    @staticmethod
    def trace(ctx: cairo.Context, p: np.ndarray, sharp: Optional[Sequence[int]], closed: bool) -> None:
        """Catmull-Rom through p; indices in `sharp` are corners; sharp=() polygon if None."""
        ctx.new_path()
        if sharp is None:
            pts = p.tolist()
            ctx.move_to(*pts[0])
            for x, y in pts[1:]:
                ctx.line_to(x, y)
            if closed:
                ctx.close_path()
            return
        n = len(p)
        nxt = np.concatenate((p[1:], p[:1]))
        prv = np.concatenate((p[-1:], p[:-1]))
        t = (nxt - prv) / 6.0
        if not closed:
            t[0] = t[-1] = 0
        if len(sharp):
            t[list(sharp)] *= 0.0
        # keep handles shorter than the segments they serve
        seg = np.hypot(*(nxt - p).T) + 1e-9
        tl = np.hypot(*t.T) + 1e-9
        t1 = t * np.minimum(1.0, 0.45 * seg / tl)[:, None]
        t2 = t * np.minimum(1.0, 0.45 * np.concatenate((seg[-1:], seg[:-1])) / tl)[:, None]
        a = p + t1
        b = nxt - np.concatenate((t2[1:], t2[:1]))
        rows = np.concatenate((a, b, nxt), axis=1).tolist()
        ctx.move_to(*p[0].tolist())
        for r in rows if closed else rows[:n - 1]:
            ctx.curve_to(*r)
        if closed:
            ctx.close_path()

    def set_region(self, key: str) -> None:
        i = self.ids[self.prefix + key]
        self.reg.set_source_rgb((i >> 16 & 255) / 255, (i >> 8 & 255) / 255, (i & 255) / 255)

    # -- drawing
    def shape(self, pts, col: Colour, key: str, sharp: Optional[Sequence[int]] = (), outline: bool = True,
              lw: float = 1.0, shade: Optional[Colour] = None, inside: Sequence = (), light: float = 1.0,
              shifted: Optional[tuple[float, float]] = None, lineless: bool = False) -> None:
        """Closed shape. `shade`: colour of the shadow crescent away from the light; `inside`: list of
        callables drawn clipped to the shape; `lineless`: no line in the line art and none in colour."""
        p = self.tf(pts)
        if p[:, 0].max() < -8 or p[:, 0].min() > self.w + 8 or p[:, 1].max() < -8 or p[:, 1].min() > self.h + 8:
            return
        st = self.style
        self.trace(self.col, p, sharp, True)
        path = self.col.copy_path()
        base = col if shade is None else shade
        self.col.set_source_rgb(*base)
        self.col.fill_preserve()
        self.reg.append_path(path)
        self.set_region(key if shade is None else key + "/s")
        self.line.append_path(path)
        black = st.black_fill and max(base) < 0.12
        if not lineless:
            self.line.set_source_rgb(*((0, 0, 0) if black else (1, 1, 1)))
            self.line.fill_preserve()
        if shade is not None or inside:
            for c in (self.col, self.line, self.reg):
                c.save()
            self.reg.fill_preserve()
            for c in (self.col, self.line, self.reg):
                c.clip()
            if shade is not None:
                ext = np.ptp(p, axis=0)
                e = min(ext[0], ext[1])
                dx, dy = shifted if shifted is not None else (st.light[0] * e * light, st.light[1] * e * light)
                self.trace(self.col, p + (dx, dy), sharp, True)
                lit = self.col.copy_path()
                self.col.set_source_rgb(*col)
                self.col.fill()
                self.reg.append_path(lit)
                self.set_region(key)
                self.reg.fill()
                if st.shadow_line >= 0:
                    self.line.append_path(lit)
                    self.line.set_source_rgb(*(st.shadow_line,) * 3)
                    self.line.set_line_width(st.width * 0.7)
                    self.line.stroke()
            for f in inside:
                f()
            for c in (self.col, self.line, self.reg):
                c.restore()
            self.line.new_path()
            self.line.append_path(path)
            self.col.new_path()
            self.col.append_path(path)
        else:
            self.reg.fill()
        if outline and not lineless:
            self._ink(path, lw, col)
        self.col.new_path()
        self.line.new_path()

    def _ink(self, path, lw: float, col: Colour) -> None:
        st = self.style
        w = st.width * lw
        ln = self.line
        g = st.gray
        ln.set_source_rgb(g, g, g)
        ln.set_line_width(w)
        if st.gap > 0:
            on = self.h * 0.12
            ln.set_dash([on * (1 - st.gap), on * st.gap * 0.3, on * 1.7, on * st.gap * 0.2], self.phase * 7)
        ln.stroke()
        if st.double:
            ln.save()
            ln.translate(math.sin(self.phase * 3) * w * 0.8, math.cos(self.phase * 5) * w * 0.8)
            ln.append_path(path)
            ln.set_line_width(w * 0.5)
            ln.stroke()
            ln.restore()
        if st.gap > 0:
            ln.set_dash([])
        c = self.ink_colour(col)
        if c is not None:
            self.col.set_source_rgb(*c)
            self.col.set_line_width(w)
            self.col.stroke()

    def ink_colour(self, col: Colour) -> Optional[Colour]:
        o = self.style.outline
        if o == "none":
            return None
        if o == "self":
            return (col[0] * 0.45, col[1] * 0.38, col[2] * 0.4)
        return self.style.outline_colour

    def stroke(self, pts, lw: float = 1.0, col: Colour = (0.5, 0.5, 0.5), gray: Optional[float] = None,
               ink: Optional[Colour] = None, taper: Optional[bool] = None) -> None:
        """Open line (fold, brow, strand); `col` the fill it lies on, for self-coloured outlines."""
        p = self.tf(pts)
        st = self.style
        w = max(st.width * lw, 0.5)
        c = ink if ink is not None else self.ink_colour(col)
        g = st.gray if gray is None else gray
        if st.taper if taper is None else taper:
            n = 9
            q = resample(p, n)
            d = np.gradient(q, axis=0)
            d = d[:, ::-1] * (1, -1) / (np.hypot(*d.T)[:, None] + 1e-6)
            half = (0.62 * w * np.sin(np.linspace(0.25, math.pi - 0.1, n)))[:, None]
            poly = np.concatenate((q + d * half, (q - d * half)[::-1]))
            for ctx, s in ((self.line, (g, g, g)), (self.col, c)):
                if s is not None:
                    self.trace(ctx, poly, (0, n - 1, n, 2 * n - 1), True)
                    ctx.set_source_rgb(*s)
                    ctx.fill()
            return
        for ctx, s in ((self.line, (g, g, g)), (self.col, c)):
            if s is not None:
                self.trace(ctx, p, (), False)
                ctx.set_source_rgb(*s)
                ctx.set_line_width(w)
                ctx.stroke()

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """colour [H,W,3] uint8, line [H,W] uint8, region [H,W] int32 (copies)."""
        out = []
        for s in (self.col_s, self.line_s, self.reg_s):
            s.flush()
            a = np.frombuffer(s.get_data(), np.uint8).reshape(self.h, s.get_stride() // 4, 4)[:, :self.w]
            out.append(a)
        c, ln, r = out
        reg = r[..., 0].astype(np.int32) | r[..., 1].astype(np.int32) << 8 | r[..., 2].astype(np.int32) << 16
        return c[..., 2::-1].copy(), ln[..., 1].copy(), reg


def resample(p: np.ndarray, n: int) -> np.ndarray:
    """n points along a Catmull-Rom curve through p, uniform in parameter."""
    m = len(p)
    if m == 2:
        return p[0] + (p[1] - p[0]) * np.linspace(0, 1, n)[:, None]
    u = np.linspace(0, m - 1, n)
    i = np.minimum(u.astype(int), m - 2)
    f = (u - i)[:, None]
    p0, p1, p2, p3 = p[np.maximum(i - 1, 0)], p[i], p[i + 1], p[np.minimum(i + 2, m - 1)]
    return 0.5 * (2 * p1 + (p2 - p0) * f + (2 * p0 - 5 * p1 + 4 * p2 - p3) * f * f + (3 * p1 - p0 - 3 * p2 + p3) * f ** 3)


def tube(centre, widths, n: int = 7) -> np.ndarray:
    """Closed contour around a curved centre line; widths are half-widths, interpolated."""
    c = resample(np.asarray(centre, dtype=np.float64), n)
    d = np.gradient(c, axis=0)
    d = d[:, ::-1] * (1, -1) / (np.hypot(*d.T)[:, None] + 1e-9)
    w = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(widths)), widths)[:, None]
    return np.concatenate((c + d * w, (c - d * w)[::-1]))


def ellipse(cx: float, cy: float, rx: float, ry: float, n: int = 10, rot: float = 0.0) -> np.ndarray:
    a = np.arange(n) * (2 * math.pi / n)
    x, y = rx * np.cos(a), ry * np.sin(a)
    c, s = math.cos(rot), math.sin(rot)
    return np.stack((cx + x * c - y * s, cy + x * s + y * c), axis=1)
