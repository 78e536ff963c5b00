# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains the colour transform network on generated shots; stops and resumes at any time.

    /usr/bin/python3 weights/train/train.py --preset small --out RUN_DIR --minutes 120

RUN_DIR gets last.pt (network, EMA, optimiser, counters), log.csv, validation.csv, curves.png and validation
sheets. A run started again with the same RUN_DIR goes on where it was; --minutes is the whole run's training
time, over which the learning rate warms up, holds and falls (or --steps); --stop-after ends this start of it earlier.

--losses paper trains with the paper's terms (Eq. 11), all with both sets; perceptual and style need --vgg FILE.
"""
from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import torch

import buckets
import checkpoint
import curves
import device as devices
import options
import spectral
import weights_io
from clips import Clips
from data import Feed, Pool
from distill import Teacher
from losses import MATCHING
from perceptual import Perceptual
from trainer import Recipe, Trainer
from validation import Validation

SAVE_EVERY = 120        # seconds
LOG_EVERY = 25          # steps
CAPACITY, FIRST = 48, 4     # items of a bucket: kept, and made before the first step


def progress_bar(progress: float, left: float) -> str:
    """Share of the run's training time that is over, and when it ends if nothing comes between."""
    done = int(20 * min(1.0, progress))
    end = time.strftime("%H:%M", time.localtime(time.time() + left))
    return f"[{'#' * done}{'.' * (20 - done)}] {min(1.0, progress):4.0%}, {left / 60:.0f} min left, ends {end}"


def start_weights(path: str) -> dict[str, torch.Tensor]:
    """Weights of a checkpoint, or of a weights file, which lacks the latent loss's heads: those start anew."""
    if path.endswith(".safetensors"):
        return {k: v.float() for k, v in weights_io.load(path)[0].items()}
    return spectral.fold(checkpoint.load(path)["model"])


def read_options() -> tuple[argparse.ArgumentParser, argparse.Namespace, Recipe]:
    ap = options.parser(__doc__)
    args = ap.parse_args()
    weights = options.opened(ap, "--weight", args.weight,
                             lambda text: options.weights(args.losses, text, bool(args.teacher)))
    if {"perceptual", "style"} & weights.keys() and not args.vgg:
        print("perceptual and style terms are left out: they need --vgg FILE", flush=True)
        weights = {k: v for k, v in weights.items() if k not in ("perceptual", "style")}
    elif args.vgg and not {"perceptual", "style"} & weights.keys():
        ap.error(f"--vgg has no use with --losses {args.losses}")
    if args.matching:
        if args.teacher or args.vgg or args.losses != "plain":
            ap.error("--matching learns by the terms warp and match alone: it goes without --teacher, --vgg and --losses")
        weights = {k: v for k, v in weights.items() if k in MATCHING}
    cfg = options.opened(ap, "--set", args.set, lambda text: options.config(args.preset, text))
    return ap, args, Recipe(cfg, weights, args.lr, args.gan, args.gan_lr or args.lr / 10, args.spectral,
                            options.opened(ap, "--without", args.without, options.switches), args.matching)


