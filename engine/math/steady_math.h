/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about solving a window of frames, for one pixel; steady.h has the equations. */
#ifndef LAC_STEADY_MATH_H
#define LAC_STEADY_MATH_H

#include "math/number.h"

#define LAC_STEADY_ALIKE 32.0f
#define LAC_STEADY_NEAR 4.0f
#define LAC_STEADY_LEVELS 127.5f /* of a residual of 1 */

/* Where a native row or column lies between two of the network's. */
typedef struct LacSteadyTap {
    int from, to;
    float share; /* of `to` */
} LacSteadyTap;

LAC_HD LacSteadyTap lac_steady_tap(int i, int in, int out)
{
    float at = lac_product((float)i + 0.5f, (float)in) / (float)out - 0.5f;
    LacSteadyTap tap;

    at = at < 0 ? 0 : at;
    tap.from = (int)at < in - 1 ? (int)at : in - 1;
    tap.to = tap.from < in - 1 ? tap.from + 1 : tap.from;
    tap.share = at - (float)tap.from;
    return tap;
}

/* What is added to a link between two native colours: most where they are alike. */
LAC_HD float lac_steady_alike(const uint8_t *a, const uint8_t *b)
{
    int apart = 0;
    float far;

    for (int c = 0; c < 3; c++) {
        const int d = a[c] < b[c] ? b[c] - a[c] : a[c] - b[c];

        apart = d > apart ? d : apart;
    }
    far = (float)(apart * apart) / (LAC_STEADY_NEAR * LAC_STEADY_NEAR);
    return LAC_STEADY_ALIKE / lac_weighted(1, far, far);
}

/* One step of the elimination: m_t = value + reach m_{t+1}, with value = own colour_t + share value_{t-1}. */
typedef struct LacSteadyStep {
    float own, share, reach;
} LacSteadyStep;

/* back and before: link and reach of the frame before; 0 for the first frame. */
LAC_HD LacSteadyStep lac_steady_step(float trust, float link, float back, float before)
{
    const float inverse = 1 / lac_weighted(trust + link, back, 1 - before);
    LacSteadyStep step;

    step.own = lac_product(trust, inverse);
    step.share = lac_product(back, inverse);
    step.reach = lac_product(link, inverse);
    return step;
}

/* before: the value of the frame before, 0 for the first frame. */
LAC_HD float lac_steady_value(float own, float colour, float share, float before)
{
    return lac_weighted(lac_product(own, colour), share, before);
}

LAC_HD uint8_t lac_steady_level(float v)
{
    v += 0.5f;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

#endif
