/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Separable resampling between two fixed sizes: area average where an axis shrinks, bilinear where it
 * grows. */
#ifndef LAC_RESIZE_H
#define LAC_RESIZE_H

#include "common.h"

/* One axis: output i is the sum of count[i] inputs from start[i], weighted by weight[i * taps ...].
 * Shrinking, the weights are the exact overlaps of input pixels with the output pixel's footprint [i in/out,
 * (i+1) in/out). [low[i], high[i]) are the inputs that weigh: shrinking, those that overlap the footprint by
 * more than 1/4 of an input pixel; growing, those with a weight above 1/4. */
typedef struct LacAxis {
    int in, out, taps;
    int *start, *count, *low, *high;
    float *weight;
} LacAxis;

typedef struct LacResize {
    LacAxis x, y;
    int channels, threads;
    float *rows;     /* [threads][x.in * channels] */
    uint8_t *minima; /* [threads][x.in] */
} LacResize;

/* Prepares in_width x in_height -> out_width x out_height for up to `channels` channels on `threads` threads.
 * LAC_ENOMEM leaves nothing allocated. */
int lac_resize_open(LacResize *r, int in_width, int in_height, int out_width, int out_height, int channels,
                    int threads);
void lac_resize_close(LacResize *r);

/* Weighted mean of 8-bit pixels (rows `stride` bytes apart) or of dense floats -> dense floats, channels
 * fastest. The same values for any number of threads. */
void lac_resize_u8(const LacResize *r, const uint8_t *src, ptrdiff_t stride, int channels, float *dst);
void lac_resize_f32(const LacResize *r, const float *src, int channels, float *dst);

/* One channel: the least input value among those that weigh on both axes, or with `all` among all with any
 * weight. */
void lac_resize_min(const LacResize *r, const uint8_t *src, ptrdiff_t stride, bool all, uint8_t *dst);

#endif
