/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The safetensors reader: what it must accept, and one case for everything it must reject. */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "model/safetensors.h"

/* A file in memory: length, header, `size` bytes of data (0, 1, 2, ... modulo 64). Where there is data, spaces
 * after the header bring it to byte 8 k + `shift`. */
static uint8_t *file(const char *header, size_t size, size_t shift, size_t *total)
{
    size_t length = strlen(header), n = length + (size ? (8 - length % 8 + shift) % 8 : 0);
    uint8_t *bytes = malloc(8 + n + size); /* malloc: the sanitizer sees every read past the end */

    if (!bytes) {
        abort();
    }
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)((uint64_t)n >> 8 * i);
    }
    for (size_t i = 0; i < n; i++) {
        bytes[8 + i] = (uint8_t)(i < length ? header[i] : ' ');
    }
    for (size_t i = 0; i < size; i++) {
        bytes[8 + n + i] = (uint8_t)(i % 64);
    }
    *total = 8 + n + size;
    return bytes;
}

#define A(begin, end) "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[" #begin "," #end "]}"
#define B(begin, end) "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[" #begin "," #end "]}"
#define ONE(fields) "{\"a\":{" fields "}}"

static const struct {
    const char *title, *header;
    size_t size;             /* of the data */
    const char *message;     /* what the log must say */
} rejected[] = {
    { "no JSON", "hello", 0, "begin with '{'" },
    { "space first", " {}", 0, "begin with '{'" },
    { "empty header", "", 0, "begin with '{'" },
    { "object without end", "{\"a\":{", 0, "JSON" },
    { "text behind", "{}x", 0, "text after" },
    { "NUL behind", "{} ,", 0, "text after" },
    { "comma at the end", "{" A(0, 8) ",}", 8, "JSON" },
    { "no comma", "{" A(0, 8) B(8, 12) "}", 12, "JSON" },
    { "array", "{\"a\":[]}", 0, "JSON" },
    { "null", "{\"a\":null}", 0, "JSON" },
    { "name without quotes", "{a:{}}", 0, "JSON" },
    { "string without end", "{\"a", 0, "without end" },
    { "backslash at the end", "{\"a\\", 0, "without end" },
    { "unknown escape", "{\"\\x\":{}}", 0, "escape" },
    { "short \\u", "{\"\\u12", 0, "\\u escape" },
    { "\\u without digits", "{\"\\uxyzw\":{}}", 0, "\\u escape" },
    { "NUL in a name", "{\"a\\u0000b\":{}}", 0, "\\u escape" },
    { "lone surrogate", "{\"\\ud800\":{}}", 0, "surrogate" },
    { "surrogate, then none", "{\"\\ud800\\u0041\":{}}", 0, "\\u escape" },
    { "low surrogate first", "{\"\\udc00\":{}}", 0, "\\u escape" },
    { "raw control character", "{\"a\nb\":{}}", 0, "control character" },
    { "escaped control character in a name", "{\"a\\nb\":{}}", 0, "control character" },
    { "empty name", "{\"\":{}}", 0, "without a name" },
    { "UTF-8: stray continuation", "{\"\x80\":{}}", 0, "UTF-8" },
    { "UTF-8: truncated", "{\"\xC3\":{}}", 0, "UTF-8" },
    { "UTF-8: truncated at the end", "{\"\xE2\x82", 0, "UTF-8" },
    { "UTF-8: overlong", "{\"\xC0\xAF\":{}}", 0, "UTF-8" },
    { "UTF-8: surrogate", "{\"\xED\xA0\x80\":{}}", 0, "UTF-8" },
    { "UTF-8: beyond U+10FFFF", "{\"\xF4\x90\x80\x80\":{}}", 0, "UTF-8" },
    { "UTF-8: 0xFF", "{\"\xFF\":{}}", 0, "UTF-8" },
    { "entry empty", "{\"a\":{}}", 0, "JSON" },
    { "no dtype", ONE("\"shape\":[2],\"data_offsets\":[0,8]"), 8, "missing" },
    { "no shape", ONE("\"dtype\":\"F32\",\"data_offsets\":[0,8]"), 8, "missing" },
    { "no offsets", ONE("\"dtype\":\"F32\",\"shape\":[2]"), 8, "missing" },
    { "unknown field", ONE("\"dtype\":\"F32\",\"x\":1"), 8, "unknown field" },
    { "field twice", ONE("\"dtype\":\"F32\",\"dtype\":\"F32\""), 8, "twice" },
    { "dtype I64", ONE("\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]"), 8, "I64" },
    { "dtype in lower case", ONE("\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[0,8]"), 8, "f32" },
    { "dtype a number", ONE("\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]"), 8, "JSON" },
    { "shape a number", ONE("\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]"), 8, "JSON" },
    { "negative size", ONE("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]"), 8, "integer" },
    { "fraction", ONE("\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]"), 8, "JSON" },
    { "exponent", ONE("\"dtype\":\"F32\",\"shape\":[2e0],\"data_offsets\":[0,8]"), 8, "JSON" },
    { "leading zero", ONE("\"dtype\":\"F32\",\"shape\":[02],\"data_offsets\":[0,8]"), 8, "integer" },
    { "nested shape", ONE("\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[0,8]"), 8, "integer" },
    { "nine dimensions", ONE("\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]"), 8, "too many" },
    { "one offset", ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]"), 8, "two numbers" },
    { "three offsets", ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]"), 8, "too many" },
    { "number beyond 2^63", ONE("\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,8]"), 8,
      "too large" },
    { "shape overflows", ONE("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]"), 0,
      "overflows" },
    { "bytes overflow", ONE("\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]"), 4,
      "overflows" },
    { "offsets descend", ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]"), 8, "do not fit" },
    { "shape larger than its data", ONE("\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]"), 8, "do not fit" },
    { "shape smaller than its data", ONE("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]"), 8, "do not fit" },
    { "half as float", ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]"), 4, "do not fit" },
    { "truncated", "{" A(0, 8) "}", 7, "truncated" },
    { "no data", "{" A(0, 8) "}", 0, "truncated" },
    { "far beyond the end", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2305843009213693951],"
      "\"data_offsets\":[0,9223372036854775804]}}", 8, "truncated" },
    { "trailing garbage", "{" A(0, 8) "}", 9, "after the last" },
    { "data without tensors", "{}", 4, "after the last" },
    { "gap first", "{" A(8, 16) "}", 16, "gap" },
    { "gap between", "{" A(0, 8) "," B(12, 16) "}", 16, "gap" },
    { "overlap", "{" A(0, 8) "," B(4, 8) "}", 8, "overlaps" },
    { "same bytes twice", "{" A(0, 8) ",\"c\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "overlaps" },
    { "tensor twice", "{" A(0, 8) "," A(8, 16) "}", 16, "twice" },
    { "misaligned header", "{" A(0, 8) "}", 8, "misaligned" },
    { "misaligned tensor", "{\"b\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}," A(2, 10) "}", 10,
      "misaligned" },
    { "metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice" },
    { "metadata key twice", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "twice" },
    { "metadata number", "{\"__metadata__\":{\"k\":1}}", 0, "JSON" },
    { "metadata object", "{\"__metadata__\":{\"k\":{}}}", 0, "JSON" },
    { "metadata list", "{\"__metadata__\":[]}", 0, "JSON" },
    { "deep nesting", "{\"a\":{\"dtype\":{\"a\":{\"a\":{\"a\":{}}}}}}", 0, "JSON" },
};

