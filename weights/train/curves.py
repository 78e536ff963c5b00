# SPDX-License-Identifier: LGPL-2.1-or-later
"""Curves of a training run: RUN_DIR/log.csv (losses) and validation.csv (scores) to RUN_DIR/curves.png.

    /usr/bin/python3 weights/train/curves.py RUN_DIR

train.py calls it with every validation. Needs matplotlib (python3-matplotlib).
"""
from __future__ import annotations

import argparse
import csv
from pathlib import Path

# columns of a log.csv that has no line of names
UNNAMED = ["step", "seconds", "lr", "l1", "warp", "latent", "match", "hit"]

Series = dict[str, list[tuple[float, float]]]


class Table:
    """A CSV file that grows with the run; a line of names precedes rows whose names differ from those before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = next((r for r in reversed(rows(path)) if r and r[0] == "step"), [])

    def write(self, row: dict[str, str]) -> None:
        with open(self.path, "a", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            if list(row) != self.names:
                self.names = list(row)
                out.writerow(self.names)
            out.writerow(row.values())


def rows(path: Path) -> list[list[str]]:
    if not path.exists():
        return []
    with open(path, newline="") as f:
        return list(csv.reader(f))


def read(path: Path) -> Series:
    """Each column over training minutes. A run that was cut off and went on wrote some steps twice: the later count."""
    names, table = UNNAMED, []
    for row in rows(path):
        if row and row[0] == "step":
            names = row
        elif len(row) == len(names):
            values = dict(zip(names, map(float, row)))
            while table and table[-1]["step"] >= values["step"]:
                table.pop()
            table.append(values)
    series: Series = {}
    for values in table:
        for name, v in values.items():
            series.setdefault(name, []).append((values["seconds"] / 60, v))
    return series


def draw(folder: str | Path) -> Path:
    """Writes curves.png: a panel for each loss, one for the validation's decibels."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    losses, scores = read(Path(folder) / "log.csv"), read(Path(folder) / "validation.csv")
    panels = [n for n in losses if n not in ("step", "seconds")] + (["validation, dB"] if scores else [])
    if not panels:
        raise ValueError(f"{folder}: neither log.csv nor validation.csv has a row yet")
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(4.2 * columns, 2.8 * lines), squeeze=False)
    for ax in axes.flat[len(panels):]:
        ax.axis("off")
    for name, ax in zip(panels, axes.flat):
        if name in losses:
            ax.plot(*zip(*losses[name]), linewidth=1)
            if name not in ("lr", "hit") and min(v for _, v in losses[name]) > 0:
                ax.set_yscale("log")
        else:
            for column in ("psnr", "copy"):
                ax.plot(*zip(*scores[column]), marker=".", label=column)
            ax.legend()
        ax.set_title(name)
        ax.set_xlabel("minutes")
        ax.grid(alpha=0.3)
    figure.tight_layout()
    path = Path(folder) / "curves.png"
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder", type=Path)
    print(draw(ap.parse_args().folder))


if __name__ == "__main__":
    main()
