/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Painting with pixels of the references laid over the network's picture: sure ones are seen, unsure ones blended. */
#include "paint_case.h"

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

int main(void)
{
    Tally t = { .name = "test_paint_transfer" };
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
    return tally_end(&t);
}
