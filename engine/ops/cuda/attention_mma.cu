/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attention on the tensor cores, for values of 16 bits: the weighted sums over the groups that blocks see.
 *
 * A warp has one or two tiles of 16 queries and keeps their sums in registers; keys and values come through shared memory,
 * STAGES steps of two groups ahead. Logits, the largest one and sums are fp32; weights are rounded to the type before they
 * are summed, so numerator and denominator agree. The largest logit is lazy: sums are rescaled only when one is more than
 * 2^8 above it, and a group none of whose weights reaches 2^-32 is passed over: 2^18 of them change no digit that the
 * type has. */
#include "ops/cuda/attention_mma.cuh"

namespace {

constexpr float BELOW = 32;

/* One warp's TILES tiles. */
template <typename T, int STEPS, int PAIRS, int TILES> struct Queries {
    uint32_t q[TILES][STEPS][4];
    float sum[TILES][2 * PAIRS + 1][4];
    float top[TILES][2];          /* of rows g and g + 8; what the sums are relative to */
    float y[TILES], x[2];         /* place of those rows' queries; tiles are above each other */
    int tile[TILES];

    __device__ __forceinline__ void open(const AttentionArgs &a, int chunk)
    {
        const AttentionShape &s = a.shape;
        const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
        const T *from = static_cast<const T *>(a.q);

#pragma unroll
        for (int m = 0; m < TILES; m++) {
            tile[m] = TILES == 2 ? warp / 2 * 4 + 2 * m + warp % 2 : warp;
#pragma unroll
            for (int half = 0; half < 2; half++) {
                AttentionQuery at = lac_attention_query(&s, chunk, tile[m] * 16 + g + 8 * half);
                const T *query = from + ((size_t)at.y * s.w + at.x) * s.d;

                y[m] = (float)at.y;
                x[half] = (float)at.x;
                top[m][half] = ATTENTION_NOTHING;
#pragma unroll
                for (int n = 0; n < 2 * STEPS; n++) {
                    int c = n * 8 + 2 * t;

                    q[m][n / 2][n % 2 * 2 + half] =
                        lac_pack2(c < s.d ? lac_load(query + c) : 0, c + 1 < s.d ? lac_load(query + c + 1) : 0, T());
                }
            }
#pragma unroll
            for (int j = 0; j < 2 * PAIRS + 1; j++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    sum[m][j][i] = 0;
                }
            }
        }
    }

