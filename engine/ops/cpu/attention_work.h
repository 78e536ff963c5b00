/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the attention's files share: keys and values as the kernels read them, the scratch memory they lie in, blocks of
 * queries and tiles of keys.
 *
 * Rows of keys are padded to whole vectors with copies of their last key whose values are 0: a copy lies
 * farther away than the original, so it never raises a maximum, and it adds nothing to the sums.
 * Columns of the values: m v (dv), zeros up to a multiple of CPU_LANES, and the extra ones: colour (3; in bf16
 * again 3 for what rounding took off) and 1, for the sum of the weights. */
#ifndef LAC_OPS_CPU_ATTENTION_WORK_H
#define LAC_OPS_CPU_ATTENTION_WORK_H

#include "ops/cpu/cpu.h"

#define CPU_LOW_COLOUR 3 /* extra columns: 0 colour, 3 its low parts, 6 one */
#define CPU_ONE 6
#define LOG2E 1.4426950408889634

#define CHUNK_ROWS 8 /* queries a thread takes at a time: a rectangle of blocks */
#define CHUNK_COLUMNS 16
#define CHUNK (CHUNK_ROWS * CHUNK_COLUMNS)
#define BLOCKS (CHUNK / CPU_QUERIES)

/* One call: sizes, and the packed arrays in the scratch memory. */
typedef struct Attention {
    const LacAttentionDesc *desc;
    const CpuAttentionKernels *kernels;
    const CpuKernels *elements;
    int h, w, d, dv, pack;
    int row_end;                       /* w rounded up to CPU_LANES */
    int steps, cols;                   /* words of a key; columns of the values */
    int vectors;                       /* of a reference */
    uint32_t *k, *v;                   /* [count][vectors] of CPU_LANES keys: as in CpuAttentionTile */
    size_t k_words, v_words;           /* of one vector */
    float *prior_x, *prior_y;          /* [count][prior_x_len or prior_y_len] by distance; index 0 is the largest
                                          negative one */
    size_t prior_x_len, prior_y_len;
    char *work;                        /* [threads][work_bytes] */
    size_t work_bytes;
    float negligible;                  /* a key this far below the sum of all: so many as there are change no digit */
} Attention;

/* Scratch of one thread's packing. */
typedef struct PackWork {
    float *col;        /* [2][cols + CPU_EXTRA]: of one step's keys */
    uint16_t *half;    /* the same in bf16 */
    uint32_t *step;    /* [cols + CPU_EXTRA]: the same as words */
} PackWork;

/* A block's upper left query. */
typedef struct Block {
    int row, column;
} Block;

/* One thread's working memory. */
typedef struct Work {
    PackWork pack;
    uint32_t *q;       /* [BLOCKS][steps][CPU_QUERIES] */
    uint32_t *mean;    /* [steps][CPU_QUERIES]: the mean queries of so many blocks */
    float *sum;        /* [2][d]: of one mean, and one of its queries */
    uint16_t *half;    /* [d]: the mean in bf16 */
    float *max;        /* [CHUNK] */
    float *out;        /* [CHUNK][cols + CPU_LANES] */
    float *logit;      /* one tile */
    uint32_t *weight;
    float *peaks;      /* [CPU_QUERIES][count * vectors]: of the mean queries */
    int *list;         /* [count * vectors]: vectors that one block sees */
} Work;

/* The words of d elements of the activation type: `steps` of them, `stride` words apart. */
void lac_cpu_attention_pack_vector(const Attention *a, const void *elements, uint32_t *words, size_t stride);

/* One row of keys and values of reference i, to a->k and a->v. */
void lac_cpu_attention_pack_row(const Attention *a, const PackWork *w, int i, int row);

static inline int lac_cpu_at_most(int n, int most)
{
    return n < most ? n : most;
}

/* Query j of a block; those past the picture's edge repeat it. */
static inline int lac_cpu_query_row(const Attention *a, Block b, int j)
{
    return lac_cpu_at_most(b.row + j / LAC_ATTENTION_COLUMNS, a->h - 1);
}

static inline int lac_cpu_query_column(const Attention *a, Block b, int j)
{
    return lac_cpu_at_most(b.column + j % LAC_ATTENTION_COLUMNS, a->w - 1);
}

/* Its d elements. */
const void *lac_cpu_query(const Attention *a, Block b, int j);

/* A tile without vectors and queries, in the thread's memory. */
CpuAttentionTile lac_cpu_tile(const Attention *a, const Work *w);
/* Adds vector g of all references' to it. */
void lac_cpu_tile_add(const Attention *a, CpuAttentionTile *t, int g);
/* Where its query j is. */
void lac_cpu_tile_place(const Attention *a, CpuAttentionTile *t, int j, int row, int column);

/* Which vectors of keys blocks of queries see. First, of up to CPU_QUERIES blocks, the largest logit of each vector for a
 * block's mean query, to w->peaks [count][vectors of all references]. */
void lac_cpu_attention_peaks(const Attention *a, const Work *w, const Block *blocks, int count);
/* Then, of one block's peaks, the vectors within the margin of the largest, that one first, to w->list; their number. */
int lac_cpu_attention_choose(const Attention *a, const Work *w, const float *peaks);

#endif
