/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about borders without a line (borders.h): cells, and pixels beside lines. */
#ifndef LAC_BORDERS_MATH_H
#define LAC_BORDERS_MATH_H

#include <stdbool.h>
#include <stddef.h>

#include "math/number.h"

enum {
    LAC_BORDERS_SIDE = 256,  /* cells along a picture's shorter side, about */
    LAC_BORDERS_FRINGE = 48, /* levels: a pixel beside a patch has its colour */
    LAC_BORDERS_INK = 1 << 24,
};

/* Pixels along the side of a cell. */
LAC_HD int lac_borders_step(int width, int height)
{
    const int side = width < height ? width : height, step = (side + LAC_BORDERS_SIDE / 2) / LAC_BORDERS_SIDE;

    return step > 1 ? step : 1;
}

LAC_HD int lac_borders_apart(uint32_t a, uint32_t b)
{
    int most = 0;

    for (int shift = 0; shift < 24; shift += 8) {
        const int d = (int)(a >> shift & 255) - (int)(b >> shift & 255);

        most = d > most ? d : -d > most ? -d : most;
    }
    return most;
}

LAC_HD uint32_t lac_borders_colour(const uint8_t *rgb)
{
    return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

/* The cell at a column and a row of cells: colour of its lightest pixel in the line art, of those the first, and
 * LAC_BORDERS_INK where a line passes; *place: that pixel in the picture. Rows of rgb are `stride` bytes apart. */
LAC_HD uint32_t lac_borders_cell(const uint8_t *gray, int width, int threshold, const uint8_t *rgb, ptrdiff_t stride,
                                 int step, int column, int row, int32_t *place)
{
    int lightest = -1, darkest = 255, bx = 0, by = 0;

    for (int y = row * step; y < (row + 1) * step; y++) {
        for (int x = column * step; x < (column + 1) * step; x++) {
            const int g = gray[(size_t)y * width + x];

            darkest = g < darkest ? g : darkest;
            if (g > lightest) {
                lightest = g;
                bx = x;
                by = y;
            }
        }
    }
    *place = by * width + bx;
    return lac_borders_colour(rgb + by * stride + 3 * (ptrdiff_t)bx) | (darkest < threshold ? LAC_BORDERS_INK : 0);
}

/* Step 4 for cells that are known: pictures, and what the cells take. */
typedef struct LacBordersPaint {
    int width, columns, rows, step, threshold;
    const uint32_t *cell;
    const int32_t *place, *source;
    const uint8_t *gray;
    uint8_t *rgb;
    ptrdiff_t stride;
    uint16_t *exact; /* or NULL */
} LacBordersPaint;

/* Cell i takes the colour of `from`'s source; with `fringe`, its pixels clear of lines that have the old colour of `from`. */
LAC_HD void lac_borders_take(const LacBordersPaint *b, int i, int from, bool fringe)
{
    const int32_t at = b->place[b->source[from]];
    const uint8_t *own = b->rgb + at / b->width * b->stride + at % b->width * 3;
    const int top = i / b->columns * b->step, left = i % b->columns * b->step;

    for (int y = top; y < top + b->step; y++) {
        for (int x = left; x < left + b->step; x++) {
            uint8_t *p = b->rgb + y * b->stride + 3 * (ptrdiff_t)x;
            const size_t k = (size_t)y * b->width + x;

            if (!fringe || (b->gray[k] >= b->threshold && (int32_t)k != b->place[i] &&
                            lac_borders_apart(lac_borders_colour(p), b->cell[from]) <= LAC_BORDERS_FRINGE)) {
                for (int c = 0; c < 3; c++) {
                    p[c] = own[c];
                }
                for (int c = 0; c < 4 && b->exact; c++) {
                    b->exact[k * 4 + c] = b->exact[(size_t)at * 4 + c];
                }
            }
        }
    }
}

/* Cell i. The pixel a cell stands for does not change with what lies beside it, so cells go in any order. */
LAC_HD void lac_borders_paint(const LacBordersPaint *b, int i)
{
    const int x = i % b->columns, y = i / b->columns;

    if (b->source[i] != i) {
        lac_borders_take(b, i, i, false);
        return;
    }
    for (int d = 0; d < 9; d++) {
        const int nx = x + d % 3 - 1, ny = y + d / 3 - 1, from = ny * b->columns + nx;

        if (nx >= 0 && ny >= 0 && nx < b->columns && ny < b->rows && b->source[from] != from) {
            lac_borders_take(b, i, from, true);
        }
    }
}

#endif
