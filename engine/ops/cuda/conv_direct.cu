/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution without tensor cores, for what they do badly: few input channels (the first layers), few output channels
 * (the last ones, in fp32), channels that are no multiple of 8, and shapes cuDNN refuses. A thread takes one pixel and
 * 4 or 8 output channels; the weights of these pass through shared memory. */
#include "ops/cuda/conv.h"
#include "ops/cuda/kernel.cuh"

#define THREADS 128

typedef struct DirectShape {
    int h, w, cin, ho, wo, cout, kernel, stride, dilation, up;
    bool relu, f32; /* f32: y holds fp32 whatever T is */
} DirectShape;

/* OC: output channels of a thread, blockIdx.y the group of them. N: input channels taken at once. */
template <typename T, int OC, int N>
__global__ void __launch_bounds__(THREADS) direct_kernel(const T *x, const float *weight, const float *bias, void *y,
                                                         DirectShape s, CudaPortion portion, size_t pixels)
{
    LAC_DYNAMIC_SHARED(float4, staged); /* [entries of a portion][OC] */
    const int taps = s.kernel * s.kernel, group = (int)blockIdx.y;
    const float4 *from = reinterpret_cast<const float4 *>(weight) + (size_t)group * taps * s.cin * (OC / 4);
    size_t pixel = (size_t)blockIdx.x * THREADS + threadIdx.x;
    bool active = pixel < pixels;
    int column = (int)(pixel % s.wo), row = (int)(pixel / s.wo % s.ho);
    const T *picture = x + pixel / s.wo / s.ho * s.h * s.w * s.cin;
    float sum[OC] = {};

    for (int tap = 0; tap < taps; tap += portion.taps) {
        int last = tap + portion.taps < taps ? tap + portion.taps : taps;

        for (int begin = 0; begin < s.cin; begin += portion.channels) {
            int channels = s.cin - begin < portion.channels ? s.cin - begin : portion.channels;
            const float4 *piece = from + ((size_t)tap * s.cin + begin) * (OC / 4);

            __syncthreads();
            for (int i = (int)threadIdx.x; i < (last - tap) * channels * (OC / 4); i += THREADS) {
                staged[i] = piece[i];
            }
            __syncthreads();
            for (int t = tap; active && t < last; t++) {
                int r = lac_conv_source(row, t / s.kernel, s.kernel, s.stride, s.dilation, s.up, s.h);
                int q = lac_conv_source(column, t % s.kernel, s.kernel, s.stride, s.dilation, s.up, s.w);
                const T *in = picture + ((size_t)r * s.w + q) * s.cin + begin;
                const float4 *k = staged + (t - tap) * channels * (OC / 4);

                if (r < 0 || q < 0) {
                    continue;
                }
                for (int c = 0; c < channels; c += N) {
                    float v[N];

                    lac_load_n<T, N>(in + c, v);
#pragma unroll
                    for (int j = 0; j < N; j++) {
#pragma unroll
                        for (int o = 0; o < OC / 4; o++) {
                            float4 m = k[(c + j) * (OC / 4) + o];

                            sum[4 * o] += v[j] * m.x;
                            sum[4 * o + 1] += v[j] * m.y;
                            sum[4 * o + 2] += v[j] * m.z;
                            sum[4 * o + 3] += v[j] * m.w;
                        }
                    }
                }
            }
        }
    }
    if (!active) {
        return;
    }
#pragma unroll
    for (int o = 0; o < OC; o++) {
        int channel = group * OC + o;

        if (channel < s.cout) {
            float v = sum[o] + (bias ? bias[channel] : 0);
            size_t at = pixel * s.cout + channel;

            v = s.relu && v < 0 ? 0 : v;
            if (s.f32) {
                static_cast<float *>(y)[at] = v;
            } else {
                lac_store(static_cast<T *>(y) + at, v);
            }
        }
    }
}

