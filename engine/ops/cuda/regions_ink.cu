/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Line art's ink, distances, black areas and what the ball reaches, as engine/regions/regions_ink.c finds them: a thread a pixel, or a
 * column, or a block of threads a row. */
#include "ops/cuda/regions.cuh"

namespace {

constexpr int THREADS = LAC_REGIONS_THREADS;
enum { PAPER, LINE, BLACK }; /* of ink */

static_assert(LAC_RUNS == THREADS, "a thread a gray, and a length");

/* ---- what is a line ---- */

__global__ void count_grays(LacRegionsJob job)
{
    __shared__ unsigned own[256];
    const size_t n = (size_t)job.r.width * job.r.height, step = (size_t)gridDim.x * THREADS;

    own[threadIdx.x] = 0;
    __syncthreads();
    for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < n; i += step) {
        atomicAdd(&own[job.r.gray[i]], 1U);
    }
    __syncthreads();
    if (own[threadIdx.x]) {
        atomicAdd(&job.state->grays[threadIdx.x], own[threadIdx.x]);
    }
}

__global__ void choose_threshold(LacRegionsJob job)
{
    const unsigned *grays = job.state->grays;
    const size_t n = (size_t)job.r.width * job.r.height;
    size_t seen = 0;
    int paper = 255, dark = 0;

    for (int v = 254; v >= 128; v--) {
        paper = grays[v] > grays[paper] ? v : paper;
    }
    while ((seen += grays[dark]) <= n / 2000) {
        dark++;
    }
    job.state->threshold = lac_regions_threshold(paper, dark);
}

__global__ void mark_ink(LacRegionsJob job)
{
    int x, y;
    int32_t i;

    if (lac_regions_at(job.r, x, y, i)) {
        job.kind[i] = job.r.gray[i] < job.state->threshold ? LINE : PAPER;
    }
}

/* ---- black areas ---- */

__global__ void count_runs(LacRegionsJob job)
{
    __shared__ unsigned own[LAC_RUNS];
    const int w = job.r.width;
    int x, y, length = 1;
    int32_t i;

    own[threadIdx.x] = 0;
    __syncthreads();
    if (lac_regions_at(job.r, x, y, i) && job.kind[i] && (y + 1 == job.r.height || !job.kind[i + w])) {
        while (length < LAC_RUNS - 1 && length <= y && job.kind[i - (ptrdiff_t)length * w]) {
            length++;
        }
        atomicAdd(&own[length], 1U);
    }
    __syncthreads();
    if (own[threadIdx.x]) {
        atomicAdd(&job.state->runs[threadIdx.x], own[threadIdx.x]);
    }
}

__global__ void choose_side(LacRegionsJob job)
{
    const int least = job.r.width < job.r.height ? job.r.width : job.r.height;
    size_t total = 0, seen = 0;
    int t = 0;

    for (int i = 0; i < LAC_RUNS; i++) {
        total += job.state->runs[i];
    }
    while (total && (seen += job.state->runs[t]) * 2 < total) {
        t++;
    }
    job.state->side = 2 * t + 2 < least ? 2 * t + 2 : least;
}

/* mark: is the pixel the lowest of `side` line pixels of its column? */
__global__ void mark_columns(LacRegionsJob job)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), w = job.r.width, side = job.state->side;
    int run = 0;

    for (int y = 0; y < job.r.height && x < w; y++) {
        const size_t i = (size_t)y * w + x;

        run = job.kind[i] ? run + 1 : 0;
        job.mark[i] = run >= side;
    }
}

/* Which pixels of the row lie in a run of `side` such pixels. */
__global__ void mark_rows(LacRegionsJob job)
{
    const int w = job.r.width, side = job.state->side;
    const size_t row = (size_t)blockIdx.x * w;
    uint8_t *mark = job.mark + row;
    int32_t *sum = job.parent + row, *ends = job.base + row; /* marks, and ends of such runs, up to a pixel */
    int before = 0, all;

    for (int from = 0; from < w; from += THREADS) {
        const int x = from + (int)threadIdx.x;
        const int v = lac_sum_up_to<THREADS>(x < w && mark[x], &all);

        if (x < w) {
            sum[x] = before + v;
        }
        before += all;
    }
    __syncthreads();
    before = 0;
    for (int from = 0; from < w; from += THREADS) {
        const int x = from + (int)threadIdx.x;
        const bool end = x < w && x + 1 >= side && sum[x] - (x >= side ? sum[x - side] : 0) == side;
        const int v = lac_sum_up_to<THREADS>(end, &all);

        if (x < w) {
            ends[x] = before + v;
        }
        before += all;
    }
    __syncthreads();
    for (int x = (int)threadIdx.x; x < w; x += THREADS) {
        const int last = x + side - 1 < w ? x + side - 1 : w - 1;

        mark[x] = ends[last] > (x ? ends[x - 1] : 0);
    }
}