static void test_rejected(Tally *t)
{
    for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++) {
        Messages m;
        LacLog log = messages_log(&m);
        LacSafetensors *st = (void *)&m;
        size_t size;
        uint8_t *bytes = file(rejected[i].header, rejected[i].size, !strcmp(rejected[i].title, "misaligned header"), &size);
        int err = lac_safetensors_parse(&st, bytes, size, "weights.st", &log);

        expect(t, err == LAC_EFORMAT && !st && m.lines == 1 && strstr(m.text, rejected[i].message) &&
               !strncmp(m.text, "weights.st: ", 12), "%s: code %d, log: %s", rejected[i].title, err, m.text);
        lac_safetensors_close(&st);
        free(bytes);
    }
}

/* Faults of the first 8 bytes, and every possible truncation of a good file. */
static void test_lengths(Tally *t)
{
    static const char good[] = "{\"__metadata__\":{\"key\":\"value\"}," A(0, 8) "," B(8, 12) "}";
    Messages m;
    LacLog log = messages_log(&m);
    LacSafetensors *st;
    size_t size;
    uint8_t *bytes = file(good, 12, 0, &size);

    expect(t, !lac_safetensors_parse(&st, bytes, size, "s", &log), "good file: %s", m.text);
    lac_safetensors_close(&st);
    for (size_t n = 0; n < size; n++) {
        uint8_t *part = malloc(n + 1);

        log = messages_log(&m);
        memcpy(part, bytes, n);
        expect(t, lac_safetensors_parse(&st, part, n, "s", &log) == LAC_EFORMAT && m.lines == 1,
               "truncated to %zu of %zu bytes: accepted", n, size);
        lac_safetensors_close(&st);
        free(part);
    }
    log = messages_log(&m);
    bytes[3] = 0x10; /* 256 MiB header */
    expect(t, lac_safetensors_parse(&st, bytes, size, "s", &log) == LAC_EFORMAT && strstr(m.text, "too large"),
           "header of 256 MiB: %s", m.text);
    memset(bytes, 0xFF, 8);
    log = messages_log(&m);
    expect(t, lac_safetensors_parse(&st, bytes, size, "s", &log) == LAC_EFORMAT && strstr(m.text, "too large"),
           "header of 2^64 - 1 bytes: %s", m.text);
    free(bytes);
}

