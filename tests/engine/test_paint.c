/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Painting on synthetic pictures: flat regions divided by thin lines keep their exact colours up to the line,
 * on its own side; lines are black, coloured or filled as asked; any number of threads gives the same bytes.
 */
#include "paint_case.h"

static const char *const shape_name[] = { "vertical", "shallow", "diagonal", "circle" };

static void paint(Scene *s, enum LacLines lines, int threads)
{
    paint_ink(s, lines, NULL, threads);
}

/* Pixels whose worst channel is off by more than `within`, among those of which `which` is true of their
 * gray. */
static int off(const Scene *s, const uint8_t *truth, int from, int to, int within)
{
    int n = 0;

    for (int i = 0; i < s->w * s->h; i++) {
        bool bad = false;
        for (int c = 0; c < 3; c++) {
            bad = bad || abs(s->out[i * 3 + c] - truth[i * 3 + c]) > within;
        }
        n += s->gray[i] >= from && s->gray[i] <= to && bad;
    }
    return n;
}

/* Hard lines leave whole cells to their regions: exact colours. The flanks of soft ones are clear pixels up
 * to D = 0.1, whose prediction has that much of the line's colour: 10 % of 190 levels. */
static void test_two_regions(Tally *t, int shape, bool soft, int nw, int nh)
{
    const int within = soft ? 20 : 2;
    Scene s;
    uint8_t *first;
    size_t bytes;
    int n;

    draw(&s, shape, soft, 288, 192, nw, nh);
    bytes = (size_t)s.w * s.h * 3;
    first = lac_alloc(bytes, 1);

    paint(&s, LAC_LINES_NONE, 1);
    n = off(&s, s.regions, 240, 255, within);
    expect(t, n == 0, "%s%s %dx%d: %d clear pixels off their region's colour", shape_name[shape],
           soft ? " soft" : "", nw, nh, n);
    if (soft) { /* anti-aliased flanks carry their own side's colour too */
        n = off(&s, s.regions, 100, 239, within);
        expect(t, n * 50 <= s.w, "%s soft %dx%d: %d flank pixels off", shape_name[shape], nw, nh, n);
    }

    paint(&s, LAC_LINES_KEEP, 1);
    memcpy(first, s.out, bytes);
    n = 0;
    for (int i = 0; i < s.w * s.h; i++) {
        n += s.gray[i] == 0 && (s.out[i * 3] || s.out[i * 3 + 1] || s.out[i * 3 + 2]);
    }
    expect(t, n == 0, "%s: %d black line pixels are not black", shape_name[shape], n);
    n = off(&s, s.regions, 255, 255, within);
    expect(t, n == 0, "%s keep: %d clear pixels off", shape_name[shape], n);
    paint(&s, LAC_LINES_KEEP, 3);
    expect(t, !memcmp(first, s.out, bytes), "%s: 1 and 3 threads differ", shape_name[shape]);

    paint(&s, LAC_LINES_REF, 2);
    n = off(&s, s.truth, 0, 255, 24);
    expect(t, n * 100 <= s.w * s.h / 10, "%s%s ref %dx%d: %d pixels far from the true line colour",
           shape_name[shape], soft ? " soft" : "", nw, nh, n);
    n = off(&s, s.truth, 255, 255, within);
    expect(t, n == 0, "%s ref: %d clear pixels off", shape_name[shape], n);
    lac_free(first);
    release(&s);
}

/* A closed sliver between two lines, too thin for a clear cell: the plain prediction, not a neighbour's
 * colour. */
static void test_sliver(Tally *t)
{
    Scene s;
    int x0 = 144;

    draw(&s, VERTICAL, false, 288, 192, 96, 64);
    for (int y = 0; y < s.h; y++) {
        for (int x = x0; x < x0 + 4; x++) {
            size_t i = (size_t)y * s.w + x;
            s.gray[i] = x == x0 || x == x0 + 3 ? 0 : 255;
        }
    }
    for (int i = 0; i < s.nw * s.nh; i++) {
        for (int c = 0; c < 3; c++) {
            s.prediction[i * 3 + c] = region_colour[i % s.nw < x0 / 3       ? 0
                                                    : i % s.nw > x0 / 3 + 1 ? 1
                                                                            : 2][c] /
                                          127.5f -
                                      1;
        }
    }
    paint(&s, LAC_LINES_NONE, 1);
    const uint8_t *p = s.out + ((size_t)96 * s.w + x0 + 1) * 3, *left = p - 6, *right = p + 12;
    expect(t, abs(p[0] - region_colour[2][0]) <= 2 && abs(p[1] - region_colour[2][1]) <= 2,
           "sliver is %d %d %d", p[0], p[1], p[2]);
    expect(t, abs(left[0] - region_colour[0][0]) <= 2, "left of the sliver is %d %d %d", left[0], left[1],
           left[2]);
    expect(t, abs(right[0] - region_colour[1][0]) <= 2, "right of the sliver is %d %d %d", right[0], right[1],
           right[2]);
    release(&s);
}

