/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* safetensors: 8 bytes header length (little endian), a JSON header, then the data, which the tensors named
 * in the header must cover exactly once. */
#include "model/safetensors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/safetensors_header.h"

struct LacSafetensors {
    char *source;
    uint8_t *owned;     /* the bytes, when we read them */
    LacHeader header;   /* entries by name, pairs by key once parsed */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const LacEntry *)a)->view.name, ((const LacEntry *)b)->view.name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const LacPair *)a)->key, ((const LacPair *)b)->key);
}

static int by_offset(const void *a, const void *b)
{
    const LacEntry *x = a, *y = b;

    return x->begin != y->begin ? (x->begin < y->begin ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

/* The tensors must cover the data section exactly once; `data_at` is its offset in the file. */
static int place(LacSafetensors *st, const uint8_t *data, uint64_t size, size_t data_at, const LacLog *log)
{
    uint64_t at = 0;

    if (st->header.count) {
        qsort(st->header.entries, st->header.count, sizeof *st->header.entries, by_offset);
    }
    for (size_t i = 0; i < st->header.count; i++) {
        LacEntry *e = &st->header.entries[i];
        unsigned align = (unsigned)lac_storage_size(e->view.storage);

        if (e->begin != at) {
            return lac_fail(log, LAC_EFORMAT, "%s: tensor %.200s: data begins at %llu, %s %llu", st->source,
                            e->view.name, (unsigned long long)e->begin,
                            e->begin < at ? "overlaps data that ends at" : "leaves a gap after",
                            (unsigned long long)at);
        }
        if (e->end > size) {
            return lac_fail(log, LAC_EFORMAT,
                            "%s: tensor %.200s: truncated file: data ends at %llu, the file has %llu", st->source,
                            e->view.name, (unsigned long long)e->end, (unsigned long long)size);
        }
        if ((data_at + e->begin) % align) {
            return lac_fail(log, LAC_EFORMAT, "%s: tensor %.200s: misaligned: byte %llu is no multiple of %u",
                            st->source, e->view.name, (unsigned long long)data_at + e->begin, align);
        }
        e->view.data = data + e->begin;
        at = e->end;
    }
    if (at != size) {
        return lac_fail(log, LAC_EFORMAT, "%s: %llu bytes after the last tensor", st->source,
                        (unsigned long long)(size - at));
    }
    return LAC_OK;
}

/* Sorts names and keys for the look-ups; a name twice is an error. */
static int sort(LacSafetensors *st, const LacLog *log)
{
    if (st->header.count) {
        qsort(st->header.entries, st->header.count, sizeof *st->header.entries, by_name);
    }
    if (st->header.pair_count) {
        qsort(st->header.pairs, st->header.pair_count, sizeof *st->header.pairs, by_key);
    }
    for (size_t i = 0; i < st->header.count; i++) {
        st->header.entries[i].view.index = i;
        if (i > 0 && !by_name(&st->header.entries[i - 1], &st->header.entries[i])) {
            return lac_fail(log, LAC_EFORMAT, "%s: tensor %.200s: named twice", st->source,
                            st->header.entries[i].view.name);
        }
    }
    for (size_t i = 1; i < st->header.pair_count; i++) {
        if (!by_key(&st->header.pairs[i - 1], &st->header.pairs[i])) {
            return lac_fail(log, LAC_EFORMAT, "%s: metadata %.200s: named twice", st->source, st->header.pairs[i].key);
        }
    }
    return LAC_OK;
}

/* Header length, after checking that the file can hold it. */
static int header_length(const uint8_t *bytes, size_t size, const char *source, size_t *length, const LacLog *log)
{
    uint64_t n = 0;

    if (size < 8) {
        return lac_fail(log, LAC_EFORMAT, "%s: not a safetensors file: only %zu bytes", source, size);
    }
    for (int i = 7; i >= 0; i--) {
        n = n << 8 | bytes[i];
    }
    if (n > LAC_SAFETENSORS_MAX_HEADER) {
        return lac_fail(log, LAC_EFORMAT,
                        "%s: not a safetensors file, or its header is too large: %llu bytes, at most %d are read",
                        source, (unsigned long long)n, LAC_SAFETENSORS_MAX_HEADER);
    }
    if (n > size - 8) {
        return lac_fail(log, LAC_EFORMAT, "%s: truncated file: a header of %llu bytes in a file of %zu", source,
                        (unsigned long long)n, size);
    }
    *length = (size_t)n;
    return LAC_OK;
}

int lac_safetensors_parse(LacSafetensors **out, const uint8_t *bytes, size_t size, const char *source,
                          const LacLog *log)
{
    LacSafetensors *st;
    size_t header = 0;
    int err;

    *out = NULL;
    err = header_length(bytes, size, source, &header, log);
    if (err) {
        return err;
    }
    st = lac_calloc(1, sizeof *st);
    if (!st) {
        return lac_fail(log, LAC_ENOMEM, "%s: out of memory", source);
    }
    st->source = lac_alloc(strlen(source) + 1, 1);
    if (!st->source) {
        lac_safetensors_close(&st);
        return lac_fail(log, LAC_ENOMEM, "%s: out of memory", source);
    }
    memcpy(st->source, source, strlen(source) + 1);
    err = lac_header_parse(&st->header, bytes + 8, header, source, log);
    if (!err) {
        err = place(st, bytes + 8 + header, size - 8 - header, 8 + header, log);
    }
    if (!err) {
        err = sort(st, log);
    }
    if (err) {
        lac_safetensors_close(&st);
        return err;
    }
    *out = st;
    return LAC_OK;
}

/* Whole file into *bytes. Its first bytes are checked before the rest is read, so that a video given by
 * mistake is not read to its end. */
static int read_file(FILE *f, const char *path, uint8_t **bytes, size_t *size, const LacLog *log)
{
    uint8_t head[8] = { 0 };
    size_t got = fread(head, 1, sizeof head, f), header;
    long length;
    int err;

    if (ferror(f)) {
        return lac_fail(log, LAC_EIO, "cannot read %s: %s", path, strerror(errno));
    }
    if (fseek(f, 0, SEEK_END) || (length = ftell(f)) < 0) {
        return lac_fail(log, LAC_EIO, "cannot read %s: not a regular file", path);
    }
    err = header_length(head, got < sizeof head ? got : (size_t)length, path, &header, log);
    if (err) {
        return err;
    }
    *size = (size_t)length;
    *bytes = lac_alloc(*size, 1);
    if (!*bytes) {
        return lac_fail(log, LAC_ENOMEM, "%s: out of memory for its %zu bytes", path, *size);
    }
    rewind(f);
    if (fread(*bytes, 1, *size, f) != *size) {
        lac_free(*bytes);
        return lac_fail(log, LAC_EIO, "cannot read %s: %s", path, ferror(f) ? strerror(errno) : "it became shorter");
    }
    return LAC_OK;
}

int lac_safetensors_open(LacSafetensors **out, const char *path, const LacLog *log)
{
    LacSafetensors *st = NULL;
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t size = 0;
    int err;

    *out = NULL;
    if (!f) {
        return lac_fail(log, LAC_EIO, "cannot open %s: %s", path, strerror(errno));
    }
    err = read_file(f, path, &bytes, &size, log);
    fclose(f);
    if (err) {
        return err;
    }
    err = lac_safetensors_parse(&st, bytes, size, path, log);
    if (!st) {
        lac_free(bytes);
        return err;
    }
    st->owned = bytes;
    *out = st;
    return LAC_OK;
}

void lac_safetensors_close(LacSafetensors **st)
{
    if (!st || !*st) {
        return;
    }
    lac_free((*st)->source);
    lac_free((*st)->owned);
    lac_header_free(&(*st)->header);
    lac_free(*st);
    *st = NULL;
}

const char *lac_safetensors_source(const LacSafetensors *st)
{
    return st->source;
}

size_t lac_safetensors_count(const LacSafetensors *st)
{
    return st->header.count;
}

const LacView *lac_safetensors_at(const LacSafetensors *st, size_t i)
{
    return i < st->header.count ? &st->header.entries[i].view : NULL;
}

const LacView *lac_safetensors_find(const LacSafetensors *st, const char *name)
{
    LacEntry key = { .view.name = name };

    return st->header.count ? bsearch(&key, st->header.entries, st->header.count, sizeof key, by_name) : NULL;
}

const char *lac_safetensors_metadata(const LacSafetensors *st, const char *key)
{
    LacPair wanted = { .key = key }, *found;

    if (!st->header.pair_count) {
        return NULL;
    }
    found = bsearch(&wanted, st->header.pairs, st->header.pair_count, sizeof wanted, by_key);
    return found ? found->value : NULL;
}
