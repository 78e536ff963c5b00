/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance attention (3.3): memory and order of its kernels.
 *
 * Keys and masked values are packed once. With a margin the mean query of every block of eight meets all keys twice, first for
 * the largest logit, then for the groups within the margin of it, a bit for each group and block. Then every chunk of
 * queries runs through the groups that one of its blocks sees, in one or more parts, and the parts are put together. Chunks
 * are taken a slab at a time, so that memory does not grow with the square of the picture. */
#include "ops/cuda/attention.cuh"

#include <math.h>

#define LOG2E 1.4426950408889634
#define SLAB_BYTES ((size_t)128 << 20)
#define SPLITS 8

/* Parts of the groups, so that the device's multiprocessors have two thread blocks each. */
static int parts(const CudaBackend *cuda, const AttentionShape *s)
{
    int n = (2 * cuda->processors + s->chunks - 1) / s->chunks, most = (s->groups + 63) / 64;

    n = n < SPLITS ? n : SPLITS;
    return n < most ? n : most;
}

/* Bytes of scratch memory, and the pieces of it unless base is NULL. */
static size_t layout(AttentionArgs *a, bool wide, char *base)
{
    const AttentionShape *s = &a->shape;
    size_t used = 0, blocks = (size_t)a->slab * ATTENTION_BLOCKS, rows = (size_t)a->splits * a->slab * ATTENTION_CHUNK;
    size_t length = s->steps ? 16 * (size_t)s->steps : (size_t)s->d;
    bool choose = a->margin > 0;

    a->records = (uint32_t *)lac_cuda_piece(base, &used, (size_t)s->groups * s->words, sizeof *a->records);
    a->prior = (AttentionPrior *)lac_cuda_piece(base, &used, s->count, sizeof *a->prior);
    a->sums = (float *)lac_cuda_piece(base, &used, rows * s->columns, sizeof *a->sums);
    a->top = (float *)lac_cuda_piece(base, &used, rows, sizeof *a->top);
    if (choose) {
        a->mean = lac_cuda_piece(base, &used, blocks * length, wide ? sizeof(float) : sizeof(uint16_t));
        a->best = (uint32_t *)lac_cuda_piece(base, &used, blocks, sizeof *a->best);
        a->sees = (uint16_t *)lac_cuda_piece(base, &used, (size_t)a->slab * s->groups, sizeof *a->sees);
    }
    return used;
}

/* Chunks taken together. */
static int slab_of(const AttentionArgs *a)
{
    size_t each = (size_t)a->splits * ATTENTION_CHUNK * a->shape.columns * sizeof(float) +
        (a->margin > 0 ? (size_t)a->shape.groups * sizeof(uint16_t) : 0);
    size_t n = SLAB_BYTES / each;

    return n < 1 ? 1 : n < (size_t)a->shape.chunks ? (int)n : a->shape.chunks;
}

static int run(LacBackend *be, AttentionArgs a, const LacAttentionDesc *d)
{
    const int slab = a.slab;
    int ret = lac_cuda_attention_pack(be, a, d);

    for (a.first = 0; !ret && a.first < a.shape.chunks; a.first += slab) {
        a.slab = lac_attention_least(slab, a.shape.chunks - a.first);
        if (a.sees) {
            ret = lac_cuda_attention_means(be, a, d->q->type);
            ret = ret ? ret : lac_cuda_check(be, cudaMemsetAsync(a.best, 0, (size_t)a.slab * ATTENTION_BLOCKS *
                                                                 sizeof *a.best, lac_cuda(be)->stream), "attention");
        }
        if (!ret) {
            ret = a.shape.steps ? lac_cuda_attention_mma(be, a, d->q->type) : lac_cuda_attention_fma(be, a, d->q->type);
        }
        ret = ret ? ret : lac_cuda_attention_out(be, a, d);
    }
    return ret;
}

extern "C" int lac_cuda_attention(LacBackend *be, const LacAttentionDesc *d)
{
    CudaBackend *cuda = lac_cuda(be);
    int ret = lac_check_attention(be, d), h, w, c, dv, steps, pairs;
    AttentionArgs a = {};
    char *base;
    bool tensor;

    if (ret || (ret = lac_cuda_begin(be))) {
        return ret;
    }
    h = d->q->h;
    w = d->q->w;
    c = d->q->c;
    dv = d->mat->c;
    if ((int64_t)((w + ATTENTION_GROUP - 1) / ATTENTION_GROUP) * h > INT32_MAX / 4 / d->count) {
        return lac_fail(be->log, LAC_EINVAL, "attention: %d references of %dx%d are too many; use a smaller size or "
                        "fewer references", d->count, w, h);
    }
    tensor = lac_cuda_attention_fits(cuda, d->q->type, c, dv, &steps, &pairs);
    a.shape = lac_attention_shape(h, w, c, dv, d->count, tensor ? steps : 0, tensor ? pairs : 0);
    a.splits = parts(cuda, &a.shape);
    a.scale = (float)(LOG2E / sqrt(c));
    a.margin = (float)(d->margin * LOG2E);
    a.q = d->q->data;
    a.slab = slab_of(&a);
    base = (char *)lac_cuda_scratch(be, layout(&a, !tensor, NULL));
    if (!base) {
        return LAC_ENOMEM;
    }
    layout(&a, !tensor, base);
    return run(be, a, d);
}
