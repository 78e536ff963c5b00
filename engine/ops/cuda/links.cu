/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The refinement's inputs and what its answers mean, on the GPU: a thread a pixel; sums in the order of the host's. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/window_cuda.h"

namespace {

constexpr int THREADS = 256, CHANNELS = 6; /* CHANNELS: of an input */

/* ---- difference of line art: one axis after the other ---- */

struct Blur {
    static constexpr int reach = 2;
    __device__ static float tap(int k) { return lac_differ_blur(k); }
};

struct Mean {
    static constexpr int reach = 1;
    __device__ static float tap(int) { return 1 / 3.0f; }
};

template <typename Taps, typename Value> __device__ __forceinline__ float filtered(int at, int n, Value value)
{
    float sum = 0;

#pragma unroll
    for (int k = -Taps::reach; k <= Taps::reach; k++) {
        sum = lac_weighted(sum, Taps::tap(k), value(lac_refine_place(at + k, n)));
    }
    return sum;
}

template <typename Value> __device__ __forceinline__ float greatest(int at, int n, Value value)
{
    float most = 0;

    for (int k = lac_refine_place(at - LAC_DIFFER_REACH, n); k <= lac_refine_place(at + LAC_DIFFER_REACH, n); k++) {
        most = lac_differ_larger(most, value(k));
    }
    return most;
}

enum Step { BLUR_DOWN, BLUR_ACROSS, MOST_ACROSS, MOST_DOWN, MEAN_DOWN, MEAN_ACROSS };

/* a, b: the line art for the first step; else a is what the step before left. */
template <Step STEP> __global__ void differ(const float *a, const float *b, int h, int w, float *out)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;
    const auto down = [=](int v) { return a[(size_t)v * w + x]; };
    const auto across = [=](int u) { return a[(size_t)y * w + u]; };
    float v;

    if (x >= w) {
        return;
    }
    if constexpr (STEP == BLUR_DOWN) {
        v = filtered<Blur>(y, h, [=](int u) { return lac_differ_levels(a[(size_t)u * w + x], b[(size_t)u * w + x]); });
    } else if constexpr (STEP == BLUR_ACROSS) {
        v = filtered<Blur>(x, w, across);
    } else if constexpr (STEP == MOST_ACROSS) {
        v = greatest(x, w, across);
    } else if constexpr (STEP == MOST_DOWN) {
        v = greatest(y, h, down);
    } else if constexpr (STEP == MEAN_DOWN) {
        v = filtered<Mean>(y, h, down);
    } else {
        v = lac_differ_of(filtered<Mean>(x, w, across));
    }
    out[(size_t)y * w + x] = v;
}

/* ---- inputs and answers ---- */

template <typename T> __global__ void input(CudaWindowInput in, size_t area, T *to)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i >= area) {
        return;
    }
    T *p = to + i * CHANNELS;

    lac_store(p, in.line[i]);
    for (int c = 0; c < 3; c++) {
        lac_store(p + 1 + c, in.colour[3 * i + c]);
    }
    lac_store(p + 4, in.reference ? 1.0f : 0.0f);
    lac_store(p + 5, lac_refine_agreement(in.differs ? in.differs[i] : 0));
    if (i == 0 && in.bad) {
        *in.bad = 0;
    }
}

__device__ __forceinline__ void link(const CudaWindowAnswer &a, int x, int y, size_t i)
{
    const CudaWindowLink &b = a.before;
    const int block = lac_moves_block(y, b.compared_height, a.height) * b.columns +
                      lac_moves_block(x, b.compared_width, a.width);
    const float v = a.ties ? lac_refine_link(b.differs[i], b.link[i] + a.ties[3 * i]) : lac_refine_plain(b.differs[i]);

    b.link[i] = lac_moves_link(v, b.moved[block], b.colour + 3 * i, b.next + 3 * i);
}

__global__ void answer(CudaWindowAnswer a)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;
    const size_t i = (size_t)y * a.width + x;
    bool sane = true;

    if (x >= a.width) {
        return;
    }
    for (int c = 0; c < 3; c++) {
        const float v = a.ties ? a.said[3 * i + c] : 0;

        sane = sane && v - v == 0 && (!a.ties || a.ties[3 * i + c] == a.ties[3 * i + c]);
        a.residual[3 * i + c] = a.reference ? 0 : v;
    }
    if (!sane) {
        atomicOr(a.bad, 1);
    }
    a.trust[i] = a.ties ? lac_refine_trust(a.ties[3 * i + 2]) : 1;
    if (a.before.link) {
        link(a, x, y, i);
    }
    if (a.ties && a.gain) {
        a.gain[i] = a.ties[3 * i + 1];
    }
}

dim3 grid(int width, int height)
{
    return dim3((unsigned)lac_cover((size_t)width, THREADS), (unsigned)height);
}

template <Step STEP> int run(LacBackend *be, const float *a, const float *b, int height, int width, float *out)
{
    LAC_LAUNCH(differ<STEP>, grid(width, height), THREADS, 0, lac_cuda(be)->stream, a, b, height, width, out);
    return lac_cuda_launched(be, "difference of line art");
}

} // namespace

extern "C" int lac_cuda_differ(LacBackend *be, const float *a, const float *b, int height, int width, float *out)
{
    const size_t area = (size_t)width * height;
    float *one, *two;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    one = static_cast<float *>(lac_cuda_scratch(be, 2 * area * sizeof *one));
    if (!one) {
        return LAC_ENOMEM;
    }
    two = one + area;
    ret = run<BLUR_DOWN>(be, a, b, height, width, one);
    ret = ret ? ret : run<BLUR_ACROSS>(be, one, NULL, height, width, two);
    ret = ret ? ret : run<MOST_ACROSS>(be, two, NULL, height, width, one);
    ret = ret ? ret : run<MOST_DOWN>(be, one, NULL, height, width, two);
    ret = ret ? ret : run<MEAN_DOWN>(be, two, NULL, height, width, one);
    return ret ? ret : run<MEAN_ACROSS>(be, one, NULL, height, width, out);
}

extern "C" int lac_cuda_window_input(LacBackend *be, const CudaWindowInput *in, LacTensor *to)
{
    const size_t area = (size_t)to->h * to->w;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    if (to->n != 1 || to->c != CHANNELS) {
        return lac_fail(be->log, LAC_EINVAL, "refinement: an input of %d channels", to->c);
    }
    LAC_CUDA_TYPED(to->type, T, LAC_LAUNCH(input<T>, (unsigned)lac_cover(area, THREADS), THREADS, 0, lac_cuda(be)->stream, *in,
                                          area, (T *)to->data));
    return lac_cuda_launched(be, "refinement, input");
}

extern "C" int lac_cuda_window_answer(LacBackend *be, const CudaWindowAnswer *a)
{
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(answer, grid(a->width, a->height), THREADS, 0, lac_cuda(be)->stream, *a);
    return lac_cuda_launched(be, "refinement, links");
}
