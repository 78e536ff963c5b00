/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in host memory; PNG files through libpng, whose errors become messages and codes. */
#include "picture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "resize.h"

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

int lac_picture_check(const LacPicture *picture, enum LacFormat format, const char *name, const LacLog *log)
{
    ptrdiff_t row = (ptrdiff_t)picture->width * (format == LAC_RGB24 ? 3 : 1);

    if (!picture->data) {
        return lac_fail(log, LAC_EINVAL, "%s: picture has no pixels (data is NULL)", name);
    }
    if (picture->format != format) {
        return lac_fail(log, LAC_EINVAL, "%s: pixel format %d given, %s wanted", name, (int)picture->format,
                        format == LAC_RGB24 ? "LAC_RGB24" : "LAC_GRAY8");
    }
    if (picture->width < 1 || picture->height < 1 || picture->width > LAC_MAX_SIDE ||
        picture->height > LAC_MAX_SIDE) {
        return lac_fail(log, LAC_EINVAL, "%s: size %dx%d is out of range, 1 to %d pixels a side", name,
                        picture->width, picture->height, LAC_MAX_SIDE);
    }
    if (picture->stride < row && picture->stride > -row) {
        return lac_fail(log, LAC_EINVAL, "%s: stride of %td bytes does not hold a row of %td", name,
                        picture->stride, row);
    }
    return LAC_OK;
}

