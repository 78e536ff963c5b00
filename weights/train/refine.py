# SPDX-License-Identifier: LGPL-2.1-or-later
"""Temporal refinement network: the executable specification of docs/MODEL.md, "Temporal refinement".

Shi et al., TVCG 2023, section 3.2 (the generator over a window in time) and 3.5; its "3-D" layers are gated 2-D
convolutions behind a learnable temporal shift (Chang et al., BMVC and ICCV 2019). Beside a residual it tells how firmly
a pixel's colour hangs together with that of the next frame; the picture is then solved for. S windows of T frames,
R = base.
"""
from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2                     # of the leaky ReLU
INPUTS = 6                      # line, colour, 1 on references, agreement of the line art with the next frame's
DILATIONS = (2, 4, 8, 16)
BLUR = (0.0545, 0.2442, 0.4026, 0.2442, 0.0545)     # Gaussian of deviation 1, of the difference of two frames' line art
REACH = 6                       # pixels around which the line art has to agree
EQUAL = 5.0                     # levels of difference to which the agreement fades to 1/e
FIRM = math.log(64.0)           # link of pixels whose line art agrees
WEAKEST = 14.0                  # what disagreement takes from it at most
MOST_GAIN = 2.0                 # what the network adds to it at most: lines that moved far cannot be argued away
LOG_LINK = -10.0, 6.0            # range
LOG_TRUST = -4.0, 4.0
PREFIX = "refine."              # of its tensors in the weights file
DEFAULT_BASE = 8


class _Shift(torch.autograd.Function):
    """f [S,T,c,h,w], kernel [c,3]: the sum in place, where autograd would keep and copy every term of it."""

    @staticmethod
    def forward(ctx, f: Tensor, kernel: Tensor) -> Tensor:
        ctx.save_for_backward(f, kernel)
        before, own, after = kernel.to(f.dtype)[:, :, None, None].unbind(1)
        y = f * own
        y[:, 1:].addcmul_(f[:, :-1], before)
        y[:, :1].addcmul_(f[:, :1], before)
        y[:, :-1].addcmul_(f[:, 1:], after)
        y[:, -1:].addcmul_(f[:, -1:], after)
        return y

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple[Tensor, Tensor]:
        f, kernel = ctx.saved_tensors
        before, own, after = kernel.to(f.dtype)[:, :, None, None].unbind(1)
        gf = g * own
        gf[:, :-1].addcmul_(g[:, 1:], before)
        gf[:, :1].addcmul_(g[:, :1], before)
        gf[:, 1:].addcmul_(g[:, :-1], after)
        gf[:, -1:].addcmul_(g[:, -1:], after)

        def product(a: Tensor, b: Tensor) -> Tensor:
            return (a * b).sum((0, 1, 3, 4), dtype=torch.float32)
        return gf, torch.stack([product(g[:, 1:], f[:, :-1]) + product(g[:, :1], f[:, :1]), product(g, f),
                                product(g[:, :-1], f[:, 1:]) + product(g[:, -1:], f[:, -1:])], 1).to(kernel.dtype)


def temporal_shift(x: Tensor, frames: int, kernel: Tensor) -> Tensor:
    """x [S*T,c,h,w], kernel [cy,3] of the frame before, the frame, the frame after -> [S*T,cy,h,w]; channel j is
    made of channel j mod c. What lies beyond the window's ends is like the end."""
    copies = kernel.shape[0] // x.shape[1]
    f = torch.cat([x] * copies, 1) if copies > 1 else x
    return _Shift.apply(f.unflatten(0, (-1, frames)), kernel).flatten(0, 1)


def initial_kernel(channels: int, share: float) -> Tensor:
    """`share` of the channels from the frame before, as many from the one after, the others stay."""
    k, n = torch.zeros(channels, 3), int(channels * share)
    k[:n, 0] = k[n:2 * n, 2] = k[2 * n:, 1] = 1
    return k


class GatedShift(nn.Conv2d):
    """sigmoid(g) * act(f), [f, g] the two halves of a convolution of the shifted input."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, dilation: int = 1, up: bool = False,
                 share: float = 0.25, last: bool = False) -> None:
        super().__init__(cin, 2 * cout, kernel, stride, dilation * (kernel // 2), dilation)
        self.shift = nn.Parameter(initial_kernel(cin, share))
        self.up, self.slope = up, 1.0 if last else SLOPE
        with torch.no_grad():
            self.bias.zero_()
            fan = cin * kernel * kernel
            gain = 0.0 if last else 2 * math.sqrt(2 / (1 + SLOPE ** 2))     # 2: the gate begins at a half
            self.weight[:cout].normal_(0, gain / math.sqrt(fan))
            self.weight[cout:].normal_(0, 0.5 / math.sqrt(fan))

    def forward(self, x: Tensor, frames: int) -> Tensor:
        x = temporal_shift(x, frames, self.shift)
        f, g = super().forward(F.interpolate(x, scale_factor=2.0) if self.up else x).chunk(2, 1)
        return torch.sigmoid(g) * (f if self.slope == 1 else F.leaky_relu(f, self.slope))


class Ties(nn.Conv2d):
    """Per pixel: what the link to the frame before gains, that to the frame after, and the log of the trust in its own
    colour."""

    def __init__(self, cin: int) -> None:
        super().__init__(cin, 3, 3, padding=1)
        self.shift = nn.Parameter(initial_kernel(cin, 0.25))
        with torch.no_grad():
            self.weight.normal_(0, 0.1 / math.sqrt(9 * cin))
            self.bias.zero_()

    def forward(self, x: Tensor, frames: int) -> Tensor:
        return super().forward(temporal_shift(x, frames, self.shift))


def difference(line: Tensor) -> Tensor:
    """line [S,T,1,H,W] in [-1,1] -> the same shape: the difference from the next frame's line art around each pixel, in
    units of EQUAL levels, at most WEAKEST. 0 for the last frame: what lies beyond the window's end is like the end."""
    s, t = line.shape[:2]
    if t == 1:
        return torch.zeros_like(line)
    d = F.pad((line[:, 1:] - line[:, :-1]).flatten(0, 1) * 127.5, (2, 2, 2, 2), mode="replicate")
    blur = torch.tensor(BLUR, dtype=line.dtype, device=line.device)
    with torch.autocast(line.device.type, enabled=False):
        d = F.conv2d(F.conv2d(d, blur[None, None, :, None]), blur[None, None, None]).abs()
    d = F.max_pool2d(d, 2 * REACH + 1, 1, REACH)
    d = F.avg_pool2d(F.pad(d, (1, 1, 1, 1), mode="replicate"), 3, 1)
    d = (d / EQUAL).clamp(max=WEAKEST).unflatten(0, (s, t - 1))
    return torch.cat([d, torch.zeros_like(d[:, :1])], 1)


