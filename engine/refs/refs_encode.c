/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a reference's packed pictures to its encoding and the colour of its ink. */
#include "refs/refs_encode.h"

#include <math.h>

/* The picture is to be freed also after a failure. */
static int unpack_picture(const LacRefs *refs, LacPacker *packer, const LacPacked *packed, int width, int height,
                          int channels, LacImage *image)
{
    int err = lac_image_alloc(image, width, height, channels, refs->log);

    return err ? err : lac_unpack(packer, packed, image->data);
}

static int letterbox(const LacRefs *refs, LacImage *image, int width, int height)
{
    LacImage boxed;
    int err = image->data ? lac_image_letterbox(&boxed, image, width, height, refs->log) : LAC_OK;

    if (!err && image->data) {
        lac_image_free(image);
        *image = boxed;
    }
    return err;
}

static int letterbox_all(const LacRefs *refs, LacRefPictures *p, int width, int height)
{
    LacRgba boxed;
    int err = letterbox(refs, &p->color, width, height);

    err = err ? err : letterbox(refs, &p->line, width, height);
    err = err ? err : letterbox(refs, &p->black, width, height);
    if (!err && p->exact.data) {
        err = lac_rgba_letterbox(&boxed, &p->exact, width, height, refs->log);
        if (!err) {
            lac_rgba_free(&p->exact);
            p->exact = boxed;
        }
    }
    return err;
}

static int unpack_exact(const LacRefs *refs, int i, LacPacker *packer, LacRgba *exact)
{
    const LacRef *r = &refs->item[i];

    *exact = (LacRgba){ .width = r->width, .height = r->height, .alpha = r->alpha, .wide = r->wide };
    return lac_rgba_unpack(packer, &r->exact, exact, refs->log);
}

static int write_exact(const LacRefs *refs, int i, LacPacker *packer, LacPicture *out, int threads)
{
    LacRgba exact, resized;
    int err = unpack_exact(refs, i, packer, &exact);

    if (!err && (exact.width != out->width || exact.height != out->height)) {
        err = lac_rgba_resize(&resized, &exact, out->width, out->height, threads, refs->log);
        lac_rgba_free(&exact);
        exact = resized;
    }
    if (!err) {
        lac_rgba_write(exact.data, out, threads);
    }
    lac_rgba_free(&exact);
    return err;
}

int lac_refs_write(const LacRefs *refs, int i, LacPacker *packer, LacPicture *out, int threads)
{
    const LacRef *r = &refs->item[i];
    LacImage color;
    int err;

    if (out->format != LAC_RGB24 && r->exact.data) {
        return write_exact(refs, i, packer, out, threads);
    }
    err = unpack_picture(refs, packer, &r->colour, r->width, r->height, 3, &color);
    err = err ? err : lac_image_write(&color, out, threads, r->name, refs->log);
    lac_image_free(&color);
    return err;
}

int lac_refs_pictures(const LacRefs *refs, int i, LacPacker *packer, int width, int height, bool exact,
                      LacRefPictures *out)
{
    const LacRef *r = &refs->item[i];
    int err;

    *out = (LacRefPictures){ 0 };
    err = unpack_picture(refs, packer, &r->colour, r->width, r->height, 3, &out->color);
    err = err ? err : unpack_picture(refs, packer, &r->line, r->line_width, r->line_height, 1, &out->line);
    if (!err && r->black.data) {
        err = unpack_picture(refs, packer, &r->black, r->line_width, r->line_height, 1, &out->black);
    }
    if (!err && exact && r->exact.data) {
        err = unpack_exact(refs, i, packer, &out->exact);
    }
    if (!err && r->when == LAC_WHEN_NEVER && !lac_same_aspect(r->width, r->height, width, height)) {
        err = letterbox_all(refs, out, width, height);
    }
    if (err) {
        lac_refs_pictures_free(out);
    }
    return err;
}

/* Makes room for one more code, or with `pixels` for one more copied picture. */
static void drop_oldest(LacRefs *refs, LacNet *net, bool pixels, const int *keep, int count)
{
    int live = 0, oldest = -1;

    for (int i = 0; i < refs->count; i++) {
        const bool has = pixels ? refs->item[i].pixels != NULL : refs->item[i].code != NULL;
        bool kept = !has;
        live += has;
        for (int j = 0; j < count; j++) {
            kept = kept || keep[j] == i;
        }
        if (!kept && (oldest < 0 || refs->item[i].used < refs->item[oldest].used)) {
            oldest = i;
        }
    }
    if (pixels && live >= LAC_MAX_PIXELS && oldest >= 0) {
        lac_transfer_ref_free(&refs->item[oldest].pixels);
    } else if (!pixels && live >= LAC_MAX_CODES && oldest >= 0) {
        lac_net_code_free(net, &refs->item[oldest].code);
    }
}

