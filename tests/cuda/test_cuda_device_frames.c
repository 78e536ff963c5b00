/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device frames through lac.h, with a stand-in for the driver and the kernels run on the CPU: what goes in as planes and comes
 * out as planes is, to the bit, what goes in as gray and comes out as RGB with the network on the same device and every other stage on the
 * host. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "device_case.h"

typedef struct Way {
    enum LacTemporal temporal;
    enum LacFill fill;
    enum LacOutput output;
} Way;

/* Frames in and out of both contexts, as they come. line: references have their line art, so that no frame waits. */
static void test_frames(Tally *t, const Kind *in, const Kind *out, bool line, const Way *way)
{
    static uint8_t bytes[3 * STRIDE * H], planes[3 * STRIDE * H], wanted[3 * STRIDE * H], gray[W * H], rgb[W * H * 3];
    const LacCudaHost host = { context, NULL };
    LacSettings there = settings(NULL, &host), here = settings("cuda", NULL);
    LacPicture l = { LAC_GRAY8, W, H, W, gray }, o = { LAC_RGB24, W, H, W * 3, rgb };
    LacContext *a, *b;
    unsigned before;
    const int rounds = in->planes == LAC_PLANES_NV12 && way->temporal == LAC_TEMPORAL_OFF ? 2 : 1; /* the second after a flush */
    int got = 0, same = 0;

    there.temporal = here.temporal = way->temporal;
    there.fill = here.fill = way->fill;
    there.output = here.output = way->output;
    there.window = here.window = 3;
    b = open_with(t, &here, 1, line);
    before = emulated_set_devices;
    a = open_with(t, &there, 1, line);
    for (int round = 0; a && b && round < rounds; round++) {
        for (int n = 0; n <= FRAMES; n++) {
            LacDevicePicture p = picture(in, bytes), q = picture(out, planes);

            luma(in, n, bytes, gray);
            before = emulated_set_devices;
            unsetenv("LAC_CUDA_STAGES");
            expect(t, lac_send_device_frame(a, n < FRAMES ? &p : NULL, n * FRAME, FRAME) == LAC_OK, "send: %s",
                   messages.text);
            expect(t, emulated_set_devices == before, "the device's own context was used");
            setenv("LAC_CUDA_STAGES", "host", 1); /* read with the first frame */
            expect(t, lac_send_frame(b, n < FRAMES ? &l : NULL, n * FRAME, FRAME) == LAC_OK, "send: %s", messages.text);
            expect(t, lac_ready(a) == lac_ready(b), "frame %d: ready is %d, %d", n, lac_ready(a), lac_ready(b));
            expect(t, !line || n > 1 || way->temporal == LAC_TEMPORAL_ON || lac_ready(a) == 1, "frame %d waits", n);
            while (lac_ready(b) == 1) {
                before = emulated_set_devices;
                expect(t, lac_receive_device_frame(a, &q) == LAC_OK, "receive: %s", messages.text);
                expect(t, emulated_set_devices == before, "the device's own context was used");
                expect(t, lac_receive_frame(b, &o) == LAC_OK, "receive: %s", messages.text);
                expect(t, lac_confidence(a) == lac_confidence(b), "confidence");
                encode(out, rgb, wanted);
                same += !memcmp(planes, wanted, sizeof wanted);
                got++;
            }
            expect(t, depth() == 0, "%d contexts are left on the stack", depth());
        }
        expect(t, lac_receive_device_frame(a, &(LacDevicePicture){ 0 }) == LAC_EOF, "the end");
        lac_flush(a);
        lac_flush(b);
    }
    expect(t, got == rounds * FRAMES && same == got, "planes %d to %d, fill %d, output %d: %d of %d frames are the same",
           (int)in->planes, (int)out->planes, (int)way->fill, (int)way->output, same, got);
    unsetenv("LAC_CUDA_STAGES");
    lac_close(&a);
    lac_close(&b);
    expect(t, depth() == 0, "%d contexts are left on the stack after lac_close", depth());
}

/* Frames of the host with rows that lie apart, as painted on the GPU. */
static void test_rows(Tally *t)
{
    enum { ROW = W * 3 + 7 };
    static uint8_t gray[W * H], rgb[2][ROW * H];
    LacPicture l = { LAC_GRAY8, W, H, W, gray };
    LacSettings s = settings("cuda", NULL);
    int wrong = 0;

    for (int i = 0; i < W * H; i++) {
        gray[i] = pixel(i % W, i / W, 0);
    }
    memset(rgb, 0x77, sizeof rgb);
    for (int apart = 0; apart < 2; apart++) {
        LacPicture o = { LAC_RGB24, W, H, apart ? ROW : W * 3, rgb[apart] };
        LacContext *ctx = open_with(t, &s, 1, true);

        expect(t, ctx && lac_send_frame(ctx, &l, 0, FRAME) == LAC_OK && lac_receive_frame(ctx, &o) == LAC_OK, "rows: %s",
               messages.text);
        lac_close(&ctx);
    }
    for (int i = 0; i < ROW * H; i++) {
        wrong += rgb[1][i] != (i % ROW < W * 3 ? rgb[0][i / ROW * W * 3 + i % ROW] : 0x77);
    }
    expect(t, wrong == 0, "%d bytes of rows that lie apart are wrong", wrong);
}

