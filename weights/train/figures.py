# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a coloured frame, or a shot of them, is scored by against the truth. All pictures uint8 [H,W,3], sRGB."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, label

SIDE = 256              # the paper squashes pictures to this
NATIVE_WIDTH = 960      # the shot's own size is scored at this width at most
NEAR = 8                # levels that a pixel of the right colour is off at most, in every channel
STILL = 2               # levels that the truth changes at most where it stands still
REGION_NEAR = 12        # levels that a region's mean colour is off at most
REGION_AREA = 10        # pixels of a region at least
INK = 40                # what is darker in all channels is line, not region
FLAT_SHARE = 0.5        # frames where regions cover less are not flat-coloured: they have none to count

TITLES = {"mse": "MSE", "psnr": "PSNR", "ssim": "SSIM", "near": f"within {NEAR}", "flicker": "flicker",
          "regions": "regions", "fid": "FID"}


def shrink(image: Image.Image, native: bool) -> np.ndarray:
    """The picture at the size it is scored at: SIDE x SIDE, or its own."""
    w, h = image.size
    size = (min(w, NATIVE_WIDTH), round(h * min(1, NATIVE_WIDTH / w))) if native else (SIDE, SIDE)
    return np.asarray(image if size == (w, h) else image.resize(size, Image.LANCZOS))


def psnr(mse: float) -> float:
    return -10 * math.log10(max(mse, 1e-10))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Mean SSIM, Gaussian window of sigma 1.5."""
    def blur(z: np.ndarray) -> np.ndarray:
        return gaussian_filter(z, (1.5, 1.5, 0), truncate=3.5)
    a, b = a.astype(np.float64), b.astype(np.float64)
    ma, mb = blur(a), blur(b)
    va, vb, cov = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean())


def exact_regions(truth: np.ndarray) -> np.ndarray:
    """[H,W], pixels of one connected area of exactly one colour numbered alike."""
    h, w = truth.shape[:2]
    joined = np.zeros((2 * h - 1, 2 * w - 1), bool)        # pixels and, between them, whether neighbours are equal
    joined[::2, ::2] = True
    joined[1::2, ::2] = (truth[1:] == truth[:-1]).all(2)
    joined[::2, 1::2] = (truth[:, 1:] == truth[:, :-1]).all(2)
    return label(joined)[0][::2, ::2]


def regions_right(picture: np.ndarray, truth: np.ndarray) -> tuple[int, int]:
    """Regions of the truth whose mean colour in the picture is right, and all of them. Sizes are the shot's own:
    shrunk pictures have no exact areas."""
    number = exact_regions(truth).ravel()
    area = np.bincount(number)
    counted = area >= REGION_AREA

    def mean(z: np.ndarray) -> np.ndarray:
        return np.stack([np.bincount(number, z[..., c].ravel()) for c in range(3)], 1)[counted] / area[counted, None]
    want, got = mean(truth), mean(picture)
    fill = want.max(1) > INK if len(want) else np.zeros(0, bool)
    if area[counted][fill].sum() <= FLAT_SHARE * number.size:
        return 0, 0
    return int((np.abs(got - want).max(1) <= REGION_NEAR)[fill].sum()), int(fill.sum())


def flicker(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> float:
    """Mean change, in levels, of the picture where the truth stands still, of two neighbouring (picture, truth);
    nan where it stands still nowhere."""
    (pa, ta), (pb, tb) = a, b
    still = np.abs(ta.astype(int) - tb).max(2) <= STILL
    return float(np.abs(pa.astype(int) - pb)[still].mean()) if still.any() else math.nan


def mean(values: Sequence[float]) -> float:
    """Of what is not nan."""
    known = [v for v in values if not math.isnan(v)]
    return float(np.mean(known)) if known else math.nan


def score(picture: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """mse (of 0..1), psnr, ssim, and near: the share of pixels of the right colour."""
    off = picture.astype(np.float64) - truth
    mse = float((off * off).mean()) / 255 ** 2
    return {"mse": mse, "psnr": psnr(mse), "ssim": ssim(picture, truth),
            "near": float((np.abs(off).max(2) <= NEAR).mean())}


def score_shot(pictures: Sequence[Image.Image], truths: Sequence[Image.Image], numbers: Sequence[int],
               native: bool = False, regions_of: int = 3) -> dict[str, float]:
    """Means over a shot. `numbers`: frame numbers, flicker is that of neighbours. `regions`, at native size alone, is
    the share of all regions of about `regions_of` evenly spaced frames; nan where there are none."""
    each, changes, right, total = [], [], 0, 0
    step = max(1, len(pictures) // regions_of)
    before, number_before = None, None
    for n, (p, t, number) in enumerate(zip(pictures, truths, numbers)):
        now = shrink(p, native), shrink(t, native)
        each.append(score(*now))
        if before is not None and number == number_before + 1:
            changes.append(flicker(before, now))
        if native and n % step == 0:
            r = regions_right(*now)
            right, total = right + r[0], total + r[1]
        before, number_before = now, number
    result = {k: float(np.mean([e[k] for e in each])) for k in each[0]} | {"flicker": mean(changes)}
    return result | ({"regions": right / total if total else math.nan} if native else {})
