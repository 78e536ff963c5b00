# SPDX-License-Identifier: LGPL-2.1-or-later
"""Perceptual and style loss (paper Eq. 7, 8) on VGG19 features relu1_1 ... relu5_1, weights from the user's file.

The file is torchvision's vgg19 as a torch state_dict or as safetensors; only `features.0` ... `features.28` are read.
Nothing here fetches it: without the file both terms are left out.
"""
from __future__ import annotations

import pickle
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import weights_io

# torchvision's index of each convolution in `features`, its output channels; "M": 2x2 max pooling before it
LAYERS: tuple[tuple[int, int, str], ...] = (
    (0, 64, ""), (2, 64, ""), (5, 128, "M"), (7, 128, ""), (10, 256, "M"), (12, 256, ""), (14, 256, ""),
    (16, 256, ""), (19, 512, "M"), (21, 512, ""), (23, 512, ""), (25, 512, ""), (28, 512, "M"))
TAPS = (0, 5, 10, 19, 28)                       # relu1_1, relu2_1, relu3_1, relu4_1, relu5_1
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def read(path: str | Path, network: str = "vgg19") -> dict[str, Tensor]:
    """The file's tensors, fp32. A torch file is read as plain tensors only: no code in it is run."""
    if str(path).endswith(".safetensors"):
        tensors = weights_io.load(path)[0]
    else:
        try:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, EOFError):
            tensors = None
        if not isinstance(tensors, dict) or not all(isinstance(v, Tensor) for v in tensors.values()):
            raise ValueError(f"{path}: not a torch file of plain tensors: give {network}'s state_dict, or safetensors")
    return {k: v.detach().float() for k, v in tensors.items()}


class Features(nn.Module):
    """[N,3,H,W] in [-1,1] -> the five feature maps."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        self.convs = nn.ModuleList()
        cin = 3
        for index, cout, _ in LAYERS:
            conv = nn.Conv2d(cin, cout, 3, padding=1)
            for part in ("weight", "bias"):
                name, own = f"features.{index}.{part}", getattr(conv, part)
                if name not in tensors or tensors[name].shape != own.shape:
                    got = "absent" if name not in tensors else f"of shape {list(tensors[name].shape)}"
                    raise ValueError(f"{name} is {got}, not {list(own.shape)}: give torchvision's vgg19")
                own.data.copy_(tensors[name])
            self.convs.append(conv)
            cin = cout
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])
        self.register_buffer("std", torch.tensor(STD)[:, None, None])
        self.requires_grad_(False)

    def forward(self, y: Tensor) -> list[Tensor]:
        f = ((y + 1) / 2 - self.mean) / self.std
        out = []
        for (index, _, pool), conv in zip(LAYERS, self.convs):
            f = F.relu(conv(F.max_pool2d(f, 2) if pool else f))
            if index in TAPS:
                out.append(f.float())
        return out


def gram(f: Tensor) -> Tensor:
    """[N,C,h,w] -> [N,C,C]: correlation of the channels, by element of the feature map."""
    n, c, h, w = f.shape
    f = f.reshape(n, c, h * w)
    with torch.autocast(f.device.type, enabled=False):
        return f @ f.transpose(1, 2) / (c * h * w)


class Perceptual(nn.Module):
    """Both terms from one pass over the features."""

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.features = Features(read(path)).to(memory_format=torch.channels_last)

    def forward(self, out: Tensor, truth: Tensor) -> dict[str, Tensor]:
        """out, truth [N,3,H,W] in [-1,1] -> "perceptual" (Eq. 7, N_i: all of the layer), "style" (Eq. 8, by mean)."""
        with torch.no_grad():
            real = self.features(truth)
        fake = self.features(out)
        return {"perceptual": sum((a - b).square().mean() for a, b in zip(fake, real)),
                "style": sum((gram(a) - gram(b)).abs().mean() for a, b in zip(fake, real))}
