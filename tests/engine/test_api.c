/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole flow through lac.h with small random weights: order of calls and frames, references that come out
 * as themselves, lookahead, flush, errors, threads. Run from the top of the tree; `test_api cpu` runs it on
 * another device. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "png_file.h"

#define WEIGHTS "tests/engine/vectors/tiny.weights.safetensors"

enum { W = 80, H = 64, FRAME = 40000, ROW = W * 3 + 5 };

static Messages messages;
static const char *device = "ref";
static char folder[] = "/tmp/lac-api-XXXXXX", color_png[64], line_png[64], wide_png[64];

/* A square outline that moves with n. */
static void draw_line(uint8_t *gray, int n)
{
    memset(gray, 255, W * H);
    for (int i = 0; i < 30; i++) {
        gray[(10 + i) * W + 5 + n] = gray[(10 + i) * W + 35 + n] = 0;
        gray[10 * W + 5 + n + i] = gray[40 * W + 5 + n + i] = 0;
    }
}

static void draw_color(uint8_t *rgb, int n)
{
    for (int i = 0; i < W * H; i++) {
        bool in = i / W > 10 && i / W < 40 && i % W > 5 + n && i % W < 35 + n;
        rgb[i * 3] = in ? 200 : 40;
        rgb[i * 3 + 1] = (uint8_t)(in ? n : i % W);
        rgb[i * 3 + 2] = in ? 60 : 220;
    }
}

static LacSettings settings(void)
{
    return small_settings(&messages, WEIGHTS, device); /* test_window.c has refinement on */
}

static LacContext *open_with(Tally *t, const LacSettings *s)
{
    LacContext *ctx = NULL;

    expect(t, lac_open(&ctx, s) == LAC_OK && ctx, "lac_open: %s", messages.text);
    return ctx;
}

static int add(LacContext *ctx, enum LacWhen when, int64_t time, int n, bool line)
{
    uint8_t rgb[W * H * 3], gray[W * H];
    LacPicture c = { LAC_RGB24, W, H, W * 3, rgb }, l = { LAC_GRAY8, W, H, W, gray };

    draw_color(rgb, n);
    draw_line(gray, n);
    return lac_add_reference_picture(ctx, when, time, "key", &c, line ? &l : NULL);
}

static int send(LacContext *ctx, int n)
{
    uint8_t gray[W * H];
    LacPicture l = { LAC_GRAY8, W, H, W, gray };

    draw_line(gray, n % 30);
    return lac_send_frame(ctx, &l, (int64_t)n * FRAME, FRAME);
}

/* Into a picture with padded rows, whose padding must stay. */
static int receive(LacContext *ctx, uint8_t *rgb)
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

static bool is_reference(const uint8_t *rgb, int n)
{
    uint8_t wanted[W * H * 3];

    draw_color(wanted, n);
    return !memcmp(rgb, wanted, sizeof wanted);
}

