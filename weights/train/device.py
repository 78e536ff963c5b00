# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which device computes, and in which precision."""
from __future__ import annotations

import contextlib
import functools
import os

import torch

# asking whether there is a GPU must not start CUDA: worker processes are forked after it
os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")

DEVICES = ("auto", "cpu", "cuda")


def pick(name: str) -> torch.device:
    """The device of --device."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("PyTorch sees no CUDA device: take --device cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def start(device: torch.device, threads: int) -> None:
    """Process-wide settings of a run; not before its worker processes are forked."""
    torch.set_num_threads(threads)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True           # few shapes, each many times
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True


@functools.cache
def cpu_has_bf16() -> bool:
    """Whether PyTorch's bf16 convolutions are vector code here (AVX-512): else they are plain loops, several times as slow as fp32."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            return any("avx512bw" in line.split() for line in f if line.startswith("flags"))
    except OSError:
        return False


def autocast(device: torch.device) -> contextlib.AbstractContextManager:
    """bf16 where the device is quick at it."""
    if not (torch.cuda.is_bf16_supported() if device.type == "cuda" else cpu_has_bf16()):
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def default_workers(device: torch.device) -> int:
    """Processes that make shots: on a GPU all cores but two, else one, which keeps up with two cores."""
    return max(1, (os.cpu_count() or 1) - 2) if device.type == "cuda" else 1
