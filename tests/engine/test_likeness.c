/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sketches of line art, and references chosen because they are like a frame. */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "refs/refs_choose.h"

enum { W = 192, H = 108 };

static Messages messages;
static LacLog log_to;
static LacPacker *packer;

/* White with an upright line `wide` pixels wide at x; scale: larger by so much. */
static uint8_t *bar(int x, int wide, int scale, int shade)
{
    uint8_t *gray = malloc((size_t)W * H * (size_t)scale * (size_t)scale);

    memset(gray, 255, (size_t)W * H * (size_t)scale * (size_t)scale);
    for (int y = 0; y < H * scale; y++) {
        memset(gray + (size_t)y * W * scale + x * scale, shade, (size_t)wide * (size_t)scale);
    }
    return gray;
}

static LacSketch sketch_bar(int x, int wide, int scale, int shade)
{
    uint8_t *gray = bar(x, wide, scale, shade);
    LacSketch s = { { 0 } };

    lac_sketch(&s, gray, (ptrdiff_t)W * scale, W * scale, H * scale);
    free(gray);
    return s;
}

static void test_sketch(Tally *t)
{
    const LacSketch a = sketch_bar(90, 6, 1, 0), near = sketch_bar(93, 6, 1, 0), far = sketch_bar(30, 6, 1, 0);
    const LacSketch large = sketch_bar(90, 6, 5, 0), pencil = sketch_bar(90, 6, 1, 180), blank = sketch_bar(0, 0, 1, 0);
    const uint8_t pixel[3] = { 0, 255, 255 };
    LacSketch small = { { 0 } };

    expect(t, lac_sketch_difference(&a, &a) == 0, "the same");
    expect(t, lac_sketch_difference(&a, &large) == 0 && lac_sketch_difference(&a, &pencil) == 0, "size and shade: %d, %d",
           lac_sketch_difference(&a, &large), lac_sketch_difference(&a, &pencil));
    expect(t, lac_sketch_difference(&a, &near) > 0, "moved");
    expect(t, 3 * lac_sketch_difference(&a, &near) < lac_sketch_difference(&a, &far), "moved %d, far %d",
           lac_sketch_difference(&a, &near), lac_sketch_difference(&a, &far));
    expect(t, blank.far[0] == LAC_SKETCH_FAR && lac_sketch_difference(&blank, &a) > 0, "blank");
    expect(t, a.far[30] == 0 && a.far[29] == 1 && a.far[64 * 40 + 26] == 4 && a.far[0] == LAC_SKETCH_FAR, "steps: %d %d %d",
           a.far[30], a.far[29], a.far[64 * 40 + 26]);
    lac_sketch(&small, pixel, 3, 1, 1); /* smaller than the sketch */
    expect(t, small.far[0] == 0 && small.far[64 * 64 - 1] == 0, "one black pixel");
}

/* Frames show the bar at x; those of `bank` are references a 0, b 10, c 20, d 30 … */
static void match(LacRefs *refs, int64_t index, int x)
{
    const LacPlace place = { index, index, 0, 0 };
    const LacSketch sketch = sketch_bar(x, 6, 1, 0);
    LacPacked packed = { 0 }, black = { 0 };
    uint8_t *gray = bar(x, 6, 1, 0);

    if (lac_refs_matches(refs, &place)) {
        lac_pack(packer, gray, W, W, H, &packed);
    }
    lac_refs_match(refs, &place, W, H, &packed, &black, &sketch);
    lac_packed_free(&packed);
    free(gray);
}

static LacRefs bank(const int *frames, int count, int own)
{
    uint8_t *colour = calloc((size_t)W * H, 3), *line = bar(0, 0, 1, 0);
    LacRefs refs = { .log = &log_to };

    for (int i = 0; i < count; i++) {
        const char name[2] = { (char)('a' + i), '\0' };
        LacRefPictures pictures = { .color = { W, H, 3, colour } };

        if (i == own) {
            memset(line, 255, (size_t)W * H);
            for (int y = 0; y < H; y++) {
                memset(line + (size_t)y * W + 90, 0, 6);
            }
            pictures.line = (LacImage){ W, H, 1, line };
        }
        lac_refs_add(&refs, packer, LAC_WHEN_FRAME, frames[i], name, &pictures);
    }
    free(colour);
    free(line);
    return refs;
}

