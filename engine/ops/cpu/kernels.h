/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vector kernels of the CPU back end: one set per instruction set, all from the same two templates
 * (kernels_vec.h, attention_vec.h) except the bf16 dot products. A kernel works on one thread's share; which
 * share that is never depends on the number of threads, so neither do the results. */
#ifndef LAC_OPS_CPU_KERNELS_H
#define LAC_OPS_CPU_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPU_LANES 16    /* keys in a vector of the attention, whatever the width of the registers */
#define CPU_QUERIES 8   /* queries in a block */
#define CPU_VECTORS 8   /* vectors in a tile at most: its keys, values and logits stay in the first-level cache */
#define CPU_EXTRA 8     /* columns of the values besides m v */

/* Up to CPU_VECTORS vectors of keys, from anywhere, against one block of queries. A word is one f32 or two bf16. Logits
 * are in units of log 2: weight = exp2(logit). */
typedef struct CpuAttentionTile {
    const void *q;                        /* [steps][CPU_QUERIES]: a word of every query */
    const void *k[CPU_VECTORS];           /* [steps][CPU_LANES] each */
    const void *v[CPU_VECTORS];           /* [CPU_LANES / pack / 2][2 cols + CPU_LANES] each: a pair of steps: the
                                             columns of the one, of the other, and the extra columns of both:
                                             CPU_EXTRA words of the one, each followed by that of the other */
    int steps, vectors, cols;             /* cols: multiple of CPU_LANES */
    float scale;
    const float *prior_x[CPU_QUERIES];    /* at x of a vector: the share of its keys' columns */
    const float *prior_y[CPU_QUERIES];    /* at y: the share of their row */
    size_t x[CPU_VECTORS], y[CPU_VECTORS];
    float *logit;                         /* [CPU_QUERIES][vectors * CPU_LANES] */
    void *weight;                         /* [CPU_QUERIES][vectors * CPU_LANES / pack] */
    float peak[CPU_QUERIES];              /* largest logit of this tile */
    float peaks[CPU_QUERIES][CPU_VECTORS];/* of each vector */
    float *max;                           /* [CPU_QUERIES]: largest so far */
    float *out;                           /* [CPU_QUERIES][cols + CPU_LANES]: weighted sums so far, relative to
                                             exp2(max); an extra column is the sum of two neighbours */
} CpuAttentionTile;

typedef struct CpuAttentionKernels {
    int pack;                                 /* elements in a word: 1 (f32), 2 (bf16) */
    int digits;                               /* binary digits of a result; what is smaller may be left out */
    void (*logits)(CpuAttentionTile *t);      /* q, k -> logit, peak */
    void (*peaks)(CpuAttentionTile *t);       /* logit -> peaks */
    void (*weights)(CpuAttentionTile *t);     /* logit -> weight; max, out brought to the new maximum */
    void (*values)(const CpuAttentionTile *t);/* out += weight * v */
} CpuAttentionKernels;

/* Per-channel factors, repeated over `period` elements. */
typedef struct CpuAffine {
    float *mean, *scale, *shift;
    size_t period;
} CpuAffine;

/* `bf16` says what the void pointers of a call hold: bf16 or f32. */
typedef struct CpuKernels {
    const char *name;
    void (*convert)(const void *x, bool x_bf16, void *y, bool y_bf16, size_t count);
    void (*add)(const void *a, const void *b, void *y, bool bf16, size_t count);
    /* Mean and sum of squared deviations of each channel over count / c pixels. sum, centre: scratch of
     * `period` floats, a multiple of c and of 64. */
    void (*moments)(const void *x, bool bf16, size_t count, size_t c, size_t period, float *sum, float *centre,
                    float *mean, float *squares);
    /* y = relu?((x - mean) * scale + shift) + residual. */
    void (*scale_shift)(const void *x, const void *residual, void *y, bool bf16, size_t count,
                        const CpuAffine *a, bool relu);
    void (*sigmoid_add)(const float *a, const float *b, float *y, size_t count);
    void (*tanh)(const float *x, float *y, size_t count);
    /* y = a * x + sum_i b[i] * z[i] over one pixel's c channels from element `at`. */
    void (*blend)(const void *x, float a, const void *const *z, const float *b, int count, void *y, bool bf16,
                  size_t at, size_t c);
    /* y[i] = sum_t kernel[t][i mod period] x[t][i]; kernel [3][period], period a multiple of 64. */
    void (*shift)(const void *const x[3], const float *kernel, size_t period, void *y, bool bf16, size_t count);
    /* y = sigmoid(g) * max(f, slope f) + residual; x [pixels][2][c] = f and g of each pixel; residual may be NULL. */
    void (*gate)(const void *x, const void *residual, void *y, bool bf16, size_t pixels, size_t c, float slope);
    CpuAttentionKernels attention; /* fp32 */
} CpuKernels;

extern const CpuKernels lac_cpu_kernels_base;
#if defined(__x86_64__)
extern const CpuKernels lac_cpu_kernels_avx2, lac_cpu_kernels_avx512, lac_cpu_kernels_avx512_bf16;
extern const CpuAttentionKernels lac_cpu_attention_bf16;
#endif

/* The best set this CPU runs; can_bf16: it has dot products of bf16. */
const CpuKernels *lac_cpu_kernels(bool *can_bf16);

#endif
