/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells of impossible borders on the GPU: a thread each, with the arithmetic of borders_math.h. */
#include "ops/cuda/kernel.cuh"

extern "C" {
#include "ops/cuda/borders_cuda.h"
}

namespace {

constexpr int THREADS = 128;

__global__ void cells(LacBordersPaint b, uint32_t *cell, int32_t *place)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;

    if (x < b.columns) {
        const size_t i = (size_t)y * b.columns + x;

        cell[i] = lac_borders_cell(b.gray, b.width, b.threshold, b.rgb, b.stride, b.step, x, y, &place[i]);
    }
}

__global__ void paint(LacBordersPaint b)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;

    if (x < b.columns) {
        lac_borders_paint(&b, y * b.columns + x);
    }
}

dim3 grid(const LacBordersPaint *b)
{
    return dim3((unsigned)lac_cover((size_t)b->columns, THREADS), (unsigned)b->rows);
}

} // namespace

extern "C" int lac_cuda_borders_cells(LacBackend *be, const LacBordersPaint *b, uint32_t *cell, int32_t *place)
{
    int ret = lac_cuda_begin(be);

    if (!ret) {
        LAC_LAUNCH(cells, grid(b), THREADS, 0, lac_cuda(be)->stream, *b, cell, place);
        ret = lac_cuda_launched(be, "cells of borders");
    }
    return ret;
}

extern "C" int lac_cuda_borders_paint(LacBackend *be, const LacBordersPaint *b)
{
    int ret = lac_cuda_begin(be);

    if (!ret) {
        LAC_LAUNCH(paint, grid(b), THREADS, 0, lac_cuda(be)->stream, *b);
        ret = lac_cuda_launched(be, "patches with impossible borders");
    }
    return ret;
}
