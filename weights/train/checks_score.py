# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks of scoring: colouring a set, the figures, FID, sets of generated shots and of shows. check.py runs them."""
from __future__ import annotations

import io
import tempfile
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.linalg import sqrtm

import evaluate
import fid
import figures
import finetune_table
import weights_io
from export import runtime_tensors, weights_metadata
from model import PRESETS, ColorTransform
from shots import make_shot
from shotset import write_set, write_shot
from show import ShowScene, make_show_shot


class Missing(Exception):
    """What the check needs is not on this machine."""


def write_shots(folder: Path, count: int, frames: int) -> None:
    for i in range(count):
        write_shot(folder / f"shot{i}", make_shot(900 + i, 96, 160, frames))


def check_evaluate() -> None:
    """Reference choices, the hue's turn, figures of a shot written here by hand; a weights file colours like its
    checkpoint; tables have a row for every combination."""
    assert evaluate.key_frames("1", 9) == ([0], False) and evaluate.key_frames("2", 9) == ([0, 8], False)
    assert evaluate.key_frames("3", 9) == ([0, 4, 8], False)
    assert evaluate.key_frames("near5", 9) == ([0, 2, 4, 6, 8], True)
    red = Image.new("RGB", (4, 4), (200, 20, 20))
    turned = np.asarray(evaluate.turn_hue(red, 120))[0, 0].astype(int)
    assert np.abs(turned - (20, 200, 20)).max() < 6, turned
    assert np.array_equal(evaluate.turn_hue(red, 360), red)
    with tempfile.TemporaryDirectory() as folder:
        write_shots(Path(folder), 1, 7)
        torch.manual_seed(2)
        net = ColorTransform(PRESETS["tiny"]).eval()
        torch.save({"config": asdict(net.cfg), "model": net.state_dict()}, f"{folder}/net.pt")
        weights_io.save(f"{folder}/net.safetensors", runtime_tensors(net.state_dict(), torch.float32),
                        weights_metadata(net.cfg, "tiny", "Random."))
        results = {}
        for run in (evaluate.Run(64, "2", 0), evaluate.Run(72, "near3", 90)):
            both = [evaluate.colour_shot(evaluate.load(f"{folder}/{n}"), f"{folder}/shot0", run.size, 2, run.refs, run.hue)
                    for n in ("net.pt", "net.safetensors")]
            assert all(np.array_equal(p.out, q.out) for p, q in zip(*both)) and both[0][0].out.size == (160, 96)
            assert [f.name for f in both[0]] == ["0001.png", *(["0003.png", "0005.png"] if run.refs == "2" else
                                                               ["0004.png"])]
            with redirect_stdout(io.StringIO()) as said:
                results[run] = evaluate.evaluate(net, folder, run, native=True, copying=True)
            assert "shot0" in said.getvalue() and "native regions" in said.getvalue()
        text = evaluate.markdown({**results, evaluate.Run(64, "1", 0): evaluate.Result()})
    assert text.count("| shot0 |") == 1 and "near3, hue 90, size 72" in text and "copying: within 8" in text
    assert f"{results[evaluate.Run(64, '2', 0)].means()[1]['psnr']:.2f}" in text


def check_figures() -> None:
    """Right colours, regions and flicker are counted as defined, on pictures where they are known."""
    truth = np.full((64, 64, 3), 200, np.uint8)
    truth[:, 32:] = 90, 60, 30                          # two regions,
    truth[20:23, :] = 0                                 # cut by a line in two each
    off = truth.copy()
    off[:20, :32] -= 8
    off[40:, 32:, 1] += 9
    s = figures.score(off, truth)
    assert s["near"] == 1 - 24 * 32 / 64 ** 2 and abs(s["psnr"] + 10 * np.log10(s["mse"])) < 1e-9 and s["ssim"] < 1
    same = figures.score(truth, truth)
    assert same["mse"] == 0 and same["near"] == 1 and abs(same["ssim"] - 1) < 1e-9
    assert figures.exact_regions(truth).max() == 5
    assert figures.regions_right(off, truth) == (4, 4)
    off[40:, 32:, 1] += 30
    assert figures.regions_right(off, truth) == (3, 4)
    assert figures.regions_right(off, shot_noise(truth)) == (0, 0)
    moved = truth.copy()
    moved[:, :16] = 10
    brighter = truth.copy()
    brighter[:, :32] += 6
    assert figures.flicker((truth, truth), (moved, moved)) == 0
    assert abs(figures.flicker((truth, truth), (brighter, moved)) - 2) < 1e-9      # a third of what stands still, by 6
    assert np.isnan(figures.flicker((truth, truth), (truth, 255 - truth)))
    pictures = [Image.fromarray(p) for p in (truth, brighter, truth)]
    shot = figures.score_shot(pictures, [pictures[0]] * 3, [1, 2, 4], native=True)
    assert abs(shot["flicker"] - 3) < 1e-9 and shot["regions"] == 1, shot


