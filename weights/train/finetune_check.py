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
from finetune_data import ATTENTION, Clip, Frame, Sampler
from model import PRESETS, ColorTransform
from shots import make_shot
from shotset import write_shot

ROOT = Path(__file__).resolve().parents[2]
LICENSE, NAME = "Check Licence 1.0", "two generated shots"


def expect(ok: bool, what: str) -> None:
    if not ok:
        raise SystemExit(f"finetune_check: {what}")


def check_sizes() -> None:
    """Every picture size comes with as many targets as its attention allows, and with one at least."""
    frame = Frame(*(np.zeros((512, 544), t) for t in (np.uint8, np.uint8, np.int16, np.int16)))
    sampler, counts = Sampler([Clip("blank", [frame], [0])], 1), {}
    for refs in (1, 2, 3) * 20:
        h, w, targets = sampler._size(frame, refs)
        expect(targets >= 1 and targets * refs * (h * w / 16) ** 2 <= ATTENTION, f"{targets} targets of {h}x{w}, {refs} refs")
        counts.setdefault((h, refs), targets)
    expect(counts[128, 2] == 4 and counts[256, 2] == 2 and counts[256, 3] == 1, f"targets by height and references: {counts}")


def main() -> None:
    check_sizes()
    with tempfile.TemporaryDirectory() as tmp:
        work = Path(tmp)
        write_shot(work / "set" / "a", make_shot(71, 72, 88, 6))
        write_shot(work / "set" / "b", make_shot(72, 72, 88, 5))
        write_shot(work / "key", make_shot(73, 72, 88, 1))
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
            "--output", str(out), "--steps", "60", "--lr", "2e-3", "--generated", "0.1",
            "--sheet", str(work / "sheet.png")]))

        n = len(result.losses)
        expect(n == 60, f"{n} steps")
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
