/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packs keys and masked values once per call, in the order the attention's kernels read them. */
#include "ops/cpu/attention_work.h"

#include <string.h>

#include "ops/bf16.h"

/* An odd last bf16 element is paired with 0. (Pairs exist only where the low half comes first in memory.) */
void lac_cpu_attention_pack_vector(const Attention *a, const void *elements, uint32_t *words, size_t stride)
{
    const char *src = elements;
    int s, whole = a->d / a->pack;

    for (s = 0; s < whole; s++, words += stride, src += sizeof *words) {
        memcpy(words, src, sizeof *words);
    }
    if (whole < a->steps) {
        *words = 0;
        memcpy(words, src, sizeof(uint16_t));
    }
}

/* Columns and extra columns of key x of a row into col[cols + CPU_EXTRA], as floats; zeros past the end. */
static void value_columns(const Attention *a, const LacAttentionRef *r, int row, int x, float *col)
{
    size_t j = (size_t)row * (size_t)a->w + (size_t)x;
    float *extra = col + a->cols, m;
    int c;

    memset(extra, 0, CPU_EXTRA * sizeof *extra);
    if (x >= a->w) {
        memset(col, 0, (size_t)a->cols * sizeof *col);
        return;
    }
    m = ((const float *)r->mask.data)[2 * j];
    a->elements->convert((const char *)r->v.data + j * (size_t)a->dv * lac_type_size(r->v.type), a->pack == 2, col,
                         false, (size_t)a->dv);
    for (c = 0; c < a->dv; c++) {
        col[c] *= m;
    }
    memset(col + a->dv, 0, (size_t)(a->cols - a->dv) * sizeof *col);
    for (c = 0; c < 3; c++) {
        float colour = ((const float *)r->colour.data)[3 * j + (size_t)c];

        extra[c] = colour;
        if (a->pack == 2) {
            extra[CPU_LOW_COLOUR + c] = colour - lac_bf16_to_f32(lac_f32_to_bf16(colour));
        }
    }
    extra[CPU_ONE] = 1;
}

/* One step's columns as words, to w->step: of one key, or of a pair. */
static void value_words(const Attention *a, const PackWork *w, const LacAttentionRef *r, int row, int x)
{
    size_t c, len = (size_t)a->cols + CPU_EXTRA;

    value_columns(a, r, row, x, w->col);
    if (a->pack == 1) {
        memcpy(w->step, w->col, len * sizeof *w->step);
        return;
    }
    value_columns(a, r, row, x + 1, w->col + len);
    a->elements->convert(w->col, false, w->half, true, 2 * len);
    for (c = 0; c < len; c++) {
        w->step[c] = w->half[c] | (uint32_t)w->half[len + c] << 16;
    }
}

void lac_cpu_attention_pack_row(const Attention *a, const PackWork *w, int i, int row)
{
    const LacAttentionRef *r = &a->desc->refs[i];
    size_t first = (size_t)row * (size_t)a->w, cols = (size_t)a->cols, key = (size_t)a->d * lac_type_size(r->k.type);
    size_t vector = (size_t)i * (size_t)a->vectors + (size_t)row * (size_t)(a->row_end / CPU_LANES);
    uint32_t *k = a->k + vector * a->k_words, *v = a->v + vector * a->v_words;
    int x, s, e;

    for (x = 0; x < a->row_end; x++) {
        size_t j = first + (size_t)(x < a->w ? x : a->w - 1);

        lac_cpu_attention_pack_vector(a, (const char *)r->k.data + j * key,
                                      k + (size_t)(x / CPU_LANES) * a->k_words + x % CPU_LANES, CPU_LANES);
    }
    for (x = 0; x < a->row_end; x += 2 * a->pack, v += 2 * cols + CPU_LANES) {
        for (s = 0; s < 2; s++) {
            value_words(a, w, r, row, x + s * a->pack);
            memcpy(v + (size_t)s * cols, w->step, cols * sizeof *v);
            for (e = 0; e < CPU_EXTRA; e++) {
                v[2 * cols + 2 * (size_t)e + (size_t)s] = w->step[cols + (size_t)e];
            }
        }
    }
}