def shot_noise(truth: np.ndarray) -> np.ndarray:
    return (truth // 2 + np.random.default_rng(1).integers(0, 60, truth.shape)).astype(np.uint8)


def check_fid() -> None:
    """The distance is Heusel's by matrix square root, for few samples too; Inception is torchvision's own, and its port
    pools otherwise; equal sets have none; other files are refused."""
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(90, 12)) @ rng.normal(size=(12, 12)), rng.normal(size=(60, 12)) + 0.3
    ca, cb = np.cov(a.T), np.cov(b.T)
    want = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real)
    assert abs(fid.frechet(a, b) - want) < 1e-6 * want
    few = fid.frechet(a[:5], b[:7])
    wide = np.zeros((12, 30))
    wide[:, 10:22] = np.eye(12)
    assert few > 0 and abs(fid.frechet(a[:5] @ wide, b[:7] @ wide) - few) < 1e-9 * few
    assert abs(fid.frechet(a[:5], a[:5])) < 1e-9 and fid.frechet(a[:5], a[:5] + 1) > 11.9
    try:
        from torchvision.models import inception_v3
    except ImportError:
        raise Missing("python3-torchvision") from None
    net = inception_v3(weights=None, transform_input=False, init_weights=False).eval()
    g = torch.Generator().manual_seed(1)
    for m in net.modules():                             # so that features are neither all alike nor vanish
        if isinstance(m, torch.nn.Conv2d):
            m.weight.data = torch.randn(m.weight.shape, generator=g) * (2 / m.weight[0].numel()) ** 0.5
    pictures = [np.asarray(Image.fromarray(p).resize((256, 256))) for i in (1, 2, 3) for p in make_shot(i, 96, 96, 2).color]
    with tempfile.TemporaryDirectory() as folder:
        state = net.state_dict()
        torch.save(state, f"{folder}/inception.pth")
        own = fid.Inception(f"{folder}/inception.pth")
        got = own.features(pictures)
        net.fc = torch.nn.Identity()
        x = torch.from_numpy(np.array(pictures[4])).permute(2, 0, 1)[None] / 127.5 - 1
        with torch.no_grad():
            assert torch.allclose(net(torch.nn.functional.interpolate(x, (299, 299), mode="bilinear"))[0].double(),
                                  torch.from_numpy(got[4]), rtol=1e-4)
        assert got.shape == (6, 2048) and abs(fid.frechet(got, got)) < 1e-6 * (got ** 2).sum()
        assert fid.frechet(got[:3], got[3:]) > 1e-3 * got.var(0).sum()
        ported = {k: v for k, v in state.items() if not k.startswith(("AuxLogits", "fc"))}
        torch.save(ported | {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}, f"{folder}/port.pth")
        port = fid.Inception(f"{folder}/port.pth")
        assert port.ported and not own.ported and port.kind != own.kind
        assert not np.allclose(port.features(pictures[:1]), got[:1], rtol=1e-3)
        for broken, word in ((ported, "fc.weight"), ({"fc.weight": state["fc.weight"]}, "Conv2d_1a")):
            torch.save(broken, f"{folder}/broken.pth")
            try:
                fid.Inception(f"{folder}/broken.pth")
            except ValueError as e:
                assert word in str(e)
            else:
                raise AssertionError("an incomplete file was accepted")
        write_shots(Path(folder), 1, 4)
        tiny = ColorTransform(PRESETS["tiny"]).eval()
        with redirect_stdout(io.StringIO()):
            result = evaluate.evaluate(tiny, folder, evaluate.Run(64, "2", 0), copying=True, inception=own)
    assert result.fid[0] > 0 and "FID" in evaluate.markdown({evaluate.Run(64, "2", 0): result})


def check_show() -> None:
    """A show's cast keeps its colours from shot to shot and moves; shots repeat for the same numbers; sets are complete."""
    a, again, b = make_show_shot(8, 1, 64, 64, 4), make_show_shot(8, 1, 64, 64, 4), make_show_shot(8, 2, 64, 64, 4)
    assert np.array_equal(a.color, again.color) and np.array_equal(a.line, again.line)
    assert not np.array_equal(a.color[0], b.color[0]) and a.region.min() >= 1
    cast = []
    for seed in range(12):
        for actor in ShowScene(8, seed, 64, 64, 4).cast:
            cast.append((actor.ch.name, repr([v for part in (actor.ch, actor.ch.head) for v in vars(part).values()
                                              if isinstance(v, tuple) and len(v) == 3])))       # its colours
    names = {name for name, _ in cast}
    assert len(set(cast)) == len(names) > 1 and len(cast) > len(names), cast
    poses = {tuple(ShowScene(8, seed, 64, 64, 4).cast[0].ch.acting.pose(0.5).values()) for seed in range(6)}
    assert len(poses) == 6
    with tempfile.TemporaryDirectory() as folder:
        write_set(Path(folder, "set"), range(3, 5), 64, 80, 3)
        write_set(Path(folder, "set"), range(3, 6), 64, 80, 3)
        files = sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*.png"))
        assert len(files) == 18 and files[0] == "set/3/color/0000.png"
        with Image.open(f"{folder}/{files[-1]}") as image:
            assert image.size == (80, 64) and image.mode == "L"
        keys = finetune_table.split(Path(folder, "set/5"), Path(folder, "half"))
        assert len(list(Path(keys[0], "color").iterdir())) == 1
        assert sorted(p.name for p in Path(folder, "half/scored/shot/line").iterdir()) == ["0001.png", "0002.png"]


CHECKS = {"evaluate": check_evaluate, "figures": check_figures, "fid": check_fid, "show": check_show}
