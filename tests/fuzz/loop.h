/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What fuzzers share: promises, and for builds without a fuzz engine the loop that mutates seeds, the same on
 * every run. */
#ifndef TESTS_FUZZ_LOOP_H
#define TESTS_FUZZ_LOOP_H

#include <stdio.h>
#include <stdlib.h>

#include "common.h"

/* The input under test; a fuzz engine calls it as well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A log that counts errors; opaque: int. */
static inline void count_message(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)message;
    *(int *)opaque += level == LAC_LOG_ERROR;
}

/* A broken promise stops the program, as a sanitizer's finding does. */
static inline void require(bool ok, const char *promise)
{
    if (!ok) {
        fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}

enum { MAX_SEEDS = 64 };

typedef struct Seed {
    uint8_t *bytes; /* malloc */
    size_t size;
} Seed;

typedef struct Fuzzer {
    const char *name;
    const char *fallback;                         /* file that is a seed when no FILE is given, or NULL */
    size_t growth;                                /* bytes by which a mutation may grow its input */
    size_t (*mutate)(uint8_t *bytes, size_t size); /* returns the new size */
    int (*pick)(long round, int count);           /* the seed of a round */
} Fuzzer;

/* A number below `n`; the same sequence on every run. */
size_t random_below(size_t n);

/* The main of a fuzzer, `[seconds=N] [FILE...]`: runs `seeds` (room for MAX_SEEDS, `count` are there; they are
 * freed) and the FILEs, then mutations of both, for N seconds or a fixed number of rounds. Returns the exit status. */
int fuzz_loop(const Fuzzer *f, Seed *seeds, int count, int argc, char **argv);

#endif
