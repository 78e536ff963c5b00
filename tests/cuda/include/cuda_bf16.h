/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for CUDA's header where kernels run on the CPU. */
#ifndef TESTS_CUDA_CUDA_BF16_H
#define TESTS_CUDA_CUDA_BF16_H

#include <cstdint>
#include <cstring>

struct __nv_bfloat16 {
    uint16_t bits;
};

static inline float __bfloat162float(__nv_bfloat16 x)
{
    uint32_t bits = (uint32_t)x.bits << 16;
    float v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline __nv_bfloat16 __float2bfloat16_rn(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    if (x != x) {
        return { 0x7fff };
    }
    return { (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16) };
}

#endif
