/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For regions.c: which pixels of gray line art are line, how far the others are from them, where
 * the art is black. */
#ifndef LAC_REGIONS_INK_H
#define LAC_REGIONS_INK_H

#include "common.h"

enum { LAC_INK_PAPER, LAC_INK_LINE, LAC_INK_BLACK };

/* Writes LAC_INK_LINE where gray is below the threshold it returns, LAC_INK_PAPER elsewhere; 0:
 * nothing is darker than paper. All arrays are dense [height][width]. */
int lac_regions_ink(uint8_t *ink, const uint8_t *gray, int width, int height, int threads);

/* Squared distance to the nearest pixel that is not paper, or outside the picture, at most far *
 * far. `column` [height][width] and `row` [threads][width] are scratch. */
void lac_regions_distance(uint16_t *squared, uint8_t *column, int16_t *row, const uint8_t *ink,
                          int width, int height, int far, int threads);

/* Lines that belong to areas much thicker than the art's lines become LAC_INK_BLACK. `corner`
 * [height][width], `any` [height] and `run` [threads][width] are scratch. */
void lac_regions_black(uint8_t *ink, uint8_t *corner, uint8_t *any, int16_t *run, int width, int height, int threads);

#endif
