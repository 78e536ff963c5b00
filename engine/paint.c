/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joint upsampling guided by the native line art; the steps are described in paint.h. */
#include "paint.h"
#include "rgba.h"
#include "runs.h"
#include "spread.h"

#include <string.h>

#include <omp.h>

struct LacPaint {
    int width, height;         /* native */
    int threads, reach, depth; /* limits of steps 2 and 3, in native pixels */
    LacCells cells;
    float *rows;     /* [threads][cells.width][4] two rows of cells blended */
    LacPlaceOnAxis *x; /* of each native column */
    LacField field; /* native */
    const LacPaintExact *exact; /* of this run */
};

int lac_paint_open(LacPaint **paint, int width, int height, int net_width, int net_height, int threads,
                   const LacLog *log)
{
    LacPaint *p = lac_calloc(1, sizeof *p);
    bool ok = p && lac_cells_open(&p->cells, width, height, net_width, net_height, threads) == LAC_OK;

    *paint = NULL;
    if (ok) {
        p->width = width;
        p->height = height;
        p->threads = threads;
        p->depth = lac_paint_depth(width, height);
        p->reach = lac_paint_reach(width, p->cells.width);
        p->rows = lac_alloc((size_t)threads * p->cells.width, 4 * sizeof *p->rows);
        p->x = lac_alloc((size_t)width, sizeof *p->x);
        ok = p->rows && p->x && lac_field_open(&p->field, width, height) == LAC_OK;
    }
    if (!ok) {
        lac_paint_close(&p);
        return lac_fail(log, LAC_ENOMEM, "no memory to paint pictures of %dx%d", width, height);
    }
    for (int x = 0; x < width; x++) {
        p->x[x] = lac_paint_locate(x, width, p->cells.width);
    }
    *paint = p;
    return LAC_OK;
}

const LacCells *lac_paint_cells(const LacPaint *paint)
{
    return &paint->cells;
}

void lac_paint_close(LacPaint **paint)
{
    LacPaint *p = *paint;

    if (p) {
        lac_cells_close(&p->cells);
        lac_free(p->rows);
        lac_free(p->x);
        lac_field_close(&p->field);
        lac_free(p);
    }
    *paint = NULL;
}

int lac_paint_widen(LacPaint *p, const LacLog *log)
{
    return p->field.exact || lac_field_widen(&p->field) == LAC_OK
               ? LAC_OK
               : lac_fail(log, LAC_ENOMEM, "no memory to paint pictures with alpha or 16 bits");
}

/* Colour v over white, 0..255, becomes native pixel i. */
static inline void put(LacPaint *p, size_t i, const float v[3])
{
    if (p->exact) {
        lac_rgba_from_white(v, p->exact->alpha ? p->exact->alpha[i] : LAC_OPAQUE, p->field.exact + i * 4);
        return;
    }
    for (int c = 0; c < 3; c++) {
        p->field.colour[i * 4 + c] = (uint8_t)(v[c] + 0.5f);
    }
}

static void blend4(LacPaint *p, const size_t cell[4], const float weight[4], size_t i)
{
    float v[3];

    lac_paint_blend(p->cells.value, cell, weight, v);
    put(p, i, v);
}

/* The prediction as it is, light cells before dark ones. */
static void sample_plain(LacPaint *p, int x, LacPlaceOnAxis row, size_t i)
{
    size_t cell[4];
    float weight[4];

    lac_paint_quad(p->x[x], row, p->cells.width, p->cells.height, cell, weight);
    lac_paint_lighten(p->cells.value, cell, weight);
    blend4(p, cell, weight, i);
}

