/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fronts of colour against their rule, done the slow way: costs until none falls, then each pixel follows the first of its
 * cheapest neighbours. No order of visits is in that. */
#include <stdlib.h>

#include "expect.h"
#include "paint/spread.h"

enum { FAR = 1 << 28 };

static uint32_t seed = 3;

static uint32_t number(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 16;
}

/* Neighbour k of pixel i: above, left, right, below; -1 outside. */
static int beside(const LacField *f, int i, int k)
{
    const int x = i % f->width + (k == 2) - (k == 1), y = i / f->width + (k == 3) - (k == 0);

    return x < 0 || y < 0 || x >= f->width || y >= f->height ? -1 : y * f->width + x;
}

/* The cheapest neighbour below `limit`, the first of several; -1: none. */
static int cheapest(const LacField *f, const int *cost, int i, int limit)
{
    int best = -1;

    for (int k = 0; k < 4; k++) {
        const int j = beside(f, i, k);

        if (j >= 0 && cost[j] < limit && (best < 0 || cost[j] < cost[best])) {
            best = j;
        }
    }
    return best;
}

/* Colours and states that `open` pixels must have; entering pixel i costs step[i], parents cost less than limit. */
static void slowly(const LacField *f, const uint8_t *state, enum LacPixel open, const int *step, int limit,
                   enum LacPixel reached, uint8_t *wanted_state, uint8_t *wanted)
{
    const int n = f->width * f->height;
    int *cost = calloc((size_t)n, sizeof *cost);
    bool fell = true;

    for (int i = 0; i < n; i++) {
        cost[i] = state[i] == LAC_PIXEL_KNOWN || (state[i] == LAC_PIXEL_REACHED && open == LAC_PIXEL_LINE) ? 0 : FAR;
    }
    while (fell) {
        fell = false;
        for (int i = 0; i < n; i++) {
            const int from = state[i] == open ? cheapest(f, cost, i, limit) : -1;

            if (from >= 0 && cost[from] + step[i] < cost[i]) {
                cost[i] = cost[from] + step[i];
                fell = true;
            }
        }
    }
    for (int i = 0; i < n; i++) {
        int from = i;

        wanted_state[i] = state[i] == open && cost[i] < FAR ? reached : state[i];
        while (wanted_state[i] == reached && state[i] == open && cost[from]) {
            from = cheapest(f, cost, from, limit);
        }
        memcpy(wanted + (size_t)i * 4, f->colour + (size_t)from * 4, 4);
    }
    free(cost);
}

static void test_field(Tally *t, int w, int h, int known, int lines)
{
    const size_t n = (size_t)w * (size_t)h;
    LacField f;

    if (!expect(t, lac_field_open(&f, w, h) == LAC_OK, "open")) {
        return;
    }
    uint8_t *gray = malloc(n), *state = malloc(n), *wanted = malloc(n * 4), *wanted_state = malloc(n);
    int *step = malloc(n * sizeof *step);

    for (size_t i = 0; i < n; i++) {
        const int kind = (int)(number() % 100);

        f.state[i] = kind < known ? LAC_PIXEL_KNOWN : kind < known + lines ? LAC_PIXEL_LINE : LAC_PIXEL_UNKNOWN;
        gray[i] = (uint8_t)(number() % 4 * 40);
        for (int c = 0; c < 4; c++) {
            f.colour[i * 4 + c] = (uint8_t)number();
        }
        step[i] = 1;
    }
    memcpy(state, f.state, n);
    slowly(&f, state, LAC_PIXEL_UNKNOWN, step, 5, LAC_PIXEL_REACHED, wanted_state, wanted);
    lac_field_spread(&f, 5);
    expect(t, !memcmp(f.state, wanted_state, n) && !memcmp(f.colour, wanted, n * 4), "%dx%d, %d %% known: clear pixels", w,
           h, known);
    memcpy(state, f.state, n);
    for (size_t i = 0; i < n; i++) {
        step[i] = 8 + (255 - gray[i]) * 23 / 255;
    }
    slowly(&f, state, LAC_PIXEL_LINE, step, 4 * 31, LAC_PIXEL_CROSSED, wanted_state, wanted);
    lac_field_spread_lines(&f, gray, 4);
    expect(t, !memcmp(f.state, wanted_state, n) && !memcmp(f.colour, wanted, n * 4), "%dx%d, %d %% known: lines", w, h,
           known);
    lac_field_close(&f);
    free(gray);
    free(state);
    free(step);
    free(wanted);
    free(wanted_state);
}

int main(void)
{
    Tally t = { .name = "test_spread" };

    for (int i = 0; i < 6; i++) {
        test_field(&t, 40 + i, 31, 2 + i * i, 40);
        test_field(&t, 1 + i, 50, 4, 60);
        test_field(&t, 23, 19, i, 95 - i);
    }
    test_field(&t, 160, 120, 3, 90); /* hundreds of pixels wait for one step */
    test_field(&t, 1, 1, 0, 0);
    return tally_end(&t);
}
