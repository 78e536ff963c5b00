/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ink of line art: threshold from the art's own darkness, capped distances, black areas; see
 * regions.h. */
#include "regions_ink.h"

#include <string.h>

#include <omp.h>

#include "regions.h"
#include "runs.h"

static void count_grays(const uint8_t *gray, size_t n, size_t histogram[256])
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        if (lac_all_eight(gray + i, 255)) {
            histogram[255] += 8;
            continue;
        }
        for (int k = 0; k < 8; k++) {
            histogram[gray[i + k]]++;
        }
    }
    for (; i < n; i++) {
        histogram[gray[i]]++;
    }
}

int lac_regions_ink(uint8_t *ink, const uint8_t *gray, int width, int height, int threads)
{
    size_t histogram[256] = {0}, n = (size_t)width * height, seen = 0;
    int paper = 255, dark = 0, threshold;

    count_grays(gray, n, histogram);
    for (int v = 254; v >= 128; v--) {
        paper = histogram[v] > histogram[paper] ? v : paper;
    }
    while ((seen += histogram[dark]) <= n / 2000) {
        dark++;
    }
    threshold = lac_regions_threshold(paper, dark);
    const uint8_t below = (uint8_t)threshold;
#pragma omp parallel for simd num_threads(threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        ink[i] = gray[i] < below ? LAC_INK_LINE : LAC_INK_PAPER;
    }
    return threshold;
}

/* Columns [from, to): distance to the line above, then to the nearer of above and below. */
static void column_distances(uint8_t *column, const uint8_t *ink, int w, int h, int from, int to,
                             uint8_t far)
{
    for (int y = 0; y < h; y++) {
        const uint8_t *k = ink + (size_t)y * w;
        uint8_t *c = column + (size_t)y * w;
        const uint8_t *above = y ? c - w : NULL;

#pragma omp simd
        for (int x = from; x < to; x++) {
            const uint8_t up = above ? above[x] : 0, next = (uint8_t)(up < far ? up + 1 : far);
            c[x] = k[x] ? 0 : next;
        }
    }
    for (int y = h - 1; y >= 0; y--) {
        uint8_t *c = column + (size_t)y * w;
        const uint8_t *below = y + 1 < h ? c + w : NULL;

#pragma omp simd
        for (int x = from; x < to; x++) {
            const uint8_t down = (uint8_t)((below ? below[x] : 0) + 1);
            c[x] = down < c[x] ? down : c[x];
        }
    }
}

/* One row's squared distances from those within its columns; row [w] is scratch. Signed, for which
 * every vector unit has a minimum. */
static void row_distances(int16_t *s, const uint8_t *column, int16_t *row, int w, int far)
{
#pragma omp simd
    for (int x = 0; x < w; x++) {
        s[x] = row[x] = (int16_t)(column[x] * column[x]);
    }
    for (int x = 0; x < w && x < far; x++) { /* the frame's sides */
        const int16_t side = (int16_t)((x + 1) * (x + 1));
        int16_t *right = &s[w - 1 - x];

        s[x] = side < s[x] ? side : s[x];
        *right = side < *right ? side : *right;
    }
    for (int d = 1; d < far && d < w; d++) {
        const int16_t dd = (int16_t)(d * d);

#pragma omp simd
        for (int x = d; x < w; x++) {
            const int16_t v = (int16_t)(row[x - d] + dd);
            s[x] = v < s[x] ? v : s[x];
        }
#pragma omp simd
        for (int x = 0; x < w - d; x++) {
            const int16_t v = (int16_t)(row[x + d] + dd);
            s[x] = v < s[x] ? v : s[x];
        }
    }
}

void lac_regions_distance(uint16_t *squared, uint8_t *column, int16_t *row, const uint8_t *ink,
                          int width, int height, int far, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < threads; i++) { /* strips of columns, one a thread */
        column_distances(column, ink, width, height, (int)((int64_t)width * i / threads),
                         (int)((int64_t)width * (i + 1) / threads), (uint8_t)far);
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int y = 0; y < height; y++) {
        row_distances((int16_t *)squared + (size_t)y * width, column + (size_t)y * width,
                      row + (size_t)omp_get_thread_num() * width, width, far);
    }
}

/* The art's line thickness: median length of the runs of line pixels along the columns. */
static int thickness(const uint8_t *ink, int16_t *run, int width, int height)
{
    enum { LONGEST = 255 };
    size_t lengths[LONGEST + 1] = {0}, total = 0, seen = 0;
    int t = 0;

    memset(run, 0, (size_t)width * sizeof *run);
    for (int y = 0; y <= height; y++) {
        const uint8_t *here = y < height ? ink + (size_t)y * width : NULL;
        const uint8_t *above = y ? ink + (size_t)(y - 1) * width : NULL;

        for (int x = 0; x < width; x++) {
            while (x + 8 <= width && (!here || lac_all_eight(here + x, LAC_INK_PAPER)) &&
                   (!above || lac_all_eight(above + x, LAC_INK_PAPER))) {
                x += 8;
            }
            if (x < width && here && here[x]) {
                run[x]++;
            } else if (x < width && run[x]) {
                lengths[run[x] < LONGEST ? run[x] : LONGEST]++;
                total++;
                run[x] = 0;
            }
        }
    }
    while (total && (seen += lengths[t]) * 2 < total) {
        t++;
    }
    return t;
}

/* run: length of each column's run of line pixels that ends in the row above -> in this row.
 * Returns the longest. */
static int16_t lengthen(int16_t *run, const uint8_t *ink, int w)
{
    int16_t most = 0;

#pragma omp simd reduction(max : most)
    for (int x = 0; x < w; x++) {
        const int16_t longer = (int16_t)(run[x] + 1);
        run[x] = ink[x] ? longer : 0;
        most = run[x] > most ? run[x] : most;
    }
    return most;
}

/* Marks the columns of the row's pixels that lie in the bottom row of a square of `side`. */
static bool mark_corners(uint8_t *corner, const int16_t *run, int w, int side)
{
    bool any = false;

    for (int x = 0; x < w; x++) {
        const int from = x;

        while (x < w && run[x] >= side) {
            x++;
        }
        if (x - from >= side) {
            memset(corner + from, 1, (size_t)(x - from));
            any = true;
        }
    }
    return any;
}

/* A pixel is in a black area if it lies in a square of line pixels of more than twice a line's
 * thickness. */
void lac_regions_black(uint8_t *ink, uint8_t *corner, int16_t *run, int width, int height)
{
    const int w = width, least = width < height ? width : height,
              thick = 2 * thickness(ink, run, width, height) + 2;
    const int side = thick < least ? thick : least;
    int last = -1; /* row with a corner */

    memset(corner, 0, (size_t)w * height);
    memset(run, 0, (size_t)w * sizeof *run);
    for (int y = 0; y < height; y++) {
        if (lengthen(run, ink + (size_t)y * w, w) >= side &&
            mark_corners(corner + (size_t)y * w, run, w, side)) {
            last = y;
        }
    }
    /* From the last corner up: how many more rows each column is black. */
    memset(run, 0, (size_t)w * sizeof *run);
    for (int y = last; y >= 0; y--) {
        const uint8_t *c = corner + (size_t)y * w;
        uint8_t *k = ink + (size_t)y * w;

#pragma omp simd
        for (int x = 0; x < w; x++) {
            const int16_t rest = (int16_t)(c[x] ? side : run[x]);
            k[x] = rest > 0 ? LAC_INK_BLACK : k[x];
            run[x] = (int16_t)(rest > 0 ? rest - 1 : 0);
        }
    }
}
