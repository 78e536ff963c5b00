/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about the votes of pixels for regions; origin.h has the rules. */
#ifndef LAC_ORIGIN_MATH_H
#define LAC_ORIGIN_MATH_H

#include <stdbool.h>

#include "math/number.h"

#define LAC_ORIGIN_SHARE 0.3f
#define LAC_ORIGIN_CLEAR 0.5f
#define LAC_ORIGIN_TAKEN 0.25f
#define LAC_ORIGIN_PART 0.05f
#define LAC_ORIGIN_WHOLE 0.5f
#define LAC_ORIGIN_UNIT 65536.0f /* of a vote: votes are whole numbers, so that any order adds up to the same */

enum { LAC_ORIGINS = 8 };

/* A region of a reference, and its share of the votes. */
typedef struct LacOrigin {
    int32_t label; /* 0 ends a list */
    float share;
} LacOrigin;

/* A displacement in cells of the fields, in native pixels: rounded, halves away from zero. */
LAC_HD int lac_origin_shift(int v, int native, int cells)
{
    const int64_t twice = 2 * (int64_t)v * native;

    return (int)((twice >= 0 ? twice + cells : twice - cells) / (2 * (int64_t)cells));
}

/* The vote of a pixel `distance` from lines, at least 1, whose match costs so many times what opposite colours in a channel
 * would. At least 1. */
LAC_HD int32_t lac_origin_vote(float distance, float cost)
{
    return (int32_t)(lac_product(LAC_ORIGIN_UNIT, distance) / lac_weighted(1, 10, cost)) + 1;
}

/* The share of a region's votes for a reference region of `whole` pixels, raised to what makes an origin where that region is all
 * there: lines with gaps join parts, and the smaller one is outvoted. area: the frame's region, in pixels. */
LAC_HD float lac_origin_raised(float share, float area, float whole)
{
    const bool there = share >= LAC_ORIGIN_PART && lac_product(share, area) >= lac_product(LAC_ORIGIN_WHOLE, whole);

    return there && share < LAC_ORIGIN_SHARE ? LAC_ORIGIN_SHARE : share;
}

/* What becomes of a region's list [LAC_ORIGINS] for one reference. With a clear first origin it gives up those others that other
 * regions, no mere specks of them, clearly come from: they are where patches went astray. Of the rest those that are all there
 * become origins, and the list stays in order. area: the frame's region, in pixels; whole: the reference's regions; taken: pixels of
 * the frame's regions that clearly come from each. */
LAC_HD void lac_origin_settle(LacOrigin *list, int32_t area, const int32_t *whole, const int64_t *taken)
{
    int n = 1;

    for (int k = 1; k < LAC_ORIGINS && list->share >= LAC_ORIGIN_CLEAR; k++) {
        const LacOrigin one = list[k], none = { 0, 0 };

        list[k] = none;
        if (one.label && (float)taken[one.label] < lac_product(LAC_ORIGIN_TAKEN, (float)whole[one.label])) {
            list[n++] = one;
        }
    }
    for (int k = 1; k < LAC_ORIGINS && list[k].label; k++) {
        const int32_t label = list[k].label;
        const LacOrigin one = { label, lac_origin_raised(list[k].share, (float)area, (float)whole[label]) };
        int at = k;

        for (; at > 1 && list[at - 1].share < one.share; at--) {
            list[at] = list[at - 1];
        }
        list[at] = one;
    }
}

#endif
