/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arithmetic of frames on the GPU, run by the CPU: line art and distance field bit for bit those of lineart.c, and
 * colours in YCbCr against their definition in floating point. */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "ops/cuda/lineart_math.h"
#include "ops/cuda/pixels_math.h"
#include "picture/lineart.h"

static uint32_t seed = 1;

static int below(int n)
{
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)n);
}

static CudaAxis axis_of(const LacAxis *a)
{
    return (CudaAxis){ a->in, a->out, a->taps, a->start, a->count, a->low, a->high, a->weight };
}

/* What lineart.cu does, thread by thread. */
static void run(const LacLineart *la, const uint8_t *gray, float *line, float *distance)
{
    CudaAxis ax = axis_of(&la->resize.x), ay = axis_of(&la->resize.y);
    int w = la->net_width, h = la->net_height, native = la->width, reach = lac_distance_reach(w, h);
    bool shrinks = w < la->width || h < la->height;
    float *rows = malloc((size_t)h * (size_t)native * sizeof *rows);
    uint8_t *minima = malloc((size_t)h * (size_t)native), *mask = malloc((size_t)h * (size_t)w);
    uint16_t *column = calloc((size_t)h * (size_t)w, sizeof *column);

    for (int i = 0; i < h * native; i++) {
        int y = i / native, x = i % native, least = 255;

        rows[i] = 0;
        for (int j = 0; j < ay.count[y]; j++) {
            rows[i] = lac_weighted(rows[i], ay.weight[y * ay.taps + j], gray[(ay.start[y] + j) * native + x]);
        }
        for (int j = ay.low[y]; j < ay.high[y]; j++) {
            least = gray[j * native + x] < least ? gray[j * native + x] : least;
        }
        minima[i] = (uint8_t)least;
    }
    for (int i = 0; i < h * w; i++) {
        int y = i / w, x = i % w, least = 255;
        float sum = 0, dark;

        for (int j = 0; j < ax.count[x]; j++) {
            sum = lac_weighted(sum, ax.weight[x * ax.taps + j], rows[y * native + ax.start[x] + j]);
        }
        for (int j = ax.low[x]; j < ax.high[x]; j++) {
            least = minima[y * native + j] < least ? minima[y * native + j] : least;
        }
        dark = lac_darkness(sum, shrinks, least);
        line[i] = lac_line_of(dark);
        mask[i] = dark >= LAC_LINE_DARKNESS;
    }
    for (int i = 0; i < h * w; i++) {
        column[i] = (uint16_t)lac_column_distance(mask, h, w, i / w, i % w, reach);
    }
    for (int i = 0; i < h * w; i++) {
        distance[i] = lac_distance_of(lac_row_distance(column + i / w * w, w, i % w, reach), w, h);
    }
    free(rows);
    free(minima);
    free(mask);
    free(column);
}

/* lines: one gray pixel in so many is not white; 0: none is. */
static void test_lineart(Tally *t, int w, int h, int size, int lines)
{
    LacLog log = { 0 };
    LacLineart la;
    int nw, nh;
    size_t n;
    uint8_t *gray = malloc((size_t)w * (size_t)h);
    float *line, *distance;

    for (int i = 0; i < w * h; i++) {
        gray[i] = !lines || below(lines) ? 255 : (uint8_t)below(256);
    }
    lac_network_size(w, h, size, &nw, &nh);
    if (!expect(t, lac_lineart_open(&la, w, h, nw, nh, 1, &log) == LAC_OK, "open %dx%d", w, h)) {
        return;
    }
    n = (size_t)nw * (size_t)nh;
    line = malloc(n * sizeof *line);
    distance = malloc(n * sizeof *distance);
    lac_lineart_run(&la, gray, w);
    run(&la, gray, line, distance);
    expect(t, !memcmp(line, la.line, n * sizeof *line), "%dx%d at %dx%d: line art differs", w, h, nw, nh);
    expect(t, !memcmp(distance, la.distance, n * sizeof *distance), "%dx%d at %dx%d, 1 in %d: distance field differs", w, h,
           nw, nh, lines);
    lac_lineart_close(&la);
    free(gray);
    free(line);
    free(distance);
}

static void test_gray(Tally *t)
{
    int wrong = 0;

    for (int v = 0; v < 256; v++) { /* as the filter's expand_range has it */
        int full = ((v - 16) * 255 + 109) / 219;

        wrong += lac_gray_of(v, 0, 0) != v;
        wrong += lac_gray_of(v, 0, 1) != (full < 0 ? 0 : full > 255 ? 255 : full);
    }
    for (int v = 0; v < 1024; v++) {
        double full = fmin(fmax((v - 64) * 255.0 / 876, 0), 255);

        wrong += fabs(lac_gray_of(v << 6, 1, 1) - full) > 0.5 + 1e-9;
        wrong += fabs(lac_gray_of(v << 6 | 63, 1, 0) - v * 255.0 / 1023) > 0.5 + 1e-9;
    }
    wrong += lac_gray_of(235 << 8, 1, 1) != 255 || lac_gray_of(16 << 8, 1, 1) != 0;
    expect(t, wrong == 0, "gray: %d values wrong", wrong);
}

