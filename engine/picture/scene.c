/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How different two frames of line art are; see scene.h. One thread: a thousandth of what colouring costs. */
#include "picture/scene.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LONGEST = 1024 }; /* cells of a map's long side */

int lac_scene_open(LacScene *s, int width, int height, const LacLog *log)
{
    const int side = width < height ? width : height, shrink = side > LAC_SCENE_SIDE ? side : LAC_SCENE_SIDE;
    size_t cells;

    *s = (LacScene){ .width = width, .height = height };
    s->w = (int)fmax(1, fmin(LONGEST, round((double)width * LAC_SCENE_SIDE / shrink)));
    s->h = (int)fmax(1, fmin(LONGEST, round((double)height * LAC_SCENE_SIDE / shrink)));
    cells = (size_t)s->w * (size_t)s->h;
    s->map[0] = lac_alloc(cells, sizeof *s->map[0]);
    s->map[1] = lac_alloc(cells, sizeof *s->map[1]);
    s->scratch = lac_alloc(cells, sizeof *s->scratch);
    return s->map[0] && s->map[1] && s->scratch
               ? LAC_OK
               : lac_fail(log, LAC_ENOMEM, "no memory to look for cuts in frames of %dx%d", width, height);
}

void lac_scene_close(LacScene *s)
{
    lac_free(s->map[0]);
    lac_free(s->map[1]);
    lac_free(s->scratch);
    *s = (LacScene){ 0 };
}

void lac_scene_reset(LacScene *s)
{
    s->begun = false;
}

/* Mean darkness of each cell, 0..1. */
static void shrink(const LacScene *s, const uint8_t *gray, ptrdiff_t stride, float *map)
{
    for (int y = 0; y < s->h; y++) {
        const int top = (int)((int64_t)y * s->height / s->h), bottom = (int)((int64_t)(y + 1) * s->height / s->h);

        for (int x = 0; x < s->w; x++) {
            const int left = (int)((int64_t)x * s->width / s->w), right = (int)((int64_t)(x + 1) * s->width / s->w);
            int64_t light = 0;

            for (int i = top; i < bottom; i++) {
                for (int j = left; j < right; j++) {
                    light += gray[i * stride + j];
                }
            }
            map[y * s->w + x] = 1 - (float)light / (255.0f * (float)(bottom - top) * (float)(right - left));
        }
    }
}

/* A Gaussian of one cell along rows, transposed: twice gives both axes, in place again. Edges repeat. */
static void blur(const float *from, int w, int h, float *to)
{
    static const float tap[4] = { 0.39905f, 0.24204f, 0.05400f, 0.00443f };

    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            float sum = tap[0] * from[y * w + x];

            for (int i = 1; i < 4; i++) {
                sum += tap[i] * (from[y * w + (x < i ? 0 : x - i)] + from[y * w + (x + i < w ? x + i : w - 1)]);
            }
            to[x * h + y] = sum;
        }
    }
}

static double variance(const float *map, int cells)
{
    double sum = 0, squares = 0;

    for (int i = 0; i < cells; i++) {
        sum += map[i];
        squares += (double)map[i] * map[i];
    }
    return fmax(0, squares - sum * sum / cells);
}

/* Squared difference of the block of `a` at x, y from the one of `b` that is most like it near there. */
static float block_left(const LacScene *s, const float *a, const float *b, int x, int y)
{
    float least = FLT_MAX;

    for (int v = y - LAC_SCENE_MOVE; v <= y + LAC_SCENE_MOVE; v++) {
        for (int u = x - LAC_SCENE_MOVE; u <= x + LAC_SCENE_MOVE; u++) {
            float sum = 0;

            if (u < 0 || v < 0 || u + LAC_SCENE_BLOCK > s->w || v + LAC_SCENE_BLOCK > s->h) {
                continue;
            }
            for (int i = 0; i < LAC_SCENE_BLOCK; i++) {
                for (int j = 0; j < LAC_SCENE_BLOCK; j++) {
                    const float d = a[(y + i) * s->w + x + j] - b[(v + i) * s->w + u + j];
                    sum += d * d;
                }
            }
            least = fminf(least, sum);
        }
    }
    return least;
}

/* What no movement of blocks explains, as a share of the variance. */
static double left_over(const LacScene *s, const float *a, const float *b)
{
    const int cells = s->w * s->h;
    double left = 0;

    for (int y = 0; y + LAC_SCENE_BLOCK <= s->h; y += LAC_SCENE_BLOCK) {
        for (int x = 0; x + LAC_SCENE_BLOCK <= s->w; x += LAC_SCENE_BLOCK) {
            left += block_left(s, a, b, x, y) + block_left(s, b, a, x, y);
        }
    }
    /* the last term: nearly blank maps do not differ for a speck */
    return left / (variance(a, cells) + variance(b, cells) + 1e-3 * cells);
}

/* Correlation coefficient of a and b moved by (dx, dy), over what both have. */
static double correlation(const LacScene *s, const float *a, const float *b, int dx, int dy)
{
    const int left = dx > 0 ? dx : 0, right = s->w + (dx < 0 ? dx : 0);
    const int top = dy > 0 ? dy : 0, bottom = s->h + (dy < 0 ? dy : 0);
    const double n = (double)(right - left) * (bottom - top);
    double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;

    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            const double p = a[y * s->w + x], q = b[(y - dy) * s->w + x - dx];
            sa += p;
            sb += q;
            aa += p * p;
            bb += q * q;
            ab += p * q;
        }
    }
    return (ab - sa * sb / n) / sqrt(fmax(0, aa - sa * sa / n) * fmax(0, bb - sb * sb / n) + 1e-9);
}

float lac_scene_change(LacScene *s, const uint8_t *gray, ptrdiff_t stride)
{
    double best = -1, left;

    shrink(s, gray, stride, s->map[1]);
    blur(s->map[1], s->w, s->h, s->scratch);
    blur(s->scratch, s->h, s->w, s->map[1]);
    if (!s->begun || s->w < LAC_SCENE_BLOCK || s->h < LAC_SCENE_BLOCK) {
        return 0;
    }
    left = left_over(s, s->map[0], s->map[1]);
    for (int dy = -LAC_SCENE_SHIFT; dy <= LAC_SCENE_SHIFT; dy++) {
        for (int dx = -LAC_SCENE_SHIFT; dx <= LAC_SCENE_SHIFT; dx++) {
            best = fmax(best, correlation(s, s->map[0], s->map[1], dx, dy));
        }
    }
    return (float)fmin(1, fmin(left, 1 - best));
}

void lac_scene_accept(LacScene *s)
{
    float *map = s->map[0];

    s->map[0] = s->map[1];
    s->map[1] = map;
    s->begun = true;
}
