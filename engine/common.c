/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log, checked sizes and aligned memory. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void vlog(const LacLog *log, enum LacLogLevel level, const char *format, va_list ap)
{
    char line[1024];

    if (!log || !log->callback) {
        return;
    }
    vsnprintf(line, sizeof line, format, ap);
    log->callback(log->opaque, level, line);
}

void lac_log(const LacLog *log, enum LacLogLevel level, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vlog(log, level, format, ap);
    va_end(ap);
}

int lac_fail(const LacLog *log, int code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vlog(log, LAC_LOG_ERROR, format, ap);
    va_end(ap);
    return code;
}

bool lac_mul(size_t a, size_t b, size_t *out)
{
    if (b && a > SIZE_MAX / b) {
        return false;
    }
    *out = a * b;
    return true;
}

void *lac_alloc(size_t count, size_t size)
{
    size_t bytes;

    if (!lac_mul(count, size, &bytes) || bytes > SIZE_MAX - 64) {
        return NULL;
    }
    return aligned_alloc(64, (bytes / 64 + 1) * 64);
}

void *lac_calloc(size_t count, size_t size)
{
    void *p = lac_alloc(count, size);

    if (p) {
        memset(p, 0, count * size);
    }
    return p;
}

void lac_free(void *p)
{
    free(p);
}
