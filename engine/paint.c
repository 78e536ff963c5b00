/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joint upsampling guided by the native line art; the steps are described in paint.h. */
#include "paint.h"

#include "lineart.h"

#include <string.h>

#include <omp.h>

enum {
    UNKNOWN, /* clear, beside a line: step 2 */
    LINE,    /* step 3 */
    KNOWN,   /* has its colour */
    QUEUED,  /* has its colour, from step 2 */
    BUCKETS = 32, /* more than the largest step cost */
};

struct LacPaint {
    int width, height;             /* native */
    int cells_x, cells_y;          /* cells: network size, at most native size */
    int threads, reach, depth;     /* limits of steps 2 and 3, in native pixels */
    bool shrink;                   /* the network is larger than the picture on an axis */
    LacResize resize;              /* then: network size -> cells */
    float *shrunk, *shrunk_dark;
    float *value;                  /* [cells][4] prediction in 0..255, and the cell's lightness for steps 2 and 3 */
    float *rows;                   /* [threads][cells_x][4] two rows of cells blended */
    uint8_t *clear;                /* [cells] */
    uint8_t *whole;                /* [cells] this cell, its right, lower and diagonal neighbours are all clear */
    int *x0, *own_x;               /* per native column: left one of two cells, the cell that holds it */
    float *fx;
    float *line_sum;               /* [cells][4] for LAC_LINES_REF: darkness, and line colour times darkness */
    uint8_t *state;                /* [native] */
    uint8_t *colour;               /* [native][4] */
    int32_t *next, *cost;          /* [native] linked buckets of step 3; step 2 uses them as queue and level */
};

