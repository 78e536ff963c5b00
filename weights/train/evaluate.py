# SPDX-License-Identifier: LGPL-2.1-or-later
"""Colours a set of shots with a checkpoint and scores it: SET/SHOT/{line,color}/NNNN.png.

    /usr/bin/python3 weights/train/evaluate.py --checkpoint RUN_DIR/last.pt --set SET [--out DIR] [--size 256]
    /usr/bin/python3 weights/train/evaluate.py ... --refs 1,2,3,near5 --hue 0,90,180,270 --markdown TABLE.md

References (--refs): 1 is the first frame, 2 the first and last, K evenly spaced from first to last, nearK for every
frame the nearest alone of K such. All other frames are scored as the paper does: squashed to 256x256, RGB in 0..1.
--hue turns the hue of references and truth (Table 6). --markdown has copying the nearest reference beside it.
--out receives, of the first combination, DIR/SHOT/NNNN.png at the shot's own size (the network's picture,
plainly enlarged; the engine does better) and DIR/SHOT.png, a sheet: line art, prediction, truth.
"""
from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from export import config_of
from model import ColorTransform
from preprocess import color_input, line_inputs, network_size, reference_lags


def load(path: str) -> ColorTransform:
    """The network of a checkpoint, its EMA weights if it has them, ready to run."""
    state = torch.load(path, map_location="cpu")
    net = ColorTransform(config_of(state["config"])).eval().to(memory_format=torch.channels_last)
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
    """One scored frame: its file's name, line art, prediction, truth and the nearest reference's colour."""
    name: str
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
            result.append(Frame(names[i], line(i), picture, color(i), colors[nearest]))
    return result


def score(picture: Image.Image, truth: Image.Image) -> tuple[float, float, float]:
    """MSE, PSNR, SSIM."""
    a, b = squash(picture), squash(truth)
    mse = float(np.mean((a.astype(np.float64) - b) ** 2)) / 255 ** 2
    return mse, -10 * np.log10(max(mse, 1e-10)), ssim(a, b)


def markdown(results: dict[tuple[str, int], dict[str, tuple[np.ndarray, np.ndarray]]]) -> str:
    """Means by references and hue, then PSNR / SSIM by shot; results[refs, hue][shot]: network's scores, copying's."""
    text = "| references | hue | MSE | PSNR | SSIM | copying: PSNR | SSIM |\n|" + " --- |" * 7 + "\n"
    for (refs, hue), shots in results.items():
        if not shots:
            continue
        m, c = (np.mean([s[i] for s in shots.values()], 0) for i in (0, 1))
        text += f"| {refs} | {hue} | {m[0]:.4f} | {m[1]:.2f} | {m[2]:.3f} | {c[1]:.2f} | {c[2]:.3f} |\n"
    heads = [f"{refs}{f', hue {hue}' if hue else ''}" for refs, hue in results]
    text += f"\n| shot | {' | '.join(f'{h} | copying' for h in heads)} |\n| --- |{' --- |' * 2 * len(heads)}\n"
    for shot in sorted(set().union(*results.values())):
        cells = [f"{s[1]:.2f} / {s[2]:.3f}" if s is not None else "–"
                 for r in results.values() for s in r.get(shot, (None, None))]
        text += f"| {shot} | {' | '.join(cells)} |\n"
    return text


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", required=True)
    ap.add_argument("--set", required=True)
    ap.add_argument("--out")
    ap.add_argument("--size", type=int, default=256, help="short side the network works at")
    ap.add_argument("--step", type=int, default=1, help="score every STEP-th frame only")
    ap.add_argument("--refs", default="2", help="which references, several with commas: 1,2,3,near5")
    ap.add_argument("--hue", default="0", help="degrees, several with commas: 0,90,180,270")
    ap.add_argument("--markdown", help="file to write tables to")
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    net = load(args.checkpoint)
    combinations = [(refs, int(hue)) for refs in args.refs.split(",") for hue in args.hue.split(",")]
    results: dict[tuple[str, int], dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for refs, hue in combinations:
        if len(combinations) > 1:
            print(f"references {refs}, hue {hue}")
        shots = results[refs, hue] = {}
        for shot in sorted(os.listdir(args.set)):
            frames = colour_shot(net, os.path.join(args.set, shot), args.size, args.step, refs, hue)
            if not frames:
                print(f"{shot:22s} has no frame that is no reference")
                continue
            if args.out and (refs, hue) == combinations[0]:
                os.makedirs(os.path.join(args.out, shot), exist_ok=True)
                for f in frames:
                    f.out.save(os.path.join(args.out, shot, f.name))
                f = frames[len(frames) // 2]
                sheet = np.concatenate([np.asarray(im.convert("RGB")) for im in (f.line, f.out, f.truth)], 1)
                Image.fromarray(sheet).save(os.path.join(args.out, shot + ".png"))
            m = np.mean([score(f.out, f.truth) for f in frames], 0)
            copy = np.mean([score(f.copy, f.truth) for f in frames], 0) if args.markdown else m
            shots[shot] = m, copy
            print(f"{shot:22s} mse {m[0]:.4f} psnr {m[1]:6.2f} ssim {m[2]:.3f}", flush=True)
        if not shots:
            continue
        m = np.mean([s[0] for s in shots.values()], 0)
        print(f"{'mean':22s} mse {m[0]:.4f} psnr {m[1]:6.2f} ssim {m[2]:.3f}")
    if args.markdown:
        with open(args.markdown, "w") as f:
            f.write(markdown(results))


if __name__ == "__main__":
    main()
