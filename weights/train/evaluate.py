# SPDX-License-Identifier: LGPL-2.1-or-later
"""Colours a set of shots with a checkpoint and scores it: SET/SHOT/{line,color}/NNNN.png.

    /usr/bin/python3 weights/train/evaluate.py --checkpoint RUN_DIR/last.pt --set SET [--out DIR] [--size 256]

First and last frame are the references, the frames between are scored as the paper does: squashed to
256x256, RGB in 0..1. --out receives DIR/SHOT/NNNN.png at the shot's own size (the network's picture,
plainly enlarged; the engine does better) and DIR/SHOT.png, a sheet: line art, prediction, truth.
"""
from __future__ import annotations

import argparse
import os

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from model import ColorTransform, Config
from preprocess import color_input, line_inputs, network_size


def load(path: str) -> ColorTransform:
    """The network of a checkpoint, its EMA weights if it has them, ready to run."""
    state = torch.load(path, map_location="cpu")
    config = dict(state["config"])
    config["match_dilations"] = tuple(config["match_dilations"])
    net = ColorTransform(Config(**config)).eval().to(memory_format=torch.channels_last)
    net.load_state_dict(state.get("ema", state["model"]))
    return net


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Mean SSIM of two [H,W,3] pictures in 0..255, Gaussian window of sigma 1.5."""
    def blur(z: np.ndarray) -> np.ndarray:
        return gaussian_filter(z, (1.5, 1.5, 0), truncate=3.5)
    a, b = a.astype(np.float64), b.astype(np.float64)
    ma, mb = blur(a), blur(b)
    va, vb, cov = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean())


def squash(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((256, 256), Image.LANCZOS))


@torch.no_grad()
def colour_shot(net: ColorTransform, shot: str, short: int, step: int) -> list[tuple[str, Image.Image, Image.Image, Image.Image]]:
    """(name, line art, prediction, truth) of every `step`-th frame between the references."""
    names = sorted(n for n in os.listdir(os.path.join(shot, "color")) if n.endswith(".png"))
    lines = [Image.open(os.path.join(shot, "line", n)).convert("L") for n in names]
    colors = [Image.open(os.path.join(shot, "color", n)).convert("RGB") for n in (names[0], names[-1])]
    width, height = lines[0].size
    h, w = network_size(height, width, short)

    def inputs(image: Image.Image) -> tuple[torch.Tensor, torch.Tensor]:
        x, d = line_inputs(np.asarray(image), h, w)
        return torch.from_numpy(x)[None, None, None], torch.from_numpy(d)[None, None, None]
    ends = [inputs(lines[0]), inputs(lines[-1])]
    xr, dr = (torch.cat([e[i] for e in ends], 1) for i in (0, 1))
    yr = torch.stack([torch.from_numpy(color_input(np.asarray(c), h, w)).permute(2, 0, 1) for c in colors])[None]
    result = []
    for i in range(1, len(names) - 1, step):
        x, d = inputs(lines[i])
        with torch.autocast("cpu", torch.bfloat16):
            out = net(x, d, xr, dr, yr)["out"][0, 0]
        out = ((out.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
        picture = Image.fromarray(out).resize((width, height), Image.BICUBIC)
        truth = Image.open(os.path.join(shot, "color", names[i])).convert("RGB")
        result.append((names[i], lines[i], picture, truth))
    return result


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", required=True)
    ap.add_argument("--set", required=True)
    ap.add_argument("--out")
    ap.add_argument("--size", type=int, default=256, help="short side the network works at")
    ap.add_argument("--step", type=int, default=1, help="score every STEP-th frame only")
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    net = load(args.checkpoint)
    means = []
    for shot in sorted(os.listdir(args.set)):
        frames = colour_shot(net, os.path.join(args.set, shot), args.size, args.step)
        figures = []
        for name, _, out, truth in frames:
            a, b = squash(out), squash(truth)
            mse = float(np.mean((a.astype(np.float64) - b) ** 2)) / 255 ** 2
            figures.append((mse, -10 * np.log10(max(mse, 1e-10)), ssim(a, b)))
            if args.out:
                os.makedirs(os.path.join(args.out, shot), exist_ok=True)
                out.save(os.path.join(args.out, shot, name))
        if args.out:
            _, line, out, truth = frames[len(frames) // 2]
            sheet = np.concatenate([np.asarray(im.convert("RGB")) for im in (line, out, truth)], 1)
            Image.fromarray(sheet).save(os.path.join(args.out, shot + ".png"))
        means.append(np.mean(figures, 0))
        print(f"{shot:22s} mse {means[-1][0]:.4f} psnr {means[-1][1]:6.2f} ssim {means[-1][2]:.3f}", flush=True)
    m = np.mean(means, 0)
    print(f"{'mean':22s} mse {m[0]:.4f} psnr {m[1]:6.2f} ssim {m[2]:.3f}")


if __name__ == "__main__":
    main()