static float to_byte(float v)
{
    v = (v + 1.0f) * 127.5f;
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

/* Half-pixel centres: pixel i of n lies between cells *at and *at + 1, *frac of the way, inside cell *own. */
static void locate(int i, int n, int cells, int *at, float *frac, int *own)
{
    double c = (i + 0.5) * cells / n - 0.5;

    *own = (int)(((int64_t)2 * i + 1) * cells / (2 * (int64_t)n));
    c = c < 0 ? 0 : c > cells - 1 ? cells - 1 : c;
    *at = (int)c;
    *frac = (float)(c - *at);
}

int lac_paint_open(LacPaint **paint, int width, int height, int net_width, int net_height, int threads,
                   const LacLog *log)
{
    LacPaint *p = lac_calloc(1, sizeof *p);
    bool ok = p != NULL;
    int own;

    *paint = NULL;
    if (ok) {
        int side = width < height ? width : height;
        size_t n = (size_t)width * height, cells;

        p->width = width;
        p->height = height;
        p->cells_x = net_width < width ? net_width : width;
        p->cells_y = net_height < height ? net_height : height;
        p->threads = threads;
        p->shrink = p->cells_x != net_width || p->cells_y != net_height;
        p->depth = side / 90 > 4 ? side / 90 : 4;
        p->reach = 2 * ((width - 1) / p->cells_x + 1);
        cells = (size_t)p->cells_x * p->cells_y;
        p->value = lac_alloc(cells, 4 * sizeof *p->value);
        p->rows = lac_alloc((size_t)threads * p->cells_x, 4 * sizeof *p->rows);
        p->clear = lac_alloc(cells, 1);
        p->whole = lac_alloc(cells, 1);
        p->x0 = lac_alloc((size_t)width, sizeof *p->x0);
        p->own_x = lac_alloc((size_t)width, sizeof *p->own_x);
        p->fx = lac_alloc((size_t)width, sizeof *p->fx);
        p->line_sum = lac_alloc(cells, 8 * sizeof *p->line_sum);
        p->state = lac_alloc(n, 1);
        p->colour = lac_alloc(n, 4);
        p->next = lac_alloc(n, sizeof *p->next);
        p->cost = lac_alloc(n, sizeof *p->cost);
        ok = p->value && p->rows && p->clear && p->whole && p->x0 && p->own_x && p->fx && p->line_sum && p->state &&
             p->colour && p->next && p->cost;
        if (ok && p->shrink) {
            p->shrunk = lac_alloc(cells, 3 * sizeof *p->shrunk);
            p->shrunk_dark = lac_alloc(cells, sizeof *p->shrunk_dark);
            ok = p->shrunk && p->shrunk_dark &&
                 lac_resize_open(&p->resize, net_width, net_height, p->cells_x, p->cells_y, 3, threads) == LAC_OK;
        }
    }
    if (!ok) {
        lac_paint_close(&p);
        return lac_fail(log, LAC_ENOMEM, "no memory to paint pictures of %dx%d", width, height);
    }
    for (int x = 0; x < width; x++) {
        locate(x, width, p->cells_x, &p->x0[x], &p->fx[x], &own);
        p->own_x[x] = own;
    }
    *paint = p;
    return LAC_OK;
}

void lac_paint_close(LacPaint **paint)
{
    LacPaint *p = *paint;

    if (p) {
        lac_resize_close(&p->resize);
        lac_free(p->shrunk);
        lac_free(p->shrunk_dark);
        lac_free(p->value);
        lac_free(p->rows);
        lac_free(p->clear);
        lac_free(p->whole);
        lac_free(p->x0);
        lac_free(p->own_x);
        lac_free(p->fx);
        lac_free(p->line_sum);
        lac_free(p->state);
        lac_free(p->colour);
        lac_free(p->next);
        lac_free(p->cost);
        lac_free(p);
    }
    *paint = NULL;
}

static void prepare_cells(LacPaint *p, const float *rgb, const float *dark)
{
    const int w = p->cells_x, h = p->cells_y;

#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (size_t i = (size_t)y * w; i < (size_t)(y + 1) * w; i++) {
            float light = 1.0f - dark[i];
            for (int c = 0; c < 3; c++) {
                p->value[i * 4 + c] = to_byte(rgb[i * 3 + c]);
            }
            p->value[i * 4 + 3] = light * light + 1e-3f;
            p->clear[i] = dark[i] < LAC_LINE_DARKNESS;
        }
    }
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        const uint8_t *a = p->clear + (size_t)y * w, *b = y + 1 < h ? a + w : a;
        for (int x = 0; x < w; x++) {
            int r = x + 1 < w ? x + 1 : x;
            p->whole[(size_t)y * w + x] = a[x] & a[r] & b[x] & b[r];
        }
    }
}

/* Bilinear over four cells, each times its own factor. */
static void blend4(const LacPaint *p, const size_t cell[4], const float weight[4], uint8_t *out)
{
    float sum[4] = { 0 };

    for (int i = 0; i < 4; i++) {
        const float *v = p->value + cell[i] * 4;
        for (int c = 0; c < 3; c++) {
            sum[c] += weight[i] * v[c];
        }
        sum[3] += weight[i];
    }
    for (int c = 0; c < 3; c++) {
        out[c] = (uint8_t)(sum[c] / sum[3] + 0.5f);
    }
}

/* The four cells around a native pixel and their bilinear weights. */
static void quad(const LacPaint *p, int x, int y0, float fy, size_t cell[4], float weight[4])
{
    int x0 = p->x0[x], x1 = x0 + 1 < p->cells_x ? x0 + 1 : x0, y1 = y0 + 1 < p->cells_y ? y0 + 1 : y0;
    float fx = p->fx[x];

    cell[0] = (size_t)y0 * p->cells_x + x0;
    cell[1] = (size_t)y0 * p->cells_x + x1;
    cell[2] = (size_t)y1 * p->cells_x + x0;
    cell[3] = (size_t)y1 * p->cells_x + x1;
    weight[0] = (1 - fx) * (1 - fy);
    weight[1] = fx * (1 - fy);
    weight[2] = (1 - fx) * fy;
    weight[3] = fx * fy;
}

