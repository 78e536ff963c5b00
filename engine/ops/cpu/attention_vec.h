/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Template of the attention's fp32 kernels, the second half of kernels_vec.h. The including file defines ROWS
 * and GROUP: so many queries times so many vectors are accumulated in registers at once. */
#define PARTS (CPU_LANES / VL)

typedef float Word __attribute__((may_alias)); /* a word of the packed arrays, here always an f32 */

static void attention_logits(CpuAttentionTile *t)
{
    const Word *q = t->q;
    size_t row_len = (size_t)t->vectors * CPU_LANES;
    V peak[CPU_QUERIES][PARTS];
    int v, first, s, r, p;

    for (r = 0; r < CPU_QUERIES; r++) {
        for (p = 0; p < PARTS; p++) {
            peak[r][p] = splat(-__FLT_MAX__);
        }
    }
    for (v = 0; v < t->vectors; v++) {
        const Word *k = t->k[v];

        for (first = 0; first < CPU_QUERIES; first += ROWS) {
            V acc[ROWS][PARTS];

            memset(acc, 0, sizeof acc);
            for (s = 0; s < t->steps; s++) {
#pragma GCC unroll 8
                for (r = 0; r < ROWS; r++) {
#pragma GCC unroll 8
                    for (p = 0; p < PARTS; p++) {
                        acc[r][p] += q[s * CPU_QUERIES + first + r] *
                            *(const VAny *)(k + (size_t)s * CPU_LANES + (size_t)p * VL);
                    }
                }
            }
#pragma GCC unroll 8
            for (r = 0; r < ROWS; r++) {
#pragma GCC unroll 8
                for (p = 0; p < PARTS; p++) {
                    V l = acc[r][p] * t->scale +
                        (*(const VAny *)(t->prior_x[first + r] + t->x[v] + p * VL) + t->prior_y[first + r][t->y[v]]);

                    peak[first + r][p] = vmax(peak[first + r][p], l);
                    *(VAny *)(t->logit + (size_t)(first + r) * row_len + (size_t)v * CPU_LANES +
                              (size_t)p * VL) = l;
                }
            }
        }
    }
    for (r = 0; r < CPU_QUERIES; r++) {
        t->peak[r] = peak[r][0][0];
        for (p = 0; p < CPU_LANES; p++) {
            float f = peak[r][p / VL][p % VL];

            t->peak[r] = f > t->peak[r] ? f : t->peak[r];
        }
    }
}

static void attention_peaks(CpuAttentionTile *t)
{
    const float *logit = t->logit;
    int r, v, p;

    for (r = 0; r < CPU_QUERIES; r++) {
        for (v = 0; v < t->vectors; v++, logit += CPU_LANES) {
            V peak = *(const VAny *)logit;
            float f;

            for (p = 1; p < PARTS; p++) {
                peak = vmax(peak, *(const VAny *)(logit + (size_t)p * VL));
            }
            f = peak[0];
            for (p = 1; p < VL; p++) {
                f = peak[p] > f ? peak[p] : f;
            }
            t->peaks[r][v] = f;
        }
    }
}

static void attention_weights(CpuAttentionTile *t)
{
    size_t i, n = (size_t)t->vectors * CPU_LANES;
    int r;

    for (r = 0; r < CPU_QUERIES; r++) {
        const float *logit = t->logit + (size_t)r * n;
        Word *weight = (Word *)t->weight + (size_t)r * n;

        if (t->peak[r] > t->max[r]) {
            V back = exp2_vec(splat(t->max[r] - t->peak[r]));
            size_t len = (size_t)t->cols + CPU_LANES;
            float *out = t->out + (size_t)r * len;

            for (i = 0; i < len; i += VL) {
                *(VAny *)(out + i) *= back;
            }
            t->max[r] = t->peak[r];
        }
        for (i = 0; i < n; i += VL) {
            *(VAny *)(weight + i) = exp2_vec(*(const VAny *)(logit + i) - t->max[r]);
        }
    }
}

/* `group` vectors of columns from column `at`, for ROWS queries from `first`. */
INLINE void values_group(const CpuAttentionTile *t, int first, size_t at, const int group)
{
    size_t n = (size_t)t->vectors * CPU_LANES, cols = (size_t)t->cols, len = cols + CPU_LANES, j;
    const Word *weight = (const Word *)t->weight + (size_t)first * n;
    const Word *v = NULL;
    float *out = t->out + (size_t)first * len + at;
    V acc[ROWS][GROUP];
    int r, g;

#pragma GCC unroll 8
    for (r = 0; r < ROWS; r++) {
#pragma GCC unroll 8
        for (g = 0; g < group; g++) {
            acc[r][g] = *(const VAny *)(out + (size_t)r * len + (size_t)g * VL);
        }
    }
    for (j = 0; j < n; j++, v += j % 2 ? cols : len) {
        if (j % CPU_LANES == 0) {
            v = (const Word *)t->v[j / CPU_LANES] + at;
        }
#pragma GCC unroll 8
        for (r = 0; r < ROWS; r++) {
#pragma GCC unroll 8
            for (g = 0; g < group; g++) {
                acc[r][g] += weight[(size_t)r * n + j] * *(const VAny *)(v + (size_t)g * VL);
            }
        }
    }
#pragma GCC unroll 8
    for (r = 0; r < ROWS; r++) {
#pragma GCC unroll 8
        for (g = 0; g < group; g++) {
            *(VAny *)(out + (size_t)r * len + (size_t)g * VL) = acc[r][g];
        }
    }
}

/* The extra columns of two keys at a time, for ROWS queries from `first`. */
INLINE void values_extra(const CpuAttentionTile *t, int first)
{
    size_t n = (size_t)t->vectors * CPU_LANES, cols = (size_t)t->cols, len = cols + CPU_LANES, j;
    const Word *weight = (const Word *)t->weight + (size_t)first * n;
    const Word *v = NULL;
    float *out = t->out + (size_t)first * len + cols;
    V acc[ROWS][PARTS];
    int r, p;

#pragma GCC unroll 8
    for (r = 0; r < ROWS; r++) {
#pragma GCC unroll 8
        for (p = 0; p < PARTS; p++) {
            acc[r][p] = *(const VAny *)(out + (size_t)r * len + (size_t)p * VL);
        }
    }
    for (j = 0; j < n; j += 2, v += cols + len) {
        if (j % CPU_LANES == 0) {
            v = (const Word *)t->v[j / CPU_LANES] + 2 * cols;
        }
#pragma GCC unroll 8
        for (r = 0; r < ROWS; r++) {
            uint64_t two;
            V both;

            memcpy(&two, weight + (size_t)r * n + j, sizeof two);
            both = (V)((VD){ 0 } | two);
#pragma GCC unroll 8
            for (p = 0; p < PARTS; p++) {
                acc[r][p] += both * *(const VAny *)(v + (size_t)p * VL);
            }
        }
    }
#pragma GCC unroll 8
    for (r = 0; r < ROWS; r++) {
#pragma GCC unroll 8
        for (p = 0; p < PARTS; p++) {
            *(VAny *)(out + (size_t)r * len + (size_t)p * VL) = acc[r][p];
        }
    }
}

static void attention_values(const CpuAttentionTile *t)
{
    size_t at;
    int first;

    for (first = 0; first < CPU_QUERIES; first += ROWS) {
        for (at = 0; at + GROUP * VL <= (size_t)t->cols; at += GROUP * VL) {
            values_group(t, first, at, GROUP);
        }
        for (; at < (size_t)t->cols; at += VL) {
            values_group(t, first, at, 1);
        }
        values_extra(t, first);
    }
}
