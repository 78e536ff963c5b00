/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PNG files for the tests, of any colour type, bit depth and interlacing. */
#ifndef TESTS_ENGINE_PNG_FILE_H
#define TESTS_ENGINE_PNG_FILE_H

#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct PngFile {
    int width, height, type, depth; /* PNG_COLOR_TYPE_*, bits */
    bool interlaced;
    double gamma;             /* of a gAMA chunk, 0: none */
    const uint8_t *rows;      /* packed as PNG wants them, (width * channels * depth + 7) / 8 bytes a row */
    const png_color *palette; /* 16 entries for palette files */
    const png_byte *palette_alpha; /* 16 entries or NULL */
} PngFile;

static inline int png_channels(int type)
{
    return type == PNG_COLOR_TYPE_GRAY || type == PNG_COLOR_TYPE_PALETTE ? 1
           : type == PNG_COLOR_TYPE_GRAY_ALPHA                           ? 2
           : type == PNG_COLOR_TYPE_RGB                                  ? 3
                                                                         : 4;
}

/* False when it cannot be written. */
static inline bool png_file_write(const char *path, const PngFile *f)
{
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    size_t row = ((size_t)f->width * png_channels(f->type) * f->depth + 7) / 8;
    bool ok = file && info && !setjmp(png_jmpbuf(png));

    if (ok) {
        png_init_io(png, file);
        png_set_IHDR(png, info, f->width, f->height, f->depth, f->type,
                     f->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                     PNG_FILTER_TYPE_DEFAULT);
        if (f->palette) {
            png_set_PLTE(png, info, f->palette, 16);
        }
        if (f->palette_alpha) {
            png_set_tRNS(png, info, f->palette_alpha, 16, NULL);
        }
        if (f->gamma > 0) {
            png_set_gAMA(png, info, f->gamma);
        }
        png_write_info(png, info);
        for (int pass = png_set_interlace_handling(png); pass > 0; pass--) {
            for (int y = 0; y < f->height; y++) {
                png_write_row(png, f->rows + y * row);
            }
        }
        png_write_end(png, info);
    }
    png_destroy_write_struct(&png, &info);
    return file && fclose(file) == 0 && ok;
}

#endif
