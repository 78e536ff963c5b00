/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pixel formats through lac.h, with small random weights: alpha and 16 bits of references come through, regions settle the
 * alpha, coloured lines divide regions and are not drawn, line art of any format is the same line art. */
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "picture/ink.h"
#include "picture/rgba.h"

#define WEIGHTS "tests/engine/vectors/tiny.weights.safetensors"

enum { W = 96, H = 64, FRAME = 40000, LEFT = 10, TOP = 8, SIDE = 48, MIDDLE = 24 };

static Messages messages;

typedef struct Look {
    enum LacFill fill;
    enum LacLines lines;
    int threads;
} Look;

static const uint16_t upper[4] = { 51234, 12345, 22222, 65535 }, lower[4] = { 9999, 43210, 30001, 65535 };

static bool inside(int x, int y, int n)
{
    return x > LEFT + n && x < LEFT + n + SIDE && y > TOP && y < TOP + SIDE;
}

static bool on_box(int x, int y, int n)
{
    return x >= LEFT + n && x <= LEFT + n + SIDE && y >= TOP && y <= TOP + SIDE && !inside(x, y, n);
}

/* A black box that moves with n, divided by a red line: rows of RGB. */
static void draw_line(uint8_t *rgb, int n, bool divided)
{
    for (int i = 0; i < W * H; i++) {
        const int x = i % W, y = i / W;
        const bool red = divided && inside(x, y, n) && (y == TOP + MIDDLE || y == TOP + MIDDLE + 1);

        rgb[i * 3] = on_box(x, y, n) ? 0 : 255;
        rgb[i * 3 + 1] = rgb[i * 3 + 2] = on_box(x, y, n) || red ? 0 : 255;
    }
}

/* Nothing around it (where the colour is noise), two colours in it, no red line. */
static void draw_color(uint16_t *rgba, int n)
{
    for (int i = 0; i < W * H; i++) {
        const int x = i % W, y = i / W;

        for (int c = 0; c < 4; c++) {
            rgba[i * 4 + c] = inside(x, y, n)   ? (y <= TOP + MIDDLE ? upper : lower)[c]
                              : on_box(x, y, n) ? (c == 3 ? LAC_OPAQUE : 0)
                              : c == 3          ? 0
                                                : (uint16_t)(i * 7919);
        }
    }
}

static LacContext *open_look(Tally *t, Look look)
{
    LacSettings s = small_settings(&messages, WEIGHTS, "ref");
    LacContext *ctx = NULL;

    s.threads = look.threads;
    s.fill = look.fill;
    s.lines = look.lines;
    expect(t, lac_open(&ctx, &s) == LAC_OK, "open: %s", messages.text);
    return ctx;
}

/* Frame 0 is the reference, frame 4 is wanted as `format` into out. Returns what lac_has_alpha says or an error. */
static int colour(Tally *t, Look look, bool divided, enum LacFormat format, int bytes, uint8_t *out, uint8_t *first)
{
    LacContext *ctx = open_look(t, look);
    uint8_t line[W * H * 3];
    uint16_t rgba[W * H * 4];
    LacPicture l = { LAC_RGB24, W, H, W * 3, line }, c = { LAC_RGBA64, W, H, W * 8, (uint8_t *)rgba };
    LacPicture o = { format, W, H, (ptrdiff_t)W * bytes, out };
    int err, alpha;

    draw_color(rgba, 0);
    err = lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 0, "key", &c, NULL);
    alpha = lac_has_alpha(ctx);
    for (int n = 0; n < 5 && !err; n += 4) {
        draw_line(line, n, divided);
        err = lac_send_frame(ctx, &l, (int64_t)n * FRAME, FRAME);
        err = err ? err : lac_receive_frame(ctx, &o);
        if (!n && first) {
            memcpy(first, out, (size_t)W * H * bytes);
        }
    }
    expect(t, err == LAC_OK, "colour: %d, %s", err, messages.text);
    lac_close(&ctx);
    return err ? err : alpha;
}