static void test_flow(Tally *t)
{
    LacSettings s = settings();
    LacContext *ctx = open_with(t, &s);
    uint8_t rgb[W * H * 3];
    int got = 0, references = 0;

    if (!ctx) {
        return;
    }
    expect(t, lac_ready(ctx) == 0 && receive(ctx, rgb) == LAC_EAGAIN, "nothing sent yet");
    expect(t,
           add(ctx, LAC_WHEN_TIME, 2 * FRAME, 2, false) == LAC_OK &&
               add(ctx, LAC_WHEN_TIME, 6 * FRAME + 9000, 6, false) == LAC_OK,
           "add: %s", messages.text);
    for (int n = 0; n < 9; n++) {
        /* frames 0 and 1 wait for 2 and 6 (k = 2); from 6 on nothing waits */
        expect(t, send(ctx, n) == LAC_OK, "send %d: %s", n, messages.text);
        bool wait = n < 6;
        expect(t, lac_ready(ctx) == !wait, "frame %d: ready is %d", n, lac_ready(ctx));
        if (wait) {
            expect(t, receive(ctx, rgb) == LAC_EAGAIN, "frame %d: waits", n);
        }
        while (lac_ready(ctx) == 1) {
            expect(t, receive(ctx, rgb) == LAC_OK, "receive %d: %s", got, messages.text);
            references += (got == 2 || got == 6) && is_reference(rgb, got);
            got++;
        }
    }
    expect(t, got == 9 && references == 2, "%d of 9 frames came out, %d of 2 references as themselves", got,
           references);
    expect(t,
           lac_send_frame(ctx, NULL, 0, 0) == LAC_OK && lac_ready(ctx) == LAC_EOF &&
               receive(ctx, rgb) == LAC_EOF,
           "end of stream");
    expect(t, lac_send_frame(ctx, NULL, 0, 0) == LAC_OK, "ending twice is fine");
    expect(t, send(ctx, 20) == LAC_EINVAL && strstr(messages.text, "lac_flush"), "after the end: %s",
           messages.text);

    /* a seek back into the middle: references and their line art are known */
    lac_flush(ctx);
    expect(t, lac_ready(ctx) == 0, "flushed");
    expect(t, send(ctx, 4) == LAC_OK && lac_ready(ctx) == 1 && receive(ctx, rgb) == LAC_OK,
           "after a seek: %s", messages.text);
    expect(t, send(ctx, 6) == LAC_OK && receive(ctx, rgb) == LAC_OK && is_reference(rgb, 6),
           "a reference again");

    const char *name;
    double ms = -1, sum = 0;
    int stages = lac_timing(ctx, 0, &name, &ms);
    for (int i = 0; i < stages; i++) {
        lac_timing(ctx, i, &name, &ms);
        expect(t, name && name[0] && ms >= 0, "stage %d has a name and a time", i);
        sum += ms;
    }
    lac_timing(ctx, stages, &name, &ms);
    expect(t, stages > 4 && !name && sum > 0, "%d stages, %.3f ms", stages, sum);
    lac_close(&ctx);
    expect(t, !ctx, "closed");
}

static void test_end_releases(Tally *t)
{
    LacSettings s = settings();
    LacContext *ctx = open_with(t, &s);
    uint8_t rgb[W * H * 3];
    int got = 0, err;

    add(ctx, LAC_WHEN_FRAME, 1, 1, false);
    add(ctx, LAC_WHEN_FRAME, 50, 5, false); /* never comes */
    for (int n = 0; n < 4; n++) {
        send(ctx, n);
    }
    expect(t, lac_ready(ctx) == 0, "waits for frame 50");
    lac_send_frame(ctx, NULL, 0, 0);
    expect(t, strstr(messages.text, "at frame 50") && strstr(messages.text, "offset"), "warning: %s",
           messages.text);
    while ((err = receive(ctx, rgb)) == LAC_OK) {
        got++;
    }
    expect(t, got == 4 && err == LAC_EOF, "%d of 4 frames, then %d", got, err);
    lac_close(&ctx);
}

static void test_lookahead(Tally *t)
{
    LacSettings s = settings();
    uint8_t rgb[W * H * 3];
    LacContext *ctx;
    int late = 0;

    s.lookahead = LAC_LOOKAHEAD_NONE; /* one in, one out */
    ctx = open_with(t, &s);
    add(ctx, LAC_WHEN_FRAME, 0, 0, false);
    add(ctx, LAC_WHEN_FRAME, 3, 3, false);
    add(ctx, LAC_WHEN_FRAME, 9, 9, true);
    for (int n = 0; n < 6; n++) {
        send(ctx, n);
        late += lac_ready(ctx) != 1 || receive(ctx, rgb) != LAC_OK;
    }
    expect(t, late == 0, "no lookahead: %d frames late", late);
    lac_close(&ctx);

    ctx = open_with(t, &s);
    add(ctx, LAC_WHEN_FRAME, 3, 3, false);
    send(ctx, 0);
    expect(t,
           lac_ready(ctx) == 1 && receive(ctx, rgb) == LAC_EREFERENCE && strstr(messages.text, "lookahead"),
           "none behind: %s", messages.text);
    for (int n = 1; n < 4; n++) {
        send(ctx, n);
    }
    expect(t, receive(ctx, rgb) == LAC_EREFERENCE, "the frame stays pending");
    lac_close(&ctx);

    s.lookahead = 2;
    ctx = open_with(t, &s);
    add(ctx, LAC_WHEN_FRAME, 0, 0, false);
    add(ctx, LAC_WHEN_FRAME, 5, 5, false);
    late = 0;
    for (int n = 0; n < 8; n++) {
        send(ctx, n);
        while (lac_ready(ctx) == 1) {
            receive(ctx, rgb);
            late++;
        }
        /* frame 0 is a reference; 1 waits for 3 to arrive, 2 for 4, 3 for 5, 4 for 5 */
        static const int out[] = { 1, 1, 1, 2, 3, 6, 7, 8 };
        expect(t, late == out[n], "lookahead 2: %d frames out after %d", late, n);
    }
    lac_close(&ctx);
}

