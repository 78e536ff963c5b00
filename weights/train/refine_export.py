# SPDX-License-Identifier: LGPL-2.1-or-later
"""Puts a trained refinement into the weights file of the colour transform that it was trained behind:

    /usr/bin/python3 weights/train/refine_export.py RUN_DIR/refine.pt weights/small.safetensors --provenance TEXT

--output writes another file instead. A refinement that the file already has is replaced. In place of refine.pt a weights
file gives the refinement that it has: --firmer and --trust set how steady it makes things, which trades true changes of
colour for flicker (docs/refinement.md has what that was worth).
"""
from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

import weights_io
from refine import PREFIX, Refine, runtime_tensors


def join(tensors: dict[str, Tensor], metadata: dict[str, str], base: int, state: dict[str, Tensor],
         provenance: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A weights file's contents with the refinement of that base."""
    Refine(base).load_state_dict(state)         # names and shapes must be the network's own
    kept = {k: t for k, t in tensors.items() if not k.startswith(PREFIX)}
    return {**kept, **runtime_tensors(state)}, {**metadata, "refine_base": str(base), "refine_provenance": provenance}


def refinement(path: Path) -> tuple[int, dict[str, Tensor]]:
    """Base and tensors of a checkpoint's moving average, or of what a weights file has."""
    if path.suffix != ".safetensors":
        ck = torch.load(path, map_location="cpu")
        return ck["base"], ck["ema"]
    tensors, metadata = weights_io.load(path)
    if "refine_base" not in metadata:
        raise SystemExit(f"{path}: has no refinement: name one that has, or a refine.pt")
    return int(metadata["refine_base"]), {k[len(PREFIX):]: t for k, t in tensors.items() if k.startswith(PREFIX)}


def steadier(state: dict[str, Tensor], firmer: float, trust: float) -> dict[str, Tensor]:
    """Every link times e^firmer, and the log of the trust times `trust`: less of it leaves more to the links."""
    out = {k: t.float().clone() for k, t in state.items()}
    out["conv10.bias"][:2] += firmer / 2    # both ends of a link add to it
    out["conv10.bias"][2:] *= trust
    out["conv10.weight"][2:] *= trust
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("weights", type=Path)
    ap.add_argument("--output", type=Path, help="default: the weights file itself")
    ap.add_argument("--provenance", required=True, help="what the refinement was trained on, free text")
    ap.add_argument("--firmer", type=float, default=0, help="links are e^FIRMER times as firm (%(default)s)")
    ap.add_argument("--trust", type=float, default=1,
                    help="the log of the trust in a frame's own colours times TRUST (%(default)s)")
    args = ap.parse_args()
    base, state = refinement(args.checkpoint)
    output = args.output or args.weights
    weights_io.save(output, *join(*weights_io.load(args.weights), base, steadier(state, args.firmer, args.trust),
                                  args.provenance))
    print(f"{output}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
