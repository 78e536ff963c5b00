/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of the host through lac.h: with all stages that a GPU has on it, by its kernels, the bytes and the confidence are those
 * with all but the network on the host, whatever fills the colours and whatever is shown. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "expect.h"

#define WEIGHTS "tests/engine/vectors/tiny.weights.safetensors"
#define UNREFINED "tests/engine/vectors/tiny-paper.weights.safetensors" /* windows by the rule of the line art */

#define DAMAGED "build/tests/test_cuda_host_frames.safetensors"

enum { W = 83, H = 65, FRAME = 40000, MOST = 1 << 20 /* bytes of weights */ };

static Messages messages;

/* Two boxes that move with n, one in the other, and a speck. */
static uint8_t pixel(int x, int y, int n)
{
    const bool outer = (x == 5 + 2 * n || x == 75 + n || y == 6 || y == 58) && x >= 5 + 2 * n && x <= 75 + n && y >= 6 && y <= 58;
    const bool inner = (x == 25 + 2 * n || x == 50 + n || y == 20 || y == 44) && x >= 25 + 2 * n && x <= 50 + n && y >= 20 && y <= 44;

    return outer || inner ? 20 : x == 60 && y == 30 ? 90 : 250;
}

/* The reference is frame 1. */
static LacContext *open_one(Tally *t, LacSettings *s)
{
    static uint8_t rgb[W * H * 3], gray[W * H];
    LacPicture c = { LAC_RGB24, W, H, W * 3, rgb }, l = { LAC_GRAY8, W, H, W, gray };
    LacContext *ctx = NULL;

    if (!expect(t, lac_open(&ctx, s) == LAC_OK && ctx, "lac_open: %s", messages.text)) {
        return NULL;
    }
    for (int i = 0; i < W * H; i++) {
        const int x = i % W, y = i / W;
        const bool in = x > 27 && x < 51 && y > 20 && y < 44;

        gray[i] = pixel(x, y, 1);
        rgb[i * 3] = in ? 200 : 40;
        rgb[i * 3 + 1] = (uint8_t)(in ? 90 : x);
        rgb[i * 3 + 2] = in ? 60 : 220;
    }
    expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 1, "key", &c, &l) == LAC_OK, "reference: %s", messages.text);
    return ctx;
}

/* s: for both contexts, one with all stages on the GPU. */
static void test_alike(Tally *t, LacSettings *s, enum LacFormat format, int bytes, const char *what)
{
    enum { SOME = 3 }; /* frames; the second is a reference */
    static uint8_t gray[W * H], out[2][W * H * 8];
    LacContext *ctx[2];
    int got = 0, same = 0;

    for (int i = 0; i < 2; i++) {
        ctx[i] = open_one(t, s);
    }
    for (int n = 0; ctx[0] && ctx[1] && n <= SOME; n++) {
        LacPicture l = { LAC_GRAY8, W, H, W, gray };

        for (int i = 0; i < W * H; i++) {
            gray[i] = pixel(i % W, i / W, n);
        }
        for (int i = 0; i < 2; i++) {
            setenv("LAC_CUDA_STAGES", i ? "host" : "", 1); /* read with the first frame */
            expect(t, lac_send_frame(ctx[i], n < SOME ? &l : NULL, n * FRAME, FRAME) == LAC_OK, "send: %s", messages.text);
        }
        while (lac_ready(ctx[0]) == 1) {
            for (int i = 0; i < 2; i++) {
                expect(t, lac_receive_frame(ctx[i], &(LacPicture){ format, W, H, W * bytes, out[i] }) == LAC_OK, "receive: %s",
                       messages.text);
            }
            same += !memcmp(out[0], out[1], (size_t)W * H * bytes);
            got++;
            expect(t, lac_confidence(ctx[0]) == lac_confidence(ctx[1]), "%s: confidence %f, %f", what, lac_confidence(ctx[0]),
                   lac_confidence(ctx[1]));
        }
    }
    unsetenv("LAC_CUDA_STAGES");
    expect(t, got == SOME && same == got, "%s: %d of %d frames are the same", what, same, got);
    lac_close(&ctx[0]);
    lac_close(&ctx[1]);
}

static LacSettings settings(const char *weights)
{
    LacSettings s;

    messages_log(&messages);
    lac_settings_default(&s);
    s.weights = weights;
    s.device = "cuda";
    s.size = 64;
    s.threads = 1;
    s.window = 3;
    s.log = messages_add;
    s.log_opaque = &messages;
    return s;
}

