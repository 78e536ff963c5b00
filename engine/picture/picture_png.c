/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PNG files through libpng, whose errors become messages and codes. */
#include "picture/picture.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include <png.h>

#include "picture/rgba.h"

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
    int width, height, channels, depth; /* as libpng delivers them: 1..4 channels of 8 or 16 bit */
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

static bool big_endian(void)
{
    const uint16_t one = 1;

    return *(const uint8_t *)&one == 0;
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
    if (png_get_bit_depth(r->png, r->info) == 16 && !big_endian()) {
        png_set_swap(r->png);
    }
    if (png_get_interlace_type(r->png, r->info) != PNG_INTERLACE_NONE) {
        png_set_interlace_handling(r->png);
    }
    png_read_update_info(r->png, r->info);
    r->channels = png_get_channels(r->png, r->info);
    row = png_get_rowbytes(r->png, r->info);
    r->depth = png_get_bit_depth(r->png, r->info);
    if ((r->depth != 8 && r->depth != 16) || r->channels < 1 || r->channels > 4 ||
        row != (size_t)r->width * r->channels * (r->depth / 8)) {
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

static uint16_t sample16(const PngReader *r, size_t i)
{
    uint16_t v;

    if (r->depth == 8) {
        return (uint16_t)(r->pixels[i] * 257);
    }
    memcpy(&v, r->pixels + i * 2, 2);
    return v;
}

static int sample8(const PngReader *r, size_t i)
{
    return r->depth == 8 ? r->pixels[i] : (sample16(r, i) + 128) / 257;
}

/* From 1..4 channels as read to the 1 or 3 wanted. */
static int convert(LacImage *image, const PngReader *r, int channels)
{
    int err = lac_image_alloc(image, r->width, r->height, channels, r->log);
    bool gray = r->channels < 3, alpha = r->channels == 2 || r->channels == 4;
    size_t count = err ? 0 : (size_t)r->width * r->height;

    for (size_t i = 0; i < count; i++) {
        const size_t p = i * r->channels;
        int a = alpha ? sample8(r, p + r->channels - 1) : 255;
        uint8_t c[3];

        for (int j = 0; j < 3; j++) {
            c[j] = over_white(sample8(r, p + (gray ? 0 : j)), a);
        }
        if (channels == 1) {
            image->data[i] = luma(c);
        } else {
            memcpy(image->data + i * 3, c, 3);
        }
    }
    return err;
}

static int keep_exact(LacRgba *exact, const PngReader *r)
{
    const bool gray = r->channels < 3, alpha = r->channels == 2 || r->channels == 4;
    int err;

    if (!alpha && r->depth == 8) {
        return LAC_OK;
    }
    err = lac_rgba_alloc(exact, r->width, r->height, r->log);
    for (size_t i = 0; !err && i < (size_t)r->width * r->height; i++) {
        const size_t p = i * r->channels;

        for (int c = 0; c < 3; c++) {
            exact->data[i * 4 + c] = sample16(r, p + (gray ? 0 : c));
        }
        exact->data[i * 4 + 3] = alpha ? sample16(r, p + r->channels - 1) : LAC_OPAQUE;
    }
    if (!err) {
        lac_rgba_settle(exact);
    }
    return err;
}

/* exact: may be NULL */
static int read_file(LacImage *image, LacRgba *exact, FILE *file, const char *name, int channels, const LacLog *log)
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
    if (!err && exact) {
        err = keep_exact(exact, &r);
        if (err) {
            lac_image_free(image);
        }
    }
    lac_free(r.rows);
    lac_free(r.pixels);
    return err;
}

int lac_image_read_png_file(LacImage *image, FILE *file, const char *name, int channels, const LacLog *log)
{
    return read_file(image, NULL, file, name, channels, log);
}

static int read_path(LacImage *image, LacRgba *exact, const char *path, int channels, const LacLog *log)
{
    FILE *file = fopen(path, "rb");
    int err;

    *image = (LacImage){ 0 };
    if (!file) {
        return lac_fail(log, errno == ENOMEM ? LAC_ENOMEM : LAC_EIO, "cannot open '%s': %s", path,
                        strerror(errno));
    }
    err = read_file(image, exact, file, path, channels, log);
    fclose(file);
    return err;
}

int lac_image_read_png(LacImage *image, const char *path, int channels, const LacLog *log)
{
    return read_path(image, NULL, path, channels, log);
}

int lac_image_read_png_exact(LacImage *image, LacRgba *exact, const char *path, const LacLog *log)
{
    *exact = (LacRgba){ 0 };
    return read_path(image, exact, path, 3, log);
}
