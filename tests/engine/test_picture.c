/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PNG reading: every colour type and depth has the values PNG defines, broken files are errors that name the
 * file; resampling and letterboxing. Writes into a temporary folder. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "picture/picture.h"
#include "picture/resize.h"
#include "png_file.h"

enum { W = 19, H = 11 };

static char path[64];
static Messages messages;

static unsigned sample(const uint8_t *row, int i, int depth)
{
    return depth == 16 ? (unsigned)(row[2 * i] << 8 | row[2 * i + 1])
                       : (unsigned)(row[i * depth / 8] >> (8 - depth - i * depth % 8)) & ((1u << depth) - 1);
}

static double over_white(double v, double a)
{
    return v * a + 255 * (1 - a);
}

/* What PNG says pixel i of the row is, over white, 0..255. */
static void pixel(const PngFile *f, const uint8_t *row, int i, double out[3])
{
    double top = (1 << f->depth) - 1, alpha = 1;
    int n = png_channels(f->type);

    if (f->type == PNG_COLOR_TYPE_PALETTE) {
        unsigned k = sample(row, i, f->depth);
        out[0] = f->palette[k].red;
        out[1] = f->palette[k].green;
        out[2] = f->palette[k].blue;
        alpha = f->palette_alpha ? f->palette_alpha[k] / 255.0 : 1;
    } else {
        for (int c = 0; c < 3; c++) {
            out[c] = sample(row, i * n + (n < 3 ? 0 : c), f->depth) * 255 / top;
        }
        alpha = n % 2 ? 1 : sample(row, i * n + n - 1, f->depth) / top;
    }
    for (int c = 0; c < 3; c++) {
        out[c] = over_white(out[c], alpha);
    }
}

static void test_type(Tally *t, int type, int depth, bool interlaced, bool palette_alpha)
{
    png_color palette[16];
    png_byte alpha[16];
    uint8_t data[H * W * 8];
    PngFile f = { W, H, type, depth, interlaced, 0, data, NULL, NULL };
    size_t row = ((size_t)W * png_channels(type) * depth + 7) / 8;
    LacLog log = messages_log(&messages);
    LacImage rgb, gray;
    double worst = 0, worst_gray = 0;

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 37 + i / 29 * 11);
    }
    for (int i = 0; i < 16; i++) {
        palette[i] = (png_color){ (png_byte)(i * 16), (png_byte)(255 - i * 9), (png_byte)(i * i) };
        alpha[i] = (png_byte)(i * 17);
    }
    if (type == PNG_COLOR_TYPE_PALETTE) {
        f.palette = palette;
        f.palette_alpha = palette_alpha ? alpha : NULL;
        for (size_t i = 0; i < sizeof data && depth == 8; i++) {
            data[i] &= 15;
        }
    }
    if (!expect(t, png_file_write(path, &f), "write type %d depth %d", type, depth) ||
        !expect(t,
                lac_image_read_png(&rgb, path, 3, &log) == LAC_OK &&
                    lac_image_read_png(&gray, path, 1, &log) == LAC_OK,
                "read type %d depth %d: %s", type, depth, messages.text)) {
        return;
    }
    expect(t, rgb.width == W && rgb.height == H && rgb.channels == 3 && gray.channels == 1, "size %dx%d",
           rgb.width, rgb.height);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            double p[3];
            pixel(&f, data + y * row, x, p);
            for (int c = 0; c < 3; c++) {
                worst = fmax(worst, fabs(p[c] - rgb.data[(y * W + x) * 3 + c]));
            }
            worst_gray =
                fmax(worst_gray, fabs(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2] - gray.data[y * W + x]));
        }
    }
    /* 8 bit without alpha is exact; 16 bit and alpha are each rounded once */
    expect(t, worst <= (depth < 16 && !palette_alpha && png_channels(type) % 2 ? 0.01 : 1.01),
           "type %d depth %d: off by %.3f", type, depth, worst);
    expect(t, worst_gray <= 2.0, "type %d depth %d as gray: off by %.3f", type, depth, worst_gray);
    lac_image_free(&rgb);
    lac_image_free(&gray);
}

static void write_bytes(const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");

    if (f) {
        fwrite(data, 1, size, f);
        fclose(f);
    }
}

/* Reading must fail with `code` and a message that names the file and holds `word`. */
static void expect_error(Tally *t, const char *file, int code, const char *word)
{
    LacLog log = messages_log(&messages);
    LacImage image;
    int err = lac_image_read_png(&image, file, 3, &log);

    expect(t, err == code && !image.data, "%s: code %d, not %d", word, err, code);
    expect(t, strstr(messages.text, file) && strstr(messages.text, word), "'%s' is not in: %s", word,
           messages.text);
    lac_image_free(&image);
}