static void classify_and_sample(LacPaint *p, const uint8_t *gray)
{
    const int w = p->cells.width;

#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        float *row = p->rows + (size_t)omp_get_thread_num() * w * 4;
        const uint8_t *g = gray + (size_t)y * p->width;
        uint8_t *state = p->field.state + (size_t)y * p->width;
        const LacPlaceOnAxis py = lac_paint_locate(y, p->height, p->cells.height);
        const float *a = p->cells.value + (size_t)py.at * w * 4, *b = py.at + 1 < p->cells.height ? a + w * 4 : a;
        const uint8_t *whole = p->cells.whole + (size_t)py.at * w, *clear = p->cells.clear + (size_t)py.own * w;

#pragma omp simd
        for (int i = 0; i < w * 4; i++) {
            row[i] = lac_between(a[i], b[i], py.frac);
        }
        for (int x = 0; x < p->width; x++) {
            const size_t at = (size_t)y * p->width + x;
            const LacPlaceOnAxis px = p->x[x];

            if (g[x] < LAC_PAINT_LINE_BELOW) {
                state[x] = LAC_PIXEL_LINE;
            } else if (whole[px.at]) {
                const float *l = row + px.at * 4, *r = px.at + 1 < w ? l + 4 : l;
                float v[3];
                for (int c = 0; c < 3; c++) {
                    v[c] = lac_between(l[c], r[c], px.frac);
                }
                put(p, at, v);
                state[x] = LAC_PIXEL_KNOWN;
            } else if (clear[px.own]) {
                size_t cell[4];
                float weight[4];
                lac_paint_quad(px, py, w, p->cells.height, cell, weight);
                lac_paint_join(p->cells.clear, cell, (py.own != py.at) * 2 + (px.own != px.at), weight);
                blend4(p, cell, weight, at);
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
        const LacPlaceOnAxis row = lac_paint_locate(y, p->height, p->cells.height);

        for (int x = 0; x < p->width; x++) {
            size_t i = (size_t)y * p->width + x;

            if (x + 8 <= p->width && lac_all_eight(p->field.state + i, LAC_PIXEL_KNOWN)) {
                x += 7;
            } else if (p->field.state[i] == state) {
                sample_plain(p, x, row, i);
                p->field.state[i] = LAC_PIXEL_KNOWN;
            }
        }
    }
}

/* What a line that covers pixel x of a row has for colour; cells: the lines' colours in that row. */
static void line_colour(const LacPaint *p, int x, const float *cells, enum LacLines lines, const float fill[3],
                        float over[3])
{
    lac_paint_line_colour(cells + (size_t)p->x[x].own * 4, lines != LAC_LINES_REF, fill, over);
}

static const float *line_row(const LacPaint *p, int y)
{
    return p->cells.line + (size_t)lac_paint_locate(y, p->height, p->cells.height).own * p->cells.width * 4;
}

static void draw_lines(LacPaint *p, const uint8_t *black, enum LacLines lines, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *g = black + (size_t)y * p->width, *c = p->field.colour + (size_t)y * p->width * 4;
        const float *cells = line_row(p, y);
        uint8_t *o = out + y * stride;

        for (int x = 0; x < p->width; x++, c += 4, o += 3) {
            const int dark = lines == LAC_LINES_NONE ? 0 : 255 - g[x];
            const float fill[3] = { c[0], c[1], c[2] };
            float over[3];

            if (!dark) {
                memcpy(o, c, 3);
                continue;
            }
            line_colour(p, x, cells, lines, fill, over);
            for (int i = 0; i < 3; i++) {
                o[i] = lac_paint_mix(c[i], over[i], dark);
            }
        }
    }
}

/* The same with alpha and 16 bits into p->exact->out, and over white into out. */
static void draw_lines_exact(LacPaint *p, const uint8_t *black, enum LacLines lines, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const size_t row = (size_t)y * p->width;
        const uint16_t *c = p->field.exact + row * 4;
        const float *cells = line_row(p, y);
        uint16_t *o = p->exact->out + row * 4;

        for (int x = 0; x < p->width; x++, c += 4, o += 4) {
            const int dark = lines == LAC_LINES_NONE ? 0 : 255 - black[row + x];
            const float fill[3] = { (float)c[0] / 257, (float)c[1] / 257, (float)c[2] / 257 };
            float over[3];
            uint16_t line[4] = { 0, 0, 0, LAC_OPAQUE };

            if (dark) {
                line_colour(p, x, cells, lines, fill, over);
                for (int i = 0; i < 3; i++) {
                    line[i] = lac_rgba_round(over[i] * 257);
                }
            }
            lac_rgba_mix(c, line, (float)dark / 255, o);
            for (int i = 0; i < 3; i++) {
                out[y * stride + (ptrdiff_t)x * 3 + i] = lac_rgba_white8(o, i);
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
            if (state && state[(size_t)y * p->width + x] == LAC_PIXEL_LINE) {
                continue;
            }
            if (t[3] == 255) {
                memcpy(o, t, 3);
            } else if (t[3]) {
                lac_paint_lay_over(t, o);
            }
        }
    }
}

