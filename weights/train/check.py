# SPDX-License-Identifier: LGPL-2.1-or-later
"""Self checks of the training code: `/usr/bin/python3 weights/train/check.py [NAME...]`, all of them without names.

Each says ok, failed or what it lacks; the last line counts. The generator has its own: `python3 -m shots.check`.
"""
from __future__ import annotations

import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import checks_learning
import checks_refine
import checks_run
import checks_score
import curves
import prepare
import spectral
import weights_io
from checks_score import Missing, write_shots
from clips import Clips
from buckets import FRAMES
from data import Batch
from discriminator import GAN_KINDS, Adversary, Discriminator, discriminator_loss
from export import runtime_tensors
from losses import color_losses
from model import PRESETS, ColorTransform
from perceptual import LAYERS, Perceptual, gram
from preprocess import reference_lags
from shots import make_shot


def random_inputs(size: int = 32) -> tuple[torch.Tensor, ...]:
    x, xr, yr = torch.rand(1, 2, 1, size, size), torch.rand(1, 2, 1, size, size), torch.rand(1, 2, 3, size, size)
    return x, -x, xr, -xr, yr


def check_spectral() -> None:
    """Folded weights are the plain network's, compute the same, and have norm one; nothing else is touched."""
    plain = ColorTransform(PRESETS["tiny"])
    before = {k: v.clone() for k, v in plain.state_dict().items()}
    net = spectral.add(plain).train()
    for _ in range(50):                                        # power iterations
        net(*random_inputs())
    net.eval()
    folded = spectral.fold(net.state_dict())
    assert folded.keys() == before.keys()
    again = ColorTransform(PRESETS["tiny"]).eval()
    again.load_state_dict(folded)
    inputs = random_inputs()
    with torch.no_grad():
        error = (net(*inputs)["out"] - again(*inputs)["out"]).abs().max()
    assert error < 1e-5, f"folded and normed network differ by {error}"
    for name, t in folded.items():
        inside = name.split(".")[0] in spectral.PLACES and t.ndim == 4
        if inside:
            top = torch.linalg.matrix_norm(t.flatten(1), 2)
            assert abs(top - 1) < 0.02, f"{name} has norm {top}"
        else:
            assert torch.equal(t, before[name]), f"{name} changed"
    assert "decoder.conv3.weight" in runtime_tensors(folded, torch.float16)


def check_discriminator() -> None:
    """Learns to tell two kinds of picture apart with either loss; the generator's term moves the generator alone."""
    g = torch.Generator().manual_seed(3)
    for kind in GAN_KINDS:
        torch.manual_seed(1)
        adversary = Adversary(kind, 2e-3, base=8)
        first = last = 0.0
        for step in range(60):
            x = torch.rand(4, 1, 32, 32, generator=g) * 2 - 1
            real, fake = x.expand(-1, 3, -1, -1) * 0.5, (-0.5 * x.expand(-1, 3, -1, -1)).clone().requires_grad_()
            term, loss = adversary.step(x, real, fake, 1.0)
            first, last = (float(loss) if step == 0 else first), float(loss)
        assert last < 0.3 * first, f"{kind}: loss {first:.3f} -> {last:.3f}"
        term.backward()
        assert float(fake.grad.abs().sum()) > 0
        assert all(p.grad is None or not p.requires_grad for p in adversary.net.parameters())
    logits = Discriminator(8)(torch.zeros(2, 1, 64, 48), torch.zeros(2, 3, 64, 48))
    assert logits.shape == (2, 1, 8, 6)
    sure = torch.full((1, 1), 30.0)
    assert discriminator_loss(sure, -sure, "log") < 1e-6 and discriminator_loss(sure, -sure, "hinge") == 0


def random_vgg(seed: int = 0) -> dict[str, torch.Tensor]:
    """A state_dict of vgg19's names and shapes, plus a classifier's tensor, which is to be passed over."""
    g, cin, out = torch.Generator().manual_seed(seed), 3, {"classifier.0.bias": torch.zeros(8)}
    for index, cout, _ in LAYERS:
        out[f"features.{index}.weight"] = torch.randn(cout, cin, 3, 3, generator=g) * (2 / (9 * cin)) ** 0.5
        out[f"features.{index}.bias"] = torch.zeros(cout)
        cin = cout
    return out


