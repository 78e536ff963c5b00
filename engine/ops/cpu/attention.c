/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance attention (3.3) as a stream: keys and values are packed once per call; then each thread takes a
 * chunk of queries through tiles of keys, holding for every query only the largest logit and the weighted sums
 * so far (Dao et al., FlashAttention, 2022). With a margin, a block of queries sees only the vectors of keys
 * that its mean query finds worth it. */
#include "ops/cpu/attention_work.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <omp.h>

#include "ops/bf16.h"

_Static_assert(LAC_ATTENTION_GROUP == CPU_LANES, "a group of keys is a vector");
_Static_assert(LAC_ATTENTION_ROWS * LAC_ATTENTION_COLUMNS == CPU_QUERIES, "a block of queries is a kernel's");
_Static_assert(BLOCKS % CPU_QUERIES == 0, "mean queries come in blocks");

static size_t work_layout(const Attention *a, char *base, Work *w)
{
    size_t tile = CPU_QUERIES * CPU_VECTORS * CPU_LANES, len = (size_t)a->cols + CPU_EXTRA, used = 0;
    size_t all = a->desc->margin > 0 ? (size_t)a->desc->count * (size_t)a->vectors : 0;

    w->pack.col = lac_cpu_piece(base, &used, 2 * len, sizeof *w->pack.col);
    w->pack.half = lac_cpu_piece(base, &used, 2 * len, sizeof *w->pack.half);
    w->pack.step = lac_cpu_piece(base, &used, len, sizeof *w->pack.step);
    w->q = lac_cpu_piece(base, &used, (size_t)a->steps * CHUNK, sizeof *w->q);
    w->mean = lac_cpu_piece(base, &used, (size_t)a->steps * CPU_QUERIES, sizeof *w->mean);
    w->sum = lac_cpu_piece(base, &used, 2 * (size_t)a->d, sizeof *w->sum);
    w->half = lac_cpu_piece(base, &used, (size_t)a->d, sizeof *w->half);
    w->max = lac_cpu_piece(base, &used, CHUNK, sizeof *w->max);
    w->out = lac_cpu_piece(base, &used, ((size_t)a->cols + CPU_LANES) * CHUNK, sizeof *w->out);
    w->logit = lac_cpu_piece(base, &used, tile, sizeof *w->logit);
    w->weight = lac_cpu_piece(base, &used, tile, sizeof *w->weight);
    w->peaks = lac_cpu_piece(base, &used, CPU_QUERIES * all, sizeof *w->peaks);
    w->list = lac_cpu_piece(base, &used, all, sizeof *w->list);
    return used;
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
    return out[a->cols + 2 * CPU_ONE] + out[a->cols + 2 * CPU_ONE + 1];
}

/* Of a number not below 0; 0 gives -127. */
static float floor_log2(float f)
{
    LacFloatBits b = { .f = f };

    return (float)((int)(b.u >> 23) - 127);
}

/* The tile's queries are those of block b, number n of the chunk. */
static void set_block(const Attention *a, const Work *w, CpuAttentionTile *t, Block b, int n)
{
    t->q = w->q + (size_t)n * (size_t)a->steps * CPU_QUERIES;
    t->max = w->max + n * CPU_QUERIES;
    t->out = w->out + (size_t)n * CPU_QUERIES * ((size_t)a->cols + CPU_LANES);
    for (int j = 0; j < CPU_QUERIES; j++) {
        lac_cpu_tile_place(a, t, j, lac_cpu_query_row(a, b, j), lac_cpu_query_column(a, b, j));
    }
}

static void tile_run(const Attention *a, CpuAttentionTile *t)
{
    size_t len = (size_t)a->cols + CPU_LANES;
    bool nothing = true;

    a->kernels->logits(t);
    for (int j = 0; j < CPU_QUERIES; j++) {
        float total = total_weight(a, t->out + (size_t)j * len);

        nothing = nothing && t->peak[j] < t->max[j] + a->negligible + floor_log2(total);
    }
    if (!nothing) {
        a->kernels->weights(t);
        a->kernels->values(t);
    }
}

/* ---- chunks ---- */

static void run_chosen(const Attention *a, const Work *w, const Block *blocks, int count)
{
    size_t all = (size_t)a->desc->count * (size_t)a->vectors;
    CpuAttentionTile t = lac_cpu_tile(a, w);

    for (int b = 0; b < count; b++) {
        int n;

        if (b % CPU_QUERIES == 0) {
            lac_cpu_attention_peaks(a, w, blocks + b, lac_cpu_at_most(count - b, CPU_QUERIES));
        }
        n = lac_cpu_attention_choose(a, w, w->peaks + (size_t)(b % CPU_QUERIES) * all);
        set_block(a, w, &t, blocks[b], b);
        for (int g = 0; g < n; g += CPU_VECTORS) {
            t.vectors = 0;
            while (t.vectors < CPU_VECTORS && g + t.vectors < n) {
                lac_cpu_tile_add(a, &t, w->list[g + t.vectors]);
            }
            tile_run(a, &t);
        }
    }
}

