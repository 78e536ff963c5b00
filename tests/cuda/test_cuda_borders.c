/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells of impossible borders and what they paint, by the GPU's kernels, against borders.c: the same to the bit. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "ops/cuda/borders_cuda.h"
#include "regions/borders.h"
#include "streams.h"

static uint32_t seed = 11;

static uint32_t number(void)
{
    return next_number(&seed);
}

/* Boxes with lines, and blotches of a few colours. */
static void draw(int w, int h, uint8_t *gray, uint8_t *rgb)
{
    for (int i = 0; i < w * h; i++) {
        const int x = i % w, y = i / w;

        gray[i] = (uint8_t)(x % 61 < 2 || y % 47 < 2 ? number() % 90 : 255 - number() % 3);
        memset(rgb + (size_t)i * 3, gray[i] < 128 ? 20 : 60 * (1 + (x / 61 + y / 47) % 3), 3);
    }
    for (int k = 0; k < 60; k++) {
        const int left = (int)(number() % (uint32_t)w), top = (int)(number() % (uint32_t)h), side = 1 + (int)(number() % 20);
        const int colour = (int)(number() % 4) * 70;

        for (int i = 0; i < side * side; i++) {
            const int x = left + i % side, y = top + i / side;

            if (x < w && y < h) {
                memset(rgb + ((size_t)y * w + x) * 3, colour, 3);
            }
        }
    }
}

static void test_size(Tally *t, LacBackend *be, int w, int h)
{
    const size_t n = (size_t)w * h;
    uint8_t *gray = malloc(n), *rgb = malloc(n * 3), *table = calloc(LAC_BORDERS_TABLE, 1);
    LacBorders b;
    int changed;

    if (!gray || !rgb || !table || lac_borders_open(&b, w, h, 2, &(LacLog){ 0 })) {
        exit(1);
    }
    draw(w, h, gray, rgb);
    const size_t cells = (size_t)b.columns * b.rows;
    uint8_t *gray_there = device_copy(be, gray, n), *rgb_there = device_copy(be, rgb, n * 3);
    uint32_t *cell = device_new(cells * sizeof *cell);
    int32_t *place = device_new(cells * sizeof *place);
    LacBordersPaint paint = { w, b.columns, b.rows, b.step, 128, NULL, NULL, NULL, gray_there, rgb_there, (ptrdiff_t)w * 3, NULL };

    lac_borders_cells(&b, gray, 128, rgb, (ptrdiff_t)w * 3);
    expect(t, !lac_cuda_borders_cells(be, &paint, cell, place) && device_equals(be, cell, b.cell, cells * sizeof *cell) &&
                  device_equals(be, place, b.place, cells * sizeof *place), "%dx%d: cells differ", w, h);
    changed = lac_borders_find(&b, (const uint8_t *const[]){ table }, 1);
    expect(t, h < 100 || changed > 0, "%dx%d: nothing changes", w, h);
    lac_borders_apply(&b, gray, 128, rgb, (ptrdiff_t)w * 3, NULL);
    paint.cell = cell;
    paint.place = place;
    paint.source = device_copy(be, b.source, cells * sizeof *b.source);
    expect(t, !lac_cuda_borders_paint(be, &paint) && device_equals(be, rgb_there, rgb, n * 3), "%dx%d: pixels differ", w, h);
    device_free(paint.source);
    device_free(gray_there);
    device_free(rgb_there);
    device_free(cell);
    device_free(place);
    lac_borders_close(&b);
    free(gray);
    free(rgb);
    free(table);
}

int main(void)
{
    Tally t = { .name = "test_cuda_borders" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        for (int i = 0; i < 2; i++) {
            LacBackend *be = i ? streams.backward.be : streams.forward.be;

            test_size(&t, be, 301, 257);
            test_size(&t, be, 733, 521);
            test_size(&t, be, 1, 1);
            test_size(&t, be, 640, 3);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
