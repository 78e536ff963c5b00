/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Line art's arithmetic for one pixel, in C that kernels and tests share. Value for value what engine/picture/lineart.c and
 * engine/picture/resize.c compute: the same operations in the same order, none of them fused. */
#ifndef LAC_OPS_CUDA_LINEART_MATH_H
#define LAC_OPS_CUDA_LINEART_MATH_H

#include <math.h>

#include "ops/cuda/index.h"

/* One axis of a resampling, LacAxis of engine/picture/resize.h: output i is the sum of count[i] inputs from start[i] on, weighted
 * by weight[i * taps ...]; those in [low[i], high[i]) are the ones whose minimum counts. */
typedef struct CudaAxis {
    int in, out, taps;
    const int *start, *count, *low, *high;
    const float *weight;
} CudaAxis;

/* Luma to the gray that liblac takes: 8 bit, or the upper 10 of 16 (P010), limited range to full, as the filter does it. */
LAC_HD uint8_t lac_gray_of(int luma, int p010, int limited)
{
    int v;

    if (p010) {
        luma >>= 6;
        v = limited ? ((luma - 64) * 255 + 438) / 876 : (luma * 255 + 511) / 1023;
    } else {
        v = limited ? ((luma - 16) * 255 + 109) / 219 : luma;
    }
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* 1 - gray / 255 of the resampled gray, and with `least`, the darkest gray of its footprint, sqrt(mean * max); 0 to 1. */
LAC_HD float lac_darkness(float gray, int shrinks, int least)
{
    float mean = 1.0f - gray / 255.0f, dark = mean < 0 ? 0 : mean;

    if (shrinks) {
        dark = sqrtf(dark * (float)(255 - least) / 255.0f);
    }
    return dark > 1 ? 1 : dark;
}

LAC_HD float lac_line_of(float dark)
{
    return 1.0f - 2.0f * dark;
}

/* No distance from `reach` pixels on counts: d is 1 there (docs/MODEL.md, Inputs). */
LAC_HD int lac_distance_reach(int net_width, int net_height)
{
    return (net_width < net_height ? net_width : net_height) / 8 + 2;
}

/* Distance along its column to the nearest pixel of the mask [h][w], `reach` if there is none nearer. */
LAC_HD int lac_column_distance(const uint8_t *mask, int h, int w, int y, int x, int reach)
{
    const uint8_t *at = mask + (size_t)y * (size_t)w + x;

    for (int i = 0; i < reach; i++) {
        if ((y - i >= 0 && *(at - (ptrdiff_t)i * w)) || (y + i < h && at[(ptrdiff_t)i * w])) {
            return i;
        }
    }
    return reach;
}

/* Squared distance to the nearest pixel of the mask from the distances along columns of a row, exact where it is below
 * reach^2, else at least that. Outwards, until no nearer one is possible. */
LAC_HD int32_t lac_row_distance(const uint16_t *column, int w, int x, int reach)
{
    int32_t best = (int32_t)column[x] * column[x];

    for (int i = 1; i < reach && i * i < best; i++) {
        if (x - i >= 0) {
            int32_t left = i * i + (int32_t)column[x - i] * column[x - i];

            best = left < best ? left : best;
        }
        if (x + i < w) {
            int32_t right = i * i + (int32_t)column[x + i] * column[x + i];

            best = right < best ? right : best;
        }
    }
    return best;
}

LAC_HD float lac_distance_of(int32_t squared, int net_width, int net_height)
{
    float unit = 8.0f / (float)(net_width < net_height ? net_width : net_height), d = sqrtf((float)squared) * unit;

    return d < 1 ? lac_weighted(-1.0f, 2.0f, d) : 1.0f;
}

#endif
