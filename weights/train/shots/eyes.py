# SPDX-License-Identifier: LGPL-2.1-or-later
"""Eyes and brows, from dots to anime eyes: heavy slanted upper lash, iris with ring, dark upper half, light
lower crescent, pupil, highlights with and without line.

Everything is given in the face's x, y and projected by the head's `face`."""
from __future__ import annotations

import random
from typing import Callable

import numpy as np

from .canvas import Canvas, Colour, ellipse, mix, tube
from .motion import curve
from .palette import Palette, hsv

Face = Callable[..., np.ndarray]

# outline of a half-width, half-height 1 eye: inner corner, lid, outer corner, underside
SHAPES = {
    "anime": ([(-1, .1), (-.72, -.62), (-.1, -1), (.6, -.82), (1, -.15), (.72, .72), (.05, .95), (-.62, .72)], 5),
    "tall": ([(-.95, .2), (-.8, -.7), (-.1, -1.05), (.7, -.85), (.95, 0), (.75, .85), (.0, 1.05), (-.7, .85)], 5),
    "cat": ([(-1, .35), (-.55, -.35), (.05, -.78), (.65, -.8), (1.08, -.5), (.7, .35), (.1, .62), (-.5, .6)], 5),
    "sharp": ([(-1.05, .2), (-.5, -.35), (.1, -.62), (.65, -.55), (1.1, -.1), (.55, .38), (0, .45), (-.6, .4)], 5),
    "half": ([(-1, 0), (-.6, -.28), (0, -.34), (.6, -.3), (1, -.05), (.7, .62), (.05, .85), (-.6, .65)], 5),
}


