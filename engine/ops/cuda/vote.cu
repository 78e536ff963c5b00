/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vote of engine/vote.c: which colours each region's origins back, a block a region; then pixels by pixels what is backed and
 * which islands are not; then fronts of colour inside a region, a block a region. */
#include "ops/cuda/vote.cuh"

namespace {

constexpr int THREADS = 256, LAPS = 2048; /* LAPS: regions whose backed colours are kept at once */
constexpr int WORDS = LAC_VOTE_BINS / 32, BLOCKS = 128;

struct Job {
    CudaVote v;
    int from, count;      /* of `voter`: these regions' colours are kept */
    uint32_t *raw, *smooth; /* [BLOCKS][LAC_VOTE_BINS] 0 between regions */
    uint16_t *touched;    /* [BLOCKS][LAC_VOTE_BINS] */
    uint32_t *mask;       /* [LAPS][WORDS] a bit for each backed bin */
    int32_t *core, *good; /* [regions + 1] pixels that count, and those of them that are backed */
    int32_t *wrong;       /* [regions + 1] 1: islands are to be weighed; 2: some are not to stay */
    int32_t *wanted, *fronts; /* [regions + 1] pixels that need a colour; those that fronts start from */
    uint8_t *state;       /* [height][width] */
    int32_t *parent, *size; /* [height][width] islands; then where a colour comes from, and pixels in a row */
};

__device__ __forceinline__ float least_share(const CudaOrigin *origin)
{
    return origin->share < LAC_ORIGIN_SHARE ? origin->share : LAC_ORIGIN_SHARE;
}

/* ---- backed colours ---- */

/* Sum over a block; every thread comes here. */
__device__ LacWhole block_sum(LacWhole own)
{
    __shared__ LacWhole sum;

#pragma unroll
    for (int step = 16; step; step /= 2) {
        own += __shfl_xor_sync(0xffffffffu, own, step);
    }
    __syncthreads(); /* the last one has been read */
    if (threadIdx.x == 0) {
        sum = 0;
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        atomicAdd(&sum, own);
    }
    __syncthreads();
    return sum;
}

/* A reference's origins of region c into the raw histogram, as `add_origin`. */
__device__ void add_reference(const CudaVote &v, int c, int s, uint32_t *raw, uint16_t *touched, int *count)
{
    const CudaVoteRef &ref = v.ref[s];
    const CudaOrigin *origin = v.list + ((size_t)c * v.sources + s) * CUDA_VOTE_ORIGINS;
    const float least = least_share(origin);
    LacWhole far = 0, all = 0;

    for (int pass = 0; pass < 2; pass++) { /* the sums, then the shares */
        const bool use_all = far < LAC_VOTE_ISLAND;

        for (int i = 0; i < CUDA_VOTE_ORIGINS && origin[i].label && origin[i].share >= least; i++) {
            const uint32_t end = ref.first[origin[i].label + 1];

            for (uint32_t k = ref.first[origin[i].label] + threadIdx.x; k < end; k += THREADS) {
                const CudaVoteBin b = ref.bins[k];
                const int32_t number = use_all ? b.far + b.beside : b.far;

                if (!pass) {
                    far += (LacWhole)b.far;
                    all += (LacWhole)(b.far + b.beside);
                } else if (number && !atomicAdd(&raw[b.bin], lac_vote_share(number, (int64_t)(use_all ? all : far)))) {
                    touched[atomicAdd(count, 1)] = b.bin;
                }
            }
        }
        if (!pass) {
            far = block_sum(far);
            all = block_sum(all);
        }
    }
}

/* What is done with each of the bins around a touched one. */
template <typename F> __device__ __forceinline__ void around(const uint16_t *touched, int count, F f)
{
    for (int k = (int)threadIdx.x; k < count; k += THREADS) {
        const int bin = touched[k], r = bin >> 10, g = bin >> 5 & 31, b = bin & 31;

        for (int i = r ? r - 1 : 0; i <= r + 1 && i < 32; i++) {
            for (int j = g ? g - 1 : 0; j <= g + 1 && j < 32; j++) {
                for (int l = b ? b - 1 : 0; l <= b + 1 && l < 32; l++) {
                    f(i << 10 | j << 5 | l, bin);
                }
            }
        }
    }
    __syncthreads();
}

/* The density of the least dense backed bin: the largest that bins with a large enough sum reach, found bit by bit. */
__device__ uint32_t least_backed(const uint32_t *raw, const uint32_t *smooth, const uint16_t *touched, int count)
{
    LacWhole all = 0;
    uint32_t least = 0;

    for (int k = (int)threadIdx.x; k < count; k += THREADS) {
        all += raw[touched[k]];
    }
    all = block_sum(all);
    for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
        LacWhole sum = 0;

        for (int k = (int)threadIdx.x; k < count; k += THREADS) {
            sum += smooth[touched[k]] >= (least | bit) ? raw[touched[k]] : 0;
        }
        sum = block_sum(sum);
        least |= sum * 1000 >= (1000 - LAC_VOTE_STRANGE) * all ? bit : 0;
    }
    return least;
}

