/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Painting on synthetic pictures: flat regions divided by thin lines keep their exact colours up to the line,
 * on its own side; lines are black, coloured or filled as asked; any number of threads gives the same bytes.
 */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "lineart.h"
#include "paint.h"

static const uint8_t region_colour[3][3] = { { 220, 40, 60 }, { 30, 160, 230 }, { 250, 210, 90 } };
static const uint8_t line_colour[3] = { 60, 20, 90 };

enum { VERTICAL, SHALLOW, DIAGONAL, CIRCLE, SHAPES };
static const char *const shape_name[] = { "vertical", "shallow", "diagonal", "circle" };

/* Signed distance to the line: its sign is the side. */
static double side(int shape, double x, double y, int w, int h)
{
    switch (shape) {
    case VERTICAL: return x - (w / 2) - 0.5; /* NOLINT(bugprone-integer-division): a whole column */
    case SHALLOW: return (y - h / 2.0) * 0.98 - (x - w / 2.0) * 0.199;
    case DIAGONAL: return (x - y) * 0.7071 - 3.2;
    default: return hypot(x - w / 2.0, y - h / 2.0) - h / 3.0;
    }
}

typedef struct Scene {
    int w, h, nw, nh;
    uint8_t *gray, *truth, *regions, *out; /* truth: with coloured lines; regions: without */
    float *prediction;
} Scene;

/* One-pixel lines (soft: anti-aliased), and a prediction that is the area average of the true picture. */
static void draw(Scene *s, int shape, bool soft, int w, int h, int nw, int nh)
{
    LacResize r;

    *s = (Scene){ w,
                  h,
                  nw,
                  nh,
                  lac_alloc((size_t)w * h, 1),
                  lac_alloc((size_t)w * h, 3),
                  lac_alloc((size_t)w * h, 3),
                  lac_calloc((size_t)w * h, 3),
                  lac_alloc((size_t)nw * nh, 3 * sizeof(float)) };
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            double d = side(shape, x + 0.5, y + 0.5, w, h), cover = soft ? 1.2 - fabs(d) : fabs(d) <= 0.71;
            size_t i = (size_t)y * w + x;

            cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
            s->gray[i] = (uint8_t)(255 - lrint(255 * cover));
            for (int c = 0; c < 3; c++) {
                s->regions[i * 3 + c] = region_colour[d > 0][c];
                s->truth[i * 3 + c] =
                    (uint8_t)lrint(region_colour[d > 0][c] * (1 - cover) + line_colour[c] * cover);
            }
        }
    }
    lac_resize_open(&r, w, h, nw, nh, 3, 1);
    lac_resize_u8(&r, s->truth, (ptrdiff_t)w * 3, 3, s->prediction);
    lac_resize_close(&r);
    for (int i = 0; i < nw * nh * 3; i++) {
        s->prediction[i] = s->prediction[i] / 127.5f - 1;
    }
}

static void release(Scene *s)
{
    lac_free(s->gray);
    lac_free(s->truth);
    lac_free(s->regions);
    lac_free(s->out);
    lac_free(s->prediction);
}

static void paint_ink(Scene *s, enum LacLines lines, const LacLineColour *ink, int threads)
{
    LacPaint *p;
    LacLog log = { 0 };

    memset(s->out, 0, (size_t)s->w * s->h * 3);
    if (lac_paint_open(&p, s->w, s->h, s->nw, s->nh, threads, &log) == LAC_OK) {
        /* twice: nothing of a frame may stay for the next */
        lac_paint_run(p, s->prediction, s->gray, s->gray, NULL, lines, ink, s->out, (ptrdiff_t)s->w * 3, NULL);
        lac_paint_run(p, s->prediction, s->gray, s->gray, NULL, lines, ink, s->out, (ptrdiff_t)s->w * 3, NULL);
        lac_paint_close(&p);
    }
}

/* Transferred pixels that are sure are the picture where lines come from them, and else the fill between the lines;
 * those of no share are not seen. */
static void test_transferred(Tally *t, Scene *s)
{
    static const enum LacLines lines[] = { LAC_LINES_REF, LAC_LINES_KEEP, LAC_LINES_NONE };
    const size_t n = (size_t)s->w * s->h;
    uint8_t *transferred = lac_alloc(n, 4), *plain = lac_alloc(n, 3);
    const LacLog log = { 0 };
    LacPaint *p;

    if (!transferred || !plain || lac_paint_open(&p, s->w, s->h, s->nw, s->nh, 2, &log)) {
        abort();
    }
    for (int k = 0; k < 3; k++) {
        int wrong = 0;

        memset(transferred, 0, n * 4);
        lac_paint_run(p, s->prediction, s->gray, s->gray, NULL, lines[k], NULL, plain, (ptrdiff_t)s->w * 3, NULL);
        lac_paint_run(p, s->prediction, s->gray, s->gray, transferred, lines[k], NULL, s->out, (ptrdiff_t)s->w * 3, NULL);
        expect(t, memcmp(plain, s->out, n * 3) == 0, "lines %d: nothing transferred changes nothing", k);
        for (size_t i = 0; i < n; i++) {
            transferred[i * 4] = 10;
            transferred[i * 4 + 1] = 200;
            transferred[i * 4 + 2] = 30;
            transferred[i * 4 + 3] = 255;
        }
        lac_paint_run(p, s->prediction, s->gray, s->gray, transferred, lines[k], NULL, s->out, (ptrdiff_t)s->w * 3, NULL);
        for (size_t i = 0; i < n; i++) {
            const bool clear = s->gray[i] == 255 || lines[k] == LAC_LINES_REF;
            wrong += clear && (s->out[i * 3] != 10 || s->out[i * 3 + 1] != 200 || s->out[i * 3 + 2] != 30);
        }
        expect(t, wrong == 0, "lines %d: %d pixels are not what was transferred", k, wrong);
    }
    lac_paint_close(&p);
    lac_free(transferred);
    lac_free(plain);
}

