/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IEEE half precision by hand: rounded to nearest even, subnormal numbers and infinities as they should be. */
#ifndef TESTS_ENGINE_HALF_H
#define TESTS_ENGINE_HALF_H

#include <math.h>
#include <stdint.h>

static inline float half_to_f32(uint16_t x)
{
    int exponent = x >> 10 & 31, fraction = x & 1023;
    float v;

    if (exponent == 31) {
        v = fraction ? NAN : INFINITY;
    } else {
        v = exponent ? ldexpf((float)(1024 + fraction), exponent - 25) : ldexpf((float)fraction, -24);
    }
    return x & 0x8000 ? -v : v;
}

static inline uint16_t f32_to_half(float x)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    float v = fabsf(x);
    int exponent;

    if (v != v) {
        return (uint16_t)(sign | 0x7e00);
    }
    if (v >= 65520) {
        return (uint16_t)(sign | 0x7c00);
    }
    if (v < ldexpf(1, -14)) {
        return (uint16_t)(sign | (uint16_t)nearbyintf(ldexpf(v, 24)));
    }
    frexpf(v, &exponent); /* v in [0.5, 1) 2^exponent; a carry of the fraction goes into the exponent as it should */
    return (uint16_t)(sign | ((unsigned)(exponent + 13) * 1024 + (unsigned)nearbyintf(ldexpf(v, 11 - exponent))));
}

#endif
