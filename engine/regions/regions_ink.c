/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ink of line art: threshold from the art's own darkness, capped distances, black areas; see
 * regions.h. */
#include "regions/regions_ink.h"

#include <string.h>

#include <omp.h>

#include "picture/runs.h"
#include "regions/regions.h"

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

/* Columns [from, to): distance to the line above, then to the nearer of above and below. row [to - from] is scratch: what
 * the row before has. */
static void column_distances(uint8_t *column, uint8_t *row, const uint8_t *ink, int w, int h, int from, int to, uint8_t far)
{
    const int n = to - from;

    memset(row, 0, (size_t)n);
    for (int y = 0; y < h; y++) {
        const uint8_t *k = ink + (size_t)y * w + from;
        uint8_t *c = column + (size_t)y * w + from;

#pragma omp simd
        for (int x = 0; x < n; x++) {
            const uint8_t next = (uint8_t)(row[x] + (row[x] < far));
            c[x] = row[x] = k[x] ? 0 : next;
        }
    }
    memset(row, 0, (size_t)n);
    for (int y = h - 1; y >= 0; y--) {
        uint8_t *c = column + (size_t)y * w + from;

#pragma omp simd
        for (int x = 0; x < n; x++) {
            const uint8_t down = (uint8_t)(row[x] + 1);
            c[x] = row[x] = down < c[x] ? down : c[x];
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
        column_distances(column, (uint8_t *)(row + (size_t)i * width), ink, width, height, (int)((int64_t)width * i / threads),
                         (int)((int64_t)width * (i + 1) / threads), (uint8_t)far);
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int y = 0; y < height; y++) {
        row_distances((int16_t *)squared + (size_t)y * width, column + (size_t)y * width,
                      row + (size_t)omp_get_thread_num() * width, width, far);
    }
}

enum { LONGEST = 255 }; /* run of line pixels that is told apart */

/* Columns [from, to): lengths of the runs of line pixels along them. run [to - from] is scratch. */
static void count_runs(const uint8_t *ink, int16_t *run, int width, int height, int from, int to, size_t *lengths)
{
    memset(run, 0, (size_t)(to - from) * sizeof *run);
    for (int y = 0; y <= height; y++) {
        const uint8_t *here = y < height ? ink + (size_t)y * width : NULL;
        const uint8_t *above = y ? ink + (size_t)(y - 1) * width : NULL;

        for (int x = from; x < to; x++) {
            while (x + 8 <= to && (!here || lac_all_eight(here + x, LAC_INK_PAPER)) &&
                   (!above || lac_all_eight(above + x, LAC_INK_PAPER))) {
                x += 8;
            }
            if (x < to && here && here[x]) {
                run[x - from]++;
            } else if (x < to && run[x - from]) {
                lengths[run[x - from] < LONGEST ? run[x - from] : LONGEST]++;
                run[x - from] = 0;
            }
        }
    }
}

/* The art's line thickness: median length of the runs of line pixels along the columns. */
static int thickness(const uint8_t *ink, int16_t *run, int width, int height, int threads)
{
    size_t lengths[LONGEST + 1] = {0}, total = 0, seen = 0;
    int t = 0;

#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : lengths)
    for (int i = 0; i < threads; i++) { /* strips of columns, one a thread */
        count_runs(ink, run + (size_t)i * width, width, height, (int)((int64_t)width * i / threads),
                   (int)((int64_t)width * (i + 1) / threads), lengths);
    }
    for (int i = 0; i <= LONGEST; i++) {
        total += lengths[i];
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
    const int16_t least = (int16_t)side;
    bool any = false;

#pragma omp simd
    for (int x = 0; x < w; x++) {
        corner[x] = run[x] >= least;
    }
    for (int x = 0; x < w; x++) {
        while (x + 8 <= w && lac_all_eight(corner + x, 0)) {
            x += 8;
        }
        const int from = x;

        while (x < w && corner[x]) {
            x++;
        }
        if (x - from < side) {
            memset(corner + from, 0, (size_t)(x - from));
        } else {
            any = true;
        }
    }
    return any;
}

/* Rows [from, to): the columns that lie in the bottom row of a square; any: whether a row has some. Columns are followed
 * from so far above that a square's height is known. */
static void find_corners(uint8_t *corner, uint8_t *any, int16_t *run, const uint8_t *ink, int w, int from, int to, int side)
{
    memset(run, 0, (size_t)w * sizeof *run);
    for (int y = from < side ? 0 : from - side + 1; y < to; y++) {
        const int16_t most = lengthen(run, ink + (size_t)y * w, w);

        if (y >= from) {
            any[y] = most >= side && mark_corners(corner + (size_t)y * w, run, w, side);
        }
    }
}

/* Rows [from, to) of h: what lies in a square becomes black. rest: how many more rows up each column is. */
static void blacken(uint8_t *ink, const uint8_t *corner, const uint8_t *any, int16_t *rest, int w, int h, int from, int to,
                    int side)
{
    int most = 0; /* of `rest` */

    memset(rest, 0, (size_t)w * sizeof *rest);
    for (int y = to + side - 1 < h ? to + side - 2 : h - 1; y >= from; y--) {
        const uint8_t *c = corner + (size_t)y * w;
        uint8_t *k = ink + (size_t)y * w;

        most = any[y] ? side : most;
        if (any[y]) {
#pragma omp simd
            for (int x = 0; x < w; x++) {
                rest[x] = (int16_t)(c[x] ? side : rest[x]);
            }
        }
        if (most && y < to) { /* rows below are another thread's */
#pragma omp simd
            for (int x = 0; x < w; x++) {
                k[x] = rest[x] ? LAC_INK_BLACK : k[x];
            }
        }
        if (most) {
#pragma omp simd
            for (int x = 0; x < w; x++) {
                rest[x] = (int16_t)(rest[x] - (rest[x] > 0));
            }
            most--;
        }
    }
}

/* A pixel is in a black area if it lies in a square of line pixels of more than twice a line's
 * thickness. */
void lac_regions_black(uint8_t *ink, uint8_t *corner, uint8_t *any, int16_t *run, int width, int height, int threads)
{
    const int least = width < height ? width : height, thick = 2 * thickness(ink, run, width, height, threads) + 2;
    const int side = thick < least ? thick : least;

#pragma omp parallel num_threads(threads)
    {
        const int n = omp_get_num_threads(), i = omp_get_thread_num();
        const int from = (int)((int64_t)height * i / n), to = (int)((int64_t)height * (i + 1) / n);
        int16_t *own = run + (size_t)i * width;

        find_corners(corner, any, own, ink, width, from, to, side);
#pragma omp barrier
        blacken(ink, corner, any, own, width, height, from, to, side);
    }
}
