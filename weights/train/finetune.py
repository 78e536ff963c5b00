# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tunes weights for one show from its coloured key frames and their line art; docs/finetuning.md.

    /usr/bin/python3 weights/train/finetune.py --start weights/small.safetensors --shots SET \\
        --name "SHOW, episodes 1 and 2" --license "TEXT" --output show.safetensors

Frames kept from training decide: what scored best on them is written, be it the start weights.
"""
from __future__ import annotations

import argparse
import hashlib
import math
import os
import resource
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

import weights_io
from data import Batch, Pool, prepare
from device import autocast
from finetune_data import Sampler, held_batches, hold_out, load_clips, to_batch
from losses import matching
from model import ColorTransform, Config
from preprocess import reference_lags

WEIGHTS = {"l1": 10.0, "warp": 3.0, "match": 1.0}      # those of training
VALIDATIONS = 6             # in a run, besides the start's
GENERATED_SHOTS = 4         # scored as well, to see what is forgotten
GENERATED_SEED = 0x5EED1000


@dataclass
class Result:
    """PSNR in dB on the held-out frames and on generated shots, before and after; every step's loss."""
    before: float
    after: float
    generated_before: float
    generated_after: float
    losses: list[float]
    tuned: bool


def config_from(metadata: dict[str, str]) -> Config:
    """The network's shape as a weights file's metadata tells it (docs/MODEL.md)."""
    if metadata.get("format") != "lineartcolor" or metadata.get("kind") != "color_transform":
        raise ValueError("these are no weights of the colour transform network")
    n = {k: int(metadata[k]) for k in ("base", "mid_blocks", "head", "style", "warp", "skip", "locality")}
    n["lag"] = int(metadata.get("lag", 0))      # weights from before it
    dilations = tuple(int(v) for v in metadata["match_dilations"].split(",") if v)
    return Config(n["base"], n["mid_blocks"], dilations, n["head"], n["style"],
                  bool(n["warp"]), bool(n["skip"]), bool(n["locality"]), bool(n["lag"]))


def load_network(path: Path) -> tuple[ColorTransform, dict[str, Tensor], dict[str, str]]:
    """Network, the file's tensors, its metadata. The latent loss's heads are in no weights file: they go unused."""
    tensors, metadata = weights_io.load(path)
    net = ColorTransform(config_from(metadata)).eval()
    own = {k: v.float() for k, v in tensors.items() if not k.startswith("refine.")}
    missing, unexpected = net.load_state_dict(own, strict=False)
    odd = [k for k in missing if not k.startswith("latent_")] + list(unexpected)
    if odd:
        raise ValueError(f"{path}: tensors missing or of another network: {', '.join(odd[:4])}")
    for name, p in net.named_parameters():
        p.requires_grad_(not name.startswith("latent_"))
    return net.to(memory_format=torch.channels_last), tensors, metadata


def learning_rate(step: int, progress: float, peak: float) -> float:
    """Warm-up over 50 steps, constant to half of the time, cosine to 4 %."""
    fall = min(1.0, max(0.0, 2 * progress - 1))
    return peak * min(1.0, (step + 1) / 50) * (0.04 + 0.96 * 0.5 * (1 + math.cos(math.pi * fall)))


def batch_loss(net: ColorTransform, batch: Batch, device: torch.device) -> Tensor:
    """The losses of training but the latent one, and matching only where regions are known on both sides."""
    with autocast(device):
        r = net(batch.x, batch.d, batch.xr, batch.dr, batch.yr, lag=batch.lag, short=batch.short)
    small = F.avg_pool2d(batch.y.flatten(0, 1), 4).reshape(r["warped"].shape)
    loss = WEIGHTS["l1"] * (r["out"] - batch.y).abs().mean() + WEIGHTS["warp"] * (r["warped"] - small).abs().mean()
    return loss + WEIGHTS["match"] * matching(r["attention"], batch.region, batch.region_r)[0]


@torch.no_grad()
def score(net: ColorTransform, batches: list[Batch], device: torch.device) -> tuple[float, list[Tensor]]:
    """Mean PSNR in dB of the pictures, and the pictures [3,h,w] in [-1,1]."""
    psnr, pictures = [], []
    for b in (b.to(device) for b in batches):
        with autocast(device):
            out = net(b.x, b.d, b.xr, b.dr, b.yr, lag=b.lag)["out"][0, 0].float().clamp(-1, 1)
        psnr.append(-10 * math.log10(float(((out - b.y[0, 0]) / 2).square().mean()) + 1e-9))
        pictures.append(out.cpu())
    return float(np.mean(psnr)), pictures


