/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells, for paint.c: the network's pixels with what the native line art says about each. A cell is clear when
 * sqrt(mean(D) * max(D)) < LAC_PAINT_CLEAR_CELL over all native pixels it touches. */
#ifndef LAC_PAINT_CELLS_H
#define LAC_PAINT_CELLS_H

#include "math/paint_math.h"
#include "picture/resize.h"

/* Colours of drawn lines, 0..255 per channel: mean and standard deviation over the ink of a picture. */
typedef struct LacLineColour {
    bool known; /* false: there is no ink, the rest is 0 */
    float mean[3], deviation[3];
} LacLineColour;

typedef struct LacCells {
    int width, height;   /* network size, at most native size */
    int threads;
    bool shrink;         /* the network is larger than the picture on an axis */
    LacResize shrinking; /* then: network size -> cells */
    float *shrunk;
    LacResize lines;     /* native -> cells */
    float *value;        /* [height][width][4] prediction in 0..255, and the cell's lightness */
    float *mean;         /* [height][width] of gray, as all that follow */
    uint8_t *least;
    uint8_t *clear;
    uint8_t *core;       /* clear, and so are the eight around it */
    uint8_t *whole;      /* this cell, its right, lower and diagonal neighbours are all clear */
    float *black;        /* [..][3] mean of the picture with black lines */
    float *line;         /* [..][4] line colour times darkness, darkness */
    LacInkSums *sums;    /* [height] scratch */
} LacCells;

/* For native pictures of width x height. LAC_ENOMEM leaves nothing allocated. */
int lac_cells_open(LacCells *k, int width, int height, int net_width, int net_height, int threads);
void lac_cells_close(LacCells *k);

/* Prediction [net_height][net_width][3] in [-1, 1] and dense native line art -> value, mean, least, clear, core,
 * whole. Clear cells beside lines, into which the network blurs them, take the colours of the core cells. */
void lac_cells_run(LacCells *k, const float *rgb, const uint8_t *gray);

/* `line`, from the native picture with black lines, rows `stride` bytes apart; with `ink` (NULL or not known:
 * without) brought to the references' line colours. drawn: the line art that was drawn in it, where that is not the one
 * lac_cells_run had; else NULL. */
void lac_cells_lines(LacCells *k, const uint8_t *drawn, const uint8_t *black, ptrdiff_t stride,
                     const LacLineColour *ink);

#endif
