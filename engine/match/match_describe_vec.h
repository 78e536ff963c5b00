/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptions of a row, for match_base.c and those beside it, which set MATCH_DESCRIBE to the function's name. */
#include <string.h>

#include "match/match_describe.h"
#include "math/number.h"

enum { TAPS = 2 * LAC_MATCH_REACH + 1, BLOCK = 64 };

static const float byte_scale = 63.5f; /* the byte for 1 */

/* Which frequencies (vertical, horizontal) describe each plane. */
typedef struct Frequencies {
    int count;
    uint8_t v[12], u[12];
} Frequencies;

static const Frequencies frequencies[LAC_MATCH_PLANES] = {
    { 12, { 0, 0, 1, 1, 0, 2, 1, 2, 2, 0, 3, 3 }, { 0, 1, 0, 1, 2, 0, 2, 1, 2, 3, 0, 1 } },
    { 8, { 0, 0, 1, 1, 0, 2, 1, 2 }, { 0, 1, 0, 1, 2, 0, 2, 1 } },
    { 4, { 0, 0, 1, 1 }, { 0, 1, 0, 1 } },
    { 4, { 0, 0, 1, 1 }, { 0, 1, 0, 1 } },
    { 4, { 0, 0, 1, 1 }, { 0, 1, 0, 1 } },
};

static inline int8_t to_byte(float v)
{
    v = v < -127 ? -127 : v > 127 ? 127 : v;
    return (int8_t)(v + (v < 0 ? -0.5f : 0.5f));
}

/* One byte of the descriptions of n pixels side by side: the row's products with b, row[0] being LAC_MATCH_REACH left of the
 * first pixel. */
static void describe_block(const float *row, const float *b, int n, int8_t *out)
{
    float sum[BLOCK] = { 0 };
    int8_t bytes[BLOCK];

#pragma omp simd
    for (int x = 0; x < n; x++) {
        float s = 0;

        for (int k = 0; k < TAPS; k++) {
            s = lac_weighted(s, b[k], row[x + k]);
        }
        sum[x] = s;
    }
#pragma omp simd
    for (int x = 0; x < n; x++) {
        bytes[x] = to_byte(sum[x] * byte_scale);
    }
    for (int x = 0; x < n; x++) {
        out[(size_t)x * LAC_MATCH_DIMS] = bytes[x];
    }
}

/* Products of the columns around row y with the vertical cosines, edges repeated. */
static void describe_columns(const LacMatchDescribe *d, const float *plane, int y, float *rows)
{
    const int w = d->width, h = d->height, wide = w + 2 * LAC_MATCH_REACH;

    for (int v = 0; v < LAC_MATCH_BASES; v++) {
        float *row = rows + (size_t)v * wide;

        memset(row, 0, (size_t)wide * sizeof *row);
        for (int k = 0; k < TAPS; k++) {
            const int at = y + k - LAC_MATCH_REACH;
            const float *src = plane + (size_t)(at < 0 ? 0 : at >= h ? h - 1 : at) * w, b = d->basis[v][k];

#pragma omp simd
            for (int x = 0; x < w; x++) {
                row[LAC_MATCH_REACH + x] = lac_weighted(row[LAC_MATCH_REACH + x], b, src[x]);
            }
        }
        for (int x = 0; x < LAC_MATCH_REACH; x++) {
            row[x] = row[LAC_MATCH_REACH];
            row[LAC_MATCH_REACH + w + x] = row[LAC_MATCH_REACH + w - 1];
        }
    }
}

void MATCH_DESCRIBE(const LacMatchDescribe *d, int y, float *rows)
{
    const int w = d->width, wide = w + 2 * LAC_MATCH_REACH;
    int8_t *o = d->out + (size_t)y * w * LAC_MATCH_DIMS;

    for (int p = 0; p < LAC_MATCH_PLANES; p++) {
        const Frequencies *f = &frequencies[p];

        describe_columns(d, d->plane + (size_t)p * w * d->height, y, rows);
        for (int i = 0; i < f->count; i++, o++) {
            const float *row = rows + (size_t)f->v[i] * wide, *b = d->basis[f->u[i]];

            for (int x = 0; x < w; x += BLOCK) {
                describe_block(row + x, b, w - x < BLOCK ? w - x : BLOCK, o + (size_t)x * LAC_MATCH_DIMS);
            }
        }
    }
}