def generated_batches(side: int) -> list[Batch]:
    """One target each of fixed generated shots."""
    result = []
    for i in range(GENERATED_SHOTS):
        item = prepare(GENERATED_SEED + i, side, side)

        def look(t: int) -> tuple[Tensor, ...]:
            y = torch.from_numpy(item.y[t]).float().permute(2, 0, 1) / 127.5 - 1
            return (torch.from_numpy(item.x[t]).float()[None], torch.from_numpy(item.d[t]).float()[None], y,
                    torch.from_numpy(item.region[t]).long() + 1)
        last = len(item.x) - 1
        result.append(to_batch([look(last // 2)], [look(0), look(last)], lag=reference_lags([last // 2], [0, last])))
    return result


def write_sheet(path: str, batches: list[Batch], before: list[Tensor], after: list[Tensor]) -> None:
    """A row per validation picture: line art, first reference, before, after, truth."""
    rows = [torch.cat([b.x[0, 0].expand(3, -1, -1), b.yr[0, 0], p, q, b.y[0, 0]], 2)
            for b, p, q in zip(batches, before, after)]
    width = max(r.shape[2] for r in rows)
    sheet = torch.cat([F.pad(r, (0, width - r.shape[2]), value=1.0) for r in rows], 1)
    Image.fromarray(((sheet.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()).save(path)


def write_weights(path: str, net: ColorTransform, start: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """The start's names, shapes and types; what is no part of the network (refine.) passes through."""
    state, out = net.state_dict(), {}
    for name, t in start.items():
        out[name] = (state[name].detach().cpu().float().to(t.dtype) if name in state else t).contiguous()
        if not torch.isfinite(out[name].float()).all():
            raise ValueError(f"{name}: not finite as {t.dtype}")
    weights_io.save(path, out, metadata)


def tune(args: argparse.Namespace) -> Result:
    begin = time.monotonic()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)    # the pool's process leaves interrupts to this one
    pool = Pool(args.seed, capacity=16, minimum=1) if args.generated > 0 else None     # forks: before CUDA starts
    signal.signal(signal.SIGINT, usual)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net, start, metadata = load_network(args.start)
    clips = load_clips(args.shots, args.keys)
    hold_out(clips)
    sampler = Sampler(clips, args.seed)
    held, what = held_batches(clips, args.size)
    count, used = sum(len(c.frames) for c in clips), sum(len(c.train) for c in clips)
    print(f"{count} frames of {len(clips)} shots or keys: {used} to train on; validation on {len(held)} {what}; "
          f"{device}, {args.threads} threads", flush=True)
    net.to(device)
    generated = generated_batches(min(args.size, 192))
    clock = time.monotonic()
    before, before_pictures = score(net, held, device)
    after_pictures = before_pictures
    generated_before = score(net, generated, device)[0]
    reserve = 1.2 * (time.monotonic() - clock) + 1    # what follows the last step
    print(f"start: {before:.2f} dB, generated shots {generated_before:.2f} dB", flush=True)

    ema = {k: v.detach().clone() for k, v in net.state_dict().items()}
    tuned = ColorTransform(net.cfg).eval().to(device, memory_format=torch.channels_last)
    best, best_state, best_step = before, {k: v.clone() for k, v in ema.items()}, 0
    opt = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], args.lr, betas=(0.8, 0.99))
    rng = np.random.default_rng(args.seed + 1)
    losses: list[float] = []
    training = time.monotonic()
    total = args.minutes * 60 - (training - begin) - reserve
    checked, interrupts, stopped = 0, [], False
    signal.signal(signal.SIGINT, lambda *_: interrupts.append(True))
    while not stopped:
        if args.steps:
            done = len(losses) / args.steps
        else:
            done = (time.monotonic() - training) / total if total > 0 else 1.0
        stopped = done >= 1 or bool(interrupts)
        if not stopped:
            batch = (pool.batch() if pool and rng.random() < args.generated else sampler.batch()).to(device)
            opt.param_groups[0]["lr"] = learning_rate(len(losses), done, args.lr)
            loss = batch_loss(net, batch, device)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            if math.isfinite(float(torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0))):
                opt.step()
            losses.append(float(loss))
            decay = min(0.995, len(losses) / (len(losses) + 19))
            with torch.no_grad():
                for k, v in net.state_dict().items():
                    ema[k].lerp_(v, 1 - decay)
            if len(losses) % 25 == 0:
                left = f"{args.steps - len(losses)} steps" if args.steps else f"{total * (1 - done) / 60:.1f} min"
                print(f"step {len(losses)} loss {np.mean(losses[-50:]):.3f}, {left} left", flush=True)
        if losses and (stopped or done * VALIDATIONS >= checked + 1):
            checked = int(done * VALIDATIONS)
            tuned.load_state_dict(ema)
            now, pictures = score(tuned, held, device)
            print(f"step {len(losses)}: {now:.2f} dB", flush=True)
            if now > best:
                best, best_state, best_step = now, {k: v.clone() for k, v in ema.items()}, len(losses)
                after_pictures = pictures
    signal.signal(signal.SIGINT, usual)

    tuned.load_state_dict(best_state)
    generated_after = score(tuned, generated, device)[0]
    if best_step:
        minutes, digest = (time.monotonic() - training) / 60, hashlib.sha256(args.start.read_bytes()).hexdigest()
        note = (f"Fine-tuned by weights/train/finetune.py, {best_step} steps ({minutes:.0f} minutes in all), from "
                f"{args.start.name} (SHA-256 {digest}) on {used} frames of: {args.name}")
        provenance = " ".join(t for t in (metadata.get("provenance", "").strip(), note) if t)
        write_weights(args.output, tuned, start, {**metadata, "provenance": provenance, "license": args.license})
    else:
        Path(args.output).write_bytes(args.start.read_bytes())
        reason = "no gain" if losses else "no time for a step"
        print(f"{reason}: the output is the start weights as they were", flush=True)
    if args.sheet:
        write_sheet(args.sheet, held, before_pictures, after_pictures)
    print(f"{what}: {before:.2f} dB before, {best:.2f} dB after; generated shots: {generated_before:.2f} dB before, "
          f"{generated_after:.2f} dB after", flush=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2 ** 20        # counted in KiB
    print(f"{args.output}: {len(losses)} steps, {(time.monotonic() - begin) / 60:.1f} minutes, {memory:.1f} GiB at most",
          flush=True)
    return Result(before, best, generated_before, generated_after, losses, best_step > 0)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--start", type=Path, required=True, help="weights file to start from")
    ap.add_argument("--shots", nargs="+", default=[], metavar="DIR",
                    help="SHOT with line/ and color/ inside, the same PNG names in both, or a folder of such")
    ap.add_argument("--keys", nargs="+", default=[], metavar="DIR|COLOR+LINE",
                    help="frames of no shot: a folder with line/ and color/, or COLOR.png+LINE.png")
    ap.add_argument("--name", required=True, help="what it is tuned on; goes into the file")
    ap.add_argument("--license", required=True, help="licence of the new file; goes into it")
    ap.add_argument("--output", required=True)
    ap.add_argument("--minutes", type=float, default=25, help="of the whole run (%(default)s)")
    ap.add_argument("--steps", type=int, default=0, help="so many instead: the same run on any machine, busy or not")
    ap.add_argument("--size", type=int, default=256, help="short side of validation pictures (%(default)s)")
    ap.add_argument("--generated", type=float, default=0.25,
                    help="share of steps on generated shots, against forgetting (%(default)s)")
    ap.add_argument("--lr", type=float, default=5e-5)
    ap.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--sheet", help="PNG: line art, reference, before, after, truth of the validation pictures")
    args = ap.parse_args(argv)
    if not args.shots and not args.keys:
        ap.error("no frames: give --shots or --keys")
    if not 0 <= args.generated <= 1:
        ap.error("--generated is a share, 0 to 1")
    return args


def main() -> None:
    args = arguments()
    try:
        tune(args)
    except (ValueError, OSError, KeyError) as e:
        raise SystemExit(f"finetune: {e}") from e


if __name__ == "__main__":
    main()