def check_perceptual() -> None:
    """Both file kinds read the same; zero for equal pictures; style ignores places; a wrong file is refused."""
    with tempfile.TemporaryDirectory() as folder:
        tensors = random_vgg()
        torch.save(tensors, f"{folder}/vgg.pth")
        weights_io.save(f"{folder}/vgg.safetensors", tensors)
        a = torch.rand(1, 3, 32, 32) * 2 - 1
        b = (a * 0.5).requires_grad_()
        results = [Perceptual(f"{folder}/{n}")(b, a) for n in ("vgg.pth", "vgg.safetensors")]
        assert all(torch.equal(results[0][k], results[1][k]) and results[0][k] > 0 for k in ("perceptual", "style"))
        sum(results[0].values()).backward()
        assert float(b.grad.abs().sum()) > 0
        net = Perceptual(f"{folder}/vgg.pth")
        assert all(float(v) == 0 for v in net(a, a).values())
        del tensors["features.28.bias"]
        torch.save(tensors, f"{folder}/vgg.pth")
        try:
            Perceptual(f"{folder}/vgg.pth")
        except ValueError as e:
            assert "features.28.bias" in str(e)
        else:
            raise AssertionError("an incomplete file was accepted")
    f = torch.rand(1, 5, 4, 4)
    assert torch.allclose(gram(f), gram(f.flip(3))) and torch.allclose(gram(2 * f), 4 * gram(f))


def check_clips() -> None:
    """Items have the pool's shapes, repeat for the same seed, and train without the matching loss."""
    with tempfile.TemporaryDirectory() as folder:
        write_shots(Path(folder), 2, 12)
        write_shots(Path(folder) / "short", 0, 0)
        clips = Clips(folder)
        item, again = clips.item(5, 64, 96), clips.item(5, 64, 96)
    assert item.x.shape == item.d.shape == (FRAMES, 64, 96) and item.y.shape == (FRAMES, 64, 96, 3)
    assert item.y.dtype == np.uint8 and item.region.shape == (FRAMES, 16, 24) and (item.region == -1).all()
    assert np.array_equal(item.x, again.x) and np.array_equal(item.y, again.y)
    assert -1 <= item.x.min() < item.x.max() <= 1 and item.y.std() > 5

    def part(a: np.ndarray, frames: list[int]) -> torch.Tensor:
        return torch.from_numpy(a[frames]).float()[None, :, None]
    y = torch.from_numpy(item.y).float().permute(0, 3, 1, 2)[None] / 127.5 - 1
    t, r, region = [2, 5], [0, 7], torch.from_numpy(item.region).long()[None]
    batch = Batch(part(item.x, t), part(item.d, t), y[:, t], region[:, t],
                  part(item.x, r), part(item.d, r), y[:, r], region[:, r],
                  torch.from_numpy(reference_lags(t, r))[None])
    stages = ColorTransform(PRESETS["tiny"]).train()(batch.x, batch.d, batch.xr, batch.dr, batch.yr)
    terms, _ = color_losses(stages, batch)
    assert float(terms["match"]) == 0 and float(terms["l1"]) > 0