static void test_alpha(Tally *t, Look look)
{
    static uint16_t out[W * H * 4], first[W * H * 4], wanted[W * H * 4], again[W * H * 4];
    static uint8_t narrow[W * H * 4], flat[W * H * 3];
    const Look other = { look.fill, look.lines, 3 };
    int outside = 0, opaque = 0, exact = 0, n = 0, lines = 0, drawn = 0, fringe = 0;

    expect(t, colour(t, look, false, LAC_RGBA64, 8, (uint8_t *)out, (uint8_t *)first) == 1, "has alpha");
    draw_color(wanted, 0);
    expect(t, !memcmp(first, wanted, sizeof wanted), "the reference is itself, 16 bits, alpha and hidden colours");
    for (int i = 0; i < W * H; i++) {
        const int x = i % W, y = i / W;
        const uint16_t *p = out + (size_t)i * 4;

        if (inside(x, y, 4)) {
            n++;
            opaque += p[3] == LAC_OPAQUE;
            exact += !memcmp(p, y <= TOP + MIDDLE ? upper : lower, 8);
        } else if (on_box(x, y, 4)) {
            lines++;
            drawn += p[3] == LAC_OPAQUE;
        } else {
            outside += p[3] != 0;
            fringe += on_box(x + 1, y, 4) && look.lines == LAC_LINES_NONE && p[0] == 65535 && p[1] == 65535;
        }
    }
    expect(t, outside == 0, "fill %d lines %d: %d pixels outside are not transparent", look.fill, look.lines, outside);
    expect(t, opaque == n, "fill %d lines %d: %d of %d pixels inside are opaque", look.fill, look.lines, opaque, n);
    if (look.fill != LAC_FILL_SMOOTH) {
        expect(t, exact * 4 > n * 3, "fill %d lines %d: %d of %d pixels have the very colour", look.fill, look.lines,
               exact, n);
    }
    if (look.lines != LAC_LINES_NONE) {
        expect(t, drawn * 20 > lines * 19, "fill %d lines %d: %d of %d line pixels are opaque", look.fill, look.lines, drawn,
               lines);
    } else {
        expect(t, drawn > lines / 4 && drawn < lines, "the fill goes to the middle of the lines: %d of %d", drawn, lines);
        expect(t, fringe == 0, "%d transparent pixels beside the fill are white", fringe);
    }
    colour(t, other, false, LAC_RGBA64, 8, (uint8_t *)again, NULL);
    expect(t, !memcmp(out, again, sizeof out), "fill %d lines %d: the same for three threads", look.fill, look.lines);
    colour(t, look, false, LAC_RGBA32, 4, narrow, NULL);
    colour(t, look, false, LAC_RGB24, 3, flat, NULL);
    int rounded = 0, white = 0;
    for (int i = 0; i < W * H; i++) {
        rounded += narrow[i * 4 + 3] != (out[i * 4 + 3] + 128) / 257 || narrow[i * 4] != (out[i * 4] + 128) / 257;
        white += !inside(i % W, i / W, 4) && !on_box(i % W, i / W, 4) && look.fill != LAC_FILL_SMOOTH &&
                 flat[i * 3] + flat[i * 3 + 1] + flat[i * 3 + 2] < 750;
    }
    expect(t, rounded == 0, "8 bits are 16 rounded: %d are not", rounded);
    expect(t, white < 30, "fill %d lines %d: RGB24 is over white: %d pixels are not", look.fill, look.lines, white);
}

