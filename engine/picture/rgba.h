/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Straight RGBA of 16 bits a channel: the exact form of pictures with alpha or more than 8 bits. 8-bit samples v are
 * 257 v. What colour a transparent pixel has means nothing: all means are weighted by alpha. */
#ifndef LAC_RGBA_H
#define LAC_RGBA_H

#include "picture/pack.h"
#include "picture/picture.h"

enum { LAC_OPAQUE = 65535 };

/* Zeroed means empty. */
typedef struct LacRgba {
    int width, height;
    bool alpha;     /* not all of it is opaque */
    bool wide;      /* some sample is no multiple of 257 */
    uint16_t *data; /* [height][width][4], owned, lac_alloc */
} LacRgba;

/* Not cleared. LAC_ENOMEM is logged with the size. */
int lac_rgba_alloc(LacRgba *image, int width, int height, const LacLog *log);
void lac_rgba_free(LacRgba *image);

/* `alpha` and `wide` from the pixels; an opaque picture of 8 bits holds nothing more than an LacImage and is freed. */
void lac_rgba_settle(LacRgba *image);

/* The caller's picture of any colour format but LAC_RGB24, checked before; not settled. */
int lac_rgba_copy(LacRgba *image, const LacPicture *picture, const LacLog *log);

/* Over white, rounded to 8 bits: what the network sees. */
int lac_rgba_flatten(LacImage *image, const LacRgba *rgba, const LacLog *log);

/* The bytes of each channel by themselves, the lower ones only of a wide picture. LAC_ENOMEM is logged. */
int lac_rgba_pack(LacPacker *packer, const LacRgba *image, LacPacked *out, const LacLog *log);
/* `image` has the size and the flags of what was packed; its pixels are allocated here. */
int lac_rgba_unpack(LacPacker *packer, const LacPacked *packed, LacRgba *image, const LacLog *log);

/* As lac_image_letterbox; a picture with alpha is centred on nothing instead of white. */
int lac_rgba_letterbox(LacRgba *out, const LacRgba *image, int aspect_width, int aspect_height, const LacLog *log);

/* To another size, weighted by alpha. */
int lac_rgba_resize(LacRgba *out, const LacRgba *image, int width, int height, int threads, const LacLog *log);

/* Dense pixels into a picture of the same size and any colour format; over white where it has no alpha. */
void lac_rgba_write(const uint16_t *rgba, LacPicture *out, int threads);

/* One 8-bit sample over white. */
static inline uint8_t lac_rgba_white8(const uint16_t *p, int channel)
{
    const uint32_t v = p[3] == LAC_OPAQUE
                           ? p[channel]
                           : (uint32_t)(((uint64_t)p[channel] * p[3] + (uint64_t)65535 * (65535 - p[3]) + 32767) / 65535);

    return (uint8_t)((v + 128) / 257);
}

static inline uint16_t lac_rgba_round(float v)
{
    const float above = v + 0.5f;

    return v < 0 ? 0 : v > 65535 ? 65535 : (uint16_t)above;
}

/* What has the colour p, 0..255, over white and this alpha. Transparent: white. */
static inline void lac_rgba_from_white(const float *p, uint16_t alpha, uint16_t *out)
{
    for (int c = 0; c < 3; c++) {
        out[c] = alpha ? lac_rgba_round((p[c] * 257.0f - (float)(LAC_OPAQUE - alpha)) * LAC_OPAQUE / (float)alpha)
                       : LAC_OPAQUE;
    }
    out[3] = alpha;
}

/* (1 - share) of pixel a and share of b -> out, which may be either. */
static inline void lac_rgba_mix(const uint16_t *a, const uint16_t *b, float share, uint16_t *out)
{
    const float wa = (1 - share) * (float)a[3], wb = share * (float)b[3], sum = wa + wb;

    for (int c = 0; c < 3; c++) {
        out[c] = sum > 0 ? lac_rgba_round((wa * (float)a[c] + wb * (float)b[c]) / sum) : a[c];
    }
    out[3] = lac_rgba_round(sum);
}

#endif