/* Step 1 for a pixel whose own cell (number `own` of the four) is clear: clear cells beside it count, the diagonal one
 * only through a clear neighbour. A line between two clear cells that touch by a side would have darkened one of them. */
static void sample_joined(const LacPaint *p, const size_t cell[4], float weight[4], int own, uint8_t *out)
{
    bool beside = p->clear[cell[own ^ 1]], below = p->clear[cell[own ^ 2]];

    weight[own] += 1e-6f; /* never an empty sum */
    weight[own ^ 1] *= beside;
    weight[own ^ 2] *= below;
    weight[own ^ 3] *= (beside || below) && p->clear[cell[own ^ 3]];
    blend4(p, cell, weight, out);
}

/* The prediction as it is, light cells before dark ones. */
static void sample_plain(const LacPaint *p, int x, int y, uint8_t *out)
{
    size_t cell[4];
    float weight[4], fy;
    int y0, own;

    locate(y, p->height, p->cells_y, &y0, &fy, &own);
    quad(p, x, y0, fy, cell, weight);
    for (int i = 0; i < 4; i++) {
        weight[i] = (weight[i] + 1e-6f) * p->value[cell[i] * 4 + 3];
    }
    blend4(p, cell, weight, out);
}

static void classify_and_sample(LacPaint *p, const uint8_t *gray)
{
    const int line_below = (int)(255 * (1 - LAC_PAINT_CLEAR)), w = p->cells_x;

#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        float *row = p->rows + (size_t)omp_get_thread_num() * w * 4, fy;
        const uint8_t *g = gray + (size_t)y * p->width;
        uint8_t *state = p->state + (size_t)y * p->width, *out = p->colour + (size_t)y * p->width * 4;
        int y0, own_y;

        locate(y, p->height, p->cells_y, &y0, &fy, &own_y);
        const float *a = p->value + (size_t)y0 * w * 4, *b = y0 + 1 < p->cells_y ? a + w * 4 : a;
        const uint8_t *whole = p->whole + (size_t)y0 * w, *clear = p->clear + (size_t)own_y * w;
#pragma omp simd
        for (int i = 0; i < w * 4; i++) {
            row[i] = a[i] + fy * (b[i] - a[i]);
        }
        for (int x = 0; x < p->width; x++, out += 4) {
            int x0 = p->x0[x];

            if (g[x] < line_below) {
                state[x] = LINE;
            } else if (whole[x0]) {
                const float *l = row + x0 * 4, *r = x0 + 1 < w ? l + 4 : l;
                for (int c = 0; c < 3; c++) {
                    out[c] = (uint8_t)(l[c] + p->fx[x] * (r[c] - l[c]) + 0.5f);
                }
                state[x] = KNOWN;
            } else if (clear[p->own_x[x]]) {
                size_t cell[4];
                float weight[4];
                quad(p, x, y0, fy, cell, weight);
                sample_joined(p, cell, weight, (own_y != y0) * 2 + (p->own_x[x] != x0), out);
                state[x] = KNOWN;
            } else {
                state[x] = UNKNOWN;
            }
        }
    }
}

