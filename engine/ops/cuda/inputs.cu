/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two ends of the network: line art and distance field, already on the GPU, as its inputs, and its picture. */
#include "ops/cuda/kernel.cuh"

#include "ops/cuda/frames.h"

namespace {

constexpr int THREADS = 256;

/* both: [x, d] side by side; line: x */
template <typename T> __global__ void pair(const float *x, const float *d, size_t area, int channels, T *line, T *both)
{
    size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i < area) {
        lac_store(line + i, x[i]);
        if (channels == 2) {
            lac_store(both + 2 * i, x[i]);
        }
        lac_store(both + (size_t)channels * i + channels - 1, d[i]);
    }
}

__global__ void picture(const float *from, size_t values, float *rgb, int *bad)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i < values) {
        const float v = from[i];

        rgb[i] = v < -1 ? -1 : v > 1 ? 1 : v == v ? v : 0;
        if (v != v) {
            atomicOr(bad, 1);
        }
    }
}

} // namespace

extern "C" int lac_cuda_inputs(LacBackend *be, const CudaInputs *in)
{
    const LacTensor *line = in->line, *match = in->match;
    const size_t area = lac_tensor_count(line);
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    if (line->c != 1 || match->c < 1 || match->c > 2 || lac_tensor_count(match) != area * (size_t)match->c ||
        line->type != match->type) {
        return lac_fail(be->log, LAC_EINVAL, "inputs: line art of %d and %d channels", line->c, match->c);
    }
    LAC_CUDA_TYPED(line->type, T, LAC_LAUNCH(pair<T>, (unsigned)lac_cover(area, THREADS), THREADS, 0, lac_cuda(be)->stream,
                                            in->x, in->d, area, match->c, (T *)line->data, (T *)match->data));
    return lac_cuda_launched(be, "inputs");
}

extern "C" int lac_cuda_picture(LacBackend *be, const LacTensor *from, float *rgb, int *bad)
{
    const size_t values = lac_tensor_count(from);
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    if (from->type != LAC_F32 || from->c != 3) {
        return lac_fail(be->log, LAC_EINVAL, "the network's picture has %d channels", from->c);
    }
    ret = lac_cuda_check(be, cudaMemsetAsync(bad, 0, sizeof *bad, stream), "the network's picture");
    if (ret) {
        return ret;
    }
    LAC_LAUNCH(picture, (unsigned)lac_cover(values, THREADS), THREADS, 0, stream, (const float *)from->data, values, rgb, bad);
    return lac_cuda_launched(be, "the network's picture");
}
