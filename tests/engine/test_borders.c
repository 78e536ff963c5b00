/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Patches with impossible borders on a drawn case: a box of skin and its shade beside a box of hair, lines around both. */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "regions/borders.h"

static const uint8_t skin[3] = { 240, 200, 180 }, shade[3] = { 190, 140, 130 }, hair[3] = { 40, 30, 90 }, paper[3] = { 255, 255, 255 };

/* A picture and its line art, as wide as high. */
typedef struct Drawing {
    int side;
    uint8_t *gray, *rgb;
} Drawing;

static void fill(Drawing *d, int left, int top, int right, int bottom, const uint8_t *colour, int gray)
{
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            d->gray[y * d->side + x] = (uint8_t)gray;
            memcpy(d->rgb + ((size_t)y * d->side + x) * 3, colour, 3);
        }
    }
}

static void box(Drawing *d, int left, int top, int right, int bottom, const uint8_t *colour)
{
    const uint8_t ink[3] = { 0 };

    fill(d, left - 2, top - 2, right + 2, bottom + 2, ink, 0);
    fill(d, left, top, right, bottom, colour, 255);
}

/* The left box, skin and shade, ends at the middle; its line's left end is at side / 10 - 2. */
static Drawing drawing(int side)
{
    Drawing d = { side, malloc((size_t)side * side), malloc((size_t)side * side * 3) };

    if (!d.gray || !d.rgb) {
        exit(1);
    }
    fill(&d, 0, 0, side, side, paper, 255);
    box(&d, side / 10, side / 10, side / 2, side * 9 / 10, skin);
    fill(&d, side / 10, side * 6 / 10, side / 2, side * 9 / 10, shade, 255);
    box(&d, side / 2 + 2, side / 10, side * 9 / 10, side * 9 / 10, hair);
    return d;
}

static void drawing_free(Drawing *d)
{
    free(d->gray);
    free(d->rgb);
}

/* What a frame becomes with these references; the number of cells that change. */
static int run(Drawing *frame, const Drawing *refs, int count, int threads, uint16_t *exact)
{
    uint8_t *tables[4] = { NULL };
    LacBorders b;
    int n = 0;

    if (lac_borders_open(&b, frame->side, frame->side, threads, &(LacLog){ 0 })) {
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        tables[i] = malloc(LAC_BORDERS_TABLE);
        if (!tables[i]) {
            exit(1);
        }
        lac_borders_cells(&b, refs[i].gray, 128, refs[i].rgb, (ptrdiff_t)refs[i].side * 3);
        lac_borders_learn(&b, tables[i]);
    }
    lac_borders_cells(&b, frame->gray, 128, frame->rgb, (ptrdiff_t)frame->side * 3);
    n = lac_borders_find(&b, (const uint8_t *const *)tables, count);
    lac_borders_apply(&b, frame->gray, 128, frame->rgb, (ptrdiff_t)frame->side * 3, exact);
    for (int i = 0; i < count; i++) {
        free(tables[i]);
    }
    lac_borders_close(&b);
    return n;
}

static bool same(const Drawing *a, const Drawing *b)
{
    return !memcmp(a->rgb, b->rgb, (size_t)a->side * a->side * 3);
}

/* A patch of hair in the skin goes, in the middle of it and beside the line, whatever the cells' size; its border with skin is
 * in no reference. */
static void test_goes(Tally *t, int side)
{
    Drawing ref = drawing(side), frame = drawing(side);
    const int at = side / 10;

    fill(&frame, at * 2, at * 2, at * 3, at * 3, hair, 255);
    expect(t, run(&frame, &ref, 1, 2, NULL) > 0 && same(&frame, &ref), "%d: a patch in the skin stays", side);
    fill(&frame, at, at * 2, at * 2, at * 3, hair, 255);
    expect(t, run(&frame, &ref, 1, 2, NULL) > 0 && same(&frame, &ref), "%d: a patch beside the line stays", side);
    drawing_free(&ref);
    drawing_free(&frame);
}

