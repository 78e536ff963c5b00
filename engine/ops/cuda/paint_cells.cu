/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells on the GPU: a thread each, with the arithmetic of paint_math.h. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/paint_cuda.h"

namespace {

constexpr int THREADS = 128;

__global__ void values(CudaCells k, const float *rgb)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i < (size_t)k.width * k.height) {
        k.clear[i] = lac_cell_value(k.mean[i], k.least[i], rgb + i * 3, k.value + i * 4);
    }
}

__global__ void neighbours(CudaCells k)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;
    const size_t i = (size_t)y * k.width + x;

    if (x < k.width) {
        k.core[i] = lac_cell_core(k.clear, k.width, k.height, x, y);
        k.whole[i] = lac_cell_whole(k.clear, k.width, k.height, x, y);
    }
}

/* Only core cells are read and only others written. */
__global__ void clean(CudaCells k)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;

    if (x < k.width) {
        lac_cell_clean(k.value, k.clear, k.core, k.width, k.height, x, y);
    }
}

__global__ void lines(CudaCells k)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;

    if (x < k.width) {
        lac_cell_line(k.value, k.black, k.mean, k.clear, k.width, k.height, x, y, k.line + ((size_t)y * k.width + x) * 4);
    }
}

/* A thread a row of a channel: the host's order. */
__global__ void sum_ink(CudaCells k)
{
    const int y = (int)(blockIdx.x * THREADS + threadIdx.x), c = (int)blockIdx.y;

    if (y < k.height) {
        lac_ink_row(k.line + (size_t)y * k.width * 4, k.width, c, k.sums + (size_t)c * k.height + y);
    }
}

__global__ void fit_ink(CudaCells k, CudaInk ink)
{
    const int c = (int)threadIdx.x;

    if (c < 3 && !lac_ink_fit(k.sums + (size_t)c * k.height, k.height, ink.deviation[c], &k.fit[2 * c], &k.fit[2 * c + 1])) {
        k.fit[2 * c + 1] = -1;
    }
}

__global__ void match_ink(CudaCells k, CudaInk ink)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    for (int c = 0; c < 3 && i < (size_t)k.width * k.height && k.fit[2 * c + 1] >= 0; c++) {
        k.line[i * 4 + c] = lac_ink_match(k.line[i * 4 + c], k.line[i * 4 + 3], k.fit[2 * c], k.fit[2 * c + 1], ink.mean[c]);
    }
}

dim3 grid(const CudaCells *k)
{
    return dim3((unsigned)lac_cover((size_t)k->width, THREADS), (unsigned)k->height);
}

unsigned blocks(const CudaCells *k)
{
    return (unsigned)lac_cover((size_t)k->width * k->height, THREADS);
}

} // namespace

extern "C" int lac_cuda_cells_run(LacBackend *be, CudaCells *k, const float *rgb, const uint8_t *gray)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    if (!ret && k->shrink) {
        ret = lac_cuda_resize_f32(be, &k->shrinking, rgb, 3, k->shrunk);
        rgb = k->shrunk;
    }
    ret = ret ? ret : lac_cuda_resize_u8(be, &k->lines, gray, 1, k->mean);
    ret = ret ? ret : lac_cuda_resize_min(be, &k->lines, gray, true, k->least);
    if (!ret) {
        LAC_LAUNCH(values, blocks(k), THREADS, 0, stream, *k, rgb);
        ret = lac_cuda_launched(be, "cells");
    }
    if (!ret) {
        LAC_LAUNCH(neighbours, grid(k), THREADS, 0, stream, *k);
        ret = lac_cuda_launched(be, "cells, neighbours");
    }
    if (!ret) {
        LAC_LAUNCH(clean, grid(k), THREADS, 0, stream, *k);
        ret = lac_cuda_launched(be, "cells beside lines");
    }
    return ret;
}

extern "C" int lac_cuda_cells_lines(LacBackend *be, CudaCells *k, const uint8_t *drawn, const uint8_t *black,
                                    const CudaInk *ink)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    if (!ret && drawn) {
        ret = lac_cuda_resize_u8(be, &k->lines, drawn, 1, k->mean);
    }
    ret = ret ? ret : lac_cuda_resize_u8(be, &k->lines, black, 3, k->black);
    if (!ret) {
        LAC_LAUNCH(lines, grid(k), THREADS, 0, stream, *k);
        ret = lac_cuda_launched(be, "lines' colours");
    }
    if (!ret && ink->known) {
        LAC_LAUNCH(sum_ink, dim3((unsigned)lac_cover((size_t)k->height, THREADS), 3), THREADS, 0, stream, *k);
        if (!(ret = lac_cuda_launched(be, "lines' colours, sums"))) {
            LAC_LAUNCH(fit_ink, 1, 32, 0, stream, *k, *ink);
            ret = lac_cuda_launched(be, "lines' colours, mean");
        }
        if (!ret) {
            LAC_LAUNCH(match_ink, blocks(k), THREADS, 0, stream, *k, *ink);
            ret = lac_cuda_launched(be, "lines' colours, matched");
        }
    }
    return ret;
}
