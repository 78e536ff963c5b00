/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of JSON, strictly read, for safetensors_header.c. Errors are LAC_EFORMAT, logged with what was being read
 * and where. */
#ifndef LAC_SAFETENSORS_JSON_H
#define LAC_SAFETENSORS_JSON_H

#include "common.h"

/* A cursor, and the words for what went wrong. */
typedef struct LacJson {
    const uint8_t *p, *end, *start;
    char *out;          /* next free byte for strings; the caller's, one byte more than the text is long will do */
    const char *source;
    const char *tensor; /* being read, for messages; NULL outside */
    const LacLog *log;
} LacJson;

/* Logs `reason` with source, tensor and place; returns LAC_EFORMAT. */
int lac_json_fail(const LacJson *js, const char *reason);

/* Takes `c` (after white space) if it comes next. */
bool lac_json_take(LacJson *js, char c);
/* The same, but an error if it does not. */
int lac_json_expect(LacJson *js, char c);

/* A string, decoded and NUL-terminated at `out`. It holds no NUL and is valid UTF-8. */
int lac_json_string(LacJson *js, const char **text);
/* A string and the colon after it. */
int lac_json_key(LacJson *js, const char **key);
/* [a, b, ...], at most `max` integers of 0..2^63 - 1. */
int lac_json_integers(LacJson *js, uint64_t *values, int max, int *count);

/* Nothing but white space is left. */
int lac_json_finish(LacJson *js);

#endif
