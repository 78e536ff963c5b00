/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GPU's fronts of colour, by its kernels, against spread.c: the same pixels. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "ops/cuda/spread_cuda.h"
#include "paint/spread.h"
#include "streams.h"

static uint32_t seed = 7;

static uint32_t number(void)
{
    return next_number(&seed);
}

static bool same(LacBackend *be, const LacField *a, const CudaField *b)
{
    const size_t n = (size_t)a->width * (size_t)a->height;

    return device_equals(be, b->state, a->state, n) && device_equals(be, b->colour, a->colour, n * 4);
}

/* Out of a hundred pixels `known` have a colour, `lines` are dark, the others clear. until: only until nothing changes. */
static void test_spread(Tally *t, LacBackend *be, int w, int h, int known, int lines, int reach, int depth, bool until)
{
    const size_t n = (size_t)w * (size_t)h;
    LacField f;
    CudaField cuda = { .width = w, .height = h };
    uint8_t *gray = malloc(n), *lines_gray;

    if (!expect(t, lac_field_open(&f, w, h) == LAC_OK, "open")) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const int kind = (int)(number() % 100);

        f.state[i] = kind < known ? LAC_PIXEL_KNOWN : kind < known + lines ? LAC_PIXEL_LINE : LAC_PIXEL_UNKNOWN;
        f.state[i] = until && i == 0 ? LAC_PIXEL_KNOWN : f.state[i];
        gray[i] = (uint8_t)(number() % 7 ? number() % 3 * 60 : 255);
        for (int c = 0; c < 4; c++) {
            f.colour[i * 4 + c] = (uint8_t)number();
        }
    }
    cuda.state = device_copy(be, f.state, n);
    cuda.colour = device_copy(be, f.colour, n * 4);
    cuda.cost = device_new(n * sizeof(int32_t));
    cuda.fell = until ? device_new(sizeof *cuda.fell) : NULL;
    lines_gray = device_copy(be, gray, n);
    lac_field_spread(&f, reach);
    expect(t, !lac_cuda_spread(be, &cuda, reach) && same(be, &f, &cuda), "%dx%d, %d known, reach %d: pixels differ", w, h, known,
           reach);
    lac_field_spread_lines(&f, gray, depth);
    expect(t, !lac_cuda_spread_lines(be, &cuda, lines_gray, depth) && same(be, &f, &cuda), "%dx%d, %d known, depth %d: pixels differ",
           w, h, known, depth);
    lac_field_close(&f);
    device_free(cuda.state);
    device_free(cuda.colour);
    device_free(cuda.cost);
    if (until) {
        device_free(cuda.fell);
    }
    device_free(lines_gray);
    free(gray);
}

int main(void)
{
    Tally t = { .name = "test_cuda_spread" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        for (int i = 0; i < 2; i++) {
            LacBackend *be = i ? streams.backward.be : streams.forward.be;

            test_spread(&t, be, 97, 70, 3, 45, 7, 4, false);
            test_spread(&t, be, 64, 32, 20, 60, 1, 1, false);
            test_spread(&t, be, 150, 41, 0, 99, 30, 6, false);
            test_spread(&t, be, 101, 67, 1, 96, 40, 9, false); /* long ways, over many tiles */
            test_spread(&t, be, 101, 67, 1, 2, 40, 9, false);
            test_spread(&t, be, 700, 3, 0, 100, 40, 703, true); /* longer ones, nobody knows how long */
            test_spread(&t, be, 211, 35, 1, 90, 99, 246, true);
            test_spread(&t, be, 90, 7, 9, 60, 12, 97, true);
            test_spread(&t, be, 1, 1, 0, 100, 3, 4, false);
            test_spread(&t, be, 1, 90, 5, 50, 12, 4, false);
            test_spread(&t, be, 33, 1, 9, 40, 5, 4, false);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
