/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames made steady: against the equations solved plainly, pixel by pixel; what stays as it is; threads. */
#include "steady/steady.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

enum { FRAMES = 5, WIDTH = 71, HEIGHT = 23, NET_WIDTH = 24, NET_HEIGHT = 8, PIXELS = WIDTH * HEIGHT,
       CELLS = NET_WIDTH * NET_HEIGHT };

typedef struct Window {
    uint8_t rgb[FRAMES][PIXELS * 3];
    float residual[FRAMES][CELLS * 3], link[FRAMES][CELLS], trust[FRAMES][CELLS];
    LacSteadyFrame frames[FRAMES];
} Window;

static uint32_t state = 1;

static float uniform(void) /* 0..1 */
{
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / (float)(1 << 24);
}

static void fill(Window *w)
{
    for (int t = 0; t < FRAMES; t++) {
        for (int i = 0; i < PIXELS * 3; i++) {
            w->rgb[t][i] = (uint8_t)(255 * uniform());
            if (t && i / 3 % 2) { /* every other pixel is more or less like before */
                w->rgb[t][i] = (uint8_t)(w->rgb[t - 1][i] / 2 + 64 + (int)(12 * uniform()));
            }
        }
        for (int i = 0; i < CELLS; i++) {
            w->link[t][i] = expf(10 * uniform() - 6);
            w->trust[t][i] = expf(4 * uniform() - 2);
        }
        for (int i = 0; i < CELLS * 3; i++) {
            w->residual[t][i] = 0.4f * uniform() - 0.2f;
        }
        w->frames[t] = (LacSteadyFrame){ w->rgb[t], WIDTH * 3, w->residual[t], w->link[t], w->trust[t], 1, false };
    }
}

static Window *copy(const Window *from)
{
    Window *to = malloc(sizeof *to);

    if (!to) {
        abort();
    }
    memcpy(to, from, sizeof *to);
    for (int t = 0; t < FRAMES; t++) {
        LacSteadyFrame *f = &to->frames[t];

        f->rgb = to->rgb[t];
        f->residual = f->residual ? to->residual[t] : NULL;
        f->link = f->link ? to->link[t] : NULL;
        f->trust = f->trust ? to->trust[t] : NULL;
    }
    return to;
}

static void run(Tally *t, Window *w, int count, int first, int end, int threads)
{
    static const LacLog log = { 0 };
    LacSteady *s;

    if (expect(t, !lac_steady_open(&s, WIDTH, HEIGHT, NET_WIDTH, NET_HEIGHT, FRAMES, threads, &log), "cannot open")) {
        lac_steady_run(s, w->frames, count, first, end);
    }
    lac_steady_close(&s);
    expect(t, !s, "a closed one is not NULL");
}

/* A plane of `step` interleaved ones at a native pixel. */
static double at(const float *plane, int step, int x, int y)
{
    double u = fmax(0, (x + 0.5) * NET_WIDTH / WIDTH - 0.5), v = fmax(0, (y + 0.5) * NET_HEIGHT / HEIGHT - 0.5);
    int x0 = (int)u, y0 = (int)v, x1 = x0 + 1 < NET_WIDTH ? x0 + 1 : x0, y1 = y0 + 1 < NET_HEIGHT ? y0 + 1 : y0;
    double p = u - x0, q = v - y0;

    return (1 - q) * ((1 - p) * plane[(y0 * NET_WIDTH + x0) * step] + p * plane[(y0 * NET_WIDTH + x1) * step]) +
           q * ((1 - p) * plane[(y1 * NET_WIDTH + x0) * step] + p * plane[(y1 * NET_WIDTH + x1) * step]);
}

/* The colours of one channel of a pixel by Gauss-Seidel, which converges since every frame trusts its own a little. */
static void plain(const Window *w, int count, int x, int y, int c, double m[FRAMES])
{
    double own[FRAMES], link[FRAMES], trust[FRAMES];

    for (int t = 0; t < count; t++) {
        const LacSteadyFrame *f = &w->frames[t];

        own[t] = w->rgb[t][3 * (y * WIDTH + x) + c];
        own[t] += f->residual && !f->fixed ? 127.5 * at(f->residual + c, 3, x, y) : 0;
        link[t] = f->link && t + 1 < count ? at(f->link, 1, x, y) : 0;
        if (f->link && t + 1 < count) {
            double far = 0;

            for (int k = 0; k < 3; k++) {
                far = fmax(far, abs(w->rgb[t][3 * (y * WIDTH + x) + k] - w->rgb[t + 1][3 * (y * WIDTH + x) + k]));
            }
            link[t] += (double)LAC_STEADY_ALIKE / (1 + pow(far / (double)LAC_STEADY_NEAR, 4));
        }
        trust[t] = f->weight * (f->trust ? at(f->trust, 1, x, y) : 1);
        m[t] = own[t];
    }
    for (int round = 0; round < 20000; round++) {
        for (int t = 0; t < count; t++) {
            double sum = trust[t] * own[t], whole = trust[t];

            if (t) {
                sum += link[t - 1] * m[t - 1];
                whole += link[t - 1];
            }
            if (t + 1 < count) {
                sum += link[t] * m[t + 1];
                whole += link[t];
            }
            m[t] = w->frames[t].fixed ? own[t] : sum / whole;
        }
    }
}

