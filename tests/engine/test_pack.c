/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packing is exact for any picture and small for line art. */
#include <stdlib.h>

#include "expect.h"
#include "picture/pack.h"

enum { WHITE, LINES, NOISE, KINDS };

static void fill(uint8_t *p, int w, int h, int kind)
{
    unsigned state = 7;

    for (int i = 0; i < w * h; i++) {
        int x = i % w, y = i / w;
        state = state * 1664525u + 1013904223u;
        p[i] = kind == NOISE ? (uint8_t)(state >> 16)
               : kind == LINES && ((x * x + y * y) / 400 % 40 == 0 || (x + y) % 97 < 2)
                   ? (uint8_t)(state >> 28)
                   : 255;
    }
}

static void test_round_trip(Tally *t, LacPacker *packer, int w, int h, int kind)
{
    size_t n = (size_t)w * h;
    uint8_t *a = lac_alloc(n, 1), *b = lac_calloc(n, 1);
    LacPacked packed = { 0 };

    fill(a, w, h, kind);
    /* bottom row first: a negative stride */
    expect(t, lac_pack(packer, a + (size_t)(h - 1) * w, -w, (size_t)w, h, &packed) == LAC_OK, "pack %dx%d", w,
           h);
    expect(t, lac_unpack(packer, &packed, b) == LAC_OK, "unpack %dx%d", w, h);
    int wrong = 0;
    for (int y = 0; y < h; y++) {
        wrong += memcmp(a + (size_t)y * w, b + (size_t)(h - 1 - y) * w, (size_t)w) != 0;
    }
    expect(t, wrong == 0, "%dx%d kind %d: %d rows differ", w, h, kind, wrong);
    if (n > 100000) {
        expect(t,
               packed.size < (kind == WHITE   ? n / 500
                              : kind == LINES ? n / 10
                                              : n + n / 50),
               "%dx%d kind %d: %zu bytes", w, h, kind, packed.size);
    }
    lac_packed_free(&packed);
    expect(t, !packed.data, "freed");
    lac_free(a);
    lac_free(b);
}

int main(void)
{
    static const int size[][2] = { { 1, 1 }, { 3, 5 }, { 640, 361 }, { 1921, 1 }, { 1, 77 } };
    Tally t = { .name = "test_pack" };
    LacLog log = { 0 };
    LacPacker *packer;

    if (expect(&t, lac_packer_open(&packer, &log) == LAC_OK, "open")) {
        for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
            for (int kind = 0; kind < KINDS; kind++) {
                test_round_trip(&t, packer, size[i][0], size[i][1], kind);
            }
        }
        lac_packer_close(&packer);
        lac_packer_close(&packer);
        expect(&t, !packer, "closed");
    }
    return tally_end(&t);
}
