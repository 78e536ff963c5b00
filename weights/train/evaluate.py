# SPDX-License-Identifier: LGPL-2.1-or-later
"""Colours a set of shots with a checkpoint or a weights file and scores it: SET/SHOT/{line,color}/NNNN.png.

    /usr/bin/python3 weights/train/evaluate.py --checkpoint RUN_DIR/last.pt --set SET [--out DIR] [--size 256]
    /usr/bin/python3 weights/train/evaluate.py ... --refs 1,2,3,near5 --hue 0,90,180,270 --markdown TABLE.md

References (--refs): 1 is the first frame, 2 the first and last, K evenly spaced from first to last, nearK for every
frame the nearest alone of K such. All other frames are scored as the paper does: squashed to 256x256, RGB in 0..1;
--native does it at the shot's own size as well. --hue turns the hue of references and truth (Table 6). --inception adds
FID. --markdown has copying the nearest reference beside it.
--out receives, of the first combination, DIR/SHOT/NNNN.png at the shot's own size (the network's picture,
plainly enlarged; the engine does better) and DIR/SHOT.png, a sheet: line art, prediction, truth.
"""
from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

import checkpoint
from export import config_of
from fid import Inception, frechet
from figures import TITLES, mean, score_shot, shrink
from finetune import load_network
from model import ColorTransform
from preprocess import color_input, line_inputs, network_size, reference_lags

Figures = Mapping[str, float]


def load(path: str) -> ColorTransform:
    """The network of a weights file, or of a checkpoint: its EMA weights if it has them. Ready to run."""
    if path.endswith(".safetensors"):
        return load_network(Path(path))[0]
    state = checkpoint.load(path)
    net = ColorTransform(config_of(state["config"])).eval().to(memory_format=torch.channels_last)
    net.load_state_dict(state.get("ema", state["model"]))
    return net


def turn_hue(image: Image.Image, degrees: int) -> Image.Image:
    """`degrees` added to H of HSV, as in the paper's Table 6."""
    if degrees % 360 == 0:
        return image
    h, s, v = image.convert("HSV").split()
    turned = h.point([(i + round(degrees * 256 / 360)) % 256 for i in range(256)])
    return Image.merge("HSV", (turned, s, v)).convert("RGB")


def key_frames(refs: str, count: int) -> tuple[list[int], bool]:
    """Reference frames of a shot of `count` frames under --refs, and whether only the nearest is used."""
    near = refs.startswith("near")
    k = int(refs[4:] if near else refs)
    if k < 1:
        raise ValueError(f"references {refs!r}: a number, or near and a number")
    return sorted({round(i * (count - 1) / max(1, k - 1)) for i in range(k)}), near


@dataclass
class Frame:
    """One scored frame: its file's name, its number, line art, prediction, truth and the nearest reference's colour."""
    name: str
    number: int
    line: Image.Image
    out: Image.Image
    truth: Image.Image
    copy: Image.Image


