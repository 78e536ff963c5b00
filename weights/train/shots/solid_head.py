# SPDX-License-Identifier: LGPL-2.1-or-later
"""The head of a solid figure: a skull with its face painted on, and hair that lies on it and hangs from it."""
from __future__ import annotations

import math
import random

import numpy as np

from .canvas import Colour, mix
from .motion import curve
from .palette import Palette
from .solid import Paint, Parts, Surface
from .solid_shapes import ball, ring, tube

# skull and face from crown to chin: y, half width, depth to the front, depth to the back
SECTIONS = np.array([(-1.0, .02, .02, .02), (-.93, .38, .36, .38), (-.75, .68, .66, .7), (-.45, .9, .86, .93),
    (-.1, .97, .9, 1.0), (.15, .95, .88, .95), (.4, .86, .9, .7), (.62, .72, .88, .35), (.82, .52, .84, .05),
    (.98, .26, .77, -.2), (1.04, .03, .68, -.45)])


class SolidHead:
    """Design and acting of one head; radius about 1, centre at the origin, face to +z."""

    def __init__(self, r: random.Random, pal: Palette, parts: Parts, action: float) -> None:
        u = r.uniform
        self.r, self.parts = r, parts
        self.jaw, self.point = u(.82, 1.12), u(0, 1)
        self.long = u(.95, 1.15)
        skin, hair = pal.skin(), pal.hair()
        sh = r.random() < .75
        self.skin_colour = skin
        self.skin_shade = pal.shade(skin, u(.5, 1)) if sh else None
        self.skin = parts.add("face", skin, self.skin_shade)
        self.under = parts.add("under", self.skin_shade or skin, None)
        self._eyes(r, pal, hair)
        self.mouth = parts.add("mouth", pal.tone((.5, .12, .14)))
        self.lip = parts.add("lip", mix(skin, (.3, .1, .1), .75), None, True)
        self.blush = parts.add("blush", mix(skin, (1, .4, .4), .35), None, False, self.skin) \
            if r.random() < .3 else 0
        self.nose = parts.add("nose", mix(skin, (.4, .2, .1), .6), None, True)
        self.ear = parts.add("ear", skin, self.skin_shade)
        self.mw, self.my = u(.1, .3), u(.66, .76)
        self._hair(r, pal, hair)
        self.open = curve(r, u(-.3, .6), .6 if r.random() < .6 else 0)
        self.lids = curve(r, u(.6, 1), r.choice([0, 0, .5]) * (action > 0))
        self.gaze = curve(r, u(-.3, .3), .4 * action)
        self.wind = curve(r, 0, .25 * action)

    def _eyes(self, r: random.Random, pal: Palette, hair: Colour) -> None:
        u, add = r.uniform, self.parts.add
        self.ex, self.ey = u(.33, .44), u(.16, .3)
        self.ew, self.eh = u(.17, .27), u(.12, .27)
        self.white = add("white", pal.tone((1, 1, 1)), pal.tone((.8, .8, .86)) if r.random() < .5 else None)
        iris = pal.any()
        self.iris, self.dusk = add("iris", iris), add("irist", mix(iris, (0, 0, 0), .45))
        self.pupil = add("pupil", mix(iris, (0, 0, 0), .85))
        self.glint = add("glint", (1, 1, 1))
        self.lash = add("lash", mix(pal.tone((.1, .06, .06)), hair, u(0, .3)), None, True)
        self.brow = add("brow", mix(hair, (.1, .05, .05), .5), None, True)
        self.tilt, self.raised = u(-.25, .25), u(.08, .2)
        self.thick = u(.02, .06)

    def _hair(self, r: random.Random, pal: Palette, hair: Colour) -> None:
        u, add = r.uniform, self.parts.add
        shade = pal.shade(hair) if r.random() < .8 else None
        lit = pal.lit(hair, u(.15, .4))
        self.vol = u(1.05, 1.16)
        self.line = u(-.55, -.3)
        self.cap = add("hair", hair, shade)
        self.shine = add("shine", lit, None, False, self.cap) if r.random() < .45 else 0
        self.band = add("hairband", pal.cloth()) if r.random() < .15 else 0
        self.shiny = u(-.5, -.2), u(.06, .14), u(4, 9)
        self.style = r.choice(["short", "short", "bob", "bob", "long", "long", "tail", "twins", "spikes"])
        self.length = {"short": u(.35, .7), "spikes": u(.3, .6), "bob": u(.8, 1.3),
            "long": u(1.8, 4.5)}.get(self.style, .55)
        self.back = add("backhair", hair, shade)
        self.jag, self.waves = u(.05, .3), r.randint(5, 14)
        n = r.randint(4, 9)
        span = u(.9, 1.25)
        self.locks = []     # where it begins about the head, how far down its tip, sideways, width
        for i in range(n):
            a = (i / (n - 1) * 2 - 1) * span
            drop = u(-.1, .45) if abs(a) < .6 else u(.1, .8)
            self.locks.append((a, drop, u(-.25, .25), u(.14, .3) * 6 / n + .05, add(f"lock{i}", hair, shade)))
        for s in (-1, 1):       # before the ears, down to the collar or over it
            for i in range(r.choice([0, 1, 1, 2, 3])):
                self.locks.append((s * u(1.05, 1.6), u(.7, r.choice([1.4, 2.8])), s * u(-.3, .1), u(.12, .36),
                    add(f"side{s}{i}", hair, shade)))
        self.tails = []
        if self.style in ("tail", "twins"):
            tie = add("tie", pal.cloth())
            ln, w = u(1.5, 4), u(.25, .5)
            for a in ([math.pi + u(-.2, .2)] if self.style == "tail" else [u(1.5, 2.1), -u(1.5, 2.1)]):
                self.tails.append((a, u(-.6, .2), ln, w, add(f"tail{a:.0f}", hair, shade), tie))
        self.spikes = []
        if self.style == "spikes":
            self.spikes = [(u(-3, 3), u(-.9, -.3), u(.3, .8), add(f"spike{i}", hair, shade))
                for i in range(r.randint(7, 14))]

    def _skull(self) -> tuple[np.ndarray, ...]:
        y, w, f, b = SECTIONS.T.copy()
        low = y > .2
        w[low] *= 1 + (self.jaw - 1) * np.minimum((y[low] - .2) * 2, 1)
        w[-3:] *= 1.15 - .5 * self.point
        y[low] *= self.long
        return y, w, f, b

    def _face(self, t: float) -> Paint:
        """Paint of the skull: what lies at a place of the face."""
        ys, ws, *_ = self._skull()
        opening, lids, gaze = max(self.open(t), 0.0), min(max(self.lids(t), .03), 1.0), self.gaze(t)
        rows = np.linspace(0, 1, len(ys))

        def paint(u: np.ndarray, v: np.ndarray) -> np.ndarray:
            y, w = np.interp(u, rows, ys), np.interp(u, rows, ws)
            th = (v * 2 - 1) * math.pi
            x = w * np.sin(th)
            front = abs(th) < 1.5
            out = np.full(np.broadcast_shapes(y.shape, x.shape), self.skin, np.int16)
            y = np.broadcast_to(y, out.shape)
            def put(m: np.ndarray, part: int) -> None:
                out[m & front] = part
            if self.blush:
                cx, cy = (abs(x) - self.ex * 1.15) / .17, (y - self.ey - self.eh * .8 - .1) / .08
                put(cx ** 2 + cy ** 2 < 1, self.blush)
            for s in (-1, 1):
                dx = (x - s * self.ex) / self.ew
                ax = np.clip(1 - dx * dx, 0, 1)
                slope = self.tilt * s * dx * self.eh
                top = self.ey + slope - self.eh * lids * ax ** .55
                low = self.ey + slope + self.eh * .75 * ax ** .8 * (.3 + .7 * lids)
                inside = (abs(dx) < 1) & (y > top) & (y < low)
                put(inside, self.white)
                ix = (dx - gaze * .4) / .62
                iy = (y - self.ey) / (self.eh * .95)
                ball_ = inside & (ix * ix + iy * iy < 1)
                put(ball_, self.iris)
                put(ball_ & (iy < -.25), self.dusk)
                put(inside & (ix * ix * 5 + iy * iy * 4 < 1), self.pupil)
                put(inside & ((ix + .35) ** 2 * 14 + (iy + .4) ** 2 * 12 < 1), self.glint)
                put((abs(dx) < 1.12) & (y <= top) & (y > top - self.thick * (.6 + .6 * abs(dx)) - .02), self.lash)
                by = self.ey - self.eh - self.raised + self.tilt * .5 * s * dx * self.eh + .05 * dx * dx
                put((abs(dx) < .95) & (abs(y - by) < self.thick * .5), self.brow)
            put((abs(x) < .025 + .03 * (y - .38)) & (y > .4) & (y < .5), self.nose)
            mx = x / (self.mw * (1 - .25 * opening))
            depth = .22 * opening * np.sqrt(np.clip(1 - mx * mx, 0, 1))
            put((abs(mx) < 1) & (abs(y - self.my) < .018), self.lip)
            put((abs(mx) < 1) & (y > self.my - depth * .2) & (y < self.my + depth), self.mouth)
            return out
        return paint

    def _shell(self) -> tuple[np.ndarray, ...]:
        """The skull grown by the volume of hair, going on down to its ends."""
        y, w, f, b = self._skull()
        k = self.vol
        keep = y < .3
        y, w, f, b = y[keep], w[keep], f[keep], b[keep]
        n = 6
        end = .2 + self.length
        more = np.linspace(.3, end, n)
        spread = 1 + .12 * min(self.length, 1.2) * np.linspace(0, 1, n)
        y = np.concatenate([y * k, more])
        return y, np.concatenate([w, .95 * spread]) * k, np.concatenate([f, np.full(n, .5)]) * k, \
            np.concatenate([b, np.linspace(.95, .9, n)]) * k

    def _cap(self) -> Paint:
        """Paint of that shell: hair where hair is, nothing before the face."""
        rows_y = self._shell()[0]
        rows = np.linspace(0, 1, len(rows_y))
        end = .2 + self.length
        low, high = self.shiny[0], self.shiny[1]

        def paint(u: np.ndarray, v: np.ndarray) -> np.ndarray:
            y = np.interp(u, rows, rows_y)
            th = abs(v * 2 - 1) * math.pi       # 0: front
            limit = np.interp(th, [0, .9, 1.25, 1.45, math.pi], [self.line, self.line + .1, .1, end, end])
            limit = limit - self.jag * abs(np.sin(v * math.pi * self.waves)) * (th > 1.3)
            out = np.where(y < limit, np.where(y < .35, self.cap, self.back), 0)
            if self.shine:
                wave = low + .05 * np.sin(v * 50 * self.shiny[2] / 6)
                out = np.where((y < limit) & (y > wave) & (y < wave + high) & (th < 2.2), self.shine, out)
            if self.band:
                out = np.where((y < limit) & (abs(th - 1.45) < .16) & (y < .1), self.band, out)
            return out.astype(np.int16)
        return paint

    def _lock(self, a: float, drop: float, side: float, width: float, part: int, sway: float) -> Surface:
        n = 10
        s = np.linspace(0, 1, n)
        y = -.82 * self.vol + (drop + .82) * s
        r = self.vol * (np.interp(y, SECTIONS[:, 0], SECTIONS[:, 1:3].mean(1)) * (y < .2) + (y >= .2) * .93) + .05
        r = np.maximum.accumulate(r)
        th = a * (.35 + .65 * np.sqrt(s)) + (side + sway) * s ** 2
        path = np.stack([r * np.sin(th), y, r * np.cos(th)], 1)
        w = width * np.sin(np.pi * np.clip(.12 + .88 * s, 0, 1) ** .7) + .01
        along = np.stack([np.cos(th), np.zeros(n), -np.sin(th)], 1)
        v = np.linspace(-1, 1, 5)
        bulge = .25 * (1 - v ** 2)
        out = np.stack([np.sin(th), np.zeros(n), np.cos(th)], 1)
        aside, up = w[:, None] * v, w[:, None] * bulge
        p = path[:, None] + aside[..., None] * along[:, None] + up[..., None] * out[:, None]
        return Surface(p, part, open=True)

    def surfaces(self, t: float, sway: float, hang: np.ndarray) -> list[Surface]:
        """In head space; `hang`: the direction straight down, there."""
        y, w, f, b = self._skull()
        q = ring(w, f, b, 40)
        face = np.stack([q[..., 0], np.repeat(y[:, None], q.shape[1], 1), q[..., 1]], -1)
        out = [Surface(face, self._face(t))]
        for s in (-1, 1):
            axes = np.array([[.1, 0, .1], [0, .24, 0], [-.04, 0, .14]])
            out.append(ball(np.array([s * .95, .22, -.05]), axes, self.ear, 7, 10))
        y, w, f, b = self._shell()
        q = ring(w, f, b, 40)
        hair = np.stack([q[..., 0], np.repeat(y[:, None], q.shape[1], 1), q[..., 1]], -1)
        far = np.clip((y - .4) / 1.5, 0, 2)[:, None, None]      # what is long hangs down and swings
        hair = hair + far * (hang * 1.5 - np.array([0, 1.5, 0])) + far * np.array([sway * .4, 0, -abs(sway) * .1])
        out.append(Surface(hair, self._cap(), open=True))
        wind = self.wind(t) + .3 * sway
        out += [self._lock(a, d, s, wd, part, wind) for a, d, s, wd, part in self.locks]
        for a, y0, ln, wd, part, tie in self.tails:
            root = np.array([math.sin(a) * 1.02, y0, math.cos(a) * 1.02]) * self.vol
            s = np.linspace(0, 1, 12)[:, None]
            away = np.array([math.sin(a), 0, math.cos(a)])
            path = root + away * .5 * np.sin(s * 2) + hang * ln * s ** 1.3 + np.array([sway, 0, 0]) * s ** 2
            out.append(tube(path, wd * np.sin(np.pi * (.15 + .85 * s[:, 0]) ** .8) + .02, part))
            out.append(tube(path[:2] - away * .08, np.array([wd * .6, wd * .6]), tie))
        for a, y0, ln, part in self.spikes:
            d = np.array([math.sin(a), y0 - .1, math.cos(a)])
            d /= np.linalg.norm(d)
            root = np.array([math.sin(a) * .8, y0, math.cos(a) * .8])
            s = np.linspace(0, 1, 7)[:, None]
            path = root + d * (ln + .3) * s + np.array([wind, .15, 0]) * s ** 2
            out.append(tube(path, .3 * (1 - s[:, 0]) ** .8 + .01, part))
        return out
