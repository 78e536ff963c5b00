# SPDX-License-Identifier: LGPL-2.1-or-later
"""Puts a trained refinement into the weights file of the colour transform that it was trained behind:

    /usr/bin/python3 weights/train/refine_export.py RUN_DIR/refine.pt weights/small.safetensors --provenance TEXT

--output writes another file instead. A refinement that the file already has is replaced.
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


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("weights", type=Path)
    ap.add_argument("--output", type=Path, help="default: the weights file itself")
    ap.add_argument("--provenance", required=True, help="what the refinement was trained on, free text")
    args = ap.parse_args()
    ck = torch.load(args.checkpoint, map_location="cpu")
    output = args.output or args.weights
    weights_io.save(output, *join(*weights_io.load(args.weights), ck["base"], ck["ema"], args.provenance))
    print(f"{output}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
