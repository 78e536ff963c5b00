/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict parser of the safetensors header:
 * { "__metadata__": {string: string}, NAME: {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}, ... }
 * Only this grammar of JSON is accepted, so nesting is bounded by construction. */
#include "safetensors_header.h"

#include <stdio.h>
#include <string.h>

/* The header's parser: a cursor, and the words for what went wrong. */
typedef struct Parser {
    const uint8_t *p, *end, *start;
    char *out;             /* next free byte of the strings */
    const char *source;
    const char *tensor;    /* being read, for messages; NULL outside */
    const LacLog *log;
} Parser;

static int fail(const Parser *ps, const char *reason)
{
    size_t at = (size_t)(ps->p - ps->start) + 8;

    if (ps->tensor) {
        return lac_fail(ps->log, LAC_EFORMAT, "%s: tensor %.200s: %s (byte %zu)", ps->source, ps->tensor, reason, at);
    }
    return lac_fail(ps->log, LAC_EFORMAT, "%s: header: %s (byte %zu)", ps->source, reason, at);
}

static int out_of_memory(const Parser *ps)
{
    return lac_fail(ps->log, LAC_ENOMEM, "%s: out of memory", ps->source);
}

static void skip_space(Parser *ps)
{
    while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n' || *ps->p == '\r')) {
        ps->p++;
    }
}

/* Takes `c` (after white space) if it comes next. */
static bool take(Parser *ps, char c)
{
    skip_space(ps);
    if (ps->p < ps->end && *ps->p == (uint8_t)c) {
        ps->p++;
        return true;
    }
    return false;
}

static int expect(Parser *ps, char c)
{
    char reason[] = "JSON: '?' expected";

    if (take(ps, c)) {
        return LAC_OK;
    }
    reason[7] = c;
    return fail(ps, reason);
}

/* Bytes of the UTF-8 sequence at p, 0 if it is malformed, overlong, a surrogate or beyond U+10FFFF. */
static int utf8_length(const uint8_t *p, const uint8_t *end)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    int n = *p < 0x80 ? 1 : (*p & 0xE0) == 0xC0 ? 2 : (*p & 0xF0) == 0xE0 ? 3 : (*p & 0xF8) == 0xF0 ? 4 : 0;
    uint32_t code = n == 1 ? *p : *p & (0x7F >> n);

    if (n == 0 || end - p < n) {
        return 0;
    }
    for (int i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (p[i] & 0x3F);
    }
    return code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : n;
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(Parser *ps)
{
    int32_t v = 0;

    if (ps->end - ps->p < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        uint8_t c = ps->p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
                    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

        if (digit < 0) {
            return -1;
        }
        v = v << 4 | digit;
    }
    ps->p += 4;
    return v;
}

/* What follows a backslash, appended as UTF-8: never longer than its escape. */
static int parse_escape(Parser *ps)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *known;
    int32_t code, low;

    if (ps->p == ps->end) {
        return fail(ps, "JSON: string without end");
    }
    if (*ps->p != 'u') {
        known = *ps->p ? strchr(from, *ps->p) : NULL;
        if (!known) {
            return fail(ps, "JSON: unknown escape");
        }
        *ps->out++ = to[known - from];
        ps->p++;
        return LAC_OK;
    }
    ps->p++;
    code = hex4(ps);
    if (code >= 0xD800 && code < 0xDC00) {
        if (ps->end - ps->p < 2 || ps->p[0] != '\\' || ps->p[1] != 'u') {
            return fail(ps, "JSON: lone surrogate");
        }
        ps->p += 2;
        low = hex4(ps);
        code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
    } else if (code >= 0xDC00 && code < 0xE000) {
        code = -1;
    }
    if (code <= 0) { /* also NUL, which C strings cannot hold */
        return fail(ps, "JSON: bad \\u escape");
    }
    if (code < 0x80) {
        *ps->out++ = (char)code;
    } else if (code < 0x800) {
        *ps->out++ = (char)(0xC0 | code >> 6);
        *ps->out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *ps->out++ = (char)(0xE0 | code >> 12);
        *ps->out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *ps->out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *ps->out++ = (char)(0xF0 | code >> 18);
        *ps->out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *ps->out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *ps->out++ = (char)(0x80 | (code & 0x3F));
    }
    return LAC_OK;
}

