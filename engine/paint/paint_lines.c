/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines drawn over the fills, and what was transferred laid over either; see paint_state.h. */
#include "paint/paint_state.h"
#include "picture/rgba.h"
#include "picture/runs.h"

#include <string.h>

#include <omp.h>

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

/* One pixel of a line, `dark` of 255 of it. */
static inline void draw_pixel(const LacPaint *p, int x, const float *cells, enum LacLines lines, int dark, const uint8_t *c,
                              uint8_t *o)
{
    const float fill[3] = { c[0], c[1], c[2] };
    float over[3];

    line_colour(p, x, cells, lines, fill, over);
    for (int i = 0; i < 3; i++) {
        o[i] = lac_paint_mix(c[i], over[i], dark);
    }
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

            if (dark) {
                draw_pixel(p, x, cells, lines, dark, c, o);
            } else {
                memcpy(o, c, 3);
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

void lac_paint_lay_fills(const LacPaint *p, const uint8_t *transferred)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *t = transferred + (size_t)y * p->width * 4, *state = p->field.state + (size_t)y * p->width;
        uint8_t *o = p->field.colour + (size_t)y * p->width * 4;

        for (int x = 0; x < p->width; x++, t += 4, o += 4) {
            if (state[x] == LAC_PIXEL_LINE) {
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

void lac_paint_lay_exact(const LacPaint *p, const uint8_t *gray, const uint8_t *transferred, bool inked, uint16_t *out)
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

void lac_paint_flatten(const LacPaint *p, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint16_t *e = p->exact->out + (size_t)y * p->width * 4;

        for (int x = 0; x < p->width * 3; x++) {
            out[y * stride + x] = lac_rgba_white8(e + (ptrdiff_t)x / 3 * 4, x % 3);
        }
    }
}

void lac_paint_draw_under(LacPaint *p, const uint8_t *black, const uint8_t *transferred, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *g = black + (size_t)y * p->width, *c = p->field.colour + (size_t)y * p->width * 4;
        const uint8_t *t = transferred + (size_t)y * p->width * 4;
        const float *cells = line_row(p, y);
        uint8_t *o = out + y * stride;

        for (int x = 0; x < p->width; x++, c += 4, t += 4, o += 3) {
            if (t[3] == 255) {
                memcpy(o, t, 3);
                continue;
            }
            if (g[x] < 255) {
                draw_pixel(p, x, cells, LAC_LINES_REF, 255 - g[x], c, o);
            } else {
                memcpy(o, c, 3);
            }
            if (t[3]) {
                lac_paint_lay_over(t, o);
            }
        }
    }
}

static void draw_black_lines(LacPaint *p, const uint8_t *black, uint8_t *out, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (int y = 0; y < p->height; y++) {
        const uint8_t *g = black + (size_t)y * p->width, *c = p->field.colour + (size_t)y * p->width * 4;
        uint8_t *whole = p->whole + (size_t)omp_get_thread_num() * p->width, *o = out + y * stride;

        lac_paint_whole(p, lac_paint_locate(y, p->height, p->cells.height), whole);
        for (int x = 0; x < p->width; x++) {
            if (x + 8 <= p->width && lac_all_eight(whole + x, 1)) {
                x += 7;
                continue;
            }
            for (int i = 0; i < 3; i++) {
                o[x * 3 + i] = g[x] < 255 ? lac_paint_mix(c[x * 4 + i], 0, 255 - g[x]) : c[x * 4 + i];
            }
        }
    }
}

void lac_paint_draw_black(LacPaint *p, const uint8_t *black, uint8_t *out, ptrdiff_t stride)
{
    if (p->exact) {
        draw_lines_exact(p, black, LAC_LINES_KEEP, out, stride);
    } else {
        draw_black_lines(p, black, out, stride);
    }
}

void lac_paint_draw(LacPaint *p, const uint8_t *black, enum LacLines lines, uint8_t *out, ptrdiff_t stride)
{
    if (p->exact) {
        draw_lines_exact(p, black, lines, out, stride);
    } else {
        draw_lines(p, black, lines, out, stride);
    }
}
