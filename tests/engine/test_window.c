/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refinement as frames stream through lac.h: each comes out once and in order, references as themselves, the bytes are
 * the same however sends and receives interleave, still parts are steadier, and cuts and ends of shots lose nothing. Run
 * from the top of the tree. */
#include <stdlib.h>

#include "expect.h"

/* with a refinement (random), and without: links by the line art alone */
#define REFINED "tests/engine/vectors/tiny.weights.safetensors"
#define PLAIN "tests/engine/vectors/tiny-paper.weights.safetensors"

enum { W = 96, H = 64, MOST = 40 };

static Messages messages;

/* A circle at rest with a trembling outline, and a square that moves; after a cut other things. */
static void draw(uint8_t *gray, int shot, int n)
{
    const int cx = shot ? 70 : 30, r = shot ? 12 : 22 + (n * 7 % 3 == 0);

    memset(gray, 255, W * H);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            const int d = (x - cx) * (x - cx) + (y - 32) * (y - 32);
            const int u = x - (shot ? 10 : 62) - n % 10, v = y - (shot ? 36 : 8);
            const bool edge = u >= 0 && v >= 0 && u <= 16 && v <= 16 && (!u || !v || u == 16 || v == 16);

            if ((d <= (r + 1) * (r + 1) && d >= (r - 1) * (r - 1)) || edge) {
                gray[y * W + x] = 0;
            }
        }
    }
}

static void paint(uint8_t *rgb, int n)
{
    for (int i = 0; i < W * H; i++) {
        rgb[3 * i] = (uint8_t)(i % W * 2);
        rgb[3 * i + 1] = (uint8_t)(100 + 10 * n);
        rgb[3 * i + 2] = (uint8_t)(i / W * 3);
    }
}

static LacContext *open_with(Tally *t, const char *weights, enum LacTemporal temporal, int window, int threads, int second)
{
    static uint8_t rgb[W * H * 3];
    const LacPicture colour = { LAC_RGB24, W, H, W * 3, rgb };
    LacSettings set = small_settings(&messages, weights, "cpu");
    LacContext *ctx = NULL;

    set.precision = LAC_PRECISION_FP32;
    set.threads = threads;
    set.temporal = temporal;
    set.window = window;
    expect(t, lac_open(&ctx, &set) == LAC_OK, "open: %s", messages.text);
    paint(rgb, 0);
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 0, "first", &colour, NULL) == LAC_OK, "first");
    if (second > 0) {
        paint(rgb, 3);
        expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, second, "second", &colour, NULL) == LAC_OK, "second");
    }
    return ctx;
}

static int send(LacContext *ctx, int n, int cut)
{
    static uint8_t gray[W * H];
    LacPicture line = { LAC_GRAY8, W, H, W, gray };

    draw(gray, n >= cut, n);
    return lac_send_frame(ctx, &line, n * 40000, 40000);
}

typedef struct Film {
    uint8_t *rgb; /* [count][H][W][3] */
    int count, delay;
} Film;

/* All that can be had now; ready has to tell the truth. */
static void take(Tally *t, LacContext *ctx, int sent, Film *film)
{
    uint8_t *spare = film->rgb + (size_t)MOST * W * H * 3;

    while (lac_ready(ctx) == 1 && film->count < MOST) {
        LacPicture out = { LAC_RGB24, W, H, W * 3, film->rgb + (size_t)film->count * W * H * 3 };

        if (!expect(t, lac_receive_frame(ctx, &out) == LAC_OK, "frame %d: %s", film->count, messages.text)) {
            return;
        }
        film->delay = sent - film->count > film->delay ? sent - film->count : film->delay;
        film->count++;
    }
    expect(t, lac_receive_frame(ctx, &(LacPicture){ LAC_RGB24, W, H, W * 3, spare }) == lac_ready(ctx) ||
                  lac_receive_frame(ctx, &(LacPicture){ LAC_RGB24, W, H, W * 3, spare }) == LAC_EAGAIN,
           "nothing more");
}

/* eager: frames are asked for after each that is sent, else all at the end */
static Film run(Tally *t, LacContext *ctx, int frames, int cut, bool eager)
{
    Film film = { lac_calloc((size_t)(MOST + 1) * W * H, 3), 0, 0 };

    for (int n = 0; film.rgb && n < frames; n++) {
        expect(t, send(ctx, n, cut) == LAC_OK, "send %d: %s", n, messages.text);
        if (eager) {
            take(t, ctx, n, &film);
        }
    }
    lac_send_frame(ctx, NULL, 0, 0);
    take(t, ctx, frames - 1, &film);
    expect(t, lac_ready(ctx) == LAC_EOF && film.count == frames, "%d of %d frames came out", film.count, frames);
    return film;
}

static bool same(const Film *a, const Film *b)
{
    return a->count == b->count && !memcmp(a->rgb, b->rgb, (size_t)a->count * W * H * 3);
}