int lac_image_copy(LacImage *image, const LacPicture *picture, const char *name, const LacLog *log)
{
    int channels = picture->format == LAC_RGB24 ? 3 : 1;
    int err = lac_picture_check(picture, picture->format == LAC_RGB24 ? LAC_RGB24 : LAC_GRAY8, name, log);

    *image = (LacImage){ 0 };
    if (!err) {
        err = lac_image_alloc(image, picture->width, picture->height, channels, log);
    }
    if (err) {
        return err;
    }
    size_t row = (size_t)image->width * channels;
    for (int y = 0; y < image->height; y++) {
        memcpy(image->data + y * row, picture->data + y * picture->stride, row);
    }
    return LAC_OK;
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
        if (!wide) {
            memcpy(o, image->data + y * row, row);
            continue;
        }
        for (size_t x = 0; x < row; x++) {
            float v = wide[y * row + x] + 0.5f;
            o[x] = v > 255 ? 255 : (uint8_t)v;
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

/* What libpng's callbacks need; it lives outside the function that calls setjmp, so a jump loses nothing. */
typedef struct PngReader {
    png_structp png;
    png_infop info;
    const char *name;
    const LacLog *log;
    int error;
    char warning[96]; /* the last one: it often says what an error that follows is about */
    uint8_t *pixels;
    png_bytep *rows;
    int width, height, channels; /* as libpng delivers them: 1..4 channels of 8 bit */
} PngReader;

static void on_error(png_structp png, png_const_charp message)
{
    PngReader *r = png_get_error_ptr(png);

    r->error = lac_fail(r->log, LAC_EFORMAT, "cannot read PNG file '%s': %s%s%s%s", r->name, message,
                        r->warning[0] ? " (" : "", r->warning, r->warning[0] ? ")" : "");
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    PngReader *r = png_get_error_ptr(png);

    snprintf(r->warning, sizeof r->warning, "%s", message);
    lac_log(r->log, LAC_LOG_DEBUG, "PNG file '%s': %s", r->name, message);
}

static void on_read(png_structp png, png_bytep data, size_t size)
{
    FILE *file = png_get_io_ptr(png);

    if (fread(data, 1, size, file) != size) {
        png_error(png, ferror(file) ? strerror(errno) : "the file is truncated");
    }
}

/* A file that says it is sRGB is what we take it for; anything else is reported. */
static void report_colour(const PngReader *r)
{
    double gamma = 0, c[8] = { 0 };
    char *profile = NULL, text[160] = "";
    png_bytep data;
    png_uint_32 size;
    int method;

    if (png_get_valid(r->png, r->info, PNG_INFO_sRGB)) {
        return;
    }
    if (png_get_iCCP(r->png, r->info, &profile, &method, &data, &size)) {
        snprintf(text, sizeof text, "iCCP profile \"%.79s\"", profile);
    } else {
        size_t used = 0;
        if (png_get_gAMA(r->png, r->info, &gamma)) {
            used = (size_t)snprintf(text, sizeof text, "gAMA %.5f", gamma);
        }
        if (png_get_cHRM(r->png, r->info, &c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6], &c[7])) {
            snprintf(text + used, sizeof text - used, "%scHRM white %.4f %.4f, red %.4f %.4f",
                     used ? ", " : "", c[0], c[1], c[2], c[3]);
        }
    }
    if (text[0]) {
        lac_log(r->log, LAC_LOG_INFO,
                "'%s' carries %s; it is not applied, the pixels are taken as sRGB as stored", r->name, text);
    }
}

/* Between setjmp and the last libpng call. Everything allocated is in *r. */
static int read_pixels(PngReader *r)
{
    int type;
    size_t row;

    if (setjmp(png_jmpbuf(r->png))) {
        return r->error ? r->error : LAC_EFORMAT;
    }
    png_set_user_limits(r->png, LAC_MAX_SIDE, LAC_MAX_SIDE);
    png_read_info(r->png, r->info);
    r->width = (int)png_get_image_width(r->png, r->info);
    r->height = (int)png_get_image_height(r->png, r->info);
    type = png_get_color_type(r->png, r->info);
    report_colour(r);

    png_set_expand(r->png); /* palette to RGB, gray to 8 bit, tRNS to alpha */
    png_set_scale_16(r->png);
    if (png_get_interlace_type(r->png, r->info) != PNG_INTERLACE_NONE) {
        png_set_interlace_handling(r->png);
    }
    png_read_update_info(r->png, r->info);
    r->channels = png_get_channels(r->png, r->info);
    row = png_get_rowbytes(r->png, r->info);
    if (png_get_bit_depth(r->png, r->info) != 8 || r->channels < 1 || r->channels > 4 ||
        row != (size_t)r->width * r->channels) {
        return lac_fail(r->log, LAC_EFORMAT, "cannot read PNG file '%s': unusual layout (colour type %d)",
                        r->name, type);
    }
    r->pixels = lac_alloc((size_t)r->height, row);
    r->rows = lac_alloc((size_t)r->height, sizeof *r->rows);
    if (!r->pixels || !r->rows) {
        return lac_fail(r->log, LAC_ENOMEM, "no memory for the %dx%d picture '%s'", r->width, r->height,
                        r->name);
    }
    for (int y = 0; y < r->height; y++) {
        r->rows[y] = r->pixels + (size_t)y * row;
    }
    png_read_image(r->png, r->rows);
    png_read_end(r->png, NULL); /* checks the end, so that a truncated file is an error */
    return LAC_OK;
}

static uint8_t over_white(int value, int alpha)
{
    return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

static uint8_t luma(const uint8_t *rgb)
{
    return (uint8_t)((77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8);
}

/* From 1..4 channels as read to the 1 or 3 wanted. */
static int convert(LacImage *image, const PngReader *r, int channels)
{
    int err = lac_image_alloc(image, r->width, r->height, channels, r->log);
    bool gray = r->channels < 3, alpha = r->channels == 2 || r->channels == 4;
    size_t count = err ? 0 : (size_t)r->width * r->height;

    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = r->pixels + i * r->channels;
        int a = alpha ? p[r->channels - 1] : 255;
        uint8_t c[3];

        for (int j = 0; j < 3; j++) {
            c[j] = over_white(p[gray ? 0 : j], a);
        }
        if (channels == 1) {
            image->data[i] = luma(c);
        } else {
            memcpy(image->data + i * 3, c, 3);
        }
    }
    return err;
}

int lac_image_read_png_file(LacImage *image, FILE *file, const char *name, int channels, const LacLog *log)
{
    PngReader r = { .name = name, .log = log };
    uint8_t signature[8];
    size_t got = fread(signature, 1, sizeof signature, file);
    int err;

    *image = (LacImage){ 0 };
    if (got != sizeof signature && ferror(file)) {
        return lac_fail(log, LAC_EIO, "cannot read '%s': %s", name, strerror(errno));
    }
    if (got != sizeof signature || png_sig_cmp(signature, 0, sizeof signature)) {
        return lac_fail(log, LAC_EFORMAT, "'%s' is not a PNG file: %s; references are PNG pictures", name,
                        got == 0 ? "it is empty" : "its signature is missing");
    }
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
    r.info = r.png ? png_create_info_struct(r.png) : NULL;
    if (r.info) {
        png_set_read_fn(r.png, file, on_read);
        png_set_sig_bytes(r.png, sizeof signature);
        err = read_pixels(&r);
    } else {
        err = lac_fail(log, LAC_ENOMEM, "no memory to read '%s'", name);
    }
    png_destroy_read_struct(&r.png, &r.info, NULL);
    if (!err) {
        err = convert(image, &r, channels);
    }
    lac_free(r.rows);
    lac_free(r.pixels);
    return err;
}

int lac_image_read_png(LacImage *image, const char *path, int channels, const LacLog *log)
{
    FILE *file = fopen(path, "rb");
    int err;

    *image = (LacImage){ 0 };
    if (!file) {
        return lac_fail(log, errno == ENOMEM ? LAC_ENOMEM : LAC_EIO, "cannot open '%s': %s", path,
                        strerror(errno));
    }
    err = lac_image_read_png_file(image, file, path, channels, log);
    fclose(file);
    return err;
}

int lac_image_letterbox(LacImage *out, const LacImage *image, int aspect_width, int aspect_height,
                        const LacLog *log)
{
    int64_t w = image->width, h = image->height;
    int64_t wide = (h * aspect_width + aspect_height / 2) / aspect_height;
    int64_t high = (w * aspect_height + aspect_width / 2) / aspect_width;
    int err;

    if (wide > w) {
        w = wide;
    } else if (high > h) {
        h = high;
    }
    if (w > LAC_MAX_SIDE || h > LAC_MAX_SIDE) {
        return lac_fail(log, LAC_EREFERENCE, "a model sheet of %dx%d is too narrow for a video of %dx%d",
                        image->width, image->height, aspect_width, aspect_height);
    }
    err = lac_image_alloc(out, (int)w, (int)h, image->channels, log);
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
