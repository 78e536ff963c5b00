/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sketches of line art; see likeness.h. */
#include "picture/likeness.h"

#include <stdlib.h>
#include <string.h>

enum {
    SIDE = LAC_SKETCH_SIDE,
    SHADES = 4096, /* of a cell's mean darkness */
    BLANK = 80,    /* less is paper: noise, or the rim of a line in the next cell */
};

/* Mean darkness of every cell. A cell of a picture smaller than the sketch is the pixel under its corner. */
static void shrink(const uint8_t *gray, ptrdiff_t stride, int width, int height, int *dark)
{
    for (int y = 0; y < SIDE; y++) {
        const int top = (int)((int64_t)y * height / SIDE), end = (int)((int64_t)(y + 1) * height / SIDE);
        const int bottom = end > top ? end : top + 1;

        for (int x = 0; x < SIDE; x++) {
            const int left = (int)((int64_t)x * width / SIDE), stop = (int)((int64_t)(x + 1) * width / SIDE);
            const int right = stop > left ? stop : left + 1;
            const int64_t area = (int64_t)(bottom - top) * (right - left);
            int64_t light = 0;

            for (int i = top; i < bottom; i++) {
                const uint8_t *row = gray + i * stride;
                int64_t sum = 0;

                for (int j = left; j < right; j++) {
                    sum += row[j];
                }
                light += sum;
            }
            dark[y * SIDE + x] = (int)((255 * area - light) * SHADES / (255 * area));
        }
    }
}

/* Half the mean of the cells that are not blank: pencil counts as lines where there is no ink. */
static int threshold(const int *dark)
{
    int64_t sum = 0;
    int drawn = 0;

    for (int i = 0; i < SIDE * SIDE; i++) {
        if (dark[i] > BLANK) {
            sum += dark[i];
            drawn++;
        }
    }
    return drawn ? (int)(sum / (2 * (int64_t)drawn)) : SHADES + 1;
}

static void nearer(uint8_t *cell, uint8_t neighbour)
{
    *cell = neighbour + 1 < *cell ? (uint8_t)(neighbour + 1) : *cell;
}

void lac_sketch(LacSketch *sketch, const uint8_t *gray, ptrdiff_t stride, int width, int height)
{
    int dark[SIDE * SIDE], least;
    uint8_t *far = sketch->far;

    shrink(gray, stride, width, height, dark);
    least = threshold(dark);
    for (int i = 0; i < SIDE * SIDE; i++) {
        far[i] = dark[i] >= least ? 0 : LAC_SKETCH_FAR;
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (i % SIDE) {
            nearer(&far[i], far[i - 1]);
        }
        if (i >= SIDE) {
            nearer(&far[i], far[i - SIDE]);
        }
    }
    for (int i = SIDE * SIDE - 1; i >= 0; i--) {
        if ((i + 1) % SIDE) {
            nearer(&far[i], far[i + 1]);
        }
        if (i + SIDE < SIDE * SIDE) {
            nearer(&far[i], far[i + SIDE]);
        }
    }
}

int lac_sketch_difference(const LacSketch *a, const LacSketch *b)
{
    int sum = 0;

    for (int i = 0; i < SIDE * SIDE; i++) {
        sum += abs(a->far[i] - b->far[i]);
    }
    return sum;
}
