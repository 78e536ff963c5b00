/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network inputs: distance field against brute force, darkness and colour against their formulas. */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "picture/lineart.h"

static unsigned random_state = 1;

static int random_below(int n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (int)((random_state >> 8) % (unsigned)n);
}

static void test_distance(Tally *t, int h, int w, int lines, int threads)
{
    uint8_t *mask = lac_calloc((size_t)h * w, 1);
    int32_t *squared = lac_alloc((size_t)h * w, sizeof *squared),
            *column = lac_alloc((size_t)h * w, sizeof *column);
    int32_t *stack = lac_alloc((size_t)threads * 2 * w, sizeof *stack);
    int wrong = 0;

    for (int i = 0; i < lines; i++) {
        mask[random_below(h * w)] = 1;
    }
    bool any = lac_distance_squared(mask, h, w, squared, column, stack, threads);
    expect(t, any == (lines > 0), "distance %dx%d with %d line pixels: any is %d", w, h, lines, any);
    for (int i = 0; any && i < h * w; i++) {
        int32_t best = INT32_MAX;
        for (int j = 0; j < h * w; j++) {
            int32_t dx = i % w - j % w, dy = i / w - j / w;
            best = mask[j] && dx * dx + dy * dy < best ? dx * dx + dy * dy : best;
        }
        wrong += squared[i] != best;
    }
    expect(t, wrong == 0, "distance %dx%d with %d line pixels, %d threads: %d pixels wrong", w, h, lines,
           threads, wrong);
    lac_free(mask);
    lac_free(squared);
    lac_free(column);
    lac_free(stack);
}

/* The definition in lineart.h again, in double precision and without separability. */
static double darkness(const uint8_t *gray, int w, int h, int nw, int nh, int x, int y)
{
    double sum = 0, area = 0, most = 0, x0 = (double)x * w / nw, x1 = (double)(x + 1) * w / nw;
    double y0 = (double)y * h / nh, y1 = (double)(y + 1) * h / nh;

    for (int j = 0; j < h; j++) {
        for (int i = 0; i < w; i++) {
            double ox = fmin(x1, i + 1) - fmax(x0, i), oy = fmin(y1, j + 1) - fmax(y0, j);
            double dark = 1 - gray[j * w + i] / 255.0;
            if (ox > 0 && oy > 0) {
                sum += ox * oy * dark;
                area += ox * oy;
                most = ox > 0.25 + 1e-9 && oy > 0.25 + 1e-9 && dark > most ? dark : most;
            }
        }
    }
    return sqrt(sum / area * most);
}

static void test_shrinking(Tally *t, int w, int h, int size, Messages *log_to)
{
    LacLog log = messages_log(log_to);
    LacLineart a, b;
    int nw, nh, bad_x = 0, bad_d = 0;
    uint8_t *gray = lac_alloc((size_t)w * h, 1);

    for (int i = 0; i < w * h; i++) {
        gray[i] = random_below(6) ? 255 : (uint8_t)random_below(256);
    }
    lac_network_size(w, h, size, &nw, &nh);
    if (!expect(t,
                lac_lineart_open(&a, w, h, nw, nh, 1, &log) == LAC_OK &&
                    lac_lineart_open(&b, w, h, nw, nh, 3, &log) == LAC_OK,
                "open %dx%d", w, h)) {
        return;
    }
    lac_lineart_run(&a, gray, w);
    lac_lineart_run(&b, gray + (size_t)(h - 1) * w, -w); /* upside down, to use another stride */
    lac_lineart_run(&b, gray, w);
    expect(t,
           !memcmp(a.line, b.line, sizeof(float) * nw * nh) &&
               !memcmp(a.distance, b.distance, sizeof(float) * nw * nh),
           "%dx%d: 1 and 3 threads differ", w, h);
    for (int y = 0; y < nh; y++) {
        for (int x = 0; x < nw; x++) {
            double d = darkness(gray, w, h, nw, nh, x, y), best = 1;
            bad_x += fabs(a.line[y * nw + x] - (1 - 2 * d)) > 1e-5;
            for (int j = 0; j < nh; j += 1) { /* the field, from the line pixels it reports itself */
                for (int i = 0; i < nw; i++) {
                    if ((1 - a.line[j * nw + i]) / 2 >= 0.2f) {
                        double dist = hypot(x - i, y - j) / ((nw < nh ? nw : nh) / 8.0);
                        best = dist < best ? dist : best;
                    }
                }
            }
            bad_d += fabs(a.distance[y * nw + x] - (2 * best - 1)) > 1e-5;
        }
    }
    expect(t, bad_x == 0, "%dx%d -> %dx%d: %d line values wrong", w, h, nw, nh, bad_x);
    expect(t, bad_d == 0, "%dx%d -> %dx%d: %d distances wrong", w, h, nw, nh, bad_d);
    lac_lineart_close(&a);
    lac_lineart_close(&b);
    lac_free(gray);
}

