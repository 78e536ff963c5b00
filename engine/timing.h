/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time spent outside the network, by stage, for lac_timing. */
#ifndef LAC_TIMING_H
#define LAC_TIMING_H

#include <omp.h>

enum LacStage {
    LAC_STAGE_PACK,
    LAC_STAGE_UNPACK,
    LAC_STAGE_LINEART,
    LAC_STAGE_TRANSFER,
    LAC_STAGE_PAINT,
    LAC_STAGE_REGIONS,
    LAC_STAGE_STEADY,
    LAC_STAGE_COUNT
};

typedef struct LacTimes {
    double ms[LAC_STAGE_COUNT];
} LacTimes;

/* since: of omp_get_wtime() */
static inline void lac_time_add(LacTimes *times, enum LacStage stage, double since)
{
    times->ms[stage] += 1e3 * (omp_get_wtime() - since);
}

#endif