class Run:
    """A run's folder: checkpoints, logs and validation."""

    def __init__(self, args: argparse.Namespace, trainer: Trainer, device: torch.device) -> None:
        self.args, self.trainer = args, trainer
        self.path = Path(args.out, "last.pt")
        self.seconds = self.saved = self.validated = 0.0
        self.cpu = 0.0          # seconds of steps, of all threads; shots are made in other processes
        self.log, self.scores = (curves.Table(Path(args.out, name)) for name in ("log.csv", "validation.csv"))
        self.mean: dict[str, float] = {}
        self.validation = Validation(device)

    def go_on(self, state: dict) -> None:
        self.trainer.load(state)
        self.seconds = self.saved = self.validated = state["seconds"]
        self.cpu = state.get("cpu", 0.0)
        print(f"resumed at step {self.trainer.count}, {self.seconds / 60:.1f} min", flush=True)

    def progress(self) -> float:
        """Share of the whole run that is over."""
        if self.args.steps:
            return self.trainer.count / self.args.steps
        return self.seconds / (self.args.minutes * 60)

    def step(self, feed: Feed) -> None:
        start, cpu = time.monotonic(), time.process_time()
        figures = self.trainer.step(feed.batch(), self.progress())
        self.seconds += time.monotonic() - start
        self.cpu += time.process_time() - cpu
        self.note(figures)

    def save(self) -> None:
        self.saved = self.seconds
        state = self.trainer.state()
        state["recipe"]["clips"] = bool(self.args.clips)
        checkpoint.save(self.path, {**state, "preset": self.args.preset, "seconds": self.seconds,
                                    "cpu": self.cpu, "seed": self.args.seed}, self.args.split_mib)

    def note(self, figures: dict[str, float]) -> None:
        """A running mean of a step's figures, written at times."""
        for k, v in figures.items():
            self.mean[k] = v if k not in self.mean or k in ("lr", "grad") else 0.98 * self.mean[k] + 0.02 * v
        step = self.trainer.count
        if step % LOG_EVERY:
            return
        self.log.write({"step": str(step), "seconds": f"{self.seconds:.0f}", "lr": f"{self.mean['lr']:.2e}",
                        **{k: f"{v:.5g}" for k, v in self.mean.items() if k not in ("lr", "grad")}})
        done = max(self.progress(), 1e-6)
        print(f"{progress_bar(done, self.seconds * (1 / done - 1))}; step {step} "
              f"{self.seconds / step:.2f} s/step, lr {self.mean['lr']:.1e} grad {self.mean['grad']:.2f} "
              + " ".join(f"{k} {v:.4f}" for k, v in self.mean.items() if k not in ("lr", "grad")), flush=True)

    def validate(self) -> None:
        self.validated = self.seconds
        step = self.trainer.count
        figures = self.validation.run(self.trainer.averaged(), os.path.join(self.args.out, "validation.png"))
        print(f"validation step {step}: {figures['psnr']:.2f} dB, copying {figures['copy']:.2f} dB, "
              f"hit {figures['hit']:.3f}", flush=True)
        self.scores.write({"step": str(step), "seconds": f"{self.seconds:.0f}",
                           **{k: f"{v:.3f}" for k, v in figures.items()}})
        try:
            curves.draw(self.args.out)
        except (ImportError, ValueError) as e:     # a picture is no reason to end a run
            print(f"no curves.png: {e}", flush=True)


def main() -> None:
    begin = time.monotonic()
    ap, args, recipe = read_options()
    os.makedirs(args.out, exist_ok=True)
    device = options.opened(ap, "--device", args.device, devices.pick)
    chosen = options.opened(ap, "--buckets", args.buckets,
                            lambda text: buckets.select(args.batch_scale, options.sizes(text)))
    clips = options.opened(ap, "--clips", args.clips, Clips).item if args.clips else None
    perceptual = options.opened(ap, "--vgg", args.vgg, Perceptual) if args.vgg else None
    last = os.path.join(args.out, "last.pt")
    state = options.opened(ap, "--out", last, checkpoint.load) if os.path.exists(last) else None
    init = options.opened(ap, "--init", args.init, start_weights) if args.init and not state else None

    variety = min(4, args.batch_scale)
    pool = Pool(args.seed + (state["step"] if state else 0), CAPACITY * variety, FIRST * variety, clips,
                args.clips_share, args.refs, chosen, args.workers or devices.default_workers(device),
                args.batch_scale, bool(args.augment))       # forks: before CUDA starts
    devices.start(device, args.threads)
    torch.manual_seed(args.seed + (state["step"] if state else 0))
    teacher = options.opened(ap, "--teacher", args.teacher, lambda path: Teacher(path, device)) if args.teacher \
        else None
    trainer = options.opened(ap, "--without", args.without,
                             lambda _: Trainer(recipe, device, init, perceptual, teacher))
    run = Run(args, trainer, device)
    if state:
        options.opened(ap, "--out", last, lambda _: run.go_on(state))
    del state, init
    feed = Feed(pool, device)
    print(f"{device}, {args.threads} threads, {len(pool.workers)} processes making shots; "
          f"{sum(p.numel() for p in trainer.net.parameters())} weights; terms {recipe.weights}", flush=True)

    stopped = False
    while run.progress() < 1 and not stopped:
        run.step(feed)
        stopped = args.stop_after is not None and time.monotonic() - begin > args.stop_after * 60
        if run.seconds - run.saved > SAVE_EVERY and not stopped:
            run.save()
        if run.progress() >= 1 or (run.seconds - run.validated > args.validate * 60 and not stopped):
            run.validate()
    run.save()
    feed.close()


if __name__ == "__main__":
    main()
