/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vote of engine/regions/vote.c: pixel by pixel what is backed (vote_back.cu) and which islands are not; then fronts of colour inside a
 * region, a block a region. */
#include "ops/cuda/components.cuh"
#include "ops/cuda/fronts.cuh"
#include "ops/cuda/vote.cuh"

namespace {

constexpr int THREADS = 256;

/* ---- pixels ---- */

/* Does the pixel have the colour of its partner in a reference, and lies that in the region's origin? */
__device__ bool carried(const CudaVote &v, int c, int x, int y, const uint8_t *rgb)
{
    const size_t cell = lac_vote_cell(v, x, y);

    for (int s = 0; s < v.sources; s++) {
        const CudaVoteRef &ref = v.ref[s];
        const LacOrigin *origin = v.list + ((size_t)c * v.sources + s) * LAC_ORIGINS;
        const size_t at = lac_vote_partner(v, ref, cell, x, y);
        const int32_t label = ref.label[at];
        const float least = lac_least_share(origin);
        bool own = false;

        for (int k = 0; k < LAC_ORIGINS && origin[k].label && origin[k].share >= least && !own; k++) {
            own = origin[k].label == label;
        }
        if (own && lac_vote_alike(ref.rgb + at * 3, rgb, LAC_VOTE_ALIKE)) {
            return true;
        }
    }
    return false;
}

__device__ __forceinline__ void add_counts(const LacVoteJob &job, int c, int core, int good)
{
    if (core) {
        atomicAdd(&job.core[c], core);
    }
    if (good) {
        atomicAdd(&job.good[c], good);
    }
}

__global__ void __launch_bounds__(LAC_RUN_THREADS) classify(LacVoteJob job)
{
    const CudaVote &v = job.v;
    const LacRun run = lac_run(v);
    int region = 0, core = 0, good = 0;

    for (int x = run.x; x < run.end; x++) {
        const size_t i = (size_t)run.y * v.width + x;
        const int c = v.label[i], turn = v.turn[c] - job.from;

        if (turn < 0 || turn >= job.count) {
            continue;
        }
        if (c != region) {
            add_counts(job, region, core, good);
            region = c;
            core = good = 0;
        }
        const uint8_t *pixel = v.rgb + i * 3;
        const int bin = lac_vote_bin(pixel);
        const bool backed = (job.mask[(size_t)turn * LAC_VOTE_WORDS + bin / 32] >> bin % 32 & 1) || carried(v, c, x, run.y, pixel);

        if (lac_vote_core(v, c, i)) {
            core++;
            good += backed;
            job.state[i] = backed ? LAC_VOTE_GOOD : LAC_VOTE_ALONE;
        } else {
            job.state[i] = backed ? LAC_VOTE_PLAIN : LAC_VOTE_DOUBTED;
        }
    }
    add_counts(job, region, core, good);
}

__global__ void judge(LacVoteJob job)
{
    const int c = (int)(blockIdx.x * THREADS + threadIdx.x);

    if (c > job.v.regions) {
        return;
    }
    const int core = job.core[c], good = job.good[c];

    job.v.backed[c] = core ? (float)good / (float)core : 0;
    job.wrong[c] = job.v.turn[c] >= 0 && lac_vote_trusted(good, core) && good < core;
}

/* ---- islands ---- */

__device__ __forceinline__ bool at_pixel(const CudaVote &v, int &x, int &y, size_t &i)
{
    x = (int)(blockIdx.x * THREADS + threadIdx.x);
    y = (int)blockIdx.y;
    i = (size_t)y * v.width + x;
    return x < v.width;
}

__global__ void begin_islands(LacVoteJob job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.v, x, y, i)) {
        const int c = job.v.label[i];

        job.parent[i] = job.wrong[c] && job.state[i] == LAC_VOTE_ALONE ? (int32_t)i : -1;
        job.size[i] = 0;
    }
}

__global__ void join_islands(LacVoteJob job)
{
    const CudaVote &v = job.v;
    int x, y;
    size_t i;

    if (!at_pixel(v, x, y, i) || job.parent[i] < 0) {
        return;
    }
    if (x > 0 && v.label[i - 1] == v.label[i] && job.parent[i - 1] >= 0) {
        lac_unite(job.parent, (int32_t)i, (int32_t)i - 1);
    }
    if (y > 0 && v.label[i - v.width] == v.label[i] && job.parent[i - v.width] >= 0) {
        lac_unite(job.parent, (int32_t)i, (int32_t)i - v.width);
    }
}

