# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frechet Inception Distance (Heusel et al., 2017) of two sets of pictures, on an Inception v3 file that the user has.

Two kinds are told apart by their classifier: torchvision's inception_v3 (1000 classes) and the port of the network that
published figures are taken with (1008 classes; pytorch-fid's pt_inception). Only the second gives figures
comparable with published ones. Nothing here fetches a file.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from perceptual import read

SIDE = 299
WIDTH = 2048
PORTED_CLASSES = 1008
NOT_NEEDED = ("AuxLogits.", "fc.")      # what stands behind the pooled features


class Repooled(nn.Module):
    """An Inception block whose pooling branch pools in another way than torchvision's."""

    def __init__(self, block: nn.Module, pool: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.block, self.pool = block, pool

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([*self.block._forward(x)[:-1], self.block.branch_pool(self.pool(x))], 1)


def repool(net: nn.Module) -> None:
    """The pooling of the ported network: padding does not count in averages, the last block takes the maximum."""
    average = partial(F.avg_pool2d, kernel_size=3, stride=1, padding=1, count_include_pad=False)
    for name in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b"):
        setattr(net, f"Mixed_{name}", Repooled(getattr(net, f"Mixed_{name}"), average))
    net.Mixed_7c = Repooled(net.Mixed_7c, partial(F.max_pool2d, kernel_size=3, stride=1, padding=1))


class Inception:
    """Pictures to the 2048 pooled features."""

    def __init__(self, path: str | Path) -> None:
        try:
            from torchvision.models import inception_v3
        except ImportError:
            raise ValueError("FID needs torchvision: apt-get install python3-torchvision") from None
        tensors = read(path, "inception_v3")
        if "fc.weight" not in tensors:
            raise ValueError(f"{path}: fc.weight is absent: give torchvision's inception_v3, or its port for FID")
        self.ported = tensors["fc.weight"].shape[0] == PORTED_CLASSES
        # inputs in [-1, 1] are what both were trained on: torchvision's transform_input only gets there from elsewhere
        net = inception_v3(weights=None, aux_logits=False, transform_input=False, init_weights=False)
        own = net.state_dict()
        odd = [k for k, v in own.items() if not k.startswith(NOT_NEEDED) and not k.endswith("num_batches_tracked")
               and (k not in tensors or tensors[k].shape != v.shape)]
        if odd:
            raise ValueError(f"{path}: absent or of another shape: {', '.join(odd[:3])}: "
                             "give torchvision's inception_v3, or its port for FID")
        net.load_state_dict({k: v for k, v in tensors.items() if k in own and not k.startswith(NOT_NEEDED)},
                            strict=False)
        net.fc = nn.Identity()
        if self.ported:
            repool(net)
        self.net = net.eval().requires_grad_(False)

    @property
    def kind(self) -> str:
        return "the ported weights, as published figures are" if self.ported else \
            "torchvision's weights: not comparable with published figures"

    @torch.no_grad()
    def features(self, pictures: Iterable[np.ndarray]) -> np.ndarray:
        """uint8 [H,W,3] each -> [N,2048], float64; one at a time, so that N is bounded by nothing but time."""
        rows = [np.zeros((0, WIDTH))]
        for picture in pictures:
            x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
            x = F.interpolate(x, (SIDE, SIDE), mode="bilinear", align_corners=False)
            rows.append(self.net(x).double().numpy())
        return np.concatenate(rows)


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """|mean a - mean b|^2 + tr(Ca + Cb - 2 (Ca Cb)^1/2) of features [N,D] and [M,D], N, M >= 2.

    With Ca = A'A and Cb = B'B, tr (Ca Cb)^1/2 is the sum of the singular values of A B'. That holds for few samples
    too, where the covariances have no full rank and a matrix square root of their product is mostly rounding.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("FID needs at least two pictures a side")

    def root(x: np.ndarray) -> np.ndarray:
        centred = (x - x.mean(0)) / np.sqrt(len(x) - 1)
        return np.linalg.qr(centred, mode="r") if len(x) > x.shape[1] else centred
    ra, rb = root(a), root(b)
    cross = np.linalg.svd(ra @ rb.T, compute_uv=False).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + (ra ** 2).sum() + (rb ** 2).sum() - 2 * cross)
