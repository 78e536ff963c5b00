/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of the search for correspondences that the host and a GPU work with. */
#ifndef LAC_MATCH_MATH_H
#define LAC_MATCH_MATH_H

#include <math.h>

#define LAC_MATCH_UNIT 4032.0f /* 63.5^2: a cost of 1 is that of opposite colours in one channel */

enum { LAC_MATCH_PASSES = 2 }; /* forward and backward: two more cost twice as much and change nothing that shows (docs/match.md) */

/* Half a Gaussian, normalised: taps[0] is the centre's. Returns the reach. On the host alone. */
static inline int lac_match_gaussian(float sigma, float taps[8])
{
    const int reach = (int)(3 * sigma + 0.5f);
    float sum = 1;

    taps[0] = 1;
    for (int i = 1; i <= reach; i++) {
        taps[i] = expf(-(float)(i * i) / (2 * sigma * sigma));
        sum += 2 * taps[i];
    }
    for (int i = 0; i <= reach; i++) {
        taps[i] /= sum;
    }
    return reach;
}

#endif