static void test_accepted(Tally *t)
{
    static const char header[] =
        "{ \"z\" : {\"shape\":[],\"data_offsets\":[ 12 , 14 ],\"dtype\":\"BF16\"},\t" A(0, 8) "," B(8, 12) ",\n"
        "\"empty\":{\"dtype\":\"F16\",\"shape\":[3,0],\"data_offsets\":[14,14]},"
        "\"__metadata__\":{\"tab\\t\":\"\\u00e4\\ud83c\\udfa8 \xC3\xB6\",\"\":\"\"}}";
    Messages m;
    LacLog log = messages_log(&m);
    LacSafetensors *st;
    const LacView *v;
    size_t size;
    float x[2];
    uint8_t *bytes = file(header, 14, 0, &size);

    if (expect(t, !lac_safetensors_parse(&st, bytes, size, "s", &log), "%s", m.text)) {
        expect(t, lac_safetensors_count(st) == 4, "count");
        expect(t, !strcmp(lac_safetensors_source(st), "s"), "source");
        expect(t, !lac_safetensors_find(st, "c") && !lac_safetensors_at(st, 4), "absent tensor");
        v = lac_safetensors_find(st, "z");
        expect(t, v && v->rank == 0 && v->count == 1 && v->storage == LAC_STORAGE_BF16, "scalar");
        v = lac_safetensors_find(st, "empty");
        expect(t, v && v->rank == 2 && v->shape[0] == 3 && v->shape[1] == 0 && v->count == 0, "empty tensor");
        v = lac_safetensors_find(st, "a");
        if (expect(t, v && v->rank == 1 && v->shape[0] == 2, "a")) {
            lac_view_read(v, x);
            expect(t, x[0] == 0x1.0402p-121f && x[1] == 0x1.0c0a08p-113f, "fp32 values %a %a", x[0], x[1]);
        }
        for (size_t i = 0; i < lac_safetensors_count(st); i++) {
            expect(t, lac_safetensors_at(st, i)->index == i, "index %zu", i);
        }
        expect(t, lac_safetensors_metadata(st, "tab\t") &&
               !strcmp(lac_safetensors_metadata(st, "tab\t"), "\xC3\xA4\xF0\x9F\x8E\xA8 \xC3\xB6"), "escapes");
        expect(t, lac_safetensors_metadata(st, "") && !*lac_safetensors_metadata(st, ""), "empty metadata");
        expect(t, !lac_safetensors_metadata(st, "no"), "absent metadata");
    }
    lac_safetensors_close(&st);
    expect(t, !st, "close leaves NULL");
    lac_safetensors_close(&st);
    lac_safetensors_close(NULL);
    free(bytes);
}

