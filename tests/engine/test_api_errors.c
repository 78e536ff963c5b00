/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lac.h when it is given what it refuses: settings, references, frames; and PNG files that it takes. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include <stdlib.h>
#include <unistd.h>

#include "api_case.h"
#include "png_file.h"

static char folder[] = "/tmp/lac-api-XXXXXX", color_png[64], line_png[64], wide_png[64];

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

int main(void)
{
    static uint8_t flat[W * H * 4 * 3], white[W * H * 4];
    Tally t = { .name = "test_api_errors" };

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
    test_open_errors(&t);
    test_reference_errors(&t);
    test_files(&t);
    unlink(color_png);
    unlink(line_png);
    unlink(wide_png);
    rmdir(folder);
    return tally_end(&t);
}
