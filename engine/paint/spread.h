/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colour carried from pixel to pixel of a picture: over clear pixels beside lines, and into the lines up to
 * their centre. 4-connected, so that no front slips through a diagonal line. Of neighbours from which a pixel can be reached
 * at the same cost the first counts, in the order above, left, right, below: results depend on no order of visits. */
#ifndef LAC_SPREAD_H
#define LAC_SPREAD_H

#include "common.h"
#include "math/spread_math.h"

typedef struct LacField {
    int width, height;
    uint8_t *state;       /* [height][width] enum LacPixel */
    uint8_t *colour;      /* [height][width][4] */
    uint16_t *exact;      /* the same of 16 bits a channel; NULL until lac_field_widen */
    bool wide;            /* `exact` is spread instead of `colour`; the caller's choice */
    int32_t *queue;       /* scratch: pixels that wait */
    int32_t *link;        /* scratch: which block of `queue` follows a block */
    uint16_t *cost;       /* scratch: of reaching a pixel */
} LacField;

int lac_field_open(LacField *f, int width, int height);
void lac_field_close(LacField *f);

/* Allocates `exact`. LAC_ENOMEM leaves *f as it was. */
int lac_field_widen(LacField *f);

/* UNKNOWN pixels within `reach` steps over UNKNOWN pixels of a KNOWN one take its colour: the nearest's. */
void lac_field_spread(LacField *f, int reach);

/* LINE pixels take the colour of the clear pixel from which the least darkness has to be crossed, about
 * `depth` black pixels at most. gray [height][width]. */
void lac_field_spread_lines(LacField *f, const uint8_t *gray, int depth);

#endif
