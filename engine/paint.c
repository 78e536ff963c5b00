/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joint upsampling guided by the native line art; the steps are described in paint.h. */
#include "paint.h"
#include "spread.h"

#include <omp.h>

struct LacPaint {
    int width, height;         /* native */
    int threads, reach, depth; /* limits of steps 2 and 3, in native pixels */
    LacCells cells;
    float *rows;     /* [threads][cells.width][4] two rows of cells blended */
    int *x0, *own_x; /* per native column: left one of two cells, the cell that holds it */
    float *fx;
    LacField field; /* native */
};

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
    bool ok = p && lac_cells_open(&p->cells, width, height, net_width, net_height, threads) == LAC_OK;
    int own;

    *paint = NULL;
    if (ok) {
        int side = width < height ? width : height;

        p->width = width;
        p->height = height;
        p->threads = threads;
        p->depth = side / 90 > 4 ? side / 90 : 4;
        p->reach = 2 * ((width - 1) / p->cells.width + 1);
        p->rows = lac_alloc((size_t)threads * p->cells.width, 4 * sizeof *p->rows);
        p->x0 = lac_alloc((size_t)width, sizeof *p->x0);
        p->own_x = lac_alloc((size_t)width, sizeof *p->own_x);
        p->fx = lac_alloc((size_t)width, sizeof *p->fx);
        ok = p->rows && p->x0 && p->own_x && p->fx && lac_field_open(&p->field, width, height) == LAC_OK;
    }
    if (!ok) {
        lac_paint_close(&p);
        return lac_fail(log, LAC_ENOMEM, "no memory to paint pictures of %dx%d", width, height);
    }
    for (int x = 0; x < width; x++) {
        locate(x, width, p->cells.width, &p->x0[x], &p->fx[x], &own);
        p->own_x[x] = own;
    }
    *paint = p;
    return LAC_OK;
}

void lac_paint_close(LacPaint **paint)
{
    LacPaint *p = *paint;

    if (p) {
        lac_cells_close(&p->cells);
        lac_free(p->rows);
        lac_free(p->x0);
        lac_free(p->own_x);
        lac_free(p->fx);
        lac_field_close(&p->field);
        lac_free(p);
    }
    *paint = NULL;
}

/* Bilinear over four cells, each times its own factor. */
static void blend4(const LacPaint *p, const size_t cell[4], const float weight[4], uint8_t *out)
{
    float sum[4] = { 0 };

    for (int i = 0; i < 4; i++) {
        const float *v = p->cells.value + cell[i] * 4;
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
    int x0 = p->x0[x], x1 = x0 + 1 < p->cells.width ? x0 + 1 : x0, y1 = y0 + 1 < p->cells.height ? y0 + 1 : y0;
    float fx = p->fx[x];

    cell[0] = (size_t)y0 * p->cells.width + x0;
    cell[1] = (size_t)y0 * p->cells.width + x1;
    cell[2] = (size_t)y1 * p->cells.width + x0;
    cell[3] = (size_t)y1 * p->cells.width + x1;
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
    bool beside = p->cells.clear[cell[own ^ 1]], below = p->cells.clear[cell[own ^ 2]];

    weight[own] += 1e-6f; /* never an empty sum */
    weight[own ^ 1] *= beside;
    weight[own ^ 2] *= below;
    weight[own ^ 3] *= (beside || below) && p->cells.clear[cell[own ^ 3]];
    blend4(p, cell, weight, out);
}

/* The prediction as it is, light cells before dark ones. */
static void sample_plain(const LacPaint *p, int x, int y, uint8_t *out)
{
    size_t cell[4];
    float weight[4], fy;
    int y0, own;

    locate(y, p->height, p->cells.height, &y0, &fy, &own);
    quad(p, x, y0, fy, cell, weight);
    for (int i = 0; i < 4; i++) {
        weight[i] = (weight[i] + 1e-6f) * p->cells.value[cell[i] * 4 + 3];
    }
    blend4(p, cell, weight, out);
}

static void classify_and_sample(LacPaint *p, const uint8_t *gray)
{
    const int line_below = (int)(255 * (1 - LAC_PAINT_CLEAR)), w = p->cells.width;

#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        float *row = p->rows + (size_t)omp_get_thread_num() * w * 4, fy;
        const uint8_t *g = gray + (size_t)y * p->width;
        uint8_t *state = p->field.state + (size_t)y * p->width,
                *out = p->field.colour + (size_t)y * p->width * 4;
        int y0, own_y;

        locate(y, p->height, p->cells.height, &y0, &fy, &own_y);
        const float *a = p->cells.value + (size_t)y0 * w * 4, *b = y0 + 1 < p->cells.height ? a + w * 4 : a;
        const uint8_t *whole = p->cells.whole + (size_t)y0 * w, *clear = p->cells.clear + (size_t)own_y * w;
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

static void draw_lines(LacPaint *p, const uint8_t *gray, enum LacLines lines, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *g = gray + (size_t)y * p->width, *c = p->field.colour + (size_t)y * p->width * 4;
        uint8_t *o = out + y * stride;
        int own_y = (int)(((int64_t)2 * y + 1) * p->cells.height / (2 * (int64_t)p->height));

        for (int x = 0; x < p->width; x++, c += 4, o += 3) {
            const float *line = p->cells.line + ((size_t)own_y * p->cells.width + p->own_x[x]) * 4;
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

/* out [height] rows `stride` bytes apart, `step` bytes a pixel: blended with what was transferred; not on line
 * pixels where `state` is given. */
static void lay_over(const LacPaint *p, const uint8_t *transferred, const uint8_t *state, int step, uint8_t *out,
                     ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *t = transferred + (size_t)y * p->width * 4;
        uint8_t *o = out + y * stride;

        for (int x = 0; x < p->width; x++, t += 4, o += step) {
            if (!state || state[(size_t)y * p->width + x] != LAC_PIXEL_LINE) {
                for (int i = 0; i < 3; i++) {
                    o[i] = (uint8_t)((o[i] * (255 - t[3]) + t[i] * t[3] + 127) / 255);
                }
            }
        }
    }
}

void lac_paint_run(LacPaint *p, const float *rgb, const uint8_t *gray, const uint8_t *transferred,
                   enum LacLines lines, const LacLineColour *ink, uint8_t *out, ptrdiff_t stride)
{
    lac_cells_run(&p->cells, rgb, gray);
    classify_and_sample(p, gray);
    lac_field_spread(&p->field, p->reach);
    sample_rest(p, LAC_PIXEL_UNKNOWN);
    if (transferred && lines != LAC_LINES_REF) {
        lay_over(p, transferred, p->field.state, 4, p->field.colour, (ptrdiff_t)p->width * 4);
    }
    lac_field_spread_lines(&p->field, gray, p->depth);
    sample_rest(p, LAC_PIXEL_LINE);
    if (lines == LAC_LINES_REF) {
        draw_lines(p, gray, LAC_LINES_KEEP, out, stride);
        lac_cells_lines(&p->cells, out, stride, ink);
    }
    draw_lines(p, gray, lines, out, stride);
    if (transferred && lines == LAC_LINES_REF) {
        lay_over(p, transferred, NULL, 3, out, stride);
    }
}
