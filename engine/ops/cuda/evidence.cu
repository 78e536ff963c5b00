/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sums of engine/regions/confidence.c: what the pixels of each region tell of it. */
#include "ops/cuda/vote.cuh"

namespace {

constexpr int MOST = LAC_SUM_SOURCES + LAC_SUMS * CUDA_MATCH_FIELDS;

/* How many of LAC_EVIDENCE_WHOLE parts of a cell's neighbours have its displacement, up to a pixel of the field. */
__device__ int coherence(const CudaVote &v, const CudaOffset *offset, size_t cell)
{
    const int w = v.cells_width, x = (int)(cell % w), y = (int)(cell / w);
    const CudaOffset a = offset[cell];
    int same = 0, n = 0;

    for (int d = 0; d < 4; d++) {
        const int nx = x + (d == 1 ? -1 : d == 2), ny = y + (d == 0 ? -1 : d == 3);

        if (nx >= 0 && ny >= 0 && nx < w && ny < v.cells_height) {
            const CudaOffset b = offset[(size_t)ny * w + nx];
            const int dx = b.x - a.x, dy = b.y - a.y;

            same += dx <= 1 && dx >= -1 && dy <= 1 && dy >= -1;
            n++;
        }
    }
    return n ? same * LAC_EVIDENCE_WHOLE / n : LAC_EVIDENCE_WHOLE;
}

__device__ void flush(const CudaVote &v, int c, LacWhole (&own)[MOST])
{
    const int sums = LAC_SUM_SOURCES + LAC_SUMS * v.sources;
    LacWhole *to = reinterpret_cast<LacWhole *>(v.sums) + (size_t)c * sums;

#pragma unroll
    for (int i = 0; i < MOST; i++) {
        if (i < sums && own[i]) {
            atomicAdd(&to[i], own[i]);
        }
        own[i] = 0;
    }
}

__global__ void __launch_bounds__(LAC_RUN_THREADS) observe(CudaVote v)
{
    const LacRun run = lac_run(v);
    const float *prediction = v.prediction +
                              (size_t)((int64_t)run.y * v.prediction_height / v.height) * v.prediction_width * 3;
    LacWhole own[MOST] = {};
    int region = 0;

    for (int x = run.x; x < run.end; x++) {
        const size_t i = (size_t)run.y * v.width + x, cell = lac_vote_cell(v, x, run.y);
        const int c = v.label[i];

        if (!c || !lac_vote_core(v, c, i)) {
            continue;
        }
        if (c != region) {
            flush(v, region, own);
            region = c;
        }
        own[LAC_SUM_PIXELS]++;
        own[LAC_SUM_SURE] += v.transferred[i * 4 + 3];
        own[LAC_SUM_PREDICTED] +=
            lac_vote_foreseen(prediction + (size_t)((int64_t)x * v.prediction_width / v.width) * 3, v.rgb + i * 3);
#pragma unroll
        for (int s = 0; s < CUDA_MATCH_FIELDS; s++) {
            if (s < v.sources) {
                const CudaVoteRef &ref = v.ref[s];
                LacWhole *of = own + LAC_SUM_SOURCES + s * LAC_SUMS;

                of[LAC_SUM_AGREED] += lac_vote_alike(ref.rgb + lac_vote_partner(v, ref, cell, x, run.y) * 3, v.rgb + i * 3,
                                                     LAC_EVIDENCE_LIKE);
                of[LAC_SUM_COHERENT] += (LacWhole)coherence(v, ref.offset, cell);
                of[LAC_SUM_COST] += (LacWhole)ref.cost[cell];
            }
        }
    }
    flush(v, region, own);
}

} // namespace

extern "C" int lac_cuda_evidence(LacBackend *be, const CudaVote *v)
{
    const size_t sums = (size_t)(LAC_SUM_SOURCES + LAC_SUMS * v->sources) * ((size_t)v->regions + 1);
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    ret = ret ? ret : lac_cuda_check(be, cudaMemsetAsync(v->sums, 0, sums * sizeof *v->sums, stream), "evidence");
    if (!ret) {
        LAC_LAUNCH(observe, lac_run_grid(v), LAC_RUN_THREADS, 0, stream, *v);
        ret = lac_cuda_launched(be, "evidence");
    }
    return ret;
}
