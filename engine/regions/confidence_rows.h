/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the pixels of a frame tell of its regions, added up row by row. */
#ifndef LAC_CONFIDENCE_ROWS_H
#define LAC_CONFIDENCE_ROWS_H

#include "math/vote_math.h"
#include "regions/confidence.h"

/* The scratch that a frame needs, in bytes. */
size_t lac_confidence_rows_room(const LacConfidenceFrame *f);

/* Adds to sum [regions + 1][LAC_SUM_SOURCES + sources * LAC_SUMS], that of region c beginning at c times that. coherent:
 * of the cells of each source. */
void lac_confidence_rows(const LacRegions *r, const LacConfidenceFrame *f, const uint8_t *coherent, void *scratch,
                         int64_t *sum);

/* Which values of a channel are near a prediction of -1..1: from *low to *high, none where that is less. */
void lac_confidence_near(float prediction, uint8_t *low, uint8_t *high);

#endif
