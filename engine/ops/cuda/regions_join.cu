/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Basins that become regions, in rounds: regions_math.h says why their order does not matter. Pixels find their basins and the
 * events where these meet; then one block of threads goes on until no region is left that could join another, so the host is
 * not asked how often. */
#include "ops/cuda/components.cuh"
#include "ops/cuda/regions.cuh"

namespace {

constexpr int THREADS = LAC_REGIONS_THREADS, MANY = 1024;
constexpr unsigned long long NEVER = ~0ULL;
constexpr int32_t NONE = -1; /* of parent: a line */

/* ---- basins ---- */

__global__ void begin_trees(LacRegionsJob job)
{
    int x, y;
    int32_t i, met[4];

    if (!lac_regions_at(job.r, x, y, i)) {
        return;
    }
    const int kind = job.kind[i];
    int32_t best = kind == LAC_KIND_LINE ? NONE : i;

    if (kind == LAC_KIND_REST) {
        const int n = lac_regions_met(job.kind, job.squared, job.r.width, job.r.height, i, met);

        for (int j = 0; j < n; j++) {
            best = best == i || job.squared[met[j]] > job.squared[best] ? met[j] : best;
        }
    }
    job.parent[i] = best;
}

__global__ void join_neighbours(LacRegionsJob job)
{
    const int w = job.r.width;
    int x, y;
    int32_t i;

    if (!lac_regions_at(job.r, x, y, i)) {
        return;
    }
    const int kind = job.kind[i];

    if (kind == LAC_KIND_BLACK || kind == LAC_KIND_BALL) {
        if (x && job.kind[i - 1] == kind) {
            lac_unite(job.parent, i, i - 1);
        }
        if (y && job.kind[i - w] == kind) {
            lac_unite(job.parent, i, i - w);
        }
    }
}

/* Trees become flat, in any order: a parent only ever gives way to an ancestor. A root begins a basin, whose number stands
 * in its place of `base`. */
__global__ void number_basins(LacRegionsJob job)
{
    int x, y;
    int32_t i;

    if (!lac_regions_at(job.r, x, y, i) || job.parent[i] == NONE) {
        return;
    }
    const int32_t root = lac_find(job.parent, i);

    if (root != i) {
        job.parent[i] = root;
        return;
    }
    const int kind = job.kind[i], at = job.squared[i], id = atomicAdd(&job.state->basins, 1) + 1;

    job.base[i] = id;
    job.region[id] = job.next[id] = job.target[id] = id;
    job.peak[id] = at;
    job.open[id] = kind == LAC_KIND_REST;
    job.best[id] = NEVER;
    job.first[id] = lac_regions_time(lac_regions_rank(kind, at, job.r.far), i);
    if (kind == LAC_KIND_REST) {
        job.opens[0][atomicAdd(&job.state->open, 1)] = id;
    }
}

__global__ void name_pixels(LacRegionsJob job)
{
    int x, y;
    int32_t i;

    if (lac_regions_at(job.r, x, y, i) && job.parent[i] != i) {
        job.base[i] = job.parent[i] == NONE ? 0 : job.base[job.parent[i]];
    }
}

__global__ void find_events(LacRegionsJob job)
{
    int x, y;
    int32_t i, met[4];
    bool several = false;

    if (!lac_regions_at(job.r, x, y, i) || job.kind[i] != LAC_KIND_REST) {
        return;
    }
    const int n = lac_regions_met(job.kind, job.squared, job.r.width, job.r.height, i, met);

    for (int j = 1; j < n; j++) {
        several = several || job.base[met[j]] != job.base[met[0]];
    }
    if (several) {
        job.events[0][atomicAdd(&job.state->events, 1)] = i;
    }
}

/* ---- rounds ---- */

/* The regions that meet at pixel i -> those; returns how many neighbours they are of. */
__device__ __forceinline__ int meeting(const LacRegionsJob &job, int32_t i, int32_t (&those)[4])
{
    const int n = lac_regions_met(job.kind, job.squared, job.r.width, job.r.height, i, those);

    for (int j = 0; j < n; j++) {
        those[j] = job.region[job.base[those[j]]];
    }
    return n;
}

/* The pixel's events, to the regions that may still join; false: none of them may. */
__device__ bool offer(const LacRegionsJob &job, int32_t i)
{
    const unsigned long long time = lac_regions_time(lac_regions_rank(LAC_KIND_REST, job.squared[i], job.r.far), i);
    int32_t those[4];
    const int n = meeting(job, i, those);
    bool any = false;

    for (int j = 1; j < n; j++) {
        for (int m = 0; m < j; m++) {
            const unsigned long long event = time << LAC_REGIONS_PAIR | (unsigned)lac_regions_pair(m, j);
            const int32_t both[2] = { those[m], those[j] };

            for (int k = 0; k < 2 && both[0] != both[1]; k++) {
                if (job.open[both[k]]) {
                    atomicMin(&job.best[both[k]], event);
                    any = true;
                }
            }
        }
    }
    return any;
}

/* At its first event the region joins the other one, or never will join any. */
__device__ void decide(const LacRegionsJob &job, int32_t id)
{
    const unsigned long long event = job.best[id];
    int32_t those[4];

    if (event == NEVER) {
        job.open[id] = 0;
        return;
    }
    const int32_t i = lac_regions_pixel(event >> LAC_REGIONS_PAIR);
    const int pair = (int)(event & ((1U << LAC_REGIONS_PAIR) - 1));

    meeting(job, i, those);
    if (lac_regions_no_neck(sqrtf((float)job.peak[id]), sqrtf((float)job.squared[i]))) {
        const int32_t one = those[lac_regions_first(pair)], two = those[lac_regions_second(pair)];

        job.next[id] = one == id ? two : one;
    } else {
        job.open[id] = 0;
    }
}

/* Where a chain of regions that join ends: two that join each other are one, in the name of the first. */
__device__ int32_t end_of(const int32_t *next, int32_t id)
{
    for (;;) {
        const int32_t n = next[id];

        if (n == id) {
            return id;
        }
        if (next[n] == id) {
            return n < id ? n : id;
        }
        id = n;
    }
}

/* Its peak and its first pixel, to the region it is part of now. */
__device__ void merge(const LacRegionsJob &job, int32_t id)
{
    const int32_t to = job.target[id];

    if (to != id) {
        atomicMax(&job.peak[to], job.peak[id]);
        atomicMin(&job.first[to], job.first[id]);
    }
}

__global__ void __launch_bounds__(MANY) join_basins(LacRegionsJob job)
{
    __shared__ int opens, events, left_open, left_events;
    const int thread = (int)threadIdx.x, basins = job.state->basins;
    int from = 0;

    if (thread == 0) {
        opens = job.state->open;
        events = job.state->events;
    }
    __syncthreads();
    while (opens) {
        const int32_t *open = job.opens[from], *event = job.events[from];

        if (thread == 0) {
            left_open = left_events = 0;
        }
        __syncthreads();
        for (int e = thread; e < events; e += MANY) {
            if (offer(job, event[e])) {
                job.events[!from][atomicAdd(&left_events, 1)] = event[e];
            }
        }
        __syncthreads();
        for (int o = thread; o < opens; o += MANY) {
            decide(job, open[o]);
        }
        __syncthreads();
        for (int o = thread; o < opens; o += MANY) {
            job.target[open[o]] = end_of(job.next, open[o]);
        }
        __syncthreads();
        for (int o = thread; o < opens; o += MANY) {
            merge(job, open[o]);
        }
        for (int id = thread + 1; id <= basins; id += MANY) {
            job.region[id] = job.target[job.region[id]];
        }
        for (int o = thread; o < opens; o += MANY) {
            const int32_t id = open[o];

            job.next[id] = id;
            job.best[id] = NEVER;
            if (job.target[id] == id && job.open[id]) {
                job.opens[!from][atomicAdd(&left_open, 1)] = id;
            }
        }
        __syncthreads();
        if (thread == 0) {
            opens = left_open;
            events = left_events;
        }
        from = !from;
        __syncthreads();
    }
}

} // namespace

int lac_cuda_regions_join(LacBackend *be, const LacRegionsJob &job)
{
    const dim3 pixels = lac_regions_grid(job.r);
    const LacRegionsStep steps[] = {
        { begin_trees, pixels, THREADS }, { join_neighbours, pixels, THREADS }, { number_basins, pixels, THREADS },
        { name_pixels, pixels, THREADS }, { find_events, pixels, THREADS },     { join_basins, 1, MANY },
    };

    return lac_cuda_regions_steps(be, job, steps, "regions, joining");
}