/* The red line is not there, and both colours reach it. */
static void test_separation(Tally *t, enum LacLines lines)
{
    static uint16_t out[W * H * 4];
    int wrong = 0, n = 0;

    colour(t, (Look){ LAC_FILL_AUTO, lines, 1 }, true, LAC_RGBA64, 8, (uint8_t *)out, NULL);
    for (int x = LEFT + 4 + 3; x < LEFT + 4 + SIDE - 2; x++) {
        for (int y = TOP + MIDDLE - 1; y <= TOP + MIDDLE + 2; y++, n++) {
            const uint16_t *p = out + ((size_t)y * W + x) * 4;
            wrong += memcmp(p, upper, 8) != 0 && memcmp(p, lower, 8) != 0;
        }
    }
    expect(t, wrong * 10 <= n, "lines %d: %d of %d pixels on a separation line are no fill", lines, wrong, n);
}

static void test_ink(Tally *t)
{
    static const struct {
        uint8_t rgb[3];
        int least, most; /* gray without coloured ink */
    } pixel[] = {
        { { 0, 0, 0 }, 0, 0 },         { { 255, 0, 0 }, 255, 255 },   { { 0, 0, 255 }, 255, 255 },
        { { 255, 128, 128 }, 255, 255 }, { { 128, 128, 128 }, 128, 128 }, { { 200, 30, 30 }, 255, 255 },
        { { 90, 50, 30 }, 59, 60 },    { { 30, 40, 110 }, 45, 46 },   { { 165, 38, 38 }, 200, 254 },
    };
    uint8_t rgb[16 * 3], gray[16], black[16];
    LacPicture p = { LAC_RGB24, 16, 1, sizeof rgb, rgb };

    for (size_t k = 0; k < sizeof pixel / sizeof *pixel; k++) {
        memset(rgb, 0, sizeof rgb);
        for (int i = 0; i < 4; i++) { /* four red ones make sure that there is coloured ink */
            rgb[i * 3] = 255;
        }
        memcpy(rgb + 15, pixel[k].rgb, 3);
        expect(t, lac_ink_split(&p, gray, black, 1) && black[0] == 255 && gray[0] == 77, "red ink");
        expect(t, black[5] >= pixel[k].least && black[5] <= pixel[k].most, "ink %d %d %d: %d", pixel[k].rgb[0],
               pixel[k].rgb[1], pixel[k].rgb[2], black[5]);
    }
    memset(rgb, 255, sizeof rgb);
    for (int i = 0; i < 5; i++) {
        rgb[i * 3] = rgb[i * 3 + 1] = 0;
    }
    expect(t, !lac_ink_split(&p, gray, black, 1), "a drawing in blue pencil is a drawing");
    memset(rgb, 200, sizeof rgb);
    expect(t, !lac_ink_split(&p, gray, black, 1) && gray[3] == 200, "gray has no coloured ink");
}

/* The same drawing as every format gives the same gray, and the same black ink. */
static void test_line_formats(Tally *t)
{
    static const int bytes[] = { 1, 3, 4, 2, 6, 8 };
    static uint8_t rgb[W * H * 3], gray[W * H], black[W * H], other[W * H], other_black[W * H], data[W * H * 8];
    LacPicture p = { LAC_RGB24, W, H, W * 3, rgb };

    draw_line(rgb, 3, true);
    expect(t, lac_ink_split(&p, gray, black, 1), "red ink");
    for (enum LacFormat f = LAC_RGBA32; f <= LAC_RGBA64; f++) {
        const bool wide = f != LAC_RGBA32, coloured = f != LAC_GRAY16;
        const int channels = bytes[f] / (wide ? 2 : 1);

        for (int i = 0; i < W * H * channels; i++) {
            const int c = i % channels, pixel = i / channels;
            /* ink is opaque, paper is transparent and black */
            const bool paper = channels == 4 && gray[pixel] == 255;
            const uint8_t v = c == 3 ? (paper ? 0 : 255) : paper ? 0 : channels == 1 ? gray[pixel] : rgb[pixel * 3 + c];
            const uint16_t v16 = (uint16_t)(v * 257);
            if (wide) {
                memcpy(data + (size_t)i * 2, &v16, 2);
            } else {
                data[i] = v;
            }
        }
        LacPicture q = { f, W, H, (ptrdiff_t)W * bytes[f], data };
        expect(t, lac_ink_split(&q, other, other_black, 2) == coloured, "format %d: coloured ink", f);
        expect(t, !memcmp(gray, other, sizeof gray), "format %d: gray", f);
        expect(t, !coloured || !memcmp(black, other_black, sizeof black), "format %d: black ink", f);
    }
}

