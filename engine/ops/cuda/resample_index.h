/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which inputs an upsampled output lies between. */
#ifndef LAC_OPS_CUDA_RESAMPLE_INDEX_H
#define LAC_OPS_CUDA_RESAMPLE_INDEX_H

#include "ops/cuda/index.h"

/* Output i of a 4x bilinear upsampling of `size` inputs, half-pixel centres, edges clamped: its neighbours and the
 * weight of the second. */
LAC_HD float lac_between4(int i, int size, int *lo, int *hi)
{
    int at = i / 4, phase = i % 4;

    if (phase < 2) {
        *lo = at > 0 ? at - 1 : 0;
        *hi = at;
    } else {
        *lo = at;
        *hi = at + 1 < size ? at + 1 : at;
    }
    return phase < 2 ? 0.625f + 0.25f * (float)phase : 0.125f + 0.25f * (float)(phase - 2);
}

#endif
