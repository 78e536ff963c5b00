/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of painting share: its state, and the drawing of lines. */
#ifndef LAC_PAINT_STATE_H
#define LAC_PAINT_STATE_H

#include "paint/paint.h"
#include "paint/spread.h"

struct LacPaint {
    int width, height;         /* native */
    int threads, reach, depth; /* limits of steps 2 and 3, in native pixels */
    LacCells cells;
    float *rows;     /* [threads][cells.width][4] two rows of cells blended */
    LacPlaceOnAxis *x; /* of each native column */
    uint8_t *whole;    /* [threads][width] which pixels of a row lie between clear cells alone */
    LacField field; /* native */
    const LacPaintExact *exact; /* of this run */
};

/* Which pixels of native row y lie between cells that are all clear -> whole [width]. They touch no other cell. */
static inline void lac_paint_whole(const LacPaint *p, LacPlaceOnAxis row, uint8_t *whole)
{
    const uint8_t *cells = p->cells.whole + (size_t)row.at * p->cells.width;

    for (int x = 0; x < p->width; x++) {
        whole[x] = cells[p->x[x].at];
    }
}

/* The picture with black lines, where cells that are not clear can see it: elsewhere `out` stays as it was. */
void lac_paint_draw_black(LacPaint *p, const uint8_t *black, uint8_t *out, ptrdiff_t stride);

/* The whole picture, with alpha and 16 bits into p->exact->out as well. */
void lac_paint_draw(LacPaint *p, const uint8_t *black, enum LacLines lines, uint8_t *out, ptrdiff_t stride);

/* The same under what was transferred, lines included. */
void lac_paint_draw_under(LacPaint *p, const uint8_t *black, const uint8_t *transferred, uint8_t *out, ptrdiff_t stride);

/* The fills between lines blended with what was transferred. */
void lac_paint_lay_fills(const LacPaint *p, const uint8_t *transferred);

/* The same with 16 bits. Fills keep the alpha they have; with `inked` lines take over the references'. */
void lac_paint_lay_exact(const LacPaint *p, const uint8_t *gray, const uint8_t *transferred, bool inked, uint16_t *out);

/* p->exact->out over white. */
void lac_paint_flatten(const LacPaint *p, uint8_t *out, ptrdiff_t stride);

#endif