@torch.no_grad()
def colour_shot(net: ColorTransform, shot: str, short: int, step: int, refs: str = "2", hue: int = 0) -> list[Frame]:
    """Every `step`-th frame that is no reference."""
    names = sorted(n for n in os.listdir(os.path.join(shot, "color")) if n.endswith(".png"))

    def line(i: int) -> Image.Image:
        return Image.open(os.path.join(shot, "line", names[i])).convert("L")

    def color(i: int) -> Image.Image:
        return turn_hue(Image.open(os.path.join(shot, "color", names[i])).convert("RGB"), hue)

    width, height = line(0).size
    h, w = network_size(height, width, short)
    keys, near = key_frames(refs, len(names))
    colors = {i: color(i) for i in keys}

    def inputs(i: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, d = line_inputs(np.asarray(line(i)), h, w)
        return torch.from_numpy(x)[None, None, None], torch.from_numpy(d)[None, None, None]

    def encode(chosen: list[int]) -> dict[str, torch.Tensor]:
        xr, dr = (torch.cat(t, 1) for t in zip(*map(inputs, chosen)))
        yr = torch.stack([torch.from_numpy(color_input(np.asarray(colors[i]), h, w)).permute(2, 0, 1) for i in chosen])
        return net.references(xr, dr, yr[None])

    result = []
    with torch.autocast("cpu", torch.bfloat16):
        encoded = {i: encode([i]) for i in keys} if near else {-1: encode(keys)}
        for i in [i for i in range(len(names)) if i not in keys][::step]:
            nearest = min(keys, key=lambda k: abs(k - i))
            used = [nearest] if near else keys
            lag = torch.from_numpy(reference_lags([i], used))[None]
            out = net.color(*inputs(i), encoded[nearest if near else -1], lag=lag)["out"][0, 0]
            out = ((out.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
            picture = Image.fromarray(out).resize((width, height), Image.BICUBIC)
            result.append(Frame(names[i], i, line(i), picture, color(i), colors[nearest]))
    return result


class Run(NamedTuple):
    """One combination of what is varied."""
    size: int
    refs: str
    hue: int


@dataclass
class Result:
    """By shot: the network's figures and copying's; FID of all frames together, where it was asked for."""
    shots: dict[str, tuple[Figures, Figures]] = field(default_factory=dict)
    fid: tuple[float, float] | None = None

    def means(self) -> tuple[Figures, Figures]:
        """Over shots."""
        both = [[s[i] for s in self.shots.values()] for i in (0, 1)]
        result = [{k: mean([f[k] for f in side]) for k in side[0]} for side in both]
        if self.fid:
            result = [{**m, "fid": v} for m, v in zip(result, self.fid)]
        return result[0], result[1]


def form(name: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    plain = name.removeprefix("native ")
    if plain in ("near", "regions"):
        return f"{100 * value:.1f} %"
    return f"{value:.{ {'mse': 4, 'ssim': 3}.get(plain, 2)}f}"


def title(name: str) -> str:
    plain = name.removeprefix("native ")
    return ("native " if plain != name else "") + TITLES[plain]


def line_of(what: str, figures: Figures) -> str:
    return f"{what:22s} " + " ".join(f"{k} {form(k, v)}" for k, v in figures.items())


def markdown(results: Mapping[Run, Result]) -> str:
    """Means by size, references and hue, beside copying's, then PSNR / SSIM by shot."""
    results = {run: r for run, r in results.items() if r.shots}
    if not results:
        return "No frame was scored.\n"
    names = list(next(iter(results.values())).means()[0])
    copied = [n for n in names if n.removeprefix("native ") in ("psnr", "ssim", "near", "regions", "fid")]
    heads = ["size", "references", "hue", *map(title, names), *(f"copying: {title(n)}" for n in copied)]
    text = f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n"
    for run, r in results.items():
        m, c = r.means()
        cells = [*map(str, run), *(form(n, m[n]) for n in names), *(form(n, c[n]) for n in copied)]
        text += f"| {' | '.join(cells)} |\n"
    sizes = {run.size for run in results}
    heads = [run.refs + (f", hue {run.hue}" if run.hue else "") + (f", size {run.size}" if len(sizes) > 1 else "")
             for run in results]
    text += f"\n| shot | {' | '.join(f'{h} | copying' for h in heads)} |\n| --- |{' --- |' * 2 * len(heads)}\n"
    for shot in sorted(set().union(*(r.shots for r in results.values()))):
        cells = [f"{f['psnr']:.2f} / {f['ssim']:.3f}" if f else "–"
                 for r in results.values() for f in r.shots.get(shot, (None, None))]
        text += f"| {shot} | {' | '.join(cells)} |\n"
    return text


def write_frames(out: str, shot: str, frames: list[Frame]) -> None:
    os.makedirs(os.path.join(out, shot), exist_ok=True)
    for f in frames:
        f.out.save(os.path.join(out, shot, f.name))
    f = frames[len(frames) // 2]
    sheet = np.concatenate([np.asarray(im.convert("RGB")) for im in (f.line, f.out, f.truth)], 1)
    Image.fromarray(sheet).save(os.path.join(out, shot + ".png"))


def figures_of(frames: list[Frame], native: bool, copying: bool) -> tuple[Figures, Figures]:
    """The network's and, where asked for, copying's: else nan."""
    def of(pictures: list[Image.Image]) -> Figures:
        truths, numbers = [f.truth for f in frames], [f.number for f in frames]
        result = dict(score_shot(pictures, truths, numbers))
        if native:
            result |= {f"native {k}": v for k, v in score_shot(pictures, truths, numbers, native=True).items()}
        return result
    net = of([f.out for f in frames])
    return net, of([f.copy for f in frames]) if copying else dict.fromkeys(net, math.nan)


def evaluate(net: ColorTransform, folder: str, run: Run, step: int = 1, native: bool = False, copying: bool = False,
             inception: Inception | None = None, out: str | None = None) -> Result:
    """Colours and scores the shots of a set, and says so."""
    result = Result()
    features: list[list[np.ndarray]] = [[], [], []]
    for shot in sorted(n for n in os.listdir(folder) if os.path.isdir(os.path.join(folder, n, "color"))):
        frames = colour_shot(net, os.path.join(folder, shot), run.size, step, run.refs, run.hue)
        if not frames:
            print(f"{shot:22s} has no frame that is no reference")
            continue
        if out:
            write_frames(out, shot, frames)
        result.shots[shot] = figures_of(frames, native, copying)
        if inception:
            for kept, what in zip(features, ("truth", "out", "copy") if copying else ("truth", "out")):
                kept.append(inception.features(shrink(getattr(f, what), False) for f in frames))
        print(line_of(shot, result.shots[shot][0]), flush=True)
    if inception and result.shots:
        truth, *sides = (np.concatenate(f) for f in features if f)
        values = [frechet(side, truth) for side in sides]
        result.fid = values[0], values[1] if copying else math.nan
    if result.shots:
        print(line_of("mean", result.means()[0]), flush=True)
    else:
        print(f"{folder}: no SHOT/color in it with a frame to score")
    return result


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", required=True, help="checkpoint of train.py or weights file (.safetensors)")
    ap.add_argument("--set", required=True)
    ap.add_argument("--out")
    ap.add_argument("--size", default="256", help="short side the network works at, several with commas")
    ap.add_argument("--step", type=int, default=1, help="score every STEP-th frame only (no flicker then)")
    ap.add_argument("--refs", default="2", help="which references, several with commas: 1,2,3,near5")
    ap.add_argument("--hue", default="0", help="degrees, several with commas: 0,90,180,270")
    ap.add_argument("--native", action="store_true", help="score at the shot's own size too, with flat regions")
    ap.add_argument("--inception", metavar="FILE", help="Inception v3 weights for FID: torchvision's or the port for FID")
    ap.add_argument("--markdown", help="file to write tables to")
    ap.add_argument("--threads", type=int, default=2)
    return ap.parse_args()


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    try:
        net = load(args.checkpoint)
        inception = Inception(args.inception) if args.inception else None
        print(f"FID: {inception.kind}" if inception else "FID: left out, there is no --inception FILE")
        runs = [Run(int(size), refs, int(hue)) for size in args.size.split(",") for refs in args.refs.split(",")
                for hue in args.hue.split(",")]
        results = {}
        for run in runs:
            if len(runs) > 1:
                print(f"size {run.size}, references {run.refs}, hue {run.hue}")
            results[run] = evaluate(net, args.set, run, args.step, args.native, bool(args.markdown), inception,
                                    args.out if run == runs[0] else None)
    except (ValueError, OSError) as e:
        raise SystemExit(f"evaluate: {e}") from e
    if args.markdown:
        note = f"FID is of {inception.kind}.\n" if inception else "There is no FID: no Inception weights were given.\n"
        Path(args.markdown).write_text(markdown(results) + "\n" + note)


if __name__ == "__main__":
    main()
