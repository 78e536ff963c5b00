/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting checks, and a log that remembers, for the test programs. */
#ifndef TESTS_ENGINE_EXPECT_H
#define TESTS_ENGINE_EXPECT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common.h"

typedef struct Tally {
    const char *name;
    int passed, failed;
} Tally;

/* Counts one check; a failed one is printed with its description. */
LAC_PRINTF(3, 4)
static inline bool expect(Tally *t, bool ok, const char *format, ...)
{
    va_list ap;

    if (ok) {
        t->passed++;
        return true;
    }
    t->failed++;
    printf("FAILED: ");
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf("\n");
    return false;
}

/* The last line of a test program, and its exit status. */
static inline int tally_end(const Tally *t)
{
    printf("%s: %d passed, %d failed\n", t->name, t->passed, t->failed);
    return t->failed || !t->passed;
}

/* Numbers of 23 bits, the same from run to run; a test's state is its own. */
static inline uint32_t expect_draw(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 9;
}

/* Everything logged since the text was cleared, line by line. */
typedef struct Messages {
    char text[8192];
    int lines;
} Messages;

static inline void messages_add(void *opaque, enum LacLogLevel level, const char *message)
{
    Messages *m = opaque;
    size_t at = strlen(m->text);

    (void)level;
    m->lines++;
    snprintf(m->text + at, sizeof m->text - at, "%s\n", message);
}

static inline LacLog messages_log(Messages *m)
{
    m->text[0] = '\0';
    m->lines = 0;
    return (LacLog){ messages_add, m };
}

/* Defaults that say what they do to `m`: those of a test that provokes errors. */
static inline LacSettings logged_settings(Messages *m)
{
    LacSettings s;

    messages_log(m);
    lac_settings_default(&s);
    s.log = messages_add;
    s.log_opaque = m;
    return s;
}

/* As small as it goes, one thread, every frame by itself. */
static inline LacSettings small_settings(Messages *m, const char *weights, const char *device)
{
    LacSettings s = logged_settings(m);

    s.weights = weights;
    s.device = device;
    s.size = 64;
    s.threads = 1;
    s.temporal = LAC_TEMPORAL_OFF;
    return s;
}

#endif
