# SPDX-License-Identifier: LGPL-2.1-or-later
"""Patch discriminator of the temporal refinement (paper 3.2, 3.5): is this window of a video real?

Five "3-D" convolutions on [line art, colour], each a 2-D one behind a learnable temporal shift as in the generator;
Leaky ReLU between them, spectral norm on all but the last; one verdict for each patch of each frame.
"""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from refine import initial_kernel, temporal_shift


class Discriminator3d(nn.Module):
    """[S,T,1,H,W] line art and [S,T,3,H,W] colour, in [-1,1] -> [S,T,1,H/8,W/8] logits: positive is real."""

    def __init__(self, base: int = 24) -> None:
        super().__init__()
        b = base
        self.layers = nn.ModuleList([
            spectral_norm(nn.Conv2d(12, b, 5, 2, 2)),          # its input is there three times, as in the generator
            spectral_norm(nn.Conv2d(b, 2 * b, 3, 2, 1)),
            spectral_norm(nn.Conv2d(2 * b, 4 * b, 3, 2, 1)),
            spectral_norm(nn.Conv2d(4 * b, 4 * b, 3, 1, 1)),
            nn.Conv2d(4 * b, 1, 3, 1, 1)])
        self.shifts = nn.ParameterList(
            nn.Parameter(initial_kernel(layer.in_channels, 0.25 if i else 1 / 3)) for i, layer in enumerate(self.layers))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        s, t = x.shape[:2]
        f = torch.cat([x, y.to(x.dtype)], 2).flatten(0, 1)
        for layer, kernel in zip(self.layers, self.shifts):
            f = layer(temporal_shift(f, t, kernel))
            if layer is not self.layers[-1]:
                f = F.leaky_relu(f, 0.2)
        return f.float().unflatten(0, (s, t))