/* A string, decoded and NUL-terminated among the file's strings. */
static int parse_string(Parser *ps, const char **text)
{
    int err = expect(ps, '"');

    if (err) {
        return err;
    }
    *text = ps->out;
    for (;;) {
        int n;

        if (ps->p == ps->end) {
            return fail(ps, "JSON: string without end");
        }
        if (*ps->p == '"') {
            ps->p++;
            *ps->out++ = '\0';
            return LAC_OK;
        }
        if (*ps->p < 0x20) {
            return fail(ps, "JSON: control character in a string");
        }
        if (*ps->p == '\\') {
            ps->p++;
            err = parse_escape(ps);
            if (err) {
                return err;
            }
            continue;
        }
        n = utf8_length(ps->p, ps->end);
        if (n == 0) {
            return fail(ps, "invalid UTF-8");
        }
        memcpy(ps->out, ps->p, (size_t)n);
        ps->out += n;
        ps->p += n;
    }
}

/* A non-negative integer without sign, fraction, exponent or leading zero, at most 2^63 - 1. */
static int parse_integer(Parser *ps, uint64_t *value)
{
    uint64_t v = 0;
    const uint8_t *first;

    skip_space(ps);
    first = ps->p;
    while (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9') {
        unsigned digit = *ps->p - '0';

        if (v > ((uint64_t)INT64_MAX - digit) / 10) {
            return fail(ps, "number too large");
        }
        v = v * 10 + digit;
        ps->p++;
    }
    if (ps->p == first || (*first == '0' && ps->p - first > 1)) {
        return fail(ps, "a non-negative integer expected");
    }
    *value = v;
    return LAC_OK;
}

/* [a, b, ...], at most `max` integers. */
static int parse_integers(Parser *ps, uint64_t *values, int max, int *count)
{
    int err = expect(ps, '[');

    *count = 0;
    if (err || take(ps, ']')) {
        return err;
    }
    do {
        if (*count == max) {
            return fail(ps, "too many numbers in a list");
        }
        err = parse_integer(ps, &values[*count]);
        if (err) {
            return err;
        }
        (*count)++;
    } while (take(ps, ','));
    return expect(ps, ']');
}

static int parse_dtype(Parser *ps, enum LacStorage *storage)
{
    const char *name;
    char reason[128];
    int err = parse_string(ps, &name);

    if (err) {
        return err;
    }
    if (!strcmp(name, "F32")) {
        *storage = LAC_STORAGE_F32;
    } else if (!strcmp(name, "F16")) {
        *storage = LAC_STORAGE_F16;
    } else if (!strcmp(name, "BF16")) {
        *storage = LAC_STORAGE_BF16;
    } else {
        snprintf(reason, sizeof reason, "dtype %.20s is not supported, only F32, F16 and BF16", name);
        return fail(ps, reason);
    }
    return LAC_OK;
}

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]} in any order, each exactly once. */
static int parse_entry(Parser *ps, LacEntry *e)
{
    uint64_t shape[LAC_SAFETENSORS_MAX_RANK], offsets[2];
    unsigned seen = 0;
    size_t bytes;
    int n = 0, err;

    err = expect(ps, '{');
    if (err) {
        return err;
    }
    do {
        const char *key;
        unsigned bit;

        err = parse_string(ps, &key);
        if (!err) {
            err = expect(ps, ':');
        }
        if (err) {
            return err;
        }
        bit = !strcmp(key, "dtype") ? 1 : !strcmp(key, "shape") ? 2 : !strcmp(key, "data_offsets") ? 4 : 0;
        if (bit == 0 || (seen & bit)) {
            return fail(ps, bit ? "a field twice" : "unknown field");
        }
        seen |= bit;
        if (bit == 1) {
            err = parse_dtype(ps, &e->view.storage);
        } else if (bit == 2) {
            err = parse_integers(ps, shape, LAC_SAFETENSORS_MAX_RANK, &e->view.rank);
        } else {
            err = parse_integers(ps, offsets, 2, &n);
            if (!err && n != 2) {
                err = fail(ps, "data_offsets must be two numbers");
            }
        }
        if (err) {
            return err;
        }
    } while (take(ps, ','));
    err = expect(ps, '}');
    if (err) {
        return err;
    }
    if (seen != 7) {
        return fail(ps, "dtype, shape or data_offsets is missing");
    }
    e->view.count = 1;
    for (int i = 0; i < e->view.rank; i++) {
        if (shape[i] > SIZE_MAX || !lac_mul(e->view.count, (size_t)shape[i], &e->view.count)) {
            return fail(ps, "shape overflows");
        }
        e->view.shape[i] = (size_t)shape[i];
    }
    if (!lac_mul(e->view.count, lac_storage_size(e->view.storage), &bytes)) {
        return fail(ps, "shape overflows");
    }
    if (offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes) {
        return fail(ps, "data_offsets do not fit dtype and shape");
    }
    e->begin = offsets[0];
    e->end = offsets[1];
    return LAC_OK;
}