static void test_settings(Tally *t)
{
    static const struct {
        enum LacFill fill;
        enum LacOutput output;
        enum LacTemporal temporal;
        enum LacFormat format;
        int bytes;
        const char *what, *weights;
        enum LacLines lines;
    } kind[] = {
        { LAC_FILL_SMOOTH, LAC_OUTPUT_COLOR, LAC_TEMPORAL_ON, LAC_RGB24, 3, "a window by the line art", UNREFINED, LAC_LINES_REF },
        { LAC_FILL_AUTO, LAC_OUTPUT_COLOR, LAC_TEMPORAL_ON, LAC_RGB24, 3, "a window", NULL, LAC_LINES_REF },
        { LAC_FILL_AUTO, LAC_OUTPUT_COLOR, LAC_TEMPORAL_ON, LAC_RGBA64, 8, "a window of 16 bits", NULL, LAC_LINES_REF },
        { LAC_FILL_FLAT, LAC_OUTPUT_COLOR, LAC_TEMPORAL_ON, LAC_RGB24, 3, "a window of flat colours", NULL, LAC_LINES_REF },
        { LAC_FILL_FLAT, LAC_OUTPUT_COLOR, LAC_TEMPORAL_OFF, LAC_RGB24, 3, "flat colours without lines", NULL, LAC_LINES_NONE },
        { LAC_FILL_SMOOTH, LAC_OUTPUT_COLOR, LAC_TEMPORAL_ON, LAC_RGB24, 3, "a window of predictions", NULL, LAC_LINES_REF },
        { LAC_FILL_TRANSFER, LAC_OUTPUT_COLOR, LAC_TEMPORAL_OFF, LAC_RGB24, 3, "copies", NULL, LAC_LINES_REF },
        { LAC_FILL_AUTO, LAC_OUTPUT_CONFIDENCE, LAC_TEMPORAL_OFF, LAC_RGB24, 3, "confidence", NULL, LAC_LINES_REF },
        { LAC_FILL_AUTO, LAC_OUTPUT_REGIONS, LAC_TEMPORAL_OFF, LAC_RGB24, 3, "regions", NULL, LAC_LINES_REF },
        { LAC_FILL_FLAT, LAC_OUTPUT_REGIONS, LAC_TEMPORAL_OFF, LAC_RGB24, 3, "regions in flat colours", NULL, LAC_LINES_REF },
    };

    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        LacSettings s = settings(kind[i].weights ? kind[i].weights : WEIGHTS);

        s.fill = kind[i].fill;
        s.output = kind[i].output;
        s.lines = kind[i].lines;
        s.temporal = kind[i].temporal;
        test_alike(t, &s, kind[i].format, kind[i].bytes, kind[i].what);
    }
}

/* Where a tensor's bytes begin among the data, 0 if it is not there. */
static size_t begins(const char *header, const char *name)
{
    const char *entry = strstr(header, name), *at = entry ? strstr(entry, "data_offsets\":[") : NULL;

    return at ? strtoul(at + strlen("data_offsets\":["), NULL, 10) : 0;
}

/* The greatest half there is into all from one tensor to another. */
static void fill(char *header, size_t length, const char *from, const char *to)
{
    for (size_t i = begins(header, from); i < begins(header, to); i += 2) {
        memcpy(header + length + i, &(uint16_t){ 0x7bff }, 2);
    }
}

/* The weights with such values in all that makes the style, which overflows -> DAMAGED. */
static bool damage(void)
{
    FILE *from = fopen(WEIGHTS, "rb"), *to = fopen(DAMAGED, "wb");
    char *bytes = calloc(1, MOST);
    const size_t size = from && bytes ? fread(bytes, 1, MOST - 1, from) : 0;
    size_t header = 0;
    bool done = false;

    if (size > 8 && to) {
        memcpy(&header, bytes, 8);
        fill(bytes + 8, header, "embedder.conv0.bias", "enc.conv0.weight");
        fill(bytes + 8, header, "mlp0.bias", "refine.conv0.bias");
        done = fwrite(bytes, 1, size, to) == size;
    }
    free(bytes);
    if (from) {
        fclose(from);
    }
    return to && !fclose(to) && done;
}

/* A prediction that is not numbers is an error, wherever it is looked at. */
static void test_insane(Tally *t)
{
    static const enum LacFill fills[] = { LAC_FILL_AUTO, LAC_FILL_SMOOTH, LAC_FILL_FLAT };
    static uint8_t gray[W * H], out[W * H * 3];

    expect(t, damage(), "damaged weights");
    for (int i = 0; i < 6; i++) {
        LacSettings s = settings(DAMAGED);
        LacContext *ctx;

        setenv("LAC_CUDA_STAGES", i / 3 ? "host" : "", 1);
        s.fill = fills[i % 3];
        s.temporal = LAC_TEMPORAL_OFF;
        memset(gray, 250, sizeof gray);
        ctx = open_one(t, &s);
        expect(t, ctx && !lac_send_frame(ctx, &(LacPicture){ LAC_GRAY8, W, H, W, gray }, 0, FRAME), "send: %s", messages.text);
        for (int again = 0; ctx && again < 2; again++) {
            expect(t, lac_receive_frame(ctx, &(LacPicture){ LAC_RGB24, W, H, W * 3, out }) == LAC_EMODEL && strstr(messages.text,
                   "output is not a number"), "%d: %s", i, messages.text);
        }
        lac_close(&ctx);
    }
    unsetenv("LAC_CUDA_STAGES");
    remove(DAMAGED);
}

int main(void)
{
    Tally t = { .name = "test_cuda_host_frames" };

    setenv("LAC_EMULATE_SM", "90", 1);
    test_settings(&t);
    test_insane(&t);
    return tally_end(&t);
}
