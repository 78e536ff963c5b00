# SPDX-License-Identifier: LGPL-2.1-or-later
"""The options of train.py, and what their texts mean."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields, replace
from typing import TypeVar

from device import DEVICES
from discriminator import GAN_KINDS
from losses import LOSSES, TEACHING
from model import PRESETS, Config
from switches import SWITCHES

Opened = TypeVar("Opened")


def opened(ap: argparse.ArgumentParser, option: str, text: str, reader: Callable[[str], Opened]) -> Opened:
    """What `reader` makes of an option's text, file or folder; ends the run with the reason where it cannot be used."""
    try:
        return reader(text)
    except (OSError, ValueError) as e:
        ap.error(f"{option} {text}: {e}")


def assignments(text: str) -> dict[str, str]:
    """"name=value,name=value" """
    pairs = dict(part.partition("=")[::2] for part in text.split(",") if part)
    if any("=" not in part for part in text.split(",") if part):
        raise ValueError("name=value, several with commas")
    return pairs


def config(preset: str, text: str) -> Config:
    """The preset with fields replaced; dilations are divided by colons, none of them: no wide matching encoder."""
    cfg = PRESETS[preset]
    changes: dict[str, int | bool | tuple[int, ...]] = {}
    for name, value in assignments(text).items():
        if name not in {f.name for f in fields(Config)}:
            raise ValueError(f"the network has no {name}, but {', '.join(f.name for f in fields(Config))}")
        if name == "match_dilations":
            changes[name] = tuple(int(v) for v in value.split(":") if v)
        elif isinstance(getattr(cfg, name), bool):
            if value not in ("0", "1"):
                raise ValueError(f"{name} is 0 or 1")
            changes[name] = value == "1"
        else:
            changes[name] = int(value)
    return replace(cfg, **changes)


def weights(losses: str, text: str, teacher: bool = False) -> dict[str, float]:
    """Loss weights by term: those of --losses, the teacher's if there is one, changed by --weight; 0 leaves one out."""
    chosen = {**LOSSES[losses], **(TEACHING if teacher else {})}
    for name, value in assignments(text).items():
        if name not in chosen:
            raise ValueError(f"no term {name} here, but {', '.join(chosen)}")
        chosen[name] = float(value)
    return {k: v for k, v in chosen.items() if v}


def switches(text: str) -> tuple[str, ...]:
    """Names of SWITCHES."""
    names = tuple(n for n in text.split(",") if n)
    for name in names:
        if name not in SWITCHES:
            raise ValueError(f"{name} cannot be switched off, only {', '.join(SWITCHES)}")
    return names


def sizes(text: str) -> tuple[int, ...]:
    return tuple(int(v) for v in text.split(",") if v)


def parser(description: str | None) -> argparse.ArgumentParser:
    ap = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    run = ap.add_argument_group("run")
    run.add_argument("--out", required=True)
    run.add_argument("--minutes", type=float, default=120, help="training time of the whole run")
    run.add_argument("--steps", type=int, help="of the whole run, in place of --minutes")
    run.add_argument("--stop-after", type=float, help="minutes after which this start of it ends, to be gone on with")
    run.add_argument("--init", help="checkpoint or safetensors file whose weights to start from")
    run.add_argument("--split-mib", type=float, default=0,
                     help="checkpoints in parts of so many MiB, in fewer bits a weight, see checkpoint.py")
    run.add_argument("--validate", type=float, default=10, help="minutes between validations")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--device", choices=DEVICES, default="auto")
    run.add_argument("--threads", type=int, default=2)
    run.add_argument("--workers", type=int, help="processes that make shots (1; with a GPU: cores - 2)")
    net = ap.add_argument_group("network and learning")
    net.add_argument("--preset", default="small", choices=PRESETS)
    net.add_argument("--set", default="", metavar="NAME=VALUE,...", help="other values of the network's configuration")
    net.add_argument("--without", default="", metavar="PART,...", help=f"parts held off: {', '.join(SWITCHES)}")
    net.add_argument("--matching", action="store_true", help="only what decides which part of a reference a place is "
                     "learns (EnD, q, k, priors), by the warp and match terms; much quicker a step")
    net.add_argument("--lr", type=float, default=4e-4)
    net.add_argument("--spectral", action="store_true", help="spectral norm in encoders and decoder, folded at export")
    loss = ap.add_argument_group("losses")
    loss.add_argument("--losses", choices=LOSSES, default="plain", help="which terms, see losses.py")
    loss.add_argument("--weight", default="", metavar="TERM=VALUE,...", help="other weights of terms; 0 leaves one out")
    loss.add_argument("--gan", choices=GAN_KINDS, default="log", help="the adversarial term's form: Eq. 10 or hinge")
    loss.add_argument("--gan-lr", type=float,
                      help="the discriminator's learning rate (a tenth of --lr, as in the paper)")
    loss.add_argument("--vgg", help="torchvision's vgg19 (.pth or .safetensors), for the perceptual and style terms")
    loss.add_argument("--teacher", help="weights file or checkpoint whose pictures and attention to learn as well")
    data = ap.add_argument_group("pictures")
    data.add_argument("--buckets", default="", metavar="SIZE,...", help="only pictures of these short sides")
    data.add_argument("--batch-scale", type=int, default=1, help="times the shots of a step; above 1 whole large "
                      "pictures too")
    data.add_argument("--augment", type=int, choices=(0, 1), default=1, help="0: colours stay as they are drawn")
    data.add_argument("--refs", type=int, choices=(3, 4, 5), default=3, help="most references of a sample")
    data.add_argument("--clips", help="folder of shots SHOT/{line,color}/NNNN.png to mix in, see prepare.py")
    data.add_argument("--clips-share", type=float, default=0.5, help="their share of the shots, the rest is generated")
    return ap
