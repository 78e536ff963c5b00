/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attention's index arithmetic: which query, key, dimension and column every word of every buffer holds. C that kernels
 * and tests share.
 *
 * Queries come in chunks of 8 rows x 16 columns, one a thread block. A chunk is 8 tiles of 16 queries, the rows of an
 * mma.m16n8k16; a tile is two blocks of ops.h side by side, the lower and the upper half of its rows. Keys come in the
 * groups of ops.h: a group is the 16 columns of two mma for the logits, and the 16 steps of one for the values. So "block
 * b sees group g" is a bit for one half of an mma's result. Groups are numbered along rows, row by row, reference by
 * reference, and each is a record: its keys, then its values, in the order in which lanes take them as the mma's second
 * operand. Columns of values are followed by 8 more: the colour, what of the colour its type does not hold, 1, 0. */
#ifndef LAC_OPS_CUDA_ATTENTION_INDEX_H
#define LAC_OPS_CUDA_ATTENTION_INDEX_H

#include "ops/cuda/index.h"

enum {
    ATTENTION_ROWS = 8,      /* of a chunk */
    ATTENTION_COLUMNS = 16,
    ATTENTION_CHUNK = 128,   /* queries */
    ATTENTION_BLOCKS = 16,   /* of a chunk: 4 x 4 of 2 x 4 queries each */
    ATTENTION_GROUP = 16,    /* keys */
    ATTENTION_EXTRA = 8      /* columns */
};

typedef struct AttentionShape {
    int h, w, d, dv, count;
    int steps;         /* of 16 dimensions; fp32: 0 */
    int row_groups;    /* of a row */
    int ref_groups;    /* of a reference */
    int groups;        /* of all */
    int chunk_columns; /* chunks side by side */
    int chunks;
    int columns;       /* of sums: values and extra ones, padded */
    int extra;         /* the first extra one */
    int one;           /* the one that sums the weights */
    int low;           /* distance of the colour's low part; 0: it has none */
    int k_words;       /* 32-bit words of a record, a multiple of 4: the keys, and all of it */
    int words;
} AttentionShape;

/* One key's (or the last one's) dimension, or a value's column. */
typedef struct AttentionPlace {
    int key, at;
} AttentionPlace;

typedef struct AttentionQuery {
    int y, x;
} AttentionQuery;

LAC_HD int lac_attention_least(int a, int b)
{
    return a < b ? a : b;
}

/* steps and pairs (of 8 columns): what the kernel for the tensor cores is made for; both 0 for the one in fp32. */
LAC_HD AttentionShape lac_attention_shape(int h, int w, int d, int dv, int count, int steps, int pairs)
{
    AttentionShape s;

    s.h = h;
    s.w = w;
    s.d = d;
    s.dv = dv;
    s.count = count;
    s.steps = steps;
    s.row_groups = (w + ATTENTION_GROUP - 1) / ATTENTION_GROUP;
    s.ref_groups = s.row_groups * h;
    s.groups = s.ref_groups * count;
    s.chunk_columns = (w + ATTENTION_COLUMNS - 1) / ATTENTION_COLUMNS;
    s.chunks = s.chunk_columns * ((h + ATTENTION_ROWS - 1) / ATTENTION_ROWS);
    if (steps) {
        s.columns = 16 * pairs + ATTENTION_EXTRA;
        s.extra = 16 * pairs;
        s.one = s.extra + 6;
        s.low = 3;
        s.k_words = steps * 128;
        s.words = s.k_words + 8 * s.columns;
    } else {
        s.columns = (dv + 4 + 3) / 4 * 4;
        s.extra = dv;
        s.one = dv + 3;
        s.low = 0;
        s.k_words = 16 * d;
        s.words = s.k_words + 16 * s.columns;
    }
    return s;
}

/* Reference, row and first column of a group. */
typedef struct AttentionGroup {
    int ref, y, x;
} AttentionGroup;

LAC_HD AttentionGroup lac_attention_group(const AttentionShape *s, int group)
{
    AttentionGroup g;
    int in_ref = group % s->ref_groups;

    g.ref = group / s->ref_groups;
    g.y = in_ref / s->row_groups;
    g.x = in_ref % s->row_groups * ATTENTION_GROUP;
    return g;
}

