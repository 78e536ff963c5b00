/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prediction at network size + native line art -> native picture: joint upsampling that never crosses a
 * line. */
#ifndef LAC_PAINT_H
#define LAC_PAINT_H

#include "paint/paint_cells.h"

/* How it works. Network pixels ("cells") with sqrt(mean(D) * max(D)) < LAC_PAINT_CLEAR_CELL over all native
 * pixels they touch hold region colour (a black line has at most 4 % of such a cell); native pixels with D <
 * LAC_PAINT_CLEAR are clear.
 * 1. A clear pixel in a clear cell takes the prediction, bilinear over those of its four cells that are clear
 * and joined to its own through clear neighbours: no line can lie between them.
 * 2. The other clear pixels, beside lines, take the colour of the nearest pixel of 1, walking over clear
 * pixels only (4-connected, so not through a diagonal line). Where none is near they keep the prediction,
 * light cells first.
 * 3. Line pixels take the colour of the clear pixel from which the least darkness has to be crossed: the
 * fronts of two sides meet at the darkest pixels, the centre of the line. Inside large dark areas the
 * prediction is kept.
 * 4. The lines: LAC_LINES_KEEP multiplies by gray; LAC_LINES_REF blends with the line's own colour, which is
 * what is missing to the prediction of the dark cells when the coloured area is taken off; LAC_LINES_NONE
 * draws none. Coloured ink (ink.h) is a line in all of this, but never drawn: the fronts of both sides meet under it. One
 * thread or many, the bytes are the same.
 *
 * Pictures with alpha and 16 bits are painted alike: the prediction, which is over white, is taken off it by the alpha
 * that the caller says a fill has; lines are opaque. */
#define LAC_PAINT_BLEED 4

typedef struct LacPaint LacPaint;

/* Everything is allocated here. LAC_ENOMEM is logged; *paint is then NULL. */
int lac_paint_open(LacPaint **paint, int width, int height, int net_width, int net_height, int threads,
                   const LacLog *log);
void lac_paint_close(LacPaint **paint);

/* Its cells, whose resamplings a GPU takes over. */
const LacCells *lac_paint_cells(const LacPaint *paint);

/* Where the picture is wanted with alpha and 16 bits: dense, straight RGBA. */
typedef struct LacPaintExact {
    const uint16_t *transferred; /* as lac_transfer_run leaves it; NULL where there is none */
    const uint16_t *alpha;       /* [height][width] of the fills; NULL: opaque */
    uint16_t *out;
} LacPaintExact;

/* Must have succeeded once before lac_paint_run has an `exact`. LAC_ENOMEM is logged. */
int lac_paint_widen(LacPaint *paint, const LacLog *log);

/* transferred: native R, G, B and a share of 255 they have in the picture (transfer.h), or NULL. With LAC_LINES_REF
 * they lie over the finished picture, else over the clear pixels from which the lines are filled.
 * rgb [net_height][net_width][3] in [-1, 1]; gray: dense native line art, D = 1 - gray / 255; black: the same without
 * coloured ink, or gray itself; out: native RGB24 rows, `stride` bytes apart, over white where `exact` is not NULL. ink: the references' line colours, for LAC_LINES_REF; NULL or not known: the
 * prediction's are taken as they are. */
void lac_paint_run(LacPaint *paint, const float *rgb, const uint8_t *gray, const uint8_t *black,
                   const uint8_t *transferred, enum LacLines lines, const LacLineColour *ink, uint8_t *out,
                   ptrdiff_t stride, const LacPaintExact *exact);

/* Transparent pixels of a native straight RGBA picture take the colours of visible ones within LAC_PAINT_BLEED pixels;
 * the others are white. After lac_paint_widen. */
void lac_paint_bleed(LacPaint *paint, uint16_t *rgba);

#endif
