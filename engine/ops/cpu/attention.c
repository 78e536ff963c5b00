/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance attention (3.3) as a stream: keys and values are packed once per call; then each thread takes a
 * chunk of queries through tiles of keys, holding for every query only the largest logit and the weighted sums
 * so far (Dao et al., FlashAttention, 2022). With a margin, a block of queries sees only the vectors of keys
 * that its mean query finds worth it. */
#include "ops/cpu/attention.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <omp.h>

#include "ops/bf16.h"

#define LOG2E 1.4426950408889634
#define CHUNK_ROWS 8 /* queries a thread takes at a time: a rectangle of blocks */
#define CHUNK_COLUMNS 16
#define CHUNK (CHUNK_ROWS * CHUNK_COLUMNS)
#define BLOCKS (CHUNK / CPU_QUERIES)

_Static_assert(LAC_ATTENTION_GROUP == CPU_LANES, "a group of keys is a vector");
_Static_assert(LAC_ATTENTION_ROWS * LAC_ATTENTION_COLUMNS == CPU_QUERIES, "a block of queries is a kernel's");
_Static_assert(BLOCKS % CPU_QUERIES == 0, "mean queries come in blocks");

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

static int at_most(int n, int most)
{
    return n < most ? n : most;
}

/* Query j of a block; those past the edge repeat it. */
static int query_row(const Attention *a, Block b, int j)
{
    return at_most(b.row + j / LAC_ATTENTION_COLUMNS, a->h - 1);
}

static int query_column(const Attention *a, Block b, int j)
{
    return at_most(b.column + j % LAC_ATTENTION_COLUMNS, a->w - 1);
}

static const void *query(const Attention *a, Block b, int j)
{
    size_t p = (size_t)query_row(a, b, j) * (size_t)a->w + (size_t)query_column(a, b, j);

    return (const char *)a->desc->q->data + p * (size_t)a->d * lac_type_size(a->desc->q->type);
}

/* ---- tiles ---- */

static CpuAttentionTile tile_of(const Attention *a, const Work *w)
{
    return (CpuAttentionTile){ .steps = a->steps, .cols = a->cols, .scale = (float)(LOG2E / sqrt(a->d)),
                               .logit = w->logit, .weight = w->weight };
}

/* Adds vector g of all references' to the tile. */
static void add_vector(const Attention *a, CpuAttentionTile *t, int g)
{
    int i = g / a->vectors, per_row = a->row_end / CPU_LANES, place = g % a->vectors, n = t->vectors++;

    t->k[n] = a->k + (size_t)g * a->k_words;
    t->v[n] = a->v + (size_t)g * a->v_words;
    t->x[n] = (size_t)i * a->prior_x_len + (size_t)(place % per_row * CPU_LANES);
    t->y[n] = (size_t)i * a->prior_y_len + (size_t)(place / per_row);
}

