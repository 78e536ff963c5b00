/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in host memory: made, checked, copied, written, put on white. */
#include "picture/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/resize.h"

int lac_image_alloc(LacImage *image, int width, int height, int channels, const LacLog *log)
{
    size_t pixels;

    *image = (LacImage){ width, height, channels, NULL };
    if (lac_mul((size_t)width, (size_t)height, &pixels)) {
        image->data = lac_alloc(pixels, (size_t)channels);
    }
    if (!image->data) {
        *image = (LacImage){ 0 };
        return lac_fail(log, LAC_ENOMEM, "no memory for a picture of %dx%d", width, height);
    }
    return LAC_OK;
}

void lac_image_free(LacImage *image)
{
    lac_free(image->data);
    *image = (LacImage){ 0 };
}

typedef struct Format {
    const char *name;
    int bytes; /* a pixel */
} Format;

static const Format formats_known[] = {
    [LAC_GRAY8] = { "LAC_GRAY8", 1 }, [LAC_RGB24] = { "LAC_RGB24", 3 }, [LAC_RGBA32] = { "LAC_RGBA32", 4 },
    [LAC_GRAY16] = { "LAC_GRAY16", 2 }, [LAC_RGB48] = { "LAC_RGB48", 6 }, [LAC_RGBA64] = { "LAC_RGBA64", 8 },
};

static int wrong_format(const LacPicture *picture, unsigned formats, const char *name, const LacLog *log)
{
    char wanted[96] = "";
    size_t used = 0;

    for (unsigned i = 0; i < sizeof formats_known / sizeof *formats_known; i++) {
        if (formats >> i & 1 && used < sizeof wanted) {
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s%s", used ? ", " : "",
                                     formats_known[i].name);
        }
    }
    return lac_fail(log, LAC_EINVAL, "%s: pixel format %d given, %s wanted", name, (int)picture->format, wanted);
}

int lac_picture_check(const LacPicture *picture, unsigned formats, const char *name, const LacLog *log)
{
    const unsigned format = (unsigned)picture->format;

    if (!picture->data) {
        return lac_fail(log, LAC_EINVAL, "%s: picture has no pixels (data is NULL)", name);
    }
    if (format >= sizeof formats_known / sizeof *formats_known || !(formats >> format & 1)) {
        return wrong_format(picture, formats, name, log);
    }
    if (picture->width < 1 || picture->height < 1 || picture->width > LAC_MAX_SIDE ||
        picture->height > LAC_MAX_SIDE) {
        return lac_fail(log, LAC_EINVAL, "%s: size %dx%d is out of range, 1 to %d pixels a side", name,
                        picture->width, picture->height, LAC_MAX_SIDE);
    }
    const ptrdiff_t row = (ptrdiff_t)picture->width * formats_known[format].bytes;
    if (picture->stride < row && picture->stride > -row) {
        return lac_fail(log, LAC_EINVAL, "%s: stride of %td bytes does not hold a row of %td", name,
                        picture->stride, row);
    }
    return LAC_OK;
}

int lac_image_copy(LacImage *image, const LacPicture *picture, const LacLog *log)
{
    const int channels = formats_known[picture->format].bytes;
    const size_t row = (size_t)picture->width * channels;
    const int err = lac_image_alloc(image, picture->width, picture->height, channels, log);

    for (int y = 0; !err && y < image->height; y++) {
        memcpy(image->data + y * row, picture->data + y * picture->stride, row);
    }
    return err;
}

/* A row of 8-bit RGB, or of `exact` where that is given, as another format. */
static void write_row(const uint8_t *rgb, const float *exact, const LacPicture *out, uint8_t *o)
{
    const int channels = out->format == LAC_RGB48 ? 3 : 4, step = out->format == LAC_RGBA32 ? 1 : 2;

    for (int i = 0; i < out->width * channels; i++, o += step) {
        const int c = i % channels, at = i / channels * 3 + c;
        const float v = c == 3 ? 255 : exact ? exact[at] : rgb[at];
        const float high = v * 257 + 0.5f;
        const uint16_t sample = high > 65535 ? 65535 : (uint16_t)high;

        if (step == 1) {
            const float above = v + 0.5f;
            *o = above > 255 ? 255 : (uint8_t)above;
        } else {
            memcpy(o, &sample, 2);
        }
    }
}

int lac_image_write(const LacImage *image, LacPicture *out, int threads, const char *name, const LacLog *log)
{
    const size_t row = (size_t)out->width * image->channels;
    LacResize resize = { 0 };
    float *wide = NULL;
    int err = LAC_OK;

    if (image->width != out->width || image->height != out->height) {
        wide = lac_alloc((size_t)out->height * row, sizeof *wide);
        if (!wide || lac_resize_open(&resize, image->width, image->height, out->width, out->height,
                                     image->channels, threads) < 0) {
            err = lac_fail(log, LAC_ENOMEM, "no memory to resize reference '%s'", name);
        } else {
            lac_resize_u8(&resize, image->data, (ptrdiff_t)image->width * image->channels, image->channels,
                          wide);
        }
    }
    for (int y = 0; !err && y < out->height; y++) {
        uint8_t *o = out->data + y * out->stride;

        if (out->format != LAC_RGB24) {
            write_row(image->data + y * row, wide ? wide + y * row : NULL, out, o);
        } else if (!wide) {
            memcpy(o, image->data + y * row, row);
        } else {
            for (size_t x = 0; x < row; x++) {
                float v = wide[y * row + x] + 0.5f;
                o[x] = v > 255 ? 255 : (uint8_t)v;
            }
        }
    }
    lac_resize_close(&resize);
    lac_free(wide);
    return err;
}

bool lac_same_aspect(int64_t w, int64_t h, int64_t width, int64_t height)
{
    int64_t a = w * height, b = h * width;

    return llabs(a - b) * 100 <= b;
}

int lac_letterbox_size(int width, int height, int aspect_width, int aspect_height, int *out_width, int *out_height,
                       const LacLog *log)
{
    int64_t w = width, h = height;
    int64_t wide = (h * aspect_width + aspect_height / 2) / aspect_height;
    int64_t high = (w * aspect_height + aspect_width / 2) / aspect_width;

    if (wide > w) {
        w = wide;
    } else if (high > h) {
        h = high;
    }
    if (w > LAC_MAX_SIDE || h > LAC_MAX_SIDE) {
        return lac_fail(log, LAC_EREFERENCE, "a model sheet of %dx%d is too narrow for a video of %dx%d", width,
                        height, aspect_width, aspect_height);
    }
    *out_width = (int)w;
    *out_height = (int)h;
    return LAC_OK;
}

int lac_image_letterbox(LacImage *out, const LacImage *image, int aspect_width, int aspect_height,
                        const LacLog *log)
{
    int w = 0, h = 0, err = lac_letterbox_size(image->width, image->height, aspect_width, aspect_height, &w, &h, log);

    err = err ? err : lac_image_alloc(out, w, h, image->channels, log);
    if (err) {
        return err;
    }
    size_t row = (size_t)image->width * image->channels;
    size_t left = (size_t)((w - image->width) / 2) * image->channels;
    size_t top = (size_t)((h - image->height) / 2);
    memset(out->data, 255, (size_t)w * h * image->channels);
    for (int y = 0; y < image->height; y++) {
        memcpy(out->data + (top + y) * (size_t)w * image->channels + left, image->data + y * row, row);
    }
    return LAC_OK;
}