__global__ void __launch_bounds__(THREADS) back(Job job)
{
    __shared__ int count;
    const CudaVote &v = job.v;
    uint32_t *raw = job.raw + (size_t)blockIdx.x * LAC_VOTE_BINS, *smooth = job.smooth + (size_t)blockIdx.x * LAC_VOTE_BINS;
    uint16_t *touched = job.touched + (size_t)blockIdx.x * LAC_VOTE_BINS;

    for (int turn = (int)blockIdx.x; turn < job.count; turn += BLOCKS) {
        uint32_t *mask = job.mask + (size_t)turn * WORDS;

        if (threadIdx.x == 0) {
            count = 0;
        }
        __syncthreads();
        for (int s = 0; s < v.sources; s++) {
            add_reference(v, v.voter[job.from + turn], s, raw, touched, &count);
        }
        for (int i = (int)threadIdx.x; i < WORDS; i += THREADS) {
            mask[i] = 0;
        }
        __syncthreads();
        around(touched, count, [=](int bin, int from) { atomicAdd(&smooth[bin], raw[from]); });

        const uint32_t least = least_backed(raw, smooth, touched, count);

        around(touched, count, [=](int bin, int) {
            if (smooth[bin] >= least) {
                atomicOr(&mask[bin / 32], 1u << bin % 32);
            }
        });
        around(touched, count, [=](int bin, int from) { smooth[bin] = raw[from] = 0; });
    }
}

/* ---- pixels ---- */

/* Does the pixel have the colour of its partner in a reference, and lies that in the region's origin? */
__device__ bool carried(const CudaVote &v, int c, int x, int y, const uint8_t *rgb)
{
    const size_t cell = lac_vote_cell(v, x, y);

    for (int s = 0; s < v.sources; s++) {
        const CudaVoteRef &ref = v.ref[s];
        const CudaOrigin *origin = v.list + ((size_t)c * v.sources + s) * CUDA_VOTE_ORIGINS;
        const size_t at = lac_vote_partner(v, ref, cell, x, y);
        const int32_t label = ref.label[at];
        const float least = least_share(origin);
        bool own = false;

        for (int k = 0; k < CUDA_VOTE_ORIGINS && origin[k].label && origin[k].share >= least && !own; k++) {
            own = origin[k].label == label;
        }
        if (own && lac_vote_alike(ref.rgb + at * 3, rgb, LAC_VOTE_ALIKE)) {
            return true;
        }
    }
    return false;
}

__device__ __forceinline__ void add_counts(const Job &job, int c, int core, int good)
{
    if (core) {
        atomicAdd(&job.core[c], core);
    }
    if (good) {
        atomicAdd(&job.good[c], good);
    }
}

__global__ void __launch_bounds__(LAC_RUN_THREADS) classify(Job job)
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
        const bool backed = (job.mask[(size_t)turn * WORDS + bin / 32] >> bin % 32 & 1) || carried(v, c, x, run.y, pixel);

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

__global__ void judge(Job job)
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

__global__ void begin_islands(Job job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.v, x, y, i)) {
        const int c = job.v.label[i];

        job.parent[i] = job.wrong[c] && job.state[i] == LAC_VOTE_ALONE ? (int32_t)i : -1;
        job.size[i] = 0;
    }
}