class Eyes:
    """Design and acting of a pair of eyes."""

    def __init__(self, rng: random.Random, pal: Palette, hair: Colour, k: float) -> None:
        r, u = rng, rng.uniform
        self.kind = r.choices(["anime", "tall", "cat", "sharp", "half", "round", "dot", "black"],
            [4, 2.5, 3, 2, .7, 2, .8, .8])[0]
        self.size = u(.75, 1.35)
        self.x, self.y = u(.36, .47), u(.06, .28)
        self.w = u(.2, .29) * (.85 + .15 * self.size)
        self.h = {"anime": u(.2, .32), "tall": u(.26, .36), "cat": u(.17, .27), "sharp": u(.16, .24)}.get(self.kind,
            u(.15, .3)) * self.size
        self.iris = pal.tone(hsv(r.random(), u(.3, 1), u(.25, .9)))
        self.low = mix(self.iris, (1, 1, 1), u(.2, .6)) if r.random() < .6 else None
        self.dark = mix(self.iris, (0, 0, 0), u(.35, .7))
        self.pupil = mix(self.iris, (0, 0, 0), u(.6, .95))
        self.slit = r.random() < .12
        self.rings = r.random() < .5
        self.iw, self.ih = u(.5, .72), u(.75, 1.0)
        if r.random() < .15:                     # small irises in much white
            self.iw, self.ih = self.iw * .55, self.ih * .5
        self.white = pal.tone((1, 1, 1)) if r.random() < .85 else pal.tone((1, u(.8, 1), u(.5, 1)))
        self.grey = pal.shade(self.white, .6) if r.random() < .5 else None
        self.ink = pal.tone((.1, .06, .08)) if r.random() < .7 else mix(hair, (0, 0, 0), .65)
        self.lash = u(.04, .12) * self.size if r.random() < .8 else 0.0
        self.flick = u(-.1, .35)
        self.under = r.random() < .7
        self.closed_line = r.random() < .3       # drawn all round
        self.glint = r.choice([0, 1, 1, 2, 2, 3])
        self.glint_line = r.choice([.0, .4, .6])
        self.crease = r.random() < .6
        self.brow, self.browc = u(.4, 2.4), hair
        self.tilt = u(-.12, .35)
        self.gaze = (curve(r, u(-.25, .25), .3 * k), curve(r, 0, .1 * k))
        self.angry = curve(r, u(-.3, .3), .15 * k)
        self.blink = r.choice([None, None, None, u(.0, 1)])
        self.squint = u(0, .25)

    def opening(self, t: float) -> float:
        op = 1 - self.squint
        return op if self.blink is None else op * min(1.0, abs(t - self.blink) / .12)

    def draw(self, cv: Canvas, face: Face, s: int, t: float, skin: Colour) -> None:
        """The eye of side s."""
        op, w, h = self.opening(t), self.w, self.h
        ang = self.angry(t)
        c = np.array([s * self.x, self.y])
        tilt = self.tilt * h

        def at(x: float, y: float) -> np.ndarray:
            """Eye units to face units; the outer corner rises with the tilt, the inner sinks with anger."""
            return c + (s * w * x, h * y - tilt * x + ang * .25 * h * -x)
        if op < .25:
            low = [at(-1, .2), at(-.3, .55), at(.4, .5), at(1.05, .05)]
            cv.stroke(face(low), 1.8, skin, ink=self.ink)
            return
        g = np.array([self.gaze[0](t) * w, self.gaze[1](t) * h])
        if self.kind == "dot":
            cv.shape(face(ellipse(*(c + g * .3), w * .4, h * .6 * op, 8)), self.ink, f"eye{s}")
            return
        if self.kind == "black":
            cv.shape(face(ellipse(*c, w * 1.1, h * 1.2 * op, 10, .2 * s)), (.04, .03, .05), f"eye{s}")
            cv.shape(face(ellipse(*(c + g + (0, -h * .3)), w * .38, h * .42 * op, 8)), self.white, f"hi{s}", lw=.6)
            return
        if self.kind == "round":
            out = ellipse(*c, w * 1.05, h * 1.15 * op, 10)
            lid, closed = out[[5, 6, 7, 8, 9, 0]], True
        else:
            shape, n = SHAPES[self.kind]
            out = np.array([at(x, y * op if y < 0 else y * (.75 + .25 * op)) for x, y in shape])
            lid, closed = out[:n], self.closed_line
        cv.shape(face(out), self.white, f"white{s}", (0, 4) if self.kind in ("cat", "sharp") else (0,), outline=closed,
            lw=.7, inside=[lambda: self._iris(cv, face, s, c + g, op)])
        if self.lash and self.kind != "round":
            z = self.lash
            end = lid[-1] + (s * w * .18, -self.flick * h)
            line = face(np.concatenate((lid, [end])))
            cv.shape(tube(line, [.012, .5 * z, .8 * z, .85 * z, .8 * z, .01], 9), self.ink, f"lash{s}", (0, 8, 9, 17),
                lw=.5)
        else:
            cv.stroke(face(lid), 2.0 if self.kind != "round" else 1.3, skin, ink=self.ink)
        if self.under and not closed:
            cv.stroke(face(out[5:8]), .9, skin, ink=self.ink, taper=True)
        if self.crease and self.kind != "round":
            cv.stroke(face([at(-.7, -.95 * op - .2), at(.1, -1.15 * op - .2), at(.85, -.8 * op - .15)]), .6, skin)

    def _iris(self, cv: Canvas, face: Face, s: int, c: np.ndarray, op: float) -> None:
        rx, ry = self.w * self.iw, self.h * self.ih
        if self.kind == "round":
            rx, ry = min(rx, self.w * .55), min(ry, self.h * .6)
        x, y = c
        if self.grey:
            cv.shape(face([(x - .5, y - .6), (x + .5, y - .6), (x + .5, y - self.h * .55 * op), (x - .5,
                y - self.h * .55 * op)]), self.grey, f"lid{s}", None, lineless=True)
        cv.shape(face(ellipse(x, y, rx, ry, 9)), self.iris, f"iris{s}", lw=.8, shade=self.dark, shifted=None,
            light=-1.6)
        if self.low:
            cv.shape(face(ellipse(x, y + ry * .6, rx * .62, ry * .27, 7)), self.low, f"low{s}", lineless=True)
        if self.rings:
            cv.shape(face(ellipse(x, y, rx * .74, ry * .74, 8)), mix(self.iris, self.dark, .5), f"mid{s}", lw=.4)
        cv.shape(face(ellipse(x, y, rx * (.18 if self.slit else .45), ry * .5, 7)), self.pupil, f"pupil{s}", lw=.5)
        for i, (dx, dy, q) in enumerate(((-.42, -.45, .36), (.4, .5, .2), (.35, -.5, .16))[:self.glint]):
            cv.shape(face(ellipse(x + dx * rx, y + dy * ry, rx * q, ry * q * 1.1, 6)), (1, 1, 1), f"hi{s}{i}",
                lw=self.glint_line, lineless=self.glint_line == 0)

    def draw_brow(self, cv: Canvas, face: Face, s: int, t: float, skin: Colour) -> None:
        a, x, y = self.angry(t), s * self.x, self.y - self.h * 1.3 - .14
        br = [(x - s * .22, y + a * .35), (x + s * .03, y - .06), (x + s * .26, y - a * .2 + .03)]
        if self.brow > 1.4:
            k = .03 * self.brow
            cv.shape(tube(face(br), [.9 * k, 1.1 * k, .01], 5), self.browc, f"brow{s}", lw=.7)
        else:
            cv.stroke(face(br), .8 + self.brow, skin, ink=mix(self.browc, (0, 0, 0), .4))
