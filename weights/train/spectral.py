# SPDX-License-Identifier: LGPL-2.1-or-later
"""Spectral norm where the paper has it (3.5, Fig. 6 c): encoders and decoder, not the embedder; and its folding.

While it is on, a layer's effective weight is W / sigma(W). `fold` turns a state_dict into one with plain weights,
which is what checkpoints keep as "ema" and what export.py and evaluate.py read.
"""
from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from model import ColorTransform

PLACES = ("enl", "end", "enc", "decoder")
ORIGINAL = ".parametrizations.weight.original"


def add(net: ColorTransform) -> ColorTransform:
    """Spectral norm on every convolution of the encoders and the decoder; the weights it has are kept as W."""
    for place in PLACES:
        add_everywhere(getattr(net, place))
    return net


def add_everywhere(module: nn.Module) -> None:
    """The same on every convolution of a module."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            spectral_norm(layer)


@torch.no_grad()
def fold(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Plain names and weights W / sigma; a state_dict without spectral norm comes back as it is."""
    out = {}
    for name, t in state.items():
        if name.endswith(ORIGINAL):
            layer = name[:-len(ORIGINAL)]
            u, v = (state[f"{layer}.parametrizations.weight.0.{k}"] for k in ("_u", "_v"))
            sigma = torch.dot(u, torch.mv(t.flatten(1), v))
            out[f"{layer}.weight"] = t / sigma
        elif ".parametrizations." not in name:
            out[name] = t
    return out
