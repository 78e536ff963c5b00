# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains the colour transform network on generated shots; stops and resumes at any time.

    /usr/bin/python3 weights/train/train.py --preset small --out RUN_DIR --minutes 120

RUN_DIR gets last.pt (network, EMA, optimiser, counters), log.csv, validation.csv, curves.png and validation
sheets. A run started again with the same RUN_DIR goes on where it was; --minutes is the whole run's training
time, over which the learning rate warms up, holds and falls.

--losses paper trains with the paper's terms (Eq. 11), all with both sets; perceptual and style need --vgg FILE.
"""
from __future__ import annotations

import argparse
import dataclasses
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image

import curves
import spectral
import weights_io
from clips import Clips
from data import FRAMES, Pool, prepare
from discriminator import GAN_KINDS, Adversary
from losses import LOSSES, color_losses
from model import PRESETS, ColorTransform, Config
from perceptual import Perceptual
from preprocess import reference_lags

Opened = TypeVar("Opened")

VALIDATION_SEED = 0x5EED0000
VALIDATION_SHOTS = 12


def learning_rate(step: int, progress: float, peak: float) -> float:
    """Warm-up over 100 steps, constant to 60 % of the time, cosine to 4 %."""
    fall = max(0.0, (progress - 0.6) / 0.4)
    return peak * min(1.0, (step + 1) / 100) * (0.04 + 0.96 * 0.5 * (1 + math.cos(math.pi * min(1.0, fall))))


class Validation:
    """Fixed shots: first and last frame are the references, the frame between is scored at 256x256."""

    def __init__(self) -> None:
        self.items = [prepare(VALIDATION_SEED + i, 256, 256) for i in range(VALIDATION_SHOTS)]

    @torch.no_grad()
    def run(self, net: ColorTransform, sheet: str) -> tuple[float, float]:
        """PSNR of the network and of copying the first reference; writes `sheet` (line, out, truth, warped)."""
        net.eval()
        scores, copies, rows = [], [], []
        for item in self.items:
            mid, ends = FRAMES // 2, [0, FRAMES - 1]
            x = torch.from_numpy(item.x).float()[None, :, None]
            d = torch.from_numpy(item.d).float()[None, :, None]
            y = torch.from_numpy(item.y).float().permute(0, 3, 1, 2)[None] / 127.5 - 1
            with torch.autocast("cpu", torch.bfloat16):
                r = net(x[:, [mid]], d[:, [mid]], x[:, ends], d[:, ends], y[:, ends],
                        lag=torch.from_numpy(reference_lags([mid], ends))[None])
            out, truth = r["out"][0, 0].float().clamp(-1, 1), y[0, mid]
            psnr = lambda a: -10 * math.log10(float(((a - truth) / 2).square().mean()) + 1e-9)
            scores.append(psnr(out))
            copies.append(psnr(y[0, 0]))
            warped = torch.nn.functional.interpolate(r["warped"][0].float(), scale_factor=4)[0]
            panels = [x[0, mid].expand(3, -1, -1), y[0, 0], out, truth, warped, y[0, -1]]
            rows.append(torch.cat(panels, 2))
        net.train()
        image = torch.cat([torch.cat(rows[::2], 1), torch.cat(rows[1::2], 1)], 2)
        image = ((image.clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0).byte().numpy()
        Image.fromarray(image).resize((image.shape[1] // 2, image.shape[0] // 2), Image.BILINEAR).save(sheet)
        return float(np.mean(scores)), float(np.mean(copies))


def progress_bar(progress: float, left: float) -> str:
    """Share of the run's training time that is over, and when it ends if nothing comes between."""
    done = int(20 * min(1.0, progress))
    end = time.strftime("%H:%M", time.localtime(time.time() + left))
    return f"[{'#' * done}{'.' * (20 - done)}] {min(1.0, progress):4.0%}, {left / 60:.0f} min left, ends {end}"


def opened(ap: argparse.ArgumentParser, option: str, path: str, reader: Callable[[str], Opened]) -> Opened:
    """What `reader` makes of an option's file or folder; ends the run with the reason where it cannot be used."""
    try:
        return reader(path)
    except (OSError, ValueError) as e:
        ap.error(f"{option} {path}: {e}")


def start_weights(path: str) -> dict[str, torch.Tensor]:
    """Weights of a checkpoint, or of a weights file, which lacks the latent loss's heads: those start anew."""
    if path.endswith(".safetensors"):
        return {k: v.float() for k, v in weights_io.load(path)[0].items()}
    return spectral.fold(torch.load(path, map_location="cpu")["model"])