__global__ void measure_islands(LacVoteJob job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.v, x, y, i) && job.parent[i] >= 0) {
        atomicAdd(&job.size[lac_find(job.parent, (int32_t)i)], 1);
    }
}

__global__ void weigh_islands(LacVoteJob job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.v, x, y, i) && job.parent[i] >= 0) {
        const bool bad = job.size[lac_find(job.parent, (int32_t)i)] >= LAC_VOTE_ISLAND;

        job.state[i] = bad ? LAC_VOTE_BAD : LAC_VOTE_PLAIN;
        if (bad) {
            atomicOr(&job.wrong[job.v.label[i]], 2);
        }
    }
}

/* ---- what takes another colour ---- */

/* Is a bad pixel of the same region within three steps? */
__device__ bool beside_bad(const LacVoteJob &job, int x, int y, int c)
{
    const CudaVote &v = job.v;

    for (int b = -3; b <= 3; b++) {
        const int wide = 3 - (b < 0 ? -b : b);

        for (int a = -wide; a <= wide; a++) {
            const size_t j = (size_t)(y + b) * v.width + (x + a);

            if (x + a >= 0 && x + a < v.width && y + b >= 0 && y + b < v.height && v.label[j] == c &&
                job.state[j] == LAC_VOTE_BAD) {
                return true;
            }
        }
    }
    return false;
}

/* Pixels beside lines, and where colours come from: `parent` from here on. */
__global__ void find_edges(LacVoteJob job)
{
    int x, y;
    size_t i;

    if (!at_pixel(job.v, x, y, i)) {
        return;
    }
    const int c = job.v.label[i];

    job.parent[i] = LAC_VOTE_UNKNOWN;
    if (!(job.wrong[c] & 2)) {
        return;
    }
    if (job.state[i] == LAC_VOTE_DOUBTED) {
        job.state[i] = beside_bad(job, x, y, c) ? LAC_VOTE_EDGE : LAC_VOTE_PLAIN;
    }
    if (job.state[i] == LAC_VOTE_GOOD) {
        job.parent[i] = (int32_t)i;
    } else if (job.state[i] == LAC_VOTE_BAD || job.state[i] == LAC_VOTE_EDGE) {
        atomicAdd(&job.wanted[c], 1);
    }
}

__device__ __forceinline__ LacFronts fronts_of(const LacVoteJob &job)
{
    return { job.v.width, job.v.height, job.v.label, job.parent };
}

/* Good pixels with one beside them that has no colour: the first of their region's row of pixels. */
__global__ void seed_fronts(LacVoteJob job)
{
    int x, y;
    size_t i;

    if (!at_pixel(job.v, x, y, i) || job.parent[i] != (int32_t)i) {
        return;
    }
    const int c = job.v.label[i];

    if (lac_at_front(fronts_of(job), (int32_t)i, c)) {
        job.size[job.v.start[job.v.turn[c]] + atomicAdd(&job.fronts[c], 1)] = (int32_t)i;
    }
}

/* `replace` of engine/regions/vote.c for one region: step by step, until all that needs a colour has one. */
__global__ void __launch_bounds__(THREADS) run_fronts(LacVoteJob job)
{
    const int c = job.v.voter[blockIdx.x];

    if (job.wanted[c]) {
        lac_run_fronts<THREADS>(fronts_of(job), c, job.size + job.v.start[blockIdx.x], job.fronts[c], job.wanted[c],
                                [=](int32_t i) { return job.state[i] == LAC_VOTE_BAD || job.state[i] == LAC_VOTE_EDGE; });
    }
}

__global__ void replace(LacVoteJob job)
{
    int x, y;
    size_t i;

    if (!at_pixel(job.v, x, y, i) || job.parent[i] < 0 ||
        (job.state[i] != LAC_VOTE_BAD && job.state[i] != LAC_VOTE_EDGE)) {
        return;
    }
    for (int d = 0; d < 3; d++) {
        uint8_t *q = job.v.rgb + i * 3 + d;

        *q = lac_vote_mix(*q, job.v.rgb[(size_t)job.parent[i] * 3 + d], job.v.gray[i]);
    }
}