/* Mean change from frame to frame inside the circle at rest. */
static double flicker(const Film *f, int from, int to)
{
    long sum = 0, values = 0;

    for (int n = from; n < to; n++) {
        for (int y = 24; y < 40; y++) {
            for (int i = (y * W + 22) * 3; i < (y * W + 38) * 3; i++, values++) {
                sum += abs(f->rgb[(size_t)(n + 1) * W * H * 3 + i] - f->rgb[(size_t)n * W * H * 3 + i]);
            }
        }
    }
    return (double)sum / (double)values;
}

static void test_interleaving(Tally *t)
{
    static const int frames[] = { 1, 2, 7, 8, 9, 12, 21 };

    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        for (int cut = 3; cut < 25; cut += 5) {
            LacContext *a = open_with(t, REFINED, LAC_TEMPORAL_ON, 0, 1, 0), *b = open_with(t, REFINED, LAC_TEMPORAL_ON, 0, 2, 0);
            Film one = run(t, a, frames[i], cut, true), two = run(t, b, frames[i], cut, false);

            expect(t, same(&one, &two), "%d frames, cut at %d: other bytes", frames[i], cut);
            expect(t, one.delay <= 7, "a delay of %d frames", one.delay);
            lac_free(one.rgb);
            lac_free(two.rgb);
            lac_close(&a);
            lac_close(&b);
        }
    }
}

static void test_steady(Tally *t)
{
    LacContext *off = open_with(t, PLAIN, LAC_TEMPORAL_OFF, 0, 1, 20), *on = open_with(t, PLAIN, LAC_TEMPORAL_ON, 0, 1, 20);
    LacContext *two = open_with(t, PLAIN, LAC_TEMPORAL_ON, 2, 1, 20);
    Film a = run(t, off, 25, 99, true), b = run(t, on, 25, 99, true), c = run(t, two, 25, 99, true);
    uint8_t wanted[W * H * 3];
    const double without = flicker(&a, 1, 19), with = flicker(&b, 1, 19), least = flicker(&c, 1, 19);

    expect(t, without > 0.2, "the still part flickers by itself: %g levels", without);
    expect(t, with < 0.8 * without && least < without, "made steady: %g levels, %g with a window of 2, %g without", with,
           least, without);
    paint(wanted, 0);
    expect(t, !memcmp(b.rgb, wanted, sizeof wanted), "the first reference is itself");
    paint(wanted, 3);
    expect(t, !memcmp(b.rgb + (size_t)20 * sizeof wanted, wanted, sizeof wanted), "the second reference is itself");
    lac_flush(on);
    lac_free(c.rgb);
    c = run(t, on, 25, 99, false);
    expect(t, same(&b, &c), "the same again after a flush");
    lac_free(a.rgb);
    lac_free(b.rgb);
    lac_free(c.rgb);
    lac_close(&off);
    lac_close(&on);
    lac_close(&two);
}

/* Other formats carry the same picture, whichever is asked for when. */
static void test_formats(Tally *t)
{
    LacContext *a = open_with(t, REFINED, LAC_TEMPORAL_ON, 4, 1, 6), *b = open_with(t, REFINED, LAC_TEMPORAL_ON, 4, 2, 6);
    Film film = run(t, a, 11, 99, true);
    static uint8_t out[W * H * 8];
    int equal = 0;

    for (int n = 0; n < 11; n++) {
        send(b, n, 99);
    }
    lac_send_frame(b, NULL, 0, 0);
    for (int n = 0; n < 11; n++) {
        static const enum LacFormat format[] = { LAC_RGBA64, LAC_RGB24, LAC_RGBA32, LAC_RGB48 };
        static const int channels[] = { 4, 3, 4, 3 }, bytes[] = { 2, 1, 1, 2 };
        const int k = n % 4, step = channels[k] * bytes[k];
        LacPicture p = { format[k], W, H, W * step, out };
        long off = 0;

        expect(t, lac_receive_frame(b, &p) == LAC_OK, "frame %d: %s", n, messages.text);
        for (int i = 0; i < W * H; i++) {
            for (int c = 0; c < 3; c++) {
                uint16_t v = out[i * step + c];

                if (bytes[k] == 2) {
                    memcpy(&v, out + i * step + 2 * c, 2);
                    v = (uint16_t)((v + 128) / 257);
                }
                off += abs(v - film.rgb[((size_t)n * W * H + (size_t)i) * 3 + (size_t)c]);
            }
        }
        equal += off < W * H / 2; /* painting in 16 bits rounds once, in 8 bits at every step */
    }
    expect(t, equal == 11, "%d of 11 frames are the same in another format", equal);
    lac_free(film.rgb);
    lac_close(&a);
    lac_close(&b);
}