static void refused(Tally *t, int got, int wanted, const char *words)
{
    expect(t, got == wanted && strstr(messages.text, words), "%d instead of %d, '%s': %s", got, wanted, words, messages.text);
    messages_log(&messages);
}

static void test_errors(Tally *t)
{
    static uint8_t bytes[3 * STRIDE * H];
    const Kind k = { LAC_PLANES_NV12, LAC_MATRIX_BT709, 0, 0 };
    const LacCudaHost host = { context, NULL }, none = { NULL, NULL };
    LacDevicePicture p = picture(&k, bytes), q;
    LacContext *ctx = NULL;
    LacSettings s = settings("cpu", &host);

    refused(t, lac_open(&ctx, &s), LAC_EDEVICE, "expected auto, cuda or cuda:N");
    s.device = "cuda:1";
    refused(t, lac_open(&ctx, &s), LAC_EDEVICE, "context is of cuda:0");
    s.device = "auto";
    s.cuda = &none;
    refused(t, lac_open(&ctx, &s), LAC_EINVAL, "without a context");
    s = settings("cuda", NULL);
    ctx = open_with(t, &s, 0, false);
    refused(t, lac_send_device_frame(ctx, &p, 0, FRAME), LAC_EINVAL, "no CUDA context");
    lac_close(&ctx);

    s = settings("auto", &host);
    ctx = open_with(t, &s, 0, true);
    q = p;
    q.planes = (enum LacPlanes)9;
    refused(t, lac_send_device_frame(ctx, &q, 0, FRAME), LAC_EINVAL, "none of NV12");
    q = p;
    q.plane[0] = 0;
    refused(t, lac_send_device_frame(ctx, &q, 0, FRAME), LAC_EINVAL, "plane 0");
    q = p;
    q.stride[0] = W - 1;
    refused(t, lac_send_device_frame(ctx, &q, 0, FRAME), LAC_EINVAL, "plane 0");
    q = p;
    q.width = 0;
    refused(t, lac_send_device_frame(ctx, &q, 0, FRAME), LAC_EINVAL, "1 to 16384");
    q = p;
    q.matrix = (enum LacMatrix)3;
    refused(t, lac_send_device_frame(ctx, &q, 0, FRAME), LAC_EINVAL, "matrix");
    expect(t, lac_send_device_frame(ctx, &p, 0, FRAME) == LAC_OK, "send: %s", messages.text);
    q = p;
    q.width = W - 1;
    refused(t, lac_send_device_frame(ctx, &q, FRAME, FRAME), LAC_EINVAL, "sizes must not change");
    refused(t, lac_receive_device_frame(ctx, &q), LAC_EINVAL, "output picture is 82x65");
    q = p;
    q.plane[1] = 0;
    refused(t, lac_receive_device_frame(ctx, &q), LAC_EINVAL, "plane 1");
    refused(t, lac_receive_device_frame(ctx, NULL), LAC_EINVAL, "no picture");
    expect(t, lac_receive_device_frame(ctx, &p) == LAC_OK, "receive: %s", messages.text);
    lac_close(&ctx);
    expect(t, lac_receive_device_frame(NULL, &p) == LAC_EINVAL && lac_send_device_frame(NULL, &p, 0, 0) == LAC_EINVAL,
           "no context");
    expect(t, depth() == 0, "%d contexts are left on the stack", depth());
}

int main(void)
{
    static const Kind kinds[] = {
        { LAC_PLANES_NV12, LAC_MATRIX_BT709, 0, 0 }, { LAC_PLANES_P010, LAC_MATRIX_BT2020, 0, 0 },
        { LAC_PLANES_YUV420P, LAC_MATRIX_BT601, 1, 1 }, { LAC_PLANES_YUV444P, LAC_MATRIX_BT709, 0, 0 },
    };
    static const Way ways[] = {
        { LAC_TEMPORAL_OFF, LAC_FILL_AUTO, LAC_OUTPUT_COLOR },      { LAC_TEMPORAL_ON, LAC_FILL_AUTO, LAC_OUTPUT_COLOR },
        { LAC_TEMPORAL_OFF, LAC_FILL_FLAT, LAC_OUTPUT_COLOR },      { LAC_TEMPORAL_OFF, LAC_FILL_FLAT, LAC_OUTPUT_REGIONS },
        { LAC_TEMPORAL_OFF, LAC_FILL_AUTO, LAC_OUTPUT_CONFIDENCE },
    };
    Tally t = { .name = "test_cuda_device_frames" };

    if (!open_driver(&t)) {
        return tally_end(&t);
    }
    for (int i = 0; i < 4; i++) {
        test_frames(&t, &kinds[i], &kinds[(i + 1) % 4], i % 2, &ways[0]);
    }
    for (int i = 1; i < 5; i++) {
        test_frames(&t, &kinds[0], &kinds[3], true, &ways[i]);
    }
    test_rows(&t);
    test_errors(&t);
    return tally_end(&t);
}
