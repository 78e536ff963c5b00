/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The refinement's own operations: temporal shift and gate. A thread takes 16 bytes of channels of a pixel where the
 * channels come in such portions, one channel elsewhere. */
#include "ops/cuda/kernel.cuh"

#define THREADS 256

/* N: channels a thread takes; c: channels of the frames; cy: of y; count: elements of y / N */
template <typename T, int N>
__global__ void shift_kernel(const T *before, const T *frame, const T *after, const float *kernel, T *y, size_t count,
                             int c, int cy)
{
    size_t threads = (size_t)gridDim.x * blockDim.x;

    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += threads) {
        size_t pixel = i * N / cy;
        int channel = (int)(i * N % cy);
        size_t from = pixel * c + channel % c;
        float a[N], b[N], d[N];

        lac_load_n<T, N>(before + from, a);
        lac_load_n<T, N>(frame + from, b);
        lac_load_n<T, N>(after + from, d);
#pragma unroll
        for (int j = 0; j < N; j++) {
            a[j] = kernel[channel + j] * a[j] + kernel[cy + channel + j] * b[j] + kernel[2 * cy + channel + j] * d[j];
        }
        lac_store_n<T, N>(y + i * N, a);
    }
}

template <typename T, int N> static void shift(LacBackend *be, const LacShiftDesc *d, LacTensor *y)
{
    size_t count = lac_tensor_count(y) / N;

    LAC_LAUNCH((shift_kernel<T, N>), lac_grid(count, THREADS), THREADS, 0, lac_cuda(be)->stream,
               (const T *)d->before->data, (const T *)d->frame->data, (const T *)d->after->data,
               (const float *)d->kernel->data, (T *)y->data, count, d->frame->c, y->c);
}

int lac_cuda_shift(LacBackend *be, const LacShiftDesc *d, LacTensor *y)
{
    int ret = lac_check_shift(be, d, y);
    bool whole;

    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    whole = lac_aligned16(d->before->data) && lac_aligned16(d->frame->data) && lac_aligned16(d->after->data) && lac_aligned16(y->data);
    LAC_CUDA_TYPED(y->type, T, {
        constexpr int n = CudaVec<T>::count;

        if (whole && d->frame->c % n == 0) {
            shift<T, n>(be, d, y);
        } else {
            shift<T, 1>(be, d, y);
        }
    })
    return lac_cuda_launched(be, "shift");
}

/* x: [pixels][2][c], residual (NULL: none) and y: [pixels][c]; count: elements of y / N */
template <typename T, int N>
__global__ void gate_kernel(const T *x, const T *residual, T *y, size_t count, int c, float slope)
{
    size_t threads = (size_t)gridDim.x * blockDim.x;

    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += threads) {
        size_t pixel = i * N / c, channel = i * N % c;
        float f[N], g[N];

        lac_load_n<T, N>(x + 2 * pixel * c + channel, f);
        lac_load_n<T, N>(x + (2 * pixel + 1) * c + channel, g);
#pragma unroll
        for (int j = 0; j < N; j++) {
            f[j] = (f[j] > 0 ? f[j] : slope * f[j]) / (1 + expf(-g[j]));
        }
        if (residual) {
            lac_load_n<T, N>(residual + i * N, g);
#pragma unroll
            for (int j = 0; j < N; j++) {
                f[j] += g[j];
            }
        }
        lac_store_n<T, N>(y + i * N, f);
    }
}

template <typename T, int N> static void gate(LacBackend *be, const LacGateDesc *d, LacTensor *y)
{
    size_t count = lac_tensor_count(y) / N;

    LAC_LAUNCH((gate_kernel<T, N>), lac_grid(count, THREADS), THREADS, 0, lac_cuda(be)->stream,
               (const T *)d->x->data, d->residual ? (const T *)d->residual->data : NULL, (T *)y->data, count, y->c,
               d->slope);
}

int lac_cuda_gate(LacBackend *be, const LacGateDesc *d, LacTensor *y)
{
    int ret = lac_check_gate(be, d, y);
    bool whole;

    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    whole = lac_aligned16_all(d->x, d->residual, y);
    LAC_CUDA_TYPED(y->type, T, {
        constexpr int n = CudaVec<T>::count;

        if (whole && y->c % n == 0) {
            gate<T, n>(be, d, y);
        } else {
            gate<T, 1>(be, d, y);
        }
    })
    return lac_cuda_launched(be, "gate");
}
