/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums along the axes of a resampling, rows first, in engine/picture/resize.c's order. */
#ifndef LAC_OPS_CUDA_RESIZE_CUH
#define LAC_OPS_CUDA_RESIZE_CUH

#include "ops/cuda/kernel.cuh"
#include "ops/cuda/lineart_math.h"

/* Value x of row i at the new height; n values a row. */
template <typename T> __device__ __forceinline__ float lac_sum_rows(const CudaAxis &y, const T *src, size_t n, int x, int i)
{
    float sum = 0;

    for (int j = 0; j < y.count[i]; j++) {
        sum = lac_weighted(sum, y.weight[(size_t)i * y.taps + j], (float)src[(size_t)(y.start[i] + j) * n + x]);
    }
    return sum;
}

/* Output i of a row's channel. */
__device__ __forceinline__ float lac_sum_columns(const CudaAxis &x, const float *row, int i, int channels, int channel)
{
    float sum = 0;

    for (int j = 0; j < x.count[i]; j++) {
        sum = lac_weighted(sum, x.weight[(size_t)i * x.taps + j], row[(x.start[i] + j) * channels + channel]);
    }
    return sum;
}

#endif
