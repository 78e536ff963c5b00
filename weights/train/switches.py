# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parts of the network held off by weights that do not move, for the ablations that have no place in a weights file.

The network and its file stay what they are: everything that reads them computes without the part too.
"""
from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from model import ColorTransform

FULL = 30.0         # sigmoid(30) is 1 in fp32


def no_embedder(net: ColorTransform) -> None:
    """All AdaIN parameters are zero: plain residual blocks."""
    for p in net.mlp1.parameters():
        p.data.zero_()
        p.requires_grad_(False)


def no_masks(net: ColorTransform) -> None:
    """m = 1 and n = 0 everywhere: V is not masked and f_sim is f_mat."""
    for p in (net.sim.mask_tgt.weight, net.sim.mask_ref.weight, net.sim.mask_tgt.bias):
        p.data.zero_()
        p.requires_grad_(False)
    net.sim.mask_tgt.bias.data.copy_(torch.tensor([FULL, -FULL]))


def no_distance(net: ColorTransform) -> None:
    """The wide matching encoder sees lines alone."""
    if not net.cfg.match:
        raise ValueError("without the distance field the paper's EnD would see nothing: give it match_dilations")
    weight = net.end.encoder.conv0.weight
    weight.data[:, 1] = 0

    def lines_only(grad: Tensor) -> Tensor:
        grad = grad.clone()
        grad[:, 1] = 0
        return grad
    weight.register_hook(lines_only)


SWITCHES: dict[str, Callable[[ColorTransform], None]] = {
    "distance": no_distance, "embedder": no_embedder, "masks": no_masks}
