/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ink of line art: threshold from the art's own darkness, capped distances, black areas; see
 * regions.h. */
#include "regions_ink.h"

#include <string.h>

#include "regions.h"

/* Least difference of paper and ink, in gray levels, that is a drawing and not noise. */
#define CONTRAST 24

int lac_regions_ink(uint8_t *ink, const uint8_t *gray, int width, int height)
{
    size_t histogram[256] = {0}, n = (size_t)width * height, seen = 0;
    int paper = 255, dark = 0, threshold;

    for (size_t i = 0; i < n; i++) {
        histogram[gray[i]]++;
    }
    for (int v = 254; v >= 128; v--) {
        paper = histogram[v] > histogram[paper] ? v : paper;
    }
    while ((seen += histogram[dark]) <= n / 2000) {
        dark++;
    }
    threshold =
        paper - dark < CONTRAST ? 0 : paper - (int)(LAC_REGIONS_INK * (float)(paper - dark));
    for (size_t i = 0; i < n; i++) {
        ink[i] = gray[i] < threshold ? LAC_INK_LINE : LAC_INK_PAPER;
    }
    return threshold;
}

void lac_regions_distance(uint16_t *squared, uint8_t *column, const uint8_t *ink, int width,
                          int height, int far)
{
    const int w = width;

    for (int y = 0; y < height;
         y++) { /* to the line above, then to the nearer of above and below */
        const uint8_t *k = ink + (size_t)y * w;
        uint8_t *c = column + (size_t)y * w;

        for (int x = 0; x < w; x++) {
            int up = y ? *(c + x - w) : 0;
            c[x] = (uint8_t)(k[x] ? 0 : up < far ? up + 1 : far);
        }
    }
    for (int y = height - 1; y >= 0; y--) {
        uint8_t *c = column + (size_t)y * w;

        for (int x = 0; x < w; x++) {
            int down = y + 1 < height ? c[x + w] + 1 : 1;
            c[x] = (uint8_t)(down < c[x] ? down : c[x]);
        }
    }
    for (int y = 0; y < height; y++) {
        const uint8_t *c = column + (size_t)y * w;
        uint16_t *s = squared + (size_t)y * w;

        for (int x = 0; x < w; x++) {
            int side = (x < w - 1 - x ? x : w - 1 - x) + 1;
            int square = side < c[x] ? side : c[x];
            s[x] = (uint16_t)(square * square);
        }
        for (int d = 1; d < far && d < w; d++) {
            const int dd = d * d;

            for (int x = d; x < w; x++) {
                int v = c[x - d] * c[x - d] + dd;
                s[x] = (uint16_t)(v < s[x] ? v : s[x]);
            }
            for (int x = 0; x < w - d; x++) {
                int v = c[x + d] * c[x + d] + dd;
                s[x] = (uint16_t)(v < s[x] ? v : s[x]);
            }
        }
    }
}

/* The art's line thickness: median length of the runs of line pixels along the columns. */
static int thickness(const uint8_t *ink, int32_t *run, int width, int height)
{
    enum { LONGEST = 255 };
    size_t lengths[LONGEST + 1] = {0}, total = 0, seen = 0;
    int t = 0;

    memset(run, 0, (size_t)width * sizeof *run);
    for (int y = 0; y <= height; y++) {
        for (int x = 0; x < width; x++) {
            if (y < height && ink[(size_t)y * width + x]) {
                run[x]++;
            } else if (run[x]) {
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

/* A pixel is in a black area if it lies in a square of line pixels of more than twice a line's
 * thickness. */
void lac_regions_black(uint8_t *ink, int32_t *scratch, int width, int height)
{
    const int w = width, least = width < height ? width : height,
              thick = 2 * thickness(ink, scratch, width, height) + 2;
    const int side = thick < least ? thick : least;
    int32_t *depth = scratch; /* side of the largest square of line pixels that ends here */

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < w; x++) {
            size_t i = (size_t)y * w + x;
            int32_t v = 0;

            if (ink[i] && x && y) {
                int32_t a = depth[i - 1], b = depth[i - w], c = depth[i - w - 1];
                v = a < b ? a : b;
                v = c < v ? c : v;
            }
            depth[i] = ink[i] ? v + 1 : 0;
        }
    }
    /* From the last corner back: what is left of a square's side reaches one pixel less at each
     * step. */
    for (int y = height - 1; y >= 0; y--) {
        for (int x = w - 1; x >= 0; x--) {
            size_t i = (size_t)y * w + x;
            int32_t v = depth[i] >= side ? depth[i] : 0;

            if (x + 1 < w && -depth[i + 1] - 1 > v) {
                v = -depth[i + 1] - 1;
            }
            if (y + 1 < height && -depth[i + w] - 1 > v) {
                v = -depth[i + w] - 1;
            }
            if (x + 1 < w && y + 1 < height && -depth[i + w + 1] - 1 > v) {
                v = -depth[i + w + 1] - 1;
            }
            depth[i] = -v;
        }
    }
    for (size_t i = 0; i < (size_t)w * height; i++) {
        ink[i] = depth[i] < 0 ? LAC_INK_BLACK : ink[i];
    }
}