enum { LINE_CORE = 64 }; /* line art this dark or darker is ink, hardly any fill shows through */

static LacLineColour measure_ink(const LacImage *color, const LacImage *line)
{
    LacLineColour ink = { 0 };
    double sum[3] = { 0 }, square[3] = { 0 };
    int64_t n = 0;

    for (int y = 0; y < line->height; y++) {
        const int cy = (int)((int64_t)y * color->height / line->height);
        for (int x = 0; x < line->width; x++) {
            if (line->data[(size_t)y * line->width + x] <= LINE_CORE) {
                const int cx = (int)((int64_t)x * color->width / line->width);
                const uint8_t *c = color->data + ((size_t)cy * color->width + cx) * 3;
                for (int i = 0; i < 3; i++) {
                    sum[i] += c[i];
                    square[i] += c[i] * c[i];
                }
                n++;
            }
        }
    }
    ink.known = n > 0;
    for (int i = 0; i < 3 && n > 0; i++) {
        const double mean = sum[i] / (double)n, variance = square[i] / (double)n - mean * mean;
        ink.mean[i] = (float)mean;
        ink.deviation[i] = (float)sqrt(variance > 0 ? variance : 0);
    }
    return ink;
}

LacLineColour lac_refs_ink(const LacRefs *refs, const int *chosen, int count)
{
    LacLineColour ink = { 0 };
    int known = 0;

    for (int i = 0; i < count; i++) {
        const LacLineColour *r = &refs->item[chosen[i]].ink;
        for (int c = 0; c < 3 && r->known; c++) {
            ink.mean[c] += r->mean[c];
            ink.deviation[c] += r->deviation[c];
        }
        known += r->known;
    }
    for (int c = 0; c < 3 && known; c++) {
        ink.mean[c] /= (float)known;
        ink.deviation[c] /= (float)known;
    }
    ink.known = known > 0;
    return ink;
}

static int encode(LacRefs *refs, int i, LacNet *net, LacPacker *packer, const LacLineart *video,
                  LacRefCode **code)
{
    LacRefPictures p;
    const LacImage *color = &p.color, *line = &p.line;
    LacLineart a = { 0 }, b = { 0 }; /* the sizes of colour and line art may differ */
    float *y = NULL;
    const int w = video->net_width, h = video->net_height;
    int err = lac_refs_pictures(refs, i, packer, video->width, video->height, false, &p);

    if (err) {
        return err;
    }
    y = lac_alloc((size_t)w * h, 3 * sizeof *y);
    if (!y) {
        err = lac_fail(refs->log, LAC_ENOMEM, "no memory to encode reference '%s'", refs->item[i].name);
    }
    err = err ? err : lac_lineart_open(&a, line->width, line->height, w, h, video->threads, refs->log);
    err = err ? err : lac_lineart_open(&b, color->width, color->height, w, h, video->threads, refs->log);
    if (!err) {
        lac_lineart_run(&a, line->data, line->width);
        lac_lineart_colour(&b, color->data, y);
        refs->item[i].ink = measure_ink(color, p.black.data ? &p.black : line);
        err = lac_net_encode(net, h, w, a.line, a.distance, y, refs->item[i].when != LAC_WHEN_NEVER, code);
    }
    lac_lineart_close(&a);
    lac_lineart_close(&b);
    lac_free(y);
    lac_refs_pictures_free(&p);
    return err;
}

int lac_refs_code(LacRefs *refs, int i, LacNet *net, LacPacker *packer, const LacLineart *video,
                  const int *keep, int count, LacRefCode **code)
{
    LacRef *r = &refs->item[i];
    int err = LAC_OK;

    if (!r->code) {
        drop_oldest(refs, net, false, keep, count);
        err = encode(refs, i, net, packer, video, &r->code);
    }
    r->used = ++refs->clock;
    *code = r->code;
    return err;
}

int lac_refs_pixels(LacRefs *refs, int i, LacTransfer *transfer, LacPacker *packer, const LacLineart *video,
                    const int *keep, int count, bool exact, LacTransferRef **pixels)
{
    LacRef *r = &refs->item[i];
    LacRefPictures p;
    int err = LAC_OK;

    if (r->pixels && exact && r->exact.data && !r->pixels->rgba) {
        lac_transfer_ref_free(&r->pixels);
    }
    if (!r->pixels) {
        drop_oldest(refs, NULL, true, keep, count);
        err = lac_refs_pictures(refs, i, packer, video->width, video->height, exact, &p);
        if (!err) {
            err = lac_transfer_ref(transfer, &p.color, p.exact.data ? &p.exact : NULL, &p.line,
                                   r->when != LAC_WHEN_NEVER, &r->pixels);
            lac_refs_pictures_free(&p);
        }
    }
    r->used = ++refs->clock;
    *pixels = r->pixels;
    return err;
}