/* A network blurs: its lines are pale and stain the cells beside them. The fill must not show that, and lines that are
 * black in the references must come out black, coloured ones in their mean colour. */
static void test_blurred(Tally *t)
{
    static const LacLineColour black = { .known = true },
                               coloured = { .known = true, .mean = { 60, 20, 90 }, .deviation = { 0 } };
    Scene s;
    float *sharp;
    int n;

    draw(&s, VERTICAL, false, 288, 192, 96, 64);
    sharp = lac_alloc((size_t)s.nw * s.nh, 3 * sizeof *sharp);
    memcpy(sharp, s.prediction, (size_t)s.nw * s.nh * 3 * sizeof *sharp);
    for (int y = 0; y < s.nh; y++) {
        for (int x = 0; x < s.nw; x++) {
            int l = x > 0 ? x - 1 : x, r = x + 1 < s.nw ? x + 1 : x;
            for (int c = 0; c < 3; c++) {
                const float *row = sharp + (size_t)y * s.nw * 3 + c;
                s.prediction[((size_t)y * s.nw + x) * 3 + c] = (row[l * 3] + 2 * row[x * 3] + row[r * 3]) / 4;
            }
        }
    }
    lac_free(sharp);
    paint(&s, LAC_LINES_NONE, 1);
    n = off(&s, s.regions, 255, 255, 2);
    expect(t, n == 0, "blurred prediction: %d clear pixels are stained", n);
    paint_ink(&s, LAC_LINES_REF, &black, 1);
    for (int i = n = 0; i < s.w * s.h; i++) {
        n += s.gray[i] == 0 && (s.out[i * 3] > 1 || s.out[i * 3 + 1] > 1 || s.out[i * 3 + 2] > 1);
    }
    expect(t, n == 0, "blurred prediction, black ink: %d line pixels are not black", n);
    paint_ink(&s, LAC_LINES_REF, &coloured, 2);
    n = off(&s, s.truth, 0, 0, 2);
    expect(t, n == 0, "blurred prediction, coloured ink: %d line pixels off", n);
    release(&s);
}

/* Without lines it is plain bilinear upsampling (or area averaging); all dark, it must still be defined. */
static void test_extremes(Tally *t)
{
    static const int size[][4] = {
        { 1, 1, 64, 64 }, { 100, 3, 64, 64 }, { 65, 64, 64, 64 }, { 200, 130, 96, 64 }, { 65, 300, 64, 64 }
    };

    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        for (int gray = 0; gray <= 255; gray += 51) {
            Scene s;
            int n;
            draw(&s, CIRCLE, false, size[k][0], size[k][1], size[k][2], size[k][3]);
            memset(s.gray, gray, (size_t)s.w * s.h);
            for (int i = 0; i < s.nw * s.nh; i++) {
                s.prediction[i * 3] = 0.5f;
                s.prediction[i * 3 + 1] = -2; /* out of range: clamped */
                s.prediction[i * 3 + 2] = -0.25f;
            }
            for (int i = 0; i < s.w * s.h; i++) {
                s.truth[i * 3] = 191;
                s.truth[i * 3 + 1] = 0;
                s.truth[i * 3 + 2] = 96;
            }
            paint(&s, LAC_LINES_NONE, 2);
            n = off(&s, s.truth, 0, 255, 1);
            expect(t, n == 0, "%dx%d all gray %d: %d pixels off", s.w, s.h, gray, n);
            paint(&s, LAC_LINES_REF, 2);
            n = off(&s, s.truth, 0, 255, 1);
            expect(t, n == 0, "%dx%d all gray %d, ref: %d pixels off", s.w, s.h, gray, n);
            release(&s);
        }
    }
}

int main(void)
{
    Tally t = { .name = "test_paint" };

    for (int shape = 0; shape < SHAPES; shape++) {
        for (int soft = 0; soft < 2; soft++) {
            test_two_regions(&t, shape, soft, 96, 64);   /* 3 */
            test_two_regions(&t, shape, soft, 192, 128); /* 1.5 */
            test_two_regions(&t, shape, soft, 288, 192); /* 1 */
        }
    }
    test_sliver(&t);
    test_blurred(&t);
    test_extremes(&t);
    return tally_end(&t);
}
