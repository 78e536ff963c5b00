# SPDX-License-Identifier: LGPL-2.1-or-later
"""Discriminator of the colour transform network (paper 3.2, 3.5) and the adversarial loss (Eq. 10, or hinge).

Five convolutions on [line art, colour], Leaky ReLU between them, spectral norm on all but the last; one verdict for
each patch. `Adversary` holds it with its optimiser and makes its step.
"""
from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

GAN_KINDS = ("log", "hinge")


class Discriminator(nn.Module):
    """[N,1,H,W] line art and [N,3,H,W] colour, in [-1,1] -> [N,1,H/8,W/8] logits: positive is real."""

    def __init__(self, base: int = 32) -> None:
        super().__init__()
        b = base
        self.layers = nn.ModuleList([
            spectral_norm(nn.Conv2d(4, b, 5, 2, 2)),
            spectral_norm(nn.Conv2d(b, 2 * b, 3, 2, 1)),
            spectral_norm(nn.Conv2d(2 * b, 4 * b, 3, 2, 1)),
            spectral_norm(nn.Conv2d(4 * b, 4 * b, 3, 1, 1)),
            nn.Conv2d(4 * b, 1, 3, 1, 1)])

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        f = torch.cat([x, y], 1)
        for layer in self.layers[:-1]:
            f = F.leaky_relu(layer(f), 0.2)
        return self.layers[-1](f).float()


def discriminator_loss(real: Tensor, fake: Tensor, kind: str) -> Tensor:
    """What the discriminator minimises: Eq. 10 with its sign turned, or the hinge loss."""
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor, kind: str) -> Tensor:
    """What the generator minimises: -log D(x, y^), which has gradients where log(1 - D) has none; or hinge's -D."""
    return -fake.mean() if kind == "hinge" else F.softplus(-fake).mean()


class Adversary:
    """A discriminator that learns beside the generator."""

    def __init__(self, kind: str, lr: float, device: str = "cpu", base: int = 32, net: nn.Module | None = None) -> None:
        """`lr` is the discriminator's own peak rate, a tenth of the generator's in the paper; `net`: another one than
        a Discriminator of that base."""
        if kind not in GAN_KINDS:
            raise ValueError(f"adversarial loss {kind!r}: it is one of {', '.join(GAN_KINDS)}")
        self.kind, self.lr = kind, lr
        self.net = (net or Discriminator(base)).train().to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr, betas=(0.5, 0.999))

    def step(self, x: Tensor, real: Tensor, fake: Tensor, fraction: float) -> tuple[Tensor, Tensor]:
        """One step of the discriminator at `fraction` of its rate, then the generator's term, through the new one.

        x [N,1,H,W]; real, fake [N,3,H,W], or what the network takes. Returns (generator's term, discriminator's loss, detached).
        """
        self.net.requires_grad_(True)
        self.optimizer.param_groups[0]["lr"] = self.lr * fraction
        loss = discriminator_loss(self.net(x, real), self.net(x, fake.detach()), self.kind)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.net.requires_grad_(False)
        return generator_loss(self.net(x, fake), self.kind), loss.detach()

    def state_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "model": self.net.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
