/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every room of the engine may use: log, error reporting, checked sizes, aligned memory. */
#ifndef LAC_COMMON_H
#define LAC_COMMON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lac.h"

/* Where messages go; passed down by pointer, owned by the context. */
typedef struct LacLog {
    LacLogCallback *callback; /* may be NULL */
    void *opaque;
} LacLog;

#if defined(__GNUC__)
#define LAC_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define LAC_PRINTF(f, a)
#endif

void lac_log(const LacLog *log, enum LacLogLevel level, const char *format, ...) LAC_PRINTF(3, 4);

/* Logs an error and returns `code`: `return lac_fail(log, LAC_EIO, "cannot open %s: %s", path, strerror(errno));` */
int lac_fail(const LacLog *log, int code, const char *format, ...) LAC_PRINTF(3, 4);

/* a * b into *out; false on overflow of size_t. */
bool lac_mul(size_t a, size_t b, size_t *out);

/* count * size bytes, 64-byte aligned, not cleared; NULL on overflow or when out of memory. */
void *lac_alloc(size_t count, size_t size);
/* The same, cleared. */
void *lac_calloc(size_t count, size_t size);
/* Frees what the two above gave; NULL is fine. */
void lac_free(void *p);

#endif
