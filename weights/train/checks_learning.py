# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks of what a run keeps and of what it may be told: checkpoints, resuming, options, parts switched off, teachers.
check.py runs them."""
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

import ablate
import checkpoint
import device as devices
import distill
import options
import weights_io
from data import Batch
from evaluate import load
from export import runtime_tensors, weights_metadata
from losses import MATCHING, PLAIN, TEACHING
from model import PRESETS, ColorTransform
from trainer import Recipe, Trainer

CPU = torch.device("cpu")


def some_batch(seed: int, size: int = 32) -> Batch:
    """A shot of blocks of colour in places that change."""
    g = torch.Generator().manual_seed(seed)
    regions = torch.randint(0, 6, (1, 4, size // 16, size // 16), generator=g)
    palette = torch.rand(6, 3, generator=g) * 2 - 1
    full = regions.repeat_interleave(16, 2).repeat_interleave(16, 3)
    y = palette[full].permute(0, 1, 4, 2, 3)
    x = (palette.sum(1)[full][:, :, None] / 3).clamp(-1, 1)
    small = regions.repeat_interleave(4, 2).repeat_interleave(4, 3)
    return Batch(x[:, :2], -x[:, :2], y[:, :2], small[:, :2], x[:, 2:], -x[:, 2:], y[:, 2:], small[:, 2:],
                 torch.zeros(1, 2, 2))


def trained(recipe: Recipe, steps: int, **more) -> Trainer:
    torch.manual_seed(3)
    trainer = Trainer(recipe, CPU, **more)
    for i in range(steps):
        trainer.step(some_batch(i % 3), 0.2)
    return trainer


def refused(action, *parts: str) -> None:
    """`action` raises a ValueError that names all `parts`."""
    try:
        action()
    except ValueError as e:
        assert all(p in str(e) for p in parts), e
    else:
        raise AssertionError("it was accepted")


def check_checkpoint() -> None:
    """Both kinds come back, small enough and close enough; a set of parts is never half old, half new."""
    trainer = trained(Recipe(PRESETS["tiny"], PLAIN), 4)
    state = {**trainer.state(), "seconds": 7.5}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "last.pt")
        checkpoint.save(path, state)
        whole = path.stat().st_size
        again = checkpoint.load(path)
        assert all(torch.equal(again["model"][k], v) for k, v in state["model"].items()) and again["seconds"] == 7.5
        checkpoint.save(path, state, 0.1)
        parts = sorted(Path(folder).glob("last.pt.*"))
        assert len(parts) > 3 and all(p.stat().st_size <= 0.1 * 2 ** 20 for p in parts)
        assert sum(p.stat().st_size for p in parts) < 0.36 * whole
        again = checkpoint.load(path)
        for part in ("model", "ema"):
            for k, v in state[part].items():
                assert torch.allclose(again[part][k], v, rtol=2 ** -11, atol=1e-7) and again[part][k].dtype == v.dtype
        for k, s in state["optimizer"]["state"].items():
            own = again["optimizer"]["state"][k]["exp_avg_sq"]
            sure = s["exp_avg_sq"] > 2.0 ** -55
            assert torch.allclose(own[sure], s["exp_avg_sq"][sure], rtol=0.1) and (own[~sure] < 2.0 ** -54).all()
        assert isinstance(load(str(path)), ColorTransform)

        old = [p.read_bytes() for p in parts]                           # a save cut off before its index
        trainer.step(some_batch(0), 0.2)
        index = path.read_bytes()
        checkpoint.save(path, {**trainer.state(), "seconds": 8.0}, 0.1)
        assert not any(p.exists() for p in parts) and checkpoint.load(path)["seconds"] == 8.0
        for p, content in zip(parts, old):
            p.write_bytes(content)
        path.write_bytes(index)
        assert checkpoint.load(path)["seconds"] == 7.5
        parts[1].write_bytes(b"x" + old[1][1:])
        refused(lambda: checkpoint.load(path), parts[1].name, "damaged")
        parts[1].unlink()
        refused(lambda: checkpoint.load(path), parts[1].name, "beside")
        checkpoint.save(path, state)
        assert [p.name for p in Path(folder).iterdir()] == ["last.pt"]


def check_trainer() -> None:
    """Learning goes on from a state as if nothing had been; another network's state is refused; the loss falls."""
    recipe = Recipe(PRESETS["tiny"], PLAIN, 2e-3)
    first = trained(recipe, 3)
    second = Trainer(recipe, CPU)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.save(Path(folder, "a"), first.state())
        second.load(checkpoint.load(Path(folder, "a")))
    for trainer in (first, second):
        torch.manual_seed(9)
        trainer.step(some_batch(1), 0.3)
    assert all(torch.equal(a, b) for a, b in zip(first.ema.values(), second.ema.values())) and second.count == 4
    other = Trainer(Recipe(options.config("tiny", "warp=0,match_dilations=1:4"), PLAIN), CPU)
    refused(lambda: other.load(first.state()), "warp True, not False", "match_dilations")
    start = first.step(some_batch(2), 0.3)
    for _ in range(25):
        end = first.step(some_batch(2), 0.3)
    assert end["l1"] < 0.8 * start["l1"] and set(end) == {*PLAIN, "hit", "lr", "grad"}, (start, end)


