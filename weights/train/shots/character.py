# SPDX-License-Identifier: LGPL-2.1-or-later
"""A drawn person: design constants of one character and its drawing in any pose.

Units: head radius 1, head centre (0, 0), y down. The head is a pseudo-3D ball whose
parts move by parallax as it turns; the body is a jointed figure seen from the front."""
from __future__ import annotations

import math
import random


from .acting import Acting
from .canvas import Canvas, affine, compose, ellipse, mix, tube
from .head import Head
from .motion import curve
from .palette import Palette
from .wear import Accessories


class Character:
    """Design (constants) and acting (curves over t in 0..1) of one person."""

    def __init__(self, rng: random.Random, pal: Palette, name: str, action: float, sprite: bool = False) -> None:
        """`sprite`: the proportions of game sprites, big head, hands and shoes."""
        r = self.rng = rng
        self.name = name
        self.head = Head(rng, pal, name, action)
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
        self.wear = r.choice(["shirt", "jacket", "dress", "hoodie", "suit", "vest", "tee", "coat",
            "sailor"])
        self.skirt = self.wear == "dress" or r.random() < 0.35
        c = pal.cloth
        self.top, self.bottom, self.inner, self.tie, self.shoe, self.trim = c(), c(), c(), c(), c(
            ), c()
        if r.random() < 0.3:
            self.inner = pal.tone((0.97, 0.97, 0.97))
        self.sock = pal.tone((0.95, 0.95, 0.97)) if r.random() < 0.5 else c()
        self.sleeve = r.choice([0.0, 0.45, 0.95, 1.0, 1.0])
        self.pants = r.choice([0.5, 1.0, 1.0])
        self.flare = u(0.9, 1.8)
        self.shaded = {}
        self.pal = pal
        self.pattern = r.choice(["none", "none", "none", "stripes", "dots", "logo", "plaid"])
        self.pcol = c()
        self.folds = [(u(-0.8, 0.8), u(0.1, 0.9), u(-0.4, 0.4), u(0.1,
            0.4)) for _ in range(r.randint(1, 7))]
        dark = r.random() < .65
        self.wedges = [(u(-.95, .95), u(.05, .95), u(-.5, .5), u(.15, .6),
            u(.05, .2)) for _ in range(r.randint(1, 5))] if dark else []
        self.pleats = r.random() < .5 and dark
        self.knee = r.random() < .5 and dark
        self.extras = Accessories(r, pal)
        self.pocket = r.random() < .25
        self.band = c() if r.random() < .15 else None
        self.slope = u(.02, .3)
        self.prop = r.choice([None, None, None, "mic", "sword", "cup", "bag", "book"])
        self.propc = c()
        self.cape = c() if r.random() < 0.12 else None
        self.shadep = r.random()
        # acting
        k = action
        self.acting = Acting(r, k)
        self.lean = curve(r, u(-0.06, 0.06), 0.05 * k)
        self.bob = curve(r, 0, 0.04 * k)
        self.sway = curve(r, 0, 0.5 * k)
        self.belt = r.random() < .6
        self.front_arm = r.random() < 0.6
        self.hand = r.choice(["fist", "open", "open", "mitt", "point"])
        self.tops = self.neck + 0.95

    def sh(self, key: str, col):
        """Shadow colour of a part, or None; decided once per part."""
        if key not in self.shaded:
            self.shaded[key] = self.pal.shade(col) if self.rng_shade() else None
        return self.shaded[key]

    def rng_shade(self) -> bool:
        return self.rng.random() < self.shadep * 1.3

    # -- drawing
    def draw(self, cv: Canvas, t: float) -> None:
        cv.prefix = self.name
        base = cv.matrix
        act = self.acting
        p = self.p = act.pose(t)
        ln = self.legs / 2
        stand = max(math.cos(p["t" + s]) + math.cos(p["t" + s] + p["s" + s]) for s in "LR") * ln
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
        cv.matrix = headm
        self.head.back(cv, t, sway)
        cv.matrix = upper
        self.extras.behind(cv, top, hip, self.sw, sway)
        if self.cape:
            w = self.sw * 1.15
            cv.shape([(-w * .6, top), (w * .6, top), (w * 1.2 + sway * .3, hip),
                (w * 1.1 + sway, hip + 1.5), (sway * 0.7, hip + 1.7), (-w * 1.1 + sway, hip + 1.5),
                (-w * 1.2 + sway * .3, hip)], self.cape, "cape", (0, 1, 3, 5),
                shade=self.sh("cape", self.cape))
        arms = ["L", "R"] if yaw < 0 else ["R", "L"]
        # before the chest goes an arm whose hand is there; before the head one that is raised to it
        layer = {s: self._layer(s, top, hip, yaw) for s in arms}
        if self.front_arm and layer[arms[1]] == 0:
            layer[arms[1]] = 1
        for s in arms:
            if layer[s] == 0:
                self._arm(cv, t, s, top, yaw)
        cv.matrix = body
        self._legs(cv, t, hip, yaw, sway)
        cv.matrix = upper
        self._torso(cv, t, top, hip, yaw, sway)
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

    def _joints(self, side: str, top: float, yaw: float) -> tuple[tuple[float, float], ...]:
        """Shoulder, elbow, wrist."""
        s = -1 if side == "L" else 1
        a, b = self.p["u" + side], self.p["l" + side]
        x, y = s * self.sw * .85 * math.cos(yaw * .75), top + .3 + self.slope
        e = (x + s * math.sin(a) * self.arm, y + math.cos(a) * self.arm)
        return (x, y), e, (e[0] + s * math.sin(a + b) * self.arm, e[1] + math.cos(a + b) * self.arm)

    def _layer(self, side: str, top: float, hip: float, yaw: float) -> int:
        """0 behind the chest, 1 before it, 2 before the head."""
        _, _, (x, y) = self._joints(side, top, yaw)
        if y < top + .1 and abs(x) < 1.3 * self.big:
            return 2
        return 1 if abs(x) < self.sw * .75 and y < hip else 0

    def head_at(self, t: float) -> tuple[float, float]:
        """How far bending, crouching or sitting moves the head."""
        p = self.acting.pose(t)
        stand = max(math.cos(p["t" + s]) + math.cos(p["t" + s] + p["s" + s]) for s in "LR") * self.legs / 2
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
            k = (x0 + s * math.sin(a) * ln, hip + math.cos(a) * ln)
            f = (k[0] + s * math.sin(a + b) * ln, k[1] + math.cos(a + b) * ln)
            w = self.lw
            pts = [(x0, hip - 0.1), ((x0 + k[0]) / 2, (hip + k[1]) / 2), k,
                ((k[0] + f[0]) / 2, (k[1] + f[1]) / 2), f]
            bare = self.skirt or self.pants < 1
            cv.shape(tube(pts, [w * 1.1, w, w * .8, w * .85, w * .55]),
                self.skin if bare else self.bottom, "leg" + side, (0, 6, 7, 13),
                shade=self.sh("leg", self.skin if bare else self.bottom))
            if bare:
                cv.shape(tube([pts[3], ((pts[3][0] + f[0]) / 2, (pts[3][1] + f[1]) / 2), f],
                    [w * .88, w * .8, w * .6], 4), self.sock, "sock" + side, (0, 3, 4, 7),
                    shade=self.sh("sock", self.sock))
                if not self.skirt:
                    cv.shape(tube(pts[:3], [w * 1.15, w * 1.15, w * 1.1], 5), self.bottom,
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
            col = self.top if self.wear == "dress" else self.bottom
            cv.shape([(-w * .95, hip - .3), (w * .95, hip - .3)] + hem, col, "skirt",
                tuple(range(n + 3)), shade=self.sh("skirt", col))
            for i in range(1, n, 2):
                x, y = hem[i]
                if self.pleats:
                    cv.shadow([hem[i], hem[i + 1], (hem[i][0] * .72, hip + L * .15)],
                        self.pal.shade(col), f"pleat{i}", None)
                cv.stroke([(x, y), (x * 0.75, hip + L * .3)], 0.8, col)

    def _torso(self, cv: Canvas, t: float, top: float, hip: float, yaw: float, sway: float) -> None:
        fore = math.cos(yaw * 0.75)
        sw, ww, hw = self.sw * fore, self.ww * fore, self.hw * fore
        sy = math.sin(yaw) * 0.5
        nw = self.nw
        br = 0.03 * math.sin(t * 5)
        cv.shape([(-nw, 0.5), (nw, 0.5), (nw * 1.05, top - .05), (nw * 1.5, top + .12),
            (0, top + .35), (-nw * 1.5, top + .12), (-nw * 1.05, top - .05)], self.skin, "neck",
            (0, 1), shade=self.sh("neck", self.skin), shifted=(0, 0.25 * abs(cv.matrix[1, 1])))
        mid = (top + hip) / 2
        body = [(-nw * 1.25, top), (-sw * .8, top + self.slope), (-sw, top + self.slope + .23),
            (-sw * .9 - br, top + .9), (-ww, mid + .3), (-hw, hip), (-hw, hip + .25),
            (hw, hip + .25), (hw, hip), (ww, mid + .3), (sw * .9 + br, top + .9),
            (sw, top + self.slope + .23), (sw * .8, top + self.slope), (nw * 1.25, top),
            (sy * .3, top + (0.15 if self.wear in ("tee", "hoodie") else 0.4))]
        wear = self.wear
        col = self.top

        def pattern() -> None:
            if self.pattern == "stripes":
                for i in range(6):
                    y = top + .2 + i * (hip - top) / 5
                    cv.shape([(-2, y), (0, y + .06), (2, y), (2, y + .2), (0, y + .26),
                        (-2, y + .2)], self.pcol, f"stripe{i}", lineless=self.shadep < .5, lw=0.6)
            elif self.pattern == "dots":
                for i in range(12):
                    cv.shape(ellipse((i % 4 - 1.5) * .55 + (i // 4 % 2) * .25,
                        top + .5 + i // 4 * .6, .13, .13, 6), self.pcol, f"dot{i}", lw=0.5)
            elif self.pattern == "logo":
                cv.shape(ellipse(sy, top + .9, .4 * fore, .4), self.pcol, "logo", lw=0.8)
                cv.shape(ellipse(sy, top + .9, .2 * fore, .2), self.trim, "logo2", lw=0.6)
            elif self.pattern == "plaid":
                for i in range(4):
                    x = (i - 1.5) * sw * .5 + sy
                    cv.shape([(x, top), (x + .1, top), (x + .1, hip + 1), (x, hip + 1)], self.pcol,
                        f"pl{i}", None, lineless=True)
            if wear in ("jacket", "suit", "vest", "coat", "sailor"):
                g = 0.12 if wear == "suit" else 0.25
                o = (-g * sw + sy, g * sw + sy)
                d = 0.75 if wear in ("suit", "coat") else 1.2
                cv.shape([(-nw * 1.6, top - .1), (nw * 1.6, top - .1),
                    (o[1] + .1, top + (hip - top) * .5 * d), (o[1] * .8, hip + .5),
                    (o[0], hip + .5), (o[0] - .1, top + (hip - top) * .5 * d)], self.inner, "inner",
                    (0, 1, 3, 4), shade=self.sh("inner", self.inner))
                if wear in ("suit", "vest", "jacket"):
                    cv.shape([(sy * .6 - .12, top + .2), (sy * .6 + .12, top + .2),
                        (sy * .6 + .09, top + .42), (sy + .2, top + 1.4), (sy, top + 1.65),
                        (sy - .2, top + 1.4), (sy * .6 - .09, top + .42)], self.tie, "tie",
                        range(7), shade=self.sh("tie", self.tie))
            if wear in ("shirt", "coat", "dress"):
                cv.stroke([(sy * .5, top + .4), (sy, mid), (sy, hip + .3)], 0.8, col)
                for i in range(4):
                    cv.shape(ellipse(sy + .12, top + .6 + i * (hip - top) * .22, .07, .07, 6),
                        self.trim, f"button{i}", lw=0.6)
            for i, (x, y, dx, dy, w) in enumerate(self.wedges):
                x, y = x * sw, top + y * (hip - top)
                cv.shadow([(x, y), (x + dx * .6 + w, y + dy * .5), (x + dx, y + dy),
                    (x + dx * .3 - w, y + dy * .6)], self.pal.shade(col), f"wedge{i}", (0, 2))
            self.extras.torso(cv, top, hip, sw, sy)
            if self.pocket:
                cv.shape([(sw * .25 + sy, top + .8), (sw * .7 + sy, top + .8),
                    (sw * .68 + sy, top + 1.25), (sw * .27 + sy, top + 1.25)], col, "pocket", None,
                    lw=.7)
            for x, y, dx, dy in self.folds:
                x, y = x * sw, top + y * (hip - top)
                cv.stroke([(x, y), (x + dx * .5, y + dy * .4), (x + dx * .8, y + dy)], 0.8, col)

        cv.shape(body, col, "torso", (0, 2, 6, 7, 11, 13), shade=self.sh("torso", col),
            inside=[pattern])
        if wear in ("shirt", "suit", "vest", "jacket", "coat", "sailor"):
            c = self.inner if wear in ("suit", "vest") else (self.trim if wear == "sailor"
                else mix(self.top, self.inner, .5))
            for s in (-1, 1):
                cv.shape([(s * nw * .9, top - .18), (s * nw * 1.5, top + .02),
                    (s * nw * 1.5 + sy * .3, top + .55), (sy * .6 + s * .03, top + .35)], c,
                    "collar%d" % s, (0, 1, 2, 3), shade=self.sh("collar", c))
        if wear in ("suit", "jacket"):
            for s in (-1, 1):
                cv.shape([(s * nw * 1.5, top + .02), (s * sw * .55, top + .45),
                    (s * sw * .42, top + .75), (sy + s * .15, top + (hip - top) * .55),
                    (s * nw * 1.1, top + .4)], col, "lapel%d" % s, (0, 1, 2, 3),
                    shade=self.sh("lapel", col))
        if wear == "hoodie":
            cv.shape([(-nw * 1.3, top - .3), (-sw * .75, top + .05), (-nw * 1.2, top + .55),
                (sy, top + .75), (nw * 1.2, top + .55), (sw * .75, top + .05), (nw * 1.3, top - .3),
                (nw, top + .1), (sy * .5, top + .35), (-nw, top + .1)], col, "hood", (0, 6),
                shade=self.sh("hood", col))
            for s in (-1, 1):
                cv.stroke([(sy + s * .2, top + .6), (sy + s * .22, top + 1.1),
                    (sy + s * .2 + sway * .1, top + 1.5)], 1.4, col)
        self.extras.over(cv, top, sw, nw, sy, sway)
        if self.belt and (not self.skirt or wear != "dress"):
            cv.shape([(-hw * 1.02, hip - .12), (hw * 1.02, hip - .12), (hw * 1.02, hip + .1),
                (-hw * 1.02, hip + .1)], self.trim, "belt", None)
            cv.shape([(sy - .14, hip - .14), (sy + .14, hip - .14), (sy + .14, hip + .12),
                (sy - .14, hip + .12)], self.pcol, "buckle", None, lw=.8)

    def _arm(self, cv: Canvas, t: float, side: str, top: float, yaw: float) -> None:
        s = -1 if side == "L" else 1
        (x, y), e, h = self._joints(side, top, yaw)
        d = self.p["u" + side] + self.p["l" + side]
        w = self.aw
        pts = [(x, y), ((x + e[0]) / 2, (y + e[1]) / 2), e, ((e[0] + h[0]) / 2, (e[1] + h[1]) / 2),
            h]
        ux, uy = s * math.sin(d), math.cos(d)
        self._hand(cv, h, ux, uy, s, side, t)
        if self.sleeve < 1:
            cv.shape(tube(pts, [w * 1.05, w * .9, w * .8, w * .8, w * .55]), self.skin,
                "arm" + side, (6, 7), shade=self.sh("arm", self.skin))
        col = self.top if self.wear != "vest" else self.inner
        if self.sleeve > 0:
            k = self.sleeve
            cl = pts if k > 0.9 else [pts[0], pts[1], (pts[1][0] * .4 + e[0] * .6,
                pts[1][1] * .4 + e[1] * .6)]
            ws = [w * 1.25, w * 1.2, w * 1.1, w * 1.15, w * 1.05] if k > 0.9 else [w * 1.25,
                w * 1.3, w * 1.4]
            cv.shape(tube(cl, ws), col, "sleeve" + side, (6, 7), shade=self.sh("sleeve", col))
            if k > 0.9:
                q = (h[0] - ux * .12, h[1] - uy * .12)
                cv.shape(tube([q, (h[0] + ux * .06, h[1] + uy * .06)], [w * 1.12, w * 1.15], 2),
                    self.trim, "cuff" + side, None)
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

    def _hand(self, cv: Canvas, h, ux: float, uy: float, s: int, side: str, t: float) -> None:
        w = self.aw * 1.05 * self.hands

        def at(a: float, b: float) -> tuple[float, float]:
            return (h[0] + ux * a * w - uy * s * b * w, h[1] + uy * a * w + ux * s * b * w)
        if self.prop and side == "R":
            self._prop(cv, at)
        skin, sh = self.skin, self.sh("hand", self.skin)
        if self.hand == "mitt":
            cv.shape([at(-.2, -.6), at(.8, -.9), at(1.8, -.5), at(1.8, .5), at(.8, .9),
                at(-.2, .6)], skin, "hand" + side, shade=sh)
            cv.shape([at(.2, -.7), at(.9, -1.5), at(1.3, -1.2), at(.9, -.6)], skin, "thumb" + side,
                (0, 3))
            return
        if self.hand == "fist":
            cv.shape([at(-.2, -.6), at(.5, -1), at(1.5, -.9), at(1.7, 0), at(1.5, .9), at(.5, .9),
                at(-.2, .6)], skin, "hand" + side, shade=sh)
            for b in (-.45, 0.05, .5):
                cv.stroke([at(1.6, b), at(.9, b)], .7, skin)
            cv.shape([at(.4, -.9), at(1.0, -.9), at(1.2, .1), at(.8, .3), at(.6, -.4)], skin,
                "thumb" + side)
            return
        n = 4
        for i in range(n):
            b = (i - 1.5) * .48
            ln = (2.5 if i in (1, 2) else 2.1) if self.hand == "open" or i == 0 else 1.5
            cv.shape(tube([at(.8, b), at(1.5, b * 1.15), at(ln, b * 1.4)],
                [.27 * w, .26 * w, .2 * w], 3), skin, f"finger{side}{i}", (0, 5), lw=.8)
        cv.shape([at(-.2, -.55), at(.5, -.95), at(1.25, -.95), at(1.3, 0), at(1.2, .9), at(.5, .9),
            at(-.2, .55)], skin, "hand" + side, shade=sh)
        cv.shape(tube([at(.2, -.6), at(.7, -1.3), at(1.3, -1.5)], [.3 * w, .28 * w, .2 * w], 3),
            skin, "thumb" + side, (0, 5), lw=.8)

    def _prop(self, cv: Canvas, at) -> None:
        c, sh = self.propc, self.sh("prop", self.propc)
        if self.prop == "mic":
            cv.shape([at(.6, -1.5), at(1.3, -1.5), at(1.4, 2), at(.5, 2)], c, "mic", None, shade=sh)
            p, q = at(.95, 2.8), at(.95, 4.0)
            r = math.hypot(p[0] - q[0], p[1] - q[1])
            cv.shape(ellipse(*p, r, r), self.trim, "micball")
            for k in (-.5, 0, .5):
                cv.stroke([at(.95 - 1.0, 2.8 + k), at(.95, 2.8 + k * 1.5), at(.95 + 1.0, 2.8 + k)],
                    .6, self.trim)
        elif self.prop == "sword":
            cv.shape([at(.6, 1), at(1.2, 1), at(1.1, 12), at(.9, 13), at(.7, 12)],
                mix(c, (1, 1, 1), .7), "blade", None, shade=mix(c, (.7, .7, .8), .6))
            cv.shape([at(-.4, .9), at(2.2, .9), at(2.2, 1.5), at(-.4, 1.5)], c, "guard", None)
            cv.shape([at(.6, -1.5), at(1.2, -1.5), at(1.2, 1), at(.6, 1)], self.trim, "hilt", None)
        elif self.prop == "cup":
            cv.shape([at(0, .8), at(2.2, .8), at(2.0, 3), at(.2, 3)], c, "cup", None, shade=sh)
            cv.shape([at(0, .8), at(2.2, .8), at(2.2, 1.1), at(0, 1.1)], self.trim, "rim", None)
        elif self.prop == "bag":
            cv.shape([at(1, -2), at(4.5, -2.4), at(5, 2.4), at(1, 2)], c, "bag", (0, 1, 2, 3),
                shade=sh)
            cv.shape([at(1.6, -1), at(2.6, -1), at(2.6, 1), at(1.6, 1)], self.trim, "clasp", None)
        else:
            cv.shape([at(-.4, -.6), at(3, -.6), at(3, 3), at(-.4, 3)], c, "book", None, shade=sh)
            cv.shape([at(0, -.2), at(2.6, -.2), at(2.6, .6), at(0, .6)], self.trim, "label", None)
