/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions on the GPU: their memory and order of work; their numbers, in the order of their first pixels' times, by a stable
 * counting sort; labels and measures. */
#include "ops/cuda/regions.cuh"

namespace {

constexpr int THREADS = LAC_REGIONS_THREADS, PART = LAC_REGIONS_PART, SUMS = 1024;
constexpr int RUN = 8; /* pixels of a row that a thread measures */

/* ---- numbers ---- */

__global__ void find_beginnings(LacRegionsJob job)
{
    const int step = (int)(gridDim.x * THREADS);

    for (int id = (int)(blockIdx.x * THREADS + threadIdx.x) + 1; id <= job.state->basins; id += step) {
        if (job.region[id] == id) {
            const unsigned long long time = job.first[id];
            const int rank = (int)(time >> LAC_REGIONS_INDEX);
            const int32_t i = lac_regions_pixel(time);

            job.begins[i] = (uint16_t)(rank + 1);
            atomicAdd(&job.before[(size_t)rank * job.parts + i / PART], 1);
        }
    }
}

__global__ void __launch_bounds__(SUMS) sum_beginnings(LacRegionsJob job)
{
    const size_t n = (size_t)job.ranks * job.parts;
    int before = 0, all;

    for (size_t from = 0; from < n; from += SUMS) {
        const size_t i = from + threadIdx.x;
        const int own = i < n ? job.before[i] : 0, v = lac_sum_up_to<SUMS>(own, &all);

        if (i < n) {
            job.before[i] = before + v - own;
        }
        before += all;
    }
    if (threadIdx.x == 0) {
        job.r.count[0] = before;
        job.r.count[1] = job.state->threshold;
    }
}

__global__ void __launch_bounds__(PART) number_regions(LacRegionsJob job)
{
    __shared__ uint16_t begins[PART];
    const size_t i = (size_t)blockIdx.x * PART + threadIdx.x;
    const int own = i < (size_t)job.r.width * job.r.height ? job.begins[i] : 0;
    int number = 1;

    begins[threadIdx.x] = (uint16_t)own;
    __syncthreads();
    if (own) {
        for (int k = 0; k < (int)threadIdx.x; k++) {
            number += begins[k] == own;
        }
        job.number[job.region[job.base[i]]] = number + job.before[(size_t)(own - 1) * job.parts + blockIdx.x];
    }
}

__global__ void write_labels(LacRegionsJob job)
{
    int x, y;
    int32_t i;

    if (lac_regions_at(job.r, x, y, i)) {
        job.r.label[i] = job.base[i] ? job.number[job.region[job.base[i]]] : 0;
    }
}

/* ---- measures ---- */

__global__ void begin_measures(CudaRegions r, int count, CudaRegion *table)
{
    const int c = (int)(blockIdx.x * THREADS + threadIdx.x);

    if (c <= count) {
        table[c] = { 0, r.width, r.height, 0, 0, 0 };
    }
}

/* A run of pixels of a row, so that few atomics hit the same place. */
__device__ void add_run(const CudaRegions &r, CudaRegion *g, int c, int from, int end, int y)
{
    const volatile CudaRegion *now = g; /* what is wider already needs no atomic */

    atomicAdd(&g->area, end - from);
    if (from < now->left) {
        atomicMin(&g->left, from);
    }
    if (y < now->top) {
        atomicMin(&g->top, y);
    }
    if (end > now->right) {
        atomicMax(&g->right, end);
    }
    if (y + 1 > now->bottom) {
        atomicMax(&g->bottom, y + 1);
    }
    if (c && !r.squared[(size_t)y * r.width + from]) {
        g->black = 1;
    }
}

__global__ void measure(CudaRegions r, CudaRegion *table)
{
    const int first = (int)(blockIdx.x * THREADS + threadIdx.x) * RUN, y = (int)blockIdx.y;
    const int last = first + RUN < r.width ? first + RUN : r.width;
    const int32_t *label = r.label + (size_t)y * r.width;
    int from = first;

    for (int x = first + 1; x <= last; x++) {
        if (x == last || label[x] != label[from]) {
            add_run(r, &table[label[from]], label[from], from, x, y);
            from = x;
        }
    }
}

/* ---- all of it ---- */

/* More than there can be basins. No two that are not black have neighbours for their first pixels; black ones have four pixels
 * and more, but in a picture of one row or column. */
size_t most_basins(const CudaRegions &r)
{
    const size_t n = (size_t)r.width * r.height;

    return r.width > 1 && r.height > 1 ? (n + 1) / 2 + n / 4 + 1 : n + 1;
}

/* Returns how much of it is to be 0 at first. */
size_t pieces(LacRegionsJob *job, char *base, size_t *all)
{
    const size_t n = (size_t)job->r.width * job->r.height, most = most_basins(job->r);
    size_t used = 0, zero;

    job->state = (LacRegionsState *)lac_cuda_piece(base, &used, 1, sizeof(LacRegionsState));
    job->begins = (uint16_t *)lac_cuda_piece(base, &used, n, sizeof(uint16_t));
    job->before = (int32_t *)lac_cuda_piece(base, &used, (size_t)job->ranks * job->parts, sizeof(int32_t));
    zero = used;
    job->squared = (uint16_t *)lac_cuda_piece(base, &used, n, sizeof(uint16_t));
    job->kind = (uint8_t *)lac_cuda_piece(base, &used, n, 1);
    job->column = (uint8_t *)lac_cuda_piece(base, &used, n, 1);
    job->mark = (uint8_t *)lac_cuda_piece(base, &used, n, 1);
    int32_t **const pixels[] = { &job->parent, &job->base, &job->events[0], &job->events[1] };
    int32_t **const basins[] = { &job->region, &job->peak,     &job->next,    &job->target,
                                 &job->open,   &job->opens[0], &job->opens[1] };

    for (int32_t **plane : pixels) {
        *plane = (int32_t *)lac_cuda_piece(base, &used, n, sizeof(int32_t));
    }
    for (int32_t **table : basins) {
        *table = (int32_t *)lac_cuda_piece(base, &used, most, sizeof(int32_t));
    }
    job->number = job->next; /* when all have joined */
    job->best = (unsigned long long *)lac_cuda_piece(base, &used, most, sizeof(unsigned long long));
    job->first = (unsigned long long *)lac_cuda_piece(base, &used, most, sizeof(unsigned long long));
    *all = used;
    return zero;
}

} // namespace

