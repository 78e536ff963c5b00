/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The refinement's own operations as plain loops: temporal shift and gate. */
#include "ops/ref/ref.h"

#include <math.h>

int lac_ref_shift(LacBackend *be, const LacShiftDesc *d, LacTensor *y)
{
    int ret = lac_check_shift(be, d, y), h, w, c;
    const float *kernel;
    float *out;

    if (ret < 0) {
        return ret;
    }
    kernel = d->kernel->data;
    out = y->data;
    for (h = 0; h < y->h; h++) {
        for (w = 0; w < y->w; w++) {
            for (c = 0; c < y->c; c++) {
                int from = c % d->frame->c;

                *out++ = kernel[c] * *lac_ref_at(d->before, 0, h, w, from) +
                    kernel[y->c + c] * *lac_ref_at(d->frame, 0, h, w, from) +
                    kernel[2 * y->c + c] * *lac_ref_at(d->after, 0, h, w, from);
            }
        }
    }
    return LAC_OK;
}

int lac_ref_gate(LacBackend *be, const LacGateDesc *d, LacTensor *y)
{
    int ret = lac_check_gate(be, d, y);
    size_t pixels, p, c;

    if (ret < 0) {
        return ret;
    }
    c = (size_t)y->c;
    pixels = lac_tensor_count(y) / c;
    for (p = 0; p < pixels; p++) {
        for (size_t i = 0; i < c; i++) {
            float f = ((const float *)d->x->data)[2 * p * c + i], g = ((const float *)d->x->data)[(2 * p + 1) * c + i];
            float v = (f > 0 ? f : d->slope * f) / (1 + expf(-g));

            ((float *)y->data)[p * c + i] = v + (d->residual ? ((const float *)d->residual->data)[p * c + i] : 0);
        }
    }
    return LAC_OK;
}
