# SPDX-License-Identifier: LGPL-2.1-or-later
"""Self check of fine-tuning: some seconds of a tiny network on generated shots. The loss falls, held-out frames
gain, the file has the start's tensors and says what it is, and the engine runs it where FFmpeg is built."""
from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import weights_io
from export import runtime_tensors, weights_metadata
from finetune import arguments, tune
from model import PRESETS, ColorTransform
from shots import make_shot

ROOT = Path(__file__).resolve().parents[2]
LICENSE, NAME = "Check Licence 1.0", "two generated shots"


def expect(ok: bool, what: str) -> None:
    if not ok:
        raise SystemExit(f"finetune_check: {what}")


def write_shot(folder: Path, seed: int, frames: int) -> None:
    shot = make_shot(seed, 72, 88, frames)
    for kind, pictures in (("line", shot.line), ("color", shot.color)):
        (folder / kind).mkdir(parents=True)
        for i, p in enumerate(pictures):
            Image.fromarray(p).save(folder / kind / f"{i:04d}.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as tmp:
        work = Path(tmp)
        write_shot(work / "set" / "a", 71, 6)
        write_shot(work / "set" / "b", 72, 5)
        write_shot(work / "key", 73, 1)
        start = work / "start.safetensors"
        torch.manual_seed(3)
        cfg = PRESETS["tiny"]
        tensors = runtime_tensors(ColorTransform(cfg).state_dict(), torch.float16)
        tensors["refine.kept"] = torch.arange(3.0)
        weights_io.save(start, tensors, weights_metadata(cfg, "tiny", "Random."))
        out = work / "tuned.safetensors"
        common = ["--start", str(start), "--name", NAME, "--license", LICENSE, "--threads", "1", "--size", "64"]
        result = tune(arguments(common + [
            "--shots", str(work / "set"), "--keys", f"{work}/key/color/0000.png+{work}/key/line/0000.png",
            "--output", str(out), "--minutes", "0.5", "--lr", "2e-3", "--generated", "0.1",
            "--sheet", str(work / "sheet.png")]))

        n = len(result.losses)
        expect(n >= 12, f"only {n} steps")
        first, last = np.mean(result.losses[:n // 4]), np.mean(result.losses[-n // 4:])
        expect(last < first, f"the loss does not fall: {first:.3f} to {last:.3f}")
        expect(result.tuned and result.after > result.before, f"no gain: {result.before:.2f} to {result.after:.2f} dB")
        got, metadata = weights_io.load(out)
        expect({k: (t.shape, t.dtype) for k, t in got.items()} == {k: (t.shape, t.dtype) for k, t in tensors.items()},
               "names, shapes or types of the tensors differ from the start's")
        expect(torch.equal(got["refine.kept"], tensors["refine.kept"]), "refine. tensors were changed")
        expect(not torch.equal(got["sim.q.weight"], tensors["sim.q.weight"]), "the attention was not tuned")
        expect(metadata["license"] == LICENSE and NAME in metadata["provenance"] and metadata["base"] == str(cfg.base),
               "metadata is wrong")

        same = work / "same.safetensors"
        kept = tune(arguments(common + ["--keys", str(work / "key"), "--output", str(same), "--minutes", "0",
                                        "--generated", "0"]))
        expect(not kept.tuned and same.read_bytes() == start.read_bytes(), "start weights were not kept without a gain")

        ffmpeg = ROOT / "build/bin/ffmpeg"
        if ffmpeg.exists():
            for path in (start, out):
                shot = work / "set" / "a"
                keys = f"#0={shot}/color/0000.png|#5={shot}/color/0005.png"
                subprocess.run([ffmpeg, "-v", "error", "-y", "-i", shot / "line/%04d.png", "-vf",
                                f"lineartcolor=refs={keys}:weights={path}:size=64:threads=1",
                                work / f"{path.stem}-%04d.png"], check=True)
            made = [np.asarray(Image.open(work / f"{p.stem}-0003.png").convert("RGB")) for p in (start, out)]
            expect(made[0].shape == (72, 88, 3) and not np.array_equal(*made),
                   "the engine's pictures are not the tuned file's")
        engine = "engine runs it" if ffmpeg.exists() else "engine not tried: make ffmpeg"
        print(f"finetune: ok, loss {first:.2f} to {last:.2f} in {n} steps, "
              f"{result.before:.2f} to {result.after:.2f} dB, {engine}")


if __name__ == "__main__":
    sys.exit(main())
