/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where line art moves, on the GPU: a block of threads a block of pixels, then one block of threads for what is heard from
 * ring to ring, which ends by itself. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/window_cuda.h"

namespace {

constexpr int THREADS = 256, HEARING = 1024;
constexpr int BLOCK = LAC_MOVES_BLOCK, REACH = LAC_MOVES_REACH, WIDE = BLOCK + 2 * REACH, PLACES = 2 * REACH + 1;

static_assert(BLOCK * BLOCK == THREADS && PLACES * PLACES <= THREADS, "a thread a pixel, and a place");

__global__ void shrink(CudaMoves m)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y, n = m.shrink;
    int sum = n * n / 2;

    if (x >= m.width) {
        return;
    }
    for (int i = 0; i < n * n; i++) {
        sum += m.gray[((size_t)y * n + i / n) * m.native_width + (size_t)x * n + i % n];
    }
    m.now[(size_t)y * m.width + x] = (uint8_t)(sum / (n * n));
}

/* What all pixels of a block say together. */
struct Totals {
    int rest, light, dark; /* light and dark: the largest value, and 255 less the least */
    LacMovesSums sums;
};

__device__ __forceinline__ void add(int *total, int v)
{
#pragma unroll
    for (int step = 16; step; step /= 2) {
        v += __shfl_xor_sync(0xffffffffu, v, step);
    }
    if (threadIdx.x % 32 == 0 && v) {
        atomicAdd(total, v);
    }
}

__device__ __forceinline__ void greatest(int *total, int v)
{
#pragma unroll
    for (int step = 16; step; step /= 2) {
        const int other = __shfl_xor_sync(0xffffffffu, v, step);

        v = other > v ? other : v;
    }
    if (threadIdx.x % 32 == 0) {
        atomicMax(total, v);
    }
}

/* All threads: a pixel each, in the picture or not. */
__device__ void sum_up(const CudaMoves &m, int x, int y, Totals *all)
{
    const bool in = x < m.width && y < m.height;
    const uint8_t *now = m.now + (size_t)y * m.width + x, *before = m.before + (size_t)y * m.width + x;
    LacMovesSums own = {};

    if (in && x >= 1 && y >= 1 && x + 1 < m.width && y + 1 < m.height) {
        lac_moves_add(&own, now, before, m.width);
    }
    add(&all->rest, in ? *now < *before ? *before - *now : *now - *before : 0);
    greatest(&all->light, in ? *now : 0);
    greatest(&all->dark, in ? 255 - *now : 0);
    add(&all->sums.xx, own.xx);
    add(&all->sums.xy, own.xy);
    add(&all->sums.yy, own.yy);
    add(&all->sums.xt, own.xt);
    add(&all->sums.yt, own.yt);
    add(&all->sums.tt, own.tt);
}

__global__ void __launch_bounds__(THREADS) tell(CudaMoves m)
{
    __shared__ uint8_t now[THREADS], before[WIDE * WIDE];
    __shared__ Totals all;
    __shared__ int told;
    const int thread = (int)threadIdx.x, block = (int)blockIdx.x;
    const int left = block % m.columns * BLOCK, top = block / m.columns * BLOCK;
    const int w = m.width - left < BLOCK ? m.width - left : BLOCK, h = m.height - top < BLOCK ? m.height - top : BLOCK;
    const int x = left + thread % BLOCK, y = top + thread / BLOCK;

    if (thread == 0) {
        all = {};
    }
    now[thread] = x < m.width && y < m.height ? m.now[(size_t)y * m.width + x] : 0;
    for (int i = thread; i < WIDE * WIDE; i += THREADS) {
        const int v = lac_refine_place(top - REACH + i / WIDE, m.height), u = lac_refine_place(left - REACH + i % WIDE, m.width);

        before[i] = m.before[(size_t)v * m.width + u];
    }
    __syncthreads();
    sum_up(m, x, y, &all);
    __syncthreads();
    if (thread == 0) {
        told = all.rest < LAC_MOVES_SPEAKS * w * h ? lac_moves_unchanged(255 - all.dark, all.light)
               : lac_moves_slides(&all.sums)       ? LAC_TELLS_MOVES
                                                   : -1;
    }
    __syncthreads();
    if (told < 0) { /* for all threads alike */
        int sum = 0;

        for (int i = 0; i < BLOCK * BLOCK && thread < PLACES * PLACES; i++) {
            const int v = i / BLOCK, u = i % BLOCK;
            const int there = before[(v + thread / PLACES) * WIDE + u + thread % PLACES];

            sum += v >= h || u >= w ? 0 : now[i] < there ? there - now[i] : now[i] - there;
        }
        const int better = __syncthreads_or(thread < PLACES * PLACES && lac_moves_better(sum, all.rest));

        if (thread == 0) {
            told = better ? LAC_TELLS_MOVES : LAC_TELLS_RESTS;
        }
    }
    if (thread == 0) {
        m.moved[block] = (uint8_t)told;
    }
}

__global__ void __launch_bounds__(HEARING) hear(CudaMoves m)
{
    const int blocks = m.columns * m.rows, first = (int)threadIdx.x;
    int again = 1;

    while (again) {
        int changed = 0;

        for (int i = first; i < blocks; i += HEARING) {
            m.told[i] = m.moved[i];
        }
        __syncthreads();
        for (int i = first; i < blocks; i += HEARING) {
            m.moved[i] = lac_moves_hear(m.told, m.columns, m.rows, i);
            changed |= m.moved[i] != m.told[i];
        }
        again = __syncthreads_or(changed);
    }
    for (int i = first; i < blocks; i += HEARING) {
        m.moved[i] = lac_moves_does(m.moved[i]);
    }
}

} // namespace

extern "C" int lac_cuda_moves(LacBackend *be, const CudaMoves *m)
{
    const dim3 grid((unsigned)lac_cover((size_t)m->width, THREADS), (unsigned)m->height);
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(shrink, grid, THREADS, 0, stream, *m);
    ret = lac_cuda_launched(be, "movement, line art");
    if (!ret && m->moved) {
        LAC_LAUNCH(tell, (unsigned)(m->columns * m->rows), THREADS, 0, stream, *m);
        ret = lac_cuda_launched(be, "movement");
    }
    if (!ret && m->moved) {
        LAC_LAUNCH(hear, 1, HEARING, 0, stream, *m);
        ret = lac_cuda_launched(be, "movement, neighbours");
    }
    return ret;
}
