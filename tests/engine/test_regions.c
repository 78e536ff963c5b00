/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of drawn cases: gaps of the size asked for close and wider ones do not, nested and small
 * regions stay, corridors stay whole, tiny, blank and black pictures have the regions they should.
 */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "regions/regions.h"

typedef struct Sheet {
    int w, h;
    uint8_t *gray;
} Sheet;

static Sheet sheet(int w, int h, int value)
{
    Sheet s = {w, h, lac_alloc((size_t)w * h, 1)};

    memset(s.gray, value, (size_t)w * h);
    return s;
}

static void dot(Sheet *s, int x, int y, int value)
{
    if (x >= 0 && y >= 0 && x < s->w && y < s->h) {
        s->gray[y * s->w + x] = (uint8_t)value;
    }
}

static void box(Sheet *s, int left, int top, int right, int bottom)
{
    for (int x = left; x <= right; x++) {
        dot(s, x, top, 0);
        dot(s, x, bottom, 0);
    }
    for (int y = top; y <= bottom; y++) {
        dot(s, left, y, 0);
        dot(s, right, y, 0);
    }
}

/* A circle drawn softly, as dark as `ink`. */
static void circle(Sheet *s, double cx, double cy, double radius, int ink)
{
    for (int y = 0; y < s->h; y++) {
        for (int x = 0; x < s->w; x++) {
            double cover = 1.3 - fabs(hypot(x - cx, y - cy) - radius);
            cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
            int v = 255 - (int)lrint((255 - ink) * cover);
            if (v < s->gray[y * s->w + x]) {
                dot(s, x, y, v);
            }
        }
    }
}

static LacRegions find_by(const Sheet *s, int gap, int threads)
{
    LacRegions r;
    const LacLog log = {0};

    if (lac_regions_open(&r, s->w, s->h, gap, threads, &log) || lac_regions_run(&r, s->gray, &log)) {
        printf("no memory\n");
        exit(1);
    }
    return r;
}

static LacRegions find(const Sheet *s, int gap)
{
    return find_by(s, gap, 2);
}

static int at(const LacRegions *r, int x, int y)
{
    return r->label[y * r->width + x];
}

static void test_gaps(Tally *t)
{
    for (int gap = 1; gap <= 12; gap++) {
        /* Left and above, so that the hole lies along and across the rows. */
        for (int turned = 0; turned < 2; turned++) {
            Sheet s = sheet(121, 121, 255);

            box(&s, 30, 30, 90, 90);
            for (int i = 0; i < gap; i++) {
                dot(&s, turned ? 50 + i : 30, turned ? 30 : 50 + i, 255);
            }
            for (int allowed = gap - 1; allowed <= gap + 1; allowed++) {
                LacRegions r = find(&s, allowed);
                bool closed = at(&r, 60, 60) != at(&r, 5, 5);

                expect(t, closed == (allowed >= gap), "box with a hole of %d, gap %d: %s", gap,
                       allowed, closed ? "closed" : "open");
                expect(t, r.count == 1 + closed, "box with a hole of %d, gap %d: %d regions", gap,
                       allowed, r.count);
                lac_regions_close(&r);
            }
            lac_free(s.gray);
        }
    }
    for (int gap = 2; gap <= 10; gap++) {
        Sheet s = sheet(200, 160, 240);

        circle(&s, 100, 80, 50, 120);
        for (int y = 0; y < gap; y++) {
            for (int x = 140; x < 160; x++) {
                dot(&s, x, 80 + y - gap / 2, 240);
            }
        }
        LacRegions narrow = find(&s, gap), wide = find(&s, gap - 1);

        expect(t, at(&narrow, 100, 80) != at(&narrow, 3, 3) && narrow.count == 2,
               "gray circle with a gap of %d leaks", gap);
        expect(t, at(&wide, 100, 80) == at(&wide, 3, 3),
               "gray circle with a gap of %d closes at %d", gap, gap - 1);
        lac_regions_close(&narrow);
        lac_regions_close(&wide);
        lac_free(s.gray);
    }
}

static void test_nested(Tally *t)
{
    Sheet s = sheet(150, 150, 255);

    box(&s, 10, 10, 140, 140);
    circle(&s, 75, 75, 50, 0);
    circle(&s, 75, 75, 20, 0);
    circle(&s, 75, 75, 5, 0);
    LacRegions r = find(&s, 5);
    int label[5] = {at(&r, 2, 2), at(&r, 15, 15), at(&r, 35, 75), at(&r, 63, 75), at(&r, 75, 75)};

    expect(t, r.count == 5, "nested: %d regions", r.count);
    for (int i = 0; i < 5; i++) {
        expect(t, label[i] > 0, "nested: ring %d has no region", i);
        for (int j = 0; j < i; j++) {
            expect(t, label[i] != label[j], "nested: rings %d and %d are one region", i, j);
        }
    }
    if (r.count == 5) {
        const LacRegion *eye = &r.region[label[4]];

        expect(t,
               eye->left >= 70 && eye->right <= 81 && eye->top >= 70 && eye->bottom <= 81 &&
                   eye->area >= 21,
               "nested: the innermost is %d pixels at %d..%d, %d..%d", eye->area, eye->left,
               eye->right, eye->top, eye->bottom);
    }
    int sum = 0;
    for (int c = 0; c <= r.count; c++) {
        sum += r.region[c].area;
    }
    expect(t, sum == 150 * 150, "nested: areas add up to %d", sum);
    lac_regions_close(&r);
    lac_free(s.gray);
}

/* A closed corridor one pixel wide, with a bend, is one region; one with a room at each end is two.
 */