/* Runs `body` for each of the up to 4 neighbours j of pixel i, in a fixed order; `break` ends the loop. */
#define FOR_NEIGHBOURS(p, i, j, body)                                                                                  \
    do {                                                                                                               \
        const int32_t x_ = (i) % (p)->width, y_ = (i) / (p)->width;                                                    \
        const int32_t near_[4] = { y_ > 0 ? (i) - (p)->width : -1, x_ > 0 ? (i) - 1 : -1,                              \
                                   x_ + 1 < (p)->width ? (i) + 1 : -1, y_ + 1 < (p)->height ? (i) + (p)->width : -1 }; \
        for (int n_ = 0; n_ < 4; n_++) {                                                                               \
            const int32_t j = near_[n_];                                                                               \
            if (j >= 0) {                                                                                              \
                body                                                                                                   \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

static void copy_colour(LacPaint *p, int32_t to, int32_t from)
{
    memcpy(p->colour + (size_t)to * 4, p->colour + (size_t)from * 4, 4);
}

/* Step 2: breadth first over clear pixels. */
static void spread_beside_lines(LacPaint *p)
{
    const int32_t n = p->width * p->height;
    int32_t head = 0, tail = 0, *queue = p->next;

    for (int32_t i = 0; i < n; i++) {
        if (p->state[i] == UNKNOWN) {
            FOR_NEIGHBOURS(p, i, j, {
                if (p->state[j] == KNOWN) {
                    copy_colour(p, i, j);
                    p->state[i] = QUEUED;
                    p->cost[i] = 1;
                    queue[tail++] = i;
                    break;
                }
            });
        }
    }
    while (head < tail) {
        int32_t i = queue[head++];
        if (p->cost[i] >= p->reach) {
            break; /* levels ascend */
        }
        FOR_NEIGHBOURS(p, i, j, {
            if (p->state[j] == UNKNOWN) {
                copy_colour(p, j, i);
                p->state[j] = QUEUED;
                p->cost[j] = p->cost[i] + 1;
                queue[tail++] = j;
            }
        });
    }
    for (int32_t i = 0; i < n; i++) {
        if (p->state[i] == UNKNOWN) {
            sample_plain(p, i % p->width, i / p->width, p->colour + (size_t)i * 4);
            p->state[i] = KNOWN;
        }
    }
}

/* Step 3: Dijkstra's algorithm with buckets. The cost of a step depends on the pixel entered alone, so the first front
 * to reach a pixel is the cheapest and every pixel is queued once. */
static void spread_into_lines(LacPaint *p, const uint8_t *gray)
{
    const int32_t n = p->width * p->height, limit = p->depth * (BUCKETS - 1);
    int32_t first[BUCKETS], last[BUCKETS];
    int32_t waiting = 0;

    memset(first, -1, sizeof first);
    memset(last, -1, sizeof last);
#define PUSH(i, from)                                                                                                  \
    do {                                                                                                               \
        int32_t b_ = p->cost[i] % BUCKETS;                                                                             \
        copy_colour(p, i, from);                                                                                       \
        p->state[i] = QUEUED;                                                                                          \
        p->next[i] = -1;                                                                                               \
        if (last[b_] < 0) {                                                                                            \
            first[b_] = (i);                                                                                           \
        } else {                                                                                                       \
            p->next[last[b_]] = (i);                                                                                   \
        }                                                                                                              \
        last[b_] = (i);                                                                                                \
        waiting++;                                                                                                     \
    } while (0)
#define STEP(i) (8 + (255 - gray[i]) * (BUCKETS - 9) / 255)
    /* seeds: line pixels beside clear ones. They are queued, not yet spread, so the scan's order does not matter. */
    for (int32_t i = 0; i < n; i++) {
        if (p->state[i] == LINE) {
            FOR_NEIGHBOURS(p, i, j, {
                if (p->state[j] != LINE && gray[j] >= (int)(255 * (1 - LAC_PAINT_CLEAR))) {
                    p->cost[i] = STEP(i);
                    PUSH(i, j);
                    break;
                }
            });
        }
    }
    for (int32_t at = 0; waiting > 0 && at < limit; at++) {
        int32_t b = at % BUCKETS;
        while (first[b] >= 0) {
            int32_t i = first[b];
            first[b] = p->next[i];
            last[b] = first[b] < 0 ? -1 : last[b];
            waiting--;
            FOR_NEIGHBOURS(p, i, j, {
                if (p->state[j] == LINE) {
                    p->cost[j] = p->cost[i] + STEP(j);
                    PUSH(j, i);
                }
            });
        }
    }
#undef PUSH
#undef STEP
    for (int32_t i = 0; i < n; i++) {
        if (p->state[i] == LINE) {
            sample_plain(p, i % p->width, i / p->width, p->colour + (size_t)i * 4);
        }
    }
}

static uint8_t mix(int under, float over, int dark)
{
    float v = (under * (255 - dark) + over * dark) / 255.0f + 0.5f;

    return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v;
}

/* Step 4, LAC_LINES_REF: each cell's prediction is its native pixels' mean (1 - D) colour + D line, so
 * sum(D) line = N prediction - sum((1 - D) colour). Sums over 3x3 cells even out the cut of pixels into cells. */
static void line_colours(LacPaint *p, const uint8_t *gray)
{
    const int w = p->cells_x, h = p->cells_y;
    float *cell_sum = p->line_sum + (size_t)w * h * 4;

#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int cy = 0; cy < h; cy++) {
        float *sum = cell_sum + (size_t)cy * w * 4;
        /* rows whose cell is cy: the inverse of locate's own */
        int from = (int)(((int64_t)2 * cy * p->height + h) / (2 * (int64_t)h)) - 1;

        memset(sum, 0, (size_t)w * 4 * sizeof *sum);
        for (int y = from < 0 ? 0 : from; y < p->height; y++) {
            int own = (int)(((int64_t)2 * y + 1) * h / (2 * (int64_t)p->height));
            const uint8_t *g = gray + (size_t)y * p->width, *c = p->colour + (size_t)y * p->width * 4;
            if (own < cy) {
                continue;
            }
            if (own > cy) {
                break;
            }
            for (int x = 0; x < p->width; x++) {
                if (!p->clear[(size_t)cy * w + p->own_x[x]]) {
                    float *s = sum + p->own_x[x] * 4, dark = (float)(255 - g[x]) / 255.0f;
                    const float *v = p->value + ((size_t)cy * w + p->own_x[x]) * 4;
                    for (int i = 0; i < 3; i++) {
                        s[i] += v[i] - (1 - dark) * c[x * 4 + i];
                    }
                    s[3] += dark;
                }
            }
        }
    }
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            float *out = p->line_sum + ((size_t)y * w + x) * 4;

            memset(out, 0, 4 * sizeof *out);
            for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
                for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
                    const float *s = cell_sum + ((size_t)v * w + u) * 4;
                    for (int i = 0; i < 4; i++) {
                        out[i] += s[i];
                    }
                }
            }
        }
    }
}