static LacContext *coloured(Tally *t, const LacSettings *s, bool all_first, uint8_t *out)
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

/* Bytes do not depend on threads, nor on how sends and receives interleave (packed or not), nor on an earlier
 * flush. */
static void test_same_bytes(Tally *t)
{
    enum { BYTES = 7 * W * H * 3 };
    LacSettings s = settings();
    uint8_t *a = malloc(BYTES), *b = malloc(BYTES);
    LacContext *ctx;

    if (!a || !b) {
        abort();
    }
    s.lookahead = 3;
    ctx = coloured(t, &s, false, a);
    lac_close(&ctx);
    int plain = 0;
    for (int i = 1; i < W * H * 3; i++) {
        plain += a[3 * W * H * 3 + i] != a[3 * W * H * 3 + i - 1];
    }
    expect(t, plain > 100, "the coloured frame is a picture");
    s.threads = 2;
    memset(b, 0, BYTES);
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, !memcmp(a, b, BYTES), "2 threads, all sent before the first is received: other bytes");
    s.lines = LAC_LINES_NONE;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, memcmp(a, b, BYTES) != 0 && is_reference(b, 0), "lines=none differs but for references");
    s = settings();
    s.lookahead = 3;
    s.gap = 4;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, !memcmp(a, b, BYTES), "gap=4 is the default: other bytes");
    s.gap = 0;
    s.fill = LAC_FILL_TRANSFER;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, is_reference(b, 0) && memcmp(a, b, BYTES) != 0, "fill=transfer is fill=auto");
    s.fill = LAC_FILL_SMOOTH;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, memcmp(a, b, BYTES) != 0 && is_reference(b, 0), "fill=smooth differs but for references");
    free(a);
    free(b);
}

/* Has one of the references of `coloured` a pixel like this one? */
static bool in_references(const uint8_t *pixel)
{
    static const int number[] = { 0, 4, 8, 9 };
    uint8_t rgb[W * H * 3];

    for (int r = 0; r < 4; r++) {
        draw_color(rgb, number[r]);
        for (int i = 0; i < W * H; i++) {
            if (!memcmp(rgb + (size_t)i * 3, pixel, 3)) {
                return true;
            }
        }
    }
    return false;
}

/* fill=flat without lines: exact colours, every one. */
static void test_flat(Tally *t)
{
    static uint8_t out[7 * W * H * 3];
    LacSettings s = settings();
    LacContext *ctx;
    int strange = 0;

    s.lookahead = 3;
    s.fill = LAC_FILL_FLAT;
    s.lines = LAC_LINES_NONE;
    ctx = coloured(t, &s, true, out);
    lac_close(&ctx);
    for (int i = 0; i < W * H; i++) {
        strange += !in_references(out + ((size_t)3 * W * H + i) * 3);
    }
    expect(t, !strange && is_reference(out, 0), "fill=flat: %d pixels have no colour of the references", strange);
}