static void test_corridor(Tally *t)
{
    Sheet s = sheet(80, 60, 0);

    for (int x = 5; x <= 60; x++) {
        dot(&s, x, 10, 255);
    }
    for (int y = 10; y <= 50; y++) {
        dot(&s, 60, y, 255);
    }
    for (int gap = 0; gap <= 6; gap++) {
        LacRegions r = find(&s, gap);
        int free = 0;
        for (int c = 1; c <= r.count; c++) {
            free += !r.region[c].black;
        }
        expect(t,
               free == 1 && at(&r, 5, 10) == at(&r, 60, 50) && r.region[at(&r, 5, 10)].area == 96,
               "corridor, gap %d: %d regions", gap, free);
        lac_regions_close(&r);
    }
    for (int y = 2; y < 20; y++) {
        for (int x = 0; x < 12; x++) {
            dot(&s, x, y, 255);
        }
    }
    for (int y = 45; y < 58; y++) {
        for (int x = 54; x < 68; x++) {
            dot(&s, x, y, 255);
        }
    }
    for (int gap = 0; gap <= 6; gap += 3) {
        LacRegions r = find(&s, gap);

        expect(t, (at(&r, 4, 10) == at(&r, 60, 50)) == (gap < 1), "rooms and corridor, gap %d",
               gap);
        expect(t, at(&r, 40, 10) == at(&r, 4, 10) || at(&r, 40, 10) == at(&r, 60, 50),
               "rooms, gap %d: the corridor is a region of its own", gap);
        lac_regions_close(&r);
    }
    lac_free(s.gray);
}

static void test_black(Tally *t)
{
    Sheet s = sheet(120, 100, 255);

    box(&s, 5, 5, 110, 90);
    box(&s, 20, 20, 80, 60);
    for (int y = 30; y < 50; y++) {
        for (int x = 30; x < 60; x++) {
            dot(&s, x, y, 0);
        }
    }
    LacRegions r = find(&s, 4);

    expect(t,
           r.count == 4 && at(&r, 45, 40) > 0 && r.region[at(&r, 45, 40)].black &&
               r.region[at(&r, 45, 40)].area == 600,
           "black area: %d regions", r.count);
    expect(t, at(&r, 20, 30) == 0 && !r.region[at(&r, 22, 22)].black,
           "black area: a line is one, too");
    lac_regions_close(&r);
    lac_free(s.gray);
}

static void test_edges(Tally *t)
{
    static const int size[][2] = {{1, 1}, {2, 1}, {1, 7}, {2, 2}, {3, 3}, {17, 1}, {64, 5}};

    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        for (int gap = 0; gap <= LAC_REGIONS_MAX_GAP; gap += 16) {
            for (int value = 0; value <= 255; value += 255) {
                Sheet s = sheet(size[i][0], size[i][1], value);
                LacRegions r = find(&s, gap);

                expect(t,
                       r.count == 1 && at(&r, 0, 0) == 1 && r.region[1].area == s.w * s.h &&
                           r.region[1].black == !value,
                       "%dx%d of %d, gap %d: %d regions", s.w, s.h, value, gap, r.count);
                lac_regions_close(&r);
                lac_free(s.gray);
            }
        }
    }
    /* Noise: every free pixel has a region, regions are numbered without holes, areas agree. */
    Sheet s = sheet(97, 61, 255);
    uint32_t state = 1;
    for (int i = 0; i < s.w * s.h; i++) {
        state = state * 1664525 + 1013904223;
        s.gray[i] = state >> 31 ? 255 : 0;
    }
    for (int gap = 0; gap <= LAC_REGIONS_MAX_GAP; gap++) {
        LacRegions r = find(&s, gap);
        int *count = lac_calloc((size_t)r.count + 1, sizeof *count);
        bool ok = true;

        for (int i = 0; i < s.w * s.h; i++) {
            ok = ok && r.label[i] >= 0 && r.label[i] <= r.count &&
                 (s.gray[i] != 255 || r.label[i] > 0);
            count[ok ? r.label[i] : 0]++;
        }
        for (int c = 1; c <= r.count; c++) {
            ok = ok && count[c] > 0 && count[c] == r.region[c].area;
        }
        expect(t, ok, "noise, gap %d: labels and areas disagree", gap);
        lac_free(count);
        lac_regions_close(&r);
    }
    lac_free(s.gray);
}

/* More threads than some sizes have rows, and black areas. */
static void test_threads(Tally *t)
{
    Sheet s = sheet(131, 97, 255);

    for (int i = 0; i < 12; i++) {
        circle(&s, 10 * i + 7, 8 * i + 5, 3 * i + 2, 20 * i);
    }
    for (int i = 0; i < 900; i++) {
        dot(&s, 60 + i % 30, 40 + i / 30, 0);
    }
    for (int gap = 3; gap <= 12; gap++) {
        LacRegions one = find_by(&s, gap, 1), many = find_by(&s, gap, 5);
        const size_t n = (size_t)s.w * s.h;

        expect(t, one.count > 12 && one.count == many.count &&
                   !memcmp(one.label, many.label, n * sizeof *one.label) &&
                   !memcmp(one.squared, many.squared, n * sizeof *one.squared),
               "gap %d: one thread and five differ", gap);
        lac_regions_close(&one);
        lac_regions_close(&many);
    }
    lac_free(s.gray);
}

int main(void)
{
    Tally t = {"regions", 0, 0};

    test_threads(&t);
    test_gaps(&t);
    test_nested(&t);
    test_corridor(&t);
    test_black(&t);
    test_edges(&t);
    return tally_end(&t);
}
