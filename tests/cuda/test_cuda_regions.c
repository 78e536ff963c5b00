/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions by the GPU's kernels, whose rounds know no order, against the flood of regions.c: the same labels, distances and measures.
 * And what the rounds rest on: whether there is a neck depends on the heights alone, one way. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <math.h>
#include <stdlib.h>

#include "ops/cuda/regions_cuda.h"
#include "regions/regions.h"
#include "streams.h"

static uint32_t seed = 5;

static int number(int below)
{
    return (int)(next_number(&seed) % (uint32_t)below);
}

enum Art { BLANK, BLACK, NOISE, SPECKS, STROKES, BLOBS, ARTS };

static const char *const art_name[ARTS] = { "blank", "black", "noise", "specks", "strokes", "blobs" };

static void stroke(uint8_t *gray, int w, int h, int thick)
{
    const double x = number(w), y = number(h), angle = number(628) / 100.0, bend = (number(200) - 100) / 2000.0;
    const int length = 5 + number(w + h), gap = number(3) ? -1 : number(length), wide = 1 + number(9);
    double px = x, py = y;

    for (int i = 0; i < length; i++) {
        px += cos(angle + bend * i);
        py += sin(angle + bend * i);
        for (int k = 0; k < thick * thick && (i < gap || i > gap + wide); k++) {
            const int u = (int)px + k % thick, v = (int)py + k / thick;

            if (u >= 0 && v >= 0 && u < w && v < h) {
                gray[(size_t)v * w + u] = (uint8_t)number(60);
            }
        }
    }
}

static void draw(uint8_t *gray, int w, int h, enum Art art)
{
    const int n = w * h;

    for (int i = 0; i < n; i++) {
        gray[i] = (uint8_t)(art == BLACK ? 10 : art == NOISE && number(4) == 0 ? number(256) : 250 - number(2) * 5);
    }
    for (int i = 0; art == SPECKS && i < n / 23; i++) {
        gray[number(n)] = 20;
    }
    for (int i = 0; art >= STROKES && i < 4 + (w + h) / 20; i++) {
        stroke(gray, w, h, 1 + number(3));
    }
    for (int i = 0; art == BLOBS && i < 4; i++) {
        stroke(gray, w, h, 12);
    }
}

static void test_picture(Tally *t, LacBackend *be, int w, int h, int gap, enum Art art)
{
    const size_t n = (size_t)w * (size_t)h;
    uint8_t *gray = malloc(n), *near = malloc(n);
    LacLog log = { 0 };
    LacRegions r;
    int found[2] = { -1, -1 }, count;

    draw(gray, w, h, art);
    if (!expect(t, !lac_regions_open(&r, w, h, gap, 1, &log) && !lac_regions_run(&r, gray, &log), "regions")) {
        exit(1);
    }
    CudaRegions there = { w, h, gap, r.far, device_copy(be, gray, n), device_new(n * sizeof(int32_t)), device_new(n),
                          device_new(sizeof found) };

    expect(t, !lac_cuda_regions(be, &there), "run");
    device_read(be, there.count, found, sizeof found);
    count = found[0];
    expect(t, found[1] == r.threshold, "%s, %dx%d: lines below %d, not %d", art_name[art], w, h, found[1], r.threshold);
    for (size_t i = 0; i < n; i++) {
        near[i] = (uint8_t)(r.squared[i] < 255 ? r.squared[i] : 255);
    }
    if (expect(t, count == r.count, "%s, %dx%d, gap %d: %d regions, not %d", art_name[art], w, h, gap, count, r.count)) {
        CudaRegion *table = device_new(((size_t)count + 1) * sizeof *table), *got = malloc(((size_t)count + 1) * sizeof *got);
        int wrong = 0;

        expect(t, !lac_cuda_measure(be, &there, count, table), "measure");
        device_read(be, table, got, ((size_t)count + 1) * sizeof *got);
        for (int c = 0; c <= count; c++) {
            const LacRegion *g = &r.region[c];

            wrong += got[c].area != g->area || got[c].left != g->left || got[c].top != g->top || got[c].right != g->right ||
                     got[c].bottom != g->bottom || got[c].black != g->black;
        }
        expect(t, wrong == 0, "%s, %dx%d, gap %d: %d of %d regions are measured otherwise", art_name[art], w, h, gap, wrong, count);
        device_free(table);
        free(got);
    }
    expect(t, device_equals(be, there.squared, near, n), "%s, %dx%d, gap %d: distances", art_name[art], w, h, gap);
    expect(t, device_equals(be, there.label, r.label, n * sizeof(int32_t)), "%s, %dx%d, gap %d: labels", art_name[art], w, h, gap);
    device_free(there.gray);
    device_free(there.label);
    device_free(there.squared);
    device_free(there.count);
    lac_regions_close(&r);
    free(gray);
    free(near);
}

/* What holds for a peak and a meeting place holds for lower peaks and higher places. */
static void test_necks(Tally *t)
{
    enum { MOST = (LAC_REGIONS_MAX_GAP / 2 + 2) * (LAC_REGIONS_MAX_GAP / 2 + 2) };
    int wrong = 0;

    for (int at = 1; at <= MOST; at++) {
        for (int peak = at; peak <= MOST; peak++) {
            const bool joins = lac_regions_no_neck(sqrtf((float)peak), sqrtf((float)at));

            wrong += joins && peak > at && !lac_regions_no_neck(sqrtf((float)(peak - 1)), sqrtf((float)at));
            wrong += joins && peak > at && !lac_regions_no_neck(sqrtf((float)peak), sqrtf((float)(at + 1)));
        }
    }
    expect(t, wrong == 0, "%d pairs of heights", wrong);
    for (int second = 1, pair = 0; second < 4; second++) {
        for (int first = 0; first < second; first++, pair++) {
            expect(t, lac_regions_pair(first, second) == pair && lac_regions_first(pair) == first &&
                      lac_regions_second(pair) == second, "pair %d", pair);
        }
    }
    expect(t, lac_regions_pixel(lac_regions_time(1158, (1 << 28) - 1)) == (1 << 28) - 1 &&
              lac_regions_time(1158, 5) > lac_regions_time(1157, (1 << 28) - 1), "time");
}

int main(void)
{
    static const int sizes[][2] = { { 1, 1 }, { 1, 37 }, { 53, 1 }, { 2, 3 }, { 33, 30 }, { 131, 77 }, { 300, 41 } };
    static const int gaps[] = { 0, 1, 4, 5, 64 };
    Tally t = { .name = "test_cuda_regions" };
    Streams streams;

    test_necks(&t);
    if (streams_open(&t, &streams)) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
                for (int art = 0; art < ARTS; art++) {
                    test_picture(&t, (s + g + (size_t)art) % 2 ? streams.forward.be : streams.backward.be, sizes[s][0],
                                 sizes[s][1], gaps[g], (enum Art)art);
                }
            }
        }
        for (int again = 0; again < 12; again++) { /* small pictures have many ways to meet */
            test_picture(&t, again % 2 ? streams.forward.be : streams.backward.be, 64 + number(40), 40 + number(40),
                         3 + number(6), (enum Art)(NOISE + again % 4));
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
