/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution: conv.c chooses between cuDNN's plans and the kernels below. */
#ifndef LAC_OPS_CUDA_CONV_H
#define LAC_OPS_CUDA_CONV_H

#include "ops/cuda/conv_index.h"
#include "ops/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Output channels a thread of the direct kernel takes: its weights are laid out for that. */
static inline int lac_direct_outputs(const LacConvDesc *desc)
{
    return desc->cout > 4 ? 8 : 4;
}

/* Any convolution, sums in fp32 in one order. weight: f32, as lac_direct_weight lays it out; bias: f32 [cout] or NULL. */
int lac_cuda_conv_direct(LacBackend *be, const LacConvDesc *desc, const float *weight, const float *bias,
                         const LacTensor *x, LacTensor *y);

/* y = [relu](x + bias): with `upsampled`, x is [4][n][h/2][w/2][c], the phases of y; else it is y's own memory. */
int lac_cuda_conv_finish(LacBackend *be, const void *x, const float *bias, bool relu, bool upsampled, LacTensor *y);

#ifdef __cplusplus
}
#endif

#endif
