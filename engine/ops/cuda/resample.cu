/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of size: means of 4x4 blocks, and bilinear upsampling by 4 added to a picture. One thread an element. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/resample_index.h"

#define THREADS 256

__global__ void pool4_kernel(const float *x, float *y, size_t count, int w, int c)
{
    size_t threads = (size_t)gridDim.x * blockDim.x, stride = (size_t)w * 4 * c;

    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += threads) {
        size_t row = i / ((size_t)w * c), at = i % ((size_t)w * c); /* rows of all pictures */
        const float *from = x + row * 4 * stride + at / c * 4 * c + at % c;
        float sum = 0;

        for (int r = 0; r < 4; r++, from += stride) {
            for (int j = 0; j < 4; j++) {
                sum += from[j * c];
            }
        }
        y[i] = sum / 16;
    }
}

int lac_cuda_pool4(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_pool4(be, x, y);
    size_t count;

    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
    LAC_LAUNCH(pool4_kernel, lac_grid(count, THREADS), THREADS, 0, lac_cuda(be)->stream, (const float *)x->data,
               (float *)y->data, count, y->w, y->c);
    return lac_cuda_launched(be, "pool4");
}

/* h, w, c: of x */
__global__ void upsample4_add_kernel(const float *x, float *y, size_t count, int h, int w, int c)
{
    size_t threads = (size_t)gridDim.x * blockDim.x;

    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += threads) {
        size_t pixel = i / c, row = pixel / (4 * (size_t)w), picture = row / (4 * (size_t)h);
        int channel = (int)(i % c), h0, h1, w0, w1;
        float fh = lac_between4((int)(row % (4 * (size_t)h)), h, &h0, &h1);
        float fw = lac_between4((int)(pixel % (4 * (size_t)w)), w, &w0, &w1);
        const float *from = x + picture * h * w * c + channel;
        const float *top = from + (size_t)h0 * w * c, *low = from + (size_t)h1 * w * c;

        y[i] += (1 - fh) * ((1 - fw) * top[(size_t)w0 * c] + fw * top[(size_t)w1 * c]) +
            fh * ((1 - fw) * low[(size_t)w0 * c] + fw * low[(size_t)w1 * c]);
    }
}

int lac_cuda_upsample4_add(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_upsample4_add(be, x, y);
    size_t count;

    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
    LAC_LAUNCH(upsample4_add_kernel, lac_grid(count, THREADS), THREADS, 0, lac_cuda(be)->stream,
               (const float *)x->data, (float *)y->data, count, x->h, x->w, x->c);
    return lac_cuda_launched(be, "upsample4_add");
}
