/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a reference PNG: read or refused with one message, nothing else.
 *
 * With a fuzz engine: clang -fsanitize=fuzzer,address,undefined -DLAC_FUZZ_ENGINE. Without: a loop of
 * mutations of small files it writes itself, the same on every run, most of them with chunk CRCs made good
 * again, since libpng stops at the first wrong one. `fuzz_png [seconds=N] [FILE...]`: FILEs are run as they
 * are and become seeds. */
#define _POSIX_C_SOURCE 200809L /* fmemopen, open_memstream */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "picture/picture.h"

/* A header may claim 16384 x 16384 pixels in a few bytes; such pictures are legal, but no use here. */
static bool huge(const uint8_t *data, size_t size)
{
    uint64_t area;

    if (size < 24) {
        return false;
    }
    area = ((uint64_t)data[16] << 24 | data[17] << 16 | data[18] << 8 | data[19]) *
           ((uint64_t)data[20] << 24 | data[21] << 16 | data[22] << 8 | data[23]);
    return area > 1 << 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int errors = 0;
    LacLog log = { count_message, &errors };

    for (int channels = 1; channels <= 3 && size && !huge(data, size); channels += 2) {
        FILE *file = fmemopen((void *)data, size, "rb");
        LacImage image;
        int err;

        require(file != NULL, "a file of the bytes");
        errors = 0;
        err = lac_image_read_png_file(&image, file, "fuzz", channels, &log);
        fclose(file);
        if (err) {
            require((err == LAC_EFORMAT || err == LAC_EIO) && !image.data && errors == 1,
                    "one message for a refusal");
        } else {
            unsigned sum = 0;
            require(errors == 0 && image.data && image.width > 0 && image.height > 0,
                    "a good picture has pixels");
            for (size_t i = 0; i < (size_t)image.width * image.height * channels; i++) {
                sum += image.data[i]; /* a sanitizer sees bytes that were never written */
            }
            require(sum <= 255u * (1u << 20) * 3, "sum");
        }
        lac_image_free(&image);
    }
    return 0;
}

#ifndef LAC_FUZZ_ENGINE
/* A picture of 9 x 7 of the given type, with the chunks that readers trip over. */
static Seed make_seed(int type, int depth, bool interlaced)
{
    static const png_color palette[4] = { { 1, 2, 3 }, { 200, 100, 0 }, { 9, 9, 9 }, { 255, 255, 255 } };
    static const png_byte alpha[4] = { 0, 100, 200, 255 };
    static png_byte row[9 * 8];
    Seed seed = { 0 };
    FILE *file = open_memstream((char **)&seed.bytes, &seed.size);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;

    require(file && info && !setjmp(png_jmpbuf(png)), "a seed can be written");
    png_init_io(png, file);
    png_set_IHDR(png, info, 9, 7, depth, type, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 4);
        png_set_tRNS(png, info, alpha, 4, NULL);
    } else if (depth == 16) {
        png_set_gAMA(png, info, 1.0);
        png_set_cHRM(png, info, 0.31, 0.33, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06);
    }
    png_write_info(png, info);
    for (int pass = png_set_interlace_handling(png); pass > 0; pass--) {
        for (int y = 0; y < 7; y++) {
            for (size_t i = 0; i < sizeof row; i++) {
                row[i] = depth < 8                        ? 0x1b
                         : type == PNG_COLOR_TYPE_PALETTE ? (png_byte)(i % 4)
                                                          : (png_byte)(i * 17 + y);
            }
            png_write_row(png, row);
        }
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
    return seed;
}

static void put32(uint8_t *b, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        b[i] = (uint8_t)(v >> (24 - 8 * i));
    }
}

/* Makes every chunk's CRC right as far as the lengths lead. */
static void fix_crcs(uint8_t *b, size_t size)
{
    size_t at = 8;

    while (size >= 12 && at <= size - 12) {
        uint32_t length =
            (uint32_t)b[at] << 24 | (uint32_t)b[at + 1] << 16 | (uint32_t)b[at + 2] << 8 | b[at + 3];
        uint32_t crc = 0xffffffffu;

        if (length > size - at - 12) {
            return;
        }
        for (size_t i = at + 4; i < at + 8 + length; i++) {
            crc ^= b[i];
            for (int k = 0; k < 8; k++) {
                crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
            }
        }
        put32(b + at + 8 + length, ~crc);
        at += 12 + length;
    }
}

static size_t mutate(uint8_t *b, size_t size)
{
    static const char chunk[][5] = { "IHDR", "PLTE", "tRNS", "IDAT", "IEND", "gAMA",
                                     "cHRM", "iCCP", "sRGB", "sBIT", "bKGD" };

    for (size_t n = 1 + random_below(3); n > 0 && size > 0; n--) {
        size_t at = random_below(size), span = 1 + random_below(16);

        switch (random_below(6)) {
        case 0: b[at] ^= (uint8_t)(1 << random_below(8)); break;
        case 1: b[at] = (uint8_t)random_below(256); break;
        case 2: /* IHDR: size, depth, type, interlace */
            if (size > 28) {
                b[random_below(3) ? 23 + random_below(6) : 19] = (uint8_t)random_below(20);
            }
            break;
        case 3: /* another chunk name */
            if (size > 60) {
                memcpy(b + 12 + random_below(size - 20), chunk[random_below(sizeof chunk / sizeof *chunk)],
                       4);
            }
            break;
        case 4: /* remove a span */
            span = span < size - at ? span : size - at;
            memmove(b + at, b + at + span, size - at - span);
            size -= span;
            break;
        default: /* cut the end */ size = random_below(4) ? size : random_below(size + 1); break;
        }
    }
    if (random_below(8)) {
        fix_crcs(b, size);
    }
    return size;
}

static int pick(long round, int count)
{
    return (int)(round % count);
}

int main(int argc, char **argv)
{
    static const Fuzzer fuzzer = { "fuzz_png", NULL, 0, mutate, pick };
    static const int type[][2] = { { PNG_COLOR_TYPE_GRAY, 2 },   { PNG_COLOR_TYPE_GRAY_ALPHA, 8 },
                                   { PNG_COLOR_TYPE_RGB, 8 },    { PNG_COLOR_TYPE_RGB, 16 },
                                   { PNG_COLOR_TYPE_RGBA, 16 },  { PNG_COLOR_TYPE_PALETTE, 8 },
                                   { PNG_COLOR_TYPE_PALETTE, 2 } };
    Seed seeds[MAX_SEEDS];
    int count = 0;

    for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
        seeds[count++] = make_seed(type[i][0], type[i][1], i % 2);
    }
    return fuzz_loop(&fuzzer, seeds, count, argc, argv);
}
#endif
