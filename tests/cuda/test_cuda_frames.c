/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames on the GPU, by its kernels: line art, distance field and colour bit for bit those of lineart.c, and
 * every format's planes, at odd sizes, with rows longer than the picture. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <math.h>
#include <stdlib.h>

#include "device.h"
#include "expect.h"
#include "ops/cuda/frames.h"
#include "ops/cuda/library.h"
#include "ops/cuda/lineart_cuda.h"
#include "ops/cuda/resize_cuda.h"
#include "picture/lineart.h"

extern const LacCudaLibrary lac_cuda_library;

enum { PAD = 6, GUARD = 0x5a };

static uint32_t seed = 1;

static uint8_t byte(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint8_t)(seed >> 16);
}

static CudaAxis axis_of(const LacAxis *a)
{
    return (CudaAxis){ a->in, a->out, a->taps, a->start, a->count, a->low, a->high, a->weight };
}

static void test_lineart(Tally *t, LacBackend *be, int w, int h, int size, bool p010, bool limited)
{
    LacLog log = { 0 };
    LacLineart la;
    CudaLineart cuda;
    int nw, nh, bytes = p010 ? 2 : 1;
    ptrdiff_t stride = (ptrdiff_t)w * bytes + PAD;
    size_t native = (size_t)w * (size_t)h, net;
    uint8_t *luma = calloc((size_t)stride, (size_t)h), *gray = malloc(native), *rgb = calloc(native, 3);
    void *luma_on_device, *rgb_on_device;
    float *colour, *wanted;
    CudaAxis x, y;

    for (int i = 0; i < w * h; i++) {
        int dark = byte() % 9 == 0, v = dark ? byte() : limited ? 235 : 255;
        uint8_t *at = luma + i / w * stride + i % w * bytes;

        at[bytes - 1] = (uint8_t)v;
        if (p010) {
            at[0] = byte();
        }
        gray[i] = lac_gray_of(p010 ? at[0] | at[1] << 8 : v, p010, limited);
        for (int c = 0; c < 3; c++) {
            rgb[i * 3 + c] = byte();
        }
    }
    lac_network_size(w, h, size, &nw, &nh);
    if (!expect(t, !lac_lineart_open(&la, w, h, nw, nh, 1, &log), "open %dx%d", w, h)) {
        return;
    }
    net = (size_t)nw * (size_t)nh;
    x = axis_of(&la.resize.x);
    y = axis_of(&la.resize.y);
    if (!expect(t, !lac_cuda_lineart_open(be, &cuda, &x, &y), "open %dx%d", w, h)) {
        return;
    }
    lac_lineart_run(&la, gray, w);
    luma_on_device = device_copy(be, luma, (size_t)stride * (size_t)h);
    rgb_on_device = device_copy(be, rgb, native * 3);
    expect(t, !lac_cuda_lineart_run(be, &cuda, &(CudaLuma){ luma_on_device, stride, p010, limited }), "run");
    expect(t, device_equals(be, cuda.gray, gray, native), "%dx%d, P010 %d, limited %d: gray differs", w, h, p010, limited);
    expect(t, device_equals(be, cuda.line, la.line, net * sizeof(float)), "%dx%d at %dx%d: line art differs", w, h, nw, nh);
    expect(t, device_equals(be, cuda.distance, la.distance, net * sizeof(float)), "%dx%d at %dx%d: distance differs", w, h, nw, nh);
    colour = device_new(net * 3 * sizeof *colour);
    wanted = malloc(net * 3 * sizeof *wanted);
    lac_lineart_colour(&la, rgb, wanted);
    expect(t, !lac_cuda_lineart_colour(be, &cuda, rgb_on_device, colour), "colour");
    expect(t, device_equals(be, colour, wanted, net * 3 * sizeof(float)), "%dx%d at %dx%d: colour differs", w, h, nw, nh);
    lac_cuda_lineart_close(be, &cuda);
    lac_lineart_close(&la);
    device_free(luma_on_device);
    device_free(rgb_on_device);
    device_free(colour);
    free(luma);
    free(gray);
    free(rgb);
    free(wanted);
}