/* Room for one more element of `size` bytes in a list of `count`: the list, or its longer copy, or NULL. */
static void *grown(void *list, size_t count, size_t size)
{
    void *more;

    if (count & (count - 1) || (count != 0 && count < 16)) {
        return list; /* capacity is 16, then powers of two */
    }
    more = lac_calloc(count ? 2 * count : 16, size);
    if (more && count) {
        memcpy(more, list, count * size);
    }
    if (more) {
        lac_free(list);
    }
    return more;
}

static int parse_metadata(Parser *ps, LacHeader *header)
{
    int err = expect(ps, '{');

    if (err || take(ps, '}')) {
        return err;
    }
    do {
        LacPair pair, *pairs;

        err = parse_string(ps, &pair.key);
        if (!err) {
            err = expect(ps, ':');
        }
        if (!err) {
            err = parse_string(ps, &pair.value);
        }
        if (err) {
            return err;
        }
        pairs = grown(header->pairs, header->pair_count, sizeof pair);
        if (!pairs) {
            return out_of_memory(ps);
        }
        header->pairs = pairs;
        pairs[header->pair_count++] = pair;
    } while (take(ps, ','));
    return expect(ps, '}');
}

static int check_name(const Parser *ps, const char *name)
{
    if (!*name) {
        return fail(ps, "a tensor without a name");
    }
    for (const char *c = name; *c; c++) {
        if ((uint8_t)*c < 0x20 || *c == 0x7F) {
            return fail(ps, "control character in a tensor's name");
        }
    }
    return LAC_OK;
}

/* A tensor's name was read, its entry follows. */
static int add_entry(Parser *ps, LacHeader *header, const char *name)
{
    LacEntry *entries;
    int err = check_name(ps, name);

    if (err) {
        return err;
    }
    entries = grown(header->entries, header->count, sizeof *entries);
    if (!entries) {
        return out_of_memory(ps);
    }
    header->entries = entries;
    ps->tensor = entries[header->count].view.name = name;
    err = parse_entry(ps, &entries[header->count++]);
    ps->tensor = NULL;
    return err;
}

static int parse_object(Parser *ps, LacHeader *header)
{
    bool metadata_seen = false;
    int err;

    if (ps->p == ps->end || *ps->p != '{') {
        return fail(ps, "does not begin with '{'");
    }
    ps->p++;
    if (!take(ps, '}')) {
        do {
            const char *name;

            err = parse_string(ps, &name);
            if (!err) {
                err = expect(ps, ':');
            }
            if (err) {
                return err;
            }
            if (!strcmp(name, "__metadata__")) {
                if (metadata_seen) {
                    return fail(ps, "__metadata__ twice");
                }
                metadata_seen = true;
                err = parse_metadata(ps, header);
            } else {
                err = add_entry(ps, header, name);
            }
            if (err) {
                return err;
            }
        } while (take(ps, ','));
        err = expect(ps, '}');
        if (err) {
            return err;
        }
    }
    skip_space(ps);
    return ps->p == ps->end ? LAC_OK : fail(ps, "text after the JSON object");
}

int lac_header_parse(LacHeader *header, const uint8_t *json, size_t size, const char *source, const LacLog *log)
{
    Parser ps = { .p = json, .end = json + size, .start = json, .source = source, .log = log };

    header->strings = lac_alloc(size + 1, 1); /* each string is at least a byte shorter than its JSON */
    if (!header->strings) {
        return out_of_memory(&ps);
    }
    ps.out = header->strings;
    return parse_object(&ps, header);
}

void lac_header_free(LacHeader *header)
{
    lac_free(header->strings);
    lac_free(header->entries);
    lac_free(header->pairs);
}
