# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads and writes safetensors files (F32, F16, BF16; string metadata), the format of the shipped weights.

The output depends on the arguments alone: tensors by element size, then name; keys sorted; data 8-byte aligned.
"""
from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

DTYPES: dict[str, torch.dtype] = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
NAMES: dict[torch.dtype, str] = {v: k for k, v in DTYPES.items()}
MAX_HEADER = 4 << 20    # what engine/model/safetensors.c accepts


def _bytes(t: Tensor) -> bytes:
    t = t.detach().cpu().contiguous()
    if t.dtype == torch.bfloat16:           # numpy has no bfloat16
        return t.view(torch.int16).numpy().astype("<i2").tobytes()
    a = t.numpy()
    return a.astype(a.dtype.newbyteorder("<")).tobytes()


def save(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Writes `tensors` (names as keys) to `path`, replacing it in one step."""
    items = {}
    for name, t in tensors.items():
        if t.dtype not in NAMES:
            raise ValueError(f"tensor {name}: {t.dtype} cannot be stored, only {', '.join(DTYPES)}")
        items[name] = _bytes(t)
    order = sorted(items, key=lambda n: (-tensors[n].element_size(), n))
    header: dict[str, object] = {}
    if metadata:
        header["__metadata__"] = {k: str(metadata[k]) for k in sorted(metadata)}
    offset = 0
    for name in order:
        t = tensors[name]
        header[name] = {"dtype": NAMES[t.dtype], "shape": list(t.shape),
                        "data_offsets": [offset, offset + len(items[name])]}
        offset += len(items[name])
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER:
        raise ValueError(f"{path}: header of {len(text)} bytes, at most {MAX_HEADER} are read back")
    part = Path(f"{path}.part")
    with open(part, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            f.write(items[name])
    os.replace(part, path)


def load(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors in their stored type, and the metadata."""
    data = Path(path).read_bytes()
    if len(data) < 8:
        raise ValueError(f"{path}: too short for a safetensors file")
    (n,) = struct.unpack_from("<Q", data)
    if n > min(MAX_HEADER, len(data) - 8):
        raise ValueError(f"{path}: header of {n} bytes does not fit the file")
    header = json.loads(data[8:8 + n])
    metadata = header.pop("__metadata__", {})
    tensors: dict[str, Tensor] = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype, shape = DTYPES[entry["dtype"]], entry["shape"]
        raw = data[8 + n + begin:8 + n + end]
        if len(raw) != end - begin or len(raw) != int(np.prod(shape)) * (4 if dtype == torch.float32 else 2):
            raise ValueError(f"{path}: tensor {name}: {len(raw)} bytes do not hold {entry['dtype']} {shape}")
        if dtype == torch.bfloat16:
            t = torch.from_numpy(np.frombuffer(raw, "<i2").astype(np.int16)).view(torch.bfloat16)
        else:
            t = torch.from_numpy(np.frombuffer(raw, "<f4" if dtype == torch.float32 else "<f2").copy())
        tensors[name] = t.reshape(shape)
    return tensors, metadata