template <typename T, int OC, int N>
static void direct(LacBackend *be, const float *weight, const float *bias, const LacTensor *x, LacTensor *y,
                   const DirectShape &s)
{
    size_t pixels = (size_t)y->n * (size_t)y->h * (size_t)y->w;
    CudaPortion portion = lac_direct_portion(s.kernel * s.kernel, s.cin, OC);

    LAC_LAUNCH((direct_kernel<T, OC, N>), dim3((unsigned)lac_cover(pixels, THREADS), (unsigned)lac_cover(y->c, OC)),
               THREADS, (size_t)portion.taps * portion.channels * OC * sizeof(float), lac_cuda(be)->stream,
               (const T *)x->data, weight, bias, y->data, s, portion, pixels);
}

int lac_cuda_conv_direct(LacBackend *be, const LacConvDesc *d, const float *weight, const float *bias,
                         const LacTensor *x, LacTensor *y)
{
    DirectShape s = { x->h, x->w, x->c, y->h, y->w, y->c, d->kernel, d->stride, d->dilation, d->upsample ? 2 : 1,
                      d->relu, y->type == LAC_F32 };

    if (lac_cover((size_t)y->n * (size_t)y->h * (size_t)y->w, THREADS) > INT32_MAX) {
        return lac_fail(be->log, LAC_EINVAL, "conv: %d pictures of %dx%d are too many pixels", y->n, y->w, y->h);
    }
    LAC_CUDA_TYPED(x->type, T, {
        constexpr int n = CudaVec<T>::count;

        if (lac_direct_outputs(d) == 8) {
            direct<T, 8, 1>(be, weight, bias, x, y, s);
        } else if (x->c % n == 0 && lac_aligned16(x->data)) {
            direct<T, 4, n>(be, weight, bias, x, y, s);
        } else {
            direct<T, 4, 1>(be, weight, bias, x, y, s);
        }
    })
    return lac_cuda_launched(be, "conv");
}

/* count: elements of x / N; h, w: of a phase, or of y if there is but one */
template <typename T, int N>
__global__ void finish_kernel(const T *x, const float *bias, T *y, size_t count, size_t phase_count, bool relu, int h,
                              int w, int c)
{
    size_t threads = (size_t)gridDim.x * blockDim.x;

    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += threads) {
        size_t at = i % phase_count * N, to = i * N;
        int channel = (int)(at % c);
        float v[N];

        if (phase_count < count) {
            to = lac_phase_target(at, (int)(i / phase_count), h, w, c);
        }
        lac_load_n<T, N>(x + i * N, v);
#pragma unroll
        for (int j = 0; j < N; j++) {
            v[j] += bias ? bias[channel + j] : 0;
            v[j] = relu && v[j] < 0 ? 0 : v[j];
        }
        lac_store_n<T, N>(y + to, v);
    }
}

int lac_cuda_conv_finish(LacBackend *be, const void *x, const float *bias, bool relu, bool upsampled, LacTensor *y)
{
    size_t count = lac_tensor_count(y);
    int phases = upsampled ? 4 : 1, h = upsampled ? y->h / 2 : y->h, w = upsampled ? y->w / 2 : y->w;

    LAC_CUDA_TYPED(y->type, T, {
        constexpr int n = CudaVec<T>::count;

        if (y->c % n == 0 && lac_aligned16(x) && lac_aligned16(y->data)) {
            LAC_LAUNCH((finish_kernel<T, n>), lac_grid(count / n, 256), 256, 0, lac_cuda(be)->stream, (const T *)x,
                       bias, (T *)y->data, count / n, count / n / phases, relu, h, w, y->c);
        } else {
            LAC_LAUNCH((finish_kernel<T, 1>), lac_grid(count, 256), 256, 0, lac_cuda(be)->stream, (const T *)x, bias,
                       (T *)y->data, count, count / phases, relu, h, w, y->c);
        }
    })
    return lac_cuda_launched(be, "conv");
}
