/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of absolute differences, in a form that compilers make one instruction for sixteen pixels of; see transfer_patch.h. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "transfer/transfer_patch.h"

#include <stdlib.h>
#include <string.h>

static int steps_of(int width)
{
    return (width + LAC_PATCH_STEP - 1) / LAC_PATCH_STEP;
}

size_t lac_patch_room(int width, int height)
{
    return (size_t)steps_of(width) * LAC_PATCH_STEP * (size_t)height;
}

/* Rows of 8 to 16 pixels, by their first eight and their last. */
static void pack_rows(uint8_t *to, const uint8_t *from, ptrdiff_t stride, int width, int height)
{
    for (int y = 0; y < height; y++, to += LAC_PATCH_STEP, from += stride) {
        uint8_t last[8];

        memcpy(last, from + width - 8, 8);
        memcpy(to, from, 8);
        memset(to + 8, 0, 8);
        memcpy(to + width - 8, last, 8);
    }
}

void lac_patch_pack(LacPatch *p, const uint8_t *pixels, ptrdiff_t stride, int width, int height)
{
    p->height = height;
    p->steps = steps_of(width);
    for (int k = 0; k < LAC_PATCH_STEP; k++) {
        p->inside[k] = (p->steps - 1) * LAC_PATCH_STEP + k < width ? 255 : 0;
    }
    if (width >= 8 && width <= LAC_PATCH_STEP) {
        pack_rows(p->pixels, pixels, stride, width, height);
        return;
    }
    memset(p->pixels, 0, lac_patch_room(width, height));
    for (int i = 0; i < p->steps; i++) {
        const int rest = width - i * LAC_PATCH_STEP, n = rest < LAC_PATCH_STEP ? rest : LAC_PATCH_STEP;
        uint8_t *to = p->pixels + (ptrdiff_t)i * height * LAC_PATCH_STEP;

        for (int y = 0; y < height; y++) {
            memcpy(to + (ptrdiff_t)y * LAC_PATCH_STEP, pixels + y * stride + (ptrdiff_t)i * LAC_PATCH_STEP, (size_t)n);
        }
    }
}

static int32_t step_difference(const uint8_t *restrict a, const uint8_t *restrict b, const uint8_t *restrict inside,
                               ptrdiff_t stride, int height)
{
    int32_t sum = 0;

    for (int y = 0; y < height; y++, a += LAC_PATCH_STEP, b += stride) {
        uint8_t c[LAC_PATCH_STEP];

        for (int k = 0; k < LAC_PATCH_STEP; k++) {
            c[k] = b[k] & inside[k];
        }
        for (int k = 0; k < LAC_PATCH_STEP; k++) {
            sum += abs(a[k] - c[k]);
        }
    }
    return sum;
}

int32_t lac_patch_difference(const LacPatch *p, const uint8_t *other, ptrdiff_t stride)
{
    uint8_t whole[LAC_PATCH_STEP];
    int32_t sum = 0;

    if (p->steps > 1) {
        memset(whole, 255, sizeof whole);
    }
    for (int i = 0; i < p->steps; i++) {
        sum += step_difference(p->pixels + (ptrdiff_t)i * p->height * LAC_PATCH_STEP,
                               other + (ptrdiff_t)i * LAC_PATCH_STEP, i + 1 < p->steps ? whole : p->inside, stride,
                               p->height);
    }
    return sum;
}