def check_options() -> None:
    """Texts of --set, --weight and --without mean what they say; wrong ones are named."""
    cfg = options.config("small", "warp=0,match_dilations=,head=0,mid_blocks=3")
    assert (cfg.warp, cfg.match, cfg.head_dim, cfg.mid_blocks, cfg.skip) == (False, False, 8, 3, True)
    assert options.config("small", "match_dilations=1:8").match_dilations == (1, 8)
    assert options.weights("plain", "match=0,l1=5") == {"l1": 5.0, "warp": 3.0, "latent": 1.0}
    assert options.weights("plain", "attend=0", True) == {**PLAIN, "teacher": TEACHING["teacher"]}
    for text in ("wrap=0", "warp=2", "warp", "base=many"):
        refused(lambda: options.config("small", text))
    refused(lambda: options.weights("plain", "gan=1"), "gan", "match")
    refused(lambda: options.switches("colour"), "masks")
    terms = trained(Recipe(PRESETS["tiny-paper"], options.weights("plain", "match=0,warp=0,latent=0")), 1)
    assert set(terms.step(some_batch(0), 0.2)) == {"l1", "hit", "lr", "grad"}
    if not torch.cuda.is_available():
        refused(lambda: devices.pick("cuda"), "--device cpu")
    assert devices.pick("cpu") == CPU and devices.default_workers(CPU) == 1


def check_switches() -> None:
    """What is switched off stays off while the rest learns, in the weights, so that every reader computes the same."""
    cfg, b = PRESETS["tiny"], some_batch(5)
    for name in options.SWITCHES:
        torch.manual_seed(3)
        trainer = Trainer(Recipe(cfg, PLAIN, 2e-3, without=(name,)), CPU)
        before = {k: v.clone() for k, v in trainer.net.state_dict().items()}
        for i in range(4):
            trainer.step(some_batch(i), 0.2)
        net = ColorTransform(cfg).eval()
        net.load_state_dict(trainer.ema)
        assert not torch.equal(net.end.encoder.conv0.weight, before["end.encoder.conv0.weight"])
        with torch.no_grad():
            r = net(b.x, b.d, b.xr, b.dr, b.yr)
            other = net(b.x, 0 * b.d, b.xr, b.dr, b.yr)["out"]
        assert torch.equal(other, r["out"]) == (name == "distance")
        assert bool((r["style"] == 0).all()) == (name == "embedder")
        assert torch.allclose(r["f_sim"], r["f_mat"], atol=1e-5) == (name == "masks")
    refused(lambda: Trainer(Recipe(PRESETS["tiny-paper"], PLAIN, without=("distance",)), CPU), "EnD")


def check_matching() -> None:
    """--matching computes what the whole network would, and moves nothing but what decides correspondences."""
    cfg, b = PRESETS["tiny"], some_batch(6)
    trainer = Trainer(Recipe(cfg, {k: PLAIN[k] for k in MATCHING}, 2e-3, matching=True), CPU)
    with torch.no_grad():
        own = trainer.net.matching(b.x, b.d, b.xr, b.dr, b.yr, lag=b.lag)
        whole = trainer.net(b.x, b.d, b.xr, b.dr, b.yr, lag=b.lag)
    assert all(torch.allclose(own[k].float(), whole[k].float(), atol=1e-4) for k in ("attention", "warped"))
    before = {k: v.clone() for k, v in trainer.net.state_dict().items()}
    for i in range(4):
        trainer.step(some_batch(i), 0.2)
    moved = {k for k, v in trainer.net.state_dict().items() if not torch.equal(v, before[k])}
    assert {"end.encoder.conv0.weight", "sim.q.weight", "sim.k.weight"} <= moved, moved
    assert all(k.startswith(("end.", "sim.q.", "sim.k.", "sim.locality", "sim.nearness", "sim.reach")) for k in moved), moved


