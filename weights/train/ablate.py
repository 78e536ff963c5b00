# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains variants of the network for the same time or number of steps each, scores them and writes a table.

    /usr/bin/python3 weights/train/ablate.py --out build/ablation --minutes 40 [--jobs 2] [--set SHOTS] [NAME...]

--steps is for a machine that does other work beside; the table has what a step takes of a core.
Every variant is a train.py run in OUT/NAME. A variant that is finished is not run again, one that was cut off goes on.
Scores: generated shots that are never trained on (OUT/generated, first and last frame are references), and --set.
"""
from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import checkpoint
import validation
from curves import read

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Variant:
    """A row: options of train.py beside those that all have."""
    title: str
    options: tuple[str, ...] = ()


def up_to(fields: str, losses: str = "") -> tuple[str, ...]:
    return ("--set", fields, *(("--weight", losses) if losses else ()))


# what the paper's network lacks of preset small's, at the same base width
PAPER = "match_dilations=,head=0,warp=0,skip=0,locality=0,lag=0"
VARIANTS: dict[str, Variant] = {
    "paper": Variant("the paper's network, base width 16", up_to(PAPER, "match=0,warp=0")),
    "match-loss": Variant("+ matching loss", up_to(PAPER, "warp=0")),
    "wide": Variant("+ wide matching encoder", up_to("warp=0,skip=0,locality=0,lag=0", "warp=0")),
    "warp": Variant("+ warped colour and its loss", up_to("skip=0,locality=0,lag=0")),
    "skip": Variant("+ line skips", up_to("locality=0,lag=0")),
    "locality": Variant("+ locality", up_to("lag=0")),
    "full": Variant("+ lag: all of it (small)"),
    "no-match-loss": Variant("all but the matching loss", ("--weight", "match=0")),
    "no-supervision": Variant("all but supervision of the attention: neither matching nor warped colour's loss",
                              ("--weight", "match=0,warp=0")),
    "no-wide": Variant("all but the wide matching encoder", up_to("match_dilations=,head=0")),
    "no-warp": Variant("all but the warped colour", up_to("warp=0", "warp=0")),
    "no-skip": Variant("all but line skips", up_to("skip=0")),
    "no-locality": Variant("all but locality", up_to("locality=0")),
    "no-distance": Variant("all but the distance field", ("--without", "distance")),
    "no-embedder": Variant("all but the embedder: AdaIN parameters are zero", ("--without", "embedder")),
    "no-masks": Variant("all but the distance masks: f_sim is f_mat", ("--without", "masks")),
    "no-latent": Variant("all but the latent loss", ("--weight", "latent=0")),
    "no-colour-changes": Variant("all but colour permutations of the training shots", ("--augment", "0")),
}
NOT_RUN = ("perceptual and style losses: they need --vgg FILE",)


def call(program: str, *args: str, log: Path) -> str:
    """Output of one of our programs; all of it goes to `log`, and what it says last into the error."""
    done = subprocess.run([sys.executable, str(HERE / program), *args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    with open(log, "a") as f:
        f.write(done.stdout)
    if done.returncode:
        raise RuntimeError(f"{program} ended with {done.returncode}, see {log}: {done.stdout.strip()[-300:]}")
    return done.stdout


def scores(last: Path, folder: Path, step: int, log: Path) -> tuple[float, float]:
    """PSNR and SSIM of a set as evaluate.py says them."""
    out = call("evaluate.py", "--checkpoint", str(last), "--set", str(folder), "--step", str(step), "--threads", "1",
               log=log)
    mean = re.search(r"^mean\b.*\bpsnr +([-\d.]+) +ssim +([-\d.]+)", out, re.MULTILINE)
    if not mean:
        raise RuntimeError(f"evaluate.py has no mean for {folder}, see {log}")
    return float(mean[1]), float(mean[2])


def run(name: str, args: argparse.Namespace) -> dict:
    """Figures of a variant, trained as far as it is not yet."""
    folder, variant = args.out / name, VARIANTS[name]
    folder.mkdir(parents=True, exist_ok=True)
    length = ["--steps", str(args.steps)] if args.steps else ["--minutes", str(args.minutes)]
    asked = {"options": [*variant.options, *args.train], "length": length}
    kept = folder / "result.json"
    result = json.loads(kept.read_text()) if kept.exists() else {}
    last, log = folder / "last.pt", folder / "ablate.log"
    if {k: result.get(k) for k in asked} != asked:
        print(f"{name}: {variant.title}", flush=True)
        call("train.py", "--preset", "small", "--out", str(folder), *length, "--validate",
             str(max(args.minutes / 3, 1)), "--threads", "1", "--workers", "1", *variant.options, *args.train, log=log)
        state = checkpoint.load(last)
        result = {**asked, "steps": state["step"], "samples": state["samples"],
                  "cpu": state["cpu"] / max(1, state["step"]),
                  "hit": read(folder / "validation.csv")["hit"][-1][1],
                  "generated": scores(last, args.out / "generated", 1, log)}
    if args.set and str(args.set) not in result.get("sets", {}):
        result["sets"] = {**result.get("sets", {}), str(args.set): scores(last, args.set, args.step, log)}
    kept.write_text(json.dumps(result, indent=1))
    return result


def table(results: dict[str, dict], chosen: Path | None) -> str:
    """Markdown; variants without a result yet have empty cells."""
    heads = ["variant", "steps", "samples", "core s/step", "hit rate", "PSNR generated", "SSIM generated"]
    heads += [f"PSNR {chosen.name}", f"SSIM {chosen.name}"] if chosen else []
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for name, variant in VARIANTS.items():
        r = results.get(name)
        cells = [variant.title]
        if r:
            cells += [str(r["steps"]), str(r["samples"]), f"{r['cpu']:.2f}", f"{r['hit']:.3f}"]
            for psnr, ssim in [r["generated"]] + ([r["sets"][str(chosen)]] if chosen else []):
                cells += [f"{psnr:.2f}", f"{ssim:.3f}"]
        lines.append(f"| {' | '.join(cells + [''] * (len(heads) - len(cells)))} |")
    return "\n".join(lines) + "\n\nNot run: " + "; ".join(NOT_RUN) + ".\n"


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("names", nargs="*", metavar="NAME", help=f"variants, all of them without: {', '.join(VARIANTS)}")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--minutes", type=float, default=40, help="of each variant (%(default)s)")
    ap.add_argument("--steps", type=int, help="of each variant, in place of --minutes")
    ap.add_argument("--jobs", type=int, default=1, help="variants at a time, one thread each")
    ap.add_argument("--set", type=Path, help="folder of shots to score as well")
    ap.add_argument("--step", type=int, default=1, help="score every STEP-th frame of that set only")
    ap.add_argument("--train", default="", type=str.split, help='more options of train.py in quotes: "--buckets 128"')
    args = ap.parse_args()
    unknown = [n for n in args.names if n not in VARIANTS]
    if unknown:
        ap.error(f"no variant {', '.join(unknown)}")
    return args


def main() -> int:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    if not (args.out / "generated").exists():
        validation.write_set(args.out / "generated")
    results: dict[str, dict] = {}
    failed = 0
    with ThreadPoolExecutor(args.jobs) as jobs:
        waiting = {n: jobs.submit(run, n, args) for n in args.names or VARIANTS}
        for name, future in waiting.items():
            try:
                results[name] = future.result()
            except (RuntimeError, ValueError, OSError) as e:      # the others are worth their time
                failed += 1
                print(f"{name}: {e}", file=sys.stderr, flush=True)
            else:
                (args.out / "table.md").write_text(table(results, args.set))
    print(table(results, args.set), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
