/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs of equal values in a row of a picture. Regions are wide: what is the same for all pixels of a run is done once,
 * and the run's end is found eight pixels at a time. */
#ifndef LAC_RUNS_H
#define LAC_RUNS_H

#include "common.h"

#include <string.h>

/* Are the eight bytes from p on all `v`? */
static inline bool lac_all_eight(const uint8_t *p, uint8_t v)
{
    uint64_t eight;

    memcpy(&eight, p, sizeof eight);
    return eight == 0x0101010101010101U * v;
}

/* Is one of the eight bytes from p on `v`? */
static inline bool lac_any_eight(const uint8_t *p, uint8_t v)
{
    const uint64_t ones = 0x0101010101010101U;
    uint64_t eight;

    memcpy(&eight, p, sizeof eight);
    eight ^= ones * v;
    return ((eight - ones) & ~eight & ones << 7) != 0;
}

/* Where the run of values like p[i] ends, at most at `end`. */
static inline size_t lac_run_end(const int32_t *p, size_t i, size_t end)
{
    const int32_t value = p[i];

    while (i + 8 <= end) {
        int32_t differ = 0;
#pragma omp simd reduction(| : differ)
        for (int k = 0; k < 8; k++) {
            differ |= p[i + (size_t)k] ^ value;
        }
        if (differ) {
            break;
        }
        i += 8;
    }
    while (i < end && p[i] == value) {
        i++;
    }
    return i;
}

/* Numbers in rising order: where those that follow p[i] without a gap end, at most at `end`. */
static inline size_t lac_row_end(const int32_t *p, size_t i, size_t end)
{
    const size_t first = i;

    while (i + 16 < end && p[i + 16] - p[first] == (int32_t)(i + 16 - first)) {
        i += 16;
    }
    while (i < end && p[i] - p[first] == (int32_t)(i - first)) {
        i++;
    }
    return i;
}

#endif
