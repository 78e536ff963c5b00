/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which colours the pixels of a region may take, for flat.h. */
#ifndef LAC_FLAT_CLASSES_H
#define LAC_FLAT_CLASSES_H

#include "math/flat_math.h"
#include "regions/origin.h"

/* A colour that pixels of a region may take. */
typedef struct LacFlatClass {
    uint8_t rgb[3];
    uint8_t source; /* a pixel of that colour: the reference's number among the sources, and where */
    int32_t at;
    float weight;
} LacFlatClass;

/* Classes of a region, heaviest first. */
typedef struct LacFlatClasses {
    LacFlatClass list[LAC_FLAT_CLASSES];
    int n;
} LacFlatClasses;

/* The colours of a region's origins. */
void lac_flat_classes_of(const LacOrigins *o, const LacVoteSource *sources, int region, LacFlatClasses *k);
/* The commonest colours of all that the frame comes from. */
void lac_flat_classes_of_all(const LacOrigins *o, const LacVoteSource *sources, LacFlatClasses *k);
/* Behind a region's own those of all. */
void lac_flat_classes_extend(LacFlatClasses *k, const LacFlatClasses *all);

#endif
