/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device frames through lac.h, with a stand-in for the driver and the kernels run on the CPU: what goes in as planes and comes
 * out as planes is, to the bit, what goes in as gray and comes out as RGB with the network on the same device and every other stage on the
 * host. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <dlfcn.h>
#include <stdlib.h>

#include "expect.h"
#include "ops/cuda/lineart_math.h"
#include "ops/cuda/pixels_math.h"

#define WEIGHTS "tests/engine/vectors/tiny.weights.safetensors"

enum { W = 83, H = 65, FRAME = 40000, FRAMES = 4, STRIDE = 2 * W + 10 };

/* emulate.cpp: allocations of device memory that still succeed, negative for all; calls of cudaSetDevice */
extern int emulated_mallocs_left;
extern int emulated_launches_left; /* kernels that still start, negative for all */
extern unsigned emulated_launches;
extern unsigned emulated_set_devices;

static Messages messages;
static int (*depth)(void);
static void *context;

/* A square outline that moves with n; luma of limited range is at most 235. */
static uint8_t pixel(int x, int y, int n)
{
    const bool side = (x == 5 + 2 * n || x == 35 + 2 * n) && y >= 10 && y <= 40;
    const bool top = (y == 10 || y == 40) && x >= 5 + 2 * n && x <= 35 + 2 * n;

    return side || top ? 20 : 250;
}

/* What a frame is made of. */
typedef struct Kind {
    enum LacPlanes planes;
    enum LacMatrix matrix;
    int full, centred;
} Kind;

static LacSettings settings(const char *device, const LacCudaHost *host)
{
    LacSettings s = small_settings(&messages, WEIGHTS, device);

    s.cuda = host;
    return s;
}

/* References are frames `first` and every other after it. */
static LacContext *open_with(Tally *t, const LacSettings *s, int first, bool line)
{
    static uint8_t rgb[W * H * 3], gray[W * H];
    LacPicture c = { LAC_RGB24, W, H, W * 3, rgb }, l = { LAC_GRAY8, W, H, W, gray };
    LacContext *ctx = NULL;

    if (!expect(t, lac_open(&ctx, s) == LAC_OK && ctx, "lac_open: %s", messages.text)) {
        return NULL;
    }
    for (int n = first; n < FRAMES; n += 2) {
        for (int i = 0; i < W * H; i++) {
            const bool in = i / W > 10 && i / W < 40 && i % W > 5 + 2 * n && i % W < 35 + 2 * n;

            gray[i] = pixel(i % W, i / W, n);
            rgb[i * 3] = in ? 200 : 40;
            rgb[i * 3 + 1] = (uint8_t)(in ? 90 + n : i % W);
            rgb[i * 3 + 2] = in ? 60 : 220;
        }
        expect(t, lac_add_reference_picture(ctx, LAC_WHEN_FRAME, n, "key", &c, line ? &l : NULL) == LAC_OK, "reference: %s",
               messages.text);
    }
    return ctx;
}

/* Luma of frame n as the kind has it -> the bytes, and the gray it stands for. */
static void luma(const Kind *k, int n, uint8_t *bytes, uint8_t *gray)
{
    const bool p010 = k->planes == LAC_PLANES_P010;

    for (int i = 0; i < W * H; i++) {
        const int v = pixel(i % W, i / W, n), at = i / W * STRIDE + i % W * (p010 ? 2 : 1);

        bytes[at] = (uint8_t)v;
        if (p010) {
            bytes[at] = 0x40;
            bytes[at + 1] = (uint8_t)v;
        }
        gray[i] = lac_gray_of(p010 ? v << 8 | 0x40 : v, p010, !k->full);
    }
}

/* A picture with room for any planes, all bytes 0x77. */
static LacDevicePicture picture(const Kind *k, uint8_t *memory)
{
    LacDevicePicture p = { k->planes, W, H, { 0 }, { STRIDE, STRIDE, STRIDE }, k->matrix, k->full, k->centred };

    memset(memory, 0x77, 3 * STRIDE * H);
    for (int i = 0; i < 3; i++) {
        p.plane[i] = (uint64_t)(uintptr_t)(memory + (size_t)i * STRIDE * H);
    }
    return p;
}

