/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the reference back end share. */
#ifndef LAC_OPS_REF_REF_H
#define LAC_OPS_REF_REF_H

#include "ops/backend.h"

static inline const float *lac_ref_at(const LacTensor *t, int n, int h, int w, int c)
{
    return (const float *)t->data +
        (((size_t)n * (size_t)t->h + (size_t)h) * (size_t)t->w + (size_t)w) * (size_t)t->c + (size_t)c;
}

int lac_ref_conv_create(LacBackend *be, const LacConvDesc *desc, LacConv **conv);
void lac_ref_conv_free(LacBackend *be, LacConv *conv);
int lac_ref_conv(LacBackend *be, LacConv *conv, const LacTensor *x, LacTensor *y);
int lac_ref_attention(LacBackend *be, const LacAttentionDesc *desc);
int lac_ref_shift(LacBackend *be, const LacShiftDesc *desc, LacTensor *y);
int lac_ref_gate(LacBackend *be, const LacGateDesc *desc, LacTensor *y);

#endif