__device__ __forceinline__ int32_t find(const volatile int32_t *parent, int32_t i)
{
    for (int32_t p = parent[i]; p != i; p = parent[i]) {
        i = p;
    }
    return i;
}

/* The least pixel is the root, whoever comes first. */
__device__ void unite(int32_t *parent, int32_t a, int32_t b)
{
    for (;;) {
        a = find(parent, a);
        b = find(parent, b);
        if (a == b) {
            return;
        }
        const int32_t more = a > b ? a : b, less = a > b ? b : a;
        const int32_t there = atomicMin(&parent[more], less);

        if (there == more) {
            return;
        }
        a = there;
        b = less;
    }
}

__global__ void join_islands(Job job)
{
    const CudaVote &v = job.v;
    int x, y;
    size_t i;

    if (!at_pixel(v, x, y, i) || job.parent[i] < 0) {
        return;
    }
    if (x > 0 && v.label[i - 1] == v.label[i] && job.parent[i - 1] >= 0) {
        unite(job.parent, (int32_t)i, (int32_t)i - 1);
    }
    if (y > 0 && v.label[i - v.width] == v.label[i] && job.parent[i - v.width] >= 0) {
        unite(job.parent, (int32_t)i, (int32_t)i - v.width);
    }
}

__global__ void measure_islands(Job job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.v, x, y, i) && job.parent[i] >= 0) {
        atomicAdd(&job.size[find(job.parent, (int32_t)i)], 1);
    }
}

__global__ void weigh_islands(Job job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.v, x, y, i) && job.parent[i] >= 0) {
        const bool bad = job.size[find(job.parent, (int32_t)i)] >= LAC_VOTE_ISLAND;

        job.state[i] = bad ? LAC_VOTE_BAD : LAC_VOTE_PLAIN;
        if (bad) {
            atomicOr(&job.wrong[job.v.label[i]], 2);
        }
    }
}

/* ---- what takes another colour ---- */

/* Is a bad pixel of the same region within three steps? */
__device__ bool beside_bad(const Job &job, int x, int y, int c)
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
__global__ void find_edges(Job job)
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

/* The four neighbours of a pixel, above, left, right, below; the pixel itself where there is none. */
__device__ __forceinline__ void neighbours(const CudaVote &v, int32_t i, int32_t out[4])
{
    const int x = i % v.width, y = i / v.width;

    out[0] = y > 0 ? i - v.width : i;
    out[1] = x > 0 ? i - 1 : i;
    out[2] = x + 1 < v.width ? i + 1 : i;
    out[3] = y + 1 < v.height ? i + v.width : i;
}

/* Good pixels with one beside them that has no colour: the first of their region's row of pixels. */
__global__ void seed_fronts(Job job)
{
    int x, y;
    size_t i;

    if (!at_pixel(job.v, x, y, i) || job.parent[i] != (int32_t)i) {
        return;
    }
    const int c = job.v.label[i];
    int32_t beside[4];
    bool front = false;

    neighbours(job.v, (int32_t)i, beside);
    for (int d = 0; d < 4; d++) {
        front = front || (job.v.label[beside[d]] == c && job.parent[beside[d]] == LAC_VOTE_UNKNOWN);
    }
    if (front) {
        job.size[job.v.start[job.v.turn[c]] + atomicAdd(&job.fronts[c], 1)] = (int32_t)i;
    }
}

