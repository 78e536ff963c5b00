/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What crosses the bus for a frame, counted where kernels run on the CPU: no labels of regions, no prediction, for flat colours classes alone, and for a window
 * nothing more than for frames by themselves. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "expect.h"

#define WEIGHTS "tests/engine/vectors/tiny.weights.safetensors"

enum { W = 83, H = 65, N = W * H, FRAME = 40000, FRAMES = 6 };

extern size_t emulated_crossed[2]; /* emulate.cpp: bytes that went up the bus, and down */

static Messages messages;

/* A square outline that moves with n. */
static void draw(uint8_t *gray, int n)
{
    for (int i = 0; i < N; i++) {
        const int x = i % W - 2 * n, y = i / W;

        gray[i] = ((x == 5 || x == 35) && y >= 10 && y <= 40) || ((y == 10 || y == 40) && x >= 5 && x <= 35) ? 20 : 250;
    }
}

/* The reference is frame 1, with its line art. */
static LacContext *open_one(Tally *t, enum LacTemporal temporal, enum LacFill fill)
{
    static uint8_t rgb[N * 3], gray[N];
    LacSettings s = small_settings(&messages, WEIGHTS, "cuda");
    LacPicture c = { LAC_RGB24, W, H, W * 3, rgb }, l = { LAC_GRAY8, W, H, W, gray };
    LacContext *ctx = NULL;

    s.temporal = temporal;
    s.fill = fill;
    s.window = 3;
    draw(gray, 1);
    for (int i = 0; i < N; i++) {
        rgb[i * 3] = rgb[i * 3 + 1] = (uint8_t)(i / W > 10 && i / W < 40 && i % W > 7 && i % W < 37 ? 200 : i % W);
    }
    expect(t, !lac_open(&ctx, &s) && !lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 1, "key", &c, &l), "open: %s", messages.text);
    return ctx;
}

/* Bytes for the last two frames; those before make what stays. */
static size_t crossing(Tally *t, enum LacTemporal temporal, enum LacFill fill)
{
    static uint8_t gray[N], rgb[N * 3];
    LacPicture l = { LAC_GRAY8, W, H, W, gray }, o = { LAC_RGB24, W, H, W * 3, rgb };
    LacContext *ctx = open_one(t, temporal, fill);
    size_t before = 0;
    int got = 0;

    for (int n = 0; ctx && n <= FRAMES; n++) {
        draw(gray, n);
        expect(t, !lac_send_frame(ctx, n < FRAMES ? &l : NULL, n * FRAME, FRAME), "send: %s", messages.text);
        for (; lac_ready(ctx) == 1; got++) {
            expect(t, !lac_receive_frame(ctx, &o), "receive: %s", messages.text);
        }
        before = n == FRAMES - 3 ? emulated_crossed[0] + emulated_crossed[1] : before;
    }
    expect(t, got == FRAMES, "%d frames", got);
    lac_close(&ctx);
    return emulated_crossed[0] + emulated_crossed[1] - before;
}

int main(void)
{
    Tally t = { .name = "test_cuda_bus" };
    size_t alone, flat, window;

    setenv("LAC_EMULATE_SM", "90", 1);
    alone = crossing(&t, LAC_TEMPORAL_OFF, LAC_FILL_AUTO);
    flat = crossing(&t, LAC_TEMPORAL_OFF, LAC_FILL_FLAT);
    window = crossing(&t, LAC_TEMPORAL_ON, LAC_FILL_AUTO);
    /* gray, the picture, cells of borders; some kilobytes of tables */
    expect(&t, alone < 2 * (8 * N + 4096), "%zu bytes cross the bus for two frames", alone);
    expect(&t, flat < alone + 2 * 4096, "%zu bytes cross the bus for two frames, %zu in flat colours", alone, flat);
    /* both colour two frames, the window gives out two more that had waited in it */
    expect(&t, window < alone + (size_t)2 * 3 * N + 64, "%zu bytes cross the bus for two frames alone, %zu by way of a window",
           alone, window);
    return tally_end(&t);
}
