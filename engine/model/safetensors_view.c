/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One tensor of a safetensors file: element sizes, conversion to fp32. */
#include "model/safetensors_view.h"

#include <string.h>

size_t lac_storage_size(enum LacStorage storage)
{
    return storage == LAC_STORAGE_F32 ? 4 : 2;
}

/* IEEE half to single, exact. */
static uint32_t half_bits(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3FF;

    if (exponent == 31) {
        return sign | 0x7F800000 | fraction << 13;
    }
    if (exponent == 0) {
        if (fraction == 0) {
            return sign;
        }
        for (exponent = 1; !(fraction & 0x400); exponent--) { /* subnormal: normalise */
            fraction <<= 1;
        }
        fraction &= 0x3FF;
    }
    return sign | (exponent + 112) << 23 | fraction << 13;
}

void lac_view_read(const LacView *view, float *dst)
{
    const uint8_t *p = view->data;

    for (size_t i = 0; i < view->count; i++) {
        uint32_t bits;

        if (view->storage == LAC_STORAGE_F32) {
            bits = p[4 * i] | (uint32_t)p[4 * i + 1] << 8 | (uint32_t)p[4 * i + 2] << 16 |
                   (uint32_t)p[4 * i + 3] << 24;
        } else {
            bits = p[2 * i] | (uint32_t)p[2 * i + 1] << 8;
            bits = view->storage == LAC_STORAGE_BF16 ? bits << 16 : half_bits((uint16_t)bits);
        }
        memcpy(&dst[i], &bits, sizeof bits);
    }
}
