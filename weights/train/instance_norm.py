# SPDX-License-Identifier: LGPL-2.1-or-later
"""Instance norm with a gradient by hand for channels-last tensors on the CPU, where PyTorch's own copies its input to
another layout and back, and everything after it computes across layouts."""
from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def instance_norm(x: Tensor, eps: float) -> Tensor:
    """x [N,C,H,W] -> (x - mean) / sqrt(var + eps) of each sample's channel; the variance is the biased one."""
    if x.requires_grad and torch.is_grad_enabled() and x.device.type == "cpu" \
            and x.is_contiguous(memory_format=torch.channels_last):
        return InstanceNorm.apply(x, eps)
    return F.instance_norm(x, eps=eps)


class InstanceNorm(torch.autograd.Function):
    """In fp32 over [N, H*W, C]; keeps the result in x's own type."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> Tensor:
        n, c, h, w = x.shape
        f = x.permute(0, 2, 3, 1).reshape(n, h * w, c).float()
        f = f - f.mean(1, keepdim=True)
        scale = (f.square().mean(1, keepdim=True) + eps).rsqrt_()
        y = f.mul_(scale).to(x.dtype)
        ctx.save_for_backward(y, scale)
        return y.view(n, h, w, c).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        y, scale = ctx.saved_tensors
        n, c, h, w = grad.shape
        g, f = grad.permute(0, 2, 3, 1).reshape(n, h * w, c).float(), y.float()
        along = (g * f).mean(1, keepdim=True)
        inner = (g - f.mul(along).add_(g.mean(1, keepdim=True))).mul_(scale)
        return inner.to(y.dtype).view(n, h, w, c).permute(0, 3, 1, 2), None