/* What must not go. */
static void test_stays(Tally *t)
{
    const int side = 256;
    Drawing refs[2] = { drawing(side), drawing(side) }, frame = drawing(side), wanted = drawing(side);

    expect(t, run(&frame, refs, 1, 1, NULL) == 0, "a frame like the reference changes");

    /* shade beside skin is in the reference */
    fill(&frame, 60, 40, 80, 60, shade, 255);
    fill(&wanted, 60, 40, 80, 60, shade, 255);
    expect(t, run(&frame, refs, 1, 1, NULL) == 0 && same(&frame, &wanted), "a shade that references have goes");

    /* lines all around */
    box(&frame, 60, 70, 80, 90, hair);
    box(&wanted, 60, 70, 80, 90, hair);
    expect(t, run(&frame, refs, 1, 1, NULL) == 0 && same(&frame, &wanted), "a part with its line goes");

    /* more than a fifth of the room it lies in */
    drawing_free(&frame);
    frame = drawing(side);
    fill(&frame, 26, 26, 70, 150, hair, 255);
    expect(t, run(&frame, refs, 1, 1, NULL) == 0, "a large patch goes");
    drawing_free(&frame);

    /* a reference has hair beside skin without a line, enough of it in one, or in both together */
    frame = drawing(side);
    fill(&frame, 60, 40, 63, 43, hair, 255);
    fill(&refs[0], 30, 30, 40, 31, hair, 255);
    expect(t, run(&frame, refs, 1, 1, NULL) == 0, "a border that the reference has is impossible");
    drawing_free(&refs[0]);
    drawing_free(&frame);
    refs[0] = drawing(side);
    frame = drawing(side);
    fill(&frame, 26, 26, 27, 29, hair, 255); /* three pairs across, two down */
    for (int i = 0; i < 2; i++) { /* two pairs at a corner of the box: one across, one down */
        fill(&refs[i], 26, 26, 27, 27, hair, 255);
    }
    expect(t, run(&frame, refs, 2, 1, NULL) == 0, "references are not added up");
    expect(t, run(&frame, refs, 1, 1, NULL) > 0, "two pairs are enough");
    drawing_free(&refs[0]);
    drawing_free(&refs[1]);
    drawing_free(&frame);
    drawing_free(&wanted);
}

/* A border that the references have goes where the frame has more than three times what they have on average. */
static void test_longer(Tally *t)
{
    const int side = 256;
    Drawing refs[2] = { drawing(side), drawing(side) }, frame = drawing(side), wanted = drawing(side);

    for (int i = 0; i < 2; i++) {
        fill(&refs[i], 26, 40, 30, 50, hair, 255);
    }
    fill(&frame, 26, 40, 30, 60, hair, 255);
    expect(t, run(&frame, refs, 2, 1, NULL) == 0, "a border twice as long goes");
    fill(&frame, 26, 40, 30, 100, hair, 255);
    expect(t, run(&frame, refs, 2, 1, NULL) > 0 && same(&frame, &wanted), "a border far longer than the references' stays");

    for (int y = 30; y < 130; y += 8) { /* plenty */
        fill(&refs[0], 60, y, 100, y + 4, hair, 255);
    }
    fill(&frame, 26, 40, 30, 100, hair, 255);
    expect(t, run(&frame, refs, 2, 1, NULL) == 0, "a border of which the references have plenty goes");
    drawing_free(&refs[0]);
    drawing_free(&refs[1]);
    drawing_free(&frame);
    drawing_free(&wanted);
}

/* A patch between two that are not four times as large goes, since the room they lie in is large enough; the largest of them
 * wins. */
static void test_between(Tally *t)
{
    const int side = 256;
    Drawing ref = drawing(side), frame = drawing(side), wanted = drawing(side);

    fill(&frame, 25, 25, 128, 110, shade, 255);
    fill(&wanted, 25, 25, 128, 110, shade, 255); /* skin from 110 to 153, shade before and after */
    fill(&frame, 25, 110, 100, 150, hair, 255);
    expect(t, run(&frame, &ref, 1, 1, NULL) > 0, "a patch between two that are not much larger stays");
    for (int k = 0; k < side * side * 3; k += 3) {
        if (memcmp(frame.rgb + k, hair, 3) == 0 && memcmp(wanted.rgb + k, hair, 3) != 0) {
            expect(t, false, "hair remains at %d,%d", k / 3 % side, k / 3 / side);
            break;
        }
    }
    drawing_free(&ref);
    drawing_free(&frame);
    drawing_free(&wanted);
}