/* Frame 1 with a reference at 0, in this format of so many bytes a pixel. */
static void second_frame(Tally *t, const LacSettings *s, enum LacFormat format, int bytes, uint8_t *out)
{
    LacContext *ctx = open_with(t, s);
    LacPicture p = { format, W, H, (ptrdiff_t)W * bytes, out };

    add(ctx, LAC_WHEN_FRAME, 0, 0, true);
    send(ctx, 0);
    send(ctx, 1);
    for (int i = 0; i < 2; i++) {
        expect(t, lac_receive_frame(ctx, &p) == LAC_OK, "receive: %s", messages.text);
    }
    lac_close(&ctx);
}

/* Flat colours, confidence and regions are the same in any format. */
static void test_wide(Tally *t)
{
    static uint8_t narrow[W * H * 3];
    static uint16_t wide[W * H * 4];
    LacSettings s = settings();

    for (int k = 0; k < 5; k++) {
        int wrong = 0;

        s.fill = k < 3 ? LAC_FILL_FLAT : LAC_FILL_AUTO;
        s.lines = k == 0 ? LAC_LINES_NONE : k == 1 ? LAC_LINES_KEEP : LAC_LINES_REF;
        s.output = k == 3 ? LAC_OUTPUT_CONFIDENCE : k == 4 ? LAC_OUTPUT_REGIONS : LAC_OUTPUT_COLOR;
        second_frame(t, &s, LAC_RGB24, 3, narrow);
        second_frame(t, &s, LAC_RGBA64, 8, (uint8_t *)wide);
        for (int i = 0; i < W * H * 4; i++) {
            const int v = i % 4 == 3 ? 255 : narrow[i / 4 * 3 + i % 4];
            wrong += abs(wide[i] - 257 * v) > (k == 0 || k > 2 ? 0 : 257);
        }
        expect(t, !wrong, "wide, case %d: %d samples differ", k, wrong);
    }
}

/* What lac_confidence says, and output=confidence shows, before, at and between references. */
static void test_confidence(Tally *t)
{
    static uint8_t out[7 * W * H * 3];
    LacSettings s = settings();
    LacContext *ctx = open_with(t, &s);
    double between;
    int odd = 0;

    expect(t, lac_confidence(ctx) == -1 && lac_confidence(NULL) == -1, "confidence without a frame is %g",
           lac_confidence(ctx));
    add(ctx, LAC_WHEN_FRAME, 0, 0, true);
    send(ctx, 0);
    expect(t, receive(ctx, out) == LAC_OK && lac_confidence(ctx) == 1, "a reference's confidence is %g",
           lac_confidence(ctx));
    send(ctx, 1);
    expect(t, receive(ctx, out) == LAC_OK, "receive: %s", messages.text);
    between = lac_confidence(ctx);
    expect(t, between > 0 && between < 1, "a coloured frame's confidence is %g", between);
    lac_close(&ctx);
    s.output = LAC_OUTPUT_CONFIDENCE;
    s.lookahead = 3;
    ctx = coloured(t, &s, true, out);
    for (int i = 0; i < W * H * 3; i++) {
        odd += out[i] != 255 || out[(size_t)3 * W * H * 3 + i] != out[(size_t)3 * W * H * 3 + i / 3 * 3];
    }
    expect(t, !odd, "output=confidence: %d bytes are neither white in a reference nor gray in a frame", odd);
    lac_close(&ctx);
    s.output = LAC_OUTPUT_COLOR;
    s.fill = LAC_FILL_SMOOTH;
    ctx = coloured(t, &s, true, out);
    expect(t, lac_confidence(ctx) == -1, "fill=smooth: confidence is %g", lac_confidence(ctx));
    lac_close(&ctx);
}

/* output=regions: inside and outside of the square keep their colours from the reference on. */
static void test_regions(Tally *t)
{
    static uint8_t out[7 * W * H * 3];
    LacSettings s = settings();
    LacContext *ctx;

    s.lookahead = 3;
    s.output = LAC_OUTPUT_REGIONS;
    ctx = coloured(t, &s, true, out);
    lac_close(&ctx);
    const uint8_t *outside = out, *inside = out + (size_t)(20 * W + 20) * 3;
    expect(t, memcmp(inside, outside, 3) != 0 && *inside && *outside, "regions: inside and outside look the same");
    for (int n = 0; n < 7; n++) {
        const uint8_t *frame = out + (size_t)n * W * H * 3;
        expect(t, !memcmp(frame, outside, 3) && !memcmp(frame + (size_t)(20 * W + 20) * 3, inside, 3),
               "regions: frame %d has other colours", n);
        expect(t, !frame[(size_t)(10 * W + 10 + n) * 3], "regions: frame %d has no line", n);
    }
}

