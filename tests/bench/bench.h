/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the benchmarks share: the clock, a log for warnings, names of precisions. _POSIX_C_SOURCE must be defined before. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common.h"

static inline void print_message(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    if (level <= LAC_LOG_WARNING) {
        fprintf(stderr, "%s\n", message);
    }
}

/* Any other name is what the device is quickest at. */
static inline enum LacPrecision precision_of(const char *name)
{
    return !strcmp(name, "fp32") ? LAC_PRECISION_FP32 : !strcmp(name, "bf16") ? LAC_PRECISION_BF16 :
        !strcmp(name, "fp16") ? LAC_PRECISION_FP16 : LAC_PRECISION_AUTO;
}

static inline double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

#endif
