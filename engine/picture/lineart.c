/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Darkness at network size, the exact Euclidean distance field, and colour at network size. */
#include "picture/lineart.h"

#include <math.h>
#include <string.h>

#include <omp.h>

static int multiple_of_8(double v)
{
    int n = (int)floor(v / 8 + 0.5) * 8;

    return n < 64 ? 64 : n;
}

void lac_network_size(int width, int height, int size, int *net_width, int *net_height)
{
    int side = width < height ? width : height;
    double scale = size == LAC_SIZE_NATIVE ? 1.0 : (double)size / side;

    *net_width = multiple_of_8(width * scale);
    *net_height = multiple_of_8(height * scale);
}

int lac_lineart_open(LacLineart *la, int width, int height, int net_width, int net_height, int threads,
                     const LacLog *log)
{
    size_t n =
        (size_t)net_width * net_height; /* the sides are at most 16384 * 8192 / 64, far from overflow */

    *la = (LacLineart){
        .width = width, .height = height, .net_width = net_width, .net_height = net_height, .threads = threads
    };
    la->line = lac_alloc(n, sizeof *la->line);
    la->distance = lac_alloc(n, sizeof *la->distance);
    la->least = lac_alloc(n, 1);
    la->column = lac_alloc(n, sizeof *la->column);
    la->squared = lac_alloc(n, sizeof *la->squared);
    la->stack = lac_alloc((size_t)threads * 2, (size_t)net_width * sizeof *la->stack);
    if (!la->line || !la->distance || !la->least || !la->column || !la->squared || !la->stack ||
        lac_resize_open(&la->resize, width, height, net_width, net_height, 3, threads) < 0) {
        lac_lineart_close(la);
        return lac_fail(log, LAC_ENOMEM,
                        "no memory for line art of %dx%d at %dx%d; a smaller `size` needs less", width,
                        height, net_width, net_height);
    }
    return LAC_OK;
}

void lac_lineart_close(LacLineart *la)
{
    lac_free(la->line);
    lac_free(la->distance);
    lac_free(la->least);
    lac_free(la->column);
    lac_free(la->squared);
    lac_free(la->stack);
    lac_resize_close(&la->resize);
    *la = (LacLineart){ 0 };
}

/* Distance along each column, sweeping whole rows down and up; h + w stands for "no line in this column" and
 * is farther than any true distance. Columns are cut into strips, one for each thread. */
static void column_distances(const uint8_t *mask, int h, int w, int32_t *column, int threads)
{
    const int32_t none = h + w;

#pragma omp parallel for num_threads(threads) schedule(static)
    for (int strip = 0; strip < threads; strip++) {
        int from = (int)((int64_t)w * strip / threads), to = (int)((int64_t)w * (strip + 1) / threads);

        for (int y = 0; y < h; y++) {
            const uint8_t *m = mask + (size_t)y * w;
            int32_t *g = column + (size_t)y * w;
            for (int x = from; x < to; x++) {
                int32_t above = y > 0 ? g[x - w] + 1 : none;
                g[x] = m[x] ? 0 : above < none ? above : none;
            }
        }
        for (int y = h - 2; y >= 0; y--) {
            int32_t *g = column + (size_t)y * w;
            for (int x = from; x < to; x++) {
                g[x] = g[x + w] + 1 < g[x] ? g[x + w] + 1 : g[x];
            }
        }
    }
}

static int64_t parabola(const int32_t *g, int64_t x, int i)
{
    return (x - i) * (x - i) + (int64_t)g[i] * g[i];
}

/* Last x at which the parabola of i is still not above that of u, i < u; floor, also for negative values. */
static int64_t separation(const int32_t *g, int i, int u)
{
    int64_t num = (int64_t)u * u - (int64_t)i * i + (int64_t)g[u] * g[u] - (int64_t)g[i] * g[i];
    int64_t den = 2 * (int64_t)(u - i);

    return num >= 0 ? num / den : -((-num + den - 1) / den);
}

/* Lower envelope of the row's parabolas: s their columns, t the x from which each is the lowest. */
static void row_distances(const int32_t *g, int w, int32_t *squared, int32_t *s, int32_t *t)
{
    int q = 0;

    s[0] = t[0] = 0;
    for (int u = 1; u < w; u++) {
        while (q >= 0 && parabola(g, t[q], s[q]) > parabola(g, t[q], u)) {
            q--;
        }
        if (q < 0) {
            q = 0;
            s[0] = u;
            t[0] = 0;
        } else {
            int64_t from = separation(g, s[q], u) + 1;
            if (from < w) {
                q++;
                s[q] = u;
                t[q] = (int32_t)from;
            }
        }
    }
    for (int u = w - 1; u >= 0; u--) {
        squared[u] = (int32_t)parabola(g, u, s[q]);
        if (u == t[q]) {
            q--;
        }
    }
}

bool lac_distance_squared(const uint8_t *mask, int h, int w, int32_t *squared, int32_t *column,
                          int32_t *stack, int threads)
{
    bool any = false;

    for (size_t i = 0; i < (size_t)h * w && !any; i++) {
        any = mask[i] != 0;
    }
    if (!any) {
        return false;
    }
    column_distances(mask, h, w, column, threads);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int y = 0; y < h; y++) {
        int32_t *s = stack + (size_t)omp_get_thread_num() * 2 * w;
        row_distances(column + (size_t)y * w, w, squared + (size_t)y * w, s, s + w);
    }
    return true;
}

void lac_lineart_run(LacLineart *la, const uint8_t *gray, ptrdiff_t stride)
{
    const int w = la->net_width, h = la->net_height;
    const bool shrinks = w < la->width || h < la->height;
    const float unit = 8.0f / (float)(w < h ? w : h);
    bool any;

    lac_resize_u8(&la->resize, gray, stride, 1, la->line);
    if (shrinks) {
        lac_resize_min(&la->resize, gray, stride, false, la->least);
    }
#pragma omp parallel for num_threads(la->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (size_t i = (size_t)y * w; i < (size_t)(y + 1) * w; i++) {
            float mean = 1.0f - la->line[i] / 255.0f;
            float dark = mean < 0 ? 0 : mean; /* the weights' sum is 1 but for rounding */

            if (shrinks) {
                dark = sqrtf(dark * (float)(255 - la->least[i]) / 255.0f);
            }
            dark = dark > 1 ? 1 : dark;
            la->line[i] = 1.0f - 2.0f * dark;
            la->least[i] = dark >= LAC_LINE_DARKNESS;
        }
    }
    any = lac_distance_squared(la->least, h, w, la->squared, la->column, la->stack, la->threads);
#pragma omp parallel for num_threads(la->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (size_t i = (size_t)y * w; i < (size_t)(y + 1) * w; i++) {
            float d = any ? sqrtf((float)la->squared[i]) * unit : 1.0f;
            la->distance[i] = d < 1 ? 2.0f * d - 1.0f : 1.0f;
        }
    }
}

void lac_lineart_colour(const LacLineart *la, const uint8_t *rgb, float *colour)
{
    const size_t n = (size_t)la->net_width * la->net_height * 3;

    lac_resize_u8(&la->resize, rgb, (ptrdiff_t)la->width * 3, 3, colour);
    for (size_t i = 0; i < n; i++) {
        colour[i] = colour[i] / 127.5f - 1.0f;
    }
}