def check_distill() -> None:
    """A student with a teacher alone comes nearer to it, in picture and attention; both kinds of file teach alike."""
    cfg = PRESETS["tiny"]
    master = trained(Recipe(cfg, PLAIN, 3e-3), 30)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.save(f"{folder}/t.pt", master.state())
        weights_io.save(f"{folder}/t.safetensors", runtime_tensors(master.ema, torch.float32),
                        weights_metadata(cfg, "tiny", "check"))
        one, two = (distill.Teacher(f"{folder}/{n}", CPU) for n in ("t.pt", "t.safetensors"))
    assert all(torch.equal(v, two.net.state_dict()[k]) for k, v in one.net.state_dict().items()
               if not k.startswith("latent_"))
    student = Trainer(Recipe(PRESETS["tiny-paper"], TEACHING, 2e-3), CPU, teacher=one)
    figures = [student.step(some_batch(i % 3), 0.2) for i in range(45)]
    assert set(TEACHING) <= set(figures[0])
    for k in TEACHING:
        assert sum(f[k] for f in figures[-3:]) < 0.9 * sum(f[k] for f in figures[:3]), (k, figures[0], figures[-1])
    assert not any(p.grad is not None for p in one.net.parameters())


def check_train() -> None:
    """The command stops early with parts that it goes on from, and writes no validation then."""
    with tempfile.TemporaryDirectory() as folder:
        for again in (False, True):
            out = subprocess.run(
                [sys.executable, str(Path(__file__).with_name("train.py")), "--preset", "tiny", "--out", folder,
                 "--minutes", "60", "--stop-after", "0.01", "--threads", "1", "--buckets", "128", "--split-mib", "0.2",
                 "--set", "skip=0", "--weight", "latent=0", "--device", "cpu", "--workers", "2"],
                check=True, capture_output=True, text=True).stdout
            assert ("resumed at step" in out) == again and "'latent'" not in out, out
        state = checkpoint.load(Path(folder, "last.pt"))
        assert state["step"] >= 2 and state["config"]["skip"] is False
        assert not Path(folder, "validation.csv").exists()


def check_ablate() -> None:
    """Every variant is one that train.py takes; the full one is the preset; what is finished is not run again."""
    seen = set()
    for name, variant in ablate.VARIANTS.items():
        args = options.parser(None).parse_args(["--out", "x", *variant.options])
        recipe = (options.config("small", args.set), options.switches(args.without), args.augment,
                  options.weights(args.losses, args.weight))
        seen.add(str(recipe))
        if name == "full":
            assert recipe == (PRESETS["small"], (), 1, PLAIN)
        elif name == "paper":
            own, paper = recipe[0], PRESETS["paper"]
            for part in ("match_dilations", "head", "warp", "skip", "locality", "lag", "mid_blocks"):
                assert getattr(own, part) == getattr(paper, part), part
            assert own.base == PRESETS["small"].base and set(recipe[3]) == {"l1", "latent"}
    assert len(seen) == len(ablate.VARIANTS), "two variants are the same"
    with tempfile.TemporaryDirectory() as folder:
        args = argparse.Namespace(out=Path(folder), minutes=3.0, steps=9, train=[], set=Path("shots"), step=1)
        result = {"options": ["--augment", "0"], "length": ["--steps", "9"], "steps": 9, "samples": 40,
                  "cpu": 1.25, "hit": 0.5,
                  "generated": [20.25, 0.5], "sets": {"shots": [18.5, 0.25]}}
        place = Path(folder, "no-colour-changes")
        place.mkdir()
        (place / "result.json").write_text(json.dumps(result))
        assert ablate.run("no-colour-changes", args) == result
        text = ablate.table({"no-colour-changes": result}, args.set)
    assert "| 9 | 40 | 1.25 | 0.500 | 20.25 | 0.500 | 18.50 | 0.250 |" in text and "--vgg" in text


CHECKS = {"checkpoint": check_checkpoint, "trainer": check_trainer, "options": check_options,
          "switches": check_switches, "matching": check_matching, "distill": check_distill,
          "train": check_train,
          "ablate": check_ablate}
