/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Line art and distance field, already on the GPU, as the network's inputs. */
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