extern "C" int lac_cuda_regions(LacBackend *be, const CudaRegions *r)
{
    const size_t n = (size_t)r->width * r->height;
    LacRegionsJob job = {};
    size_t zero, all;
    char *base;
    int ret = lac_cuda_begin(be);

    job.r = *r;
    job.ranks = r->far * r->far + 3;
    job.parts = (int)lac_cover(n, PART);
    zero = pieces(&job, NULL, &all);
    base = ret ? NULL : (char *)lac_cuda_scratch(be, all);
    if (!base) {
        return ret ? ret : LAC_ENOMEM;
    }
    pieces(&job, base, &all);

    const LacRegionsStep numbering[] = {
        { find_beginnings, lac_grid(n, 64 * THREADS), THREADS }, { sum_beginnings, 1, SUMS },
        { number_regions, (unsigned)job.parts, PART },           { write_labels, lac_regions_grid(*r), THREADS },
    };

    ret = lac_cuda_check(be, cudaMemsetAsync(base, 0, zero, lac_cuda(be)->stream), "regions");
    ret = ret ? ret : lac_cuda_regions_kinds(be, job);
    ret = ret ? ret : lac_cuda_regions_join(be, job);
    return ret ? ret : lac_cuda_regions_steps(be, job, numbering, "regions, numbers");
}

extern "C" int lac_cuda_measure(LacBackend *be, const CudaRegions *r, int count, CudaRegion *table)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    if (!ret) {
        LAC_LAUNCH(begin_measures, (unsigned)lac_cover((size_t)count + 1, THREADS), THREADS, 0, stream, *r, count, table);
        ret = lac_cuda_launched(be, "regions, measures");
    }
    if (!ret) {
        LAC_LAUNCH(measure, dim3((unsigned)lac_cover((size_t)r->width, RUN * THREADS), (unsigned)r->height), THREADS, 0, stream,
                   *r, table);
        ret = lac_cuda_launched(be, "regions, measures");
    }
    return ret;
}
