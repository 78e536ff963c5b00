/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flat colours on a drawn case: palettes are exact and without mixtures, shades without a line stay, every pixel without
 * a line is a reference's colour, and every run gives the same bytes. */
#include "region_case.h"
#include "regions/flat.h"

static bool in_palette(const RegionCase *c, const uint8_t *rgb)
{
    for (size_t i = 0; i < c->ref.palette.first[c->ref.count + 1]; i++) {
        if (!memcmp(c->ref.palette.colour[i].rgb, rgb, 3)) {
            return true;
        }
    }
    return false;
}

static void run(RegionCase *c, enum LacLines lines)
{
    LacFlat f;

    if (lac_flat_open(&f, W, H, &(LacLog){0})) {
        exit(1);
    }
    const LacLineColour ink = {0};

    if (lac_flat_run(&f, &c->regions, c->gray, &c->origins, &c->source, &(LacFlatLines){lines, c->gray, &ink},
                     c->picture, &(LacLog){0})) {
        exit(1);
    }
    lac_flat_close(&f);
}

/* A row of mixtures between the shades is no colour of the palette. */
static void test_palette(Tally *t)
{
    static const uint8_t mixture[3] = {215, 170, 155};
    RegionCase *c = region_case();

    for (int x = 9; x < 48; x++) {
        put(c->reference, x, 40, mixture);
    }
    region_case_run(c);
    const int left = region_at(c, 20, 20);
    const LacPaletteColour *p = c->ref.palette.colour + c->ref.palette.first[left];
    const size_t n = c->ref.palette.first[left + 1] - c->ref.palette.first[left];

    expect(t, n == 2 && !memcmp(p[0].rgb, skin, 3) && !memcmp(p[1].rgb, shade, 3),
           "palette: %zu colours, the first %d %d %d", n, p[0].rgb[0], p[0].rgb[1], p[0].rgb[2]);
    expect(t, c->ref.palette.flat[left] > 0.9f && c->ref.palette.flat[left] < 1, "palette: flat share is %g",
           (double)c->ref.palette.flat[left]);
    region_case_free(c);
}

/* A noisy reference has colours all the same, each a pixel's. */
static void test_noise(Tally *t)
{
    RegionCase *c = region_case();
    bool found = true;

    for (int i = 0; i < N * 3; i++) {
        c->reference[i] = (uint8_t)(c->reference[i] > 20 ? c->reference[i] - (i * 7919 >> 3) % 5 : 0);
    }
    region_case_run(c);
    const LacPalette *p = &c->ref.palette;
    const int left = region_at(c, 20, 20);

    expect(t, p->first[left + 1] > p->first[left], "noise: no palette");
    for (size_t k = p->first[left]; k < p->first[left + 1]; k++) {
        bool one = false;
        for (int i = 0; i < N && !one; i++) {
            one = !memcmp(c->reference + (size_t)i * 3, p->colour[k].rgb, 3);
        }
        found = found && one;
    }
    expect(t, found, "noise: a colour of the palette is no pixel's");
    region_case_free(c);
}

/* A candidate with noise, mixtures and small foreign spots becomes the reference, shades and all. */
static void test_classes(Tally *t, enum LacLines lines)
{
    static const uint8_t between[3] = {215, 170, 155}, odd[3] = {120, 220, 60};
    RegionCase *c = region_case(), *again = region_case();

    for (int k = 0; k < 2; k++) {
        RegionCase *one = k ? again : c;
        for (int i = 0; i < N * 3; i++) {
            const int v = one->picture[i] + (i * 7919 >> 4) % 9 - 4;
            one->picture[i] = (uint8_t)(one->gray[i / 3] < 255 ? one->picture[i] : v > 255 ? 255 : v);
        }
        put(one->picture, 20, 20, between);
        put(one->picture, 21, 20, between);
        put(one->picture, 30, 30, odd);
        region_case_run(one);
        run(one, lines);
    }
    int wrong = 0, strange = 0;
    for (int i = 0; i < N; i++) {
        const bool core = c->regions.squared[i] >= 4;
        wrong += core && memcmp(c->picture + i * 3, c->reference + i * 3, 3) != 0;
        strange += (core || lines == LAC_LINES_NONE) && !in_palette(c, c->picture + i * 3);
    }
    expect(t, wrong == 0 && strange == 0, "lines=%d: %d pixels wrong, %d of no palette", (int)lines, wrong, strange);
    expect(t, !memcmp(c->picture, again->picture, sizeof c->picture), "lines=%d: two runs differ", (int)lines);
    if (lines == LAC_LINES_KEEP) {
        expect(t, !c->picture[(30 * W + 48) * 3], "keep: the line is not black");
    }
    region_case_free(c);
    region_case_free(again);
}

/* A pixel that holds part of a line stays where it is what the line makes of the colour, and is mended where not. */
static void test_edge(Tally *t)
{
    RegionCase *c = region_case();
    const int fine = (20 * W + 9) * 3, foreign = (30 * W + 9) * 3;

    for (int y = 20; y <= 30; y += 10) {
        c->gray[y * W + 9] = 204;
    }
    for (int k = 0; k < 3; k++) {
        c->picture[fine + k] = (uint8_t)(skin[k] * 204 / 255 + 3);
        c->picture[foreign + k] = (uint8_t)(hair[k] * 204 / 255);
    }
    region_case_run(c);
    run(c, LAC_LINES_REF);
    for (int k = 0; k < 3; k++) {
        expect(t, c->picture[fine + k] == skin[k] * 204 / 255 + 3, "edge: channel %d changed", k);
        expect(t, abs(c->picture[foreign + k] - skin[k] * 204 / 255) <= 1, "edge: channel %d is %d", k,
               c->picture[foreign + k]);
    }
    region_case_free(c);
}

/* What no origin has (a new thing) takes colours of the references nevertheless. */
static void test_new(Tally *t)
{
    RegionCase *c = region_case();

    for (int y = 9; y < 56; y++) {
        for (int x = 9; x < 48; x++) {
            put(c->picture, x, y, (const uint8_t[3]){216, 93, 146});
        }
    }
    region_case_run(c);
    run(c, LAC_LINES_REF);
    expect(t, !memcmp(c->picture + (30 * W + 30) * 3, hair, 3), "new: not the nearest colour of the reference");
    region_case_free(c);
}

int main(void)
{
    Tally t = {"flat", 0, 0};

    test_palette(&t);
    test_noise(&t);
    test_classes(&t, LAC_LINES_REF);
    test_classes(&t, LAC_LINES_KEEP);
    test_classes(&t, LAC_LINES_NONE);
    test_edge(&t);
    test_new(&t);
    return tally_end(&t);
}
