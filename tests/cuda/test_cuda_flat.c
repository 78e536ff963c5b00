/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flat colours by the GPU's kernels against flat.c: the same pixels, however lines are drawn, with shades, mixtures, specks, new
 * things, regions all beside lines and coloured ink. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "gpu/gpu_state.h"
#include "regions/flat.h"
#include "streams.h"

static uint32_t seed = 11;

static uint32_t number(void)
{
    return next_number(&seed);
}

typedef struct Case {
    int w, h;
    int box;     /* pixels from line to line */
    int specks;  /* of a thousand pixels so many are lines */
    int mixed;   /* of a hundred pixels so many are between colours */
    int foreign; /* of a hundred boxes so many have a colour that the reference has elsewhere, or nowhere */
    bool ink;    /* some lines are coloured */
    enum LacLines lines;
} Case;

static void draw_lines(const Case *c, uint8_t *gray, uint8_t *black)
{
    for (int i = 0; i < c->w * c->h; i++) {
        const int x = i % c->w, y = i / c->w;
        const bool solid = x / c->box == 1 && y / c->box == 1, line = x % c->box == 0 || y % c->box == 0;
        const bool soft = x % c->box == 1 && number() % 2;

        gray[i] = (uint8_t)(line || solid || (int)(number() % 1000) < c->specks ? number() % 40 : soft ? 150 + number() % 100 : 255);
        black[i] = c->ink && line && y % c->box && x / c->box % 2 ? 255 : gray[i];
    }
}

/* Two shades in a box, one of them in a stripe; some boxes have noise. Lines and black areas are striped too. */
static void colour_of(const Case *c, int x, int y, uint8_t *rgb)
{
    const int box = x / c->box + 5 * (y / c->box), stripe = y % c->box > c->box / 2;

    for (int k = 0; k < 3; k++) {
        rgb[k] = (uint8_t)((box * (37 + 50 * k)) % 200 + 20 * stripe + (box % 7 == 3 ? number() % 30 : 0));
    }
}

static void draw_colours(const Case *c, const uint8_t *gray, bool reference, uint8_t *rgb)
{
    for (int i = 0; i < c->w * c->h; i++) {
        const int x = i % c->w, y = i / c->w, box = x / c->box + 5 * (y / c->box);
        uint8_t *p = rgb + (size_t)i * 3;

        colour_of(c, x, y, p);
        if (!reference && box * 61 % 100 < c->foreign) {
            colour_of(c, x + c->box * (box % 3), y + c->box, p);
            p[box % 3] = (uint8_t)(p[box % 3] + (box % 2 ? 90 : 0));
        } else if (!reference && (int)(number() % 100) < c->mixed) {
            for (int k = 0; k < 3; k++) {
                p[k] = (uint8_t)(p[k] + number() % 50);
            }
        }
        if (gray[i] < 128) {
            memset(p, y / 3 % 2 ? 10 : 60, 3);
        }
    }
}

/* What the device has of a frame; v's members are freed afterwards. */
static void put_frame(LacBackend *be, const LacRegions *r, const LacOrigins *o, const uint8_t *gray, const uint8_t *rgb, CudaVote *v)
{
    const size_t n = (size_t)r->width * (size_t)r->height, regions = (size_t)r->count + 1;
    int32_t *far = malloc(regions * sizeof *far);
    uint8_t *black = malloc(regions), *squared = malloc(n);

    for (size_t c = 0; c < regions; c++) {
        far[c] = (int32_t)o->pixels[c].far;
        black[c] = r->region[c].black;
    }
    for (size_t i = 0; i < n; i++) {
        squared[i] = (uint8_t)(r->squared[i] < 255 ? r->squared[i] : 255);
    }
    v->regions = r->count;
    v->label = device_copy(be, r->label, n * sizeof *r->label);
    v->squared = device_copy(be, squared, n);
    v->black = device_copy(be, black, regions);
    v->far = device_copy(be, far, regions * sizeof *far);
    v->gray = device_copy(be, gray, n);
    v->rgb = device_copy(be, rgb, n * 3);
    free(far);
    free(black);
    free(squared);
}

static void free_frame(const CudaVote *v)
{
    const void *const all[] = { v->label, v->squared, v->black, v->far, v->gray, v->rgb };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        device_free(all[i]);
    }
}

