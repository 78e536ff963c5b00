/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of frames solved on the GPU: a thread a native pixel, its frames one after the other in its own part of shared
 * memory, forward and back, with the arithmetic of steady_math.h. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/steady_cuda.h"

namespace {

/* Threads of a block: as many as the frames of a window leave room for in the 48 KB that every GPU has. */
constexpr int MANY = 128, FEW = 32, EACH = 4; /* EACH: floats of a frame and pixel: R, G, B, reach */
constexpr size_t SHARED = 48 << 10;

static_assert(CUDA_STEADY_FRAMES * EACH * FEW * sizeof(float) <= SHARED, "the largest window fits");
static_assert(sizeof(CudaSteady) <= 4096, "it is an argument of a kernel");

/* One of `step` interleaved planes of the network's size at a native pixel. */
__device__ __forceinline__ float sample(const float *plane, int width, int step, float scale, const LacSteadyTap &row,
                                        const LacSteadyTap &column)
{
    const float *a = plane + (size_t)row.from * width * step, *b = plane + (size_t)row.to * width * step;
    const float left = lac_product(scale, lac_between(a[column.from * step], b[column.from * step], row.share));
    const float right = lac_product(scale, lac_between(a[column.to * step], b[column.to * step], row.share));

    return lac_between(left, right, column.share);
}

__global__ void __launch_bounds__(MANY) solve(CudaSteady s, int threads)
{
    LAC_DYNAMIC_SHARED(float, memory);
    float *const cells = memory + threadIdx.x; /* [count][EACH], `threads` apart */
    const int x = (int)(blockIdx.x * (unsigned)threads + threadIdx.x), y = (int)blockIdx.y;
    const size_t at = ((size_t)y * s.width + x) * 3;
    float value[3] = { 0, 0, 0 }, back = 0, reach = 0;

    if (x >= s.width) {
        return;
    }
    const LacSteadyTap row = lac_steady_tap(y, s.net_height, s.height), column = lac_steady_tap(x, s.net_width, s.width);

    for (int t = 0; t < s.count; t++) {
        const CudaSteadyFrame &f = s.frame[t];
        const bool linked = f.link && t + 1 < s.count;
        float link = 0, colour[3];

        for (int c = 0; c < 3; c++) {
            colour[c] = f.residual && !f.fixed ? sample(f.residual + c, s.net_width, 3, LAC_STEADY_LEVELS, row, column) : 0;
            colour[c] += f.rgb[at + c];
        }
        if (linked) {
            link = sample(f.link, s.net_width, 1, 1, row, column) + lac_steady_alike(f.rgb + at, s.frame[t + 1].rgb + at);
        }
        if (f.fixed) {
            reach = 0;
            for (int c = 0; c < 3; c++) {
                value[c] = colour[c];
            }
        } else {
            const float trust = f.trust ? sample(f.trust, s.net_width, 1, f.weight, row, column) : f.weight;
            const LacSteadyStep step = lac_steady_step(trust, link, back, reach);

            reach = step.reach;
            for (int c = 0; c < 3; c++) {
                value[c] = lac_steady_value(step.own, colour[c], step.share, value[c]);
            }
        }
        back = link;
        for (int c = 0; c < 3; c++) {
            cells[(t * EACH + c) * threads] = value[c];
        }
        cells[(t * EACH + 3) * threads] = reach;
    }
    for (int t = s.count - 1; t >= s.first; t--) {
        const CudaSteadyFrame &f = s.frame[t];
        const float own = t + 1 < s.count && !f.fixed ? cells[(t * EACH + 3) * threads] : 0;

        for (int c = 0; c < 3; c++) {
            value[c] = lac_weighted(cells[(t * EACH + c) * threads], own, value[c]);
            if (t < s.end && !f.fixed) {
                f.rgb[at + c] = lac_steady_level(value[c]);
            }
        }
    }
}

} // namespace

extern "C" int lac_cuda_steady(LacBackend *be, const CudaSteady *s)
{
    const size_t frames = (size_t)s->count * EACH * sizeof(float);
    const int threads = frames * MANY <= SHARED ? MANY : FEW;
    const dim3 grid((unsigned)lac_cover((size_t)s->width, (size_t)threads), (unsigned)s->height);
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(solve, grid, (unsigned)threads, frames * (size_t)threads, lac_cuda(be)->stream, *s, threads);
    return lac_cuda_launched(be, "solving a window");
}
