/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the files of the vote: pixels sorted by region. */
#ifndef LAC_VOTE_BINS_H
#define LAC_VOTE_BINS_H

#include "common.h"
#include "math/vote_math.h"

/* Pixels [n] with labels 0..count -> order [n], those of label c from start[c] to start[c + 1].
 * start [threads][count + 2]: what follows the first count + 2 is scratch. */
void lac_vote_sort(const int32_t *label, size_t n, int count, int threads, size_t *start, int32_t *order);

#endif
