/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the files of the vote: colour bins, and pixels sorted by region. */
#ifndef LAC_VOTE_BINS_H
#define LAC_VOTE_BINS_H

#include "common.h"

#define LAC_VOTE_FAR                                                                               \
    4 /* squared distance from which a pixel is far from lines: nothing of them is mixed into it   \
       */

/* 5 bits of each channel. */
static inline int lac_vote_bin(const uint8_t *rgb)
{
    return (rgb[0] >> 3) << 10 | (rgb[1] >> 3) << 5 | rgb[2] >> 3;
}

/* Pixels [n] with labels 0..count -> order [n], those of label c from start[c] to start[c + 1].
 * start [count + 2]. */
void lac_vote_sort(const int32_t *label, size_t n, int count, size_t *start, int32_t *order);

#endif
