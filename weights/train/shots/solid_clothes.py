# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a solid figure wears: shirts, jackets, dresses, trousers, skirts, shoes, gloves, a cape; as paint on the body's
surfaces and as surfaces of their own."""
from __future__ import annotations

import math
import random

import numpy as np

from .canvas import Colour
from .palette import Palette
from .solid import Parts, Surface
from .solid_head import SolidHead
from .solid_shapes import ball, bands, ring, tube


class SolidClothes:
    """Colours and cuts of one figure's clothes."""

    def __init__(self, r: random.Random, pal: Palette, parts: Parts, head: SolidHead) -> None:
        u = r.uniform
        shaded = r.random() < .8
        skin, skin_shade = head.skin_colour, head.skin_shade

        def cloth(name: str, c: Colour | None = None) -> int:
            c = pal.cloth() if c is None else c
            return parts.add(name, c, pal.shade(c) if shaded else None)
        self.chest = parts.add("chest", skin, skin_shade)
        top = pal.cloth()
        self.top = cloth("top", top)
        self.inner, self.trim = cloth("inner"), cloth("trim")
        self.button = parts.add("button", pal.cloth())
        self.cut = r.choice(["tee", "tee", "jacket", "shirt", "sailor", "stripes", "panel", "tank"])
        self.neckline, self.deep = u(.25, .5), u(.05, .3)
        self.opening, self.rows, self.level = u(.15, .5), r.randint(2, 6), u(.3, .6)
        self.dress = r.random() < .25
        self.kind = "skirt" if self.dress or r.random() < .3 else r.choice(["pants", "pants", "shorts"])
        self.bottom = self.top if self.dress else cloth("bottom")
        self.belt = cloth("belt") if r.random() < .5 else 0
        self.slim, self.hips = u(.62, .9), u(.72, 1.0)
        self.deepness = u(.5, .75)
        self.sleeve = r.choice([0.0, .35, .5, 1.0, 1.0, 1.0]) if self.cut != "tank" else 0.0
        self.puff, self.cuff = u(1.1, 1.7), r.random() < .6
        self.sleeves = {s: cloth("sleeve" + s, top if r.random() < .7 else None) for s in "LR"} \
            if r.random() < .3 else dict.fromkeys("LR", 0)
        c = parts.all[self.trim if r.random() < .2 else self.top].colour
        for s in "LR":
            self.sleeves[s] = self.sleeves[s] or cloth("sleeve" + s, c)
        self.arms = {s: parts.add("arm" + s, skin, skin_shade) for s in "LR"}
        self.cuffs = {s: cloth("cuff" + s, parts.all[self.trim].colour) for s in "LR"}
        glove = pal.cloth() if r.random() < .12 else skin
        gsh = (pal.shade(glove) if shaded else None) if glove is not skin else skin_shade
        self.hand = {s: [parts.add(f"hand{s}{i}", glove, gsh) for i in range(6)] for s in "LR"}
        self.bands = r.random() < .15
        bc, sc = parts.all[self.bottom].colour, pal.cloth()
        kc = pal.tone((.95, .95, .97)) if r.random() < .5 else pal.cloth()
        self.legs = {s: parts.add("leg" + s, skin, skin_shade) for s in "LR"}
        self.pants = {s: cloth("pants" + s, bc) for s in "LR"}
        self.socks = {s: cloth("sock" + s, kc) for s in "LR"}
        self.shoes = {s: cloth("shoe" + s, sc) for s in "LR"}
        self.sole = parts.add("sole", pal.cloth())
        self.wide, self.sock = u(1.1, 1.7), r.choice([.6, .75, .85])
        self.skirt = cloth("skirt", bc)
        self.hem = cloth("hem") if r.random() < .35 else 0
        self.lining = parts.add("lining", pal.shade(bc))
        self.flare, self.long, self.pleats = u(1.1, 2.2), u(.3, .75), r.choice([0, 0, 9, 14])
        self.cape_ = cloth("cape") if r.random() < .12 else 0
        self.cape_long = u(1.0, 2.2)
        self.scarf = cloth("scarf") if r.random() < .15 else 0
        self.collar = cloth("collar", parts.all[self.trim].colour) if r.random() < .4 else 0

    def _top(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Paint of the trunk, u from the neck to the crotch."""
        th = (v * 2 - 1) * math.pi
        x, d = np.sin(th), (u - .06) / .94      # across; 0 shoulders, 1 crotch
        front = abs(th) < math.pi / 2
        out = np.full(np.broadcast_shapes(u.shape, v.shape), self.top, np.int16)

        def put(m: np.ndarray, part: int) -> None:
            out[np.broadcast_to(m, out.shape)] = part
        c = self.cut
        if c == "stripes":
            put((d * self.rows * 2) % 1 < .4, self.trim)
        elif c == "panel":
            put(d > self.level, self.inner)
            put(abs(d - self.level) < .03, self.trim)
        elif c == "jacket":
            wide = self.opening * (1.2 - d * .7)
            put(front & (abs(x) < wide), self.inner)
            put(front & (abs(abs(x) - wide - .05) < .05), self.trim)
        elif c == "shirt":
            put(front & (abs(x) < .035), self.trim)
            put(front & (abs(x) < .022) & ((d * self.rows) % 1 < .16), self.button)
        elif c == "sailor":
            put(front & (d < .3) & (abs(x) < .75 - d * 2.3) & (abs(x) > .6 - d * 2.3), self.trim)
            put(~front & (d < .3) & (abs(x) < .8), self.trim)
            put(front & (abs(x) < .16) & (d > .22) & (d < .36), self.button)
        if c in ("tee", "stripes", "panel", "shirt", "sailor", "tank"):
            neck = self.neckline * np.sqrt(np.clip(1 - (d / self.deep) ** 2, 0, 1)) if c != "sailor" else .55 - d * 2.2
            put(front & (abs(x) < neck) & (d < self.deep if c != "sailor" else d < .25), self.chest)
        if c == "tank":
            put((d < .12) & (abs(x) > .62), self.chest)
        put(d < 0, self.chest)
        put(d > .93 if not self.dress else d > 1.5, self.bottom)
        if self.belt:
            put((d > .86) & (d < .93), self.belt)
            put(front & (d > .855) & (d < .935) & (abs(x) < .1), self.button)
        return out

    def trunk(self, sw: float, torso: float, nw: float, hip: np.ndarray, o: np.ndarray, chest: np.ndarray,
            c: np.ndarray) -> Surface:
        """From the neck over shoulders, waist and hips down to the crotch."""
        d = np.array([-.06, 0, .04, .1, .2, .35, .55, .7, .85, .95, 1.06])
        w = np.array([nw * .9, nw * 1.1, sw * .55, sw * .84, sw * .92, sw * .88, sw * self.slim * 1.05, sw * self.slim,
            sw * self.hips, sw * self.hips, sw * .3])
        deep = np.array([.8, .9, .85, .75, .68, .66, .68, .7, .74, .72, .6]) * self.deepness / .68
        deep = np.minimum(deep * w, sw * self.deepness) + .02
        q = ring(w, deep, deep * .9, 32, .8)
        local = np.stack([q[..., 0], np.zeros(q.shape[:2]), q[..., 1]], -1)
        f = d[:, None, None]
        low, high = local @ hip.T, local @ chest.T
        centre = c + (o - c) * f + (chest @ np.array([0, 0, .12])) * np.sin(np.clip(f, 0, 1) * math.pi)
        return Surface(centre + high * (1 - np.clip(f, 0, 1)) + low * np.clip(f, 0, 1), self._top)

    def arm(self, path: np.ndarray, w: float, side: str) -> list[Surface]:
        n = len(path)
        s = np.linspace(0, 1, n)
        out = [tube(path, w * np.interp(s, [0, .5, .6, 1], [1.0, .82, .88, .6]), self.arms[side])]
        part, cuff, k = self.sleeves[side], self.cuffs[side], self.sleeve
        if k > 0:
            m = max(4, int(round(n * k)))
            ss = np.linspace(0, 1, m)
            paint = bands(part, *([(.4, self.trim), (.5, part)] if self.bands else []),
                *([(.9, cuff)] if self.cuff else []))
            width = np.interp(ss, [0, .3, .8, 1], [1.3, 1.2 * self.puff ** .5, self.puff, 1.1])
            out.append(tube(path[:m], w * width, paint))
        return out

    def leg(self, path: np.ndarray, w: float, side: str, facing: np.ndarray) -> list[Surface]:
        n = len(path)
        s = np.linspace(0, 1, n)
        bare = bands(self.legs[side], (self.sock, self.socks[side]))
        out = [tube(path, w * np.interp(s, [0, .45, .6, 1], [1.15, .8, .85, .5]), bare)]
        if self.kind != "skirt":
            m = n if self.kind == "pants" else int(n * .45)
            ss = np.linspace(0, 1, m)
            out.append(tube(path[:m], w * np.interp(ss, [0, .5, 1], [1.25, 1.05, .8 * self.wide]), self.pants[side]))
        fwd, down = facing @ np.array([0, 0, 1.0]), np.array([0, 1.0, 0])
        across = np.cross(down, fwd)
        foot = path[-1] + fwd * w * .7
        shoe = bands(self.shoes[side], (.72, self.sole))
        out.append(ball(foot, np.array([across * w * .75, down * w * .62, fwd * w * 1.6]), shoe, 9, 14))
        return out

    def below(self, sw: float, legs: float, hip: np.ndarray, o: np.ndarray, knees: list[np.ndarray], lw: float,
            sway: float) -> list[Surface]:
        """A skirt, over the thighs; of who sits, along them."""
        if self.kind != "skirt":
            return []
        thighs = (knees[0] + knees[1]) / 2 - o
        if thighs @ hip[:, 1] < .6 * np.linalg.norm(thighs):
            s = np.linspace(-.12, min(self.long * 2, .95), 9)[:, None]
            wide = np.linalg.norm(knees[1] - knees[0]) / 2 + lw * 1.5
            r = np.interp(s[:, 0], [-.12, .1, 1], [sw * self.hips * .95, sw * self.hips, wide])
            return [tube(o + thighs * s, r, bands(self.skirt, (.88, self.hem or self.skirt)), 24, hip[:, 0], .62)]
        ln = legs * self.long
        s = np.linspace(0, 1, 7)[:, None]
        th = np.linspace(-math.pi, math.pi, 57)[None]
        w = sw * self.hips * (1 + (self.flare - 1) * s ** .8)
        fold = 1 + .06 * s * np.cos(th * self.pleats) if self.pleats else 1 + .04 * s * np.sin(th * 5)
        x, z = w * fold * np.sin(th) * .95, w * fold * np.cos(th) * .8
        out = np.zeros((2,))
        for k in knees:         # the hem goes where the thighs push it
            q = (k - o) @ hip
            out = np.maximum(out, [abs(q[0]) - sw * .4, q[2] * min(self.long * 2, 1)])
        x = x + np.sign(np.sin(th)) * s * max(out[0], 0) * .5 + sway * s ** 2
        z = z + np.clip(np.cos(th), 0, 1) * s * max(out[1], 0) * .9
        y = -.25 + ln * s * np.ones_like(th)
        p = np.stack([x, y, z], -1)
        paint = bands(self.skirt, (.82, self.hem or self.skirt), (.92, self.skirt))
        inside = p * np.array([.97, 1, .97])
        return [Surface(o + p @ hip.T, paint), Surface(o + inside @ hip.T, self.lining, turned=True)]

    def cape(self, sw: float, torso: float, chest: np.ndarray, c: np.ndarray, sway: float) -> list[Surface]:
        """Cape, scarf and collar."""
        out = []
        if self.cape_:
            s, v = np.linspace(0, 1, 8)[:, None], np.linspace(-1, 1, 15)[None]
            x = sw * v * (.8 + .6 * s) + sway * s
            y = .05 + self.cape_long * torso * s * np.ones_like(v)
            z = -.3 - .5 * np.sqrt(np.clip(1 - v * v, 0, 1)) * sw * .6 - .5 * s + .1 * np.sin(v * 9) * s
            out.append(Surface(c + np.stack([x, y, z], -1) @ chest.T, self.cape_, open=True))
        for part, y, w, h in ((self.scarf, -.02, .62, .2), (self.collar if not self.scarf else 0, -.05, .52, .13)):
            if part:
                th = np.linspace(0, 2 * math.pi, 24)
                path = np.stack([w * np.sin(th), np.full(24, y) + .06 * np.cos(th), .8 * w * np.cos(th)], 1)
                out.append(tube(c + path @ chest.T, np.full(24, h), part, 10))
        return out
