/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GPU's painting, by its kernels, against paint.c: the same to the bit. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "ops/cuda/paint_cuda.h"
#include "paint/paint.h"
#include "streams.h"

static uint32_t seed = 11;

static uint32_t number(void)
{
    return next_number(&seed);
}

static CudaAxis axis_of(const LacAxis *a)
{
    return (CudaAxis){ a->in, a->out, a->taps, a->start, a->count, a->low, a->high, a->weight };
}

typedef struct Case {
    int w, h, net_w, net_h;
    enum LacLines lines;
    bool transferred, black, ink;
} Case;

/* Lines of several widths, some of them coloured ink that `black` has not, and a dark patch. */
static void draw(const Case *c, uint8_t *gray, uint8_t *black, uint8_t *transferred, float *rgb)
{
    for (int i = 0; i < c->w * c->h; i++) {
        const int x = i % c->w, y = i / c->w, wide = x % 23 < 1 + x / 60, flat = y % 17 == 0 || (x + y) % 31 == 0;

        gray[i] = (uint8_t)(wide || (x / 30 == 1 && y / 20 == 1) ? number() % 50 : flat ? 60 + number() % 120 : 255 - number() % 20);
        black[i] = c->black && flat ? 255 : gray[i];
        for (int k = 0; k < 4; k++) {
            transferred[i * 4 + k] = (uint8_t)number();
        }
    }
    for (int i = 0; i < c->net_w * c->net_h * 3; i++) {
        rgb[i] = (float)(number() % 2100) / 1000 - 1.05f; /* a little beyond its range */
    }
}

static void test_paint(Tally *t, LacBackend *be, const Case *c)
{
    const size_t n = (size_t)c->w * (size_t)c->h;
    const int cells_w = c->net_w < c->w ? c->net_w : c->w, cells_h = c->net_h < c->h ? c->net_h : c->h;
    const bool shrink = cells_w != c->net_w || cells_h != c->net_h;
    LacLog log = { 0 };
    LacPaint *paint;
    LacResize lines, shrinking;
    LacLineColour ink = { c->ink, { 40, 90, 20 }, { 30, 2, 200 } };
    CudaPaint cuda;
    CudaPicture picture = { .lines = c->lines, .ink = { c->ink, { 40, 90, 20 }, { 30, 2, 200 } } };
    uint8_t *gray = malloc(n), *black = malloc(n), *transferred = malloc(n * 4), *wanted = malloc(n * 3);
    float *rgb = malloc((size_t)c->net_w * (size_t)c->net_h * 3 * sizeof *rgb);

    if (!expect(t, !lac_paint_open(&paint, c->w, c->h, c->net_w, c->net_h, 1, &log) &&
                !lac_resize_open(&lines, c->w, c->h, cells_w, cells_h, 3, 1) &&
                !lac_resize_open(&shrinking, c->net_w, c->net_h, cells_w, cells_h, 3, 1), "open %dx%d", c->w, c->h)) {
        return;
    }
    CudaAxis line_axes[] = { axis_of(&lines.x), axis_of(&lines.y) };
    CudaAxis shrink_axes[] = { axis_of(&shrinking.x), axis_of(&shrinking.y) };
    expect(t, !lac_cuda_paint_open(be, &cuda, line_axes, shrink ? shrink_axes : NULL), "open");
    picture.out = device_new(n * 3);
    for (int frame = 0; frame < 2; frame++) { /* nothing is left of the frame before */
        draw(c, gray, black, transferred, rgb);
        picture.rgb = device_copy(be, rgb, (size_t)c->net_w * (size_t)c->net_h * 3 * sizeof *rgb);
        picture.gray = device_copy(be, gray, n);
        picture.black = c->black ? device_copy(be, black, n) : picture.gray;
        picture.transferred = c->transferred ? device_copy(be, transferred, n * 4) : NULL;
        lac_paint_run(paint, rgb, gray, c->black ? black : gray, c->transferred ? transferred : NULL, c->lines, &ink, wanted,
                      (ptrdiff_t)c->w * 3, NULL);
        expect(t, !lac_cuda_paint_run(be, &cuda, &picture) && device_equals(be, picture.out, wanted, n * 3),
               "%dx%d from %dx%d, lines %d, transferred %d, black %d, ink %d: pixels differ", c->w, c->h, c->net_w, c->net_h,
               (int)c->lines, c->transferred, c->black, c->ink);
        device_free(picture.rgb);
        device_free(picture.gray);
        device_free(c->black ? picture.black : NULL);
        device_free(picture.transferred);
    }
    lac_cuda_paint_close(be, &cuda);
    lac_paint_close(&paint);
    lac_resize_close(&lines);
    lac_resize_close(&shrinking);
    device_free(picture.out);
    free(gray);
    free(black);
    free(transferred);
    free(wanted);
    free(rgb);
}

int main(void)
{
    static const Case cases[] = {
        { 203, 151, 96, 72, LAC_LINES_REF, true, false, true },   { 203, 151, 96, 72, LAC_LINES_KEEP, true, true, false },
        { 150, 201, 64, 88, LAC_LINES_NONE, false, false, false }, { 97, 64, 97, 64, LAC_LINES_REF, false, true, true },
        { 50, 131, 64, 168, LAC_LINES_REF, true, true, true },    { 131, 40, 208, 64, LAC_LINES_REF, true, false, false },
        { 37, 5, 64, 64, LAC_LINES_KEEP, true, false, false },    { 1, 1, 64, 64, LAC_LINES_REF, true, false, true },
    };
    Tally t = { .name = "test_cuda_paint" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            test_paint(&t, streams.forward.be, &cases[i]);
            test_paint(&t, streams.backward.be, &cases[i]);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
