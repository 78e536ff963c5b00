/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instance norm with AdaIN, ReLU and residual, and the mean of a picture, in three kernels: sums over chunks of pixels;
 * their sum, in double, into each channel's mean and scale; the values.
 *
 * Sums are taken of x less the picture's first pixel, so that a mean far from zero costs no digits. They are added in
 * one order everywhere: the same bytes in every run. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/norm_index.h"

#define APPLY_THREADS 256
#define MAX_PICTURES 65535 /* blocks along z */

/* partial [n][c][2][chunks]: of each chunk the sum of x - first and of its square. One block a chunk (x), tile of
 * channels (y) and picture (z). N: channels of a portion. */
template <typename T, int N>
__global__ void __launch_bounds__(LAC_NORM_THREADS) sums_kernel(const T *x, float *partial, CudaNormCut cut, int area,
                                                                int c)
{
    LAC_DYNAMIC_SHARED(float, shared); /* [rows][tile][N] */
    int along = (int)threadIdx.x % cut.tile, row = (int)threadIdx.x / cut.tile;
    int portion = (int)blockIdx.y * cut.tile + along;
    size_t picture = blockIdx.z;
    bool active = row < cut.rows && portion < cut.portions;
    const T *base = x + picture * area * c + (size_t)portion * N;
    unsigned begin = blockIdx.x * (unsigned)cut.chunk;
    unsigned end = (unsigned)area - begin < (unsigned)cut.chunk ? (unsigned)area : begin + (unsigned)cut.chunk;
    float first[N], sum[N] = {}, square[N] = {};

    if (active) {
        lac_load_n<T, N>(base, first);
        for (unsigned p = begin + (unsigned)row; p < end; p += (unsigned)cut.rows) {
            float v[N];

            lac_load_n<T, N>(base + (size_t)p * c, v);
#pragma unroll
            for (int j = 0; j < N; j++) {
                float d = v[j] - first[j];

                sum[j] += d;
                square[j] += d * d;
            }
        }
    }
    for (int part = 0; part < 2; part++) {
        __syncthreads();
        if (row < cut.rows) {
#pragma unroll
            for (int j = 0; j < N; j++) {
                shared[(row * cut.tile + along) * N + j] = part ? square[j] : sum[j];
            }
        }
        __syncthreads();
        for (int i = (int)threadIdx.x; i < cut.tile * N; i += LAC_NORM_THREADS) {
            int channel = (int)blockIdx.y * cut.tile * N + i;
            float total = 0;

            for (int r = 0; r < cut.rows; r++) {
                total += shared[r * cut.tile * N + i];
            }
            if (channel < c) {
                partial[((picture * c + channel) * 2 + part) * gridDim.x + blockIdx.x] = total;
            }
        }
    }
}

__device__ __forceinline__ double warp_sum(double v)
{
#pragma unroll
    for (int step = 16; step; step /= 2) {
        v += __shfl_xor_sync(0xffffffffu, v, step);
    }
    return v;
}

/* One warp a channel of a picture: with affine [n][2][c], the norm's scale and mean into it; else the mean into `mean`
 * [n][c]. */
template <typename T>
__global__ void moments_kernel(const T *x, const float *partial, int chunks, int area, int c, size_t channels,
                               const float *gamma, float eps, float *affine, float *mean)
{
    size_t at = (size_t)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    int lane = (int)threadIdx.x % 32, channel = (int)(at % c);
    size_t picture = at / c;
    double sum = 0, square = 0, first;

    if (at >= channels) {
        return;
    }
    for (int i = lane; i < chunks; i += 32) {
        sum += partial[at * 2 * chunks + i];
        square += partial[(at * 2 + 1) * chunks + i];
    }
    sum = warp_sum(sum) / area;
    square = warp_sum(square) / area;
    if (lane) {
        return;
    }
    first = lac_load(x + picture * area * c + channel);
    if (affine) {
        double variance = square - sum * sum;
        double scale = (1.0 + (gamma ? gamma[channel] : 0.0)) / sqrt((variance > 0 ? variance : 0) + (double)eps);

        affine[(picture * 2) * c + channel] = (float)scale;
        affine[(picture * 2 + 1) * c + channel] = (float)(first + sum);
    } else {
        mean[at] = (float)(first + sum);
    }
}

