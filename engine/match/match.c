/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of pixels, and the passes of the search; match.h says how it works. */
#include "match/match.h"

#include <math.h>
#include <string.h>

#include <omp.h>

#include "match/match_describe.h"
#include "match/match_search.h"

enum { REACH = LAC_MATCH_REACH, PLANES = LAC_MATCH_PLANES, BASES = LAC_MATCH_BASES, FARTHEST = 7 /* of the blurs */ };

/* Weights of darkness, distance (both 0..1) and colour (-1..1). */
static const float line_weight = 2, distance_weight = 4, colour_weight = 1;
/* Cost of a partner one picture height away. */
static const float far_cost = 16;

static int strips(int height)
{
    return (height + LAC_MATCH_STRIP - 1) / LAC_MATCH_STRIP + 1; /* those of odd passes lie half a strip higher */
}

int lac_matcher_open(LacMatcher *m, int width, int height, int fields, int threads, const LacLog *log)
{
    const size_t n = (size_t)width * height; /* a network size: far from overflow */
    bool ok;

    *m = (LacMatcher){ .width = width, .height = height, .threads = threads, .fields = fields };
    m->plane = lac_alloc(n, PLANES * sizeof *m->plane);
    m->rows = lac_alloc((size_t)threads * BASES, (size_t)(width + 2 * REACH) * sizeof *m->rows);
    m->frame = lac_alloc(n, LAC_MATCH_DIMS);
    m->border = lac_alloc((size_t)fields * strips(height), (size_t)width * sizeof *m->border);
    m->field = lac_calloc((size_t)fields, sizeof *m->field);
    ok = m->plane && m->rows && m->frame && m->border && m->field;
    for (int i = 0; i < fields && ok; i++) {
        m->field[i].offset = lac_alloc(n, sizeof *m->field[i].offset);
        m->field[i].cost = lac_alloc(n, sizeof *m->field[i].cost);
        ok = m->field[i].offset && m->field[i].cost;
    }
    if (!ok) {
        lac_matcher_close(m);
        return lac_fail(log, LAC_ENOMEM, "no memory to match pictures at %dx%d; a smaller `size` needs less", width,
                        height);
    }
    return LAC_OK;
}

void lac_matcher_close(LacMatcher *m)
{
    for (int i = 0; m->field && i < m->fields; i++) {
        lac_free(m->field[i].offset);
        lac_free(m->field[i].cost);
    }
    lac_free(m->field);
    lac_free(m->border);
    lac_free(m->frame);
    lac_free(m->rows);
    lac_free(m->plane);
    *m = (LacMatcher){ 0 };
}

static int clamp(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* The row in `column`, which has room for `reach` values on either side. */
static void blur_row(float *column, int w, const float *taps, int reach, float weight, float *out)
{
    for (int i = 1; i <= reach; i++) {
        column[-i] = column[0];
        column[w - 1 + i] = column[w - 1];
    }
#pragma omp simd
    for (int x = 0; x < w; x++) {
        out[x] = taps[0] * column[x];
    }
    for (int i = 1; i <= reach; i++) {
#pragma omp simd
        for (int x = 0; x < w; x++) {
            out[x] += taps[i] * (column[x - i] + column[x + i]);
        }
    }
#pragma omp simd
    for (int x = 0; x < w; x++) {
        out[x] *= weight;
    }
}

/* out [h][w] = weight * src[y][x * step], blurred along both axes; edges are repeated. */
static void blur(const LacMatcher *m, const float *src, int step, float weight, float sigma, float *out)
{
    const int w = m->width, h = m->height;
    float taps[8] = { 0 };
    const int reach = lac_match_gaussian(sigma, taps);

#pragma omp parallel for num_threads(m->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        float *column = m->rows + (size_t)omp_get_thread_num() * BASES * (w + 2 * REACH);

        column += FARTHEST; /* room for the edges */
        for (int x = 0; x < w; x++) {
            column[x] = taps[0] * src[((size_t)y * w + x) * step];
        }
        for (int i = 1; i <= reach; i++) {
            const float *a = src + (size_t)clamp(y - i, h) * w * step, *b = src + (size_t)clamp(y + i, h) * w * step;
            for (int x = 0; x < w; x++) {
                column[x] += taps[i] * (a[(size_t)x * step] + b[(size_t)x * step]);
            }
        }
        blur_row(column, w, taps, reach, weight, out + (size_t)y * w);
    }
}

