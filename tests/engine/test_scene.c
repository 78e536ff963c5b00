/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cuts: frames of one shot are alike, frames of two are not, and references stay with their shot. Run from the top of
 * the tree. */
#include <math.h>

#include "expect.h"
#include "picture/scene.h"

enum { W = 160, H = 120 };

static Messages messages;

static void circle(uint8_t *gray, int stride, int w, int h, double x, double y, double r)
{
    for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
            if (fabs(hypot(j - x, i - y) - r) < 1) {
                gray[i * stride + j] = 0;
            }
        }
    }
}

/* Frame n of a shot: circles that drift apart, all of them moved by (dx, dy). */
static void draw(uint8_t *gray, int stride, int w, int h, int shot, int n, double dx, double dy)
{
    unsigned random = 77u + 1000u * (unsigned)shot;

    for (int y = 0; y < h; y++) {
        memset(gray + y * stride, 255, (size_t)w);
    }
    for (int i = 0; i < 12; i++) {
        double v[5];

        for (int k = 0; k < 5; k++) {
            random = random * 1664525u + 1013904223u;
            v[k] = (random >> 8) / 16777216.0;
        }
        circle(gray, stride, w, h, w * v[0] + n * (v[3] - 0.5) * 4 + dx, h * v[1] + n * (v[4] - 0.5) * 4 + dy,
               6 + h / 6.0 * v[2]);
    }
}

static void test_measure(Tally *t)
{
    static uint8_t gray[H * (W + 3)];
    const LacLog log = messages_log(&messages);
    float same = 0, other = 1, pan = 0;
    LacScene s = { 0 };

    expect(t, lac_scene_open(&s, W, H, &log) == LAC_OK && s.w == 43 && s.h == 32, "maps of %dx%d", s.w, s.h);
    for (int shot = 0; shot < 8; shot++) {
        for (int n = 0; n < 4; n++) {
            float change;

            draw(gray, W + 3, W, H, shot, n, n * 9, 0);
            change = lac_scene_change(&s, gray, W + 3);
            expect(t, change == lac_scene_change(&s, gray, W + 3), "the same again until it is accepted");
            lac_scene_accept(&s);
            if (shot && !n) {
                other = fminf(other, change);
            } else if (n) {
                pan = fmaxf(pan, change);
            } else {
                expect(t, change == 0, "the first frame is no cut");
            }
        }
    }
    for (int n = 0; n < 8; n++) {
        draw(gray, W, W, H, 3, n, 0, 0);
        if (n == 0) {
            lac_scene_reset(&s);
        }
        same = fmaxf(same, lac_scene_change(&s, gray, W));
        lac_scene_accept(&s);
    }
    expect(t, same < 0.2f && pan < 0.4f, "one shot: %g, with a pan %g", same, pan);
    expect(t, other > 0.5f, "different shots: %g", other);
    lac_scene_close(&s);
}

static void test_sizes(Tally *t)
{
    static const int size[][2] = { { 1, 1 }, { 1, 900 }, { 7, 7 }, { 31, 33 }, { 9, 8 }, { 16384, 2 }, { 400, 33 } };
    const LacLog log = messages_log(&messages);

    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        const int w = size[i][0], h = size[i][1];
        uint8_t *gray = lac_alloc((size_t)w, (size_t)h);
        float first, second;
        LacScene s = { 0 };

        if (!gray || !expect(t, lac_scene_open(&s, w, h, &log) == LAC_OK, "%dx%d", w, h)) {
            return;
        }
        memset(gray, 255, (size_t)w * (size_t)h);
        first = lac_scene_change(&s, gray, w);
        lac_scene_accept(&s);
        memset(gray, 0, (size_t)w * (size_t)h / 2);
        second = lac_scene_change(&s, gray, w);
        expect(t, first == 0 && second >= 0 && second <= 1, "%dx%d: %g, then %g", w, h, first, second);
        lac_scene_close(&s);
        lac_free(gray);
    }
}