static void expect_open_fails(Tally *t, const LacSettings *s, int code, const char *word)
{
    LacContext *ctx = (LacContext *)1;
    int err = lac_open(&ctx, s);

    expect(t, err == code && !ctx, "%s: code %d, not %d", word, err, code);
    expect(t, strstr(messages.text, word), "'%s' is not in: %s", word, messages.text);
    messages_log(&messages);
}

static void test_open_errors(Tally *t)
{
    LacSettings s = settings();

#define FAILS(field, value, code, word)                                                                      \
    s = settings();                                                                                          \
    s.field = value;                                                                                         \
    expect_open_fails(t, &s, code, word)
    FAILS(k, 9, LAC_EINVAL, "k is 9");
    FAILS(k, -1, LAC_EINVAL, "k is -1");
    FAILS(size, 63, LAC_EINVAL, "size is 63");
    FAILS(size, 8193, LAC_EINVAL, "size is 8193");
    FAILS(lookahead, -2, LAC_EINVAL, "lookahead is -2");
    FAILS(lines, (enum LacLines)3, LAC_EINVAL, "lines is 3");
    FAILS(fill, LAC_FILL_FLAT + 1, LAC_EINVAL, "none of auto, transfer, smooth, flat");
    FAILS(threads, 257, LAC_EINVAL, "threads is 257");
    FAILS(threads, -1, LAC_EINVAL, "threads is -1");
    FAILS(precision, (enum LacPrecision)7, LAC_EINVAL, "precision");
    FAILS(device, "tpu", LAC_EDEVICE, "tpu");
    FAILS(device, "cuda:99", LAC_EDEVICE, "cuda:99");
    FAILS(weights, "/nonexistent.safetensors", LAC_EIO, "/nonexistent.safetensors");
    FAILS(weights, "tests/engine/test_api.c", LAC_EFORMAT, "test_api.c");
    s = settings();
    s.weights = NULL;
    setenv("LAC_WEIGHTS", "/nowhere/w.safetensors", 1);
    expect_open_fails(t, &s, LAC_EIO, "/nowhere/w.safetensors");
    setenv("LAC_WEIGHTS", WEIGHTS, 1);
    LacContext *ctx = open_with(t, &s);
    expect(t, strstr(messages.text, WEIGHTS), "says which weights: %s", messages.text);
    lac_close(&ctx);
    unsetenv("LAC_WEIGHTS");
    expect(t, lac_open(NULL, &s) == LAC_EINVAL, "no place for the context");
    lac_close(NULL);
    lac_close(&ctx);
    lac_flush(NULL);
    expect(t,
           !strcmp(lac_strerror(12), "unknown error") &&
               strcmp(lac_strerror(LAC_EIO), lac_strerror(LAC_EOF)) != 0,
           "names");
    expect(t, lac_version()[0] == '0' + LAC_VERSION_MAJOR, "version %s", lac_version());
}

