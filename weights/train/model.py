# SPDX-License-Identifier: LGPL-2.1-or-later
"""Colour transform network: the executable specification of docs/MODEL.md.

Shi et al., TVCG 2023, sections 3.2, 3.3 and 3.5. S shots, K references, T targets, height H,
width W (multiples of 4), base width B, C = 4 B. Line art, distance field and colour are in [-1, 1].
Module paths are the tensor names of the weights file; engine/model/model.c reads the same names.
"""
from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import places, prior_softmax
from instance_norm import instance_norm

EPS = 1e-5


@dataclass
class Config:
    """What the weights file's metadata says about the network's shape."""
    base: int = 16                     # B
    mid_blocks: int = 8                # AdaIN residual blocks
    match_dilations: tuple[int, ...] = (1, 2, 4, 8, 2, 1)   # wide matching encoder; () = the paper's EnD on d alone
    head: int = 32                     # channels of q and k; 0 = C/8 as in the paper
    style: int = 128                   # hidden width of the AdaIN MLP
    warp: bool = True                  # (a) warped reference colour
    skip: bool = True                  # line-art features enter the decoder at 1/2 and full size
    locality: bool = True              # learned locality prior on the logits
    lag: bool = True                   # references nearer in time count more, and closer around the same place

    @property
    def width(self) -> int:
        return 4 * self.base

    @property
    def head_dim(self) -> int:
        return self.head or self.width // 8

    @property
    def match(self) -> bool:
        return len(self.match_dilations) > 0

    def metadata(self) -> dict[str, str]:
        """Strings for the safetensors header."""
        d = asdict(self)
        d["match_dilations"] = ",".join(map(str, self.match_dilations))
        d["head"] = self.head_dim
        return {k: str(int(v)) if isinstance(v, bool) else str(v) for k, v in d.items()}


PRESETS: dict[str, Config] = {
    "small": Config(),
    "base": Config(base=48, style=256),
    "paper": Config(base=64, match_dilations=(), head=0, style=256, warp=False, skip=False, locality=False,
                    lag=False),
    "tiny": Config(base=8, mid_blocks=2, match_dilations=(1, 2), style=16),      # tests
    "tiny-paper": Config(base=8, mid_blocks=2, match_dilations=(), head=0, style=16,
                         warp=False, skip=False, locality=False, lag=False),     # tests
}


def norm(x: Tensor) -> Tensor:
    """Instance norm without affine parameters or running statistics (biased variance)."""
    return instance_norm(x, EPS)


