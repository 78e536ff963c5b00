# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checkpoints of a run: one file as PyTorch writes it, or a small index and numbered parts of fewer bits per weight.

Compact (--split-mib): 5 bytes a weight before compression instead of 16. Network and moving average are fp16, which
the exported weights are as well: the rounding, at most 2^-11 of a weight, is a fraction of a step. Adam's first moment,
whose memory is five steps, starts at zero again; of the second, whose memory is a hundred steps, 8 bits of logarithm
stay (9 %).
"""
from __future__ import annotations

import hashlib
import io
import json
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

FORMAT = "lineartcolor checkpoint parts"
LEAST, OCTAVE = -56.0, 4        # second moments from 2^-56, below which Adam's epsilon rules; steps of a quarter octave


def encode_moment(v: Tensor) -> Tensor:
    """Second moments as uint8: 0 for 0, else their logarithm."""
    code = ((v.float().clamp_min(2.0 ** LEAST).log2() - LEAST) * OCTAVE).round().clamp(0, 254) + 1
    return torch.where(v > 0, code, torch.zeros_like(code)).to(torch.uint8)


def decode_moment(code: Tensor) -> Tensor:
    return torch.where(code > 0, torch.exp2((code.float() - 1) / OCTAVE + LEAST), torch.zeros(()))


def _tensors(state: Mapping[str, Any], change: Callable[[Tensor], Tensor]) -> dict[str, Any]:
    return {k: change(v) if torch.is_tensor(v) and v.is_floating_point() else v for k, v in state.items()}


def _half(t: Tensor) -> Tensor:
    h = t.half()
    if not torch.isfinite(h).all():
        raise ValueError(f"a weight of {t.abs().max().item():g} is no fp16: write the checkpoint without --split-mib")
    return h


def pack(state: Mapping[str, Any]) -> dict[str, Any]:
    """A run's state in fewer bits."""
    optimizer = state["optimizer"]
    moments = {k: {"step": s["step"], "code": encode_moment(s["exp_avg_sq"])} for k, s in optimizer["state"].items()}
    return {**state, "packed": True, "model": _tensors(state["model"], _half), "ema": _tensors(state["ema"], _half),
            "optimizer": {**optimizer, "state": moments}}


def unpack(state: dict[str, Any]) -> dict[str, Any]:
    """fp32 again; states that are not packed come back as they are."""
    if not state.pop("packed", False):
        return state
    optimizer = state["optimizer"]
    moments = {}
    for k, s in optimizer["state"].items():
        v = decode_moment(s["code"])
        moments[k] = {"step": s["step"], "exp_avg": torch.zeros_like(v), "exp_avg_sq": v}
    return {**state, "model": _tensors(state["model"], Tensor.float), "ema": _tensors(state["ema"], Tensor.float),
            "optimizer": {**optimizer, "state": moments}}


def save(path: str | Path, state: Mapping[str, Any], split_mib: float = 0) -> None:
    """Replaces the checkpoint at `path` in one step: it is the old one or the new one, whole, at any time."""
    path = Path(path)
    data = io.BytesIO()
    torch.save(pack(state) if split_mib else dict(state), data)
    if not split_mib:
        _replace(path, data.getbuffer())
        _remove_parts(path, [])
        return
    data = memoryview(zlib.compress(data.getbuffer(), 1))
    size, names, sums = int(split_mib * 2 ** 20), [], []
    generation = hashlib.sha256(data).hexdigest()[:8]          # never the names of the parts that are to be replaced
    for begin in range(0, len(data), size):
        part = data[begin:begin + size]
        names.append(f"{path.name}.{generation}.{begin // size:03d}")
        sums.append(hashlib.sha256(part).hexdigest())
        _replace(path.with_name(names[-1]), part)
    index = {"format": FORMAT, "bytes": len(data), "parts": names, "sha256": sums}
    _replace(path, json.dumps(index, indent=1).encode())
    _remove_parts(path, names)


def load(path: str | Path) -> dict[str, Any]:
    """The state of a checkpoint of either kind, on the CPU, fp32. ValueError: a part is missing or another's."""
    path = Path(path)
    with open(path, "rb") as f:
        if f.read(1) != b"{":
            return unpack(torch.load(path, map_location="cpu"))
    index = json.loads(path.read_text())
    if index.get("format") != FORMAT:
        raise ValueError(f"{path} is no checkpoint")
    data = bytearray()
    for name, digest in zip(index["parts"], index["sha256"]):
        part = path.with_name(Path(name).name)
        if not part.exists():
            raise ValueError(f"{path} needs {part.name} beside it")
        content = part.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(f"{part} is damaged or of another checkpoint")
        data += content
    return unpack(torch.load(io.BytesIO(zlib.decompress(data)), map_location="cpu"))


def _replace(path: Path, data: bytes | memoryview) -> None:
    part = path.with_name(path.name + ".tmp")
    part.write_bytes(data)
    os.replace(part, path)


def _remove_parts(path: Path, kept: list[str]) -> None:
    for old in path.parent.glob(f"{path.name}.????????.[0-9][0-9][0-9]"):
        if old.name not in kept:
            old.unlink()