def save(path: str, state: dict) -> None:
    """Never leaves a half-written checkpoint behind."""
    torch.save(state, path + ".tmp")
    os.replace(path + ".tmp", path)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--preset", default="small", choices=PRESETS)
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, default=120, help="training time of the whole run")
    ap.add_argument("--lr", type=float, default=4e-4)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--validate", type=float, default=10, help="minutes between validations")
    ap.add_argument("--init", help="checkpoint or safetensors file whose weights to start from")
    ap.add_argument("--losses", choices=LOSSES, default="plain", help="which terms, see losses.py")
    ap.add_argument("--gan", choices=GAN_KINDS, default="log", help="the adversarial term's form: Eq. 10 or hinge")
    ap.add_argument("--gan-lr", type=float, help="the discriminator's learning rate (a tenth of --lr, as in the paper)")
    ap.add_argument("--vgg", help="torchvision's vgg19 (.pth or .safetensors), for the perceptual and style terms")
    ap.add_argument("--spectral", action="store_true", help="spectral norm in encoders and decoder, folded at export")
    ap.add_argument("--clips", help="folder of shots SHOT/{line,color}/NNNN.png to mix in, see prepare.py")
    ap.add_argument("--clips-share", type=float, default=0.5, help="their share of the shots, the rest is generated")
    ap.add_argument("--refs", type=int, choices=(3, 4, 5), default=3, help="most references of a sample")
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "last.pt")

    cfg: Config = PRESETS[args.preset]
    weights = dict(LOSSES[args.losses])
    perceptual = None
    if "perceptual" in weights and args.vgg:
        perceptual = opened(ap, "--vgg", args.vgg, Perceptual)
    elif "perceptual" in weights:
        print("perceptual and style terms are left out: they need --vgg FILE", flush=True)
        del weights["perceptual"], weights["style"]
    elif args.vgg:
        ap.error(f"--vgg has no use with --losses {args.losses}")
    recipe = {"losses": weights, "gan": args.gan if "gan" in weights else "", "spectral": args.spectral,
              "clips": bool(args.clips)}
    clips = opened(ap, "--clips", args.clips, Clips).item if args.clips else None

    net = ColorTransform(cfg).train().to(memory_format=torch.channels_last)
    state = torch.load(path, map_location="cpu") if os.path.exists(path) else None
    if state and state.get("recipe", {}).get("spectral", False) != args.spectral:
        ap.error(f"{path} was trained {'without' if args.spectral else 'with'} --spectral: go on the same way, or "
                 "begin in another folder with --init")
    if not state and args.init:
        net.load_state_dict(start_weights(args.init), strict=False)
    if args.spectral:
        spectral.add(net)
    opt = torch.optim.Adam(net.parameters(), args.lr, betas=(0.8, 0.99))
    adversary = Adversary(args.gan, args.gan_lr or args.lr / 10) if "gan" in weights else None
    step, seconds = 0, 0.0
    ema = {k: v.detach().clone() for k, v in spectral.fold(net.state_dict()).items()}
    if state:
        net.load_state_dict(state["model"])
        opt.load_state_dict(state["optimizer"])
        ema, step, seconds = state["ema"], state["step"], state["seconds"]
        if adversary and state.get("adversary"):
            adversary.load_state_dict(state["adversary"])
        print(f"resumed at step {step}, {seconds / 60:.1f} min", flush=True)
    validation = Validation()
    pool = Pool(args.seed + step, clips=clips, share=args.clips_share, most=args.refs)
    log, scores = (curves.Table(Path(args.out, name)) for name in ("log.csv", "validation.csv"))
    mean: dict[str, float] = {}
    last_save = last_validation = seconds
    ema_net = ColorTransform(cfg).to(memory_format=torch.channels_last)

    def checkpoint() -> None:
        save(path, {"config": dataclasses.asdict(cfg), "preset": args.preset, "model": net.state_dict(), "ema": ema,
                    "optimizer": opt.state_dict(), "step": step, "seconds": seconds, "seed": args.seed,
                    "recipe": recipe, "adversary": adversary.state_dict() if adversary else None})

    while seconds < args.minutes * 60:
        start = time.monotonic()
        batch = pool.batch()
        progress = seconds / (args.minutes * 60)
        lr = learning_rate(step, progress, args.lr)
        opt.param_groups[0]["lr"] = lr
        with torch.autocast("cpu", torch.bfloat16):
            stages = net(batch.x, batch.d, batch.xr, batch.dr, batch.yr, lag=batch.lag, short=batch.short)
        terms, hit = color_losses(stages, batch)
        shown = {}
        out, truth = stages["out"].flatten(0, 1), batch.y.flatten(0, 1)
        with torch.autocast("cpu", torch.bfloat16):
            if perceptual:
                terms |= perceptual(out, truth)
            if adversary:
                terms["gan"], shown["d"] = adversary.step(batch.x.flatten(0, 1), truth, out, lr / args.lr)
        loss = sum(weights[k] * v for k, v in terms.items() if k in weights)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0))
        if math.isfinite(norm):
            opt.step()
        decay = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            for k, v in spectral.fold(net.state_dict()).items():
                ema[k].lerp_(v, 1 - decay)
        for k, v in {**{k: float(v) for k, v in terms.items()}, "hit": hit,
                     **{k: float(v) for k, v in shown.items()}}.items():
            mean[k] = v if k not in mean else 0.98 * mean[k] + 0.02 * v
        step += 1
        seconds += time.monotonic() - start
        if step % 25 == 0:
            log.write({"step": str(step), "seconds": f"{seconds:.0f}", "lr": f"{lr:.2e}",
                       **{k: f"{v:.5g}" for k, v in mean.items()}})
            bar = progress_bar(seconds / (args.minutes * 60), args.minutes * 60 - seconds)
            print(f"{bar}; step {step} {seconds / step:.2f} s/step, lr {lr:.1e} grad {norm:.2f} "
                  + " ".join(f"{k} {v:.4f}" for k, v in mean.items()), flush=True)
        if seconds - last_save > 120:
            last_save = seconds
            checkpoint()
        if seconds - last_validation > args.validate * 60 or seconds >= args.minutes * 60:
            last_validation = seconds
            ema_net.load_state_dict(ema)
            psnr, copy = validation.run(ema_net, os.path.join(args.out, "validation.png"))
            print(f"validation step {step}: {psnr:.2f} dB, copying {copy:.2f} dB", flush=True)
            scores.write({"step": str(step), "seconds": f"{seconds:.0f}", "psnr": f"{psnr:.3f}", "copy": f"{copy:.3f}"})
            try:
                curves.draw(args.out)
            except (ImportError, ValueError) as e:     # a picture is no reason to end a run
                print(f"no curves.png: {e}", flush=True)
    checkpoint()


if __name__ == "__main__":
    main()
