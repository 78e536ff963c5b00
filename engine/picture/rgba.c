/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures with alpha or 16 bits: made, packed, resized and written in the caller's format. */
#include "picture/rgba.h"

#include <string.h>

#include "picture/resize.h"

int lac_rgba_alloc(LacRgba *image, int width, int height, const LacLog *log)
{
    size_t pixels;

    *image = (LacRgba){ .width = width, .height = height };
    if (lac_mul((size_t)width, (size_t)height, &pixels)) {
        image->data = lac_alloc(pixels, 4 * sizeof *image->data);
    }
    if (!image->data) {
        *image = (LacRgba){ 0 };
        return lac_fail(log, LAC_ENOMEM, "no memory for a picture of %dx%d with alpha or 16 bits", width, height);
    }
    return LAC_OK;
}

void lac_rgba_free(LacRgba *image)
{
    lac_free(image->data);
    *image = (LacRgba){ 0 };
}

static size_t samples(const LacRgba *image)
{
    return (size_t)image->width * image->height * 4;
}

void lac_rgba_settle(LacRgba *image)
{
    image->alpha = image->wide = false;
    for (size_t i = 0; i < samples(image); i++) {
        image->alpha = image->alpha || (i % 4 == 3 && image->data[i] != LAC_OPAQUE);
        image->wide = image->wide || image->data[i] % 257;
    }
    if (!image->alpha && !image->wide) {
        lac_rgba_free(image);
    }
}

int lac_rgba_copy(LacRgba *image, const LacPicture *picture, const LacLog *log)
{
    const bool wide = picture->format != LAC_RGBA32;
    const int channels = picture->format == LAC_RGB48 ? 3 : 4, err = lac_rgba_alloc(image, picture->width,
                                                                                   picture->height, log);

    for (int y = 0; !err && y < image->height; y++) {
        const uint8_t *p = picture->data + y * picture->stride;
        uint16_t *o = image->data + (size_t)y * image->width * 4;

        for (int x = 0; x < image->width; x++, o += 4) {
            o[3] = LAC_OPAQUE;
            for (int c = 0; c < channels; c++, p += wide ? 2 : 1) {
                if (wide) {
                    memcpy(&o[c], p, 2);
                } else {
                    o[c] = (uint16_t)(*p * 257);
                }
            }
        }
    }
    return err;
}

int lac_rgba_flatten(LacImage *image, const LacRgba *rgba, const LacLog *log)
{
    const int err = lac_image_alloc(image, rgba->width, rgba->height, 3, log);

    for (size_t i = 0; !err && i < samples(rgba) / 4; i++) {
        for (int c = 0; c < 3; c++) {
            image->data[i * 3 + c] = lac_rgba_white8(rgba->data + i * 4, c);
        }
    }
    return err;
}

int lac_rgba_letterbox(LacRgba *out, const LacRgba *image, int aspect_width, int aspect_height, const LacLog *log)
{
    int w = 0, h = 0, err = lac_letterbox_size(image->width, image->height, aspect_width, aspect_height, &w, &h, log);

    err = err ? err : lac_rgba_alloc(out, w, h, log);
    if (err) {
        return err;
    }
    const size_t row = (size_t)image->width * 4, left = (size_t)((w - image->width) / 2) * 4;
    const size_t top = (size_t)((h - image->height) / 2);

    out->alpha = image->alpha;
    out->wide = image->wide;
    for (size_t i = 0; i < samples(out); i++) {
        out->data[i] = i % 4 == 3 && image->alpha ? 0 : LAC_OPAQUE;
    }
    for (int y = 0; y < image->height; y++) {
        memcpy(out->data + (top + y) * (size_t)w * 4 + left, image->data + y * row, row * sizeof *image->data);
    }
    return LAC_OK;
}

int lac_rgba_resize(LacRgba *out, const LacRgba *image, int width, int height, int threads, const LacLog *log)
{
    const size_t in = (size_t)image->width * image->height, n = (size_t)width * height;
    float *from = lac_alloc(in, 4 * sizeof *from), *to = lac_alloc(n, 4 * sizeof *to);
    LacResize r = { 0 };
    int err = lac_rgba_alloc(out, width, height, log);

    if (err || !from || !to || lac_resize_open(&r, image->width, image->height, width, height, 4, threads) < 0) {
        err = lac_fail(log, LAC_ENOMEM, "no memory to resize a picture to %dx%d", width, height);
        lac_rgba_free(out);
    } else {
        out->alpha = image->alpha;
        out->wide = image->wide;
        for (size_t i = 0; i < in * 4; i++) { /* colours times alpha */
            from[i] = (float)image->data[i] * (i % 4 == 3 ? 1 : (float)image->data[i | 3] / LAC_OPAQUE);
        }
        lac_resize_f32(&r, from, 4, to);
        for (size_t i = 0; i < n * 4; i++) {
            const float alpha = to[i | 3] / LAC_OPAQUE;
            out->data[i] = lac_rgba_round(i % 4 == 3 ? to[i] : alpha > 0 ? to[i] / alpha : LAC_OPAQUE);
        }
    }
    lac_resize_close(&r);
    lac_free(from);
    lac_free(to);
    return err;
}

static void write_row(const uint16_t *p, uint8_t *o, int width, enum LacFormat format)
{
    for (int x = 0; x < width; x++, p += 4) {
        uint16_t flat[4];

        switch (format) {
        case LAC_RGBA32:
            for (int c = 0; c < 4; c++) {
                *o++ = (uint8_t)((p[c] + 128) / 257);
            }
            break;
        case LAC_RGBA64:
            memcpy(o, p, 8);
            o += 8;
            break;
        case LAC_RGB48:
            for (int c = 0; c < 3; c++) {
                flat[c] = (uint16_t)(p[3] == LAC_OPAQUE ? p[c]
                                                        : ((uint64_t)p[c] * p[3] +
                                                           (uint64_t)65535 * (65535 - p[3]) + 32767) / 65535);
            }
            memcpy(o, flat, 6);
            o += 6;
            break;
        default:
            for (int c = 0; c < 3; c++) {
                *o++ = lac_rgba_white8(p, c);
            }
        }
    }
}

void lac_rgba_write(const uint16_t *rgba, LacPicture *out, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int y = 0; y < out->height; y++) {
        write_row(rgba + (size_t)y * out->width * 4, out->data + y * out->stride, out->width, out->format);
    }
}