static void test_coder(Tally *t, enum PixelMatrix matrix, bool limited, int bits)
{
    static const double kr[] = { 0.299, 0.2126, 0.2627 }, kb[] = { 0.114, 0.0722, 0.0593 };
    PixelCoder c = lac_pixels_coder(matrix, limited, bits);
    double step = 1 << (bits - 8), most = (1 << bits) - 1, luma = limited ? 219 * step : most;
    double chroma = limited ? 224 * step : most, worst = 0;
    int unequal = 0;

    for (int i = 0; i < 4000; i++) {
        int32_t p[3] = { i < 8 ? i % 2 * 255 : below(256), i < 8 ? i / 2 % 2 * 255 : below(256),
                         i < 8 ? i / 4 * 255 : below(256) };
        int32_t eight[3] = { 8 * p[0], 8 * p[1], 8 * p[2] };
        double r = p[0] / 255.0, g = p[1] / 255.0, b = p[2] / 255.0;
        double y = kr[matrix] * r + (1 - kr[matrix] - kb[matrix]) * g + kb[matrix] * b;
        double wanted[3] = { (limited ? 16 * step : 0) + luma * y,
                             128 * step + chroma * (b - y) / (2 - 2 * kb[matrix]),
                             128 * step + chroma * (r - y) / (2 - 2 * kr[matrix]) };
        const int32_t *row[3] = { c.y, c.u, c.v };

        for (int n = 0; n < 3; n++) {
            int32_t zero = n ? c.grey : c.black, v = lac_pixels_value(row[n], p, 0, zero, c.most);

            worst = fmax(worst, fabs(v - fmin(wanted[n], most)));
            unequal += v != lac_pixels_value(row[n], eight, 3, zero, c.most);
        }
    }
    expect(t, worst < 0.51 && unequal == 0, "matrix %d, limited %d, %d bits: off by %g, %d sums differ", (int)matrix,
           limited, bits, worst, unequal);
    for (int v = 0; v < 256; v++) {
        int32_t p[3] = { v, v, v };

        unequal += lac_pixels_value(c.u, p, 0, c.grey, c.most) != c.grey;
        unequal += lac_pixels_value(c.v, p, 0, c.grey, c.most) != c.grey;
    }
    expect(t, unequal == 0, "matrix %d, %d bits: %d grays have a colour", (int)matrix, bits, unequal);
}

static void test_quad(Tally *t, int w, int h)
{
    uint8_t *rgb = calloc((size_t)w * (size_t)h, 3);
    int wrong = 0;

    for (int i = 0; i < w * h * 3; i++) {
        rgb[i] = (uint8_t)below(256);
    }
    for (int y = 0; y < (h + 1) / 2; y++) {
        for (int x = 0; x < (w + 1) / 2; x++) {
            for (int left = 0; left < 2; left++) {
                int32_t got[3];

                lac_pixels_quad(rgb, w, h, y, x, left, got);
                for (int c = 0; c < 3; c++) {
                    int sum = 0;

                    for (int j = 0; j < 2; j++) {
                        for (int i = -1; i < 2; i++) {
                            int weight = left ? 2 - abs(i) : i < 0 ? 0 : 2;
                            int py = 2 * y + j < h ? 2 * y + j : h - 1;
                            int px = 2 * x + i < 0 ? 0 : 2 * x + i < w ? 2 * x + i : w - 1;

                            sum += weight * rgb[(py * w + px) * 3 + c];
                        }
                    }
                    wrong += got[c] != sum;
                }
            }
        }
    }
    expect(t, wrong == 0, "%dx%d: %d chroma sums wrong", w, h, wrong);
    free(rgb);
}

int main(void)
{
    static const int size[][3] = { { 131, 97, 64 }, { 64, 64, 64 }, { 120, 225, 64 }, { 200, 90, LAC_SIZE_NATIVE },
                                   { 97, 301, 96 }, { 1, 1, 64 }, { 37, 5, 64 }, { 64, 130, 200 } };
    Tally t = { .name = "test_cuda_lineart" };

    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        for (int lines = 0; lines < 4000; lines = lines ? lines * 9 : 2) {
            test_lineart(&t, size[i][0], size[i][1], size[i][2], lines);
        }
    }
    test_gray(&t);
    for (int m = PIXELS_601; m <= PIXELS_2020; m++) {
        for (int i = 0; i < 4; i++) {
            test_coder(&t, (enum PixelMatrix)m, i % 2, i / 2 ? 10 : 8);
        }
    }
    for (int i = 0; i < 5; i++) {
        test_quad(&t, 1 + i * 3, 5 - i);
    }
    return tally_end(&t);
}
