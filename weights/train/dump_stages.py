# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stage vectors for the C engine: seeded random weights, small inputs, every stage of the network.

`python3 dump_stages.py DIR` writes the committed set into DIR: NAME.weights.safetensors for each network and
NAME.CASE.safetensors for each of its inputs (metadata "weights": the network's file); `--more` adds variants.
Values are fp32 NHWC; inputs are in.line [h,w], in.distance [h,w], in.ref<i>.{line,distance,colour,local,lag}.
"""
from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Optional

import torch
from torch import Tensor

import weights_io
from export import runtime_tensors, weights_metadata
from model import PRESETS, ColorTransform, Config
from preprocess import reference_lags
from refine import Refine
from refine import runtime_tensors as refine_tensors

# network -> (Config, cases); case -> (height, width, [time of each reference, None: a model sheet]); the frame's is 3
Case = tuple[int, int, list[Optional[float]]]
FRAME = 3.0
CASES: dict[str, Case] = {"k1": (16, 32, [0]), "k2": (24, 40, [0, 5]), "k3": (24, 16, [2, None, 7]),
                          "k4": (32, 24, [None, 2, 5, 14])}
COMMITTED: dict[str, tuple[Config, list[str]]] = {
    "tiny": (PRESETS["tiny"], ["k1", "k2", "k3"]),
    "tiny-paper": (PRESETS["tiny-paper"], ["k2"]),
}
MORE: dict[str, tuple[Config, list[str]]] = {
    "tiny-nowarp": (replace(PRESETS["tiny"], warp=False), ["k2"]),
    "tiny-noskip": (replace(PRESETS["tiny"], skip=False), ["k2"]),
    "tiny-nolocality": (replace(PRESETS["tiny"], locality=False), ["k3", "k4"]),
    "tiny-nolag": (replace(PRESETS["tiny"], lag=False), ["k2", "k3"]),
    "tiny-nomatch": (replace(PRESETS["tiny"], match_dilations=(), head=0), ["k2"]),
    "small": (PRESETS["small"], ["k2", "k4"]),
    "small-nolag": (replace(PRESETS["small"], lag=False), ["k3"]),
}


# network -> (base of its refinement, cases); case -> (height, width, [1 for each reference of the window, else 0])
WINDOWS: dict[str, tuple[int, int, list[int]]] = {
    "t1": (16, 24, [0]), "t3": (24, 16, [1, 0, 0]), "t5": (16, 16, [1, 0, 0, 0, 1]), "t9": (40, 24, [0] * 4 + [1] + [0] * 4)}
REFINED: dict[str, tuple[int, list[str]]] = {"tiny": (5, ["t1", "t3", "t5"]), "small": (16, ["t5", "t9"])}


def seeded(cfg: Config, seed: int) -> ColorTransform:
    """Random weights rounded to their fp16 storage, of the scale that trained ones have: unit gain through
    convolution and norm, attention neither uniform nor one-hot, AdaIN parameters around a half."""
    g = torch.Generator().manual_seed(seed)
    net = ColorTransform(cfg).eval()
    gain = {"sim.q": 1.5, "sim.k": 1.5, "mlp1": 0.5, "decoder.conv3": 0.5, "sim.mask_ref": 0.7, "sim.mask_tgt": 0.7}
    prior = {"locality": 0.75, "nearness": 0.5, "reach": 0.3}
    with torch.no_grad():
        for name, p in net.named_parameters():
            module, kind = name.rsplit(".", 1)
            if kind in prior:
                p.fill_(prior[kind])
            elif kind == "bias":
                p.copy_(0.1 * torch.randn(p.shape, generator=g))
            else:
                fan_in = math.prod(p.shape[1:])
                scale = math.sqrt(2.0) if "embedder" in module or module == "mlp0" else 1.0   # ReLU follows, no norm
                p.copy_(gain.get(module, scale) / math.sqrt(fan_in) * torch.randn(p.shape, generator=g))
            p.copy_(p.half().float())
    return net


def seeded_refine(base: int, seed: int) -> Refine:
    """The same of the refinement: shifts near where training begins, and a last layer that does something."""
    g = torch.Generator().manual_seed(seed)
    net = Refine(base).eval()
    with torch.no_grad():
        for name, p in net.named_parameters():
            noise = torch.randn(p.shape, generator=g)
            if name.endswith("shift"):
                p.add_(0.2 * noise)
            elif name.endswith("bias"):
                p.copy_(0.1 * noise)
            else:
                p.copy_((1.0 if name.startswith(("conv9", "conv10")) else 2.5) / math.sqrt(math.prod(p.shape[1:])) * noise)
            p.copy_(p.half().float())
    return net


def picture(h: int, w: int, g: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """A line drawing's likeness: x and d [h,w], y [h,w,3]: patches of colour, lines between them."""
    cy, cx = torch.rand(5, generator=g) * h, torch.rand(5, generator=g) * w
    gy, gx = torch.meshgrid(torch.arange(h).float(), torch.arange(w).float(), indexing="ij")
    near = ((gy[..., None] - cy).square() + (gx[..., None] - cx).square()).sqrt().sort(-1)
    gap = near.values[..., 1] - near.values[..., 0]
    x = (gap - 0.5).clamp(-1, 1)
    d = (2 * gap / (min(h, w) / 4)).clamp(max=2) - 1
    y = (torch.rand(5, 3, generator=g) * 2 - 1)[near.indices[..., 0]]
    return x, d, (y + 0.05 * torch.randn(h, w, 3, generator=g)).clamp(-1, 1)


def nhwc(t: Tensor) -> Tensor:
    """[..., C, h, w] -> [..., h, w, C]."""
    return t.movedim(-3, -1)


def run(net: ColorTransform, h: int, w: int, times: list[Optional[float]], seed: int) -> dict[str, Tensor]:
    """Inputs and stages of one case (one shot, one target, len(times) references)."""
    g = torch.Generator().manual_seed(seed)
    x, d, _ = picture(h, w, g)
    refs = [picture(h, w, g) for _ in times]
    local = torch.tensor([t is not None for t in times])
    lag = torch.from_numpy(reference_lags([FRAME], times))
    out = {"in.line": x, "in.distance": d}
    for i, (xr, dr, yr) in enumerate(refs):
        out.update({f"in.ref{i}.line": xr, f"in.ref{i}.distance": dr, f"in.ref{i}.colour": yr,
                    f"in.ref{i}.local": local[i:i + 1], f"in.ref{i}.lag": lag[0, i:i + 1]})
    with torch.no_grad():
        st = net(x[None, None, None], d[None, None, None],
                 torch.stack([r[0] for r in refs])[None, :, None], torch.stack([r[1] for r in refs])[None, :, None],
                 torch.stack([r[2] for r in refs]).movedim(-1, 1)[None], local[None], lag[None])
    for name, t in st.items():
        if name == "attention":                 # never materialised by the engine
            continue
        if name == "style":                     # [mid_blocks, 4, C]
            out[name] = t[0]
            continue
        while t.ndim > 4:                       # shot and, where there is one, target
            t = t[0]
        out[name] = nhwc(t)                     # [1 or K, h, w, c]
    return {k: v.float().contiguous() for k, v in out.items()}


def run_refine(net: Refine, h: int, w: int, reference: list[int], seed: int) -> dict[str, Tensor]:
    """Inputs and stages of one window, [T,h,w,c]."""
    g = torch.Generator().manual_seed(seed)
    frames = [picture(h, w, g) for _ in reference]
    x, y = torch.stack([f[0] for f in frames]), torch.stack([f[2] for f in frames])
    for t in range(1, len(x), 2):                               # every other drawing is held, nearly
        x[t] = x[t - 1] + 0.02 * (x[t] - x[t - 1])
    flag = torch.tensor(reference).float()
    with torch.no_grad():
        stages = net(x[None, :, None], y.movedim(-1, 1)[None], flag[None])
    return {"in.line": x, "in.colour": y, "in.reference": flag,
            **{k: nhwc(v[0]).contiguous() for k, v in stages.items() if k != "refined" and v.shape[1]}}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("dir", type=Path)
    ap.add_argument("--more", action="store_true", help="also the variants that are too many to commit")
    args = ap.parse_args()
    torch.set_num_threads(1)
    args.dir.mkdir(parents=True, exist_ok=True)
    seeds: dict[str, int] = {}
    for name, (cfg, cases) in (COMMITTED | MORE if args.more else COMMITTED).items():
        seed = seeds.setdefault(name.partition("-no")[0], len(seeds))    # a variant differs by its flag alone
        net = seeded(cfg, seed)
        base, windows = REFINED.get(name, (0, []))
        refine = seeded_refine(base, 200 + seed) if base else None
        weights = f"{name}.weights.safetensors"
        weights_io.save(args.dir / weights,
                        {**runtime_tensors(net.state_dict(), torch.float16),
                         **(refine_tensors(refine.state_dict()) if refine else {})},
                        {**weights_metadata(cfg, name, "random, for tests only"),
                         **({"refine_base": str(base)} if refine else {})})
        results = [(case, run(net, *CASES[case], seed=100 + seed)) for case in cases]
        results += [(case, run_refine(refine, *WINDOWS[case], seed=300 + seed)) for case in windows]
        for case, vectors in results:
            weights_io.save(args.dir / f"{name}.{case}.safetensors", vectors, {"weights": weights})
            spread = {k: round(v.std(unbiased=False).item(), 2) for k, v in vectors.items() if not k.startswith("in.")}
            print(name, case, spread)


if __name__ == "__main__":
    main()