static void test_reference_errors(Tally *t)
{
    static uint8_t pixels[2 * W * H * 3];
    LacPicture line = { LAC_GRAY8, W, H, W, pixels }, wide = { LAC_RGB24, 2 * W, H, 2 * W * 3, pixels }, bad;
    LacSettings s = settings();
    LacContext *ctx = open_with(t, &s);

    expect(t, lac_send_frame(ctx, &line, 0, 0) == LAC_EREFERENCE && strstr(messages.text, "refs"), "none: %s",
           messages.text);
    messages_log(&messages);
    expect(t,
           lac_add_reference(ctx, LAC_WHEN_FRAME, 0, "/no/such.png", NULL) == LAC_EIO &&
               strstr(messages.text, "/no/such.png"),
           "missing: %s", messages.text);
    expect(t,
           lac_add_reference(ctx, LAC_WHEN_FRAME, 0, color_png, "/no/line.png") == LAC_EIO &&
               strstr(messages.text, "/no/line.png"),
           "missing line art: %s", messages.text);
    expect(t,
           lac_add_reference(ctx, LAC_WHEN_FRAME, 0, WEIGHTS, NULL) == LAC_EFORMAT &&
               strstr(messages.text, "not a PNG"),
           "not a PNG: %s", messages.text);
    expect(t, lac_add_reference(ctx, LAC_WHEN_FRAME, 0, NULL, NULL) == LAC_EINVAL, "no file");
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 0, "gray", &line, NULL) == LAC_EINVAL,
           "gray as colour");
    expect(t,
           lac_add_reference(ctx, LAC_WHEN_FRAME, 0, color_png, wide_png) == LAC_EREFERENCE &&
               strstr(messages.text, "line art"),
           "line art of another shape: %s", messages.text);
    expect(t, lac_add_reference(ctx, LAC_WHEN_FRAME, 5, color_png, line_png) == LAC_OK, "good: %s",
           messages.text);
    expect(t, lac_add_reference(ctx, LAC_WHEN_FRAME, 5, color_png, NULL) == LAC_EINVAL, "doubled");
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 6, "wide", &wide, NULL) == LAC_OK, "wide");
    expect(t,
           send(ctx, 0) == LAC_EREFERENCE && strstr(messages.text, "aspect") &&
               strstr(messages.text, "'wide'"),
           "aspect ratio: %s", messages.text);
    lac_close(&ctx);

    ctx = open_with(t, &s);
    uint8_t rgb[W * H * 3];
    LacPicture out = { LAC_RGB24, W - 1, H, W * 3, rgb };
    add(ctx, LAC_WHEN_TIME, 0, 0, false);
    bad = line;
    bad.data = NULL;
    expect(t, lac_send_frame(ctx, &bad, 0, 0) == LAC_EINVAL, "no pixels");
    bad = line;
    bad.width = 0;
    expect(t, lac_send_frame(ctx, &bad, 0, 0) == LAC_EINVAL, "no width");
    bad.width = 16385;
    expect(t, lac_send_frame(ctx, &bad, 0, 0) == LAC_EINVAL, "too wide");
    bad = line;
    bad.stride = W - 1;
    expect(t, lac_send_frame(ctx, &bad, 0, 0) == LAC_EINVAL && strstr(messages.text, "stride"), "stride");
    expect(t, lac_send_frame(ctx, &line, INT64_MIN, 0) == LAC_EINVAL, "no time");
    expect(t, send(ctx, 1) == LAC_OK, "the context is still usable");
    expect(t, send(ctx, 1) == LAC_EINVAL && strstr(messages.text, "does not follow"), "time: %s",
           messages.text);
    bad = line;
    bad.height = H - 1;
    expect(t,
           lac_send_frame(ctx, &bad, 9 * FRAME, 0) == LAC_EINVAL && strstr(messages.text, "must not change"),
           "size changes");
    expect(t,
           add(ctx, LAC_WHEN_TIME, FRAME, 1, false) == LAC_EINVAL &&
               strstr(messages.text, "after the first frame"),
           "late reference");
    lac_send_frame(ctx, NULL, 0, 0);
    expect(t, lac_receive_frame(ctx, &out) == LAC_EINVAL && lac_receive_frame(ctx, NULL) == LAC_EINVAL,
           "output size");
    expect(t, receive(ctx, rgb) == LAC_EREFERENCE && strstr(messages.text, "offset"), "none matches: %s",
           messages.text);
    lac_close(&ctx);
}

