# SPDX-License-Identifier: LGPL-2.1-or-later
"""A teacher: a trained network whose pictures and attention another one learns, beside the truth."""
from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

import checkpoint
from data import Batch
from device import autocast
from export import config_of
from model import ColorTransform

ROWS = 512          # of the attention matrix that are compared, of each shot


def network(path: str) -> ColorTransform:
    """The network of a weights file or of a checkpoint, its moving average."""
    if path.endswith(".safetensors"):
        from finetune import load_network           # finetune's own needs are more
        return load_network(Path(path))[0].eval()
    state = checkpoint.load(path)
    net = ColorTransform(config_of(state["config"])).eval().to(memory_format=torch.channels_last)
    net.load_state_dict(state.get("ema") or state["model"])
    return net


class Teacher:
    """What the teacher makes of a batch, and how far the student is from it."""

    def __init__(self, path: str, device: torch.device) -> None:
        self.net, self.device = network(path).requires_grad_(False).to(device), device

    def losses(self, stages: dict[str, Tensor], batch: Batch, wanted: dict[str, float]) -> dict[str, Tensor]:
        """The wanted ones of "teacher", L1 of the pictures, and "attend", cross-entropy of the attention, whose least
        value is the teacher's own entropy."""
        with torch.no_grad(), autocast(self.device):
            theirs = self.net(batch.x, batch.d, batch.xr, batch.dr, batch.yr, lag=batch.lag, short=batch.short)
        terms = {}
        if "teacher" in wanted:
            terms["teacher"] = (stages["out"] - theirs["out"]).abs().mean()
        if "attend" in wanted:
            own, aim = stages["attention"].flatten(0, 1), theirs["attention"].flatten(0, 1)
            count = min(len(own), ROWS * stages["attention"].shape[0])
            rows = torch.randperm(len(own), device=own.device)[:count]
            own, aim = own.index_select(0, rows), aim.index_select(0, rows)
            terms["attend"] = -(aim * (own + 1e-6).log()).sum(1).mean()
        return terms