/* Packed and unpacked, resized, over white. */
static void test_rgba(Tally *t)
{
    LacLog log = { 0 };
    LacPacker *packer;
    LacPacked packed = { 0 };

    lac_packer_open(&packer, &log);
    for (int kind = 0; kind < 4; kind++) {
        LacRgba a, b, small;
        bool same = false;

        lac_rgba_alloc(&a, 33, 17, &log);
        for (int i = 0; i < 33 * 17 * 4; i++) {
            const unsigned v = (unsigned)i * 2654435761u >> 16;
            a.data[i] = (uint16_t)(i % 4 == 3 && !(kind & 1) ? LAC_OPAQUE : kind & 2 ? v : v % 256 * 257);
        }
        lac_rgba_settle(&a);
        expect(t, kind ? a.data && a.alpha == (kind & 1) && a.wide == !!(kind & 2) : !a.data, "kind %d: settled", kind);
        if (a.data && lac_rgba_pack(packer, &a, &packed, &log) == LAC_OK) {
            b = (LacRgba){ a.width, a.height, a.alpha, a.wide, NULL };
            same = lac_rgba_unpack(packer, &packed, &b, &log) == LAC_OK &&
                   !memcmp(a.data, b.data, (size_t)33 * 17 * 8);
            expect(t, same, "kind %d: unpacked", kind);
            lac_rgba_free(&b);
            lac_packed_free(&packed);
            expect(t, lac_rgba_resize(&small, &a, 11, 40, 1, &log) == LAC_OK, "resize");
            lac_rgba_free(&small);
        }
        lac_rgba_free(&a);
    }
    lac_packer_close(&packer);

    const uint16_t red[4] = { 65535, 0, 0, 65535 }, none[4] = { 0, 65535, 0, 0 };
    uint16_t out[4];
    lac_rgba_mix(red, none, 0.5f, out);
    expect(t, out[0] == 65535 && out[1] == 0 && out[3] == 32768, "half of nothing does not stain: %d %d %d", out[0],
           out[1], out[3]);
    expect(t, lac_rgba_white8(none, 0) == 255 && lac_rgba_white8(red, 1) == 0, "over white");
}

static void test_errors(Tally *t)
{
    LacContext *ctx = open_look(t, (Look){ 0 });
    uint8_t data[64];
    LacPicture p = { LAC_GRAY16, 4, 4, 8, data };

    expect(t, !lac_has_alpha(NULL) && !lac_has_alpha(ctx), "no reference, no alpha");
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 0, "key", &p, NULL) == LAC_EINVAL &&
                  strstr(messages.text, "LAC_RGBA64 wanted"), "gray is no colour: %s", messages.text);
    p.format = (enum LacFormat)17;
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 0, "key", &p, NULL) == LAC_EINVAL, "no such format");
    p = (LacPicture){ LAC_RGB48, 4, 2, 12, data };
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 0, "key", &p, NULL) == LAC_EINVAL &&
                  strstr(messages.text, "stride"), "rows of 16 bits are longer: %s", messages.text);
    lac_close(&ctx);
}

int main(void)
{
    Tally t = { .name = "test_formats" };

    for (int lines = LAC_LINES_REF; lines <= LAC_LINES_NONE; lines++) {
        for (int fill = LAC_FILL_AUTO; fill <= LAC_FILL_SMOOTH; fill++) {
            test_alpha(&t, (Look){ (enum LacFill)fill, (enum LacLines)lines, 1 });
        }
        test_separation(&t, (enum LacLines)lines);
    }
    test_ink(&t);
    test_line_formats(&t);
    test_rgba(&t);
    test_errors(&t);
    return tally_end(&t);
}