def conv(cin: int, cout: int, k: int, stride: int = 1, dilation: int = 1, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, k, stride, dilation * (k // 2), dilation, bias=bias)


class Encoder(nn.Module):
    """EnL, EnD, EnC: three conv layers to 1/4 size and C channels, each followed by norm and ReLU."""

    def __init__(self, cin: int, b: int) -> None:
        super().__init__()
        self.conv0 = conv(cin, b, 5)
        self.conv1 = conv(b, 2 * b, 3, stride=2)
        self.conv2 = conv(2 * b, 4 * b, 3, stride=2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        e0 = F.relu(norm(self.conv0(x)))
        e1 = F.relu(norm(self.conv1(e0)))
        return e0, e1, F.relu(norm(self.conv2(e1)))


class MatchBlock(nn.Module):
    """Residual block of the wide matching encoder."""

    def __init__(self, c: int, dilation: int) -> None:
        super().__init__()
        self.conv0 = conv(c, c, 3, dilation=dilation)
        self.conv1 = conv(c, c, 3, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        return x + norm(self.conv1(F.relu(norm(self.conv0(x)))))


class MatchEncoder(nn.Module):
    """EnD: the encoder on d, or on [x, d] and continued by dilated residual blocks."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.wide = cfg.match
        self.encoder = Encoder(2 if cfg.match else 1, cfg.base)
        self.blocks = nn.ModuleList(MatchBlock(cfg.width, r) for r in cfg.match_dilations)

    def forward(self, x: Tensor, d: Tensor) -> Tensor:
        f = self.encoder(torch.cat([x, d], 1) if self.wide else d)[2]
        for block in self.blocks:
            f = block(f)
        return f


class Embedder(nn.Module):
    """Style vector of one reference: five conv layers on [x_r, y_r], then the global mean. No norm (Fig. 6)."""

    def __init__(self, b: int) -> None:
        super().__init__()
        self.conv0 = conv(4, b, 5, bias=True)
        self.conv1 = conv(b, 2 * b, 3, stride=2, bias=True)
        self.conv2 = conv(2 * b, 4 * b, 3, stride=2, bias=True)
        self.conv3 = conv(4 * b, 4 * b, 3, stride=2, bias=True)
        self.conv4 = conv(4 * b, 4 * b, 3, stride=2, bias=True)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        e = torch.cat([x, y], 1)
        for layer in (self.conv0, self.conv1, self.conv2, self.conv3, self.conv4):
            e = F.relu(layer(e))
        return e.mean((2, 3))


class AdaINBlock(nn.Module):
    """Residual block whose two norms are modulated by the references' style."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.conv0 = conv(c, c, 3)
        self.conv1 = conv(c, c, 3)

    def forward(self, x: Tensor, p: Tensor) -> Tensor:
        """p [N, 4, C]: gamma and beta of the first norm, gamma and beta of the second."""
        g0, b0, g1, b1 = (t[..., None, None] for t in p.unbind(1))
        h = F.relu((1 + g0) * norm(self.conv0(x)) + b0)
        return x + (1 + g1) * norm(self.conv1(h)) + b1


class Sim(nn.Module):
    """Distance attention (Eq. 3-5): masks one channel wide, one softmax over all positions of all references."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        c = cfg.width
        self.head, self.locality_on, self.lag_on = cfg.head_dim, cfg.locality, cfg.lag
        self.q = conv(c, cfg.head_dim, 1, bias=True)
        self.k = conv(c, cfg.head_dim, 1, bias=True)
        self.v = conv(c, c // 2, 1)
        self.o = conv(c // 2, c, 1)
        self.mask_tgt = conv(c, 2, 3, bias=True)      # the share of f_d in Conv([f_di, f_d]) of m and n
        self.mask_ref = conv(c, 2, 3)                 # the share of f_di
        if cfg.locality:
            self.locality = nn.Parameter(torch.tensor([3.0]))   # lambda = exp(locality - reach lag)
        if cfg.lag:
            self.nearness = nn.Parameter(torch.zeros(1))
            self.reach = nn.Parameter(torch.zeros(1))

    def attention(self, fd: Tensor, fdr: Tensor, local: Tensor | None = None, lag: Tensor | None = None,
                  short: int = 0) -> Tensor:
        """fd [S,T,C,h,w], fdr [S,K,C,h,w], local [S,K] or None (all), lag [S,T,K] or None (0); short: short side at
        1/4 size of the picture that these are a window of, 0: all of it -> [S, T*h*w, K*h*w], rows sum to 1."""
        s, t, _, h, w = fd.shape
        q = self.q(fd.flatten(0, 1)).reshape(s, t, self.head, h * w).permute(0, 1, 3, 2).reshape(s, t * h * w, -1)
        k = self.k(fdr.flatten(0, 1)).reshape(s, -1, self.head, h * w).permute(0, 1, 3, 2).reshape(s, -1, self.head)
        logit = (q * self.head ** -0.5) @ k.transpose(1, 2)
        lag = lag if self.lag_on else None
        return prior_softmax(logit, self.strength(s, t, fdr.shape[1], local, lag) if self.locality_on else None,
                             None if lag is None else self.nearness * lag, places(h, w, short or min(h, w), fd.device))

    def strength(self, s: int, t: int, k: int, local: Tensor | None, lag: Tensor | None) -> Tensor:
        """lambda of every target and reference, [S,T,K]; 0 for a model sheet, which is no frame of the video."""
        power = self.locality.float().expand(s, t, k)
        if lag is not None:
            power = power - self.reach * lag
        return power.exp() if local is None else power.exp() * local.float()[:, None]

    def forward(self, fd: Tensor, fdr: Tensor, fyr: Tensor, colour: Tensor,
                local: Tensor | None = None, lag: Tensor | None = None, short: int = 0) -> dict[str, Tensor]:
        """fd [S,T,C,h,w]; fdr, fyr [S,K,C,h,w]; colour [S,K,3,h,w] -> f_sim, warped colour, attention."""
        s, t, c, h, w = fd.shape
        k = fdr.shape[1]
        mt = self.mask_tgt(fd.flatten(0, 1)).reshape(s, t, 1, 2, h, w)
        mr = self.mask_ref(fdr.flatten(0, 1)).reshape(s, 1, k, 2, h, w)
        mask = torch.sigmoid(mt + mr)                                         # [S,T,K,2,h,w]
        m, n = mask[:, :, :, 0:1], mask[:, :, :, 1:2]
        att = self.attention(fd, fdr, local, lag, short)                      # [S, T*hw, K*hw]
        v = self.v(fyr.flatten(0, 1)).reshape(s, k, c // 2, h * w)
        # V is masked per target: one product per target frame
        vm = (v[:, None] * m.reshape(s, t, k, 1, h * w)).permute(0, 1, 2, 4, 3).reshape(s, t, k * h * w, c // 2)
        col = colour.permute(0, 1, 3, 4, 2).reshape(s, 1, k * h * w, 3).expand(-1, t, -1, -1)
        a = att.reshape(s, t, h * w, k * h * w).to(vm.dtype)
        mat = (a @ torch.cat([vm, col.to(vm.dtype)], 3)).permute(0, 1, 3, 2).reshape(s * t, c // 2 + 3, h, w)
        mat, warped = mat.split([c // 2, 3], 1)
        f_mat = self.o(mat).reshape(s, t, 1, c, h, w)
        f_my = fyr[:, None] * m
        f_sim = ((1 - n) * f_mat + n * f_my).mean(2)
        return {"mask": mask, "f_mat": f_mat[:, :, 0], "f_sim": f_sim, "warped": warped.reshape(s, t, 3, h, w),
                "attention": att}


class Decoder(nn.Module):
    """Four conv layers, nearest upsampling before the first two."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        b = cfg.base
        self.skip, self.residual = cfg.skip, cfg.warp
        self.conv0 = conv(4 * b, 2 * b, 3)
        self.conv1 = conv(2 * b, b, 3)
        self.conv2 = conv(b, b, 3)
        self.conv3 = conv(b, 3, 3, bias=True)

    def forward(self, f: Tensor, e0: Tensor, e1: Tensor, warped: Tensor) -> Tensor:
        """f [N,C,h,w]; e0, e1: EnL's first two layers; warped [N,3,h,w]. -> [N,3,4h,4w]."""
        f = F.relu(norm(self.conv0(F.interpolate(f, scale_factor=2.0))))
        f = f + e1 if self.skip else f
        f = F.relu(norm(self.conv1(F.interpolate(f, scale_factor=2.0))))
        f = f + e0 if self.skip else f
        f = F.relu(norm(self.conv2(f)))
        f = self.conv3(f).float()
        if not self.residual:
            return torch.tanh(f)
        return f + F.interpolate(warped.float(), scale_factor=4.0, mode="bilinear", align_corners=False)


class ColorTransform(nn.Module):
    """The generator G of Eq. 1."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        b, c = cfg.base, cfg.width
        self.enl = Encoder(1, b)
        self.end = MatchEncoder(cfg)
        self.enc = Encoder(3, b)
        self.embedder = Embedder(b)
        self.mlp0 = nn.Linear(c, cfg.style)
        self.mlp1 = nn.Linear(cfg.style, cfg.mid_blocks * 4 * c)
        self.sim = Sim(cfg)
        if cfg.warp:
            self.warp_in = conv(3, c, 1)
        self.mid = nn.ModuleList(AdaINBlock(c) for _ in range(cfg.mid_blocks))
        self.decoder = Decoder(cfg)
        self.latent_sim = conv(c, 3, 3, bias=True)      # training only (Eq. 9)
        self.latent_mid = conv(c, 3, 3, bias=True)

    def style(self, xr: Tensor, yr: Tensor) -> Tensor:
        """xr [S,K,1,H,W], yr [S,K,3,H,W] -> AdaIN parameters [S, mid_blocks, 4, C]."""
        s, k = xr.shape[:2]
        e = self.embedder(xr.flatten(0, 1), yr.flatten(0, 1)).reshape(s, k, -1).mean(1)
        return self.mlp1(F.relu(self.mlp0(e))).reshape(s, self.cfg.mid_blocks, 4, self.cfg.width)

    def references(self, xr: Tensor, dr: Tensor, yr: Tensor) -> dict[str, Tensor]:
        """What depends on the references alone: xr, dr [S,K,1,H,W], yr [S,K,3,H,W]."""
        s, k = xr.shape[:2]
        f_d = self.end(xr.flatten(0, 1), dr.flatten(0, 1))
        f_y = self.enc(yr.flatten(0, 1))[2]
        colour = F.avg_pool2d(yr.flatten(0, 1), 4)
        return {"f_d_ref": f_d.reshape(s, k, *f_d.shape[1:]), "f_y": f_y.reshape(s, k, *f_y.shape[1:]),
                "colour": colour.reshape(s, k, *colour.shape[1:]), "style": self.style(xr, yr)}

    def color(self, x: Tensor, d: Tensor, refs: dict[str, Tensor], local: Tensor | None = None,
              lag: Tensor | None = None, short: int = 0) -> dict[str, Tensor]:
        """Targets x, d [S,T,1,H,W] and what `references` gave -> every stage."""
        s, t = x.shape[:2]
        e0, e1, f_line = self.enl(x.flatten(0, 1))
        f_d = self.end(x.flatten(0, 1), d.flatten(0, 1))
        f_d = f_d.reshape(s, t, *f_d.shape[1:])
        sim = self.sim(f_d, refs["f_d_ref"], refs["f_y"], refs["colour"], local, lag, short // 4)
        warped = sim["warped"].flatten(0, 1)
        f = f_line + sim["f_sim"].flatten(0, 1)
        if self.cfg.warp:
            f = f + self.warp_in(warped)
        stages = {"e0": e0, "e1": e1, "f_line": f_line, "f_d": f_d, "mid_in": f, **refs, **sim}
        pt = refs["style"][:, None].expand(-1, t, -1, -1, -1).flatten(0, 1)
        for i, block in enumerate(self.mid):
            f = block(f, pt[:, i])
        stages["f_mid"] = f
        out = self.decoder(f, e0, e1, warped)
        stages["out"] = out.reshape(s, t, *out.shape[1:])
        if self.training:
            stages["latent_sim"] = self.latent_sim(sim["f_sim"].flatten(0, 1)).reshape(s, t, 3, *f_d.shape[3:])
            stages["latent_mid"] = self.latent_mid(f).reshape(s, t, 3, *f_d.shape[3:])
        return stages

    def matching(self, x: Tensor, d: Tensor, xr: Tensor, dr: Tensor, yr: Tensor,
                 local: Tensor | None = None, lag: Tensor | None = None, short: int = 0) -> dict[str, Tensor]:
        """As forward, but only "attention" and "warped": what EnD, q and k have a share in."""
        s, t, k = *x.shape[:2], xr.shape[1]
        f_d, f_d_ref = (self.end(a.flatten(0, 1), b.flatten(0, 1)) for a, b in ((x, d), (xr, dr)))
        att = self.sim.attention(f_d.reshape(s, t, *f_d.shape[1:]), f_d_ref.reshape(s, k, *f_d_ref.shape[1:]), local,
                                 lag, short // 4)
        colour = F.avg_pool2d(yr.flatten(0, 1), 4)
        h, w = colour.shape[2:]
        colour = colour.reshape(s, k, 3, h * w).permute(0, 1, 3, 2).reshape(s, k * h * w, 3)
        warped = (att @ colour.to(att.dtype)).reshape(s, t, h, w, 3).permute(0, 1, 4, 2, 3)
        return {"attention": att, "warped": warped}

    def forward(self, x: Tensor, d: Tensor, xr: Tensor, dr: Tensor, yr: Tensor,
                local: Tensor | None = None, lag: Tensor | None = None, short: int = 0) -> dict[str, Tensor]:
        """Targets x, d [S,T,1,H,W]; references xr, dr [S,K,1,H,W], yr [S,K,3,H,W]. local [S,K]: 1 where the
        reference is a frame of the video, so that the locality prior holds; None: all are. lag [S,T,K]: see
        preprocess.reference_lags; None: unknown, 0. short: short side of the picture where these are a window of it.

        Returns every stage; "out" [S,T,3,H,W] is the picture, not clamped.
        """
        return self.color(x, d, self.references(xr, dr, yr), local, lag, short)
