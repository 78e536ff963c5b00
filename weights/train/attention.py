# SPDX-License-Identifier: LGPL-2.1-or-later
"""The attention's softmax with its priors of place and time: the formula, and the same with a gradient by hand.

The matrices are the largest tensors of a step by far: autograd of the plain formula keeps and passes over several.
"""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def places(h: int, w: int, short: int, device: torch.device) -> Tensor:
    """Positions p [h*w, 2] in units of the short side."""
    gy, gx = torch.meshgrid(torch.arange(h, device=device), torch.arange(w, device=device), indexing="ij")
    return torch.stack([gy, gx], -1).reshape(-1, 2).float() / short


def prior_softmax(logit: Tensor, strength: Tensor | None, offset: Tensor | None, place: Tensor) -> Tensor:
    """softmax over the keys of logit - strength |dp|^2 - offset, in fp32.

    logit [S, T*N, K*N]; strength, offset [S,T,K] or None (0); place [N,2] of queries and keys.
    """
    if torch.is_grad_enabled() and logit.requires_grad:
        return PriorSoftmax.apply(logit, strength, offset, place)
    s, n = logit.shape[0], len(place)
    rows = logit.float().reshape(s, -1, n, logit.shape[2] // n, n)             # [S,T,N,K,N]
    if strength is not None:
        rows = rows - strength[:, :, None, :, None] * distances(place)[:, None]
    if offset is not None:
        rows = rows - offset[:, :, None, :, None]
    return torch.softmax(rows.reshape(logit.shape), -1)


def distances(place: Tensor) -> Tensor:
    """|dp|^2 [N,N]."""
    return (place[:, None] - place[None]).square().sum(-1)


class PriorSoftmax(torch.autograd.Function):
    """prior_softmax in place; of what it makes only the result is kept."""

    @staticmethod
    def forward(ctx: Any, logit: Tensor, strength: Tensor | None, offset: Tensor | None, place: Tensor) -> Tensor:
        s, n = logit.shape[0], len(place)
        flat = logit.to(torch.float32, copy=True)
        rows = flat.view(s, -1, n, logit.shape[2] // n, n)
        if strength is not None:
            rows.addcmul_(strength.float()[:, :, None, :, None], distances(place)[:, None], value=-1)
        if offset is not None:
            rows.sub_(offset.float()[:, :, None, :, None])
        att = torch.softmax(flat, -1)
        ctx.save_for_backward(att, place)
        ctx.kind, ctx.needs = logit.dtype, (strength is not None, offset is not None)
        return att

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        att, place = ctx.saved_tensors
        inner = torch._softmax_backward_data(grad.contiguous(), att, -1, att.dtype)
        n = len(place)
        rows = inner.view(att.shape[0], -1, n, att.shape[2] // n, n)
        of_strength = of_offset = None
        if ctx.needs[0]:        # frame by frame, so that the products stay in the cache
            d2 = distances(place)[:, None]
            of_strength = -torch.stack([torch.stack([(f * d2).sum((0, 2)) for f in frames]) for frames in rows])
        if ctx.needs[1]:
            of_offset = -rows.sum((2, 4))
        return inner.to(ctx.kind), of_strength, of_offset, None
