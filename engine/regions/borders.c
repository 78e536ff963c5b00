/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells, pairs, and the pixels that change; borders.h says how it works. */
#include "regions/borders.h"

#include <string.h>

#include "regions/borders_pairs.h"

int lac_borders_open(LacBorders *b, int width, int height, int threads, const LacLog *log)
{
    const int step = lac_borders_step(width, height);
    size_t n;

    *b = (LacBorders){ .width = width, .height = height, .step = step, .columns = width / step, .rows = height / step,
                       .threads = threads };
    n = (size_t)b->columns * b->rows;
    b->cell = lac_alloc(n, sizeof *b->cell);
    b->place = lac_alloc(n, sizeof *b->place);
    b->source = lac_alloc(n, sizeof *b->source);
    b->now = lac_alloc(n, sizeof *b->now);
    b->patch = lac_alloc(n, sizeof *b->patch);
    b->area = lac_alloc(n, sizeof *b->area);
    b->rim = lac_alloc(n, sizeof *b->rim);
    b->list = lac_alloc(n, sizeof *b->list);
    b->room = lac_alloc(n, sizeof *b->room);
    b->extent = lac_alloc(n, sizeof *b->extent);
    b->next = lac_alloc(n, 2 * sizeof *b->next);
    b->mark = lac_calloc(n, 1);
    b->pair = lac_alloc(n, 2 * sizeof *b->pair);
    b->met = lac_alloc(LAC_BORDERS_TABLE, sizeof *b->met);
    if (!b->cell || !b->place || !b->source || !b->now || !b->patch || !b->area || !b->rim || !b->list || !b->room ||
        !b->extent || !b->next || !b->mark || !b->pair || !b->met) {
        lac_borders_close(b);
        return lac_fail(log, LAC_ENOMEM, "no memory for the patches of frames of %dx%d", width, height);
    }
    return LAC_OK;
}

void lac_borders_close(LacBorders *b)
{
    lac_free(b->cell);
    lac_free(b->place);
    lac_free(b->source);
    lac_free(b->now);
    lac_free(b->patch);
    lac_free(b->area);
    lac_free(b->rim);
    lac_free(b->list);
    lac_free(b->room);
    lac_free(b->extent);
    lac_free(b->next);
    lac_free(b->mark);
    lac_free(b->pair);
    lac_free(b->met);
    *b = (LacBorders){ 0 };
}

void lac_borders_cells(LacBorders *b, const uint8_t *gray, int threshold, const uint8_t *rgb, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(b->threads) schedule(static)
    for (int y = 0; y < b->rows; y++) {
        for (int x = 0; x < b->columns; x++) {
            const size_t i = (size_t)y * b->columns + x;

            b->cell[i] = lac_borders_cell(gray, b->width, threshold, rgb, stride, b->step, x, y, &b->place[i]);
        }
    }
}

void lac_borders_count(LacBorders *b, const uint32_t *cell)
{
    const int w = b->columns;

    memset(b->met, 0, LAC_BORDERS_TABLE * sizeof *b->met);
    for (int i = 0; i < w * b->rows; i++) {
        for (int along = 0; along < 2; along++) {
            const int beside = along ? w : 1, room = along ? b->rows - i / w : w - i % w;

            if (room > LAC_BORDERS_REACH && is_pair(cell, i, beside)) {
                uint16_t *n = &b->met[pair_of(cell[i], cell[i + LAC_BORDERS_REACH * beside])];

                *n = (uint16_t)(*n < UINT16_MAX ? *n + 1 : UINT16_MAX);
            }
        }
    }
}

void lac_borders_learn(LacBorders *b, uint8_t *table)
{
    lac_borders_count(b, b->cell);
    for (int i = 0; i < LAC_BORDERS_TABLE; i++) {
        table[i] = (uint8_t)(b->met[i] < LAC_BORDERS_PLENTY ? b->met[i] : LAC_BORDERS_PLENTY);
    }
}

void lac_borders_apply(const LacBorders *b, const uint8_t *gray, int threshold, uint8_t *rgb, ptrdiff_t stride,
                       uint16_t *exact)
{
    const LacBordersPaint paint = { b->width, b->columns, b->rows, b->step, threshold, b->cell, b->place, b->source, gray, rgb,
                                    stride, exact };

#pragma omp parallel for num_threads(b->threads) schedule(static)
    for (int i = 0; i < b->columns * b->rows; i++) {
        lac_borders_paint(&paint, i);
    }
}