static void test_errors(Tally *t)
{
    static uint8_t data[W * H * 3], bytes[8192];
    PngFile f = { W, H, PNG_COLOR_TYPE_RGB, 8, false, 0, data, NULL, NULL };
    FILE *file;
    size_t size;

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * i);
    }
    png_file_write(path, &f);
    file = fopen(path, "rb");
    size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (!expect(t, size > 100, "test file")) {
        return;
    }
    fclose(file);
    expect_error(t, "/nonexistent/x.png", LAC_EIO, "No such file");
    expect_error(t, "/", LAC_EIO, "directory");
    write_bytes(bytes, 0);
    expect_error(t, path, LAC_EFORMAT, "empty");
    write_bytes("GIF89a not a PNG at all", 23);
    expect_error(t, path, LAC_EFORMAT, "not a PNG");
    for (size_t cut = 8; cut < size; cut += cut < size - 20 ? 13 : 1) {
        write_bytes(bytes, cut);
        expect_error(t, path, LAC_EFORMAT, "truncated");
    }
    bytes[size - 30] ^= 1;
    write_bytes(bytes, size);
    expect_error(t, path, LAC_EFORMAT, "PNG");
    bytes[size - 30] ^= 1;
    /* width 20000 in IHDR, with its CRC */
    bytes[16] = bytes[17] = 0;
    bytes[18] = 20000 >> 8;
    bytes[19] = 20000 & 255;
    png_uint_32 crc = 0xffffffffu;
    for (int i = 12; i < 29; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) {
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        }
    }
    crc = ~crc;
    for (int i = 0; i < 4; i++) {
        bytes[29 + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    write_bytes(bytes, size);
    expect_error(t, path, LAC_EFORMAT, "width exceeds");
}

static void test_gamma_report(Tally *t)
{
    static uint8_t data[W * H];
    PngFile f = { W, H, PNG_COLOR_TYPE_GRAY, 8, false, 0.5, data, NULL, NULL };
    LacLog log = messages_log(&messages);
    LacImage image;

    png_file_write(path, &f);
    expect(t, lac_image_read_png(&image, path, 1, &log) == LAC_OK, "gamma file");
    expect(t, messages.lines == 1 && strstr(messages.text, "gAMA 0.5"), "reported once: %s", messages.text);
    expect(t, image.data && image.data[0] == 0, "gamma not applied");
    lac_image_free(&image);
}

static void test_letterbox(Tally *t)
{
    uint8_t data[4 * 2] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    LacImage in = { 4, 2, 1, data }, out;
    LacLog log = { 0 };

    expect(t, lac_image_letterbox(&out, &in, 1, 1, &log) == LAC_OK && out.width == 4 && out.height == 4,
           "4x2 to 1:1");
    expect(t, out.data[0] == 255 && out.data[4] == 1 && out.data[11] == 8 && out.data[12] == 255,
           "rows centred");
    lac_image_free(&out);
    expect(t, lac_image_letterbox(&out, &in, 4, 1, &log) == LAC_OK && out.width == 8 && out.height == 2,
           "4x2 to 4:1");
    expect(t, out.data[1] == 255 && out.data[2] == 1 && out.data[13] == 8 && out.data[14] == 255,
           "columns centred");
    lac_image_free(&out);
    expect(t, lac_image_letterbox(&out, &in, 16384, 1, &log) == LAC_EREFERENCE, "too wide");
}

/* Sums are kept, a picture resized to its own size is itself. */
static void test_resize(Tally *t)
{
    static const int size[][2] = { { W, H }, { 7, 5 }, { 1, 1 }, { W - 1, H }, { 40, 3 } };
    uint8_t data[W * H * 3];
    float out[40 * 11 * 3];

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 31 + i / 7);
    }
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        int w = size[k][0], h = size[k][1];
        double in_sum = 0, out_sum = 0, worst = 0;
        LacResize r;
        if (!expect(t, lac_resize_open(&r, W, H, w, h, 3, 2) == LAC_OK, "open")) {
            return;
        }
        lac_resize_u8(&r, data, W * 3, 3, out);
        lac_resize_close(&r);
        for (int i = 0; i < W * H; i++) {
            in_sum += data[i * 3 + 1] / (double)(W * H);
        }
        for (int i = 0; i < w * h; i++) {
            out_sum += out[i * 3 + 1] / (w * h);
            worst = w == W && h == H ? fmax(worst, fabs(out[i * 3] - (double)data[i * 3])) : worst;
        }
        expect(t, w > W || fabs(in_sum - out_sum) < 1e-2, "%dx%d: mean %.4f, was %.4f", w, h, out_sum,
               in_sum);
        expect(t, worst == 0, "own size: off by %g", worst);
    }
}

int main(void)
{
    static const int type[][2] = { { PNG_COLOR_TYPE_GRAY, 1 },        { PNG_COLOR_TYPE_GRAY, 2 },
                                   { PNG_COLOR_TYPE_GRAY, 4 },        { PNG_COLOR_TYPE_GRAY, 8 },
                                   { PNG_COLOR_TYPE_GRAY, 16 },       { PNG_COLOR_TYPE_GRAY_ALPHA, 8 },
                                   { PNG_COLOR_TYPE_GRAY_ALPHA, 16 }, { PNG_COLOR_TYPE_RGB, 8 },
                                   { PNG_COLOR_TYPE_RGB, 16 },        { PNG_COLOR_TYPE_RGBA, 8 },
                                   { PNG_COLOR_TYPE_RGBA, 16 },       { PNG_COLOR_TYPE_PALETTE, 4 },
                                   { PNG_COLOR_TYPE_PALETTE, 8 } };
    char folder[] = "/tmp/lac-picture-XXXXXX";
    Tally t = { .name = "test_picture" };

    if (!expect(&t, mkdtemp(folder) != NULL, "temporary folder")) {
        return tally_end(&t);
    }
    snprintf(path, sizeof path, "%s/a.png", folder);
    for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
        test_type(&t, type[i][0], type[i][1], false, false);
        test_type(&t, type[i][0], type[i][1], true, type[i][0] == PNG_COLOR_TYPE_PALETTE);
    }
    test_errors(&t);
    test_gamma_report(&t);
    test_letterbox(&t);
    test_resize(&t);
    unlink(path);
    rmdir(folder);
    return tally_end(&t);
}
