# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checkpoint -> weights file: `python3 export.py checkpoint.pt small.safetensors --preset small --provenance TEXT`.

A checkpoint holds "config" (Config as a dict), "model" (state_dict) and optionally "ema" (preferred). --refinement FILE takes
along the temporal refinement of a weights file, which sees finished pictures and so serves any colour transform.
"""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import checkpoint
import weights_io
from model import ColorTransform, Config
from refine import PREFIX

STORAGE = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


def weights_metadata(cfg: Config, preset: str, provenance: str) -> dict[str, str]:
    """Everything engine/model/model.c reads, and what people want to know of a file."""
    return {"format": "lineartcolor", "format_version": "1", "kind": "color_transform", "preset": preset,
            "provenance": provenance, "license": "CC-BY-4.0", **cfg.metadata()}


def runtime_tensors(state: dict[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """The tensors inference needs, rounded to the storage type."""
    out = {}
    for name, t in state.items():
        if name.startswith("latent_"):          # the latent loss's heads (Eq. 9)
            continue
        r = t.detach().float().to(dtype)
        if not torch.isfinite(r.float()).all():
            raise ValueError(f"{name}: not finite as {dtype} (largest value {t.abs().max().item():g})")
        out[name] = r
    return out


def with_refinement(tensors: dict[str, Tensor], metadata: dict[str, str], path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A colour transform's contents with the refinement that the weights file at `path` holds; without one, as they are."""
    others, their = weights_io.load(path)
    return ({**tensors, **{k: t for k, t in others.items() if k.startswith(PREFIX)}},
            {**metadata, **{k: v for k, v in their.items() if k.startswith("refine_")}})


def config_of(fields: dict[str, Any]) -> Config:
    """Checkpoints from before the lag have none."""
    return Config(**{"lag": False, **fields, "match_dilations": tuple(fields["match_dilations"])})


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("output", type=Path)
    ap.add_argument("--preset", required=True, help="preset name stored in the file")
    ap.add_argument("--provenance", required=True, help="what the weights were trained on, free text")
    ap.add_argument("--dtype", choices=STORAGE, default="fp16")
    ap.add_argument("--refinement", type=Path, help="weights file whose temporal refinement to take along")
    args = ap.parse_args()
    ck = checkpoint.load(args.checkpoint)
    cfg = config_of(ck["config"])
    state = ck.get("ema") or ck["model"]
    ColorTransform(cfg).load_state_dict(state)  # names and shapes must be the network's own
    contents = runtime_tensors(state, STORAGE[args.dtype]), weights_metadata(cfg, args.preset, args.provenance)
    weights_io.save(args.output, *(with_refinement(*contents, args.refinement) if args.refinement else contents))
    print(f"{args.output}: {args.output.stat().st_size} bytes, {args.dtype}")


if __name__ == "__main__":
    main()