/* Every 17th pixel of frames first..end - 1 is what the equations say, the other frames are untouched. */
static void test_solution(Tally *t, const Window *w, int count, int first, int end, const char *what)
{
    Window *out = copy(w);
    bool may[FRAMES] = { false }; /* be changed */
    double worst = 0;

    run(t, out, count, first, end, 1);
    for (int i = 0; i < PIXELS; i += 17) {
        for (int c = 0; c < 3; c++) {
            double m[FRAMES];

            plain(w, count, i % WIDTH, i / WIDTH, c, m);
            for (int f = first; f < end; f++) {
                worst = fmax(worst, fabs(fmin(fmax(m[f], 0), 255) - out->rgb[f][3 * i + c]));
            }
        }
    }
    expect(t, worst <= 0.51, "%s: %.3f levels off", what, worst); /* 0.5: rounding */
    for (int f = first; f < end; f++) {
        may[f] = !w->frames[f].fixed;
    }
    for (int f = 0; f < FRAMES; f++) {
        bool same = !memcmp(out->rgb[f], w->rgb[f], sizeof out->rgb[f]);

        expect(t, same == !may[f], "%s: frame %d %s", what, f,
               same ? "is as it was" : "was changed");
    }
    free(out);
}

static void test_threads(Tally *t, const Window *w)
{
    Window *one = copy(w), *three = copy(w);

    run(t, one, FRAMES, 0, FRAMES, 1);
    run(t, three, FRAMES, 0, FRAMES, 3);
    expect(t, !memcmp(one->rgb, three->rgb, sizeof one->rgb), "1 and 3 threads differ");
    free(one);
    free(three);
}

/* Between a reference and a frame of the past, firm links take over what these hold; across a cut nothing is taken. */
static void test_meaning(Tally *t)
{
    Window *w = malloc(sizeof *w), *out;

    if (!w) {
        abort();
    }
    fill(w);
    for (int f = 0; f < FRAMES; f++) {
        memset(w->rgb[f], f == 0 ? 50 : 100 + 10 * f, sizeof w->rgb[f]);
        w->frames[f].residual = w->frames[f].trust = NULL;
        for (int i = 0; i < CELLS; i++) {
            w->link[f][i] = 1e4f;
        }
    }
    w->frames[0].fixed = true;
    w->frames[2].link = NULL;
    out = copy(w);
    run(t, out, FRAMES, 0, FRAMES, 1);
    expect(t, out->rgb[1][0] == 50 && out->rgb[2][PIXELS] == 50, "still pixels are not the reference's: %d %d",
           out->rgb[1][0], out->rgb[2][PIXELS]);
    expect(t, out->rgb[3][7] == 135 && out->rgb[4][7] == 135, "frames after a cut are not their mean: %d %d",
           out->rgb[3][7], out->rgb[4][7]);
    free(out);
    w->frames[3].weight = 4;
    out = copy(w);
    run(t, out, FRAMES, 4, FRAMES, 1);
    expect(t, out->rgb[3][7] == 130 && out->rgb[4][7] == 132, "a frame of weight 4 and one of 1 give %d %d",
           out->rgb[3][7], out->rgb[4][7]); /* (4 * 130 + 140) / 5 */
    free(out);
    free(w);
}

int main(void)
{
    Tally t = { "steady", 0, 0 };
    Window *w = malloc(sizeof *w);

    if (!w) {
        abort();
    }
    fill(w);
    test_solution(&t, w, FRAMES, 0, FRAMES, "all frames");
    test_solution(&t, w, 4, 1, 3, "two of four frames");
    test_solution(&t, w, 1, 0, 1, "one frame");
    test_threads(&t, w);
    w->frames[0].weight = LAC_STEADY_PAST;
    w->frames[2].fixed = true;
    w->frames[1].residual = NULL;
    w->frames[3].trust = NULL;
    w->frames[3].link = NULL;
    test_solution(&t, w, FRAMES, 0, FRAMES, "a reference, a cut");
    w->frames[0].fixed = w->frames[4].fixed = true;
    test_solution(&t, w, FRAMES, 0, FRAMES, "three references");
    test_meaning(&t);
    free(w);
    return tally_end(&t);
}
