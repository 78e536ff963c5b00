# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains the temporal refinement on what the filter makes of generated shots (refine_clips.py); stops and resumes.

    /usr/bin/python3 weights/train/refine_train.py --painted build/refine_clips --out RUN_DIR --minutes 60

RUN_DIR gets refine.pt (network, EMA, optimiser, counters), log.csv, validation.csv and validation.png. A run started
again with the same RUN_DIR goes on where it was. refine_export.py puts the result into the weights file.
"""
from __future__ import annotations

import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import checkpoint
import curves
import device as devices
import spectral
from discriminator import GAN_KINDS, Adversary
from discriminator3d import Discriminator3d
from device import autocast
from options import opened
from perceptual import Perceptual
from refine import DEFAULT_BASE, Refine
from refine_data import HELD_OUT, WindowPool, load_shot, shots
from refine_losses import WEIGHTS, flicker, link_loss, psnr, window_losses
from train import LOG_EVERY, SAVE_EVERY, progress_bar
from trainer import EMA_DECAY, learning_rate


SHEET = 128, 6 * 160    # of a shot on the validation sheet


class Validation:
    """Fixed shots; the frames between the ends are scored as they are and refined."""

    def __init__(self, folders: list[Path], device: torch.device) -> None:
        self.windows = [load_shot(f).whole().to(device) for f in folders]

    @torch.no_grad()
    def run(self, net: Refine, sheet: str | None = None) -> dict[str, float]:
        """Mean PSNR and flicker without and with; writes `sheet`: per shot a frame's line, colour, refined, truth, and
        the change to the next frame without and with, eight times as strong."""
        scores: dict[str, list[float]] = {k: [] for k in ("psnr_without", "psnr", "flicker_without", "flicker")}
        rows = []
        for w in self.windows:
            line, given, truth = w.line[None], w.colour[None], w.truth[None]
            with autocast(given.device):
                out = net(line, given, w.reference[None])["refined"].float()
            inner = slice(1, len(w.line) - 1)
            for suffix, y in (("_without", given), ("", out)):
                scores["psnr" + suffix].append(psnr(y[:, inner], truth[:, inner]))
                scores["flicker" + suffix].append(flicker(y[:, inner], truth[:, inner]))
            t = len(w.line) // 2
            change = [(8 * (y[0, t + 1] - y[0, t])).clamp(-1, 1) for y in (given, out)]
            row = torch.cat([line[0, t].expand(3, -1, -1), given[0, t], out[0, t], truth[0, t], *change], 2)
            rows.append(torch.nn.functional.interpolate(row[None], SHEET, mode="area")[0])
        if sheet:
            image = ((torch.cat(rows, 1).clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0).byte().cpu().numpy()
            Image.fromarray(image).save(sheet)
        return {k: float(np.nanmean(v)) for k, v in scores.items()}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--painted", required=True, help="folder of shots that the filter coloured, see refine_clips.py")
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, default=60, help="training time of the whole run")
    ap.add_argument("--base", type=int, default=DEFAULT_BASE, help="width of the refinement, 1 to 64")
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--device", choices=devices.DEVICES, default="auto")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--batch", type=int, default=1, help="windows of a step")
    ap.add_argument("--validate", type=float, default=5, help="minutes between validations")
    ap.add_argument("--temporal", type=float, default=WEIGHTS["temporal"], help="weight of the temporal loss")
    ap.add_argument("--link", type=float, default=WEIGHTS["link"], help="weight of the links' own loss")
    ap.add_argument("--gan", choices=GAN_KINDS, help="with the 3-D patch discriminator: Eq. 10 (log) or hinge")
    ap.add_argument("--gan-weight", type=float, default=WEIGHTS["gan"])
    ap.add_argument("--vgg", help="torchvision's vgg19 (.pth or .safetensors), for the perceptual and style terms")
    ap.add_argument("--spectral", action="store_true", help="spectral norm in the generator too, folded at export")
    args = ap.parse_args()
    device = opened(ap, "--device", args.device, devices.pick)
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "refine.pt")

    weights = {**WEIGHTS, "temporal": args.temporal, "link": args.link, "gan": args.gan_weight}
    folders = opened(ap, "--painted", args.painted, shots)
    perceptual = opened(ap, "--vgg", args.vgg, Perceptual) if args.vgg else None
    state = opened(ap, "--out", path, checkpoint.load) if os.path.exists(path) else None
    if state and (state["base"] != args.base or state["recipe"]["spectral"] != args.spectral):
        ap.error(f"{path} was trained with --base {state['base']} and with{'' if state['recipe']['spectral'] else 'out'} "
                 "--spectral: go on the same way, or begin in another folder")
    step, seconds = (state["step"], state["seconds"]) if state else (0, 0.0)
    pool = WindowPool(folders[HELD_OUT:], args.seed + step, args.batch)
    devices.start(device, args.threads)
    torch.manual_seed(args.seed + step)
    net = Refine(args.base).train().to(device, memory_format=torch.channels_last)
    if args.spectral:
        spectral.add_everywhere(net)
    opt = torch.optim.Adam(net.parameters(), args.lr, betas=(0.8, 0.99))
    adversary = Adversary(args.gan, args.lr / 10, str(device), net=Discriminator3d()) if args.gan else None
    ema = {k: v.detach().clone() for k, v in spectral.fold(net.state_dict()).items()}
    if state:
        net.load_state_dict(state["model"])
        opt.load_state_dict(state["optimizer"])
        ema = {k: v.to(device) for k, v in state["ema"].items()}
        if adversary and state["adversary"]:
            adversary.load_state_dict(state["adversary"])
        print(f"resumed at step {step}, {seconds / 60:.1f} min", flush=True)
    validation = Validation(folders[:HELD_OUT], device)
    ema_net = Refine(args.base).eval().to(device, memory_format=torch.channels_last)
    log, scores = (curves.Table(Path(args.out, name)) for name in ("log.csv", "validation.csv"))
    mean: dict[str, float] = {}
    last_save = last_validation = seconds

    def keep() -> None:
        checkpoint.save(path, {"base": args.base, "model": net.state_dict(), "ema": ema, "optimizer": opt.state_dict(),
                    "step": step, "seconds": seconds, "seed": args.seed,
                    "recipe": {"losses": weights, "gan": args.gan or "", "spectral": args.spectral,
                               "perceptual": bool(args.vgg), "shots": len(folders) - HELD_OUT},
                    "adversary": adversary.state_dict() if adversary else None})

    def validate() -> None:
        ema_net.load_state_dict(ema)
        s = validation.run(ema_net, os.path.join(args.out, "validation.png"))
        print(f"validation step {step}: PSNR {s['psnr_without']:.2f} -> {s['psnr']:.2f} dB, flicker "
              f"{s['flicker_without']:.2f} -> {s['flicker']:.2f}", flush=True)
        scores.write({"step": str(step), "seconds": f"{seconds:.0f}", **{k: f"{v:.3f}" for k, v in s.items()}})

    while seconds < args.minutes * 60:
        start = time.monotonic()
        w = pool.batch().to(device)
        lr = learning_rate(step, seconds / (args.minutes * 60), args.lr)
        opt.param_groups[0]["lr"] = lr
        with autocast(device):
            stages = net(w.line, w.colour, w.reference)
        out = stages["refined"].float()
        terms = {**window_losses(out, w.truth, w.reference), "link": link_loss(stages["link"], w.truth)}
        shown = {}
        with autocast(device):
            if perceptual:
                terms |= perceptual(out.flatten(0, 1), w.truth.flatten(0, 1))
            if adversary:
                terms["gan"], shown["d"] = adversary.step(w.line, w.truth, out, lr / args.lr)
        loss = sum(weights[k] * v for k, v in terms.items())
        opt.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0))
        if math.isfinite(norm):
            opt.step()
        decay = min(EMA_DECAY, (step + 1) / (step + 20))
        with torch.no_grad():
            for k, v in spectral.fold(net.state_dict()).items():
                ema[k].lerp_(v, 1 - decay)
            shown.update({f"{k}_without": v for k, v in window_losses(w.colour, w.truth, w.reference).items()})
        for k, v in {**terms, **shown}.items():
            mean[k] = float(v) if k not in mean else 0.98 * mean[k] + 0.02 * float(v)
        step += 1
        seconds += time.monotonic() - start
        if step % LOG_EVERY == 0:
            log.write({"step": str(step), "seconds": f"{seconds:.0f}", "lr": f"{lr:.2e}",
                       **{k: f"{v:.5g}" for k, v in mean.items()}})
            bar = progress_bar(seconds / (args.minutes * 60), args.minutes * 60 - seconds)
            print(f"{bar}; step {step} {seconds / step:.2f} s/step, lr {lr:.1e} grad {norm:.2f} "
                  + " ".join(f"{k} {v:.4f}" for k, v in mean.items()), flush=True)
        if seconds - last_save > SAVE_EVERY:
            last_save = seconds
            keep()
        if seconds - last_validation > args.validate * 60:
            last_validation = seconds
            validate()
    keep()
    validate()


if __name__ == "__main__":
    main()
