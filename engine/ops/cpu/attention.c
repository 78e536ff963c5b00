/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance attention (3.3) as a stream: keys and values are packed once per call in the order the kernels read
 * them; then each thread takes a chunk of queries through all tiles of keys, holding for every query only the
 * largest logit and the weighted sums so far (Dao et al., FlashAttention, 2022).
 *
 * Rows of keys are padded to whole vectors with copies of their last key whose values are 0: a copy lies
 * farther away than the original, so it never raises the maximum, and it adds nothing to the sums.
 * Columns of the values: m v (dv), zeros up to a multiple of CPU_LANES, and the extra ones: colour (3; in bf16
 * again 3 for what rounding took off) and 1, for the sum of the weights. */
#include "ops/cpu/cpu.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <omp.h>

#include "ops/bf16.h"

#define CHUNK 128       /* queries a thread takes at a time */
#define LOG2E 1.4426950408889634
#define TILE_VECTORS 8  /* vectors of keys in a tile: its keys, values and logits stay in the first-level cache */

/* Sizes, and the packed arrays in the scratch memory. */
typedef struct Attention {
    const LacAttentionDesc *desc;
    const CpuAttentionKernels *kernels;
    const CpuKernels *elements;
    int h, w, d, dv, pack;
    int row_end;                       /* w rounded up to CPU_LANES */
    int steps, cols, vectors;          /* words of a key; columns of the values; vectors of a reference */
    uint32_t *k, *v;                   /* [count][vectors] of CPU_LANES keys: as in CpuAttentionTile */
    float *prior_x, *prior_y;          /* [count][prior_x_len or prior_y_len] by distance; index 0 is the largest
                                          negative one */
    size_t prior_x_len, prior_y_len;
    char *work;                        /* [threads][work_bytes] */
    size_t work_bytes;
    size_t k_words, v_words;           /* of one reference */
    float negligible;                  /* a key this far below the sum of all: so many as there are change no digit */
} Attention;

/* One thread's working memory. */
typedef struct Work {
    uint32_t *q;       /* [CHUNK / CPU_QUERIES][steps][CPU_QUERIES] */
    float *max;        /* [CHUNK] */
    float *out;        /* [CHUNK][cols + CPU_LANES] */
    float *logit;      /* one tile */
    uint32_t *weight;
    float *col;        /* [2][cols + CPU_EXTRA]: of one step's keys */
    uint16_t *half;    /* the same in bf16 */
    uint32_t *step;    /* [cols + CPU_EXTRA]: the same as words */
} Work;

static size_t work_layout(const Attention *a, char *base, Work *w)
{
    size_t tile = CPU_QUERIES * TILE_VECTORS * CPU_LANES, used = 0;

    w->q = lac_cpu_piece(base, &used, (size_t)a->steps * CHUNK, sizeof *w->q);
    w->max = lac_cpu_piece(base, &used, CHUNK, sizeof *w->max);
    w->out = lac_cpu_piece(base, &used, ((size_t)a->cols + CPU_LANES) * CHUNK, sizeof *w->out);
    w->logit = lac_cpu_piece(base, &used, tile, sizeof *w->logit);
    w->weight = lac_cpu_piece(base, &used, tile, sizeof *w->weight);
    w->col = lac_cpu_piece(base, &used, 2 * ((size_t)a->cols + CPU_EXTRA), sizeof *w->col);
    w->half = lac_cpu_piece(base, &used, 2 * ((size_t)a->cols + CPU_EXTRA), sizeof *w->half);
    w->step = lac_cpu_piece(base, &used, (size_t)a->cols + CPU_EXTRA, sizeof *w->step);
    return used;
}

static uint32_t f32_word(float f)
{
    LacFloatBits b = { .f = f };

    return b.u;
}

/* Words of the vector at element `i` of t: `steps` of them, `stride` words apart. An odd last bf16 element is
 * paired with 0. (Pairs exist only where the low half comes first in memory.) */
static void pack_vector(const Attention *a, const LacTensor *t, size_t i, uint32_t *words, size_t stride)
{
    const char *src = (const char *)t->data + i * lac_type_size(t->type);
    int s, whole = a->d / a->pack;

    for (s = 0; s < whole; s++, words += stride, src += sizeof *words) {
        memcpy(words, src, sizeof *words);
    }
    if (whole < a->steps) {
        *words = 0;
        memcpy(words, src, sizeof(uint16_t));
    }
}

#define LOW_COLOUR 3 /* extra columns: 0 colour, 3 its low parts, 6 one */
#define ONE 6

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
            extra[LOW_COLOUR + c] = colour - lac_bf16_to_f32(lac_f32_to_bf16(colour));
        }
    }
    extra[ONE] = 1;
}

/* One step's columns as words, to w->step: of one key, or of a pair. */
static void value_words(const Attention *a, const Work *w, const LacAttentionRef *r, int row, int x)
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

