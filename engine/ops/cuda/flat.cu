/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flat colours: the steps of engine/regions/flat.c, a thread a pixel, with the arithmetic of flat_math.h; fronts inside a region are a
 * block's. */
#include "ops/cuda/flat_cuda.h"
#include "ops/cuda/fronts.cuh"
#include "ops/cuda/spread_cuda.h"
#include "ops/cuda/vote.cuh"

namespace {

constexpr int THREADS = 256;

struct Job {
    CudaFlat f;
    LacWhole *against; /* [classes] of regions that lie all beside lines */
    int32_t *fronts, *wanted; /* [regions + 1] pixels that fronts start from; those without a class */
    uint8_t *thin;     /* [regions + 1] the class of such regions */
    int32_t *from;     /* [height][width] the class while fronts carry it */
    int32_t *row;      /* [height][width] pixels of fronts by region, from where f.start says; then the field's costs */
    CudaField field;   /* colour: the class's place among all */
    int *fell;
};

__device__ __forceinline__ bool at_pixel(const CudaFlat &f, int &x, int &y, size_t &i)
{
    x = (int)(blockIdx.x * THREADS + threadIdx.x);
    y = (int)blockIdx.y;
    i = (size_t)y * f.v.width + x;
    return x < f.v.width;
}

__device__ __forceinline__ LacFlatColours colours_of(const CudaFlat &f, int c)
{
    return { f.colour + (size_t)f.first[c] * 4, 4, f.first[c + 1] - f.first[c] };
}

__device__ __forceinline__ bool is_thin(const CudaFlat &f, int c)
{
    return c && f.v.far[c] < LAC_VOTE_FEW && !f.v.black[c] && f.first[c + 1] > f.first[c];
}

__device__ __forceinline__ void add_counts(const CudaFlat &f, int c, int known, int all)
{
    if (known) {
        atomicAdd(&f.count[2 * c], known);
    }
    if (all) {
        atomicAdd(&f.count[2 * c + 1], all);
    }
}

__global__ void __launch_bounds__(LAC_RUN_THREADS) classify(CudaFlat f)
{
    const LacRun run = lac_run(f.v);
    int region = 0, known = 0, all = 0;

    for (int x = run.x; x < run.end; x++) {
        const size_t i = (size_t)run.y * f.v.width + x;
        const int c = f.v.label[i];
        const LacFlatColours k = colours_of(f, c);

        if (f.only && !f.only[c]) {
            continue;
        }
        if (c != region) {
            add_counts(f, region, known, all);
            region = c;
            known = all = 0;
        }
        f.state[i] = LAC_FLAT_NOT_YET;
        f.own[i] = 0;
        if (c && k.n && (f.v.black[c] || lac_vote_core(f.v, c, i))) {
            const int own = lac_flat_nearest(&k, f.v.rgb + i * 3);
            const int away = lac_flat_difference(lac_flat_colour(&k, own), f.v.rgb + i * 3);

            f.own[i] = (uint8_t)own;
            f.state[i] = away <= LAC_FLAT_SURE ? LAC_FLAT_OF : LAC_FLAT_LIKE;
            known += away <= LAC_FLAT_FOREIGN;
            all++;
        }
    }
    add_counts(f, region, known, all);
}

/* ---- one class for a region all beside lines ---- */

__global__ void weigh_thin(Job job)
{
    const CudaFlat &f = job.f;
    int x, y;
    size_t i;

    if (at_pixel(f, x, y, i) && is_thin(f, f.v.label[i])) {
        const LacFlatColours k = colours_of(f, f.v.label[i]);

        for (int n = 0; n < k.n; n++) {
            atomicAdd(&job.against[f.first[f.v.label[i]] + n],
                      (LacWhole)lac_flat_against(f.v.gray[i], lac_flat_colour(&k, n), f.v.rgb + i * 3));
        }
    }
}

__global__ void choose_thin(Job job)
{
    const CudaFlat &f = job.f;
    const int c = (int)(blockIdx.x * THREADS + threadIdx.x);
    int best = 0;

    if (c > f.v.regions || !is_thin(f, c)) {
        return;
    }
    for (int n = 1; n < f.first[c + 1] - f.first[c]; n++) {
        best = job.against[f.first[c] + n] < job.against[f.first[c] + best] ? n : best;
    }
    job.thin[c] = (uint8_t)best;
}

/* ---- mixtures ---- */

__device__ __forceinline__ LacFlatPlanes planes_of(const CudaFlat &f)
{
    return { f.v.width, f.v.height, f.v.label, f.state, f.own };
}

/* Only sure pixels' classes are looked at, only others' change: no order counts. */
__global__ void settle(Job job)
{
    const CudaFlat &f = job.f;
    int x, y;
    size_t i;

    if (!at_pixel(f, x, y, i)) {
        return;
    }
    const int c = f.v.label[i];

    if (is_thin(f, c)) {
        f.own[i] = job.thin[c];
        f.state[i] = LAC_FLAT_OF;
    } else if (f.state[i] == LAC_FLAT_LIKE) {
        const LacFlatPlanes planes = planes_of(f);
        const LacFlatColours k = colours_of(f, c);

        f.own[i] = (uint8_t)lac_flat_around(&planes, &k, x, y, f.v.rgb + i * 3);
    }
}

__global__ void join(Job job)
{
    const CudaFlat &f = job.f;
    int x, y;
    size_t i;

    if (!at_pixel(f, x, y, i)) {
        return;
    }
    const LacFlatPlanes planes = planes_of(f);

    job.from[i] = f.state[i] == LAC_FLAT_NOT_YET ? (int32_t)LAC_VOTE_UNKNOWN
                  : f.state[i] == LAC_FLAT_LIKE  ? lac_flat_joined(&planes, (int32_t)i)
                                                 : f.own[i];
    if (f.v.label[i] && f.state[i] == LAC_FLAT_NOT_YET) {
        atomicAdd(&job.wanted[f.v.label[i]], 1);
    }
}

/* ---- beside lines ---- */

__device__ __forceinline__ LacFronts fronts_of(const Job &job)
{
    return { job.f.v.width, job.f.v.height, job.f.v.label, job.from };
}

__global__ void seed(Job job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.f, x, y, i) && job.from[i] >= 0 && lac_at_front(fronts_of(job), (int32_t)i, job.f.v.label[i])) {
        const int c = job.f.v.label[i];

        job.row[job.f.start[c] + atomicAdd(&job.fronts[c], 1)] = (int32_t)i;
    }
}