static void draw_lines(LacPaint *p, const uint8_t *gray, enum LacLines lines, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *g = gray + (size_t)y * p->width, *c = p->colour + (size_t)y * p->width * 4;
        uint8_t *o = out + y * stride;
        int own_y = (int)(((int64_t)2 * y + 1) * p->cells_y / (2 * (int64_t)p->height));

        for (int x = 0; x < p->width; x++, c += 4, o += 3) {
            const float *line = p->line_sum + ((size_t)own_y * p->cells_x + p->own_x[x]) * 4;
            int dark = lines == LAC_LINES_NONE ? 0 : 255 - g[x];
            bool own_colour = lines == LAC_LINES_REF && dark > 0 && line[3] > 0.25f;

            for (int i = 0; i < 3; i++) {
                float over = own_colour ? line[i] / line[3] : lines == LAC_LINES_REF ? c[i] : 0;
                over = over < 0 ? 0 : over > 255 ? 255 : over;
                o[i] = dark ? mix(c[i], over, dark) : c[i];
            }
        }
    }
}

void lac_paint_run(LacPaint *p, const float *rgb, const float *dark, const uint8_t *gray, enum LacLines lines,
                   uint8_t *out, ptrdiff_t stride)
{
    if (p->shrink) {
        lac_resize_f32(&p->resize, rgb, 3, p->shrunk);
        lac_resize_f32(&p->resize, dark, 1, p->shrunk_dark);
        rgb = p->shrunk;
        dark = p->shrunk_dark;
    }
    prepare_cells(p, rgb, dark);
    classify_and_sample(p, gray);
    spread_beside_lines(p);
    spread_into_lines(p, gray);
    if (lines == LAC_LINES_REF) {
        line_colours(p, gray);
    }
    draw_lines(p, gray, lines, out, stride);
}