/* count: elements of all pictures / N */
template <typename T, int N>
__global__ void apply_kernel(const T *x, const T *residual, T *y, const float *affine, const float *beta, bool relu,
                             size_t count, size_t picture_count, int c)
{
    size_t threads = (size_t)gridDim.x * blockDim.x;

    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += threads) {
        const float *scale = affine + i / picture_count * 2 * c, *mean = scale + c;
        int channel = (int)(i * N % c);
        float v[N], r[N];

        lac_load_n<T, N>(x + i * N, v);
        if (residual) {
            lac_load_n<T, N>(residual + i * N, r);
        }
#pragma unroll
        for (int j = 0; j < N; j++) {
            v[j] = scale[channel + j] * (v[j] - mean[channel + j]) + (beta ? beta[channel + j] : 0);
            v[j] = relu && v[j] < 0 ? 0 : v[j];
            v[j] += residual ? r[j] : 0;
        }
        lac_store_n<T, N>(y + i * N, v);
    }
}

/* Queues sums and moments; with `affine` set, scale and mean of the norm, else the means into `mean`. */
template <typename T, int N>
static int moments(LacBackend *be, const LacTensor *x, const LacNormDesc *d, float *partial, float *affine, float *mean)
{
    int area = x->h * x->w;
    CudaNormCut cut = lac_norm_cut(area, x->c, N);
    size_t channels = (size_t)x->n * (size_t)x->c;
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret;

    if (x->n > MAX_PICTURES) {
        return lac_fail(be->log, LAC_EINVAL, "norm: %d pictures at once, at most %d", x->n, MAX_PICTURES);
    }
    LAC_LAUNCH((sums_kernel<T, N>), dim3((unsigned)cut.chunks, (unsigned)cut.tiles, (unsigned)x->n), LAC_NORM_THREADS,
               (size_t)cut.rows * (size_t)cut.tile * N * sizeof(float), stream, (const T *)x->data, partial, cut, area,
               x->c);
    if ((ret = lac_cuda_launched(be, "sums of a norm")) < 0) {
        return ret;
    }
    LAC_LAUNCH(moments_kernel<T>, (unsigned)lac_cover(channels, 4), 128, 0, stream, (const T *)x->data, partial,
               cut.chunks, area, x->c, channels, d && d->gamma ? (const float *)d->gamma->data : NULL, d ? d->eps : 0,
               affine, mean);
    return lac_cuda_launched(be, "moments of a norm");
}

template <typename T, int N> static int norm(LacBackend *be, const LacNormDesc *d, LacTensor *y)
{
    CudaNormCut cut = lac_norm_cut(y->h * y->w, y->c, N);
    size_t channels = (size_t)y->n * (size_t)y->c, count = lac_tensor_count(y) / N, used = 0;
    float *partial, *affine;
    char *base;
    int ret;

    lac_cuda_piece(NULL, &used, channels * 2 * (size_t)cut.chunks, sizeof(float));
    lac_cuda_piece(NULL, &used, channels * 2, sizeof(float));
    base = (char *)lac_cuda_scratch(be, used);
    if (!base) {
        return LAC_ENOMEM;
    }
    used = 0;
    partial = (float *)lac_cuda_piece(base, &used, channels * 2 * (size_t)cut.chunks, sizeof(float));
    affine = (float *)lac_cuda_piece(base, &used, channels * 2, sizeof(float));
    if ((ret = moments<T, N>(be, d->x, d, partial, affine, NULL)) < 0) {
        return ret;
    }
    LAC_LAUNCH((apply_kernel<T, N>), lac_grid(count, APPLY_THREADS), APPLY_THREADS, 0, lac_cuda(be)->stream,
               (const T *)d->x->data, d->residual ? (const T *)d->residual->data : NULL, (T *)y->data, affine,
               d->beta ? (const float *)d->beta->data : NULL, d->relu, count, count / (size_t)y->n, y->c);
    return lac_cuda_launched(be, "norm");
}

int lac_cuda_norm(LacBackend *be, const LacNormDesc *d, LacTensor *y)
{
    int ret = lac_check_norm(be, d, y);
    bool whole;

    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    whole = lac_aligned16_all(d->x, d->residual, y);
    LAC_CUDA_TYPED(y->type, T, {
        constexpr int n = CudaVec<T>::count;

        ret = whole && y->c % n == 0 ? norm<T, n>(be, d, y) : norm<T, 1>(be, d, y);
    })
    return ret;
}

int lac_cuda_mean(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_mean(be, x, y);
    CudaNormCut cut;
    float *partial;

    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    cut = lac_norm_cut(x->h * x->w, x->c, 1);
    partial = (float *)lac_cuda_scratch(be, (size_t)x->n * (size_t)x->c * 2 * (size_t)cut.chunks * sizeof(float));
    if (!partial) {
        return LAC_ENOMEM;
    }
    LAC_CUDA_TYPED(x->type, T, {
        ret = moments<T, 1>(be, x, NULL, partial, NULL, (float *)y->data);
    })
    return ret;
}
