/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bfloat16 in a uint16_t: the upper half of an fp32, rounded to nearest even. */
#ifndef LAC_OPS_BF16_H
#define LAC_OPS_BF16_H

#include <stdint.h>

typedef union LacFloatBits {
    float f;
    uint32_t u;
} LacFloatBits;

static inline float lac_bf16_to_f32(uint16_t x)
{
    LacFloatBits b = { .u = (uint32_t)x << 16 };

    return b.f;
}

static inline uint16_t lac_f32_to_bf16(float x)
{
    LacFloatBits b = { .f = x };

    if (x != x) {
        return (uint16_t)(b.u >> 16 | 0x40); /* rounding could carry a NaN into infinity */
    }
    return (uint16_t)((b.u + 0x7fff + (b.u >> 16 & 1)) >> 16);
}

#endif
