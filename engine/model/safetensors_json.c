/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scanner of JSON text: white space, punctuation, strings, non-negative integers. */
#include "model/safetensors_json.h"

#include <string.h>

int lac_json_fail(const LacJson *js, const char *reason)
{
    size_t at = (size_t)(js->p - js->start) + 8;

    if (js->tensor) {
        return lac_fail(js->log, LAC_EFORMAT, "%s: tensor %.200s: %s (byte %zu)", js->source, js->tensor, reason, at);
    }
    return lac_fail(js->log, LAC_EFORMAT, "%s: header: %s (byte %zu)", js->source, reason, at);
}

static void skip_space(LacJson *js)
{
    while (js->p < js->end && (*js->p == ' ' || *js->p == '\t' || *js->p == '\n' || *js->p == '\r')) {
        js->p++;
    }
}

bool lac_json_take(LacJson *js, char c)
{
    skip_space(js);
    if (js->p < js->end && *js->p == (uint8_t)c) {
        js->p++;
        return true;
    }
    return false;
}

int lac_json_expect(LacJson *js, char c)
{
    char reason[] = "JSON: '?' expected";

    if (lac_json_take(js, c)) {
        return LAC_OK;
    }
    reason[7] = c;
    return lac_json_fail(js, reason);
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
static int32_t hex4(LacJson *js)
{
    int32_t v = 0;

    if (js->end - js->p < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        uint8_t c = js->p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
                    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

        if (digit < 0) {
            return -1;
        }
        v = v << 4 | digit;
    }
    js->p += 4;
    return v;
}

/* What follows a backslash, appended as UTF-8: never longer than its escape. */
static int parse_escape(LacJson *js)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *known;
    int32_t code, low;

    if (js->p == js->end) {
        return lac_json_fail(js, "JSON: string without end");
    }
    if (*js->p != 'u') {
        known = *js->p ? strchr(from, *js->p) : NULL;
        if (!known) {
            return lac_json_fail(js, "JSON: unknown escape");
        }
        *js->out++ = to[known - from];
        js->p++;
        return LAC_OK;
    }
    js->p++;
    code = hex4(js);
    if (code >= 0xD800 && code < 0xDC00) {
        if (js->end - js->p < 2 || js->p[0] != '\\' || js->p[1] != 'u') {
            return lac_json_fail(js, "JSON: lone surrogate");
        }
        js->p += 2;
        low = hex4(js);
        code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
    } else if (code >= 0xDC00 && code < 0xE000) {
        code = -1;
    }
    if (code <= 0) { /* also NUL, which C strings cannot hold */
        return lac_json_fail(js, "JSON: bad \\u escape");
    }
    if (code < 0x80) {
        *js->out++ = (char)code;
    } else if (code < 0x800) {
        *js->out++ = (char)(0xC0 | code >> 6);
        *js->out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *js->out++ = (char)(0xE0 | code >> 12);
        *js->out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *js->out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *js->out++ = (char)(0xF0 | code >> 18);
        *js->out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *js->out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *js->out++ = (char)(0x80 | (code & 0x3F));
    }
    return LAC_OK;
}

int lac_json_string(LacJson *js, const char **text)
{
    int err = lac_json_expect(js, '"');

    if (err) {
        return err;
    }
    *text = js->out;
    for (;;) {
        int n;

        if (js->p == js->end) {
            return lac_json_fail(js, "JSON: string without end");
        }
        if (*js->p == '"') {
            js->p++;
            *js->out++ = '\0';
            return LAC_OK;
        }
        if (*js->p < 0x20) {
            return lac_json_fail(js, "JSON: control character in a string");
        }
        if (*js->p == '\\') {
            js->p++;
            err = parse_escape(js);
            if (err) {
                return err;
            }
            continue;
        }
        n = utf8_length(js->p, js->end);
        if (n == 0) {
            return lac_json_fail(js, "invalid UTF-8");
        }
        memcpy(js->out, js->p, (size_t)n);
        js->out += n;
        js->p += n;
    }
}

/* A non-negative integer without sign, fraction, exponent or leading zero, at most 2^63 - 1. */
static int parse_integer(LacJson *js, uint64_t *value)
{
    uint64_t v = 0;
    const uint8_t *first;

    skip_space(js);
    first = js->p;
    while (js->p < js->end && *js->p >= '0' && *js->p <= '9') {
        unsigned digit = *js->p - '0';

        if (v > ((uint64_t)INT64_MAX - digit) / 10) {
            return lac_json_fail(js, "number too large");
        }
        v = v * 10 + digit;
        js->p++;
    }
    if (js->p == first || (*first == '0' && js->p - first > 1)) {
        return lac_json_fail(js, "a non-negative integer expected");
    }
    *value = v;
    return LAC_OK;
}

int lac_json_integers(LacJson *js, uint64_t *values, int max, int *count)
{
    int err = lac_json_expect(js, '[');

    *count = 0;
    if (err || lac_json_take(js, ']')) {
        return err;
    }
    do {
        if (*count == max) {
            return lac_json_fail(js, "too many numbers in a list");
        }
        err = parse_integer(js, &values[*count]);
        if (err) {
            return err;
        }
        (*count)++;
    } while (lac_json_take(js, ','));
    return lac_json_expect(js, ']');
}

int lac_json_key(LacJson *js, const char **key)
{
    int err = lac_json_string(js, key);

    return err ? err : lac_json_expect(js, ':');
}

int lac_json_finish(LacJson *js)
{
    skip_space(js);
    return js->p == js->end ? LAC_OK : lac_json_fail(js, "text after the JSON object");
}
