/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Separable resampling: per output row, the input rows are summed first, then the columns. */
#include "picture/resize.h"

#include <string.h>

#include <omp.h>

static void axis_close(LacAxis *a)
{
    lac_free(a->start);
    lac_free(a->weight);
    *a = (LacAxis){ 0 };
}

/* In units of 1/out of an input pixel all overlaps are integers, so the footprints are exact. */
static void axis_area(LacAxis *a)
{
    for (int i = 0; i < a->out; i++) {
        int64_t from = (int64_t)i * a->in, to = from + a->in;
        int first = (int)(from / a->out), last = (int)((to - 1) / a->out);

        a->start[i] = first;
        a->count[i] = last - first + 1;
        a->low[i] = last;
        a->high[i] = last;
        for (int j = last; j >= first; j--) {
            int64_t lo = (int64_t)j * a->out, hi = lo + a->out;
            int64_t overlap = (hi < to ? hi : to) - (lo > from ? lo : from);

            a->weight[(size_t)i * a->taps + (j - first)] = (float)((double)overlap / a->in);
            if (overlap * 4 > a->out) {
                a->low[i] = j;
                a->high[i] = a->high[i] > j + 1 ? a->high[i] : j + 1;
            }
        }
    }
}

static void axis_bilinear(LacAxis *a)
{
    for (int i = 0; i < a->out; i++) {
        double at = (i + 0.5) * a->in / a->out - 0.5;
        int first;

        at = at < 0 ? 0 : at > a->in - 1 ? a->in - 1 : at;
        first = (int)at < a->in - 1 ? (int)at : a->in - 1;
        a->start[i] = first;
        a->count[i] = first < a->in - 1 ? 2 : 1;
        at -= first;
        a->low[i] = a->count[i] == 2 && 1.0 - at <= 0.25 ? first + 1 : first;
        a->high[i] = a->count[i] == 2 && at > 0.25 ? first + 2 : first + 1;
        a->weight[(size_t)i * a->taps] = a->count[i] == 2 ? (float)(1.0 - at) : 1.0f;
        if (a->count[i] == 2) {
            a->weight[(size_t)i * a->taps + 1] = (float)at;
        }
    }
}

static int axis_open(LacAxis *a, int in, int out)
{
    *a = (LacAxis){ .in = in, .out = out, .taps = out > in ? 2 : in / out + 2 };
    a->start = lac_alloc((size_t)out, 4 * sizeof *a->start);
    a->weight = lac_alloc((size_t)out * a->taps, sizeof *a->weight);
    if (!a->start || !a->weight) {
        axis_close(a);
        return LAC_ENOMEM;
    }
    a->count = a->start + out;
    a->low = a->count + out;
    a->high = a->low + out;
    if (out > in) {
        axis_bilinear(a);
    } else {
        axis_area(a);
    }
    return LAC_OK;
}

int lac_resize_open(LacResize *r, int in_width, int in_height, int out_width, int out_height, int channels,
                    int threads)
{
    *r = (LacResize){ .channels = channels, .threads = threads };
    if (axis_open(&r->x, in_width, out_width) == LAC_OK &&
        axis_open(&r->y, in_height, out_height) == LAC_OK) {
        r->rows = lac_alloc((size_t)threads * in_width, (size_t)channels * sizeof *r->rows);
        r->minima = lac_alloc((size_t)threads, (size_t)in_width);
    }
    if (!r->rows || !r->minima) {
        lac_resize_close(r);
        return LAC_ENOMEM;
    }
    return LAC_OK;
}

void lac_resize_close(LacResize *r)
{
    axis_close(&r->x);
    axis_close(&r->y);
    lac_free(r->rows);
    lac_free(r->minima);
    *r = (LacResize){ 0 };
}

static void columns(const LacAxis *x, const float *row, int channels, float *dst)
{
    for (int i = 0; i < x->out; i++) {
        const float *w = x->weight + (size_t)i * x->taps;
        const float *p = row + (size_t)x->start[i] * channels;

        for (int c = 0; c < channels; c++) {
            float sum = 0;
            for (int j = 0; j < x->count[i]; j++) {
                sum += w[j] * p[j * channels + c];
            }
            dst[(size_t)i * channels + c] = sum;
        }
    }
}

/* row += weight * one row of n input values. */
typedef void AddRow(float *row, const void *src, size_t n, float weight);

static void add_u8(float *row, const void *src, size_t n, float weight)
{
    const uint8_t *p = src;

#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        row[i] += weight * p[i];
    }
}

static void add_f32(float *row, const void *src, size_t n, float weight)
{
    const float *p = src;

#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        row[i] += weight * p[i];
    }
}

/* Weighted mean of rows `stride` bytes apart, whose values `add` knows. */
static void resample(const LacResize *r, const void *src, ptrdiff_t stride, int channels, AddRow *add, float *dst)
{
    const size_t n = (size_t)r->x.in * channels;

#pragma omp parallel for num_threads(r->threads) schedule(static)
    for (int y = 0; y < r->y.out; y++) {
        float *row = r->rows + (size_t)omp_get_thread_num() * r->x.in * r->channels;

        memset(row, 0, n * sizeof *row);
        for (int j = 0; j < r->y.count[y]; j++) {
            add(row, (const char *)src + (r->y.start[y] + j) * stride, n, r->y.weight[(size_t)y * r->y.taps + j]);
        }
        columns(&r->x, row, channels, dst + (size_t)y * r->x.out * channels);
    }
}

void lac_resize_u8(const LacResize *r, const uint8_t *src, ptrdiff_t stride, int channels, float *dst)
{
    resample(r, src, stride, channels, add_u8, dst);
}

void lac_resize_f32(const LacResize *r, const float *src, int channels, float *dst)
{
    resample(r, src, (ptrdiff_t)((size_t)r->x.in * channels * sizeof *src), channels, add_f32, dst);
}

void lac_resize_min(const LacResize *r, const uint8_t *src, ptrdiff_t stride, bool all, uint8_t *dst)
{
    const LacAxis *ax = &r->x, *ay = &r->y;

#pragma omp parallel for num_threads(r->threads) schedule(static)
    for (int y = 0; y < r->y.out; y++) {
        uint8_t *row = r->minima + (size_t)omp_get_thread_num() * r->x.in;

        memset(row, 255, (size_t)r->x.in);
        for (int j = all ? ay->start[y] : ay->low[y], n = all ? j + ay->count[y] : ay->high[y]; j < n; j++) {
            const uint8_t *p = src + j * stride;
#pragma omp simd
            for (int i = 0; i < r->x.in; i++) {
                row[i] = p[i] < row[i] ? p[i] : row[i];
            }
        }
        for (int x = 0; x < r->x.out; x++) {
            uint8_t least = 255;
            for (int i = all ? ax->start[x] : ax->low[x], n = all ? i + ax->count[x] : ax->high[x]; i < n;
                 i++) {
                least = row[i] < least ? row[i] : least;
            }
            dst[(size_t)y * r->x.out + x] = least;
        }
    }
}
