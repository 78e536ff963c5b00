/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends of runs against looking at every value, and sums of absolute differences of boxes against adding them up. */
#include <stdlib.h>

#include "expect.h"
#include "picture/runs.h"
#include "transfer/transfer_patch.h"

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static void test_runs(Tally *t)
{
    enum { N = 400 };
    int32_t value[N] = {2}, rising[N] = {7};
    uint32_t state = 1;
    int wrong = 0;

    for (int i = 1; i < N; i++) {
        value[i] = draw(&state) % 12 ? value[i - 1] : (int32_t)(draw(&state) % 5);
        rising[i] = rising[i - 1] + (draw(&state) % 20 ? 1 : 3);
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t end = i + 1; end <= N; end += 1 + i % 5) {
            size_t run = i, row = i;

            while (run < end && value[run] == value[i]) {
                run++;
            }
            while (row < end && rising[row] - rising[i] == (int32_t)(row - i)) {
                row++;
            }
            wrong += lac_run_end(value, i, end) != run;
            wrong += lac_row_end(rising, i, end) != row;
        }
    }
    expect(t, !wrong, "%d ends are wrong", wrong);
}

static void test_eight(Tally *t)
{
    uint8_t v[9] = {3, 3, 3, 3, 3, 3, 3, 3, 4};

    expect(t, lac_all_eight(v, 3) && !lac_all_eight(v + 1, 3) && !lac_all_eight(v, 4), "eight equal bytes");
    for (int i = 0; i < 256; i++) {
        const uint8_t near[8] = {(uint8_t)(i + 1), (uint8_t)(i - 1), (uint8_t)(i ^ 128), 7, 0, 255, 128, 1};
        bool any = false;

        for (int k = 0; k < 8; k++) {
            any |= near[k] == i;
        }
        expect(t, lac_any_eight(near, (uint8_t)i) == any, "%d among eight bytes", i);
    }
}

/* Boxes of all widths around the step, up to the picture's last pixel. */
static void test_patch(Tally *t)
{
    enum { W = 60, H = 40 };
    static uint8_t a[W * H], b[W * H + LAC_PATCH_STEP], room[W * 2 * H];
    uint32_t state = 5;
    int wrong = 0;

    for (int i = 0; i < W * H; i++) {
        a[i] = draw(&state) % 4 ? 255 : (uint8_t)draw(&state);
        b[i] = draw(&state) % 4 ? 255 : (uint8_t)draw(&state);
    }
    memset(b + W * H, 9, LAC_PATCH_STEP);
    for (int w = 1; w <= 40; w++) {
        const int h = 1 + w % 9;
        LacPatch patch = {.pixels = room};

        lac_patch_pack(&patch, a + 3 * W + 2, W, w, h);
        for (int y = 0; y + h <= H; y += 5) {
            for (int x = (W - w) % 4; x + w <= W; x += 4) {
                int32_t sum = 0;

                for (int i = 0; i < w * h; i++) {
                    sum += abs(a[(3 + i / w) * W + 2 + i % w] - b[(y + i / w) * W + x + i % w]);
                }
                wrong += lac_patch_difference(&patch, b + y * W + x, W) != sum;
            }
        }
        expect(t, lac_patch_room(w, h) <= sizeof room, "room for %dx%d", w, h);
    }
    expect(t, !wrong, "%d sums are wrong", wrong);
}

int main(void)
{
    Tally t = {"runs", 0, 0};

    test_runs(&t);
    test_eight(&t);
    test_patch(&t);
    return tally_end(&t);
}
