/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict parser of the safetensors header:
 * { "__metadata__": {string: string}, NAME: {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}, ... }
 * Only this grammar of JSON is accepted, so nesting is bounded by construction. */
#include "model/safetensors_header.h"

#include <stdio.h>
#include <string.h>

#include "model/safetensors_json.h"

static int out_of_memory(const LacJson *js)
{
    return lac_fail(js->log, LAC_ENOMEM, "%s: out of memory", js->source);
}

static int parse_dtype(LacJson *js, enum LacStorage *storage)
{
    const char *name;
    char reason[128];
    int err = lac_json_string(js, &name);

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
        return lac_json_fail(js, reason);
    }
    return LAC_OK;
}

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]} in any order, each exactly once. */
static int parse_entry(LacJson *js, LacEntry *e)
{
    uint64_t shape[LAC_SAFETENSORS_MAX_RANK], offsets[2];
    unsigned seen = 0;
    size_t bytes;
    int n = 0, err;

    err = lac_json_expect(js, '{');
    if (err) {
        return err;
    }
    do {
        const char *key;
        unsigned bit;

        err = lac_json_key(js, &key);
        if (err) {
            return err;
        }
        bit = !strcmp(key, "dtype") ? 1 : !strcmp(key, "shape") ? 2 : !strcmp(key, "data_offsets") ? 4 : 0;
        if (bit == 0 || (seen & bit)) {
            return lac_json_fail(js, bit ? "a field twice" : "unknown field");
        }
        seen |= bit;
        if (bit == 1) {
            err = parse_dtype(js, &e->view.storage);
        } else if (bit == 2) {
            err = lac_json_integers(js, shape, LAC_SAFETENSORS_MAX_RANK, &e->view.rank);
        } else {
            err = lac_json_integers(js, offsets, 2, &n);
            if (!err && n != 2) {
                err = lac_json_fail(js, "data_offsets must be two numbers");
            }
        }
        if (err) {
            return err;
        }
    } while (lac_json_take(js, ','));
    err = lac_json_expect(js, '}');
    if (err) {
        return err;
    }
    if (seen != 7) {
        return lac_json_fail(js, "dtype, shape or data_offsets is missing");
    }
    e->view.count = 1;
    for (int i = 0; i < e->view.rank; i++) {
        if (shape[i] > SIZE_MAX || !lac_mul(e->view.count, (size_t)shape[i], &e->view.count)) {
            return lac_json_fail(js, "shape overflows");
        }
        e->view.shape[i] = (size_t)shape[i];
    }
    if (!lac_mul(e->view.count, lac_storage_size(e->view.storage), &bytes)) {
        return lac_json_fail(js, "shape overflows");
    }
    if (offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes) {
        return lac_json_fail(js, "data_offsets do not fit dtype and shape");
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

static int parse_metadata(LacJson *js, LacHeader *header)
{
    int err = lac_json_expect(js, '{');

    if (err || lac_json_take(js, '}')) {
        return err;
    }
    do {
        LacPair pair, *pairs;

        err = lac_json_key(js, &pair.key);
        if (!err) {
            err = lac_json_string(js, &pair.value);
        }
        if (err) {
            return err;
        }
        pairs = grown(header->pairs, header->pair_count, sizeof pair);
        if (!pairs) {
            return out_of_memory(js);
        }
        header->pairs = pairs;
        pairs[header->pair_count++] = pair;
    } while (lac_json_take(js, ','));
    return lac_json_expect(js, '}');
}

static int check_name(const LacJson *js, const char *name)
{
    if (!*name) {
        return lac_json_fail(js, "a tensor without a name");
    }
    for (const char *c = name; *c; c++) {
        if ((uint8_t)*c < 0x20 || *c == 0x7F) {
            return lac_json_fail(js, "control character in a tensor's name");
        }
    }
    return LAC_OK;
}

/* A tensor's name was read, its entry follows. */
static int add_entry(LacJson *js, LacHeader *header, const char *name)
{
    LacEntry *entries;
    int err = check_name(js, name);

    if (err) {
        return err;
    }
    entries = grown(header->entries, header->count, sizeof *entries);
    if (!entries) {
        return out_of_memory(js);
    }
    header->entries = entries;
    js->tensor = entries[header->count].view.name = name;
    err = parse_entry(js, &entries[header->count++]);
    js->tensor = NULL;
    return err;
}

static int parse_object(LacJson *js, LacHeader *header)
{
    bool metadata_seen = false;
    int err;

    if (js->p == js->end || *js->p != '{') {
        return lac_json_fail(js, "does not begin with '{'");
    }
    js->p++;
    if (!lac_json_take(js, '}')) {
        do {
            const char *name;

            err = lac_json_key(js, &name);
            if (err) {
                return err;
            }
            if (!strcmp(name, "__metadata__")) {
                if (metadata_seen) {
                    return lac_json_fail(js, "__metadata__ twice");
                }
                metadata_seen = true;
                err = parse_metadata(js, header);
            } else {
                err = add_entry(js, header, name);
            }
            if (err) {
                return err;
            }
        } while (lac_json_take(js, ','));
        err = lac_json_expect(js, '}');
        if (err) {
            return err;
        }
    }
    return lac_json_finish(js);
}

int lac_header_parse(LacHeader *header, const uint8_t *json, size_t size, const char *source, const LacLog *log)
{
    LacJson js = { .p = json, .end = json + size, .start = json, .source = source, .log = log };

    header->strings = lac_alloc(size + 1, 1); /* each string is at least a byte shorter than its JSON */
    if (!header->strings) {
        return out_of_memory(&js);
    }
    js.out = header->strings;
    return parse_object(&js, header);
}

void lac_header_free(LacHeader *header)
{
    lac_free(header->strings);
    lac_free(header->entries);
    lac_free(header->pairs);
}
