# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the temporal refinement is trained on and judged by: losses over the frames of a window, PSNR, flicker.

Flicker is the mean change, in levels of 255, from a frame to the next over the pixels where the truth does not change
(by more than STILL levels in any channel). The temporal loss is the same thing made to learn from: the change of the
output against the change of the truth, which is nothing there, with a small weight where things move.
"""
from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

STILL = 2.0             # levels
MOVING_WEIGHT = 0.1
WEIGHTS = {"l1": 10.0, "temporal": 10.0, "link": 0.0, "perceptual": 1.0, "style": 1000.0, "gan": 0.1}


def still_pixels(truth: Tensor) -> Tensor:
    """truth [S,T,3,H,W] in [-1,1] -> bool [S,T-1,1,H,W]: the same in a frame and the next."""
    return (truth[:, 1:] - truth[:, :-1]).abs().amax(2, keepdim=True) <= (STILL + 0.01) * 2 / 255


def window_losses(out: Tensor, truth: Tensor, reference: Tensor) -> dict[str, Tensor]:
    """Unweighted terms, averaged over the frames; out, truth [S,T,3,H,W], reference [S,T]: there, out is the truth."""
    made = 1 - reference
    per_frame = (out - truth).abs().mean((2, 3, 4))
    change = (out[:, 1:] - out[:, :-1]) - (truth[:, 1:] - truth[:, :-1])
    weight = torch.where(still_pixels(truth), 1.0, MOVING_WEIGHT)
    return {"l1": (per_frame * made).sum() / made.sum().clamp(min=1),
            "temporal": (weight * change.abs()).sum() / (3 * weight.sum()).clamp(min=1)}


def link_loss(link: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy of link / (1 + link), link [S,T-1,1,H,W] as Refine gives it, with whether the truth stands still."""
    return F.binary_cross_entropy_with_logits(link.log(), still_pixels(truth).float())


def psnr(out: Tensor, truth: Tensor) -> float:
    """Of pictures in [-1,1], as 8-bit levels."""
    return -10 * math.log10(float(((levels(out) - levels(truth)) / 255).square().mean()) + 1e-10)


def flicker(out: Tensor, truth: Tensor) -> float:
    """Of windows [S,T,3,H,W] in [-1,1]; NaN where nothing stands still."""
    still = still_pixels(truth).float()
    change = (levels(out)[:, 1:] - levels(out)[:, :-1]).abs().mean(2, keepdim=True)
    return float((change * still).sum() / still.sum())


def levels(y: Tensor) -> Tensor:
    return ((y.clamp(-1, 1) + 1) * 127.5).round()
