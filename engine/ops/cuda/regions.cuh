/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernels of regions share: their memory, sums along a block of threads. */
#ifndef LAC_OPS_CUDA_REGIONS_CUH
#define LAC_OPS_CUDA_REGIONS_CUH

#include "ops/cuda/kernel.cuh"
#include "ops/cuda/regions_cuda.h"

constexpr int LAC_REGIONS_THREADS = 256, LAC_REGIONS_PART = 1024; /* PART: pixels that are numbered together */
constexpr int LAC_RUNS = 256; /* lengths of runs of line pixels that are told apart */

/* Numbers that one kernel leaves to the next; 0 at first. */
struct LacRegionsState {
    unsigned grays[256], runs[LAC_RUNS];
    int threshold, side; /* of a square of line pixels that is black */
    int basins, open, events;
};

/* Basins have numbers from 1, in any order. */
struct LacRegionsJob {
    CudaRegions r;
    int ranks, parts;
    LacRegionsState *state;
    uint16_t *squared;      /* [height][width] */
    uint8_t *kind;          /* [height][width] ink at first */
    uint8_t *column, *mark; /* [height][width] distances and corners on the way */
    int32_t *parent, *base; /* [height][width] sums on the way; then trees of pixels, and the basin of each */
    uint16_t *begins;       /* [height][width] 1 + rank where a region begins */
    int32_t *before;        /* [ranks][parts] regions that begin there, then before there */
    /* by basin */
    int32_t *region, *peak, *next, *target, *open, *number; /* region: a basin that stands for all of it */
    unsigned long long *best, *first; /* its first event, its first pixel's time */
    int32_t *opens[2];  /* regions that may still join */
    int32_t *events[2]; /* [height][width] pixels where basins meet */
};

/* The pixel of a thread of a grid of lac_regions_grid. */
__device__ __forceinline__ bool lac_regions_at(const CudaRegions &r, int &x, int &y, int32_t &i)
{
    x = (int)(blockIdx.x * LAC_REGIONS_THREADS + threadIdx.x);
    y = (int)blockIdx.y;
    i = y * r.width + x;
    return x < r.width;
}

static inline dim3 lac_regions_grid(const CudaRegions &r)
{
    return dim3((unsigned)lac_cover((size_t)r.width, LAC_REGIONS_THREADS), (unsigned)r.height);
}

/* All THREADS of a block: the sum of v up to and with this thread; *all: of all of them. */
template <int THREADS> __device__ __forceinline__ int lac_sum_up_to(int v, int *all)
{
    __shared__ int sums[THREADS];
    const int thread = (int)threadIdx.x;

    sums[thread] = v;
    __syncthreads();
    for (int step = 1; step < THREADS; step *= 2) {
        const int more = thread >= step ? sums[thread - step] : 0;

        __syncthreads();
        sums[thread] += more;
        __syncthreads();
    }
    v = sums[thread];
    *all = sums[THREADS - 1];
    __syncthreads();
    return v;
}

/* A kernel and the threads it is launched with. */
struct LacRegionsStep {
    void (*kernel)(LacRegionsJob);
    dim3 grid;
    unsigned block;
};

template <int COUNT> int lac_cuda_regions_steps(LacBackend *be, const LacRegionsJob &job, const LacRegionsStep (&steps)[COUNT],
                                                const char *what)
{
    int ret = LAC_OK;

    for (int i = 0; i < COUNT && !ret; i++) {
        LAC_LAUNCH(steps[i].kernel, steps[i].grid, steps[i].block, 0, lac_cuda(be)->stream, job);
        ret = lac_cuda_launched(be, what);
    }
    return ret;
}

/* regions_ink.cu: gray -> kind and squared. */
int lac_cuda_regions_kinds(LacBackend *be, const LacRegionsJob &job);
/* regions_join.cu: base, basins and events -> region, first. */
int lac_cuda_regions_join(LacBackend *be, const LacRegionsJob &job);

#endif