/* One row of keys of one reference. */
static void pack_row(const Attention *a, const Work *w, const LacAttentionRef *r, int row, uint32_t *k, uint32_t *v)
{
    size_t first = (size_t)row * (size_t)a->w, cols = (size_t)a->cols;
    int x, s, e;

    k += (size_t)row * (size_t)a->row_end * (size_t)a->steps;
    v += (size_t)row * (size_t)(a->row_end / a->pack / 2) * (2 * cols + CPU_LANES);
    for (x = 0; x < a->row_end; x++) {
        size_t j = first + (size_t)(x < a->w ? x : a->w - 1);

        pack_vector(a, &r->k, j * (size_t)a->d,
                    k + (size_t)(x / CPU_LANES * a->steps * CPU_LANES + x % CPU_LANES), CPU_LANES);
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

/* Reference i's prior by distance, in units of log 2: locality, and in prior_y the bias too. */
static void fill_prior(const Attention *a, int i)
{
    const LacAttentionRef *r = &a->desc->refs[i];
    double unit = a->h < a->w ? a->h : a->w;
    double factor = -(double)r->lambda * LOG2E / (unit * unit);
    float *x = a->prior_x + (size_t)i * a->prior_x_len, *y = a->prior_y + (size_t)i * a->prior_y_len;

    for (size_t j = 0; j < a->prior_x_len; j++) {
        double dx = (double)j - (a->w - 1);

        x[j] = (float)(factor * dx * dx);
    }
    for (size_t j = 0; j < a->prior_y_len; j++) {
        double dy = (double)j - (a->h - 1);

        y[j] = (float)(factor * dy * dy + r->bias * LOG2E);
    }
}

/* Sum of a query's weights so far, relative to exp2(max). */
static float total_weight(const Attention *a, const float *out)
{
    return out[a->cols + 2 * ONE] + out[a->cols + 2 * ONE + 1];
}

/* Of a number not below 0; 0 gives -127. */
static float floor_log2(float f)
{
    return (float)((int)(f32_word(f) >> 23) - 127);
}

/* One block of queries against one reference's keys from vector `first` on. */
static void tile_run(const Attention *a, const Work *w, int i, int first, int block, int query)
{
    size_t len = (size_t)a->cols + CPU_LANES, at = (size_t)i * (size_t)a->vectors + (size_t)first;
    int area = a->h * a->w, per_row = a->row_end / CPU_LANES, j;
    bool nothing = true;
    CpuAttentionTile t = {
        .q = w->q + (size_t)block * (size_t)a->steps * CPU_QUERIES,
        .k = a->k + at * (size_t)a->steps * CPU_LANES,
        .v = a->v + at * (size_t)(CPU_LANES / a->pack / 2) * (2 * (size_t)a->cols + CPU_LANES),
        .steps = a->steps, .cols = a->cols,
        .vectors = a->vectors - first < TILE_VECTORS ? a->vectors - first : TILE_VECTORS,
        .scale = (float)(LOG2E / sqrt(a->d)),
        .row = first / per_row, .x = first % per_row * CPU_LANES, .row_end = a->row_end,
        .logit = w->logit, .weight = w->weight, .max = w->max + block * CPU_QUERIES,
        .out = w->out + (size_t)block * CPU_QUERIES * len,
    };

    for (j = 0; j < CPU_QUERIES; j++) {
        int p = query + j < area ? query + j : area - 1;

        t.prior_x[j] = a->prior_x + (size_t)i * a->prior_x_len + (a->w - 1 - p % a->w);
        t.prior_y[j] = a->prior_y + (size_t)i * a->prior_y_len + (a->h - 1 - p / a->w);
    }
    a->kernels->logits(&t);
    for (j = 0; j < CPU_QUERIES; j++) {
        nothing = nothing && t.peak[j] < t.max[j] + a->negligible + floor_log2(total_weight(a, t.out + (size_t)j * len));
    }
    if (!nothing) {
        a->kernels->weights(&t);
        a->kernels->values(&t);
    }
}

/* Sums of the weighted columns to mat and warped. */
static void write_query(const Attention *a, const float *out, int p)
{
    const LacAttentionDesc *d = a->desc;
    const float *extra = out + a->cols;
    float total = total_weight(a, out);
    size_t at = (size_t)p * (size_t)a->dv;
    int c;

    for (c = 0; c < a->dv; c++) {
        if (lac_is_bf16(d->mat)) {
            ((uint16_t *)d->mat->data)[at + (size_t)c] = lac_f32_to_bf16(out[c] / total);
        } else {
            ((float *)d->mat->data)[at + (size_t)c] = out[c] / total;
        }
    }
    for (c = 0; c < 3; c++) {
        float high = extra[2 * c] + extra[2 * c + 1];
        float low = extra[2 * (LOW_COLOUR + c)] + extra[2 * (LOW_COLOUR + c) + 1];

        ((float *)d->warped->data)[3 * (size_t)p + (size_t)c] = (high + low) / total;
    }
}

static void chunk_run(const Attention *a, const Work *w, int first)
{
    int area = a->h * a->w, count = area - first < CHUNK ? area - first : CHUNK;
    int blocks = (count + CPU_QUERIES - 1) / CPU_QUERIES, tiles = (a->vectors + TILE_VECTORS - 1) / TILE_VECTORS;
    /* The keys at the queries' own place first: the likely largest ones make later tiles negligible. */
    int start = first / a->w * (a->row_end / CPU_LANES) / TILE_VECTORS, i, v, b, j;

    for (j = 0; j < blocks * CPU_QUERIES; j++) {
        int p = first + (j < count ? j : count - 1);

        pack_vector(a, a->desc->q, (size_t)p * (size_t)a->d,
                    w->q + (size_t)(j / CPU_QUERIES * a->steps * CPU_QUERIES + j % CPU_QUERIES), CPU_QUERIES);
        w->max[j] = -FLT_MAX / 2;
    }
    memset(w->out, 0, (size_t)blocks * CPU_QUERIES * ((size_t)a->cols + CPU_LANES) * sizeof *w->out);
    for (i = 0; i < a->desc->count; i++) {
        for (v = 0; v < tiles; v++) {
            for (b = 0; b < blocks; b++) {
                tile_run(a, w, i, (start + v) % tiles * TILE_VECTORS, b, first + b * CPU_QUERIES);
            }
        }
    }
    for (j = 0; j < count; j++) {
        write_query(a, w->out + (size_t)j * ((size_t)a->cols + CPU_LANES), first + j);
    }
}

static int round_up(int n, int to)
{
    return (n + to - 1) / to * to;
}

/* Bytes of scratch memory, and the pieces of it unless base is NULL. */
static size_t layout(Attention *a, int threads, char *base)
{
    size_t count = (size_t)a->desc->count, used = 0;
    Work unused;

    a->work_bytes = work_layout(a, NULL, &unused);
    a->k = lac_cpu_piece(base, &used, count * a->k_words, sizeof *a->k);
    a->v = lac_cpu_piece(base, &used, count * a->v_words, sizeof *a->v);
    a->prior_x = lac_cpu_piece(base, &used, count * a->prior_x_len, sizeof *a->prior_x);
    a->prior_y = lac_cpu_piece(base, &used, count * a->prior_y_len, sizeof *a->prior_y);
    a->work = lac_cpu_piece(base, &used, (size_t)threads, a->work_bytes);
    return used;
}

static int prepare(CpuBackend *cpu, const LacAttentionDesc *d, Attention *a)
{
    char *base;

    *a = (Attention){ .desc = d, .kernels = cpu->attention,
                      .elements = cpu->kernels, .h = d->q->h, .w = d->q->w, .d = d->q->c,
                      .dv = d->mat->c, .pack = cpu->attention->pack };
    a->row_end = round_up(a->w, CPU_LANES);
    a->prior_x_len = (size_t)a->w + (size_t)a->row_end;
    a->prior_y_len = 2 * (size_t)a->h;
    a->steps = (a->d + a->pack - 1) / a->pack;
    a->cols = round_up(a->dv, CPU_LANES);
    a->vectors = a->row_end / CPU_LANES * a->h;
    a->k_words = (size_t)a->vectors * CPU_LANES * (size_t)a->steps;
    a->v_words = (size_t)a->vectors * (size_t)(CPU_LANES / a->pack / 2) * (2 * (size_t)a->cols + CPU_LANES);
    base = lac_cpu_scratch(cpu, layout(a, cpu->threads, NULL));
    if (!base) {
        return LAC_ENOMEM;
    }
    layout(a, cpu->threads, base);
    for (int i = 0; i < d->count; i++) {
        fill_prior(a, i);
    }
    a->negligible = -(float)a->kernels->digits - 1 - floor_log2((float)d->count * (float)a->vectors * CPU_LANES);
    return LAC_OK;
}

int lac_cpu_attention(LacBackend *be, const LacAttentionDesc *d)
{
    CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_attention(be, d);
    int rows, row, chunks, chunk;
    Attention a;

    if (ret < 0 || (ret = prepare(cpu, d, &a)) < 0) {
        return ret;
    }
    rows = d->count * a.h;
    chunks = (a.h * a.w + CHUNK - 1) / CHUNK;
#pragma omp parallel num_threads(cpu->threads)
    {
        Work w = { .q = NULL };

        work_layout(&a, a.work + (size_t)omp_get_thread_num() * a.work_bytes, &w);
#pragma omp for schedule(dynamic, 4)
        for (row = 0; row < rows; row++) {
            size_t i = (size_t)(row / a.h);

            pack_row(&a, &w, &d->refs[i], row % a.h, a.k + i * a.k_words, a.v + i * a.v_words);
        }
#pragma omp for schedule(dynamic, 1)
        for (chunk = 0; chunk < chunks; chunk++) {
            chunk_run(&a, &w, chunk * CHUNK);
        }
    }
    return LAC_OK;
}
