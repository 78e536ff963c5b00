# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a training step changes: network, moving average, optimisers; and the step."""
from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

import spectral
from data import Batch
from device import autocast
from discriminator import Adversary
from distill import Teacher
from losses import color_losses
from model import ColorTransform, Config
from perceptual import Perceptual
from switches import SWITCHES

EMA_DECAY = 0.998
GRADIENT_NORM = 5.0


@dataclass
class Recipe:
    """How a run learns; kept in its checkpoints."""
    cfg: Config
    weights: dict[str, float]       # of the losses, by term
    lr: float = 4e-4
    gan: str = "log"
    gan_lr: float = 4e-5
    spectral: bool = False
    without: tuple[str, ...] = ()   # see switches.py
    matching: bool = False          # EnD, q and k learn alone: model.matching computes nothing else, so nothing else moves

    def summary(self) -> dict[str, Any]:
        return {"losses": self.weights, "gan": self.gan if "gan" in self.weights else "", "spectral": self.spectral,
                "without": list(self.without), "matching": self.matching}


def learning_rate(step: int, progress: float, peak: float) -> float:
    """Warm-up over 100 steps, constant to 60 % of the time, cosine to 4 %."""
    fall = max(0.0, (progress - 0.6) / 0.4)
    return peak * min(1.0, (step + 1) / 100) * (0.04 + 0.96 * 0.5 * (1 + math.cos(math.pi * min(1.0, fall))))


class Trainer:
    """A run's network; `count` steps were made, of `samples` target frames."""

    def __init__(self, recipe: Recipe, device: torch.device, init: dict[str, Tensor] | None = None,
                 perceptual: Perceptual | None = None, teacher: Teacher | None = None) -> None:
        self.recipe, self.device, self.count, self.samples = recipe, device, 0, 0
        self.perceptual = perceptual.to(device) if perceptual else None
        self.teacher = teacher
        net = ColorTransform(recipe.cfg).train().to(device, memory_format=torch.channels_last)
        if init:
            net.load_state_dict(init, strict=False)
        if recipe.spectral and "distance" in recipe.without:
            raise ValueError("spectral norm does not go without the distance field")
        for name in recipe.without:
            SWITCHES[name](net)
        self.net = spectral.add(net) if recipe.spectral else net
        self.opt = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], recipe.lr, betas=(0.8, 0.99),
                                    foreach=device.type == "cuda")
        self.adversary = Adversary(recipe.gan, recipe.gan_lr, str(device)) if "gan" in recipe.weights else None
        self.ema = {k: v.detach().clone() for k, v in spectral.fold(net.state_dict()).items()}
        self.average = ColorTransform(recipe.cfg).to(device, memory_format=torch.channels_last)

    def step(self, batch: Batch, progress: float) -> dict[str, float]:
        """One step; its terms, "hit" rate, the discriminator's loss "d", and "grad", the gradient's norm."""
        weights = self.recipe.weights
        lr = learning_rate(self.count, progress, self.recipe.lr)
        self.opt.param_groups[0]["lr"] = lr
        forward = self.net.matching if self.recipe.matching else self.net
        with autocast(self.device):
            stages = forward(batch.x, batch.d, batch.xr, batch.dr, batch.yr, lag=batch.lag, short=batch.short)
        terms, hit = color_losses(stages, batch, weights)
        shown = {"hit": torch.tensor(hit)}
        if self.teacher:
            terms |= self.teacher.losses(stages, batch, weights)
        with autocast(self.device):
            if self.perceptual or self.adversary:
                out, truth = stages["out"].flatten(0, 1), batch.y.flatten(0, 1)
            if self.perceptual:
                terms |= {k: v for k, v in self.perceptual(out, truth).items() if k in weights}
            if self.adversary:
                terms["gan"], shown["d"] = self.adversary.step(batch.x.flatten(0, 1), truth, out, lr / self.recipe.lr)
        loss = sum(weights[k] * v for k, v in terms.items())
        del stages                                  # the largest tensors: not kept longer than the gradients need them
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.net.parameters(), GRADIENT_NORM))
        if math.isfinite(norm):
            self.opt.step()
        self._follow(min(EMA_DECAY, (self.count + 1) / (self.count + 20)))
        self.count += 1
        self.samples += batch.x.shape[0] * batch.x.shape[1]
        return {**{k: float(v) for k, v in (terms | shown).items()}, "lr": lr, "grad": norm}

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        state = spectral.fold(self.net.state_dict())
        names = list(self.ema)
        mine = [self.ema[k] for k in names]
        torch._foreach_mul_(mine, decay)
        torch._foreach_add_(mine, [state[k] for k in names], alpha=1 - decay)

    def averaged(self) -> ColorTransform:
        """The network with the moving average's weights."""
        self.average.load_state_dict(self.ema)
        return self.average

    def state(self) -> dict[str, Any]:
        return {"config": asdict(self.recipe.cfg), "model": self.net.state_dict(), "ema": self.ema,
                "optimizer": self.opt.state_dict(), "step": self.count, "samples": self.samples,
                "recipe": self.recipe.summary(), "adversary": self.adversary.state_dict() if self.adversary else None}

    def load(self, state: dict[str, Any]) -> None:
        """Goes on where `state` was. ValueError: it is of another network."""
        before = {"spectral": False, "without": [], "matching": False, **state.get("recipe", {})}
        for name, own in (("spectral", self.recipe.spectral), ("without", list(self.recipe.without)),
                          ("matching", self.recipe.matching)):
            if before[name] != own:
                raise ValueError(f"it was trained with --{name} {before[name]}, not {own}")
        own = asdict(self.recipe.cfg)
        other = [f"{k} {v}, not {own.get(k)}" for k, v in {"lag": False, **state["config"]}.items()
                 if own.get(k) != (tuple(v) if isinstance(v, list) else v)]
        if other:
            raise ValueError(f"its network has {'; '.join(other)}")
        self.net.load_state_dict(state["model"])
        self.opt.load_state_dict(state["optimizer"])
        self.opt.param_groups[0]["foreach"] = self.device.type == "cuda"       # the state may be from another device
        self.ema = {k: v.to(self.device) for k, v in state["ema"].items()}
        self.count, self.samples = state["step"], state.get("samples", 0)
        if self.adversary and state.get("adversary"):
            self.adversary.load_state_dict(state["adversary"])