/* With the references' lines the same as the picture without what was transferred, blended at each pixel; what was painted
 * and put out before is not seen. */
static void expect_blend(Tally *t, Scene *s, const uint8_t *transferred, const char *what)
{
    const LacLineColour ink = { true, { 60, 20, 90 }, { 4, 4, 4 } };
    const size_t n = (size_t)s->w * s->h, cells = (size_t)s->nw * s->nh * 3;
    uint8_t *plain = lac_alloc(n, 3);
    float *other = lac_alloc(cells, sizeof *other);
    const LacLog log = { 0 };
    int wrong = 0;
    LacPaint *p;

    if (!plain || !other || lac_paint_open(&p, s->w, s->h, s->nw, s->nh, 2, &log)) {
        abort();
    }
    for (size_t i = 0; i < cells; i++) {
        other[i] = -s->prediction[i];
    }
    lac_paint_run(p, other, s->gray, s->gray, NULL, LAC_LINES_REF, &ink, s->out, (ptrdiff_t)s->w * 3, NULL);
    memset(plain, 0, n * 3);
    memset(s->out, 170, n * 3);
    lac_paint_run(p, s->prediction, s->gray, s->gray, transferred, LAC_LINES_REF, &ink, s->out, (ptrdiff_t)s->w * 3, NULL);
    lac_paint_run(p, s->prediction, s->gray, s->gray, NULL, LAC_LINES_REF, &ink, plain, (ptrdiff_t)s->w * 3, NULL);
    for (size_t i = 0; i < n; i++) {
        lac_paint_lay_over(transferred + i * 4, plain + i * 3);
        wrong += memcmp(plain + i * 3, s->out + i * 3, 3) != 0;
    }
    expect(t, wrong == 0, "%s: %d pixels are not the blend of what was transferred and the picture without", what, wrong);
    lac_paint_close(&p);
    lac_free(plain);
    lac_free(other);
}

/* Sure here, unsure there. */
static void test_partly_transferred(Tally *t, Scene *s)
{
    const size_t n = (size_t)s->w * s->h;
    uint8_t *transferred = lac_alloc(n, 4);

    if (!transferred) {
        abort();
    }
    for (size_t i = 0; i < n; i++) { /* blocks of 13 x 11, a fifth of them blended, a fifth not there */
        const size_t kind = (i % (size_t)s->w / 13 + i / (size_t)s->w / 11 * 7) % 5;

        for (size_t c = 0; c < 3; c++) {
            transferred[i * 4 + c] = (uint8_t)(i * 7 + c * 31);
        }
        transferred[i * 4 + 3] = kind == 0 ? 0 : kind == 1 ? (uint8_t)(i % 255) : 255;
    }
    expect_blend(t, s, transferred, "blocks");
    lac_free(transferred);
}

/* A line alone is unsure, between sure pixels: it takes its colours from pixels that nobody sees, whichever side they are on. */
static void test_unsure_line(Tally *t, bool upright)
{
    Scene s;
    uint8_t *transferred;

    draw(&s, CIRCLE, true, 192, 128, 192, 128); /* cells as small as pixels: those beside the line are clear */
    transferred = lac_alloc((size_t)s.w * s.h, 4);
    if (!transferred) {
        abort();
    }
    for (int i = 0; i < s.w * s.h; i++) {
        const int at = upright ? i % s.w : i / s.w;
        const bool line = at >= 64 && at < 68;

        s.gray[i] = line ? 120 : 255;
        memset(transferred + (ptrdiff_t)i * 4, line ? 0 : 255, 4);
    }
    expect_blend(t, &s, transferred, upright ? "an upright line" : "a level line");
    lac_free(transferred);
    release(&s);
}

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
    Scene s;
    draw(&s, CIRCLE, true, 192, 128, 96, 64);
    test_transferred(&t, &s);
    test_partly_transferred(&t, &s);
    release(&s);
    draw(&s, SHALLOW, true, 331, 203, 96, 64);
    test_partly_transferred(&t, &s);
    release(&s);
    test_unsure_line(&t, false);
    test_unsure_line(&t, true);
    test_sliver(&t);
    test_blurred(&t);
    test_extremes(&t);
    return tally_end(&t);
}
