/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Origins of regions: each pixel's vote goes into a table of pairs of regions, and the largest shares of each region are
 * found rank by rank. Votes are whole numbers, so the order of visits does not matter. */
#include "math/match_math.h"
#include "ops/cuda/vote.cuh"

namespace {

constexpr int THREADS = 256, ORIGINS = LAC_ORIGINS;

/* Pairs of regions and their votes, at a place found by trying one after the other; twice as many places as there can be
 * pairs. */
struct Table {
    LacWhole *pair, *votes; /* pair: the frame's region, then the reference's; 0: none */
    uint32_t mask;
};

struct Job {
    CudaVote v;
    Table table;
    LacWhole *sum;  /* [regions + 1] */
    LacWhole *rank; /* [regions + 1][ORIGINS] share, then the label so that the lower one is larger; 0: none */
    LacWhole *taken; /* [regions of the reference + 1] */
    int source;
    float distance[CUDA_VOTE_DISTANCES];
};

__global__ void widen(const uint16_t *narrow, int32_t *label, size_t count)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i < count) {
        label[i] = narrow[i];
    }
}

__global__ void count_far(CudaVote v)
{
    const LacRun run = lac_run(v);
    int held = 0, region = 0;

    for (int x = run.x; x < run.end; x++) {
        const size_t i = (size_t)run.y * v.width + x;

        if (v.label[i] != region) {
            if (held) {
                atomicAdd(&v.far[region], held);
            }
            region = v.label[i];
            held = 0;
        }
        held += region && v.squared[i] >= LAC_VOTE_FAR;
    }
    if (held) {
        atomicAdd(&v.far[region], held);
    }
}

__device__ void add_votes(const Job &job, int region, int label, LacWhole votes)
{
    const LacWhole pair = (LacWhole)region << 32 | (uint32_t)label;
    uint32_t at = ((uint32_t)region * 2654435761u ^ (uint32_t)label * 2246822519u) & job.table.mask;

    for (;; at = (at + 1) & job.table.mask) {
        const LacWhole there = atomicCAS(&job.table.pair[at], (LacWhole)0, pair);

        if (there == 0 || there == pair) {
            break;
        }
    }
    atomicAdd(&job.table.votes[at], votes);
    atomicAdd(&job.sum[region], votes);
}

__global__ void __launch_bounds__(LAC_RUN_THREADS) cast(Job job)
{
    const CudaVote &v = job.v;
    const CudaVoteRef &ref = v.ref[job.source];
    const LacRun run = lac_run(v);
    int region = 0, label = 0;
    LacWhole held = 0;

    for (int x = run.x; x < run.end; x++) {
        const size_t i = (size_t)run.y * v.width + x;
        const int c = v.label[i];

        if (!c || !lac_vote_core(v, c, i)) {
            continue;
        }
        const size_t cell = lac_vote_cell(v, x, run.y);
        const int32_t there = ref.label[lac_vote_partner(v, ref, cell, x, run.y)];

        if (!there) {
            continue;
        }
        if (c != region || there != label) {
            if (held) {
                add_votes(job, region, label, held);
            }
            region = c;
            label = there;
            held = 0;
        }
        const int d = v.squared[i] < CUDA_VOTE_DISTANCES ? v.squared[i] : CUDA_VOTE_DISTANCES - 1;

        held += (LacWhole)lac_origin_vote(v.black[c] ? 1 : job.distance[d], (float)ref.cost[cell] / LAC_MATCH_UNIT);
    }
    if (held) {
        add_votes(job, region, label, held);
    }
}

/* The next largest share of every region. */
__global__ void pick(Job job, int rank)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i > job.table.mask || !job.table.pair[i]) {
        return;
    }
    const size_t region = (size_t)(job.table.pair[i] >> 32);
    const float share = (float)job.table.votes[i] / (float)job.sum[region];
    const LacWhole key = (LacWhole)__float_as_uint(share) << 32 | (uint32_t)~(uint32_t)job.table.pair[i];
    LacWhole *own = job.rank + region * ORIGINS + rank;

    if (!rank || key < own[-1]) {
        atomicMax(own, key);
    }
}

__global__ void list_origins(Job job)
{
    const size_t c = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (c > (size_t)job.v.regions) {
        return;
    }
    LacOrigin *list = job.v.list + (c * (size_t)job.v.sources + (size_t)job.source) * ORIGINS;

    for (int k = 0; k < ORIGINS; k++) {
        const LacWhole key = job.rank[c * ORIGINS + k];

        list[k] = { key ? (int32_t)~(uint32_t)key : 0, __uint_as_float((unsigned)(key >> 32)) };
    }
    if (list->share >= LAC_ORIGIN_CLEAR) {
        atomicAdd(&job.taken[list->label], (LacWhole)job.v.area[c]);
    }
}