/* PNG files in, of the same shape but another size; no duration given. */
static void test_files(Tally *t)
{
    LacSettings s = settings();
    LacContext *ctx = open_with(t, &s);
    uint8_t gray[W * H], rgb[W * H * 3];
    LacPicture l = { LAC_GRAY8, W, H, -W, gray + (H - 1) * W };
    int got = 0;

    expect(t, lac_add_reference(ctx, LAC_WHEN_TIME, 2 * FRAME + FRAME / 3, color_png, line_png) == LAC_OK,
           "file: %s", messages.text);
    draw_line(gray, 3);
    for (int n = 0; n < 4; n++) {
        expect(t, lac_send_frame(ctx, &l, (int64_t)n * FRAME, 0) == LAC_OK && lac_ready(ctx) == 1,
               "own line art: no delay");
        got += receive(ctx, rgb) == LAC_OK;
        if (n == 2) { /* the file is one flat colour */
            expect(t, rgb[0] == 10 && rgb[1] == 200 && rgb[2] == 30 && rgb[sizeof rgb - 1] == 30,
                   "resized reference: %d %d %d", rgb[0], rgb[1], rgb[2]);
        }
    }
    expect(t, got == 4, "%d of 4", got);
    lac_close(&ctx);
}

static void test_close_anywhere(Tally *t)
{
    LacSettings s = settings();
    uint8_t rgb[W * H * 3];

    for (int stop = 0; stop < 12; stop++) {
        LacContext *ctx = open_with(t, &s);
        int step = 0;
#define STEP(call)                                                                                           \
    if (step++ < stop) {                                                                                     \
        call;                                                                                                \
    }
        STEP(add(ctx, LAC_WHEN_FRAME, 1, 1, false))
        STEP(add(ctx, LAC_WHEN_FRAME, 3, 3, false))
        STEP(send(ctx, 0))
        STEP(send(ctx, 1))
        STEP(send(ctx, 2))
        STEP(receive(ctx, rgb))
        STEP(send(ctx, 3))
        STEP(receive(ctx, rgb))
        STEP(lac_flush(ctx))
        STEP(send(ctx, 2))
        STEP(lac_send_frame(ctx, NULL, 0, 0))
        lac_close(&ctx);
        expect(t, !ctx, "closed after %d steps", stop);
    }
    LacContext *ctx = open_with(t, &s);
    expect(t,
           lac_send_frame(ctx, NULL, 0, 0) == LAC_OK && lac_ready(ctx) == LAC_EOF &&
               receive(ctx, rgb) == LAC_EOF,
           "empty stream");
    lac_close(&ctx);
}

int main(int argc, char **argv)
{
    static uint8_t flat[W * H * 4 * 3], white[W * H * 4];
    Tally t = { .name = "test_api" };

    device = argc > 1 ? argv[1] : "ref";
    if (!expect(&t, mkdtemp(folder) != NULL, "temporary folder")) {
        return tally_end(&t);
    }
    snprintf(color_png, sizeof color_png, "%s/color.png", folder);
    snprintf(line_png, sizeof line_png, "%s/line.png", folder);
    snprintf(wide_png, sizeof wide_png, "%s/wide.png", folder);
    for (int i = 0; i < W * H * 4; i++) {
        flat[i * 3] = 10;
        flat[i * 3 + 1] = 200;
        flat[i * 3 + 2] = 30;
        white[i] = i % 41 == 0 ? 0 : 255;
    }
    PngFile color = { 2 * W, 2 * H, PNG_COLOR_TYPE_RGB, 8, true, 0, flat, NULL, NULL };
    PngFile line = { W, H, PNG_COLOR_TYPE_GRAY, 8, false, 0, white, NULL, NULL };
    PngFile wide = { 2 * W, H, PNG_COLOR_TYPE_GRAY, 8, false, 0, white, NULL, NULL };
    expect(&t,
           png_file_write(color_png, &color) && png_file_write(line_png, &line) &&
               png_file_write(wide_png, &wide),
           "test files");
    test_flow(&t);
    test_end_releases(&t);
    test_lookahead(&t);
    test_same_bytes(&t);
    test_flat(&t);
    test_wide(&t);
    test_confidence(&t);
    test_regions(&t);
    test_open_errors(&t);
    test_reference_errors(&t);
    test_files(&t);
    test_close_anywhere(&t);
    unlink(color_png);
    unlink(line_png);
    unlink(wide_png);
    rmdir(folder);
    return tally_end(&t);
}