/* Query n of a chunk, tile n / 16, block n / 8; beyond the picture's edge the edge's. */
LAC_HD AttentionQuery lac_attention_query_unclamped(const AttentionShape *s, int chunk, int n)
{
    AttentionQuery q;
    int block = n / 8;

    q.y = chunk / s->chunk_columns * ATTENTION_ROWS + block / 4 * 2 + n % 8 / 4;
    q.x = chunk % s->chunk_columns * ATTENTION_COLUMNS + block % 4 * 4 + n % 4;
    return q;
}

LAC_HD AttentionQuery lac_attention_inside(const AttentionShape *s, AttentionQuery q)
{
    q.y = lac_attention_least(q.y, s->h - 1);
    q.x = lac_attention_least(q.x, s->w - 1);
    return q;
}

LAC_HD AttentionQuery lac_attention_query(const AttentionShape *s, int chunk, int n)
{
    return lac_attention_inside(s, lac_attention_query_unclamped(s, chunk, n));
}

/* Where the mean query of block b stands. */
LAC_HD AttentionQuery lac_attention_centre(const AttentionShape *s, int chunk, int block)
{
    AttentionQuery q = lac_attention_query_unclamped(s, chunk, 8 * block);

    q.y += 1;
    q.x += 2;
    return lac_attention_inside(s, q);
}

/* Half `half` of word i of a record's keys: words of 16-bit types hold two dimensions of a key. A lane loads its four
 * words of a step, for two mma of 8 keys each, at once. */
LAC_HD AttentionPlace lac_attention_key(int i, int half)
{
    AttentionPlace p;
    int lane = i / 4 % 32;

    p.key = i / 2 % 2 * 8 + lane / 4;
    p.at = i / 128 * 16 + i % 2 * 8 + lane % 4 * 2 + half;
    return p;
}

/* Of word i of its values: two keys of a column. Two tiles of 8 columns at a time, the extra ones alone. */
LAC_HD AttentionPlace lac_attention_value(const AttentionShape *s, int i, int half)
{
    AttentionPlace p;
    int pairs = s->extra / 16, lane, tile;

    if (i < pairs * 128) {
        lane = i / 4 % 32;
        tile = i / 128 * 2 + i / 2 % 2;
    } else {
        lane = (i - pairs * 128) / 2;
        tile = pairs * 2;
    }
    p.key = i % 2 * 8 + lane % 4 * 2 + half;
    p.at = tile * 8 + lane / 4;
    return p;
}

/* The 32 answers of a warp, of which lanes 4 n to 4 n + 3 answer for row n, to 8 bits: any of a row's. */
LAC_HD uint32_t lac_attention_rows(uint32_t ballot)
{
    uint32_t x = ballot | ballot >> 2;

    x = (x | x >> 1) & 0x11111111u;
    x = (x | x >> 3) & 0x03030303u;
    x = (x | x >> 6) & 0x000f000fu;
    return (x | x >> 12) & 0xffu;
}

/* Floats as integers in the same order; no float gives 0. */
LAC_HD uint32_t lac_attention_order(uint32_t float_bits)
{
    return float_bits & 0x80000000u ? ~float_bits : float_bits | 0x80000000u;
}

LAC_HD uint32_t lac_attention_unorder(uint32_t order)
{
    return order & 0x80000000u ? order & 0x7fffffffu : ~order;
}

/* What part `split` of `splits` takes of the groups: from, up to before `to`, begun at `start` and after the last one
 * gone on with `from`. start is a group of the chunk's own first row if there is one: the keys likely to have the largest
 * logits make what comes later negligible. */
typedef struct AttentionRange {
    int from, to, start;
} AttentionRange;

LAC_HD AttentionRange lac_attention_range(const AttentionShape *s, int chunk, int split, int splits)
{
    AttentionRange r;
    int own = chunk / s->chunk_columns * ATTENTION_ROWS * s->row_groups;

    r.from = (int)((int64_t)s->groups * split / splits);
    r.to = (int)((int64_t)s->groups * (split + 1) / splits);
    own += r.from > own ? (r.from - own + s->ref_groups - 1) / s->ref_groups * s->ref_groups : 0;
    r.start = own < r.to ? own : r.from;
    return r;
}

/* The i-th group of a range. */
LAC_HD int lac_attention_nth(const AttentionRange *r, int i)
{
    int group = r->start + i;

    return group < r->to ? group : group - r->to + r->from;
}

#endif
