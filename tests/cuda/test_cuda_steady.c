/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows made steady by the GPU's kernel against steady.c: the same bytes. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "ops/cuda/steady_cuda.h"
#include "steady/steady.h"
#include "streams.h"

static uint32_t seed = 3;

static uint32_t number(void)
{
    return next_number(&seed);
}

typedef struct Case {
    int w, h, net_w, net_h, count, first, end;
    bool mixed; /* a frame of the past, a reference, a cut, frames without residual or trust */
} Case;

static float *plane(size_t n, float least, float range)
{
    float *p = malloc(n * sizeof *p);

    for (size_t i = 0; i < n; i++) {
        p[i] = least + range * (float)(number() % 1000) / 1000;
    }
    return p;
}

static void test_window(Tally *t, LacBackend *be, const Case *c)
{
    const size_t n = (size_t)c->w * (size_t)c->h * 3, net = (size_t)c->net_w * (size_t)c->net_h;
    LacSteadyFrame host[CUDA_STEADY_FRAMES], own[CUDA_STEADY_FRAMES]; /* own: with all planes, to be freed */
    CudaSteady there = { .width = c->w, .height = c->h, .net_width = c->net_w, .net_height = c->net_h, .count = c->count,
                         .first = c->first, .end = c->end };
    CudaSteadyFrame owned[CUDA_STEADY_FRAMES];
    LacLog log = { 0 };
    LacSteady *s;
    int wrong = 0;

    for (int i = 0; i < c->count; i++) {
        LacSteadyFrame *f = &host[i];
        uint8_t *rgb = malloc(n);
        float *residual = plane(3 * net, -0.3f, 0.6f), *link = plane(net, 0, i % 3 ? 60 : 2), *trust = plane(net, 0.1f, 5);

        for (size_t k = 0; k < n; k++) { /* two pixels of three are more or less like before */
            rgb[k] = (uint8_t)(i && k / 3 % 3 ? host[i - 1].rgb[k] / 2 + 60 + number() % 12 : number());
        }
        *f = (LacSteadyFrame){ rgb, (ptrdiff_t)c->w * 3, residual, link, trust, 1, false };
        there.frame[i] = (CudaSteadyFrame){ device_copy(be, rgb, n), device_copy(be, residual, 3 * net * sizeof(float)),
                                            device_copy(be, link, net * sizeof(float)),
                                            device_copy(be, trust, net * sizeof(float)), 1, false };
        own[i] = *f;
        owned[i] = there.frame[i];
        if (c->mixed && i == 0) {
            f->weight = there.frame[i].weight = LAC_STEADY_PAST;
        }
        if (c->mixed && i % 4 == 1) {
            f->fixed = there.frame[i].fixed = true;
        }
    }
    if (c->mixed) {
        host[0].residual = there.frame[0].residual = NULL;
        host[0].trust = there.frame[0].trust = NULL;
        host[c->count / 2].link = there.frame[c->count / 2].link = NULL;
    }
    if (expect(t, !lac_steady_open(&s, c->w, c->h, c->net_w, c->net_h, c->count, 1, &log), "open")) {
        lac_steady_run(s, host, c->count, c->first, c->end);
        expect(t, !lac_cuda_steady(be, &there), "run");
        for (int i = 0; i < c->count; i++) {
            wrong += !device_equals(be, there.frame[i].rgb, host[i].rgb, n);
        }
        lac_steady_close(&s);
    }
    expect(t, wrong == 0, "%dx%d, frames %d to %d of %d: %d frames differ", c->w, c->h, c->first, c->end, c->count, wrong);
    for (int i = 0; i < c->count; i++) {
        device_free(owned[i].rgb);
        device_free(owned[i].residual);
        device_free(owned[i].link);
        device_free(owned[i].trust);
        free(own[i].rgb);
        free((void *)(uintptr_t)own[i].residual);
        free((void *)(uintptr_t)own[i].link);
        free((void *)(uintptr_t)own[i].trust);
    }
}

int main(void)
{
    static const Case cases[] = {
        { 131, 47, 48, 16, 5, 0, 5, false }, { 131, 47, 48, 16, 9, 1, 5, true }, { 40, 33, 64, 64, 6, 1, 6, true },
        { 1, 1, 64, 64, 3, 0, 3, false },    { 33, 1, 64, 8, 1, 0, 1, false },   { 1, 9, 8, 8, 24, 3, 24, true },
        { 37, 3, 8, 8, 25, 0, 12, true },    { 35, 2, 8, 8, 65, 1, 33, true },
    };
    Tally t = { .name = "test_cuda_steady" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            test_window(&t, streams.forward.be, &cases[i]);
            test_window(&t, streams.backward.be, &cases[i]);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