/* `settle` of engine/regions/origin.c. */
__global__ void settle(Job job)
{
    const size_t c = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (c > (size_t)job.v.regions) {
        return;
    }
    lac_origin_settle(job.v.list + (c * (size_t)job.v.sources + (size_t)job.source) * ORIGINS, job.v.area[c],
                      job.v.ref[job.source].area, reinterpret_cast<const int64_t *>(job.taken));
}

int run_source(LacBackend *be, const Job &job, size_t places)
{
    const unsigned regions = (unsigned)lac_cover((size_t)job.v.regions + 1, THREADS);
    const unsigned table = (unsigned)lac_cover(places, THREADS);
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret;

    LAC_LAUNCH(cast, lac_run_grid(&job.v), LAC_RUN_THREADS, 0, stream, job);
    ret = lac_cuda_launched(be, "origins, votes");
    for (int rank = 0; rank < ORIGINS && !ret; rank++) {
        LAC_LAUNCH(pick, table, THREADS, 0, stream, job, rank);
        ret = lac_cuda_launched(be, "origins, shares");
    }
    if (!ret) {
        LAC_LAUNCH(list_origins, regions, THREADS, 0, stream, job);
        ret = lac_cuda_launched(be, "origins");
    }
    if (!ret) {
        LAC_LAUNCH(settle, regions, THREADS, 0, stream, job);
        ret = lac_cuda_launched(be, "origins, those of others");
    }
    return ret;
}

/* No more pairs than pixels, or than pairs of labels. */
size_t table_places(const CudaVote *v, int labels)
{
    const uint64_t pixels = (uint64_t)v->width * v->height, pairs = ((uint64_t)v->regions + 1) * ((uint64_t)labels + 1);
    const uint64_t most = 2 * (pairs < pixels ? pairs : pixels);
    size_t places = 64;

    while (places < most) {
        places *= 2;
    }
    return places;
}

} // namespace

extern "C" int lac_cuda_labels(LacBackend *be, const uint16_t *narrow, int32_t *label, size_t count)
{
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(widen, (unsigned)lac_cover(count, THREADS), THREADS, 0, lac_cuda(be)->stream, narrow, label, count);
    return lac_cuda_launched(be, "labels");
}

extern "C" int lac_cuda_origins(LacBackend *be, const CudaVote *v)
{
    const size_t regions = (size_t)v->regions + 1;
    cudaStream_t stream = lac_cuda(be)->stream;
    Job job = { *v, {}, NULL, NULL, NULL, 0, {} };
    size_t used = 0, places;
    char *base = NULL;
    int labels = 0, ret = lac_cuda_begin(be);

    for (int s = 0; s < v->sources; s++) {
        labels = v->ref[s].count > labels ? v->ref[s].count : labels;
    }
    places = table_places(v, labels);
    job.table.mask = (uint32_t)(places - 1);
    for (int d = 0; d < CUDA_VOTE_DISTANCES; d++) {
        job.distance[d] = sqrtf((float)d);
    }
    for (int pass = 0; pass < 2 && !ret; pass++) { /* first the size, then the pieces */
        used = 0;
        job.table.pair = (LacWhole *)lac_cuda_piece(base, &used, places, sizeof(LacWhole));
        job.table.votes = (LacWhole *)lac_cuda_piece(base, &used, places, sizeof(LacWhole));
        job.sum = (LacWhole *)lac_cuda_piece(base, &used, regions, sizeof(LacWhole));
        job.rank = (LacWhole *)lac_cuda_piece(base, &used, regions * ORIGINS, sizeof(LacWhole));
        job.taken = (LacWhole *)lac_cuda_piece(base, &used, (size_t)labels + 1, sizeof(LacWhole));
        if (pass == 0 && !(base = (char *)lac_cuda_scratch(be, used))) {
            ret = LAC_ENOMEM;
        }
    }
    ret = ret ? ret : lac_cuda_check(be, cudaMemsetAsync(v->far, 0, regions * sizeof *v->far, stream), "origins");
    if (!ret) {
        LAC_LAUNCH(count_far, lac_run_grid(v), LAC_RUN_THREADS, 0, stream, *v);
        ret = lac_cuda_launched(be, "origins, pixels far from lines");
    }
    for (; job.source < v->sources && !ret; job.source++) {
        ret = lac_cuda_check(be, cudaMemsetAsync(base, 0, used, stream), "origins");
        ret = ret ? ret : run_source(be, job, places);
    }
    return ret;
}
