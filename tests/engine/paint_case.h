/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A synthetic picture for tests of painting: two regions and a line between them. */
#ifndef TESTS_ENGINE_PAINT_CASE_H
#define TESTS_ENGINE_PAINT_CASE_H

#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "paint/paint.h"
#include "picture/resize.h"

static const uint8_t region_colour[3][3] = { { 220, 40, 60 }, { 30, 160, 230 }, { 250, 210, 90 } };
static const uint8_t line_colour[3] = { 60, 20, 90 };

enum { VERTICAL, SHALLOW, DIAGONAL, CIRCLE, SHAPES };

/* Signed distance to the line: its sign is the side. */
static inline double side(int shape, double x, double y, int w, int h)
{
    switch (shape) {
    case VERTICAL: return x - (w / 2) - 0.5; /* NOLINT(bugprone-integer-division): a whole column */
    case SHALLOW: return (y - h / 2.0) * 0.98 - (x - w / 2.0) * 0.199;
    case DIAGONAL: return (x - y) * 0.7071 - 3.2;
    default: return hypot(x - w / 2.0, y - h / 2.0) - h / 3.0;
    }
}

typedef struct Scene {
    int w, h, nw, nh;
    uint8_t *gray, *truth, *regions, *out; /* truth: with coloured lines; regions: without */
    float *prediction;
} Scene;

/* One-pixel lines (soft: anti-aliased), and a prediction that is the area average of the true picture. */
static inline void draw(Scene *s, int shape, bool soft, int w, int h, int nw, int nh)
{
    LacResize r;

    *s = (Scene){ w,
                  h,
                  nw,
                  nh,
                  lac_alloc((size_t)w * h, 1),
                  lac_alloc((size_t)w * h, 3),
                  lac_alloc((size_t)w * h, 3),
                  lac_calloc((size_t)w * h, 3),
                  lac_alloc((size_t)nw * nh, 3 * sizeof(float)) };
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            double d = side(shape, x + 0.5, y + 0.5, w, h), cover = soft ? 1.2 - fabs(d) : fabs(d) <= 0.71;
            size_t i = (size_t)y * w + x;

            cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
            s->gray[i] = (uint8_t)(255 - lrint(255 * cover));
            for (int c = 0; c < 3; c++) {
                s->regions[i * 3 + c] = region_colour[d > 0][c];
                s->truth[i * 3 + c] =
                    (uint8_t)lrint(region_colour[d > 0][c] * (1 - cover) + line_colour[c] * cover);
            }
        }
    }
    lac_resize_open(&r, w, h, nw, nh, 3, 1);
    lac_resize_u8(&r, s->truth, (ptrdiff_t)w * 3, 3, s->prediction);
    lac_resize_close(&r);
    for (int i = 0; i < nw * nh * 3; i++) {
        s->prediction[i] = s->prediction[i] / 127.5f - 1;
    }
}

static inline void release(Scene *s)
{
    lac_free(s->gray);
    lac_free(s->truth);
    lac_free(s->regions);
    lac_free(s->out);
    lac_free(s->prediction);
}

static inline void paint_ink(Scene *s, enum LacLines lines, const LacLineColour *ink, int threads)
{
    LacPaint *p;
    LacLog log = { 0 };

    memset(s->out, 0, (size_t)s->w * s->h * 3);
    if (lac_paint_open(&p, s->w, s->h, s->nw, s->nh, threads, &log) == LAC_OK) {
        /* twice: nothing of a frame may stay for the next */
        lac_paint_run(p, s->prediction, s->gray, s->gray, NULL, lines, ink, s->out, (ptrdiff_t)s->w * 3, NULL);
        lac_paint_run(p, s->prediction, s->gray, s->gray, NULL, lines, ink, s->out, (ptrdiff_t)s->w * 3, NULL);
        lac_paint_close(&p);
    }
}

#endif