/* Every half and bfloat16 against its definition. */
static void test_conversion(Tally *t)
{
    uint8_t bytes[2];
    LacView v = { .count = 1, .data = bytes };
    int wrong = 0;

    for (int i = 0; i < 65536; i++) {
        int exponent = i >> 10 & 31, fraction = i & 1023;
        double want = exponent == 31 ? (fraction ? NAN : INFINITY) :
                      exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
        float got;

        want = i & 0x8000 ? -want : want;
        bytes[0] = (uint8_t)i;
        bytes[1] = (uint8_t)(i >> 8);
        v.storage = LAC_STORAGE_F16;
        lac_view_read(&v, &got);
        wrong += !(isnan(want) ? isnan(got) : got == want && !signbit(got) == !signbit(want));

        exponent = i >> 7 & 255;
        fraction = i & 127;
        want = exponent == 255 ? (fraction ? NAN : INFINITY) :
               exponent ? ldexp(128 + fraction, exponent - 134) : ldexp(fraction, -133);
        want = i & 0x8000 ? -want : want;
        v.storage = LAC_STORAGE_BF16;
        lac_view_read(&v, &got);
        wrong += !(isnan(want) ? isnan(got) : got == want && !signbit(got) == !signbit(want));
    }
    expect(t, wrong == 0, "%d of 131072 conversions are wrong", wrong);
}

/* Many tensors: the lists grow, look-ups find every one. */
static void test_many(Tally *t)
{
    enum { COUNT = 1000 };
    char *header = malloc((size_t)COUNT * 80), name[16];
    Messages m;
    LacLog log = messages_log(&m);
    LacSafetensors *st;
    size_t size, at = 1;
    uint8_t *bytes;
    int found = 0;

    header[0] = '{';
    for (int i = 0; i < COUNT; i++) {
        at += (size_t)sprintf(header + at, "%s\"t%d\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
                              i ? "," : "", i, 2 * i, 2 * i + 2);
    }
    header[at] = '}';
    header[at + 1] = '\0';
    bytes = file(header, (size_t)COUNT * 2, 0, &size);
    if (expect(t, !lac_safetensors_parse(&st, bytes, size, "s", &log), "%s", m.text)) {
        for (int i = 0; i < COUNT; i++) {
            const LacView *v;

            snprintf(name, sizeof name, "t%d", i);
            v = lac_safetensors_find(st, name);
            found += v && v->data == bytes + size - (size_t)COUNT * 2 + 2 * (size_t)i;
        }
        expect(t, found == COUNT, "%d of %d found", found, COUNT);
    }
    lac_safetensors_close(&st);
    free(header);
    free(bytes);
}

static void test_files(Tally *t)
{
    Messages m;
    LacLog log = messages_log(&m);
    LacSafetensors *st;

    expect(t, lac_safetensors_open(&st, "no such file", &log) == LAC_EIO && !st && strstr(m.text, "no such file"), "%s",
           m.text);
    log = messages_log(&m);
    expect(t, lac_safetensors_open(&st, "tests", &log) == LAC_EIO && !st && m.lines == 1, "a directory: %s", m.text);
    log = messages_log(&m);
    expect(t, lac_safetensors_open(&st, "/dev/null", &log) == LAC_EFORMAT && !st, "empty file: %s", m.text);
    log = messages_log(&m);
    expect(t, lac_safetensors_open(&st, "tests/engine/test_safetensors.c", &log) == LAC_EFORMAT && !st, "a text: %s",
           m.text);
    log = messages_log(&m);
    expect(t, !lac_safetensors_open(&st, "tests/engine/vectors/tiny.weights.safetensors", &log) &&
           lac_safetensors_metadata(st, "format"), "%s", m.text);
    lac_safetensors_close(&st);
}

int main(void)
{
    Tally t = { "safetensors", 0, 0 };

    test_rejected(&t);
    test_lengths(&t);
    test_accepted(&t);
    test_conversion(&t);
    test_many(&t);
    test_files(&t);
    return tally_end(&t);
}