    /* Makes the sums relative to the largest logit so far. */
    __device__ __forceinline__ void rescale(const float (&most)[TILES][2])
    {
#pragma unroll
        for (int m = 0; m < TILES; m++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float now = fmaxf(top[m][half], lac_quad_max(most[m][half])), factor = lac_exp2(top[m][half] - now);

                top[m][half] = now;
#pragma unroll
                for (int j = 0; j < 2 * PAIRS + 1; j++) {
                    sum[m][j][2 * half] *= factor;
                    sum[m][j][2 * half + 1] *= factor;
                }
            }
        }
    }

    /* One group, its record in shared memory. */
    __device__ __forceinline__ void take(const AttentionEntry &e, const uint32_t *record, float scale)
    {
        LacKeys<STEPS> keys[TILES];
        float base[TILES][2], most[TILES][2];
        uint4 k[STEPS];
        bool above = false, counts = false;
        uint32_t seen[TILES], any = 0;

#pragma unroll
        for (int m = 0; m < TILES; m++) {
            seen[m] = e.sees >> 2 * tile[m] & 3;
            any |= seen[m];
        }
        if (!any) {
            return;
        }
#pragma unroll
        for (int step = 0; step < STEPS; step++) {
            k[step] = LacKeys<STEPS>::load(record, step);
        }
#pragma unroll
        for (int m = 0; m < TILES; m++) {
            float dy = (y[m] - e.y) * e.prior.y, height = fmaf(-dy, dy, e.prior.bias);

            if (!seen[m]) { /* the whole warp */
                most[m][0] = most[m][1] = ATTENTION_UNSEEN;
                continue;
            }
            keys[m].multiply(q[m], k, T());
#pragma unroll
            for (int half = 0; half < 2; half++) {
                base[m][half] = seen[m] >> half & 1 ? height : ATTENTION_UNSEEN;
                most[m][half] = fmaf(keys[m].largest(half, x[half] - e.x, e.prior.x), scale, base[m][half]);
                above = above || most[m][half] > top[m][half] + ATTENTION_ABOVE;
                counts = counts || most[m][half] > top[m][half] - BELOW;
            }
        }
        if (!lac_warp_any(counts)) {
            return;
        }
        if (lac_warp_any(above)) {
            rescale(most);
        }
        uint32_t weight[TILES][4];
#pragma unroll
        for (int m = 0; m < TILES; m++) {
            if (!seen[m]) {
                continue;
            }
#pragma unroll
            for (int i = 0; i < 4; i++) { /* a of an mma: its halves of keys 0 to 7 and 8 to 15 */
                int half = i % 2;
                const float *l = &keys[m].s[i / 2][2 * half];
                float relative = base[m][half] - top[m][half];

                weight[m][i] = lac_pack2(lac_exp2(fmaf(l[0], scale, relative)), lac_exp2(fmaf(l[1], scale, relative)),
                                         T());
            }
        }
        const uint32_t *values = record + STEPS * 128;
        const int lane = threadIdx.x % 32;
#pragma unroll
        for (int p = 0; p < PAIRS; p++) {
            uint4 v = *reinterpret_cast<const uint4 *>(values + (p * 32 + lane) * 4);

#pragma unroll
            for (int m = 0; m < TILES; m++) {
                if (seen[m]) {
                    lac_mma(sum[m][2 * p], weight[m], v.x, v.y, T());
                    lac_mma(sum[m][2 * p + 1], weight[m], v.z, v.w, T());
                }
            }
        }
        uint2 v = *reinterpret_cast<const uint2 *>(values + PAIRS * 128 + lane * 2);
#pragma unroll
        for (int m = 0; m < TILES; m++) {
            if (seen[m]) {
                lac_mma(sum[m][2 * PAIRS], weight[m], v.x, v.y, T());
            }
        }
    }

    /* To row 16 tile + g of the chunk's sums, and g + 8. */
    __device__ __forceinline__ void close(float *sums, float *tops) const
    {
        constexpr int COLUMNS = 16 * PAIRS + ATTENTION_EXTRA;
        const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;

#pragma unroll
        for (int m = 0; m < TILES; m++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int row = tile[m] * 16 + g + 8 * half;

#pragma unroll
                for (int j = 0; j < 2 * PAIRS + 1; j++) {
                    float2 two = { sum[m][j][2 * half], sum[m][j][2 * half + 1] };

                    *reinterpret_cast<float2 *>(sums + (size_t)row * COLUMNS + 8 * j + 2 * t) = two;
                }
                if (t == 0) {
                    tops[row] = top[m][half];
                }
            }
        }
    }
};

/* Words of a record, and how many steps of two groups shared memory holds: less than 48 KiB with the list. */
template <int STEPS, int PAIRS> struct Ring {
    static constexpr int WORDS = (STEPS + PAIRS) * 128 + 64, STAGES = STEPS > 4 ? 2 : 3;
    static constexpr size_t BYTES = sizeof(uint32_t) * STAGES * 2 * WORDS + sizeof(AttentionEntry) * ATTENTION_WINDOW;
    static_assert(BYTES + 64 <= 48 * 1024, "any device has this much");
};

/* Copies the groups of step i of the list to its stage. */
template <int STEPS, int PAIRS, int THREADS>
__device__ __forceinline__ void fetch(const AttentionArgs &a, const AttentionEntry *list, int count, int i, uint32_t *ring)
{
    using R = Ring<STEPS, PAIRS>;

    for (int n = 2 * i; n < lac_attention_least(2 * i + 2, count); n++) {
        const uint32_t *from = a.records + (size_t)list[n].group * R::WORDS;
        uint32_t *to = ring + (i % R::STAGES * 2 + n % 2) * R::WORDS;

        for (int w = 4 * (int)threadIdx.x; w < R::WORDS; w += 4 * THREADS) {
            lac_copy16(to + w, from + w);
        }
    }
    lac_copy_commit();
}