/* Cuts `base` into all that has a size; a NULL base only counts. What is to be 0 comes first. Returns its bytes, and all. */
size_t pieces(LacVoteJob *job, char *base, size_t *all)
{
    const size_t native = (size_t)job->v.width * job->v.height, regions = (size_t)job->v.regions + 1;
    size_t used = 0, zero;

    job->raw = (uint32_t *)lac_cuda_piece(base, &used, (size_t)LAC_VOTE_BLOCKS * LAC_VOTE_BINS, sizeof(uint32_t));
    job->smooth = (uint32_t *)lac_cuda_piece(base, &used, (size_t)LAC_VOTE_BLOCKS * LAC_VOTE_BINS, sizeof(uint32_t));
    job->core = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->good = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->wanted = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->fronts = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    zero = used;
    job->wrong = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->touched = (uint16_t *)lac_cuda_piece(base, &used, (size_t)LAC_VOTE_BLOCKS * LAC_VOTE_BINS, sizeof(uint16_t));
    job->mask = (uint32_t *)lac_cuda_piece(base, &used, (size_t)LAC_VOTE_LAPS * LAC_VOTE_WORDS, sizeof(uint32_t));
    job->state = (uint8_t *)lac_cuda_piece(base, &used, native, 1);
    job->parent = (int32_t *)lac_cuda_piece(base, &used, native, sizeof(int32_t));
    job->size = (int32_t *)lac_cuda_piece(base, &used, native, sizeof(int32_t));
    *all = used;
    return zero;
}

/* Which pixels are backed, in as many laps as the regions need. */
int find_states(LacBackend *be, LacVoteJob job)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = LAC_OK;

    for (; job.from < job.v.voting && !ret; job.from += LAC_VOTE_LAPS) {
        job.count = job.v.voting - job.from < LAC_VOTE_LAPS ? job.v.voting - job.from : LAC_VOTE_LAPS;
        if (!(ret = lac_cuda_vote_back(be, job))) {
            LAC_LAUNCH(classify, lac_run_grid(&job.v), LAC_RUN_THREADS, 0, stream, job);
            ret = lac_cuda_launched(be, "votes, pixels");
        }
    }
    if (!ret) {
        LAC_LAUNCH(judge, (unsigned)lac_cover((size_t)job.v.regions + 1, THREADS), THREADS, 0, stream, job);
        ret = lac_cuda_launched(be, "votes, regions");
    }
    return ret;
}

} // namespace

extern "C" int lac_cuda_vote(LacBackend *be, const CudaVote *v)
{
    static void (*const step[])(LacVoteJob) = { begin_islands, join_islands, measure_islands, weigh_islands, find_edges, seed_fronts };
    const dim3 grid((unsigned)lac_cover((size_t)v->width, THREADS), (unsigned)v->height);
    cudaStream_t stream = lac_cuda(be)->stream;
    LacVoteJob job = {};
    size_t zero, all;
    char *base;
    int ret = lac_cuda_begin(be);

    job.v = *v;
    zero = pieces(&job, NULL, &all);
    base = ret ? NULL : (char *)lac_cuda_scratch(be, all);
    if (!base) {
        return ret ? ret : LAC_ENOMEM;
    }
    pieces(&job, base, &all);
    ret = lac_cuda_check(be, cudaMemsetAsync(base, 0, zero, stream), "votes");
    ret = ret ? ret : find_states(be, job);
    for (size_t i = 0; i < sizeof step / sizeof *step && !ret; i++) {
        LAC_LAUNCH(step[i], grid, THREADS, 0, stream, job);
        ret = lac_cuda_launched(be, "votes, islands");
    }
    if (!ret && v->voting) {
        LAC_LAUNCH(run_fronts, (unsigned)v->voting, THREADS, 0, stream, job);
        ret = lac_cuda_launched(be, "votes, fronts");
    }
    if (!ret) {
        LAC_LAUNCH(replace, grid, THREADS, 0, stream, job);
        ret = lac_cuda_launched(be, "votes, colours");
    }
    return ret;
}
