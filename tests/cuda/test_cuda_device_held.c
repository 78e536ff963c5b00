/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device frame that could not be written, for want of memory or because a kernel did not start, is not lost: the next call has it,
 * whichever it is. The stand-in driver, kernels on the CPU. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "device_case.h"

/* The next frame is painted on the GPU and stays there until it is written: its last kernel does that. */
static void held_painted(Tally *t, LacContext *ctx, const Kind *k, int again)
{
    static uint8_t planes[3 * STRIDE * H], first[3 * STRIDE * H], rgb[W * H * 3];
    static unsigned launches;
    const unsigned before = emulated_launches;
    LacPicture o = { LAC_RGB24, W, H, W * 3, rgb };
    LacDevicePicture q = picture(k, planes);

    if (again) {
        emulated_launches_left = (int)launches - 1;
        expect(t, lac_receive_device_frame(ctx, &q) == LAC_EDEVICE && lac_ready(ctx) == 1 && emulated_launches_left == 0,
               "no kernel to write: %s", messages.text);
        emulated_launches_left = -1;
    }
    if (again == 2) {
        expect(t, lac_receive_frame(ctx, &o) == LAC_OK, "receive: %s", messages.text);
        encode(k, rgb, planes);
    } else {
        expect(t, lac_receive_device_frame(ctx, &q) == LAC_OK, "receive: %s", messages.text);
    }
    if (!again) {
        launches = emulated_launches - before;
        memcpy(first, planes, sizeof first);
    }
    expect(t, !memcmp(first, planes, sizeof first), "%d: the painted frame is not the same", again);
}

/* A frame that could not be written is not lost. */
static void test_held(Tally *t)
{
    static uint8_t bytes[3 * STRIDE * H], planes[3 * STRIDE * H], first[3 * STRIDE * H], gray[W * H], rgb[W * H * 3];
    static uint8_t wanted[3 * STRIDE * H];
    const Kind k = { LAC_PLANES_YUV444P, LAC_MATRIX_BT709, 0, 0 };
    const LacCudaHost host = { context, NULL };
    LacSettings s = settings("cuda:0", &host);
    LacPicture o = { LAC_RGB24, W, H, W * 3, rgb };

    for (int again = 0; again < 3; again++) { /* 0: nothing fails, 1: the same call again, 2: the other call */
        LacDevicePicture p = picture(&k, bytes), q = picture(&k, planes);
        LacContext *ctx = open_with(t, &s, 0, false);

        luma(&k, 0, bytes, gray);
        if (!ctx || !expect(t, lac_send_device_frame(ctx, &p, 0, FRAME) == LAC_OK &&
                            lac_send_device_frame(ctx, &p, FRAME, FRAME) == LAC_OK && lac_send_frame(ctx, NULL, 0, 0) == LAC_OK,
                            "send: %s", messages.text)) {
            break;
        }
        if (again) {
            emulated_mallocs_left = 0; /* a reference needs memory for the last step alone */
            expect(t, lac_receive_device_frame(ctx, &q) == LAC_ENOMEM && lac_ready(ctx) == 1, "no memory to write: %s",
                   messages.text);
            emulated_mallocs_left = -1;
        }
        if (again == 2) {
            expect(t, lac_receive_frame(ctx, &o) == LAC_OK, "receive: %s", messages.text);
            encode(&k, rgb, planes);
        } else {
            expect(t, lac_receive_device_frame(ctx, &q) == LAC_OK, "receive: %s", messages.text);
        }
        memcpy(again ? wanted : first, planes, sizeof wanted);
        expect(t, !again || !memcmp(first, wanted, sizeof wanted), "%d: it is the same frame", again);
        held_painted(t, ctx, &k, again);
        expect(t, lac_receive_device_frame(ctx, &q) == LAC_EOF, "the end");
        lac_close(&ctx);
    }
    emulated_mallocs_left = -1;
}

/* The same for a frame of a window, which is made steady on the GPU and waits there. */
static void test_held_window(Tally *t)
{
    static uint8_t bytes[3 * STRIDE * H], planes[3 * STRIDE * H], first[3][3 * STRIDE * H], gray[W * H], rgb[W * H * 3];
    const Kind k = { LAC_PLANES_YUV444P, LAC_MATRIX_BT709, 0, 0 };
    const LacCudaHost host = { context, NULL };
    LacSettings s = settings("cuda:0", &host);
    LacPicture o = { LAC_RGB24, W, H, W * 3, rgb };

    s.temporal = LAC_TEMPORAL_ON;
    s.window = 3;
    for (int again = 0; again < 3; again++) { /* 0: nothing fails, 1: the same call again, 2: the other call */
        LacContext *ctx = open_with(t, &s, 0, true);

        for (int n = 0; ctx && n < 3; n++) {
            LacDevicePicture p = picture(&k, bytes);

            luma(&k, n, bytes, gray);
            expect(t, lac_send_device_frame(ctx, &p, n * FRAME, FRAME) == LAC_OK, "send: %s", messages.text);
        }
        expect(t, ctx && lac_send_frame(ctx, NULL, 0, 0) == LAC_OK, "the end");
        for (int n = 0; ctx && n < 3; n++) {
            LacDevicePicture q = picture(&k, planes);

            if (again && n) { /* the window is solved: the only kernel left is the one that writes */
                emulated_launches_left = 0;
                expect(t, lac_receive_device_frame(ctx, &q) == LAC_EDEVICE && lac_ready(ctx) == 1, "no kernel: %s", messages.text);
                emulated_launches_left = -1;
            }
            if (again == 2 && n) {
                expect(t, lac_receive_frame(ctx, &o) == LAC_OK, "receive: %s", messages.text);
                encode(&k, rgb, planes);
            } else {
                expect(t, lac_receive_device_frame(ctx, &q) == LAC_OK, "receive: %s", messages.text);
            }
            if (!again) {
                memcpy(first[n], planes, sizeof planes);
            }
            expect(t, !memcmp(first[n], planes, sizeof planes), "%d: frame %d is not the same", again, n);
        }
        expect(t, ctx && lac_ready(ctx) == LAC_EOF, "the end");
        lac_close(&ctx);
    }
}

int main(void)
{
    Tally t = { .name = "test_cuda_device_held" };

    if (open_driver(&t)) {
        test_held(&t);
        test_held_window(&t);
    }
    return tally_end(&t);
}
