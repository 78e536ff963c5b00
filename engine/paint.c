/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joint upsampling guided by the native line art; the steps are described in paint.h. */
#include "paint.h"
#include "spread.h"

#include <math.h>
#include <string.h>

#include <omp.h>

struct LacPaint {
    int width, height;         /* native */
    int cells_x, cells_y;      /* cells: network size, at most native size */
    int threads, reach, depth; /* limits of steps 2 and 3, in native pixels */
    bool shrink;               /* the network is larger than the picture on an axis */
    LacResize shrinking;       /* then: network size -> cells */
    float *shrunk;
    LacResize lines; /* native -> cells */
    float *mean;     /* [cells] of gray */
    uint8_t *least;
    float *value;    /* [cells][4] prediction in 0..255, and the cell's lightness for steps 2 and 3 */
    float *rows;     /* [threads][cells_x][4] two rows of cells blended */
    uint8_t *clear;  /* [cells] */
    uint8_t *core;                 /* [cells] clear, and so are the eight around it */
    uint8_t *whole;  /* [cells] this cell, its right, lower and diagonal neighbours are all clear */
    int *x0, *own_x; /* per native column: left one of two cells, the cell that holds it */
    float *fx;
    float *black, *line; /* LAC_LINES_REF: [cells][3] mean with black lines; [cells][4] line colour times
                            darkness, darkness */
    LacField field;      /* native */
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
        size_t cells;

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
        p->core = lac_alloc(cells, 1);
        p->x0 = lac_alloc((size_t)width, sizeof *p->x0);
        p->own_x = lac_alloc((size_t)width, sizeof *p->own_x);
        p->fx = lac_alloc((size_t)width, sizeof *p->fx);
        p->black = lac_alloc(cells, 3 * sizeof *p->black);
        p->line = lac_alloc(cells, 4 * sizeof *p->line);
        ok = p->value && p->rows && p->clear && p->whole && p->core && p->x0 && p->own_x && p->fx && p->black && p->line;
        p->mean = lac_alloc(cells, sizeof *p->mean);
        p->least = lac_alloc(cells, 1);
        ok = ok && p->mean && p->least && lac_field_open(&p->field, width, height) == LAC_OK &&
             lac_resize_open(&p->lines, width, height, p->cells_x, p->cells_y, 3, threads) == LAC_OK;
        if (ok && p->shrink) {
            p->shrunk = lac_alloc(cells, 3 * sizeof *p->shrunk);
            ok = p->shrunk && lac_resize_open(&p->shrinking, net_width, net_height, p->cells_x, p->cells_y, 3,
                                              threads) == LAC_OK;
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
        lac_resize_close(&p->shrinking);
        lac_resize_close(&p->lines);
        lac_free(p->shrunk);
        lac_free(p->mean);
        lac_free(p->least);
        lac_free(p->value);
        lac_free(p->rows);
        lac_free(p->clear);
        lac_free(p->whole);
        lac_free(p->core);
        lac_free(p->x0);
        lac_free(p->own_x);
        lac_free(p->fx);
        lac_free(p->black);
        lac_free(p->line);
        lac_field_close(&p->field);
        lac_free(p);
    }
    *paint = NULL;
}

/* True when no cell beside or diagonal to this one is dark. Outside the picture nothing is. */
static bool is_core(const LacPaint *p, int x, int y)
{
    for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < p->cells_y; v++) {
        for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < p->cells_x; u++) {
            if (!p->clear[(size_t)v * p->cells_x + u]) {
                return false;
            }
        }
    }
    return true;
}

/* The network blurs a line into the clear cells beside it. Those take the mean of the core cells joined to them; cells
 * of regions too thin to have any keep their own. Only core cells are read and only others written. */
static void clean_edges(LacPaint *p)
{
    const int w = p->cells_x, h = p->cells_y;

#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            p->core[(size_t)y * w + x] = is_core(p, x, y);
        }
    }
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            const size_t i = (size_t)y * w + x;
            float sum[3] = { 0 }, weight = 0;

            if (!p->clear[i] || p->core[i]) {
                continue;
            }
            for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
                for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
                    const size_t j = (size_t)v * w + u;
                    const bool joined = p->clear[(size_t)y * w + u] || p->clear[(size_t)v * w + x];
                    const float share = u == x || v == y ? 2 : 1;

                    if (p->core[j] && joined) {
                        for (int c = 0; c < 3; c++) {
                            sum[c] += share * p->value[j * 4 + c];
                        }
                        weight += share;
                    }
                }
            }
            for (int c = 0; c < 3 && weight > 0; c++) {
                p->value[i * 4 + c] = sum[c] / weight;
            }
        }
    }
}

static void prepare_cells(LacPaint *p, const float *rgb, const uint8_t *gray)
{
    const int w = p->cells_x, h = p->cells_y;

    lac_resize_u8(&p->lines, gray, p->width, 1, p->mean);
    lac_resize_min(&p->lines, gray, p->width, true, p->least);
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (size_t i = (size_t)y * w; i < (size_t)(y + 1) * w; i++) {
            float mean = 255.0f - p->mean[i];
            float dark = sqrtf((mean < 0 ? 0 : mean) * (float)(255 - p->least[i])) / 255.0f,
                  light = 1.0f - dark;
            for (int c = 0; c < 3; c++) {
                p->value[i * 4 + c] = to_byte(rgb[i * 3 + c]);
            }
            p->value[i * 4 + 3] = light > 0 ? light * light + 1e-3f : 1e-3f;
            p->clear[i] = dark < LAC_PAINT_CLEAR_CELL;
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
    clean_edges(p);
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

/* Step 1 for a pixel whose own cell (number `own` of the four) is clear: clear cells beside it count, the
 * diagonal one only through a clear neighbour. A line between two clear cells that touch by a side would have
 * darkened one of them. */
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
        uint8_t *state = p->field.state + (size_t)y * p->width,
                *out = p->field.colour + (size_t)y * p->width * 4;
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
                state[x] = LAC_PIXEL_LINE;
            } else if (whole[x0]) {
                const float *l = row + x0 * 4, *r = x0 + 1 < w ? l + 4 : l;
                for (int c = 0; c < 3; c++) {
                    out[c] = (uint8_t)(l[c] + p->fx[x] * (r[c] - l[c]) + 0.5f);
                }
                state[x] = LAC_PIXEL_KNOWN;
            } else if (clear[p->own_x[x]]) {
                size_t cell[4];
                float weight[4];
                quad(p, x, y0, fy, cell, weight);
                sample_joined(p, cell, weight, (own_y != y0) * 2 + (p->own_x[x] != x0), out);
                state[x] = LAC_PIXEL_KNOWN;
            } else {
                state[x] = LAC_PIXEL_UNKNOWN;
            }
        }
    }
}

