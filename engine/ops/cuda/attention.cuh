/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the attention's kernels share: their arguments, and the list of groups a chunk sees. */
#ifndef LAC_OPS_CUDA_ATTENTION_CUH
#define LAC_OPS_CUDA_ATTENTION_CUH

#include "ops/cuda/attention_index.h"
#include "ops/cuda/warp.cuh"

enum { ATTENTION_WINDOW = 256 }; /* groups looked through at a time */

/* One reference's prior, logits being counted in powers of two: of a logit l before its scale, l scaled is
 *   scale (l - (x dx)^2) - (y dy)^2 + bias,   x^2 scale = y^2 = lambda log2(e) / unit^2. */
struct AttentionPrior {
    float x, y, bias, unused;
};

/* Buffers in device memory; what is per chunk begins with chunk `first`. */
struct AttentionArgs {
    AttentionShape shape;
    int first, slab;        /* the chunks of these launches */
    int splits;             /* parts of the groups, each a block's of its own */
    float scale;            /* log2(e) / sqrt(d) */
    float margin;           /* in powers of two; 0: none */
    const void *q;          /* [h][w][d] */
    uint32_t *records;      /* [groups][words] */
    AttentionPrior *prior;  /* [count] */
    void *mean;             /* [slab][16][16 steps], fp32: [slab][16][d] */
    uint32_t *best;         /* [slab][16]: largest logit of each block's mean, lac_attention_order */
    uint16_t *sees;         /* [slab][groups]: bit b: block b sees the group */
    float *sums;            /* [splits][slab][128][columns], relative to 2 to the power of */
    float *top;             /* [splits][slab][128] */
};

/* What sums are relative to at first: a logit below counts for nothing, for a key at the query's own place has 0 for its
 * prior, and the largest bias is 0. What an unseen key's is set to. */
#define ATTENTION_NOTHING (-1e6f)
#define ATTENTION_UNSEEN (-1e38f)
/* Sums are rescaled when a logit is so far above what they are relative to: their weights then reach 2^8. */
#define ATTENTION_ABOVE 8.0f

/* A group of the list; what the prior needs of it. */
struct alignas(16) AttentionEntry {
    uint32_t group, sees;
    float y, x;
    AttentionPrior prior;
};

/* Window `base` of a range's groups: those that any block of the chunk sees, in order; their number. All threads of the
 * thread block, THREADS, call it. */
template <int THREADS>
__device__ int lac_attention_list(const AttentionArgs &a, const AttentionRange &range, int chunk, int base,
                                  AttentionEntry *list, uint32_t *words)
{
    constexpr int EACH = ATTENTION_WINDOW / THREADS, WORDS = ATTENTION_WINDOW / 32;
    static_assert(EACH * THREADS == ATTENTION_WINDOW, "every thread has as many groups");
    const int count = range.to - range.from, lane = threadIdx.x % 32;
    uint32_t sees[EACH];

#pragma unroll
    for (int k = 0; k < EACH; k++) {
        int i = base + k * THREADS + (int)threadIdx.x;

        sees[k] = i >= count ? 0 :
            a.sees ? a.sees[(size_t)chunk * a.shape.groups + lac_attention_nth(&range, i)] : 0xffffu;
        uint32_t word = lac_warp_ballot(sees[k] != 0);
        if (lane == 0) {
            words[(k * THREADS + threadIdx.x) / 32] = word;
        }
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < EACH; k++) {
        int own = (k * THREADS + threadIdx.x) / 32, at = __popc(words[own] & ((1u << lane) - 1));

        for (int w = 0; w < own; w++) {
            at += __popc(words[w]);
        }
        if (sees[k]) {
            int group = lac_attention_nth(&range, base + k * THREADS + (int)threadIdx.x);
            AttentionGroup place = lac_attention_group(&a.shape, group);
            AttentionEntry entry = { (uint32_t)group, sees[k], (float)place.y, (float)place.x, a.prior[place.ref] };

            list[at] = entry;
        }
    }
    int total = 0;
    for (int w = 0; w < WORDS; w++) {
        total += __popc(words[w]);
    }
    __syncthreads();
    return total;
}

/* Launches, each logged when it fails: attention_pack.cu, _mma.cu, _fma.cu. */
int lac_cuda_attention_pack(LacBackend *be, const AttentionArgs &a, const LacAttentionDesc *d);
int lac_cuda_attention_means(LacBackend *be, const AttentionArgs &a, enum LacType type);
int lac_cuda_attention_out(LacBackend *be, const AttentionArgs &a, const LacAttentionDesc *d);
/* How many steps and pairs of columns the tensor cores' kernel for d and dv is made for; false: there is none. */
bool lac_cuda_attention_fits(const CudaBackend *cuda, enum LacType type, int d, int dv, int *steps, int *pairs);
int lac_cuda_attention_mma(LacBackend *be, const AttentionArgs &a, enum LacType type);
/* The first part of it -> a.best, a.sees. */
int lac_cuda_attention_look(LacBackend *be, const AttentionArgs &a, enum LacType type);
int lac_cuda_attention_fma(LacBackend *be, const AttentionArgs &a, enum LacType type);

#endif