static void expect_choice(Tally *t, const LacRefs *refs, int64_t index, int x, int k, int64_t latest, int64_t sent,
                          const char *wanted)
{
    const LacPlace place = { index, index, 0, 0 };
    const LacKnown known = { latest, sent, 0 };
    const LacSketch sketch = sketch_bar(x, 6, 1, 0);
    char text[16];
    int chosen[LAC_MAX_REFS], at = 0;
    bool wait;
    const int n = lac_refs_choose(refs, &place, &sketch, k, &known, chosen, &wait);

    text[at] = '?';
    at += wait;
    for (int i = 0; i < n; i++) {
        text[at++] = refs->item[chosen[i]].name[0];
    }
    text[at] = '\0';
    expect(t, !strcmp(text, wanted), "frame %d: chose '%s', not '%s'", (int)index, text, wanted);
}

static void test_choice(Tally *t)
{
    const int64_t all = INT64_MAX;
    const int frames[] = { 0, 10, 20, 30 };
    LacRefs r = bank(frames, 4, -1);

    expect(t, lac_refs_have_choice(&r, 2) && !lac_refs_have_choice(&r, 4), "four references");
    match(&r, 0, 90);
    for (int n = 1; n <= 10; n++) {
        match(&r, n, 30);
    }
    expect_choice(t, &r, 4, 150, 2, all, 10, "?ab"); /* c may be more like it */
    expect_choice(t, &r, 4, 150, 2, 13, 13, "ab");   /* not with a lookahead of 9 */
    for (int n = 11; n <= 20; n++) {
        match(&r, n, 150);
    }
    expect_choice(t, &r, 4, 150, 2, all, 20, "ac"); /* the farther neighbour gives way */
    expect_choice(t, &r, 7, 150, 2, all, 20, "bc");
    expect_choice(t, &r, 4, 150, 1, all, 20, "c");
    expect_choice(t, &r, 4, 150, 2, 13, 20, "ab"); /* c is known, but too late for it */
    expect_choice(t, &r, 4, 31, 2, all, 20, "ab"); /* b is as like it as anything */
    expect_choice(t, &r, 4, 150, 4, all, 20, "?abcd");
    expect_choice(t, &r, 12, 91, 2, all, 20, "?ab");
    for (int n = 21; n <= 30; n++) {
        match(&r, n, 60);
    }
    expect_choice(t, &r, 12, 91, 2, all, 30, "ab"); /* an earlier one */
    expect_choice(t, &r, 4, 60, 2, all, 30, "ab");  /* d is the third after it: not waited for, so not used */
    expect_choice(t, &r, 16, 60, 2, all, 30, "cd");
    lac_refs_close(&r, NULL);

    const int apart[] = { 0, 10, 400 };
    r = bank(apart, 3, -1);
    match(&r, 0, 30);
    match(&r, 10, 30);
    expect_choice(t, &r, 4, 150, 2, all, 11, "?ab");
    expect_choice(t, &r, 4, 150, 2, all, 244, "ab"); /* waited for 240 frames, no longer */
    match(&r, 400, 150);
    expect_choice(t, &r, 4, 150, 2, all, 400, "ab");
    expect_choice(t, &r, 180, 150, 2, all, 400, "bc");
    lac_refs_close(&r, NULL);

    r = bank(frames, 4, 3); /* d brings its line art: known at once, however far */
    match(&r, 0, 30);
    match(&r, 10, 30);
    match(&r, 20, 30);
    expect_choice(t, &r, 4, 90, 2, all, 20, "ad");
    lac_refs_close(&r, NULL);
}

/* Model sheets take places: with seven there is one left, and two references to choose it from. */
static void test_sheets(Tally *t)
{
    const int frames[] = { 0, 10 };
    uint8_t *colour = calloc((size_t)W * H, 3), *line = bar(0, 0, 1, 0);
    const LacRefPictures sheet = { .color = { W, H, 3, colour }, .line = { W, H, 1, line } };
    LacRefs r = bank(frames, 2, -1);

    for (int i = 0; i < LAC_MAX_REFS - 2; i++) {
        lac_refs_add(&r, packer, LAC_WHEN_NEVER, 0, "s", &sheet);
    }
    expect(t, !lac_refs_have_choice(&r, 2), "six model sheets and two references: all serve");
    lac_refs_add(&r, packer, LAC_WHEN_NEVER, 0, "s", &sheet);
    expect(t, lac_refs_have_choice(&r, 2), "seven model sheets and two references: no choice");
    match(&r, 0, 30);
    match(&r, 10, 150);
    expect_choice(t, &r, 4, 150, 2, INT64_MAX, 10, "bsssssss");
    lac_refs_close(&r, NULL);
    free(colour);
    free(line);
}

int main(void)
{
    Tally t = { .name = "test_likeness" };

    log_to = messages_log(&messages);
    if (expect(&t, lac_packer_open(&packer, &log_to) == LAC_OK, "packer")) {
        test_sketch(&t);
        test_choice(&t);
        test_sheets(&t);
        lac_packer_close(&packer);
    }
    return tally_end(&t);
}