static void run_all(const Attention *a, const Work *w, const Block *blocks, int count)
{
    int tiles = (a->vectors + CPU_VECTORS - 1) / CPU_VECTORS;
    /* The keys at the queries' own place first: the likely largest ones make later tiles negligible. */
    int start = blocks[0].row * (a->row_end / CPU_LANES) / CPU_VECTORS;
    CpuAttentionTile t = lac_cpu_tile(a, w);

    for (int i = 0; i < a->desc->count; i++) {
        for (int v = 0; v < tiles; v++) {
            int first = (start + v) % tiles * CPU_VECTORS;

            t.vectors = 0;
            while (t.vectors < CPU_VECTORS && first + t.vectors < a->vectors) {
                lac_cpu_tile_add(a, &t, i * a->vectors + first + t.vectors);
            }
            for (int b = 0; b < count; b++) {
                set_block(a, w, &t, blocks[b], b);
                tile_run(a, &t);
            }
        }
    }
}

/* Sums of the weighted columns to mat and warped. */
static void write_query(const Attention *a, const float *out, size_t p)
{
    const LacAttentionDesc *d = a->desc;
    const float *extra = out + a->cols;
    float total = total_weight(a, out);
    size_t at = p * (size_t)a->dv;
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
        float low = extra[2 * (CPU_LOW_COLOUR + c)] + extra[2 * (CPU_LOW_COLOUR + c) + 1];

        ((float *)d->warped->data)[3 * p + (size_t)c] = (high + low) / total;
    }
}

static void chunk_run(const Attention *a, const Work *w, int row, int column)
{
    size_t len = (size_t)a->cols + CPU_LANES;
    Block blocks[BLOCKS] = { { row, column } };
    int count = 0;

    for (int y = row; y < lac_cpu_at_most(row + CHUNK_ROWS, a->h); y += LAC_ATTENTION_ROWS) {
        for (int x = column; x < lac_cpu_at_most(column + CHUNK_COLUMNS, a->w); x += LAC_ATTENTION_COLUMNS) {
            blocks[count++] = (Block){ y, x };
        }
    }
    for (int n = 0; n < count * CPU_QUERIES; n++) {
        lac_cpu_attention_pack_vector(a, lac_cpu_query(a, blocks[n / CPU_QUERIES], n % CPU_QUERIES),
                                      w->q + (size_t)(n / CPU_QUERIES * a->steps * CPU_QUERIES + n % CPU_QUERIES),
                                      CPU_QUERIES);
        w->max[n] = -FLT_MAX / 2;
    }
    memset(w->out, 0, (size_t)count * CPU_QUERIES * len * sizeof *w->out);
    (a->desc->margin > 0 ? run_chosen : run_all)(a, w, blocks, count);
    for (int n = 0; n < count * CPU_QUERIES; n++) {
        Block b = blocks[n / CPU_QUERIES];
        int y = b.row + n % CPU_QUERIES / LAC_ATTENTION_COLUMNS, x = b.column + n % LAC_ATTENTION_COLUMNS;

        if (y < a->h && x < a->w) {
            write_query(a, w->out + (size_t)n * len, (size_t)y * (size_t)a->w + (size_t)x);
        }
    }
}

/* ---- the call ---- */

static int round_up(int n, int to)
{
    return (n + to - 1) / to * to;
}

/* Bytes of scratch memory, and the pieces of it unless base is NULL. */
static size_t layout(Attention *a, int threads, char *base)
{
    size_t count = (size_t)a->desc->count, all = count * (size_t)a->vectors, used = 0;
    Work unused;

    a->work_bytes = work_layout(a, NULL, &unused);
    a->k = lac_cpu_piece(base, &used, all * a->k_words, sizeof *a->k);
    a->v = lac_cpu_piece(base, &used, all * a->v_words, sizeof *a->v);
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
    a->k_words = CPU_LANES * (size_t)a->steps;
    a->v_words = (size_t)(CPU_LANES / a->pack / 2) * (2 * (size_t)a->cols + CPU_LANES);
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
    int rows, row, per_row, chunks, chunk;
    Attention a;

    if (ret < 0 || (ret = prepare(cpu, d, &a)) < 0) {
        return ret;
    }
    rows = d->count * a.h;
    per_row = (a.w + CHUNK_COLUMNS - 1) / CHUNK_COLUMNS;
    chunks = (a.h + CHUNK_ROWS - 1) / CHUNK_ROWS * per_row;
#pragma omp parallel num_threads(cpu->threads)
    {
        Work w = { .q = NULL };

        work_layout(&a, a.work + (size_t)omp_get_thread_num() * a.work_bytes, &w);
#pragma omp for schedule(dynamic, 4)
        for (row = 0; row < rows; row++) {
            lac_cpu_attention_pack_row(&a, &w.pack, row / a.h, row % a.h);
        }
#pragma omp for schedule(dynamic, 1)
        for (chunk = 0; chunk < chunks; chunk++) {
            chunk_run(&a, &w, chunk / per_row * CHUNK_ROWS, chunk % per_row * CHUNK_COLUMNS);
        }
    }
    return LAC_OK;
}
