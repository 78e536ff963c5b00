/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for CUDA's header where kernels run on the CPU. */
#ifndef TESTS_CUDA_CUDA_FP16_H
#define TESTS_CUDA_CUDA_FP16_H

#include "half.h"

struct __half {
    uint16_t bits;
};

static inline float __half2float(__half x)
{
    return half_to_f32(x.bits);
}

static inline __half __float2half_rn(float x)
{
    return { f32_to_half(x) };
}

#endif
