/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Straight RGBA, packed; by itself, because it needs zlib. */
#include "picture/rgba.h"

/* Bytes of all channels, the higher ones first: planes are far more alike from byte to byte than pixels are. */
static int planes(const LacRgba *image)
{
    return (image->alpha ? 4 : 3) * (image->wide ? 2 : 1);
}

int lac_rgba_pack(LacPacker *packer, const LacRgba *image, LacPacked *out, const LacLog *log)
{
    const size_t pixels = (size_t)image->width * image->height;
    const int channels = image->alpha ? 4 : 3;
    uint8_t *plane = lac_alloc(pixels, (size_t)planes(image));
    int err;

    if (!plane) {
        return lac_fail(log, LAC_ENOMEM, "no memory to pack a picture of %dx%d", image->width, image->height);
    }
    for (int k = 0; k < planes(image); k++) {
        for (size_t i = 0; i < pixels; i++) {
            const uint16_t v = image->data[i * 4 + k % channels];
            plane[k * pixels + i] = (uint8_t)(k < channels && image->wide ? v >> 8 : v);
        }
    }
    err = lac_pack(packer, plane, image->width, (size_t)image->width, image->height * planes(image), out);
    lac_free(plane);
    return err;
}

int lac_rgba_unpack(LacPacker *packer, const LacPacked *packed, LacRgba *image, const LacLog *log)
{
    const bool alpha = image->alpha, wide = image->wide;
    const int channels = alpha ? 4 : 3, count = planes(image);
    uint8_t *plane = lac_alloc((size_t)packed->rows, packed->row);
    int err = lac_rgba_alloc(image, image->width, image->height, log);
    size_t pixels;

    if (err || !plane || lac_unpack(packer, packed, plane)) {
        err = lac_fail(log, LAC_ENOMEM, "no memory to unpack a picture of %dx%d", image->width, image->height);
        lac_free(plane);
        lac_rgba_free(image);
        return err;
    }
    image->alpha = alpha;
    image->wide = wide;
    pixels = (size_t)image->width * image->height;
    for (size_t i = 0; i < pixels; i++) {
        image->data[i * 4 + 3] = LAC_OPAQUE;
        for (int k = 0; k < count; k++) {
            const uint8_t v = plane[k * pixels + i];
            uint16_t *o = &image->data[i * 4 + k % channels];
            *o = (uint16_t)(k >= channels ? *o << 8 | v : wide ? v : v * 257);
        }
    }
    lac_free(plane);
    return LAC_OK;
}
