/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes out through lac.h: flat colours, confidence, regions, in any format. `test_api_output cpu` runs it on another device. */
#include <stdlib.h>

#include "api_case.h"

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

int main(int argc, char **argv)
{
    Tally t = { .name = "test_api_output" };

    device = argc > 1 ? argv[1] : "ref";
    test_flat(&t);
    test_wide(&t);
    test_confidence(&t);
    test_regions(&t);
    return tally_end(&t);
}
