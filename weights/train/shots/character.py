# SPDX-License-Identifier: LGPL-2.1-or-later
"""A drawn person: design constants of one character and its drawing in any pose.

Units: head radius 1, head centre (0, 0), y down. The head is a pseudo-3D ball whose
parts move by parallax as it turns; the body is a jointed figure seen from the front."""
from __future__ import annotations

import math
import random

from .acting import Acting
from .arms import Build
from .canvas import Canvas, affine, compose, tube
from .clothes import Clothes, Trunk
from .hands import Hand
from .head import Head
from .motion import curve
from .palette import Palette


class Character:
    """Design (constants) and acting (curves over t in 0..1) of one person."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float, sprite: bool = False) -> None:
        """`sprite`: the proportions of game sprites, big head, hands and shoes."""
        r = self.rng = rng
        self.name = name
        self.head = Head(rng, pal, name, action, sprite)
        self.skin = self.head.skin
        u = r.uniform
        kid = r.random() < (.75 if sprite else .3)
        self.big = (u(1.0, 1.6) if sprite else r.choice([1.0, 1.0, 1.3, 0.8])) if kid else 1.0
        self.hands = u(1.2, 2.0) if sprite else u(.9, 1.2)
        self.feet = u(1.2, 2.2) if sprite else u(.9, 1.2)
        self.sw = u(0.75, 1.1) if kid else u(1.0, 1.75)        # half shoulder width
        self.ww = self.sw * u(0.6, 0.95)                          # waist
        self.hw = self.sw * u(0.65, 1.0)
        self.torso = u(1.3, 1.9) if kid else u(2.2, 3.2)
        self.legs = u(1.0, 2.0) if kid else u(3.0, 4.6)
        self.arm = self.torso * u(0.45, 0.6)
        self.aw = u(0.2, 0.4) if not kid else u(0.16, 0.3)
        self.lw = u(0.28, 0.55)
        self.nw = u(0.25, 0.45)
        self.neck = u(0.25, 0.6)
        self.clothes = Clothes(r, pal, self.skin)
        self.skirt = self.clothes.kind == "dress" or r.random() < 0.3
        c = pal.cloth
        self.bottom, self.shoe = c(), c()
        if max(self.clothes.top) < .2 and r.random() < .7:
            self.bottom = self.clothes.top
        self.sock = pal.tone((0.95, 0.95, 0.97)) if r.random() < 0.5 else c()
        self.sleeve = r.choice([0.0, 0.45, 0.45, 0.95, 1.0, 1.0])
        self.pants = r.choice([0.5, 1.0, 1.0])
        self.flare = u(0.9, 1.8)
        self.sh, self.pal = self.clothes.sh, pal
        dark = r.random() < .65
        self.pleats = r.random() < .5 and dark
        self.knee = r.random() < .5 and dark
        self.band = c() if r.random() < .15 else None
        self.cape = c() if r.random() < 0.12 else None
        # acting
        k = action
        self.acting = Acting(r, k, Build(self.sw, self.torso, self.arm, .3 + self.clothes.slope,
            (self.neck + .95 - self.head.chin) * self.big, (self.neck + .95) * self.big))
        self.lean = curve(r, u(-0.06, 0.06), 0.05 * k)
        self.bob = curve(r, 0, 0.04 * k)
        self.sway = curve(r, 0, 0.5 * k)
        self.belt = r.random() < .6
        self.front_arm = r.random() < 0.6
        self.hand = Hand(r, pal, self.skin, self.aw * 1.05 * self.hands, sprite)
        self.tops = self.neck + 0.95

    # -- drawing
    def draw(self, cv: Canvas, t: float) -> None:
        cv.prefix = self.name
        base = cv.matrix
        act = self.acting
        p = self.p = act.pose(t)
        stand = self._stand(p)
        foot = self.tops + self.torso + self.legs
        sq = act.stretch(t)
        m = affine(1 - sq, 1 + sq, self.lean(t), 0, foot - act.lift(t))
        body = compose(base, compose(m, affine(1, 1, 0, 0, -foot)))
        yaw, sway = p["yaw"], self.sway(t)
        self.head.extra = .7 * yaw
        hip = foot - stand
        upper = compose(body, compose(affine(1, 1, p["bend"], 0, hip), affine(1, 1, 0, 0, -hip)))
        top = hip - self.torso + self.bob(t)
        headm = compose(upper, affine(self.big, self.big, -p["bend"] * .5, yaw * 0.15,
            top - self.tops * self.big))
        cv.matrix = upper
        self.clothes.draw_behind(cv, self._trunk(t, top, hip, yaw, sway))
        cv.matrix = headm
        self.head.back(cv, t, sway)
        cv.matrix = upper
        self.clothes.extras.behind(cv, top, hip, self.sw, sway)
        if self.cape:
            w = self.sw * 1.15
            cv.shape([(-w * .6, top), (w * .6, top), (w * 1.2 + sway * .3, hip),
                (w * 1.1 + sway, hip + 1.5), (sway * 0.7, hip + 1.7), (-w * 1.1 + sway, hip + 1.5),
                (-w * 1.2 + sway * .3, hip)], self.cape, "cape", (0, 1, 3, 5),
                shade=self.sh("cape", self.cape))
        arms = ["L", "R"] if (p["over"] or -yaw) > 0 else ["R", "L"]
        # before the chest goes an arm whose hand is there; before the head one that is raised to it
        layer = {s: self._layer(s, top, hip, yaw) for s in arms}
        if self.front_arm and layer[arms[1]] == 0 and p["z" + arms[1]] == 0:
            layer[arms[1]] = 1
        lap = p["lap"] > .5
        for s in arms:
            if layer[s] == 0:
                self._arm(cv, t, s, top, yaw)
        cv.matrix = body
        if not lap:
            self._legs(cv, t, hip, yaw, sway)
        cv.matrix = upper
        self._torso(cv, t, top, hip, yaw, sway)
        if lap:
            cv.matrix = body
            self._legs(cv, t, hip, yaw, sway)
            cv.matrix = upper
        for s in arms:
            if layer[s] == 1:
                self._arm(cv, t, s, top, yaw)
        cv.matrix = headm
        self.head.front(cv, t, sway)
        cv.matrix = upper
        for s in arms:
            if layer[s] == 2:
                self._arm(cv, t, s, top, yaw)
        cv.matrix = base

    def _seen(self, bone: str) -> float:
        """Share of a bone's length in sight."""
        return min(max(self.p["f" + bone], .12), 1.3)

    def _joints(self, side: str, top: float, yaw: float) -> tuple[tuple[float, float], ...]:
        """Shoulder, elbow, wrist."""
        s = -1 if side == "L" else 1
        a, b = self.p["u" + side], self.p["l" + side]
        u, v = self.arm * self._seen("u" + side), self.arm * self._seen("l" + side)
        x, y = s * self.sw * .85 * math.cos(yaw * .75), top + .3 + self.clothes.slope
        e = (x + s * math.sin(a) * u, y + math.cos(a) * u)
        return (x, y), e, (e[0] + s * math.sin(a + b) * v, e[1] + math.cos(a + b) * v)

    def _layer(self, side: str, top: float, hip: float, yaw: float) -> int:
        """0 behind the chest, 1 before it, 2 before the head."""
        z = self.p["z" + side]
        if z < -.5:
            return 0
        _, _, (x, y) = self._joints(side, top, yaw)
        if y < top + .1 and abs(x) < 1.3 * self.big:
            return 2
        return 1 if z > .5 or abs(x) < self.sw * .75 and y < hip else 0

    def _stand(self, p: dict[str, float]) -> float:
        """Height of the hip over the lower foot."""
        return max(.2, *(math.cos(p["t" + s]) * p["ft" + s] + math.cos(p["t" + s] + p["s" + s]) * p["fs" + s]
            for s in "LR")) * self.legs / 2

    def head_at(self, t: float) -> tuple[float, float]:
        """How far bending, crouching or sitting moves the head."""
        p = self.acting.pose(t)
        stand = self._stand(p)
        up = self.torso + self.tops
        return up * math.sin(p["bend"]), self.legs - stand + up * (1 - math.cos(p["bend"]))

    def span(self) -> tuple[float, float]:
        """Top and bottom of the standing figure."""
        return self.tops - (self.tops + 1.5) * self.big, self.tops + self.torso + self.legs + .45

    def _legs(self, cv: Canvas, t: float, hip: float, yaw: float, sway: float) -> None:
        fore = math.cos(yaw * 0.75)
        ln = self.legs / 2
        for side, s in (("L", -1), ("R", 1)):
            a, b = self.p["t" + side], self.p["s" + side]
            x0 = s * self.hw * 0.52 * fore
            ft, fs = self._seen("t" + side), self._seen("s" + side)
            k = (x0 + s * math.sin(a) * ln * ft, hip + math.cos(a) * ln * ft)
            f = (k[0] + s * math.sin(a + b) * ln * fs, k[1] + math.cos(a + b) * ln * fs)
            w = self.lw
            n = w * (1 + .35 * max(1 - ft, 0))      # a knee that comes nearer
            pts = [(x0, hip - 0.1), ((x0 + k[0]) / 2, (hip + k[1]) / 2), k,
                ((k[0] + f[0]) / 2, (k[1] + f[1]) / 2), f]
            bare = self.skirt or self.pants < 1
            cv.shape(tube(pts, [w * 1.1, (w + n) / 2, n * .8, (w + n) / 2 * .85, w * .55]),
                self.skin if bare else self.bottom, "leg" + side, (0, 6, 7, 13),
                shade=self.sh("leg", self.skin if bare else self.bottom))
            if bare:
                cv.shape(tube([pts[3], ((pts[3][0] + f[0]) / 2, (pts[3][1] + f[1]) / 2), f],
                    [w * .88, w * .8, w * .6], 4), self.sock, "sock" + side, (0, 3, 4, 7),
                    shade=self.sh("sock", self.sock))
                if not self.skirt:
                    cv.shape(tube(pts[:3], [w * 1.15, (w + n) / 2 * 1.15, n * 1.1], 5), self.bottom,
                        "shorts" + side, (0, 4, 5, 9), shade=self.sh("shorts", self.bottom))
            else:
                if self.knee:
                    cv.shadow([(x0 - w * .8, hip + .2), (x0 + w * .3, hip + .35),
                        (x0 + w * .1, hip + ln * .7)], self.pal.shade(self.bottom), "crotch" + side,
                        (0, 1, 2))
                    cv.shadow([(k[0] - w * .5, k[1] + .1), (k[0] + w * .5, k[1] + .05),
                        (f[0] + w * .1, f[1] * .7 + k[1] * .3)], self.pal.shade(self.bottom),
                        "shin" + side, (0, 1, 2))
                cv.stroke([(k[0] - w * .6 * s, k[1] - .1), (k[0] + w * .2 * s, k[1])], 0.7,
                    self.bottom)
            d, w = (s * 0.35 + yaw * 0.6) * self.feet, w * (.6 + .4 * self.feet)
            cv.shape([(f[0] - w * .6, f[1] - .05), (f[0] + w * .6, f[1] - .05),
                (f[0] + w * .6 + max(d, 0), f[1] + .3), (f[0] + w * .6 + max(d, 0), f[1] + .42),
                (f[0] - w * .6 + min(d, 0), f[1] + .42), (f[0] - w * .6 + min(d, 0), f[1] + .3)],
                self.shoe, "shoe" + side, (0, 1, 3, 4), shade=self.sh("shoe", self.shoe))
        if self.skirt:
            w, fl = self.hw * fore, self.flare
            L = self.legs * 0.42
            n = 7
            hem = [(w * fl * (1 - 2 * i / n) + sway * 0.4,
                hip + L + 0.12 * (i % 2) + 0.05 * math.sin(i + sway * 4)) for i in range(n + 1)]
            col = self.clothes.top if self.clothes.kind == "dress" else self.bottom
            cv.shape([(-w * .95, hip - .3), (w * .95, hip - .3)] + hem, col, "skirt",
                tuple(range(n + 3)), shade=self.sh("skirt", col))
            for i in range(1, n, 2):
                x, y = hem[i]
                if self.pleats:
                    cv.shadow([hem[i], hem[i + 1], (hem[i][0] * .72, hip + L * .15)],
                        self.pal.shade(col), f"pleat{i}", None)
                cv.stroke([(x, y), (x * 0.75, hip + L * .3)], 0.8, col)

    def _torso(self, cv: Canvas, t: float, top: float, hip: float, yaw: float, sway: float) -> None:
        q = self._trunk(t, top, hip, yaw, sway)
        self.clothes.draw(cv, q)
        if self.belt and (not self.skirt or self.clothes.kind != "dress"):
            w, c = q.hw, self.clothes
            cv.shape([(-w * 1.02, hip - .12), (w * 1.02, hip - .12), (w * 1.02, hip + .1),
                (-w * 1.02, hip + .1)], c.trim, "belt", None)
            cv.shape([(q.sy - .14, hip - .14), (q.sy + .14, hip - .14), (q.sy + .14, hip + .12),
                (q.sy - .14, hip + .12)], c.pcol, "buckle", None, lw=.8)

    def _trunk(self, t: float, top: float, hip: float, yaw: float, sway: float) -> Trunk:
        k = math.cos(yaw * .75)
        return Trunk(top, hip, self.sw * k, self.ww * k, self.hw * k, self.nw, math.sin(yaw) * .5, sway,
            .03 * math.sin(t * 5), t, (yaw * .15, top - (self.tops - .5) * self.big))

    def _arm(self, cv: Canvas, t: float, side: str, top: float, yaw: float) -> None:
        s = -1 if side == "L" else 1
        (x, y), e, h = self._joints(side, top, yaw)
        d = self.p["u" + side] + self.p["l" + side]
        w = self.aw
        pts = [(x, y), ((x + e[0]) / 2, (y + e[1]) / 2), e, ((e[0] + h[0]) / 2, (e[1] + h[1]) / 2),
            h]
        ux, uy = s * math.sin(d), math.cos(d)
        fu, fl = self._seen("u" + side), self._seen("l" + side)
        # the nearer end of a bone seen short is the larger
        n = w * (1 + .3 * max(1 - fu, 0))
        m = n * (1 + .3 * max(1 - fl, 0))
        shaded = self.sh("hand", self.skin) is not None
        toward = fl < .62
        if not toward:
            self.hand.draw(cv, h, ux, uy, s, side, shaded, m / w)
        if self.sleeve < 1:
            cv.shape(tube(pts, [w * 1.05, w * .9, n * .8, m * .8, m * .55]), self.skin,
                "arm" + side, (6, 7), shade=self.sh("arm", self.skin))
        col = self.clothes.sleeve()
        if self.sleeve > 0:
            k = self.sleeve
            cl = pts if k > 0.9 else [pts[0], pts[1], (pts[1][0] * .4 + e[0] * .6,
                pts[1][1] * .4 + e[1] * .6)]
            ws = [w * 1.25, w * 1.2, n * 1.1, n * 1.15, m * 1.05] if k > 0.9 else [w * 1.25,
                w * 1.3, n * 1.4]
            cv.shape(tube(cl, ws), col, "sleeve" + side, (6, 7), shade=self.sh("sleeve", col))
            if k > 0.9:
                q = (h[0] - ux * .12, h[1] - uy * .12)
                cv.shape(tube([q, (h[0] + ux * .06, h[1] + uy * .06)], [m * 1.12, m * 1.15], 2),
                    self.clothes.trim, "cuff" + side, None)
                if self.knee:
                    cv.shadow([(e[0] - uy * w * s, e[1] + ux * w * s),
                        (e[0] + ux * .5, e[1] + uy * .5), (e[0] + uy * w * .2 * s + ux * .15,
                        e[1] + uy * .15)], self.pal.shade(col), "elbow" + side, (0, 1))
                if self.band:
                    cv.shape(tube([pts[1], ((pts[1][0] * .6 + e[0] * .4),
                        (pts[1][1] * .6 + e[1] * .4))], [w * 1.22, w * 1.2], 2), self.band,
                        "band" + side, None, lw=.8)
                cv.stroke([(e[0] - uy * w, e[1] + ux * w), (e[0] + .05, e[1])], .8, col)
                cv.stroke([(e[0] - uy * w * .8, e[1] + ux * w * .8 + .12), (e[0] + .1, e[1] + .1)],
                    .7, col)
        if toward:
            self.hand.draw(cv, h, ux, uy, s, side, shaded, m / w)