def steady(colour: Tensor, link: Tensor, trust: Tensor, fixed: Tensor) -> Tensor:
    """The colours m [S,T,3,H,W] for which the sum of trust_t (m_t - colour_t)^2 + link_t (m_t - m_{t+1})^2 is least, link
    [S,T-1,1,H,W] and trust [S,T,1,H,W] > 0; where fixed [S,T] is 1, m = colour. Each pixel's equations are tridiagonal."""
    free = (1 - fixed.to(colour.dtype))[:, :, None, None, None]
    t = colour.shape[1]
    none = torch.zeros_like(trust[:, 0])
    after = [*(free[:, i] * link[:, i] for i in range(t - 1)), none]
    before = [none, *(free[:, i] * link[:, i - 1] for i in range(1, t))]
    own = [free[:, i] * trust[:, i] + 1 - free[:, i] for i in range(t)]
    reach, m = [], []                   # m_i = m[i] + reach[i] m_{i+1}
    for i in range(t):
        whole = own[i] + before[i] + after[i]
        value = own[i] * colour[:, i]
        if i:
            whole = whole - before[i] * reach[-1]
            value = value + before[i] * m[-1]
        reach.append(after[i] / whole)
        m.append(value / whole)
    for i in range(t - 2, -1, -1):
        m[i] = m[i] + reach[i] * m[i + 1]
    return torch.stack(m, 1)


class Refine(nn.Module):
    """The refinement's generator. Untrained it is the plain rule: colours hang together where the line art agrees."""

    def __init__(self, base: int = DEFAULT_BASE) -> None:
        super().__init__()
        r = base
        self.base = base
        self.conv0 = GatedShift(3 * INPUTS, r, 5, share=1 / 3)
        self.conv1 = GatedShift(r, 2 * r, 3, stride=2)
        self.conv2 = GatedShift(2 * r, 4 * r, 3, stride=2)
        for i, dilation in enumerate(DILATIONS):
            setattr(self, f"conv{3 + i}", GatedShift(4 * r, 4 * r, 3, dilation=dilation))
        self.conv7 = GatedShift(4 * r, 2 * r, 3, up=True)
        self.conv8 = GatedShift(2 * r, r, 3, up=True)
        self.conv9 = GatedShift(r, 3, 3, last=True)
        self.conv10 = Ties(r)

    def forward(self, line: Tensor, colour: Tensor, reference: Tensor) -> dict[str, Tensor]:
        """line [S,T,1,H,W], colour [S,T,3,H,W] in [-1,1]; reference [S,T]: 1 where the colour is true, else 0.

        Returns every stage, [S,T,...], "link" for all frames but the last; "refined" is the picture, not clamped, on
        references as it came in.
        """
        s, t, _, h, w = line.shape
        flag = reference.to(colour.dtype)[:, :, None, None, None]
        differs = difference(line)
        x = torch.cat([line, colour, flag.expand(-1, -1, -1, h, w), torch.exp(-differs)], 2).flatten(0, 1)
        e0 = self.conv0(x, t)
        e1 = self.conv1(e0, t)
        f = e2 = self.conv2(e1, t)
        for i in range(len(DILATIONS)):
            f = f + getattr(self, f"conv{3 + i}")(f, t)
        d0 = e1 + self.conv7(f, t)
        d1 = e0 + self.conv8(d0, t)
        residual = (1 - flag) * self.conv9(d1, t).float().unflatten(0, (s, t))
        before, after, trust = self.conv10(d1, t).float().unflatten(0, (s, t)).split(1, 2)
        gain = (after[:, :-1] + before[:, 1:]).clamp(max=MOST_GAIN)
        link = torch.exp((FIRM - differs[:, :-1] + gain).clamp(*LOG_LINK))
        trust = torch.exp(trust.clamp(*LOG_TRUST))
        stages = {"refine_e0": e0, "refine_e1": e1, "refine_e2": e2, "refine_mid": f, "refine_d0": d0,
                  "refine_d1": d1}
        stages = {k: v.unflatten(0, (s, t)) for k, v in stages.items()}
        return {**stages, "residual": residual, "link": link, "trust": trust,
                "refined": steady(colour + residual, link, trust, reference)}


def runtime_tensors(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The refinement's tensors as the weights file has them."""
    out = {PREFIX + name: t.detach().half() for name, t in state.items()}
    bad = [name for name, t in out.items() if not torch.isfinite(t).all()]
    if bad:
        raise ValueError(f"{', '.join(bad)}: not finite as fp16")
    return out
