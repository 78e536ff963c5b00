/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the benchmarks share: the clock, and a log for warnings. _POSIX_C_SOURCE must be defined before. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdio.h>
#include <time.h>

#include "common.h"

static inline void print_message(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    if (level <= LAC_LOG_WARNING) {
        fprintf(stderr, "%s\n", message);
    }
}

static inline double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

#endif
