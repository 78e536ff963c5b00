/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernels of votes by region share: runs of pixels, so that few atomics hit the same place, and a pixel's partner in
 * a reference. */
#ifndef LAC_OPS_CUDA_VOTE_CUH
#define LAC_OPS_CUDA_VOTE_CUH

#include "ops/cuda/kernel.cuh"
#include "ops/cuda/vote_cuda.h"

typedef unsigned long long LacWhole; /* what 64-bit atomics take */

constexpr int LAC_RUN = 8, LAC_RUN_THREADS = 128; /* pixels of a row that a thread has */

struct LacRun {
    int x, end, y;
};

__device__ __forceinline__ LacRun lac_run(const CudaVote &v)
{
    const int x = (int)(blockIdx.x * LAC_RUN_THREADS + threadIdx.x) * LAC_RUN;

    return { x, x + LAC_RUN < v.width ? x + LAC_RUN : v.width, (int)blockIdx.y };
}

static inline dim3 lac_run_grid(const CudaVote *v)
{
    return dim3((unsigned)lac_cover((size_t)v->width, LAC_RUN * LAC_RUN_THREADS), (unsigned)v->height);
}

/* The cell of the fields that a pixel lies in. */
__device__ __forceinline__ size_t lac_vote_cell(const CudaVote &v, int x, int y)
{
    return (size_t)((int64_t)y * v.cells_height / v.height) * v.cells_width + (size_t)((int64_t)x * v.cells_width / v.width);
}

__device__ __forceinline__ size_t lac_vote_partner(const CudaVote &v, const CudaVoteRef &ref, size_t cell, int x, int y)
{
    const CudaOffset o = ref.offset[cell];
    const int px = x + (int16_t)lac_origin_shift(o.x, v.width, v.cells_width);
    const int py = y + (int16_t)lac_origin_shift(o.y, v.height, v.cells_height);

    return (size_t)(py < 0 ? 0 : py >= v.height ? v.height - 1 : py) * v.width +
           (size_t)(px < 0 ? 0 : px >= v.width ? v.width - 1 : px);
}

/* Does pixel i of region c count? */
__device__ __forceinline__ bool lac_vote_core(const CudaVote &v, int c, size_t i)
{
    return v.far[c] < LAC_VOTE_FEW || v.squared[i] >= LAC_VOTE_FAR;
}

/* The least share of an origin that counts. */
__device__ __forceinline__ float lac_least_share(const LacOrigin *origin)
{
    return origin->share < LAC_ORIGIN_SHARE ? origin->share : LAC_ORIGIN_SHARE;
}

/* ---- the vote ---- */

constexpr int LAC_VOTE_WORDS = LAC_VOTE_BINS / 32; /* of a mask of bins */
constexpr int LAC_VOTE_BLOCKS = 128;               /* regions whose colours are looked at at once */
constexpr int LAC_VOTE_LAPS = 2048;                /* regions whose backed colours are kept at once */

/* What the kernels of a vote work with. */
struct LacVoteJob {
    CudaVote v;
    int from, count;      /* of `voter`: these regions' colours are kept */
    uint32_t *raw, *smooth; /* [LAC_VOTE_BLOCKS][LAC_VOTE_BINS] 0 between regions */
    uint16_t *touched;    /* [LAC_VOTE_BLOCKS][LAC_VOTE_BINS] */
    uint32_t *mask;       /* [LAC_VOTE_LAPS][LAC_VOTE_WORDS] a bit for each backed bin */
    int32_t *core, *good; /* [regions + 1] pixels that count, and those of them that are backed */
    int32_t *wrong;       /* [regions + 1] 1: islands are to be weighed; 2: some are not to stay */
    int32_t *wanted, *fronts; /* [regions + 1] pixels that need a colour; those that fronts start from */
    uint8_t *state;       /* [height][width] */
    int32_t *parent, *size; /* [height][width] islands; then where a colour comes from, and pixels in a row */
};

/* The backed colours of job->count regions -> mask. */
int lac_cuda_vote_back(LacBackend *be, const LacVoteJob &job);

#endif
