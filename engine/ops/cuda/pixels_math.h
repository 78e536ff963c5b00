/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RGB to YCbCr in whole numbers, in C that kernels and tests share: the same bytes everywhere. */
#ifndef LAC_OPS_CUDA_PIXELS_MATH_H
#define LAC_OPS_CUDA_PIXELS_MATH_H

#include <stdbool.h>

#include "ops/cuda/index.h"

enum PixelMatrix { PIXELS_601, PIXELS_709, PIXELS_2020 };

/* Coefficients in 1/65536 of a step of the output; of each row of y the sum is that of white, of u and v it is 0, so
 * gray stays gray. */
typedef struct PixelCoder {
    int32_t y[3], u[3], v[3];
    int32_t black, grey, most; /* of luma, of chroma, and the largest value */
} PixelCoder;

static inline int32_t lac_pixels_round(double v)
{
    return (int32_t)(v < 0 ? v - 0.5 : v + 0.5);
}

/* bits: 8 or 10. */
static inline PixelCoder lac_pixels_coder(enum PixelMatrix matrix, bool limited, int bits)
{
    static const double weights[][2] = { { 0.299, 0.114 }, { 0.2126, 0.0722 }, { 0.2627, 0.0593 } };
    double kr = weights[matrix][0], kb = weights[matrix][1], step = 1 << (bits - 8), full = (1 << bits) - 1;
    double luma = 65536 * (limited ? 219 * step : full) / 255, chroma = 65536 * (limited ? 224 * step : full) / 255;
    PixelCoder c;

    c.y[0] = lac_pixels_round(kr * luma);
    c.y[2] = lac_pixels_round(kb * luma);
    c.y[1] = lac_pixels_round(luma) - c.y[0] - c.y[2];
    c.u[0] = lac_pixels_round(-kr / (1 - kb) / 2 * chroma);
    c.u[2] = lac_pixels_round(chroma / 2);
    c.u[1] = -c.u[0] - c.u[2];
    c.v[0] = c.u[2];
    c.v[2] = lac_pixels_round(-kb / (1 - kr) / 2 * chroma);
    c.v[1] = -c.v[0] - c.v[2];
    c.black = limited ? 16 << (bits - 8) : 0;
    c.grey = 128 << (bits - 8);
    c.most = (1 << bits) - 1;
    return c;
}

/* One row of the matrix on an RGB that is the sum of 1 << shift pixels. */
LAC_HD int32_t lac_pixels_value(const int32_t row[3], const int32_t rgb[3], int shift, int32_t zero, int32_t most)
{
    int32_t v = zero + ((row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2] + (1 << (15 + shift))) >> (16 + shift));

    return v < 0 ? 0 : v > most ? most : v;
}

/* RGB of pixel (x, y) of a dense picture. */
LAC_HD void lac_pixels_one(const uint8_t *rgb, int w, int y, int x, int32_t out[3])
{
    const uint8_t *p = rgb + ((size_t)y * (size_t)w + (size_t)x) * 3;

    for (int c = 0; c < 3; c++) {
        out[c] = p[c];
    }
}

/* Sum of 8 pixels around chroma sample (cx, cy) of 4:2:0: 2 x 2 of them twice, or for chroma beside the left one of them, as
 * MPEG-2 and H.264 have it, 3 x 2 weighted 1, 2, 1. Edges repeat. */
LAC_HD void lac_pixels_quad(const uint8_t *rgb, int w, int h, int cy, int cx, bool left, int32_t out[3])
{
    out[0] = out[1] = out[2] = 0;
    for (int j = 0; j < 2; j++) {
        int y = 2 * cy + j < h ? 2 * cy + j : h - 1;

        for (int i = left ? -1 : 0; i < 2; i++) {
            int x = 2 * cx + i < 0 ? 0 : 2 * cx + i < w ? 2 * cx + i : w - 1;
            const uint8_t *p = rgb + ((size_t)y * (size_t)w + (size_t)x) * 3;

            for (int c = 0; c < 3; c++) {
                out[c] += (left && i != 0 ? 1 : 2) * p[c];
            }
        }
    }
}

#endif