/* The network's picture: to [-1, 1], and whether it is numbers. */
static void test_picture(Tally *t, LacDevice *dev, bool sane)
{
    enum { H = 7, W = 13, VALUES = H * W * 3 };
    LacBackend *be = dev->be;
    LacTensor from = { .type = LAC_F32, .n = 1, .h = H, .w = W, .c = 3 };
    float values[VALUES], wanted[VALUES], *got = device_new(sizeof wanted);
    int *bad = device_new(sizeof *bad), flag = 7;

    for (int i = 0; i < VALUES; i++) {
        values[i] = (float)byte() / 64 - 2;
        values[i] = i == 5 ? INFINITY : i == 6 ? -INFINITY : i == VALUES - 1 && !sane ? NAN : values[i];
        wanted[i] = values[i] < -1 ? -1 : values[i] > 1 ? 1 : values[i] == values[i] ? values[i] : 0;
    }
    expect(t, !dev->ops->tensor_alloc(be, &from) && !dev->ops->upload(be, values, &from), "tensor");
    for (int again = 0; again < 2; again++) {
        expect(t, !dev->frames->picture(be, &from, got, bad) && device_equals(be, got, wanted, sizeof wanted), "picture");
        device_read(be, bad, &flag, sizeof flag);
        expect(t, flag == !sane, "numbers: %d, told %d", sane, !flag);
    }
    dev->ops->tensor_free(be, &from);
    device_free(got);
    device_free(bad);
}

static void test_resize(Tally *t, LacBackend *be, int w, int h, int out_w, int out_h)
{
    LacResize r;
    CudaResize cuda;
    const size_t in = (size_t)w * (size_t)h * 3, out = (size_t)out_w * (size_t)out_h;
    uint8_t *src = malloc(in), *wanted_least = malloc(out), *bytes_on_device, *least = device_new(out);
    float *values = malloc(in * sizeof *values), *wanted = malloc(out * 3 * sizeof *wanted), *values_on_device;
    float *got = device_new(out * 3 * sizeof *got);
    CudaAxis x, y;

    for (size_t i = 0; i < in; i++) {
        src[i] = byte();
        values[i] = (float)byte() / 100 - 1;
    }
    if (!expect(t, !lac_resize_open(&r, w, h, out_w, out_h, 3, 1), "open")) {
        return;
    }
    x = axis_of(&r.x);
    y = axis_of(&r.y);
    expect(t, !lac_cuda_resize_open(be, &cuda, &x, &y), "open");
    bytes_on_device = device_copy(be, src, in);
    values_on_device = device_copy(be, values, in * sizeof *values);
    lac_resize_u8(&r, src, (ptrdiff_t)w * 3, 3, wanted);
    expect(t, !lac_cuda_resize_u8(be, &cuda, bytes_on_device, 3, got) && device_equals(be, got, wanted, out * 3 * sizeof *got),
           "%dx%d to %dx%d: bytes differ", w, h, out_w, out_h);
    lac_resize_f32(&r, values, 3, wanted);
    expect(t, !lac_cuda_resize_f32(be, &cuda, values_on_device, 3, got) && device_equals(be, got, wanted, out * 3 * sizeof *got),
           "%dx%d to %dx%d: floats differ", w, h, out_w, out_h);
    for (int all = 0; all < 2; all++) {
        lac_resize_min(&r, src, w, all, wanted_least);
        expect(t, !lac_cuda_resize_min(be, &cuda, bytes_on_device, all, least) && device_equals(be, least, wanted_least, out),
               "%dx%d to %dx%d: minima differ", w, h, out_w, out_h);
    }
    lac_cuda_resize_close(be, &cuda);
    lac_resize_close(&r);
    device_free(bytes_on_device);
    device_free(values_on_device);
    device_free(least);
    device_free(got);
    free(src);
    free(wanted_least);
    free(values);
    free(wanted);
}

/* Value x of row y of plane p, in the format's own layout: what pixels_math.h says of the picture. */
static int value(const uint8_t *rgb, const CudaFrame *f, const PixelCoder *coder, int p, int y, int x)
{
    bool planar = f->pixels == CUDA_YUV420P || f->pixels == CUDA_YUV444P, full = p == 0 || f->pixels == CUDA_YUV444P;
    bool v = planar ? p == 2 : x % 2;
    int32_t c[3];

    if (f->pixels == CUDA_RGBA) {
        return x % 4 == 3 ? 255 : rgb[(y * f->width + x / 4) * 3 + x % 4];
    }
    if (full) {
        lac_pixels_one(rgb, f->width, y, x, c);
        return lac_pixels_value(p == 0 ? coder->y : v ? coder->v : coder->u, c, 0, p ? coder->grey : coder->black,
                                coder->most);
    }
    lac_pixels_quad(rgb, f->width, f->height, y, planar ? x : x / 2, f->left, c);
    return lac_pixels_value(v ? coder->v : coder->u, c, 3, coder->grey, coder->most);
}

