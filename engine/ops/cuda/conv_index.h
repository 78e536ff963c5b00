/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which inputs an output of a convolution sees; how a convolution after a 2x upsampling is cut into four at the input's
 * size, one for each parity of row and column; how the direct kernel's weights lie and pass through shared memory. */
#ifndef LAC_OPS_CUDA_CONV_INDEX_H
#define LAC_OPS_CUDA_CONV_INDEX_H

#include "ops/cuda/index.h"

/* Row (or column) of x that tap `tap` of output `out` reads, -1: a zero beyond the edge. size: of x; up: 2 if x is
 * upsampled, else 1. */
LAC_HD int lac_conv_source(int out, int tap, int kernel, int stride, int dilation, int up, int size)
{
    int at = out * stride + (tap - kernel / 2) * dilation;

    return at < 0 || at >= up * size ? -1 : at / up;
}

/* Along one axis of an upsampled input, tap `tap` of an output of this parity reads input (output / 2) + this. */
LAC_HD int lac_phase_offset(int kernel, int dilation, int parity, int tap)
{
    int at = parity + (tap - kernel / 2) * dilation;

    return at >= 0 ? at / 2 : -((1 - at) / 2);
}

/* Element of the output [n][2h][2w][c] that element i of phase `phase` [n][h][w][c] becomes. */
LAC_HD size_t lac_phase_target(size_t i, int phase, int h, int w, int c)
{
    size_t pixel = i / (size_t)c, column = pixel % (size_t)w, row = pixel / (size_t)w; /* rows of all pictures */

    (void)h;
    return ((2 * row + (size_t)(phase / 2)) * 2 * (size_t)w + 2 * column + (size_t)(phase % 2)) * (size_t)c +
        i % (size_t)c;
}

/* Weights of the direct kernel: [group][tap][cin][outputs], `outputs` output channels a group, zeros after the last. */
LAC_HD size_t lac_direct_weight(int out, int tap, int in, int taps, int cin, int outputs)
{
    return (((size_t)(out / outputs) * (size_t)taps + (size_t)tap) * (size_t)cin + (size_t)in) * (size_t)outputs +
        (size_t)(out % outputs);
}

/* The entries ([outputs] each) of a group pass through shared memory in portions: some taps with all their channels, or
 * where one tap does not fit, some of its channels. */
enum { LAC_DIRECT_SHARED = 8192 }; /* floats */

typedef struct CudaPortion {
    int taps, channels;
} CudaPortion;

LAC_HD CudaPortion lac_direct_portion(int taps, int cin, int outputs)
{
    int entries = LAC_DIRECT_SHARED / outputs;
    CudaPortion p;

    p.channels = cin < entries ? cin : entries;
    p.taps = cin < entries ? entries / cin : 1;
    p.taps = p.taps < taps ? p.taps : taps;
    return p;
}

#endif
