/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A box of a frame's line art that is compared with many places of a reference: packed once, sixteen pixels at a time. */
#ifndef LAC_TRANSFER_PATCH_H
#define LAC_TRANSFER_PATCH_H

#include "common.h"

/* Pictures that patches are compared with have so many bytes to spare at their end: the last columns of a patch are read
 * sixteen at a time, and what is beyond them is left out. */
enum { LAC_PATCH_STEP = 16 };

typedef struct LacPatch {
    int height, steps;             /* steps: the width in whole steps */
    uint8_t *pixels;               /* [steps][height][LAC_PATCH_STEP], 0 beyond the width */
    uint8_t inside[LAC_PATCH_STEP]; /* 255 for columns of the last step that are inside, else 0 */
} LacPatch;

/* Bytes that patches of up to width x height need. */
size_t lac_patch_room(int width, int height);

/* pixels: the upper left one of width x height, rows `stride` bytes apart. p->pixels has room. */
void lac_patch_pack(LacPatch *p, const uint8_t *pixels, ptrdiff_t stride, int width, int height);

/* Summed absolute difference from a box of the same size, whose upper left pixel is *other. */
int32_t lac_patch_difference(const LacPatch *p, const uint8_t *other, ptrdiff_t stride);

#endif