/* Up from the lowest rows of squares. */
__global__ void mark_black(LacRegionsJob job)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), w = job.r.width, side = job.state->side;
    int rest = 0;

    for (int y = job.r.height - 1; y >= 0 && x < w; y--) {
        const size_t i = (size_t)y * w + x;

        rest = job.mark[i] ? side : rest;
        if (rest > 0) {
            job.kind[i] = BLACK;
            rest--;
        }
    }
}

/* ---- distances ---- */

__global__ void columns(LacRegionsJob job)
{
    const int w = job.r.width, h = job.r.height;
    int x, y, d = 0;
    int32_t i;

    if (lac_regions_at(job.r, x, y, i)) {
        while (d < job.r.far && y >= d && y + d < h && !job.kind[i - (ptrdiff_t)d * w] && !job.kind[i + (ptrdiff_t)d * w]) {
            d++;
        }
        job.column[i] = (uint8_t)d;
    }
}

__global__ void distances(LacRegionsJob job)
{
    const int w = job.r.width, far = job.r.far;
    int x, y;
    int32_t i;

    if (!lac_regions_at(job.r, x, y, i)) {
        return;
    }
    int s = job.column[i] * job.column[i];

    for (int d = 1; d <= far && d * d < s; d++) {
        const int left = x >= d ? d < far ? job.column[i - d] : far : 0, right = x + d < w ? d < far ? job.column[i + d] : far : 0;
        const int least = left < right ? left : right, v = least * least + d * d;

        s = v < s ? v : s;
    }
    job.squared[i] = (uint16_t)s;
    job.r.squared[i] = (uint8_t)(s < 255 ? s : 255);
}

/* ---- the ball ---- */

/* Whether a square of four pixels with this one, up and left by (up, left), is inside and far enough from lines. */
__device__ __forceinline__ bool fits(const LacRegionsJob &job, int x, int y, int up, int left, int four)
{
    const int w = job.r.width;

    x -= left;
    y -= up;
    if (x < 0 || y < 0 || x + 1 >= w || y + 1 >= job.r.height) {
        return false;
    }
    const uint16_t *a = job.squared + (size_t)y * w + x, *b = a + w;

    return 4 * a[0] >= four && 4 * a[1] >= four && 4 * b[0] >= four && 4 * b[1] >= four;
}

/* Ink gives way to what kind of pixel it is. */
__global__ void find_kinds(LacRegionsJob job)
{
    const int gap = job.r.gap, four = (gap + 1) * (gap + 1);
    bool ball;
    int x, y;
    int32_t i;

    if (!lac_regions_at(job.r, x, y, i)) {
        return;
    }
    if (gap % 2 == 0) {
        ball = job.squared[i] > four / 4;
    } else {
        ball = fits(job, x, y, 0, 0, four) || fits(job, x, y, 0, 1, four) || fits(job, x, y, 1, 0, four) ||
               fits(job, x, y, 1, 1, four);
    }
    job.kind[i] = job.kind[i] == BLACK ? LAC_KIND_BLACK : ball ? LAC_KIND_BALL : job.squared[i] ? LAC_KIND_REST : LAC_KIND_LINE;
}

} // namespace

int lac_cuda_regions_kinds(LacBackend *be, const LacRegionsJob &job)
{
    const unsigned all = lac_grid((size_t)job.r.width * job.r.height, 16 * THREADS), rows = (unsigned)job.r.height;
    const unsigned wide = (unsigned)lac_cover((size_t)job.r.width, THREADS);
    const dim3 pixels = lac_regions_grid(job.r);
    const LacRegionsStep steps[] = {
        { count_grays, all, THREADS },    { choose_threshold, 1, 1 },      { mark_ink, pixels, THREADS },
        { columns, pixels, THREADS },     { distances, pixels, THREADS },  { count_runs, pixels, THREADS },
        { choose_side, 1, 1 },            { mark_columns, wide, THREADS }, { mark_rows, rows, THREADS },
        { mark_black, wide, THREADS },    { find_kinds, pixels, THREADS },
    };

    return lac_cuda_regions_steps(be, job, steps, "regions, lines and distances");
}