static void test_growing_and_colour(Tally *t)
{
    LacLog log = { 0 };
    LacLineart a;
    uint8_t gray[32 * 32], rgb[32 * 32 * 3];
    float *y = lac_alloc(64 * 64, 3 * sizeof *y);
    int bad = 0;

    for (int i = 0; i < 32 * 32; i++) {
        gray[i] = (uint8_t)(i % 32 * 8); /* a ramp: bilinear keeps it linear inside */
        rgb[i * 3] = 255;
        rgb[i * 3 + 1] = 0;
        rgb[i * 3 + 2] = (uint8_t)(i / 32 * 8);
    }
    expect(t, lac_lineart_open(&a, 32, 32, 64, 64, 2, &log) == LAC_OK, "open");
    lac_lineart_run(&a, gray, 32);
    lac_lineart_colour(&a, rgb, y);
    for (int i = 1; i < 63; i++) {
        double v = ((i + 0.5) / 2 - 0.5) * 8;
        bad += fabs(a.line[i] - (2 * v / 255 - 1)) > 1e-5;
        bad += fabsf(y[i * 64 * 3] - 1) > 1e-5f || fabsf(y[i * 64 * 3 + 1] + 1) > 1e-5f;
        bad += fabs(y[i * 64 * 3 + 2] - (v / 127.5 - 1)) > 1e-5;
    }
    expect(t, bad == 0, "bilinear: %d values wrong", bad);
    memset(gray, 255, sizeof gray);
    lac_lineart_run(&a, gray, 32);
    bad = 0;
    for (int i = 0; i < 64 * 64; i++) {
        bad += a.line[i] != 1.0f || a.distance[i] != 1.0f;
    }
    expect(t, bad == 0, "white picture: %d values are not 1", bad);
    lac_lineart_close(&a);
    lac_free(y);
}

static void test_sizes(Tally *t)
{
    static const int c[][5] = { { 1280, 720, 384, 680, 384 },
                                { 720, 1280, 384, 384, 680 },
                                { 1920, 1080, 384, 680, 384 },
                                { 256, 256, 256, 256, 256 },
                                { 1920, 1080, LAC_SIZE_NATIVE, 1920, 1080 },
                                { 854, 480, LAC_SIZE_NATIVE, 856, 480 },
                                { 1, 1, 64, 64, 64 },
                                { 30, 20, LAC_SIZE_NATIVE, 64, 64 } };

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        int w, h;
        lac_network_size(c[i][0], c[i][1], c[i][2], &w, &h);
        expect(t, w == c[i][3] && h == c[i][4], "%dx%d at size %d is %dx%d", c[i][0], c[i][1], c[i][2], w, h);
    }
}

int main(void)
{
    static const int size[][2] = { { 1, 1 }, { 1, 17 }, { 13, 1 }, { 7, 5 }, { 31, 33 }, { 64, 40 } };
    Tally t = { .name = "test_lineart" };
    static Messages m;

    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        for (int threads = 1; threads <= 3; threads += 2) {
            test_distance(&t, size[i][0], size[i][1], 0, threads);
            test_distance(&t, size[i][0], size[i][1], 1, threads);
            test_distance(&t, size[i][0], size[i][1], 3, threads);
            test_distance(&t, size[i][0], size[i][1], size[i][0] * size[i][1] / 3, threads);
        }
    }
    test_sizes(&t);
    test_shrinking(&t, 131, 97, 64, &m);
    test_shrinking(&t, 64, 64, 64, &m);
    test_shrinking(&t, 120, 225, 64, &m);
    test_growing_and_colour(&t);
    return tally_end(&t);
}