/* What no front reached keeps the prediction. */
static void sample_rest(LacPaint *p, enum LacPixel state)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            size_t i = (size_t)y * p->width + x;
            if (p->field.state[i] == state) {
                sample_plain(p, x, y, p->field.colour + i * 4);
                p->field.state[i] = LAC_PIXEL_KNOWN;
            }
        }
    }
}

static uint8_t mix(int under, float over, int dark)
{
    float v = (under * (255 - dark) + over * dark) / 255.0f + 0.5f;

    return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v;
}

/* Step 4, LAC_LINES_REF. A dark cell's prediction is the mean of (1 - D) colour + D line over its native
 * pixels. `black` is the picture with black lines, (1 - D) colour, so mean(D) line = prediction -
 * mean(black). Sums over the dark ones of 3x3 cells even out what the network blurs. */
static void line_colours(LacPaint *p, const uint8_t *black, ptrdiff_t stride)
{
    const int w = p->cells_x, h = p->cells_y;

    lac_resize_u8(&p->lines, black, stride, 3, p->black);
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            float *out = p->line + ((size_t)y * w + x) * 4;

            memset(out, 0, 4 * sizeof *out);
            for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
                for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
                    size_t i = (size_t)v * w + u;
                    for (int c = 0; c < 3 && !p->clear[i]; c++) {
                        out[c] += p->value[i * 4 + c] - p->black[i * 3 + c];
                    }
                    out[3] += p->clear[i] ? 0 : 1.0f - p->mean[i] / 255.0f;
                }
            }
        }
    }
}

/* Blur pales the line colours and mixes fills into them: bring their mean to that of the references' ink, and their
 * spread down to its. Lines that are black in the references come out black. */
static void match_ink(LacPaint *p, const LacLineColour *ink)
{
    const size_t cells = (size_t)p->cells_x * p->cells_y;

    for (int c = 0; c < 3; c++) {
        double weight = 0, sum = 0, square = 0;

        for (size_t i = 0; i < cells; i++) {
            const double w = p->line[i * 4 + 3], v = p->line[i * 4 + c];
            weight += w;
            sum += v;
            square += w > 0 ? v * v / w : 0;
        }
        if (weight <= 0) {
            return;
        }
        const double mean = sum / weight, variance = square / weight - mean * mean;
        const double spread = variance > 0 ? ink->deviation[c] / sqrt(variance) : 1;
        const float scale = spread < 1 ? (float)spread : 1;
        for (size_t i = 0; i < cells; i++) {
            float *v = &p->line[i * 4 + c];
            *v = ink->mean[c] * p->line[i * 4 + 3] + scale * (*v - (float)mean * p->line[i * 4 + 3]);
        }
    }
}

static void draw_lines(LacPaint *p, const uint8_t *gray, enum LacLines lines, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *g = gray + (size_t)y * p->width, *c = p->field.colour + (size_t)y * p->width * 4;
        uint8_t *o = out + y * stride;
        int own_y = (int)(((int64_t)2 * y + 1) * p->cells_y / (2 * (int64_t)p->height));

        for (int x = 0; x < p->width; x++, c += 4, o += 3) {
            const float *line = p->line + ((size_t)own_y * p->cells_x + p->own_x[x]) * 4;
            int dark = lines == LAC_LINES_NONE ? 0 : 255 - g[x];
            bool own_colour = lines == LAC_LINES_REF && dark > 0 && line[3] > 0.05f;

            for (int i = 0; i < 3; i++) {
                float over = own_colour ? line[i] / line[3] : lines == LAC_LINES_REF ? c[i] : 0;
                over = over < 0 ? 0 : over > 255 ? 255 : over;
                o[i] = dark ? mix(c[i], over, dark) : c[i];
            }
        }
    }
}

void lac_paint_run(LacPaint *p, const float *rgb, const uint8_t *gray, enum LacLines lines,
                   const LacLineColour *ink, uint8_t *out, ptrdiff_t stride)
{
    if (p->shrink) {
        lac_resize_f32(&p->shrinking, rgb, 3, p->shrunk);
        rgb = p->shrunk;
    }
    prepare_cells(p, rgb, gray);
    classify_and_sample(p, gray);
    lac_field_spread(&p->field, p->reach);
    sample_rest(p, LAC_PIXEL_UNKNOWN);
    lac_field_spread_lines(&p->field, gray, p->depth);
    sample_rest(p, LAC_PIXEL_LINE);
    if (lines == LAC_LINES_REF) {
        draw_lines(p, gray, LAC_LINES_KEEP, out, stride);
        line_colours(p, out, stride);
        if (ink && ink->known) {
            match_ink(p, ink);
        }
    }
    draw_lines(p, gray, lines, out, stride);
}
