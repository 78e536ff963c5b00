# SPDX-License-Identifier: LGPL-2.1-or-later
"""Solid bodies as line art and flat colour: surfaces in space, what is seen of them, lines where one part ends.

A surface is a coarse grid of points that is sampled densely enough to leave no hole, each sample with the part of the
drawing it belongs to; the nearest sample of a pixel is seen. x to the right, y down, z to the viewer."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage as nd

from .canvas import Canvas, Colour

Paint = Callable[[np.ndarray, np.ndarray], np.ndarray]      # u [n,1], v [1,m] in 0..1 -> part [n,m], 0 cut away
DENSITY = 1.45      # samples a pixel, along each side of a grid
STEP = 0.16         # depth between neighbouring pixels that makes a line within a part, drawing units


@dataclass
class Part:
    """One fill of the drawing: its own region, and another where it lies in shadow."""
    name: str
    colour: Colour
    shade: Colour | None = None
    ink: bool = False           # a line itself: lash, brow, mouth
    soft: int = 0               # the part it passes into without a line


@dataclass
class Parts:
    """The parts of a figure by number, from 1."""
    all: list[Part] = field(default_factory=lambda: [Part("", (0.0, 0.0, 0.0))])

    def add(self, name: str, colour: Colour, shade: Colour | None = None, ink: bool = False, soft: int = 0) -> int:
        self.all.append(Part(name, colour, shade, ink, soft))
        return len(self.all) - 1


@dataclass
class Surface:
    """points [n,m,3] by u, downward or along, and v, around; `turned`: mirrored, v runs the other way about;
    `open`: seen from both sides."""
    points: np.ndarray
    paint: int | Paint
    open: bool = False
    turned: bool = False


@dataclass
class View:
    """How space is seen: rotation, then perspective from `distance`, then the canvas's matrix."""
    rotation: np.ndarray
    distance: float

    def __call__(self, p: np.ndarray) -> np.ndarray:
        q = p @ self.rotation.T
        q[..., :2] *= (self.distance / np.maximum(self.distance - q[..., 2:], .2 * self.distance))
        return q


def normals(p: np.ndarray, turned: bool) -> np.ndarray:
    """Unit normals of a grid [n,m,3]."""
    n = np.cross(np.gradient(p, axis=1), np.gradient(p, axis=0))
    n /= np.linalg.norm(n, axis=-1, keepdims=True) + 1e-9
    return -n if turned else n


