/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attention's keys and values as the kernels read them, and the scratch memory they lie in.
 *
 * Rows of keys are padded to whole vectors with copies of their last key whose values are 0: a copy lies
 * farther away than the original, so it never raises a maximum, and it adds nothing to the sums.
 * Columns of the values: m v (dv), zeros up to a multiple of CPU_LANES, and the extra ones: colour (3; in bf16
 * again 3 for what rounding took off) and 1, for the sum of the weights. */
#ifndef LAC_OPS_CPU_ATTENTION_H
#define LAC_OPS_CPU_ATTENTION_H

#include "ops/cpu/cpu.h"

#define CPU_LOW_COLOUR 3 /* extra columns: 0 colour, 3 its low parts, 6 one */
#define CPU_ONE 6

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

/* The words of d elements of the activation type: `steps` of them, `stride` words apart. */
void lac_cpu_attention_pack_vector(const Attention *a, const void *elements, uint32_t *words, size_t stride);

/* One row of keys and values of reference i, to a->k and a->v. */
void lac_cpu_attention_pack_row(const Attention *a, const PackWork *w, int i, int row);

#endif
