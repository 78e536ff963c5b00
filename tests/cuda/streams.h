/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of kernels begin with: two streams of the CUDA back end, and numbers for pictures. */
#ifndef TESTS_CUDA_STREAMS_H
#define TESTS_CUDA_STREAMS_H

#include <stdlib.h>

#include "device.h"
#include "expect.h"
#include "ops/cuda/library.h"

extern const LacCudaLibrary lac_cuda_library;

/* In emulation the second stream runs threads in reverse. */
typedef struct Streams {
    LacDevice forward, backward;
} Streams;

static inline bool streams_open(Tally *t, Streams *s)
{
    LacLog log = { 0 };

    setenv("LAC_EMULATE_SM", "90", 1);
    return expect(t, !lac_cuda_library.open(&s->forward, 0, LAC_PRECISION_AUTO, &log) &&
                     !lac_cuda_library.open(&s->backward, 0, LAC_PRECISION_AUTO, &log), "open");
}

static inline void streams_close(Streams *s)
{
    lac_device_close(&s->backward);
    lac_device_close(&s->forward);
}

/* 0..65535, the same from run to run; a test's seed is its own. */
static inline uint32_t next_number(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

#endif
