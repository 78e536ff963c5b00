/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joint upsampling guided by the native line art; the steps are described in paint.h. */
#include "paint/paint_state.h"
#include "picture/rgba.h"
#include "picture/runs.h"

#include <string.h>

#include <omp.h>

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
        p->whole = lac_alloc((size_t)threads, (size_t)width);
        ok = p->rows && p->x && p->whole && lac_field_open(&p->field, width, height) == LAC_OK;
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
        lac_free(p->whole);
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

/* The states of all pixels, and the colours of those that lie beside cells that are not clear. */
static void classify(LacPaint *p, const uint8_t *gray)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *g = gray + (size_t)y * p->width;
        uint8_t *state = p->field.state + (size_t)y * p->width;
        uint8_t *whole = p->whole + (size_t)omp_get_thread_num() * p->width;
        const LacPlaceOnAxis py = lac_paint_locate(y, p->height, p->cells.height);
        const uint8_t *clear = p->cells.clear + (size_t)py.own * p->cells.width;

        lac_paint_whole(p, py, whole);
#pragma omp simd
        for (int x = 0; x < p->width; x++) {
            const uint8_t between = whole[x] ? LAC_PIXEL_KNOWN : LAC_PIXEL_UNKNOWN;
            state[x] = g[x] < LAC_PAINT_LINE_BELOW ? LAC_PIXEL_LINE : between;
        }
        for (int x = 0; x < p->width; x++) {
            const LacPlaceOnAxis px = p->x[x];

            if (x + 8 <= p->width && lac_all_eight(state + x, LAC_PIXEL_KNOWN)) {
                x += 7;
            } else if (state[x] == LAC_PIXEL_UNKNOWN && clear[px.own]) {
                size_t cell[4];
                float weight[4];
                lac_paint_quad(px, py, p->cells.width, p->cells.height, cell, weight);
                lac_paint_join(p->cells.clear, cell, (py.own != py.at) * 2 + (px.own != px.at), weight);
                blend4(p, cell, weight, (size_t)y * p->width + x);
                state[x] = LAC_PIXEL_KNOWN;
            }
        }
    }
}

/* Does nothing look at the colours of pixels [x, x + 8) of row y? Transferred ones that are sure lie over them, and no pixel
 * beside them waits for a colour. */
static bool unseen(const LacPaint *p, const uint8_t *transferred, int x, int y)
{
    const ptrdiff_t w = p->width;
    const uint8_t *state = p->field.state + y * w + x, *t = transferred + (y * w + x) * 4;
    uint8_t sure = 255;

    for (int i = 0; i < 8; i++) {
        sure &= t[i * 4 + 3];
    }
    return sure == 255 && lac_all_eight(state, LAC_PIXEL_KNOWN) && (y == 0 || lac_all_eight(state - w, LAC_PIXEL_KNOWN)) &&
           (y + 1 == p->height || lac_all_eight(state + w, LAC_PIXEL_KNOWN)) &&
           (x == 0 || state[-1] == LAC_PIXEL_KNOWN) && (x + 8 == w || state[8] == LAC_PIXEL_KNOWN);
}

/* The colour of a pixel between the cells l and r of a blended row. */
static inline void put_between(LacPaint *p, size_t i, const float *l, const float *r, float share)
{
    float v[4];

#pragma omp simd
    for (int c = 0; c < 4; c++) {
        v[c] = lac_between(l[c], r[c], share);
    }
    if (p->exact) {
        put(p, i, v);
        return;
    }
    for (int c = 0; c < 4; c++) { /* the fourth means nothing */
        p->field.colour[i * 4 + c] = (uint8_t)(int32_t)(v[c] + 0.5f);
    }
}

/* The colours of pixels between clear cells alone, where anything looks at them. */
static void sample_whole(LacPaint *p, const uint8_t *transferred)
{
    const int w = p->cells.width;

#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        float *row = p->rows + (size_t)omp_get_thread_num() * w * 4;
        const uint8_t *state = p->field.state + (size_t)y * p->width;
        const LacPlaceOnAxis py = lac_paint_locate(y, p->height, p->cells.height);
        const float *a = p->cells.value + (size_t)py.at * w * 4, *b = py.at + 1 < p->cells.height ? a + w * 4 : a;
        const uint8_t *whole = p->cells.whole + (size_t)py.at * w;

#pragma omp simd
        for (int i = 0; i < w * 4; i++) {
            row[i] = lac_between(a[i], b[i], py.frac);
        }
        for (int x = 0; x < p->width; x++) {
            const LacPlaceOnAxis px = p->x[x];

            if (transferred && x + 8 <= p->width && unseen(p, transferred, x, y)) {
                x += 7;
            } else if (state[x] == LAC_PIXEL_KNOWN && whole[px.at]) {
                const float *l = row + px.at * 4;
                put_between(p, (size_t)y * p->width + x, l, px.at + 1 < w ? l + 4 : l, px.frac);
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

            if (x + 8 <= p->width && !lac_any_eight(p->field.state + i, (uint8_t)state)) {
                x += 7;
            } else if (p->field.state[i] == state) {
                sample_plain(p, x, row, i);
                p->field.state[i] = LAC_PIXEL_KNOWN;
            }
        }
    }
}

void lac_paint_run(LacPaint *p, const float *rgb, const uint8_t *gray, const uint8_t *black,
                   const uint8_t *transferred, enum LacLines lines, const LacLineColour *ink, uint8_t *out,
                   ptrdiff_t stride, const LacPaintExact *exact)
{
    p->exact = exact;
    p->field.wide = exact != NULL;
    lac_cells_run(&p->cells, rgb, gray);
    classify(p, gray);
    sample_whole(p, exact ? NULL : transferred);
    lac_field_spread(&p->field, p->reach);
    sample_rest(p, LAC_PIXEL_UNKNOWN);
    if (transferred && lines != LAC_LINES_REF && exact) {
        lac_paint_lay_exact(p, gray, transferred, false, p->field.exact);
    } else if (transferred && lines != LAC_LINES_REF) {
        lac_paint_lay_fills(p, transferred);
    }
    lac_field_spread_lines(&p->field, gray, p->depth);
    sample_rest(p, LAC_PIXEL_LINE);
    if (lines == LAC_LINES_REF) {
        lac_paint_draw_black(p, black, out, stride);
        lac_cells_lines(&p->cells, black == gray ? NULL : black, out, stride, ink);
    }
    if (transferred && lines == LAC_LINES_REF && !exact) {
        lac_paint_draw_under(p, black, transferred, out, stride);
        return;
    }
    lac_paint_draw(p, black, lines, out, stride);
    if (transferred && lines == LAC_LINES_REF) {
        lac_paint_lay_exact(p, gray, transferred, true, exact->out);
        lac_paint_flatten(p, out, stride);
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
