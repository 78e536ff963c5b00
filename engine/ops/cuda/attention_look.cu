/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which groups of keys blocks of queries see, on the tensor cores, for values of 16 bits. */
#include "ops/cuda/attention_mma.cuh"

namespace {

/* Every block's mean query against all groups. CHOOSE false: the largest logit of each, to best. True: which groups have
 * one within the margin of it, to sees; both compute the same logits to the bit. A warp has CHUNKS chunks, whose 16 means
 * each are a tile, and 64 groups; a thread block 256 groups. */
template <typename T, int STEPS, bool CHOOSE> __global__ void __launch_bounds__(128) look(AttentionArgs a)
{
    constexpr int CHUNKS = STEPS > 4 ? 2 : 4;
    const AttentionShape &s = a.shape;
    const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4, first = (int)blockIdx.x * CHUNKS;
    uint32_t q[CHUNKS][STEPS][4];
    float y[CHUNKS][2], x[CHUNKS][2], limit[CHUNKS][2]; /* of rows g and g + 8 */
    uint32_t sees[CHUNKS] = { 0 };

#pragma unroll
    for (int c = 0; c < CHUNKS; c++) {
        int chunk = lac_attention_least(first + c, a.slab - 1);
        const uint32_t *mean = static_cast<const uint32_t *>(a.mean) + (size_t)chunk * ATTENTION_BLOCKS * 8 * STEPS;

#pragma unroll
        for (int half = 0; half < 2; half++) {
            int block = g + 8 * half;
            AttentionQuery at = lac_attention_centre(&s, a.first + chunk, block);

            y[c][half] = (float)at.y;
            x[c][half] = (float)at.x;
            limit[c][half] = CHOOSE ? __uint_as_float(lac_attention_unorder(a.best[chunk * ATTENTION_BLOCKS + block])) -
                a.margin : -3e38f;
#pragma unroll
            for (int step = 0; step < STEPS; step++) {
                q[c][step][half] = mean[(block * STEPS + step) * 8 + t];
                q[c][step][half + 2] = mean[(block * STEPS + step) * 8 + 4 + t];
            }
        }
    }
    for (int run = 0; run < 2; run++) {
        const int base = (int)blockIdx.y * 256 + (int)threadIdx.x / 32 * 64 + run * 32;
        const int count = lac_attention_least(32, s.groups - base);
        AttentionGroup place = lac_attention_group(&s, base);

        for (int i = 0; i < count; i++) {
            const uint32_t *record = a.records + (size_t)(base + i) * s.words;
            const AttentionPrior prior = a.prior[place.ref];
            uint4 k[STEPS];

#pragma unroll
            for (int step = 0; step < STEPS; step++) {
                k[step] = LacKeys<STEPS>::load(record, step);
            }
#pragma unroll
            for (int c = 0; c < CHUNKS; c++) {
                LacKeys<STEPS> keys;
                float top[2];

                keys.multiply(q[c], k, T());
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    float dy = (y[c][half] - (float)place.y) * prior.y;

                    top[half] = fmaf(keys.largest(half, x[c][half] - (float)place.x, prior.x), a.scale,
                                     fmaf(-dy, dy, prior.bias));
                    if (!CHOOSE) {
                        limit[c][half] = fmaxf(limit[c][half], top[half]);
                    }
                }
                if (CHOOSE) {
                    uint32_t lower = lac_attention_rows(lac_warp_ballot(top[0] >= limit[c][0]));
                    uint32_t upper = lac_attention_rows(lac_warp_ballot(top[1] >= limit[c][1]));

                    sees[c] = lane == i ? lower | upper << 8 : sees[c];
                }
            }
            place.x += ATTENTION_GROUP;
            if (place.x >= s.w) {
                place.x = 0;
                place.y = place.y + 1 < s.h ? place.y + 1 : 0;
                place.ref += place.y == 0;
            }
        }
#pragma unroll
        for (int c = 0; CHOOSE && c < CHUNKS; c++) {
            if (first + c < a.slab && lane < count) {
                a.sees[(size_t)(first + c) * s.groups + base + lane] = (uint16_t)sees[c];
            }
        }
    }
#pragma unroll
    for (int c = 0; !CHOOSE && c < CHUNKS; c++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float most = lac_quad_max(limit[c][half]);

            if (first + c < a.slab && t == 0) {
                atomicMax(&a.best[(first + c) * ATTENTION_BLOCKS + g + 8 * half],
                          lac_attention_order(__float_as_uint(most)));
            }
        }
    }
}

template <typename T, int STEPS> int launch(LacBackend *be, const AttentionArgs &a)
{
    const int each = STEPS > 4 ? 2 : 4;
    const dim3 grid((unsigned)lac_cover((size_t)a.slab, each), (unsigned)lac_cover((size_t)a.shape.groups, 256));
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret;

    LAC_LAUNCH((look<T, STEPS, false>), grid, 128, 0, stream, a);
    ret = lac_cuda_launched(be, "attention, largest logits");
    if (!ret) {
        LAC_LAUNCH((look<T, STEPS, true>), grid, 128, 0, stream, a);
        ret = lac_cuda_launched(be, "attention, choice of keys");
    }
    return ret;
}

} // namespace

int lac_cuda_attention_look(LacBackend *be, const AttentionArgs &a, enum LacType type)
{
    if (a.shape.steps == 8) {
        return type == LAC_F16 ? launch<__half, 8>(be, a) : launch<__nv_bfloat16, 8>(be, a);
    }
    return type == LAC_F16 ? launch<__half, 2>(be, a) : launch<__nv_bfloat16, 2>(be, a);
}
