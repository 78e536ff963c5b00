/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GPU's descriptions and search, by its kernels, against match.c: the same to the bit. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <math.h>
#include <stdlib.h>

#include "match/match.h"
#include "ops/cuda/match_cuda.h"
#include "streams.h"

static uint32_t seed = 5;

static float number(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (1 << 23) - 1;
}

/* Patches of a few pixels, moved by a little from reference to reference. */
static void picture(int w, int h, int shift, float *line, float *distance, float *rgb)
{
    for (int i = 0; i < w * h; i++) {
        int x = (i % w + shift) / 5, y = (i / w + shift / 2) / 4;

        seed = (uint32_t)(x * 7919 + y * 104729 + 1);
        line[i] = number();
        distance[i] = number();
        for (int c = 0; c < 3; c++) {
            rgb[3 * i + c] = number();
        }
    }
}

static void test_describe(Tally *t, LacBackend *be, int w, int h, const float *line, const float *distance, const float *rgb,
                          const int8_t *wanted)
{
    const size_t n = (size_t)w * (size_t)h;
    float *l = device_copy(be, line, n * sizeof *l), *d = device_copy(be, distance, n * sizeof *d);
    float *c = device_copy(be, rgb, n * 3 * sizeof *c);
    int8_t *got = device_new(n * CUDA_MATCH_DIMS);

    expect(t, !lac_cuda_describe(be, w, h, l, d, c, got) && device_equals(be, got, wanted, n * CUDA_MATCH_DIMS),
           "%dx%d: descriptions differ", w, h);
    device_free(l);
    device_free(d);
    device_free(c);
    device_free(got);
}

static void test_match(Tally *t, LacBackend *be, int w, int h, int count)
{
    LacLog log = { 0 };
    LacMatcher m;
    LacMatchRef refs[CUDA_MATCH_FIELDS];
    CudaMatch cuda = { .width = w, .height = h, .count = count };
    size_t n = (size_t)w * (size_t)h;
    float *line = malloc(n * sizeof *line), *distance = malloc(n * sizeof *distance), *rgb = malloc(n * 3 * sizeof *rgb);
    int8_t *described[CUDA_MATCH_FIELDS];
    CudaOffset *offset = malloc(n * sizeof *offset);
    int moved = 0;

    if (!expect(t, !lac_matcher_open(&m, w, h, count, 1, &log), "open %dx%d", w, h)) {
        return;
    }
    for (int r = 0; r < count; r++) {
        described[r] = lac_alloc(n, CUDA_MATCH_DIMS);
        picture(w, h, 3 * r + 2, line, distance, rgb);
        lac_matcher_describe(&m, line, distance, rgb, described[r]);
        test_describe(t, be, w, h, line, distance, rgb, described[r]);
        refs[r] = (LacMatchRef){ described[r], r != 1 };
    }
    picture(w, h, 0, line, distance, rgb);
    lac_matcher_run(&m, line, distance, rgb, refs, count);
    cuda.frame = device_copy(be, m.frame, n * CUDA_MATCH_DIMS);
    for (int r = 0; r < count; r++) {
        cuda.field[r] = (CudaMatchField){
            .ref = device_copy(be, described[r], n * CUDA_MATCH_DIMS), .offset = device_new(n * sizeof(CudaOffset)),
            .cost = device_new(n * sizeof(int32_t)),
        };
        lac_matcher_limits(&m, refs[r].local, &cuda.field[r].prior, &cuda.field[r].radius);
    }
    expect(t, !lac_cuda_match(be, &cuda), "match");
    for (int r = 0; r < count; r++) {
        const CudaMatchField *f = &cuda.field[r];

        device_read(be, f->offset, offset, n * sizeof *offset);
        for (size_t i = 0; i < n; i++) {
            moved += offset[i].x != 0;
        }
        expect(t, !memcmp(offset, m.field[r].offset, n * sizeof(CudaOffset)), "%dx%d: field %d differs", w, h, r);
        expect(t, device_equals(be, f->cost, m.field[r].cost, n * sizeof(int32_t)), "%dx%d: costs %d differ", w, h, r);
        device_free(f->ref);
        device_free(f->offset);
        device_free(f->cost);
        lac_free(described[r]);
    }
    expect(t, w < 30 || moved > w, "%dx%d: %d displacements are not 0", w, h, moved);
    lac_matcher_close(&m);
    device_free(cuda.frame);
    free(offset);
    free(line);
    free(distance);
    free(rgb);
}

int main(void)
{
    static const int size[][3] = { { 64, 64, 2 }, { 97, 67, 3 }, { 1, 1, 1 }, { 5, 40, 2 }, { 70, 3, 2 }, { 33, 17, 1 } };
    Tally t = { .name = "test_cuda_match" };

    for (int order = 0; order < 2; order++) {
        Streams streams;

        if (!streams_open(&t, &streams)) {
            break;
        }
        for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
            test_match(&t, order ? streams.backward.be : streams.forward.be, size[i][0], size[i][1], size[i][2]);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
