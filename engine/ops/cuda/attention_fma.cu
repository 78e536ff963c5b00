/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attention in fp32, for any number of dimensions and columns: `precision=fp32`, and whatever the tensor cores' kernels
 * are not made for. A thread block is a chunk, a part of the groups and COLUMNS columns; a thread has the eight queries of
 * a block: one of 16 keys of their logits, and of their sums every 16th column. The 16 threads of a block of
 * queries lie in one warp, so its weights need no barrier of the thread block. */
#include "ops/cuda/attention.cuh"

namespace {

constexpr int THREADS = 256, LANES = 16, QUERIES = 8, EACH = 9, COLUMNS = LANES * EACH, SLICE = 32;
constexpr float BELOW = 50; /* in powers of two, as in attention_mma.cu */

/* As `look` there. A thread has one block's mean and one key of the group. */
template <bool CHOOSE> __global__ void __launch_bounds__(THREADS) look(AttentionArgs a)
{
    const AttentionShape &s = a.shape;
    const int chunk = blockIdx.x, block = threadIdx.x / LANES, key = threadIdx.x % LANES;
    const float *mean = static_cast<const float *>(a.mean) + (size_t)(chunk * ATTENTION_BLOCKS + block) * s.d;
    const AttentionQuery at = lac_attention_centre(&s, a.first + chunk, block);
    uint32_t *best = &a.best[chunk * ATTENTION_BLOCKS + block];
    const float limit = CHOOSE ? __uint_as_float(lac_attention_unorder(*best)) - a.margin : 0;
    float most = -3e38f;
    __shared__ uint32_t sees;

    for (int group = blockIdx.y; group < s.groups; group += gridDim.y) {
        const float *k = reinterpret_cast<const float *>(a.records + (size_t)group * s.words) + key;
        AttentionGroup place = lac_attention_group(&s, group);
        const AttentionPrior prior = a.prior[place.ref];
        float dx = (float)(at.x - place.x - key) * prior.x, dy = (float)(at.y - place.y) * prior.y, l = 0;

        for (int c = 0; c < s.d; c++) {
            l = fmaf(mean[c], k[c * LANES], l);
        }
        l = lac_half_warp_max(fmaf(fmaf(-dx, dx, l), a.scale, fmaf(-dy, dy, prior.bias)));
        most = fmaxf(most, l);
        if (CHOOSE) {
            if (threadIdx.x == 0) {
                sees = 0;
            }
            __syncthreads();
            if (key == 0 && l >= limit) {
                atomicOr(&sees, 1u << block);
            }
            __syncthreads();
            if (threadIdx.x == 0) {
                a.sees[(size_t)chunk * s.groups + group] = (uint16_t)sees;
            }
        }
    }
    if (!CHOOSE && key == 0) {
        atomicMax(best, lac_attention_order(__float_as_uint(most)));
    }
}

/* Working memory of a thread block. */
struct Shared {
    float q[SLICE][ATTENTION_CHUNK]; /* a slice of dimensions */
    float k[SLICE][LANES];
    float v[LANES][COLUMNS];
    float weight[LANES][ATTENTION_CHUNK];
    AttentionEntry list[ATTENTION_WINDOW];
    uint32_t words[ATTENTION_WINDOW / 32];
};
static_assert(sizeof(Shared) <= 48 * 1024, "any device has this much");

template <typename T> __device__ void load_queries(const AttentionArgs &a, int chunk, int from, Shared *m)
{
    const AttentionShape &s = a.shape;

    for (int i = threadIdx.x; i < SLICE * ATTENTION_CHUNK; i += THREADS) {
        int n = i / SLICE, c = from + i % SLICE;
        AttentionQuery at = lac_attention_query(&s, chunk, n);

        m->q[i % SLICE][n] = c < s.d ? lac_load(static_cast<const T *>(a.q) + ((size_t)at.y * s.w + at.x) * s.d + c) : 0;
    }
}

/* l += q . k over the slice. */
__device__ __forceinline__ void multiply(const Shared *m, int block, int key, float (&l)[QUERIES])
{
#pragma unroll 4
    for (int c = 0; c < SLICE; c++) {
        const float *q = &m->q[c][block * QUERIES], k = m->k[c][key];

#pragma unroll
        for (int n = 0; n < QUERIES; n++) {
            l[n] = fmaf(q[n], k, l[n]);
        }
    }
}

template <typename T> __global__ void __launch_bounds__(THREADS, 2) attend(AttentionArgs a)
{
    LAC_DYNAMIC_SHARED(Shared, m);
    const AttentionShape &s = a.shape;
    const int chunk = blockIdx.x, split = blockIdx.y, first = (int)blockIdx.z * COLUMNS;
    const int block = threadIdx.x / LANES, lane = threadIdx.x % LANES;
    const AttentionRange range = lac_attention_range(&s, a.first + chunk, split, a.splits);
    float sum[QUERIES][EACH] = { { 0 } }, top[QUERIES];
    const AttentionQuery at = lac_attention_query_unclamped(&s, a.first + chunk, block * QUERIES);

#pragma unroll
    for (int n = 0; n < QUERIES; n++) {
        top[n] = ATTENTION_NOTHING;
    }
    if (s.d <= SLICE) {
        load_queries<T>(a, a.first + chunk, 0, m);
    }
    for (int base = 0; base < range.to - range.from; base += ATTENTION_WINDOW) {
        int count = lac_attention_list<THREADS>(a, range, chunk, base, m->list, m->words);

        for (int i = 0; i < count; i++) {
            const AttentionEntry e = m->list[i];
            const float *record = reinterpret_cast<const float *>(a.records + (size_t)e.group * s.words);
            const float *v = record + s.k_words;
            float l[QUERIES] = { 0 };
            bool above = false, counts = false;

            for (int from = 0; from < s.d; from += SLICE) {
                __syncthreads(); /* the slice before, or the values of the group before, are done with */
                if (s.d > SLICE) {
                    load_queries<T>(a, a.first + chunk, from, m);
                }
                for (int j = threadIdx.x; j < SLICE * LANES; j += THREADS) {
                    m->k[j / LANES][j % LANES] = from + j / LANES < s.d ? record[from * LANES + j] : 0;
                }
                for (int j = threadIdx.x; from == 0 && j < LANES * COLUMNS; j += THREADS) {
                    int column = first + j % COLUMNS;

                    m->v[j / COLUMNS][j % COLUMNS] = column < s.columns ? v[j / COLUMNS * s.columns + column] : 0;
                }
                __syncthreads();
                multiply(m, block, lane, l);
            }
#pragma unroll
            for (int n = 0; n < QUERIES; n++) {
                float y = (float)lac_attention_least(at.y + n / 4, s.h - 1);
                float x = (float)lac_attention_least(at.x + n % 4, s.w - 1);
                float dx = (x - e.x - (float)lane) * e.prior.x, dy = (y - e.y) * e.prior.y;

                l[n] = e.sees >> block & 1 ? fmaf(fmaf(-dx, dx, l[n]), a.scale, fmaf(-dy, dy, e.prior.bias)) :
                    ATTENTION_UNSEEN;
                above = above || l[n] > top[n] + ATTENTION_ABOVE;
                counts = counts || l[n] > top[n] - BELOW;
            }
            if (!lac_warp_any(counts)) {
                continue;
            }
            if (lac_warp_any(above)) {
#pragma unroll
                for (int n = 0; n < QUERIES; n++) {
                    float now = fmaxf(top[n], lac_half_warp_max(l[n])), factor = exp2f(top[n] - now);

                    top[n] = now;
#pragma unroll
                    for (int j = 0; j < EACH; j++) {
                        sum[n][j] *= factor;
                    }
                }
            }
            __syncwarp(); /* the weights before are done with */
#pragma unroll
            for (int n = 0; n < QUERIES; n++) {
                m->weight[lane][block * QUERIES + n] = exp2f(l[n] - top[n]);
            }
            __syncwarp();
#pragma unroll 2
            for (int key = 0; key < LANES; key++) {
                const float *weight = &m->weight[key][block * QUERIES];

#pragma unroll
                for (int j = 0; j < EACH; j++) {
                    float value = m->v[key][lane + j * LANES];

#pragma unroll
                    for (int n = 0; n < QUERIES; n++) {
                        sum[n][j] = fmaf(weight[n], value, sum[n][j]);
                    }
                }
            }
        }
        __syncthreads(); /* the list is free */
    }
    size_t row = ((size_t)split * a.slab + chunk) * ATTENTION_CHUNK + block * QUERIES;
#pragma unroll
    for (int n = 0; n < QUERIES; n++) {
#pragma unroll
        for (int j = 0; j < EACH; j++) {
            if (first + lane + j * LANES < s.columns) {
                a.sums[(row + n) * s.columns + first + lane + j * LANES] = sum[n][j];
            }
        }
        if (first == 0 && lane == 0) {
            a.top[row + n] = top[n];
        }
    }
}

} // namespace

int lac_cuda_attention_fma(LacBackend *be, const AttentionArgs &a, enum LacType type)
{
    CudaBackend *cuda = lac_cuda(be);
    const unsigned some = (unsigned)lac_attention_least(a.shape.groups, 64);
    const dim3 grid((unsigned)a.slab, (unsigned)a.splits, (unsigned)lac_cover((size_t)a.shape.columns, COLUMNS));
    int ret = LAC_OK;

    if (a.sees) {
        LAC_LAUNCH((look<false>), dim3((unsigned)a.slab, some), THREADS, 0, cuda->stream, a);
        ret = lac_cuda_launched(be, "attention, largest logits");
    }
    if (a.sees && !ret) {
        LAC_LAUNCH((look<true>), dim3((unsigned)a.slab, some), THREADS, 0, cuda->stream, a);
        ret = lac_cuda_launched(be, "attention, choice of keys");
    }
    if (!ret) {
        LAC_CUDA_TYPED(type, T, LAC_LAUNCH(attend<T>, grid, THREADS, sizeof(Shared), cuda->stream, a));
        ret = lac_cuda_launched(be, "attention");
    }
    return ret;
}