/* ---- through lac.h: frames 0..3 are one shot, 4..7 another ---- */

static LacContext *open_two(Tally *t, float scene, int first, int second)
{
    static uint8_t rgb[W * H * 3];
    const LacPicture colour = { LAC_RGB24, W, H, W * 3, rgb };
    LacSettings set = small_settings(&messages, "tests/engine/vectors/tiny.weights.safetensors", "ref");
    LacContext *ctx = NULL;

    memset(rgb, 90, sizeof rgb);
    set.scene = scene;
    set.fill = LAC_FILL_SMOOTH;
    expect(t, lac_open(&ctx, &set) == LAC_OK, "open: %s", messages.text);
    if (first >= 0) {
        expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, first, "first", &colour, NULL) == LAC_OK, "first");
    }
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, second, "second", &colour, NULL) == LAC_OK, "second");
    return ctx;
}

/* Sends frames from..to of the two shots; returns how many come out. */
static int run(Tally *t, LacContext *ctx, int from, int to)
{
    static uint8_t gray[W * H], out[W * H * 3];
    LacPicture line = { LAC_GRAY8, W, H, W, gray }, picture = { LAC_RGB24, W, H, W * 3, out };
    int got = 0;

    for (int n = from; n <= to; n++) {
        draw(gray, W, W, H, n >= 4, n, 0, 0);
        expect(t, lac_send_frame(ctx, &line, n * 40000, 40000) == LAC_OK, "send %d: %s", n, messages.text);
        while (lac_ready(ctx) == 1) {
            expect(t, lac_receive_frame(ctx, &picture) == LAC_OK, "receive: %s", messages.text);
            got++;
        }
    }
    return got;
}

static void test_shots(Tally *t)
{
    LacContext *ctx = open_two(t, 0, 0, 7);
    int got = run(t, ctx, 0, 3);

    expect(t, got == 1, "the first shot waits for the second reference, which might be its own: %d", got);
    got += run(t, ctx, 4, 4);
    expect(t, got == 4, "a cut: it no longer waits; %d frames came out", got);
    got += run(t, ctx, 5, 7);
    expect(t, got == 8 && strstr(messages.text, "frame 4 begins") && !strstr(messages.text, "no reference"), "%d; %s", got, messages.text);
    lac_flush(ctx);
    got = run(t, ctx, 1, 4);
    expect(t, got == 4, "after a seek known references serve any shot: %d came out", got);
    lac_close(&ctx);

    ctx = open_two(t, LAC_SCENE_NONE, 0, 7);
    got = run(t, ctx, 0, 6);
    expect(t, got == 1 && !strstr(messages.text, "begins"), "scene off: %d came out; %s", got, messages.text);
    lac_close(&ctx);

    ctx = open_two(t, 0, -1, 1);
    got = run(t, ctx, 0, 7);
    lac_send_frame(ctx, NULL, 0, 0);
    got += run(t, ctx, 8, 7);
    while (lac_ready(ctx) == 1) {
        static uint8_t out[W * H * 3];
        got += lac_receive_frame(ctx, &(LacPicture){ LAC_RGB24, W, H, W * 3, out }) == LAC_OK;
    }
    expect(t, got == 8 && strstr(messages.text, "shot of frame 4 has no reference"),
           "a shot without a reference is coloured all the same: %d came out; %s", got, messages.text);
    lac_close(&ctx);
}

static void test_setting(Tally *t)
{
    LacSettings set = logged_settings(&messages);
    LacContext *ctx = NULL;

    set.scene = 1.5f;
    expect(t, lac_open(&ctx, &set) == LAC_EINVAL && !ctx && strstr(messages.text, "scene is 1.5"), "%s", messages.text);
    set.scene = NAN;
    expect(t, lac_open(&ctx, &set) == LAC_EINVAL && !ctx, "not a number");
}

int main(void)
{
    Tally t = { "test_scene", 0, 0 };

    test_measure(&t);
    test_sizes(&t);
    test_shots(&t);
    test_setting(&t);
    return tally_end(&t);
}
