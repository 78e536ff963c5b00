/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attention's kernels with AVX-512's dot products of bf16 pairs: logits and sums in fp32, weights in bf16. */
#if defined(__x86_64__)
#include "ops/cpu/kernels.h"

#include <float.h>
#include <immintrin.h>
#include <string.h>

#define BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))
#define INLINE static inline __attribute__((always_inline)) BF16

/* acc + the products of the word's two halves. */
INLINE __m512 dot(__m512 acc, __m512i words, uint32_t word)
{
    return _mm512_dpbf16_ps(acc, (__m512bh)words, (__m512bh)_mm512_set1_epi32((int)word));
}

/* Logits of `group` vectors of keys from vector v. */
INLINE void logits_group(CpuAttentionTile *t, int v, const int group, __m512 *peak)
{
    size_t row_len = (size_t)t->vectors * CPU_LANES;
    const uint32_t *ka = t->k[v], *kb = t->k[v + group - 1], *q = t->q;
    __m512 acc[2][CPU_QUERIES], scale = _mm512_set1_ps(t->scale);
    int s, r, g;

#pragma GCC unroll 8
    for (r = 0; r < CPU_QUERIES; r++) {
#pragma GCC unroll 8
        for (g = 0; g < group; g++) {
            acc[g][r] = _mm512_setzero_ps();
        }
    }
    for (s = 0; s < t->steps; s++, q += CPU_QUERIES, ka += CPU_LANES, kb += CPU_LANES) {
        __m512i k0 = _mm512_loadu_si512(ka), k1 = group > 1 ? _mm512_loadu_si512(kb) : k0;

#pragma GCC unroll 8
        for (r = 0; r < CPU_QUERIES; r++) {
            acc[0][r] = dot(acc[0][r], k0, q[r]);
            if (group > 1) {
                acc[1][r] = dot(acc[1][r], k1, q[r]);
            }
        }
    }
#pragma GCC unroll 8
    for (g = 0; g < group; g++) {
#pragma GCC unroll 8
        for (r = 0; r < CPU_QUERIES; r++) {
            __m512 prior = _mm512_add_ps(_mm512_loadu_ps(t->prior_x[r] + t->x[v + g]),
                                         _mm512_set1_ps(t->prior_y[r][t->y[v + g]]));
            __m512 l = _mm512_fmadd_ps(acc[g][r], scale, prior);

            peak[r] = _mm512_max_ps(peak[r], l);
            _mm512_storeu_ps(t->logit + (size_t)r * row_len + (size_t)(v + g) * CPU_LANES, l);
        }
    }
}

BF16 static void logits(CpuAttentionTile *t)
{
    __m512 peak[CPU_QUERIES];
    int v, r;

    for (r = 0; r < CPU_QUERIES; r++) {
        peak[r] = _mm512_set1_ps(-FLT_MAX);
    }
    for (v = 0; v + 2 <= t->vectors; v += 2) {
        logits_group(t, v, 2, peak);
    }
    if (v < t->vectors) {
        logits_group(t, v, 1, peak);
    }
    for (r = 0; r < CPU_QUERIES; r++) {
        t->peak[r] = _mm512_reduce_max_ps(peak[r]);
    }
}

BF16 static void peaks(CpuAttentionTile *t)
{
    const float *logit = t->logit;
    int r, v;

    for (r = 0; r < CPU_QUERIES; r++) {
        for (v = 0; v < t->vectors; v++, logit += CPU_LANES) {
            t->peaks[r][v] = _mm512_reduce_max_ps(_mm512_loadu_ps(logit));
        }
    }
}

/* 2^x to a relative 8e-5, a twentieth of what bf16 resolves: 2^floor(x) times a cubic of the rest. */
INLINE __m512 exp2_coarse(__m512 x)
{
    __m512 f = _mm512_reduce_ps(x, 0x09); /* x - floor(x) */
    __m512 p = _mm512_fmadd_ps(f, _mm512_set1_ps(7.8024523e-2f), _mm512_set1_ps(2.2606716e-1f));

    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9583356e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.9992522e-1f));
    return _mm512_scalef_ps(p, x);
}

