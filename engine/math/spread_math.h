/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about fronts of colour; spread.h has the rule. */
#ifndef LAC_SPREAD_MATH_H
#define LAC_SPREAD_MATH_H

#include "math/number.h"

enum LacPixel {
    LAC_PIXEL_UNKNOWN, /* clear, colour not known */
    LAC_PIXEL_LINE,    /* dark, colour not known */
    LAC_PIXEL_KNOWN,
    LAC_PIXEL_REACHED, /* a clear pixel whose colour came from another */
    LAC_PIXEL_CROSSED, /* a line pixel whose colour came from another */
};

enum { LAC_SPREAD_STEP_LEAST = 8, LAC_SPREAD_STEP_MOST = 31 };

/* Entering a pixel costs more the darker it is, so that fronts of two sides meet at the darkest. */
LAC_HD int32_t lac_spread_step(int gray)
{
    return LAC_SPREAD_STEP_LEAST + (255 - gray) * (LAC_SPREAD_STEP_MOST - LAC_SPREAD_STEP_LEAST) / 255;
}

#endif
