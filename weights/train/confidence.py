# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fits engine/regions/confidence.c: the probability that a region is right, from the evidence the engine has of it.

    build/tests/evidence/evidence SET/* >evidence.txt        generated shots, see shotset.py
    /usr/bin/python3 weights/train/confidence.py evidence.txt

A line of evidence is: shot, frame, pixels, 1 if right, the items of LacEvidence, what the engine said. Shots with even
numbers are fitted, those with odd numbers (and whole files given with --test) tell how reliable that is. Logistic
regression by Newton's method, every region counting the same.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import torch

NAMES = ["sure", "cost", "origin", "backed", "agreed", "predicted", "coherent", "lag", "size"]


def read(path: Path) -> tuple[list[str], torch.Tensor, torch.Tensor, torch.Tensor]:
    """Shots; whether each region is right; its evidence [n, 9]; its number of pixels."""
    rows = [line.split() for line in path.read_text().splitlines()]
    items = torch.tensor([[float(v) for v in r[4:4 + len(NAMES)]] for r in rows], dtype=torch.float64)
    return ([Path(r[0]).name for r in rows], torch.tensor([float(r[3]) for r in rows], dtype=torch.float64), items,
            torch.tensor([float(r[2]) for r in rows], dtype=torch.float64))


def fit(x: torch.Tensor, y: torch.Tensor, ridge: float = 1.0, steps: int = 30) -> torch.Tensor:
    """Factors and, last, the bias; the ridge is that of standardised items."""
    mean, scale = x.mean(0), x.std(0)
    z = torch.cat([(x - mean) / scale, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    w = torch.zeros(z.shape[1], dtype=x.dtype)
    penalty = torch.full_like(w, ridge)
    penalty[-1] = 0
    for _ in range(steps):
        p = torch.sigmoid(z @ w)
        gradient = z.T @ (p - y) + penalty * w
        hessian = (z * (p * (1 - p))[:, None]).T @ z + torch.diag(penalty)
        w = w - torch.linalg.solve(hessian, gradient)
    factors = w[:-1] / scale
    return torch.cat([factors, (w[-1] - (factors * mean).sum())[None]])


def chance(w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(x @ w[:-1] + w[-1])


def table(name: str, p: torch.Tensor, y: torch.Tensor, pixels: torch.Tensor) -> None:
    """Ten bins of what was said; in each how many regions, what was said on the mean, how many were right."""
    print(f"{name}: {len(y)} regions, {y.mean():.3f} right; of the half that is least sure {y[p.argsort()[:len(y) // 2]].mean():.3f}")
    error = 0.0
    for i in range(10):
        inside = (p >= i / 10) & ((p < (i + 1) / 10) | (i == 9))
        n = int(inside.sum())
        if n:
            said, right = float(p[inside].mean()), float(y[inside].mean())
            error += n / len(y) * abs(said - right)
            print(f"| {i / 10:.1f} to {(i + 1) / 10:.1f} | {n} | {said:.3f} | {right:.3f} | {float(pixels[inside].sum() / pixels.sum()):.3f} |")
    sure = p >= 0.9
    order = p.argsort()
    ranks = torch.empty_like(p)
    ranks[order] = torch.arange(1, len(p) + 1, dtype=p.dtype)
    good = float(y.sum())
    auc = (float(ranks[y > 0].sum()) - good * (good + 1) / 2) / max(good * (len(y) - good), 1)
    print(f"mean difference {error:.3f}; {float(sure.double().mean()):.3f} of the regions are called 90 % sure, "
          f"{float(y[sure].mean()):.3f} of them are right; area under the curve {auc:.3f}\n")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("evidence", type=Path, nargs="+")
    ap.add_argument("--test", type=Path, nargs="*", default=[], help="evidence of shots that are not fitted to")
    args = ap.parse_args()
    parts = [read(p) for p in args.evidence]
    y, x, pixels = (torch.cat([p[i] for p in parts]) for i in (1, 2, 3))
    fitted = torch.tensor([int(s) % 2 == 0 for p in parts for s in p[0]])
    w = fit(x[fitted], y[fitted])
    print("static const float bias = %.3ff, factor[LAC_EVIDENCE_COUNT] = {%s};\n"
          % (w[-1], ", ".join(f"{v:.3f}f" for v in w[:-1])))
    for name, at in (("fitted", fitted), ("held out", ~fitted)):
        table(name, chance(w, x[at]), y[at], pixels[at])
    for path in args.test:
        _, right, items, area = read(path)
        table(str(path), chance(w, items), right, area)


if __name__ == "__main__":
    main()
