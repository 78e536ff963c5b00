# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fine-tuning brings, as Markdown: 0, 8, 16 and 32 sequences of one generated show, references as they are and with
the hue turned (Tables 6 and 7 of the paper), and shots split in time: tuned on key frames of the first half, scored on the
second.

    /usr/bin/python3 weights/train/finetune_table.py --start weights/small.safetensors --out build/finetune --steps 300

Rows that are done, with the same options and start weights, are not run again: start it anew to go on.
"""
from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

import weights_io
from evaluate import Run, evaluate, load
from shots import make_shot
from shotset import write_set, write_shot

HERE = Path(__file__).resolve().parent
CLIP = HERE.parents[1] / "build/tests/clip/clip"
SEQUENCES = (8, 16, 32)
SCORED = range(1000, 1008)      # shots of the show that are never tuned on
HUES = (0, 90, 180, 270)
SIZE = 256
LONG, KEY_EVERY = 48, 3         # frames of the generated shot that is split; every how many-th is a key


@dataclass
class Row:
    """`tune`: shots to tune on, none for the start weights; `scored`: folder of shots."""
    part: str
    name: str
    tune: list[str]
    scored: str

    @property
    def stem(self) -> str:
        return f"{self.part}-{self.name}".replace(" ", "-")


def split(source: Path, target: Path) -> list[str]:
    """source/{line,color}: key frames of its first half to target/keys, all of its second to target/scored/shot.
    The tuning shots."""
    if not target.exists():
        part = target.with_suffix(".part")
        for kind in ("line", "color"):
            pictures = sorted((source / kind).iterdir())
            half = len(pictures) // 2
            for folder, chosen in (("keys", pictures[:half:KEY_EVERY]), ("scored/shot", pictures[half:])):
                (part / folder / kind).mkdir(parents=True, exist_ok=True)
                for p in chosen:
                    (part / folder / kind / p.name).write_bytes(p.read_bytes())
        part.rename(target)
    return [str(target / "keys")]


def rows(out: Path, show: int, long_seed: int) -> list[Row]:
    """Writes the shots, too. Those of other numbers are kept beside them."""
    shots = out / f"show{show}"
    write_set(shots / "tune", range(max(SEQUENCES)), SIZE, SIZE, 8, show)
    write_set(shots / "scored", SCORED, SIZE, SIZE, 8, show)
    result = [Row("show", f"{n:02d}", [str(shots / "tune" / str(i)) for i in range(n)], str(shots / "scored"))
              for n in (0, *SEQUENCES)]
    halves = []
    if not (out / f"long{long_seed}").exists():
        write_shot(out / f"drawn{long_seed}", make_shot(long_seed, SIZE, SIZE, LONG))
    halves.append(("generated", out / f"long{long_seed}", out / f"drawn{long_seed}"))
    if CLIP.exists():
        drawn = out / "drawn-demo"
        if not drawn.exists():
            drawn.mkdir(parents=True)
            subprocess.run([CLIP, drawn], check=True)
        halves.append(("demo", out / "demo", drawn))
    else:
        print(f"{CLIP} is absent: no demo shot in the table; make demo builds it")
    for name, folder, source in halves:
        keys = split(source, folder)
        result += [Row(name, "start", [], str(folder / "scored")), Row(name, "tuned", keys, str(folder / "scored"))]
    return result


def run_row(row: Row, settings: dict[str, object], args: argparse.Namespace) -> str:
    """Tunes and scores; leaves STEM.safetensors, STEM.log and STEM.json."""
    begin = time.monotonic()
    base = args.out / row.stem
    weights, steps = args.start, 0
    with open(f"{base}.log", "w") as log:
        if row.tune:
            weights = Path(f"{base}.safetensors")
            subprocess.run([sys.executable, HERE / "finetune.py", "--start", args.start, "--shots", *row.tune,
                            "--name", f"{row.part} {row.name}", "--license", "CC-BY-4.0", "--output", weights,
                            "--minutes", str(args.minutes), "--steps", str(args.steps), "--threads", str(args.threads),
                            "--lr", str(args.lr), "--generated", str(args.generated)], check=True, stdout=log, stderr=subprocess.STDOUT)
            if weights.read_bytes() != args.start.read_bytes():
                note = weights_io.load(weights)[1]["provenance"]
                steps = int(re.findall(r"(\d+) steps \(", note)[-1])
        torch.set_num_threads(args.threads)
        net = load(str(weights))
        figures = {}
        with contextlib.redirect_stdout(log):
            for hue in HUES if row.part == "show" else HUES[:1]:
                result = evaluate(net, row.scored, Run(SIZE, "2", hue), copying=True)
                figures[hue] = dict(zip(("net", "copy"), result.means()))
    Path(f"{base}.json").write_text(json.dumps({"settings": settings, "steps": steps, "figures": figures}, indent=1))
    return f"{row.stem}: {figures[0]['net']['psnr']:.2f} dB, {steps} steps, {(time.monotonic() - begin) / 60:.1f} minutes"


def done(row: Row, settings: dict[str, object], out: Path) -> dict | None:
    try:
        kept = json.loads((out / f"{row.stem}.json").read_text())
    except (OSError, ValueError):
        return None
    return kept if kept["settings"] == settings else None


def form(f: dict[str, float]) -> list[str]:
    return [f"{f['mse']:.4f}", f"{f['psnr']:.2f}", f"{f['ssim']:.3f}", f"{100 * f['near']:.1f} %",
            "–" if math.isnan(f["flicker"]) else f"{f['flicker']:.2f}"]


def table(results: dict[str, tuple[Row, dict]]) -> str:
    """Of the rows that are done."""
    show = [(row, kept) for row, kept in results.values() if row.part == "show"]
    turned = [f"{what}, hue {hue}" for hue in HUES[1:] for what in ("PSNR", "SSIM")]
    heads = ["sequences", "steps", "MSE", "PSNR", "SSIM", "within 8", "flicker", *turned]
    text = f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n"

    def line(name: str, steps: object, figures: dict, side: str) -> str:
        cells = [name, str(steps), *form(figures["0"][side])]
        for hue in HUES[1:]:
            f = figures[str(hue)][side]
            cells += [f"{f['psnr']:.2f}", f"{f['ssim']:.3f}"]
        return f"| {' | '.join(cells)} |\n"
    for i, (row, kept) in enumerate(show):
        if i == 0:
            text += line("copying", "", kept["figures"], "copy")
        text += line(str(int(row.name)), kept["steps"], kept["figures"], "net")
    heads = ["shot", "weights", "steps", "MSE", "PSNR", "SSIM", "within 8", "flicker"]
    text += f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n"
    for row, kept in results.values():
        if row.part != "show":
            f = kept["figures"]["0"]
            if not row.tune:
                text += f"| {row.part} | copying | | {' | '.join(form(f['copy']))} |\n"
            text += f"| {row.part} | {row.name} | {kept['steps']} | {' | '.join(form(f['net']))} |\n"
    return text


def write_table(every: list[Row], settings: dict[str, dict], out: Path) -> None:
    (out / "table.md").write_text(table({r.stem: (r, k) for r in every if (k := done(r, settings[r.stem], out))}))


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--start", type=Path, required=True, help="weights file to start from")
    ap.add_argument("--out", type=Path, required=True, help="folder of shots, weights and figures; table.md")
    ap.add_argument("--minutes", type=float, default=6, help="of every fine-tuning (%(default)s); five are run")
    ap.add_argument("--steps", type=int, default=0, help="of every fine-tuning, instead: rows do not depend on the load")
    ap.add_argument("--jobs", type=int, default=1, help="rows at a time (%(default)s)")
    ap.add_argument("--threads", type=int, default=1, help="of each (%(default)s)")
    ap.add_argument("--lr", type=float, default=5e-5)
    ap.add_argument("--generated", type=float, default=0.25, help="as of finetune.py (%(default)s)")
    ap.add_argument("--show", type=int, default=8, help="number of the show (%(default)s)")
    ap.add_argument("--long", type=int, default=5100000, help="seed of the generated shot that is split (%(default)s)")
    return ap.parse_args()


def main() -> None:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(args.start.read_bytes()).hexdigest()
    every = rows(args.out, args.show, args.long)
    fixed = {"start": digest, "threads": args.threads}
    tuned = {"steps" if args.steps else "minutes": args.steps or args.minutes, "lr": args.lr, "generated": args.generated}
    settings = {row.stem: json.loads(json.dumps(fixed | asdict(row) | (tuned if row.tune else {}))) for row in every}
    waiting = [row for row in every if not done(row, settings[row.stem], args.out)]
    waiting.sort(key=lambda row: row.part == "show")        # these are scored at every hue: they take longest
    print(f"{len(every)} rows, {len(every) - len(waiting)} of them done already", flush=True)
    failed = False
    write_table(every, settings, args.out)
    with ProcessPoolExecutor(args.jobs) as pool:
        for job in as_completed([pool.submit(run_row, row, settings[row.stem], args) for row in waiting]):
            try:
                print(job.result(), flush=True)
            except (subprocess.CalledProcessError, ValueError, OSError) as e:
                print(f"a row failed, its .log says why: {e}", file=sys.stderr)
                failed = True
            write_table(every, settings, args.out)
    print(args.out / "table.md")
    sys.exit(failed)


if __name__ == "__main__":
    main()