/* What lac_receive_device_frame has to write for rgb, by the arithmetic of one pixel. */
static void encode(const Kind *k, const uint8_t *rgb, uint8_t *memory)
{
    static const enum PixelMatrix matrix[] = { PIXELS_709, PIXELS_601, PIXELS_2020 };
    const bool p010 = k->planes == LAC_PLANES_P010, full = k->planes == LAC_PLANES_YUV444P;
    const bool planar = full || k->planes == LAC_PLANES_YUV420P;
    const PixelCoder coder = lac_pixels_coder(matrix[k->matrix], !k->full, p010 ? 10 : 8);

    memset(memory, 0x77, 3 * STRIDE * H);
    for (int p = 0; p < 3; p++) {
        const int w = p && !full ? (W + 1) / 2 : W, h = p && !full ? (H + 1) / 2 : H;

        for (int i = 0; i < w * h; i++) {
            const int x = i % w, y = i / w;
            uint8_t *at = memory + (size_t)(p && !planar ? 1 : p) * STRIDE * H + (size_t)y * STRIDE;
            const int place = p && !planar ? 2 * x + p - 1 : x;
            int32_t c[3], v;

            if (!p || full) {
                lac_pixels_one(rgb, W, y, x, c);
            } else {
                lac_pixels_quad(rgb, W, H, y, x, !k->centred, c);
            }
            v = lac_pixels_value(p == 0 ? coder.y : p == 1 ? coder.u : coder.v, c, p && !full ? 3 : 0,
                                 p ? coder.grey : coder.black, coder.most);
            if (p010) {
                at[2 * place] = (uint8_t)(v << 6);
                at[2 * place + 1] = (uint8_t)(v >> 2);
            } else {
                at[place] = (uint8_t)v;
            }
        }
    }
}

/* Frames in and out of both contexts, as they come. line: references have their line art, so that no frame waits. */
static void test_frames(Tally *t, const Kind *in, const Kind *out, bool line, enum LacTemporal temporal)
{
    static uint8_t bytes[3 * STRIDE * H], planes[3 * STRIDE * H], wanted[3 * STRIDE * H], gray[W * H], rgb[W * H * 3];
    const LacCudaHost host = { context, NULL };
    LacSettings there = settings(NULL, &host), here = settings("cuda", NULL);
    LacPicture l = { LAC_GRAY8, W, H, W, gray }, o = { LAC_RGB24, W, H, W * 3, rgb };
    LacContext *a, *b;
    unsigned before;
    const int rounds = in->planes == LAC_PLANES_NV12 && temporal == LAC_TEMPORAL_OFF ? 2 : 1; /* the second after a flush */
    int got = 0, same = 0;

    there.temporal = here.temporal = temporal;
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
            expect(t, !line || n > 1 || temporal == LAC_TEMPORAL_ON || lac_ready(a) == 1, "frame %d waits", n);
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
    expect(t, got == rounds * FRAMES && same == got, "planes %d to %d: %d of %d frames are the same", (int)in->planes,
           (int)out->planes, same, got);
    unsetenv("LAC_CUDA_STAGES");
    lac_close(&a);
    lac_close(&b);
    expect(t, depth() == 0, "%d contexts are left on the stack after lac_close", depth());
}

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
    Tally t = { .name = "test_cuda_device_frames" };
    void *driver = dlopen("libcuda.so.1", RTLD_NOW), *symbol = driver ? dlsym(driver, "lac_driver_depth") : NULL;
    int (*create)(void **, unsigned, int) = NULL, (*pop)(void **) = NULL;
    void *popped;

    setenv("LAC_EMULATE_SM", "90", 1);
    if (!expect(&t, symbol != NULL, "the stand-in driver: %s", symbol ? "" : dlerror())) {
        return tally_end(&t);
    }
    memcpy(&depth, &symbol, sizeof depth);
    symbol = dlsym(driver, "cuCtxCreate_v2");
    memcpy(&create, &symbol, sizeof create);
    symbol = dlsym(driver, "cuCtxPopCurrent_v2");
    memcpy(&pop, &symbol, sizeof pop);
    create(&context, 0, 0);
    pop(&popped);
    for (int i = 0; i < 4; i++) {
        test_frames(&t, &kinds[i], &kinds[(i + 1) % 4], i % 2, LAC_TEMPORAL_OFF);
    }
    test_frames(&t, &kinds[0], &kinds[3], true, LAC_TEMPORAL_ON);
    test_held(&t);
    test_held_window(&t);
    test_rows(&t);
    test_errors(&t);
    return tally_end(&t);
}