/* DCT-II of seven values, so scaled that the first is their mean and squared distances are means over the pixels. */
static void cosines(float basis[BASES][2 * REACH + 1])
{
    const int n = 2 * REACH + 1;

    for (int k = 0; k < BASES; k++) {
        for (int i = 0; i < n; i++) {
            basis[k][i] = (float)((k ? sqrt(2) : 1) * cos(acos(-1) * k * (2 * i + 1) / (2.0 * n)) / n);
        }
    }
}

void lac_matcher_describe(LacMatcher *m, const float *line, const float *distance, const float *colour, int8_t *out)
{
    const int w = m->width, h = m->height;
    const size_t n = (size_t)w * h;
    LacMatchDescribeRow *const describe = lac_match_describe_row();
    LacMatchDescribe d = { .width = w, .height = h, .plane = m->plane, .out = out };

    cosines(d.basis);
    blur(m, line, 1, -line_weight / 2, 0.7f, m->plane);
    for (size_t i = 0; i < n; i++) {
        m->plane[n + i] = distance[i] * distance_weight / 2;
    }
    for (int c = 0; c < 3; c++) {
        blur(m, colour + c, 3, colour_weight, 1.5f, m->plane + (2 + c) * n);
    }
#pragma omp parallel for num_threads(m->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        describe(&d, y, m->rows + (size_t)omp_get_thread_num() * BASES * (w + 2 * REACH));
    }
}

/* Keeps the rows a pass reads from outside its strips. */
static void save_borders(const LacMatcher *m, const LacMatchSearch *s, const LacOffset *offset, LacOffset *border)
{
    for (int i = 0; i < strips(m->height); i++) {
        int from, to;
        lac_match_strip(s, i, &from, &to);
        const int y = s->pass % 2 ? to : from - 1;
        if (from < to && y >= 0 && y < m->height) {
            memcpy(border + (size_t)i * m->width, offset + (size_t)y * m->width, (size_t)m->width * sizeof *border);
        }
    }
}

void lac_matcher_limits(const LacMatcher *m, bool local, int *prior, int *radius)
{
    const int w = m->width, h = m->height;

    *prior = local ? (int)(far_cost * LAC_MATCH_UNIT * 1024 / ((float)h * h) + 0.5f) : 0;
    *radius = 1;
    while (local && *radius * 8 < h) {
        *radius *= 2;
    }
    if (!local) {
        *radius = w > h ? w : h;
    }
}

void lac_matcher_run(LacMatcher *m, const float *line, const float *distance, const float *rgb, const LacMatchRef *refs,
                   int count)
{
    const int w = m->width, h = m->height, n = strips(h);
    LacMatchStrip *const search = lac_match_strip_search();
    LacMatchSearch s = { .width = w, .height = h, .frame = m->frame };

    lac_matcher_describe(m, line, distance, rgb, m->frame);
    for (s.pass = -1; s.pass < LAC_MATCH_PASSES; s.pass++) {
        for (int r = 0; r < count && s.pass >= 0; r++) {
            save_borders(m, &s, m->field[r].offset, m->border + (size_t)r * n * w);
        }
#pragma omp parallel for num_threads(m->threads) schedule(dynamic) collapse(2)
        for (int r = 0; r < count; r++) {
            for (int i = 0; i < n; i++) {
                LacMatchSearch one = s;
                one.ref = refs[r].described;
                one.offset = m->field[r].offset;
                one.cost = m->field[r].cost;
                one.border = m->border + ((size_t)r * n + i) * w;
                lac_matcher_limits(m, refs[r].local, &one.prior, &one.radius);
                search(&one, i);
            }
        }
    }
}
