/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device frames for tests: a stand-in for the driver, frames as planes, and what their planes have to be. */
#ifndef TESTS_CUDA_DEVICE_CASE_H
#define TESTS_CUDA_DEVICE_CASE_H

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
static inline uint8_t pixel(int x, int y, int n)
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

static inline LacSettings settings(const char *device, const LacCudaHost *host)
{
    LacSettings s = small_settings(&messages, WEIGHTS, device);

    s.cuda = host;
    return s;
}

/* References are frames `first` and every other after it. */
static inline LacContext *open_with(Tally *t, const LacSettings *s, int first, bool line)
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
static inline void luma(const Kind *k, int n, uint8_t *bytes, uint8_t *gray)
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
static inline LacDevicePicture picture(const Kind *k, uint8_t *memory)
{
    LacDevicePicture p = { k->planes, W, H, { 0 }, { STRIDE, STRIDE, STRIDE }, k->matrix, k->full, k->centred };

    memset(memory, 0x77, 3 * STRIDE * H);
    for (int i = 0; i < 3; i++) {
        p.plane[i] = (uint64_t)(uintptr_t)(memory + (size_t)i * STRIDE * H);
    }
    return p;
}

/* What lac_receive_device_frame has to write for rgb, by the arithmetic of one pixel. */
static inline void encode(const Kind *k, const uint8_t *rgb, uint8_t *memory)
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

/* The stand-in driver with a context, which is a host's. */
static inline bool open_driver(Tally *t)
{
    void *driver = dlopen("libcuda.so.1", RTLD_NOW), *symbol = driver ? dlsym(driver, "lac_driver_depth") : NULL;
    int (*create)(void **, unsigned, int) = NULL, (*pop)(void **) = NULL;
    void *popped;

    setenv("LAC_EMULATE_SM", "90", 1);
    if (!expect(t, symbol != NULL, "the stand-in driver: %s", symbol ? "" : dlerror())) {
        return false;
    }
    memcpy(&depth, &symbol, sizeof depth);
    symbol = dlsym(driver, "cuCtxCreate_v2");
    memcpy(&create, &symbol, sizeof create);
    symbol = dlsym(driver, "cuCtxPopCurrent_v2");
    memcpy(&pop, &symbol, sizeof pop);
    create(&context, 0, 0);
    pop(&popped);
    return true;
}

#endif
