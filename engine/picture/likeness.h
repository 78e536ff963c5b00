/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How alike two frames of line art are, at a glance: for choosing references. */
#ifndef LAC_LIKENESS_H
#define LAC_LIKENESS_H

#include "common.h"

/* The picture is divided into LAC_SKETCH_SIDE x LAC_SKETCH_SIDE cells, whatever its shape, so that sketches of any two
 * sizes compare. Of each cell: how many steps to the nearest one with a line, at most LAC_SKETCH_FAR. */
enum { LAC_SKETCH_SIDE = 64, LAC_SKETCH_FAR = 6 };

typedef struct LacSketch {
    uint8_t far[LAC_SKETCH_SIDE * LAC_SKETCH_SIDE];
} LacSketch;

/* Line art of any size, rows `stride` bytes apart. */
void lac_sketch(LacSketch *sketch, const uint8_t *gray, ptrdiff_t stride, int width, int height);

/* Sum of differences, 0 for the same sketch, at most LAC_SKETCH_FAR a cell. Whole numbers: the same everywhere. */
int lac_sketch_difference(const LacSketch *a, const LacSketch *b);

#endif