/* `replace` of engine/vote.c for one region: step by step, until all that needs a colour has one. */
__global__ void __launch_bounds__(THREADS) run_fronts(Job job)
{
    __shared__ int end, wanted;
    const CudaVote &v = job.v;
    const int c = v.voter[blockIdx.x];
    int32_t *row = job.size + v.start[blockIdx.x];
    volatile int32_t *from = job.parent;
    int begin = 0, stop = job.fronts[c], left = job.wanted[c];

    if (!left) {
        return;
    }
    if (threadIdx.x == 0) {
        end = stop;
        wanted = left;
    }
    __syncthreads();
    while (begin < stop && left > 0) {
        int32_t beside[4];

        for (int k = begin + (int)threadIdx.x; k < stop; k += THREADS) {
            neighbours(v, row[k], beside);
            for (int d = 0; d < 4; d++) {
                const int32_t j = beside[d];

                if (v.label[j] == c && from[j] == LAC_VOTE_UNKNOWN &&
                    atomicCAS(&job.parent[j], (int32_t)LAC_VOTE_UNKNOWN, (int32_t)LAC_VOTE_REACHED) == LAC_VOTE_UNKNOWN) {
                    row[atomicAdd(&end, 1)] = j;
                    if (job.state[j] == LAC_VOTE_BAD || job.state[j] == LAC_VOTE_EDGE) {
                        atomicAdd(&wanted, -1);
                    }
                }
            }
        }
        __syncthreads();
        begin = stop;
        stop = end; /* neither changes before all have come back to the loop's top */
        left = wanted;
        for (int k = begin + (int)threadIdx.x; k < stop; k += THREADS) { /* the first neighbour that has a colour */
            int d = 0;

            neighbours(v, row[k], beside);
            while (d < 3 && (v.label[beside[d]] != c || from[beside[d]] < 0)) {
                d++;
            }
            from[row[k]] = LAC_VOTE_TAKEN - from[beside[d]];
        }
        __syncthreads();
        for (int k = begin + (int)threadIdx.x; k < stop; k += THREADS) {
            from[row[k]] = LAC_VOTE_TAKEN - from[row[k]];
        }
        __syncthreads();
    }
}

__global__ void replace(Job job)
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
size_t pieces(Job *job, char *base, size_t *all)
{
    const size_t native = (size_t)job->v.width * job->v.height, regions = (size_t)job->v.regions + 1;
    size_t used = 0, zero;

    job->raw = (uint32_t *)lac_cuda_piece(base, &used, (size_t)BLOCKS * LAC_VOTE_BINS, sizeof(uint32_t));
    job->smooth = (uint32_t *)lac_cuda_piece(base, &used, (size_t)BLOCKS * LAC_VOTE_BINS, sizeof(uint32_t));
    job->core = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->good = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->wanted = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->fronts = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    zero = used;
    job->wrong = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->touched = (uint16_t *)lac_cuda_piece(base, &used, (size_t)BLOCKS * LAC_VOTE_BINS, sizeof(uint16_t));
    job->mask = (uint32_t *)lac_cuda_piece(base, &used, (size_t)LAPS * WORDS, sizeof(uint32_t));
    job->state = (uint8_t *)lac_cuda_piece(base, &used, native, 1);
    job->parent = (int32_t *)lac_cuda_piece(base, &used, native, sizeof(int32_t));
    job->size = (int32_t *)lac_cuda_piece(base, &used, native, sizeof(int32_t));
    *all = used;
    return zero;
}

/* Which pixels are backed, in as many laps as the regions need. */
int find_states(LacBackend *be, Job job)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = LAC_OK;

    for (; job.from < job.v.voting && !ret; job.from += LAPS) {
        job.count = job.v.voting - job.from < LAPS ? job.v.voting - job.from : LAPS;
        LAC_LAUNCH(back, job.count < BLOCKS ? (unsigned)job.count : (unsigned)BLOCKS, THREADS, 0, stream, job);
        if (!(ret = lac_cuda_launched(be, "votes, backed colours"))) {
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

extern "C" int lac_cuda_vote_colours(LacBackend *be, const CudaVote *v)
{
    static void (*const step[])(Job) = { begin_islands, join_islands, measure_islands, weigh_islands, find_edges, seed_fronts };
    const dim3 grid((unsigned)lac_cover((size_t)v->width, THREADS), (unsigned)v->height);
    cudaStream_t stream = lac_cuda(be)->stream;
    Job job = {};
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

extern "C" int lac_cuda_vote(LacBackend *be, const CudaVote *v)
{
    int ret = lac_cuda_origins(be, v);

    ret = ret ? ret : lac_cuda_vote_colours(be, v);
    return ret ? ret : lac_cuda_evidence(be, v);
}