__global__ void __launch_bounds__(THREADS) spread_classes(Job job)
{
    const int c = (int)blockIdx.x + 1;

    if (job.fronts[c]) {
        lac_run_fronts<THREADS>(fronts_of(job), c, job.row + job.f.start[c], job.fronts[c], job.wanted[c],
                                [](int32_t) { return true; });
    }
}

/* ---- lines, and the picture ---- */

__global__ void lay(Job job)
{
    int x, y;
    size_t i;

    if (at_pixel(job.f, x, y, i)) {
        job.field.state[i] = job.from[i] < 0 ? LAC_PIXEL_LINE : LAC_PIXEL_KNOWN;
        reinterpret_cast<int32_t *>(job.field.colour)[i] = job.f.first[job.f.v.label[i]] + job.from[i];
    }
}

__global__ void draw(Job job)
{
    const CudaFlat &f = job.f;
    int x, y;
    size_t i;

    if (at_pixel(f, x, y, i) && job.field.state[i] != LAC_PIXEL_LINE) {
        const int c = f.v.label[i];
        const LacFlatPixel pixel = { f.v.gray[i], f.black[i], f.v.squared[i], c > 0, f.v.black[c] != 0 };
        const size_t at = (size_t) reinterpret_cast<const int32_t *>(job.field.colour)[i];

        lac_flat_draw(&f.drawing, &pixel, f.colour + at * 4, f.v.rgb + i * 3);
    }
}