def check_plan() -> None:
    """Shots joined together are found again; still, short, dark and faded ones go; repeated drawings count once."""
    rng = np.random.default_rng(4)
    frames, begins = [], []
    for i in range(12):
        begins.append(len(frames))
        frames += list(make_shot(4000 + i, 128, 128, int(rng.integers(9, 20))).color)
    cuts = prepare.find_cuts(np.stack([prepare.histogram(f) for f in frames]), prepare.Rules())
    assert set(begins[1:]) <= set(cuts) and len(cuts) <= 1.5 * len(begins), f"{cuts} instead of {begins[1:]}"

    side = prepare.SIDE
    moving = [np.full((side, side, 3), (200, 120, 60), np.uint8) for _ in range(20)]
    for n, frame in enumerate(moving):
        frame[40:120, 8 * (n // 2):8 * (n // 2) + 60] = 30, 60, 220 - 8 * n // 2        # on twos
    parts = {"moving": moving, "still": [np.full((side, side, 3), (30, 200, 90), np.uint8)] * 12,
             "short": [np.roll(f, 5, 2) for f in moving[:6]], "dark": [f // 16 for f in moving],
             "gray": [np.repeat(f[..., :1], 3, 2) for f in moving]}
    shots, left_out = prepare.plan((f for part in parts.values() for f in part), prepare.Rules())
    assert shots == [list(range(0, 20, 2))], shots
    assert left_out == {"frames dark or faded": 40, "frames repeated": 13, "shots short": 3, "shots still": 1}, left_out


def lively(seed: int, height: int, width: int, lengths: tuple[int, ...]) -> list[np.ndarray]:
    """The colour frames of generated shots of these lengths that are neither still, dark nor gray."""
    shots = []
    while len(shots) < len(lengths):
        color = make_shot(seed, height, width, lengths[len(shots)]).color
        seed += 1
        high, low = color.max(3), color.min(3)
        counts = np.stack([prepare.histogram(f).ravel() for f in color])
        if high.mean((1, 2)).min() > 50 and (high - low).mean((1, 2)).min() > 16 and not prepare.uniform(counts, 100):
            shots.append(color)
    return shots


def check_prepare() -> None:
    """A compressed video of joined shots becomes those shots on disk, readable as clips, with line art on white."""
    ffmpeg = prepare.find_ffmpeg(None)
    if not ffmpeg:
        raise Missing("an ffmpeg command")
    lengths, height, width = (14, 9, 16, 11, 20), 180, 320
    with tempfile.TemporaryDirectory() as folder:
        frames = np.concatenate(lively(4100, height, width, lengths))
        video, out = f"{folder}/joined.mkv", f"{folder}/set"
        subprocess.run([ffmpeg, "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
                        "-i", "pipe:0", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "23", video],
                       input=frames.tobytes(), check=True)
        subprocess.run([sys.executable, prepare.__file__, "--out", out, "--size", "120", "--holds", video],
                       check=True, stdout=subprocess.DEVNULL)
        found = [len(list((s / "color").iterdir())) for s in sorted(Path(out).iterdir())]
        assert found == list(lengths), f"{found} instead of {lengths}"
        shot = f"{out}/joined_0002"
        with Image.open(f"{shot}/line/0003.png") as line, Image.open(f"{shot}/color/0003.png") as c:
            assert line.size == c.size == (213, 120) and line.mode == "L"
            assert (np.asarray(line) > 128).mean() > 0.5 and np.asarray(line).std() > 2
            truth = np.asarray(Image.fromarray(frames[26]).resize(c.size, Image.BOX), float)
            assert np.abs(np.asarray(c) - truth).mean() < 8, "another frame than it should be"
        assert Clips(out).item(1, 64, 64).x.shape == (FRAMES, 64, 64)


def check_curves() -> None:
    """Old logs without names, new ones, and runs that repeat steps after a cut are all read; the picture is written."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log.csv")
        log.write_text("25,10,1e-4,0.5,0.4,0.9,2.0,0.1\n50,20,1e-4,0.4,0.4,0.9,2.0,0.2\n")
        table = curves.Table(log)
        for step, l1 in ((50, "0.35"), (75, "0.3")):
            table.write({"step": str(step), "seconds": "20", "l1": l1, "gan": "0.7"})
        curves.Table(log).write({"step": "100", "seconds": "30", "l1": "0.2", "gan": "0.6"})
        series = curves.read(log)
        assert [v for _, v in series["l1"]] == [0.5, 0.35, 0.3, 0.2], series["l1"]
        assert len(series["gan"]) == 3 and log.read_text().count("step,") == 1
        curves.Table(Path(folder, "validation.csv")).write(
            {"step": "100", "seconds": "30", "psnr": "20.5", "copy": "17.0"})
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise Missing("matplotlib") from None
        with Image.open(curves.draw(folder)) as image:
            assert image.size[0] > 300


CHECKS: dict[str, Callable[[], None]] = {
    "spectral": check_spectral, "discriminator": check_discriminator, "perceptual": check_perceptual,
    "clips": check_clips, "plan": check_plan, "prepare": check_prepare,
    "curves": check_curves, **checks_score.CHECKS, **checks_run.CHECKS,
    **checks_learning.CHECKS, **checks_refine.CHECKS}


def main() -> int:
    names = sys.argv[1:] or list(CHECKS)
    unknown = [n for n in names if n not in CHECKS]
    if unknown:
        print(f"no check {', '.join(unknown)}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    passed = failed = 0
    for name in names:
        torch.manual_seed(0)
        try:
            CHECKS[name]()
        except Missing as e:
            print(f"{name}: left out, needs {e}")
        except Exception:
            failed += 1
            print(f"{name}: failed\n{traceback.format_exc()}")
        else:
            passed += 1
            print(f"{name}: ok", flush=True)
    print(f"training: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