/* 16 bits and alpha follow; bytes do not depend on threads. */
static void test_exact(Tally *t)
{
    const int side = 520;
    const size_t n = (size_t)side * side;
    Drawing ref = drawing(side), one = drawing(side), more = drawing(side);
    uint16_t *exact = malloc(n * 4 * sizeof *exact), *again = malloc(n * 4 * sizeof *exact);
    bool follows = true;

    if (!exact || !again) {
        exit(1);
    }
    for (int i = 0; i < 30; i++) { /* patches of all sizes, some beside lines */
        const int x = 52 + i * 37 % 190, y = 52 + i * 53 % 240;

        fill(&one, x, y, x + 2 + i % 9, y + 2 + i % 7, i % 3 ? hair : paper, 255);
    }
    memcpy(more.rgb, one.rgb, n * 3);
    memcpy(more.gray, one.gray, n);
    for (size_t i = 0; i < n; i++) {
        for (int c = 0; c < 3; c++) {
            exact[i * 4 + c] = (uint16_t)(one.rgb[i * 3 + c] * 250 + 3);
        }
        exact[i * 4 + 3] = (uint16_t)(one.rgb[i * 3] * 200);
    }
    memcpy(again, exact, n * 4 * sizeof *exact);
    expect(t, run(&one, &ref, 1, 1, exact) > 0 && run(&more, &ref, 1, 4, again) > 0 && same(&one, &more) &&
                  !memcmp(exact, again, n * 4 * sizeof *exact), "bytes depend on threads");
    for (size_t i = 0; i < n; i++) {
        for (int c = 0; c < 3; c++) {
            follows &= exact[i * 4 + c] == one.rgb[i * 3 + c] * 250 + 3;
        }
        follows &= exact[i * 4 + 3] == one.rgb[i * 3] * 200;
    }
    expect(t, follows, "exact samples do not follow");
    free(exact);
    free(again);
    drawing_free(&ref);
    drawing_free(&one);
    drawing_free(&more);
}

/* Pictures of one cell and of narrow strips. */
static void test_small(Tally *t)
{
    const int size[3][2] = { { 1, 1 }, { 700, 1 }, { 3, 900 } };

    for (int i = 0; i < 3; i++) {
        const int w = size[i][0], h = size[i][1];
        uint8_t *gray = malloc((size_t)w * h), *rgb = malloc((size_t)w * h * 3);
        uint8_t *tables = calloc(LAC_BORDERS_TABLE, 1);
        LacBorders b;

        if (!gray || !rgb || !tables || lac_borders_open(&b, w, h, 2, &(LacLog){ 0 })) {
            exit(1);
        }
        memset(gray, 255, (size_t)w * h);
        for (int k = 0; k < w * h * 3; k++) {
            rgb[k] = (uint8_t)(k * 97 / 31 % 251);
        }
        lac_borders_cells(&b, gray, 128, rgb, (ptrdiff_t)w * 3);
        expect(t, lac_borders_find(&b, (const uint8_t *const[]){ tables }, 1) >= 0, "%dx%d", w, h);
        lac_borders_apply(&b, gray, 128, rgb, (ptrdiff_t)w * 3, NULL);
        lac_borders_close(&b);
        free(gray);
        free(rgb);
        free(tables);
    }
}

int main(void)
{
    Tally t = { .name = "test_borders" };

    test_goes(&t, 256);
    test_goes(&t, 520);
    test_goes(&t, 1031);
    test_stays(&t);
    test_longer(&t);
    test_between(&t);
    test_exact(&t);
    test_small(&t);
    return tally_end(&t);
}