/* Cuts `base` into all that has a size; a NULL base only counts. What is to be 0 comes first. Returns its bytes, and all. */
size_t pieces(Job *job, char *base, size_t *all)
{
    const size_t native = (size_t)job->f.v.width * job->f.v.height, regions = (size_t)job->f.v.regions + 1;
    size_t used = 0, zero;

    job->against = (LacWhole *)lac_cuda_piece(base, &used, (size_t)job->f.classes, sizeof(LacWhole));
    job->fronts = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    job->wanted = (int32_t *)lac_cuda_piece(base, &used, regions, sizeof(int32_t));
    zero = used;
    job->thin = (uint8_t *)lac_cuda_piece(base, &used, regions, 1);
    job->from = (int32_t *)lac_cuda_piece(base, &used, native, sizeof(int32_t));
    job->row = (int32_t *)lac_cuda_piece(base, &used, native, sizeof(int32_t));
    job->fell = (int *)lac_cuda_piece(base, &used, 1, sizeof(int));
    job->field = { job->f.v.width, job->f.v.height, (uint8_t *)lac_cuda_piece(base, &used, native, 1),
                   (uint8_t *)lac_cuda_piece(base, &used, native, 4), job->row, job->fell };
    *all = used;
    return zero;
}

int launch(LacBackend *be, void (*kernel)(Job), dim3 grid, const Job &job, const char *name)
{
    LAC_LAUNCH(kernel, grid, THREADS, 0, lac_cuda(be)->stream, job);
    return lac_cuda_launched(be, name);
}

} // namespace

extern "C" int lac_cuda_flat_classify(LacBackend *be, const CudaFlat *flat)
{
    const int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(classify, lac_run_grid(&flat->v), LAC_RUN_THREADS, 0, lac_cuda(be)->stream, *flat);
    return lac_cuda_launched(be, "flat colours, classes");
}

extern "C" int lac_cuda_flat(LacBackend *be, const CudaFlat *flat)
{
    const CudaVote &v = flat->v;
    const dim3 pixels((unsigned)lac_cover((size_t)v.width, THREADS), (unsigned)v.height);
    const dim3 regions((unsigned)lac_cover((size_t)v.regions + 1, THREADS));
    Job job = {};
    size_t zero, all;
    char *base;
    int ret = lac_cuda_begin(be);

    job.f = *flat;
    zero = pieces(&job, NULL, &all);
    base = ret ? NULL : (char *)lac_cuda_scratch(be, all);
    if (!base) {
        return ret ? ret : LAC_ENOMEM;
    }
    pieces(&job, base, &all);
    ret = lac_cuda_check(be, cudaMemsetAsync(base, 0, zero, lac_cuda(be)->stream), "flat colours");
    ret = ret ? ret : launch(be, weigh_thin, pixels, job, "flat colours, thin regions");
    ret = ret ? ret : launch(be, choose_thin, regions, job, "flat colours, thin regions");
    ret = ret ? ret : launch(be, settle, pixels, job, "flat colours, mixtures");
    ret = ret ? ret : launch(be, join, pixels, job, "flat colours, islands");
    ret = ret ? ret : launch(be, seed, pixels, job, "flat colours, fronts");
    if (v.regions) {
        ret = ret ? ret : launch(be, spread_classes, dim3((unsigned)v.regions), job, "flat colours, fronts");
    }
    ret = ret ? ret : launch(be, lay, pixels, job, "flat colours, layer");
    if (flat->drawing.lines != LAC_LINES_REF || flat->black != v.gray) {
        ret = ret ? ret : lac_cuda_spread_lines(be, &job.field, v.gray, v.width + v.height);
    }
    return ret ? ret : launch(be, draw, pixels, job, "flat colours");
}