/* The same with 16 bits. Fills keep the alpha they have, lines take over the references'. */
static void lay_over_exact(const LacPaint *p, const uint8_t *gray, const uint8_t *transferred, bool inked, uint16_t *out)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        for (size_t i = (size_t)y * p->width; i < (size_t)(y + 1) * p->width; i++) {
            const bool line = gray[i] < LAC_PAINT_LINE_BELOW;
            const uint16_t alpha = out[i * 4 + 3];

            if (!line || inked) {
                lac_rgba_mix(out + i * 4, p->exact->transferred + i * 4, (float)transferred[i * 4 + 3] / 255,
                             out + i * 4);
                out[i * 4 + 3] = line ? out[i * 4 + 3] : alpha;
            }
        }
    }
}

static void flatten(const LacPaint *p, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint16_t *e = p->exact->out + (size_t)y * p->width * 4;

        for (int x = 0; x < p->width * 3; x++) {
            out[y * stride + x] = lac_rgba_white8(e + (ptrdiff_t)x / 3 * 4, x % 3);
        }
    }
}

static void draw(LacPaint *p, const uint8_t *black, enum LacLines lines, uint8_t *out, ptrdiff_t stride)
{
    if (p->exact) {
        draw_lines_exact(p, black, lines, out, stride);
    } else {
        draw_lines(p, black, lines, out, stride);
    }
}

void lac_paint_run(LacPaint *p, const float *rgb, const uint8_t *gray, const uint8_t *black,
                   const uint8_t *transferred, enum LacLines lines, const LacLineColour *ink, uint8_t *out,
                   ptrdiff_t stride, const LacPaintExact *exact)
{
    p->exact = exact;
    p->field.wide = exact != NULL;
    lac_cells_run(&p->cells, rgb, gray);
    classify_and_sample(p, gray);
    lac_field_spread(&p->field, p->reach);
    sample_rest(p, LAC_PIXEL_UNKNOWN);
    if (transferred && lines != LAC_LINES_REF && exact) {
        lay_over_exact(p, gray, transferred, false, p->field.exact);
    } else if (transferred && lines != LAC_LINES_REF) {
        lay_over(p, transferred, p->field.state, 4, p->field.colour, (ptrdiff_t)p->width * 4);
    }
    lac_field_spread_lines(&p->field, gray, p->depth);
    sample_rest(p, LAC_PIXEL_LINE);
    if (lines == LAC_LINES_REF) {
        draw(p, black, LAC_LINES_KEEP, out, stride);
        lac_cells_lines(&p->cells, black == gray ? NULL : black, out, stride, ink);
    }
    draw(p, black, lines, out, stride);
    if (transferred && lines == LAC_LINES_REF && exact) {
        lay_over_exact(p, gray, transferred, true, exact->out);
        flatten(p, out, stride);
    } else if (transferred && lines == LAC_LINES_REF) {
        lay_over(p, transferred, NULL, 3, out, stride);
    }
}

void lac_paint_bleed(LacPaint *p, uint16_t *rgba)
{
    const size_t n = (size_t)p->width * p->height;

    p->field.wide = true;
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        p->field.state[i] = rgba[i * 4 + 3] ? LAC_PIXEL_KNOWN : LAC_PIXEL_UNKNOWN;
        for (int c = 0; c < 4; c++) {
            p->field.exact[i * 4 + c] = rgba[i * 4 + c];
        }
    }
    lac_field_spread(&p->field, LAC_PAINT_BLEED);
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        const enum LacPixel state = p->field.state[i];

        for (int c = 0; c < 3 && state != LAC_PIXEL_KNOWN; c++) {
            rgba[i * 4 + c] = state == LAC_PIXEL_REACHED ? p->field.exact[i * 4 + c] : LAC_OPAQUE;
        }
    }
}
