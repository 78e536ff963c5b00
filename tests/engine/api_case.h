/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small shot and its references for tests of lac.h, with small random weights; run from the top of the tree. */
#ifndef TESTS_ENGINE_API_CASE_H
#define TESTS_ENGINE_API_CASE_H

#include "expect.h"

#define WEIGHTS "tests/engine/vectors/tiny.weights.safetensors"

enum { W = 80, H = 64, FRAME = 40000, ROW = W * 3 + 5 };

static Messages messages;
static const char *device = "ref";

/* A square outline that moves with n. */
static inline void draw_line(uint8_t *gray, int n)
{
    memset(gray, 255, W * H);
    for (int i = 0; i < 30; i++) {
        gray[(10 + i) * W + 5 + n] = gray[(10 + i) * W + 35 + n] = 0;
        gray[10 * W + 5 + n + i] = gray[40 * W + 5 + n + i] = 0;
    }
}

static inline void draw_color(uint8_t *rgb, int n)
{
    for (int i = 0; i < W * H; i++) {
        bool in = i / W > 10 && i / W < 40 && i % W > 5 + n && i % W < 35 + n;
        rgb[i * 3] = in ? 200 : 40;
        rgb[i * 3 + 1] = (uint8_t)(in ? n : i % W);
        rgb[i * 3 + 2] = in ? 60 : 220;
    }
}

static inline LacSettings settings(void)
{
    return small_settings(&messages, WEIGHTS, device); /* test_window.c has refinement on */
}

static inline LacContext *open_with(Tally *t, const LacSettings *s)
{
    LacContext *ctx = NULL;

    expect(t, lac_open(&ctx, s) == LAC_OK && ctx, "lac_open: %s", messages.text);
    return ctx;
}

static inline int add(LacContext *ctx, enum LacWhen when, int64_t time, int n, bool line)
{
    uint8_t rgb[W * H * 3], gray[W * H];
    LacPicture c = { LAC_RGB24, W, H, W * 3, rgb }, l = { LAC_GRAY8, W, H, W, gray };

    draw_color(rgb, n);
    draw_line(gray, n);
    return lac_add_reference_picture(ctx, when, time, "key", &c, line ? &l : NULL);
}

static inline int send(LacContext *ctx, int n)
{
    uint8_t gray[W * H];
    LacPicture l = { LAC_GRAY8, W, H, W, gray };

    draw_line(gray, n % 30);
    return lac_send_frame(ctx, &l, (int64_t)n * FRAME, FRAME);
}

/* Into a picture with padded rows, whose padding must stay. */
static inline int receive(LacContext *ctx, uint8_t *rgb)
{
    uint8_t out[H * ROW];
    LacPicture p = { LAC_RGB24, W, H, ROW, out };
    int err;

    memset(out, 77, sizeof out);
    err = lac_receive_frame(ctx, &p);
    for (int y = 0; y < H; y++) {
        for (int x = W * 3; x < ROW; x++) {
            err = out[y * ROW + x] == 77 ? err : -100;
        }
        memcpy(rgb + y * W * 3, out + y * ROW, W * 3);
    }
    return err;
}

static inline bool is_reference(const uint8_t *rgb, int n)
{
    uint8_t wanted[W * H * 3];

    draw_color(wanted, n);
    return !memcmp(rgb, wanted, sizeof wanted);
}

/* Frames 0 to 6 with references at 0, 4, 8 and a model sheet into out [7][H][W][3], each received when it is ready or, with
 * `all_first`, when all were sent. The context may be asked before it is closed. */
static inline LacContext *coloured(Tally *t, const LacSettings *s, bool all_first, uint8_t *out)
{
    LacContext *ctx = open_with(t, s);

    add(ctx, LAC_WHEN_FRAME, 0, 0, false);
    add(ctx, LAC_WHEN_FRAME, 4, 4, false);
    add(ctx, LAC_WHEN_NEVER, 0, 9, true);
    add(ctx, LAC_WHEN_FRAME, 8, 8, true);
    for (int n = 0, got = 0; n < 7; n++) {
        send(ctx, n);
        if (n == 6) {
            lac_send_frame(ctx, NULL, 0, 0);
        }
        while (lac_ready(ctx) == 1 && (!all_first || n == 6)) {
            expect(t, receive(ctx, out + (size_t)got * W * H * 3) == LAC_OK, "receive: %s", messages.text);
            got++;
        }
    }
    return ctx;
}

#endif
