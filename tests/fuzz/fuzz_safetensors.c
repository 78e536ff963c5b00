/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a weights file: the reader and the model loader must refuse or accept them, nothing else.
 *
 * With a fuzz engine: clang -fsanitize=fuzzer,address,undefined -DLAC_FUZZ_ENGINE. Without: a loop of mutations
 * of the seeds, the same on every run. `fuzz_safetensors [seconds=N] [FILE...]`: FILEs are run as they are and
 * become seeds; without any, a small file and the vectors' weights (from the top of the tree) are the seeds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "model/model.h"
#include "model/safetensors.h"

/* Every view lies inside the file and is found by its name; all of them tile the data. */
static void check_views(const LacSafetensors *st, const uint8_t *data, size_t size)
{
    size_t total = 0, header = 0;

    for (int i = 0; i < 8; i++) {
        header |= (size_t)data[i] << 8 * i;
    }
    for (size_t i = 0; i < lac_safetensors_count(st); i++) {
        const LacView *v = lac_safetensors_at(st, i);
        size_t bytes = v->count * (v->storage == LAC_STORAGE_F32 ? 4 : 2);

        require(v->data >= data && bytes <= size && (size_t)(v->data - data) <= size - bytes, "views lie in the file");
        require(lac_safetensors_find(st, v->name) == v, "a tensor is found by its name");
        total += bytes;
    }
    require(total == size - 8 - header, "tensors tile the data");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int errors = 0, err;
    LacLog log = { count_message, &errors };
    LacSafetensors *st;
    LacModel *model;

    err = lac_safetensors_parse(&st, data, size, "fuzz", &log);
    if (err) {
        require(err == LAC_EFORMAT && !st && errors == 1, "a refusal is LAC_EFORMAT with one message");
        return 0;
    }
    require(errors == 0, "a good file gives no error message");
    check_views(st, data, size);
    err = lac_model_read(&model, st, &log);
    if (err) {
        require(err == LAC_EMODEL && !model && errors >= 1, "a refusal is LAC_EMODEL with a message");
    } else {
        require(model && errors == 0, "a good model gives no error message");
    }
    lac_model_free(&model);
    lac_safetensors_close(&st);
    return 0;
}

#ifndef LAC_FUZZ_ENGINE
enum { MAX_GROWTH = 256 };

/* A few changes, mostly in the first bytes, where the header is. Returns the new size. */
static size_t mutate(uint8_t *b, size_t size)
{
    static const char *const words[] = {
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u0000", "\\ud83c", "0", "1", "9223372036854775807", "-1", "1e9",
        "\"F32\"", "\"BF16\"", "\"F64\"", "\"__metadata__\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "{}", "[]",
        "null", "\xC3", "\xED\xA0\x80", " ",
    };
    size_t room = size + MAX_GROWTH;

    for (size_t n = 1 + random_below(4); n > 0 && size > 0; n--) {
        size_t head = size < 2048 || random_below(8) == 0 ? size : 2048, at = random_below(head);
        const char *word = words[random_below(sizeof words / sizeof *words)];
        size_t length = strlen(word), span = 1 + random_below(24);

        switch (random_below(7)) {
        case 0:
            b[at] ^= (uint8_t)(1 << random_below(8));
            break;
        case 1:
            b[at] = (uint8_t)random_below(256);
            break;
        case 2: /* overwrite with a word */
            for (size_t i = 0; i < length && i < size - at; i++) {
                b[at + i] = (uint8_t)word[i];
            }
            break;
        case 3: /* insert a word */
            if (size + length <= room) {
                memmove(b + at + length, b + at, size - at);
                for (size_t i = 0; i < length; i++) {
                    b[at + i] = (uint8_t)word[i];
                }
                size += length;
            }
            break;
        case 4: /* remove a span */
            span = span < size - at ? span : size - at;
            memmove(b + at, b + at + span, size - at - span);
            size -= span;
            break;
        case 5: /* copy a span elsewhere */
            span = span < size - at ? span : size - at;
            memmove(b + random_below(size - span + 1), b + at, span);
            break;
        default: /* cut the end */
            size = random_below(4) ? size : random_below(size + 1);
            break;
        }
        if (size >= 8 && random_below(2)) { /* a header length that may fit again */
            uint64_t length_field = b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16;

            length_field += random_below(17);
            length_field -= length_field < 8 ? 0 : 8;
            for (int i = 0; i < 8; i++) {
                b[i] = (uint8_t)(length_field >> 8 * i);
            }
        }
    }
    return size;
}

static Seed small_seed(void)
{
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"lineartcolor\",\"format_version\":\"1\",\"kind\":\"color_transform\","
        "\"base\":\"8\",\"mid_blocks\":\"1\",\"match_dilations\":\"1,2\",\"head\":\"4\",\"style\":\"2\",\"warp\":\"1\","
        "\"skip\":\"0\",\"locality\":\"1\",\"lag\":\"1\"},\"sim.locality\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"mlp0.bias\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4,8]},\"x\":{\"dtype\":\"BF16\",\"shape\":[1,1],"
        "\"data_offsets\":[8,10]}}";
    size_t n = (sizeof header - 1 + 7) / 8 * 8;
    Seed seed = { malloc(8 + n + 10), 8 + n + 10 };

    require(seed.bytes != NULL, "memory");
    memset(seed.bytes, 0, seed.size);
    memset(seed.bytes + 8, ' ', n);
    memcpy(seed.bytes + 8, header, sizeof header - 1);
    seed.bytes[0] = (uint8_t)n;
    seed.bytes[1] = (uint8_t)(n >> 8);
    return seed;
}

/* Large seeds are slow: one round in 32. */
static int pick(long round, int count)
{
    return round % 32 ? 0 : (int)(round / 32 % count);
}

int main(int argc, char **argv)
{
    static const Fuzzer fuzzer = { "fuzz_safetensors", "tests/engine/vectors/tiny-paper.weights.safetensors",
                                   MAX_GROWTH, mutate, pick };
    Seed seeds[MAX_SEEDS] = { small_seed() };

    return fuzz_loop(&fuzzer, seeds, 1, argc, argv);
}
#endif