BF16 static void weights(CpuAttentionTile *t)
{
    size_t i, n = (size_t)t->vectors * CPU_LANES;
    int r;

    for (r = 0; r < CPU_QUERIES; r++) {
        const float *logit = t->logit + (size_t)r * n;
        uint32_t *weight = (uint32_t *)t->weight + (size_t)r * (n / 2);
        __m512 max;

        if (t->peak[r] > t->max[r]) {
            __m512 back = exp2_coarse(_mm512_set1_ps(t->max[r] - t->peak[r]));
            size_t len = (size_t)t->cols + CPU_LANES;
            float *out = t->out + (size_t)r * len;

            for (i = 0; i < len; i += CPU_LANES) {
                _mm512_storeu_ps(out + i, _mm512_mul_ps(_mm512_loadu_ps(out + i), back));
            }
            t->max[r] = t->peak[r];
        }
        max = _mm512_set1_ps(t->max[r]);
        for (i = 0; i + 2 * CPU_LANES <= n; i += 2 * CPU_LANES) {
            __m512 a = exp2_coarse(_mm512_sub_ps(_mm512_loadu_ps(logit + i), max));
            __m512 b = exp2_coarse(_mm512_sub_ps(_mm512_loadu_ps(logit + i + CPU_LANES), max));

            _mm512_storeu_si512(weight + i / 2, (__m512i)_mm512_cvtne2ps_pbh(b, a));
        }
        if (i < n) {
            __m512 a = exp2_coarse(_mm512_sub_ps(_mm512_loadu_ps(logit + i), max));

            _mm256_storeu_si256((__m256i *)(weight + i / 2), (__m256i)_mm512_cvtneps_pbh(a));
        }
    }
}

/* Registers to and from `out`; the extra vector is the last of the group. NOLINTBEGIN(bugprone-macro-parentheses) */
#define EACH_SUM(r, g, statement) \
    _Pragma("GCC unroll 8") for (r = 0; r < CPU_QUERIES; r++) { \
        _Pragma("GCC unroll 8") for (g = 0; g < group + extra; g++) { \
            float *at = out + (size_t)r * len + (size_t)g * CPU_LANES; \
            statement; \
        } \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* `group` vectors of columns from column `at`; with `extra` (0 or 1), they are the last ones, and the extra
 * columns follow: one vector serves two steps, its even lanes with the weights of the first. */
INLINE void values_group(const CpuAttentionTile *t, size_t at_col, const int group, const int extra)
{
    size_t words = (size_t)t->vectors * CPU_LANES / 2, cols = (size_t)t->cols, len = cols + CPU_LANES, j;
    const uint32_t *v = NULL, *weight = t->weight;
    float *out = t->out + at_col;
    __m512 acc[3][CPU_QUERIES];
    int r, g;

    EACH_SUM (r, g, acc[g][r] = _mm512_loadu_ps(at))
    for (j = 0; j < words; j += 2, v += cols + len) {
        if (j % (CPU_LANES / 2) == 0) {
            v = (const uint32_t *)t->v[j / (CPU_LANES / 2)] + at_col;
        }
        __m512i x = extra ? _mm512_loadu_si512(v + cols + (size_t)group * CPU_LANES) : _mm512_setzero_si512();
        __m512i a[2], b[2];

#pragma GCC unroll 8
        for (g = 0; g < group; g++) {
            a[g] = _mm512_loadu_si512(v + (size_t)g * CPU_LANES);
            b[g] = _mm512_loadu_si512(v + cols + (size_t)g * CPU_LANES);
        }
#pragma GCC unroll 8
        for (r = 0; r < CPU_QUERIES; r++) {
            const uint32_t *w = weight + (size_t)r * words + j;

#pragma GCC unroll 8
            for (g = 0; g < group; g++) {
                acc[g][r] = dot(acc[g][r], a[g], w[0]);
            }
#pragma GCC unroll 8
            for (g = 0; g < group; g++) {
                acc[g][r] = dot(acc[g][r], b[g], w[1]);
            }
            if (extra) {
                long long two;

                memcpy(&two, w, sizeof two);
                acc[group][r] = _mm512_dpbf16_ps(acc[group][r], (__m512bh)x, (__m512bh)_mm512_set1_epi64(two));
            }
        }
    }
    EACH_SUM (r, g, _mm512_storeu_ps(at, acc[g][r]))
}

BF16 static void values(const CpuAttentionTile *t)
{
    size_t at = 0, cols = (size_t)t->cols;

    for (; cols - at > 2 * CPU_LANES; at += 2 * CPU_LANES) {
        values_group(t, at, 2, 0);
    }
    if (cols - at == 2 * CPU_LANES) {
        values_group(t, at, 2, 1);
    } else {
        values_group(t, at, 1, 1);
    }
}

const CpuAttentionKernels lac_cpu_attention_bf16 = {
    .pack = 2,
    .digits = 11,
    .logits = logits,
    .peaks = peaks,
    .weights = weights,
    .values = values,
};
#else
typedef int lac_not_x86; /* an empty file is no C */
#endif
