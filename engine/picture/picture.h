/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in host memory and the reading of PNG files. Knows nothing of frames or networks. */
#ifndef LAC_PICTURE_H
#define LAC_PICTURE_H

#include <stdio.h>

#include "common.h"

#define LAC_MAX_SIDE 16384

struct LacRgba;

/* A dense 8-bit picture: height rows of width * channels bytes. Zeroed means empty. */
typedef struct LacImage {
    int width, height, channels; /* 1 gray, 3 R G B as stored */
    uint8_t *data;               /* owned, lac_alloc */
} LacImage;

/* Allocates width x height x channels, not cleared. LAC_ENOMEM is logged with the size. */
int lac_image_alloc(LacImage *image, int width, int height, int channels, const LacLog *log);

/* Frees the pixels and empties the picture. */
void lac_image_free(LacImage *image);

/* A copy of the caller's picture, LAC_GRAY8 or LAC_RGB24, checked before. */
int lac_image_copy(LacImage *image, const LacPicture *picture, const LacLog *log);

/* The RGB picture into `out` of any colour format, checked before, resized if its size differs; `name` is the reference
 * it is, for the message of LAC_ENOMEM. */
int lac_image_write(const LacImage *image, LacPicture *out, int threads, const char *name, const LacLog *log);

/* True when the aspect ratios w : h and width : height differ by at most 1 %. */
bool lac_same_aspect(int64_t w, int64_t h, int64_t width, int64_t height);

/* Sets of formats. */
enum {
    LAC_COLOUR_FORMATS = 1 << LAC_RGB24 | 1 << LAC_RGBA32 | 1 << LAC_RGB48 | 1 << LAC_RGBA64,
    LAC_LINE_FORMATS = 1 << LAC_GRAY8 | 1 << LAC_GRAY16 | LAC_COLOUR_FORMATS,
};

/* LAC_EINVAL with a message unless `picture` has one of the formats, pixels, a size of 1..LAC_MAX_SIDE and a stride that
 * holds a row. */
int lac_picture_check(const LacPicture *picture, unsigned formats, const char *name, const LacLog *log);

/* Reads a PNG file as gray (channels 1, Rec. 601 luma) or RGB (channels 3): 1 to 16 bit, palette, gray,
 * colour, interlaced; 16 bit is rounded to 8, alpha is composited over white in stored values. Pixels are
 * taken as sRGB as stored; colour chunks that say otherwise (gAMA, cHRM, iCCP) are reported once as info.
 * LAC_EIO or LAC_EFORMAT name the file and the reason; `image` is then empty. */
int lac_image_read_png(LacImage *image, const char *path, int channels, const LacLog *log);

/* The same from an open file, which stays open. */
int lac_image_read_png_file(LacImage *image, FILE *file, const char *name, int channels, const LacLog *log);

/* RGB as lac_image_read_png, and what it leaves out: alpha and 16 bits (rgba.h), empty where the file has neither. */
int lac_image_read_png_exact(LacImage *image, struct LacRgba *exact, const char *path, const LacLog *log);

/* The smallest size of this aspect ratio that holds width x height. LAC_EREFERENCE where that is too large. */
int lac_letterbox_size(int width, int height, int aspect_width, int aspect_height, int *out_width, int *out_height,
                       const LacLog *log);

/* A copy of `image` centred on white, with the aspect ratio aspect_width : aspect_height. */
int lac_image_letterbox(LacImage *out, const LacImage *image, int aspect_width, int aspect_height,
                        const LacLog *log);

#endif
