# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixed generated shots that are never trained on, scored while a run goes on; and as a set on disk."""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from buckets import FRAMES
from data import Batch
from device import autocast
from items import prepare
from losses import matching
from model import ColorTransform
from preprocess import reference_lags
from shots import make_shot

SEED = 0x5EED0000
SHOTS = 12
SIDE = 256


class Validation:
    """First and last frame of each shot are the references, the frame between is scored."""

    def __init__(self, device: torch.device = torch.device("cpu")) -> None:
        self.device, self.batches = device, []
        mid, ends = FRAMES // 2, [0, FRAMES - 1]
        for i in range(SHOTS):
            item = prepare(SEED + i, SIDE, SIDE)
            x, d = (torch.from_numpy(a).float()[None, :, None] for a in (item.x, item.d))
            y = torch.from_numpy(item.y).float().permute(0, 3, 1, 2)[None] / 127.5 - 1
            region = torch.from_numpy(item.region).long()[None]
            self.batches.append(Batch(x[:, [mid]], d[:, [mid]], y[:, [mid]], region[:, [mid]], x[:, ends], d[:, ends],
                                      y[:, ends], region[:, ends], torch.from_numpy(reference_lags([mid], ends))[None]))

    @torch.no_grad()
    def run(self, net: ColorTransform, sheet: str) -> dict[str, float]:
        """"psnr" of the network, of "copy"ing the first reference, "hit" rate of the attention. Writes `sheet`: line,
        reference, out, truth, warped, reference."""
        net.eval()
        scores, copies, hits, rows = [], [], [], []
        for b in (b.to(self.device) for b in self.batches):
            with autocast(self.device):
                r = net(b.x, b.d, b.xr, b.dr, b.yr, lag=b.lag)
            out, truth = r["out"][0, 0].float().clamp(-1, 1), b.y[0, 0]
            scores.append(decibels(out, truth))
            copies.append(decibels(b.yr[0, 0], truth))
            with torch.random.fork_rng([torch.cuda.current_device()] if self.device.type == "cuda" else []):
                torch.manual_seed(0)                # the queries are drawn
                hits.append(matching(r["attention"], b.region, b.region_r)[1])
            warped = torch.nn.functional.interpolate(r["warped"][0].float(), scale_factor=4)[0]
            panels = [b.x[0, 0].expand(3, -1, -1), b.yr[0, 0], out, truth, warped, b.yr[0, -1]]
            rows.append(torch.cat(panels, 2).cpu())
        net.train()
        image = torch.cat([torch.cat(rows[::2], 1), torch.cat(rows[1::2], 1)], 2)
        image = ((image.clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0).byte().numpy()
        Image.fromarray(image).resize((image.shape[1] // 2, image.shape[0] // 2), Image.BILINEAR).save(sheet)
        return {"psnr": float(np.mean(scores)), "copy": float(np.mean(copies)), "hit": float(np.mean(hits))}


def decibels(a: torch.Tensor, b: torch.Tensor) -> float:
    """PSNR of pictures in [-1,1]."""
    return -10 * math.log10(float(((a - b) / 2).square().mean()) + 1e-9)


def write_set(folder: Path, shots: int = SHOTS) -> None:
    """The same shots as evaluate.py reads them: SHOT/{line,color}/NNNN.png."""
    for i in range(shots):
        shot = make_shot(SEED + i, SIDE, SIDE, FRAMES)
        for kind, pictures in (("line", shot.line), ("color", shot.color)):
            place = folder / f"generated{i:02d}" / kind
            place.mkdir(parents=True, exist_ok=True)
            for n, picture in enumerate(pictures):
                Image.fromarray(picture).save(place / f"{n:04d}.png")