static void test_pixels(Tally *t, LacBackend *be, enum CudaPixels pixels, int w, int h, bool left)
{
    static const int planes[] = { 2, 2, 3, 3, 1 };
    CudaFrame f = { .pixels = pixels, .width = w, .height = h, .matrix = left ? PIXELS_709 : PIXELS_601, .limited = left,
                    .left = left };
    PixelCoder coder = lac_pixels_coder(f.matrix, f.limited, pixels == CUDA_P010 ? 10 : 8);
    uint8_t *rgb = calloc((size_t)w * (size_t)h, 3), *rgb_on_device, *plane[3];
    int wrong = 0, bytes = pixels == CUDA_P010 ? 2 : 1, rows[3] = { 0 }, values[3] = { 0 };

    for (int i = 0; i < w * h * 3; i++) {
        rgb[i] = byte();
    }
    for (int p = 0; p < planes[pixels]; p++) {
        bool half = p && pixels != CUDA_YUV444P;

        rows[p] = half ? (h + 1) / 2 : h;
        values[p] = pixels == CUDA_RGBA ? 4 * w : !half ? w : (w + 1) / 2 * (pixels == CUDA_YUV420P ? 1 : 2);
        f.stride[p] = (values[p] * bytes + PAD + 3) / 4 * 4;
        plane[p] = malloc((size_t)f.stride[p] * (size_t)rows[p]);
        memset(plane[p], GUARD, (size_t)f.stride[p] * (size_t)rows[p]);
        f.plane[p] = device_copy(be, plane[p], (size_t)f.stride[p] * (size_t)rows[p]);
    }
    rgb_on_device = device_copy(be, rgb, (size_t)w * (size_t)h * 3);
    expect(t, !lac_cuda_pixels_write(be, rgb_on_device, &f), "write");
    for (int p = 0; p < planes[pixels]; p++) {
        device_read(be, f.plane[p], plane[p], (size_t)f.stride[p] * (size_t)rows[p]);
        for (int y = 0; y < rows[p]; y++) {
            const uint8_t *row = plane[p] + y * f.stride[p];

            for (int x = 0; x < values[p]; x++) {
                int got = bytes == 2 ? row[2 * x] | row[2 * x + 1] << 8 : row[x];

                wrong += got != value(rgb, &f, &coder, p, y, x) << (bytes == 2 ? 6 : 0);
            }
            for (ptrdiff_t i = (ptrdiff_t)values[p] * bytes; i < f.stride[p]; i++) {
                wrong += row[i] != GUARD;
            }
        }
        free(plane[p]);
        device_free(f.plane[p]);
    }
    expect(t, wrong == 0, "format %d, %dx%d: %d bytes wrong", (int)pixels, w, h, wrong);
    device_free(rgb_on_device);
    free(rgb);
}

int main(void)
{
    static const int size[][3] = { { 131, 97, 64 }, { 64, 64, 64 }, { 90, 225, 64 }, { 200, 90, LAC_SIZE_NATIVE },
                                   { 1, 1, 64 }, { 37, 5, 64 } };
    Tally t = { .name = "test_cuda_frames" };
    LacLog log = { 0 };
    LacDevice dev;

    setenv("LAC_EMULATE_SM", "90", 1);
    if (expect(&t, !lac_cuda_library.open(&dev, 0, LAC_PRECISION_AUTO, &log), "open")) {
        for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
            for (int k = 0; k < 4; k++) {
                test_lineart(&t, dev.be, size[i][0], size[i][1], size[i][2], k / 2, k % 2);
            }
        }
        test_picture(&t, &dev, false);
        test_picture(&t, &dev, true);
        test_resize(&t, dev.be, 131, 97, 40, 33);
        test_resize(&t, dev.be, 31, 57, 64, 57);
        test_resize(&t, dev.be, 300, 5, 64, 64);
        test_resize(&t, dev.be, 1, 1, 1, 1);
        for (int p = CUDA_NV12; p <= CUDA_RGBA; p++) {
            for (int i = 0; i < 4; i++) {
                test_pixels(&t, dev.be, (enum CudaPixels)p, 1 + i * 47, 9 - 2 * i, i % 2);
            }
        }
        lac_device_close(&dev);
    }
    return tally_end(&t);
}
