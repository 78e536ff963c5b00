# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rotations, and the surfaces that solid figures are made of: tubes, balls and cross sections.

x to the right, y down, z to the viewer."""
from __future__ import annotations

import numpy as np

from .solid import Paint, Surface


def turn(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    """Rotation about z, then x, then y; y > 0 turns the front (+z) to +x."""
    cx, sx, cy, sy, cz, sz = np.cos(x), np.sin(x), np.cos(y), np.sin(y), np.cos(z), np.sin(z)
    rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rz = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return ry @ rx @ rz


def smooth(points: np.ndarray, n: int) -> np.ndarray:
    """n points along a quadratic curve that begins and ends with `points` and is drawn to those between."""
    t = np.linspace(0, 1, n)[:, None]
    if len(points) == 3:        # a joint: straight bones, rounded where they meet
        a, b, c = points
        p = np.where(t < .5, a + (b - a) * 2 * t, b + (c - b) * (2 * t - 1))
        r = .14
        k = np.clip((t - (.5 - r)) / (2 * r), 0, 1)
        p0, p1 = a + (b - a) * (1 - 2 * r), b + (c - b) * 2 * r
        return np.where(abs(t - .5) < r, (1 - k) ** 2 * p0 + 2 * k * (1 - k) * b + k ** 2 * p1, p)
    seg = np.linspace(0, 1, len(points))
    return np.stack([np.interp(t[:, 0], seg, points[:, i]) for i in range(3)], 1)


def tube(path: np.ndarray, radius: np.ndarray, paint: int | Paint, around: int = 14, side: np.ndarray | None = None,
        flat: float = 1.0) -> Surface:
    """A round or `flat` tube along path [n,3], closed at both ends; `side`: about the direction of its width. v = 0
    and 1 meet on the side away from it."""
    d = np.gradient(path, axis=0)
    d /= np.linalg.norm(d, axis=1, keepdims=True) + 1e-9
    ref = np.array([1.0, 0.1, 0.2]) if side is None else np.asarray(side, float)
    a = ref - d * (d @ ref)[:, None]
    a /= np.linalg.norm(a, axis=1, keepdims=True) + 1e-9
    b = np.cross(d, a)
    th = np.linspace(-np.pi, np.pi, around + 1)
    r = np.asarray(radius, float)[:, None, None]
    p = path[:, None] + r * (np.cos(th)[None, :, None] * a[:, None] + flat * np.sin(th)[None, :, None] * b[:, None])
    cap = lambda q: np.repeat(q[None, None], around + 1, axis=1)
    e0 = path[0] - d[0] * radius[0] * .5
    e1 = path[-1] + d[-1] * radius[-1] * .5
    return Surface(np.concatenate([cap(e0), p, cap(e1)]), paint)


def bands(first: int, *more: tuple[float, int]) -> Paint:
    """Paint that changes along u: from each of those places on, that part."""
    def paint(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        out = np.full(u.shape, first)
        for begin, part in more:
            out[u > begin] = part
        return np.broadcast_to(out, np.broadcast_shapes(u.shape, v.shape))
    return paint


def ball(centre: np.ndarray, axes: np.ndarray, paint: int | Paint, n: int = 11, m: int = 18) -> Surface:
    """Ellipsoid; axes [3,3]: its half axes as rows (width, pole, depth)."""
    u = np.linspace(0, np.pi, n)[:, None]
    v = np.linspace(-np.pi, np.pi, m)[None]
    q = np.stack([np.sin(u) * np.sin(v), -np.cos(u) * np.ones_like(v), np.sin(u) * np.cos(v)], -1)
    return Surface(centre + q @ axes, paint, turned=bool(np.linalg.det(axes) < 0))


def ring(width: np.ndarray, front: np.ndarray, back: np.ndarray, m: int = 28, power: float = 1.0) -> np.ndarray:
    """Cross sections [n,m,2] (x, z) of half width, depth to the front and to the back; v = .5 is the front.
    power < 1 makes them squarer."""
    v = np.linspace(-np.pi, np.pi, m)
    s, c = np.sign(np.sin(v)) * abs(np.sin(v)) ** power, np.sign(np.cos(v)) * abs(np.cos(v)) ** power
    d = np.where(c[None] > 0, np.asarray(front)[:, None], np.asarray(back)[:, None])
    return np.stack([np.asarray(width)[:, None] * s[None], d * c[None]], -1)