static void compare(Tally *t, LacDevice *dev, const Case *c, const LacRegions *r, const LacOrigins *o, const LacVoteSource *source,
                    const uint8_t *gray, const uint8_t *black, uint8_t *rgb)
{
    const size_t n = (size_t)c->w * (size_t)c->h;
    const LacLineColour ink = { .known = true, .mean = { 60, 30.5f, 90 } };
    const LacFlatLines lines = { c->lines, c->ink ? black : gray, &ink };
    const LacGpuFlat flat = { o, source, lac_flat_drawing(&lines, r->threshold) };
    CudaVote v = { .width = c->w, .height = c->h };
    LacLog log = { 0 };
    LacGpu *gpu = NULL;
    LacFlat f;
    int made[3] = { 0 };

    put_frame(dev->be, r, o, gray, rgb, &v);
    if (expect(t, !lac_gpu_open(&gpu, dev, c->w, c->h, &log) && !lac_flat_open(&f, c->w, c->h, &log) &&
               !lac_flat_run(&f, r, gray, o, source, &lines, rgb, &log), "run")) {
        gpu->drawn = c->ink ? device_copy(dev->be, black, n) : v.gray;
        for (size_t i = 0; i < n; i++) {
            made[f.made[i]]++;
        }
        expect(t, !lac_gpu_flat(gpu, &v, &flat), "flat");
        expect(t, device_equals(dev->be, v.rgb, rgb, n * 3), "%dx%d, boxes of %d, lines %d: pixels differ", c->w, c->h, c->box,
               (int)c->lines);
        expect(t, n < 1000 || made[LAC_FLAT_EXACT] > (int)n / 20, "%dx%d: only %d pixels have exact colours", c->w, c->h,
               made[LAC_FLAT_EXACT]);
        if (c->ink) {
            device_free(gpu->drawn);
        }
        lac_flat_close(&f);
    }
    lac_gpu_close(&gpu);
    free_frame(&v);
}

static void test_flat(Tally *t, LacDevice *dev, const Case *c)
{
    const size_t n = (size_t)c->w * (size_t)c->h;
    uint8_t *gray = malloc(n), *black = malloc(n), *reference = malloc(n * 3), *rgb = malloc(n * 3);
    LacMatchField field = { calloc(n, sizeof(LacOffset)), calloc(n, sizeof(int32_t)) };
    LacVoteRef ref = { 0 };
    const LacVoteSource source = { &ref, &field, reference };
    LacLog log = { 0 };
    LacRegions r;
    LacOrigins o;

    draw_lines(c, gray, black);
    draw_colours(c, gray, true, reference);
    draw_colours(c, gray, false, rgb);
    if (expect(t, !lac_regions_open(&r, c->w, c->h, 2, 1, &log) && !lac_origins_open(&o, c->w, c->h, c->w, c->h, 1, &log) &&
               !lac_regions_run(&r, gray, &log) && !lac_vote_ref_open(&ref, &r, reference, true, &log) &&
               !lac_origins_run(&o, &r, &source, 1, &log), "regions")) {
        compare(t, dev, c, &r, &o, &source, gray, black, rgb);
    }
    lac_vote_ref_close(&ref);
    lac_origins_close(&o);
    lac_regions_close(&r);
    free(field.offset);
    free(field.cost);
    free(gray);
    free(black);
    free(reference);
    free(rgb);
}

int main(void)
{
    static const Case cases[] = {
        { 203, 151, 40, 0, 20, 20, false, LAC_LINES_REF },  { 131, 97, 25, 3, 30, 40, true, LAC_LINES_REF },
        { 160, 90, 30, 1, 60, 0, false, LAC_LINES_KEEP },   { 150, 70, 200, 5, 40, 0, false, LAC_LINES_NONE },
        { 90, 61, 4, 0, 40, 30, false, LAC_LINES_NONE },    { 97, 64, 17, 90, 15, 50, true, LAC_LINES_KEEP },
        { 120, 120, 11, 20, 90, 100, false, LAC_LINES_REF }, { 40, 1, 50, 0, 0, 0, false, LAC_LINES_REF },
        { 1, 1, 40, 0, 0, 0, false, LAC_LINES_KEEP },
    };
    Tally t = { .name = "test_cuda_flat" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            test_flat(&t, &streams.forward, &cases[i]);
            test_flat(&t, &streams.backward, &cases[i]);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