/* A thread block a chunk and a part of the groups. */
template <typename T, int STEPS, int PAIRS, int TILES>
__global__ void __launch_bounds__(256 / TILES) attend(AttentionArgs a)
{
    using R = Ring<STEPS, PAIRS>;
    constexpr int THREADS = 256 / TILES, AHEAD = R::STAGES - 1;
    LAC_DYNAMIC_SHARED(uint32_t, ring);
    __shared__ uint32_t words[ATTENTION_WINDOW / 32];
    AttentionEntry *list = reinterpret_cast<AttentionEntry *>(ring + R::STAGES * 2 * R::WORDS);
    const int chunk = blockIdx.x, split = blockIdx.y;
    const AttentionRange range = lac_attention_range(&a.shape, a.first + chunk, split, a.splits);
    Queries<T, STEPS, PAIRS, TILES> queries;

    queries.open(a, a.first + chunk);
    for (int base = 0; base < range.to - range.from; base += ATTENTION_WINDOW) {
        int count = lac_attention_list<THREADS>(a, range, chunk, base, list, words), steps = (count + 1) / 2;

        for (int i = 0; i < AHEAD; i++) {
            fetch<STEPS, PAIRS, THREADS>(a, list, count, i, ring);
        }
        for (int i = 0; i < steps; i++) {
            lac_copy_wait<AHEAD - 1>();
            __syncthreads(); /* everyone's copies of step i are there, and step i - 1 is done with */
            fetch<STEPS, PAIRS, THREADS>(a, list, count, i + AHEAD, ring);
            for (int n = 2 * i; n < lac_attention_least(2 * i + 2, count); n++) {
                queries.take(list[n], ring + (i % R::STAGES * 2 + n % 2) * R::WORDS, a.scale);
            }
        }
        __syncthreads(); /* the list and the stages are free */
    }
    size_t row = ((size_t)split * a.slab + chunk) * ATTENTION_CHUNK;
    queries.close(a.sums + row * a.shape.columns, a.top + row);
}

template <typename T, int STEPS, int PAIRS, int TILES> int launch(LacBackend *be, const AttentionArgs &a)
{
    LAC_LAUNCH((attend<T, STEPS, PAIRS, TILES>), dim3((unsigned)a.slab, (unsigned)a.splits), 256 / TILES,
               (Ring<STEPS, PAIRS>::BYTES), lac_cuda(be)->stream, a);
    return lac_cuda_launched(be, "attention");
}

template <typename T> int launch_typed(LacBackend *be, const AttentionArgs &a)
{
    int pairs = a.shape.extra / 16;

    if (a.shape.steps == 8) {
        return launch<T, 8, 8, 1>(be, a);
    }
    return pairs == 2 ? launch<T, 2, 2, 2>(be, a) : pairs == 4 ? launch<T, 2, 4, 2>(be, a) :
        pairs == 6 ? launch<T, 2, 6, 2>(be, a) : launch<T, 2, 8, 2>(be, a);
}

} // namespace

bool lac_cuda_attention_fits(const CudaBackend *cuda, enum LacType type, int d, int dv, int *steps, int *pairs)
{
    *steps = d <= 32 ? 2 : 8;
    *pairs = *steps > 2 ? 8 : (dv + 31) / 32 * 2;
    return d <= 128 && dv <= 128 && ((type == LAC_F16 && cuda->sm >= 75) || (type == LAC_BF16 && cuda->sm >= 80));
}

int lac_cuda_attention_mma(LacBackend *be, const AttentionArgs &a, enum LacType type)
{
    const int ret = a.sees ? lac_cuda_attention_look(be, a, type) : LAC_OK;

    return ret ? ret : type == LAC_F16 ? launch_typed<__half>(be, a) : launch_typed<__nv_bfloat16>(be, a);
}