/* Only weights that are trained for it delay frames by default. */
static void test_auto(Tally *t)
{
    LacContext *plain = open_with(t, PLAIN, LAC_TEMPORAL_AUTO, 0, 1, 0), *refined;
    Film film = run(t, plain, 9, 99, true);

    expect(t, film.delay == 0 && strstr(messages.text, "no temporal refinement"), "%d; %s", film.delay, messages.text);
    lac_free(film.rgb);
    lac_close(&plain);
    refined = open_with(t, REFINED, LAC_TEMPORAL_AUTO, 4, 1, 0);
    film = run(t, refined, 9, 99, true);
    expect(t, film.delay == 0, "pictures this small: a delay of %d", film.delay);
    lac_free(film.rgb);
    lac_close(&refined);
}

/* Large enough: frames wait. A drawing that slides by less than a pixel a frame stays as sharp as it is. */
static void test_pan(Tally *t)
{
    enum { SIDE = 768 };
    static uint8_t gray[SIDE * SIDE], rgb[2][SIDE * SIDE * 3], first[SIDE * SIDE * 3];
    long changed = 0;

    for (int pass = 0; pass < 2; pass++) {
        LacPicture line = { LAC_GRAY8, SIDE, SIDE, SIDE, gray }, out = { LAC_RGB24, SIDE, SIDE, SIDE * 3, rgb[pass] };
        LacSettings set = small_settings(&messages, PLAIN, "cpu");
        LacContext *ctx = NULL;

        set.precision = LAC_PRECISION_FP32;
        set.fill = LAC_FILL_SMOOTH;
        set.window = 4;
        set.temporal = pass ? LAC_TEMPORAL_ON : LAC_TEMPORAL_OFF;
        expect(t, lac_open(&ctx, &set) == LAC_OK, "open: %s", messages.text);
        for (int i = 0; i < SIDE * SIDE * 3; i++) {
            first[i] = (uint8_t)(i / 3 % SIDE);
        }
        lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 0, "first",
                                  &(LacPicture){ LAC_RGB24, SIDE, SIDE, SIDE * 3, first }, NULL);
        for (int n = 0; n < 4; n++) {
            for (int i = 0; i < SIDE * SIDE; i++) { /* lines every 12 pixels that slide by 0.6 pixels, two wide */
                const double at = (i % SIDE + 0.6 * n) / 12, d = (at - (int)at) * 12 - 6;
                const double ink = d < 0 ? 1.5 + d : 1.5 - d;

                gray[i] = (uint8_t)(255 - 255 * (ink < 0 ? 0 : ink > 1 ? 1 : ink));
            }
            expect(t, lac_send_frame(ctx, &line, n * 40000, 40000) == LAC_OK, "send: %s", messages.text);
            expect(t, pass == 0 || n == 3 || lac_ready(ctx) == 0, "frame %d of a window of 4 comes out", n);
        }
        lac_send_frame(ctx, NULL, 0, 0);
        for (int n = 0; n < 3; n++) {
            expect(t, lac_receive_frame(ctx, &out) == LAC_OK, "receive: %s", messages.text);
        }
        lac_close(&ctx);
    }
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        changed += abs(rgb[0][i] - rgb[1][i]) > 4; /* colours that are alike may be */
    }
    expect(t, changed < SIDE * SIDE * 3 / 50, "a slow pan: %ld of %d samples were mixed", changed, SIDE * SIDE * 3);
}

/* No frame of a shot depends on the shot before it. */
static void test_cut(Tally *t)
{
    LacContext *a = open_with(t, REFINED, LAC_TEMPORAL_ON, 0, 1, 0), *b = open_with(t, REFINED, LAC_TEMPORAL_ON, 0, 1, 0);
    Film whole = run(t, a, 11, 99, true), cut = run(t, b, 16, 11, true);

    expect(t, !memcmp(whole.rgb, cut.rgb, (size_t)11 * W * H * 3), "frames before a cut are as if the film ended there");
    lac_free(whole.rgb);
    lac_free(cut.rgb);
    lac_close(&a);
    lac_close(&b);
}

static void test_settings(Tally *t)
{
    LacSettings set = logged_settings(&messages);
    LacContext *ctx = NULL;

    set.window = 1;
    expect(t, lac_open(&ctx, &set) == LAC_EINVAL && strstr(messages.text, "window is 1; 2 to 64"), "%s", messages.text);
    set.window = 0;
    set.temporal = LAC_TEMPORAL_ON;
    set.lookahead = LAC_LOOKAHEAD_NONE;
    expect(t, lac_open(&ctx, &set) == LAC_EINVAL && strstr(messages.text, "`lookahead`"), "%s", messages.text);
    set.temporal = (enum LacTemporal)7;
    expect(t, lac_open(&ctx, &set) == LAC_EINVAL && strstr(messages.text, "temporal is 7"), "%s", messages.text);
}

int main(void)
{
    Tally t = { "test_window", 0, 0 };

    test_interleaving(&t);
    test_steady(&t);
    test_auto(&t);
    test_pan(&t);
    test_formats(&t);
    test_cut(&t);
    test_settings(&t);
    return tally_end(&t);
}