static void set_place(const Attention *a, CpuAttentionTile *t, int j, int row, int column)
{
    t->prior_x[j] = a->prior_x + a->w - 1 - column;
    t->prior_y[j] = a->prior_y + a->h - 1 - row;
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
        set_place(a, t, j, query_row(a, b, j), query_column(a, b, j));
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

/* ---- which keys a block sees ---- */

/* Column j of w->mean: the mean query of a block. */
static void pack_mean(const Attention *a, const Work *w, Block b, int j)
{
    bool bf16 = a->pack == 2;
    size_t c, d = (size_t)a->d;
    float *sum = w->sum, *one = w->sum + d;

    memset(sum, 0, d * sizeof *sum);
    for (int i = 0; i < CPU_QUERIES; i++) {
        a->elements->convert(query(a, b, i), bf16, one, false, d);
        for (c = 0; c < d; c++) {
            sum[c] += one[c];
        }
    }
    for (c = 0; c < d; c++) {
        sum[c] *= 1.0F / CPU_QUERIES;
    }
    if (bf16) {
        a->elements->convert(sum, false, w->half, true, d);
    }
    lac_cpu_attention_pack_vector(a, bf16 ? (const void *)w->half : sum, w->mean + j, CPU_QUERIES);
}

/* w->peaks of up to CPU_QUERIES blocks: the largest logit of each vector of keys for a block's mean query. */
static void find_peaks(const Attention *a, const Work *w, const Block *blocks, int count)
{
    int all = a->desc->count * a->vectors;
    CpuAttentionTile t = tile_of(a, w);

    t.q = w->mean;
    for (int j = 0; j < CPU_QUERIES; j++) {
        Block b = blocks[at_most(j, count - 1)];

        pack_mean(a, w, b, j);
        set_place(a, &t, j, at_most(b.row + LAC_ATTENTION_ROWS / 2, a->h - 1),
                  at_most(b.column + LAC_ATTENTION_COLUMNS / 2, a->w - 1));
    }
    for (int g = 0; g < all; g += CPU_VECTORS) {
        t.vectors = 0;
        while (t.vectors < CPU_VECTORS && g + t.vectors < all) {
            add_vector(a, &t, g + t.vectors);
        }
        a->kernels->logits(&t);
        a->kernels->peaks(&t);
        for (int j = 0; j < count; j++) {
            memcpy(w->peaks + (size_t)j * (size_t)all + g, t.peaks[j], (size_t)t.vectors * sizeof(float));
        }
    }
}

/* The vectors whose peak is within the margin of the largest, that one first, to w->list; their number. */
static int choose(const Attention *a, const Work *w, const float *peaks)
{
    int all = a->desc->count * a->vectors, best = 0, n = 0;
    float least;

    for (int g = 1; g < all; g++) {
        best = peaks[g] > peaks[best] ? g : best;
    }
    least = peaks[best] - (float)(a->desc->margin * LOG2E);
    for (int g = best; g < all; g++) {
        w->list[n] = g;
        n += peaks[g] >= least;
    }
    for (int g = 0; g < best; g++) {
        w->list[n] = g;
        n += peaks[g] >= least;
    }
    return n;
}

/* ---- chunks ---- */

static void run_chosen(const Attention *a, const Work *w, const Block *blocks, int count)
{
    size_t all = (size_t)a->desc->count * (size_t)a->vectors;
    CpuAttentionTile t = tile_of(a, w);

    for (int b = 0; b < count; b++) {
        int n;

        if (b % CPU_QUERIES == 0) {
            find_peaks(a, w, blocks + b, at_most(count - b, CPU_QUERIES));
        }
        n = choose(a, w, w->peaks + (size_t)(b % CPU_QUERIES) * all);
        set_block(a, w, &t, blocks[b], b);
        for (int g = 0; g < n; g += CPU_VECTORS) {
            t.vectors = 0;
            while (t.vectors < CPU_VECTORS && g + t.vectors < n) {
                add_vector(a, &t, w->list[g + t.vectors]);
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
    CpuAttentionTile t = tile_of(a, w);

    for (int i = 0; i < a->desc->count; i++) {
        for (int v = 0; v < tiles; v++) {
            int first = (start + v) % tiles * CPU_VECTORS;

            t.vectors = 0;
            while (t.vectors < CPU_VECTORS && first + t.vectors < a->vectors) {
                add_vector(a, &t, i * a->vectors + first + t.vectors);
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

    for (int y = row; y < at_most(row + CHUNK_ROWS, a->h); y += LAC_ATTENTION_ROWS) {
        for (int x = column; x < at_most(column + CHUNK_COLUMNS, a->w); x += LAC_ATTENTION_COLUMNS) {
            blocks[count++] = (Block){ y, x };
        }
    }
    for (int n = 0; n < count * CPU_QUERIES; n++) {
        lac_cpu_attention_pack_vector(a, query(a, blocks[n / CPU_QUERIES], n % CPU_QUERIES),
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