def _between(n: int, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where samples lie along a grid's side of n points whose segments are so many pixels long: point, fraction."""
    i, f = [], []
    for k in range(n - 1):
        m = int(min(max(lengths[k] * DENSITY, 1), 4000)) + 1
        i.append(np.full(m, k))
        f.append(np.arange(m) / m)
    return np.concatenate([*i, [n - 2]]), np.concatenate([*f, [1.0]]).astype(np.float32)


class Picture:
    """What is seen of surfaces, `fine` times the canvas's resolution."""

    def __init__(self, canvas: Canvas, view: View, light: np.ndarray, edge: float, fine: int) -> None:
        self.cv, self.view, self.fine = canvas, view, fine
        self.light, self.edge = light, edge
        self.h, self.w = canvas.h * fine, canvas.w * fine
        self.z = np.full(self.h * self.w, -1e9, np.float32)
        self.part = np.zeros(self.h * self.w, np.int16)
        self.dark = np.zeros(self.h * self.w, bool)

    def add(self, s: Surface) -> None:
        """Draws a surface over and behind what is there."""
        q = self.view(s.points)
        n = normals(s.points @ self.view.rotation.T, s.turned)
        xy = self.fine * self.cv.tf(q[..., :2].reshape(-1, 2)).reshape(*q.shape[:2], 2)
        lit = n @ self.light
        # toward the eye, which is at a finite distance
        eye = np.array([0, 0, self.view.distance], np.float32) - s.points @ self.view.rotation.T
        facing = (n * eye).sum(-1)
        lo, hi = xy.min((0, 1)), xy.max((0, 1))
        if hi[0] < 0 or hi[1] < 0 or lo[0] > self.w or lo[1] > self.h or (hi - lo).max() < 1:
            return
        grid = np.concatenate([xy, q[..., 2:], lit[..., None], facing[..., None]], -1).astype(np.float32)
        rows, cols = grid.shape[:2]
        i, f = _between(rows, np.linalg.norm(np.diff(xy, axis=0), axis=-1).max(1))
        j, g = _between(cols, np.linalg.norm(np.diff(xy, axis=1), axis=-1).max(0))
        near = (np.minimum(xy[:-1, :, 1], xy[1:, :, 1]).min(1) < self.h) & (np.maximum(xy[:-1, :, 1],
            xy[1:, :, 1]).max(1) > 0)
        keep = near[i]
        i, f = i[keep], f[keep]
        if not len(i):
            return
        a = grid[i] + (grid[i + 1] - grid[i]) * f[:, None, None]
        a = a[:, j] + (a[:, j + 1] - a[:, j]) * g[None, :, None]
        part = s.paint
        if callable(part):
            part = part(((i + f) / (rows - 1))[:, None], ((j + g) / (cols - 1))[None])
        part = np.broadcast_to(np.asarray(part, np.int16), a.shape[:2])
        x, y = a[..., 0].astype(np.int32), a[..., 1].astype(np.int32)
        m = (part > 0) & (a[..., 0] >= 0) & (x < self.w) & (a[..., 1] >= 0) & (y < self.h)
        if not s.open:
            m &= a[..., 4] > 0
        at, z, part = (y * self.w + x)[m], a[..., 2][m], part[m]
        dark = (np.where(a[..., 4] < 0, -a[..., 3], a[..., 3]) < self.edge)[m]
        for _ in range(6):      # of samples of the same pixel any may be written; until none is nearer
            won = z > self.z[at] + 1e-3
            if not won.any():
                break
            at, z, part, dark = at[won], z[won], part[won], dark[won]
            self.z[at], self.part[at], self.dark[at] = z, part, dark

    @staticmethod
    def _mended(part: np.ndarray, dark: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, ...]:
        """Single pixels that samples missed become what is round them."""
        left = part[1:-1, :-2]
        hole = (left == part[1:-1, 2:]) & (left == part[:-2, 1:-1]) & (left == part[2:, 1:-1])
        out = []
        hole &= left != part[1:-1, 1:-1]
        for a in (part, dark, z):
            a = a.copy()
            a[1:-1, 1:-1] = np.where(hole, a[1:-1, :-2], a[1:-1, 1:-1])
            out.append(a)
        return tuple(out)

    def _edges(self, a: np.ndarray) -> np.ndarray:
        """Pixels of [h,w] that differ from the one to the right or below."""
        e = np.zeros(a.shape, bool)
        e[:, :-1] |= a[:, :-1] != a[:, 1:]
        e[:-1] |= a[:-1] != a[1:]
        return e

    def _shrunk(self, a: np.ndarray) -> np.ndarray:
        k = self.fine
        h, w = a.shape[:2]
        return a.reshape(h // k, k, w // k, k, *a.shape[2:]).mean((1, 3))

    def finish(self, parts: Parts) -> None:
        """Puts the picture on the canvas: colour, lines and regions."""
        seen = np.flatnonzero(self.part)
        if not len(seen):
            return
        k, pad = self.fine, 4
        top, bottom = seen[0] // self.w, seen[-1] // self.w
        columns = seen % self.w
        y0, y1 = max(top // k - pad, 0), min(bottom // k + pad + 1, self.cv.h)
        x0, x1 = max(int(columns.min()) // k - pad, 0), min(int(columns.max()) // k + pad + 1, self.cv.w)
        box = np.s_[y0 * k:y1 * k, x0 * k:x1 * k]
        part, dark, z = (b.reshape(self.h, self.w)[box] for b in (self.part, self.dark, self.z))
        part, dark, z = self._mended(part.astype(np.int32), dark, z)
        st, all_ = self.cv.style, parts.all
        shaded = np.array([p.shade is not None for p in all_])
        dark = dark & shaded[part]
        table = np.array([[p.colour, p.shade or p.colour] for p in all_], np.float32)
        colour = table[part, dark.astype(np.int8)]
        joined = np.array([p.soft or i for i, p in enumerate(all_)])[part]
        edge = self._edges(joined)
        same = joined[:, :-1] == joined[:, 1:]
        edge[:, :-1] |= same & (np.abs(z[:, :-1] - z[:, 1:]) > STEP)
        same = joined[:-1] == joined[1:]
        edge[:-1] |= same & (np.abs(z[:-1] - z[1:]) > STEP)
        half = st.width * k / 2
        line = np.clip(half + .5 - nd.distance_transform_edt(~edge), 0, 1).astype(np.float32) if edge.any() \
            else np.zeros(edge.shape, np.float32)
        inked = np.array([p.ink for p in all_])[part]
        body = part > 0
        line = np.maximum(line, inked)
        cover = np.maximum(body, line)
        ink = self.cv.ink_colour((.5, .4, .4))
        if ink is not None:
            drawn = np.where(inked, 0, line)[..., None]
            colour = colour * (1 - drawn) + np.array(ink, np.float32) * drawn
        else:
            cover = np.maximum(body, 0.0)
        self._colour(colour, cover, (y0, y1, x0, x1))
        if self.cv.inked:
            self._line(part, dark, line, cover, all_, (y0, y1, x0, x1))
        ids = np.array([[self.cv.ids[self.cv.prefix + p.name + s] for s in ("", "/s" if p.shade else "")]
            for p in all_])
        self._region(ids[part, dark.astype(np.int8)], body, (y0, y1, x0, x1))

    def _colour(self, colour: np.ndarray, cover: np.ndarray, box: tuple[int, int, int, int]) -> None:
        y0, y1, x0, x1 = box
        c = self._shrunk(colour * cover[..., None])
        a = self._shrunk(cover.astype(np.float32))[..., None]
        with self.cv.pixels(self.cv.col_s) as px:
            old = px[y0:y1, x0:x1, 2::-1].astype(np.float32)
            px[y0:y1, x0:x1, 2::-1] = np.clip(old * (1 - a) + 255 * c + .5, 0, 255).astype(np.uint8)

    def _line(self, part: np.ndarray, dark: np.ndarray, line: np.ndarray, cover: np.ndarray, all_: list[Part],
            box: tuple[int, int, int, int]) -> None:
        st = self.cv.style
        y0, y1, x0, x1 = box
        black = np.array([st.black_fill and max(p.shade or p.colour) < .12 for p in all_])[part]
        v = np.where(black, 0, 1).astype(np.float32)
        if st.shadow_line >= 0:
            lit = self._edges(dark.astype(np.int8)) & (part > 0)
            v = np.where(nd.binary_dilation(lit, iterations=max(1, int(st.width * self.fine * .35))),
                np.minimum(v, st.shadow_line), v)
        v = v * (1 - line) + np.float32(st.gray) * line
        a = self._shrunk(cover.astype(np.float32))
        v = self._shrunk(v * cover)
        with self.cv.pixels(self.cv.line_s) as px:
            old = px[y0:y1, x0:x1, 0].astype(np.float32)
            px[y0:y1, x0:x1, :3] = np.clip(old * (1 - a) + 255 * v + .5, 0, 255).astype(np.uint8)[..., None]

    def _region(self, ids: np.ndarray, body: np.ndarray, box: tuple[int, int, int, int]) -> None:
        y0, y1, x0, x1 = box
        k = self.fine // 2
        ids, body = ids[k::self.fine, k::self.fine], body[k::self.fine, k::self.fine]
        with self.cv.pixels(self.cv.reg_s) as px:
            for c in range(3):
                px[y0:y1, x0:x1, c] = np.where(body, ids >> (8 * c) & 255, px[y0:y1, x0:x1, c])
