/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vote on drawn cases: blotches of a foreign colour go, shades and gradients that the reference
 * has stay, lines and regions whose origin is in doubt are not touched, and every run gives the
 * same bytes. */
#include <stdlib.h>

#include "expect.h"
#include "regions/vote.h"

enum { W = 96, H = 64, N = W * H, CELL = 2 };

static const uint8_t skin[3] = {240, 200, 180}, shade[3] = {190, 140, 130},
                     hair[3] = {220, 90, 150};

typedef struct Case {
    uint8_t gray[N], reference[N * 3], picture[N * 3];
    LacOffset offset[N / CELL / CELL];
    int32_t cost[N / CELL / CELL];
} Case;

static void put(uint8_t *rgb, int x, int y, const uint8_t *colour)
{
    memcpy(rgb + (y * W + x) * 3, colour, 3);
}

/* Lines from side to side; between them two boxes: the left one skin with a shade below that has no
 * line, the right one a gradient. The frame is the reference moved by nothing, but for a blotch of
 * `foreign` in the left box and a mixture of colours in the right one. */
static Case *draw(const uint8_t *foreign)
{
    Case *c = lac_calloc(1, sizeof *c);

    if (!c) {
        exit(1);
    }
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            const bool line = x == 4 || x == 48 || x == 91 || y == 4 || y == 59,
                       inside = x > 4 && x < 91 && y > 4 && y < 59;
            const uint8_t ramp[3] = {(uint8_t)(2 * x), (uint8_t)(255 - 2 * x), 128},
                          ink[3] = {0, 0, 0};
            const uint8_t *colour = line      ? ink
                                    : !inside ? hair
                                    : x > 48  ? ramp
                                    : y > 44  ? shade
                                              : skin;

            c->gray[y * W + x] = line ? 0 : 255;
            put(c->reference, x, y, colour);
            put(c->picture, x, y,
                !line && x >= 16 && x < 26 && y >= 16 && y < 26 ? foreign : colour);
        }
    }
    return c;
}

/* threads: in how many regions, origins and the vote are made. */
static int vote_threads(Case *c, int *regions, int threads)
{
    LacRegions r;
    LacVoteRef ref;
    LacOrigins origins;
    LacVote v;
    const LacMatchField field = {c->offset, c->cost};
    const LacVoteSource source = {&ref, &field, c->reference};
    const LacLog log = {0};

    if (lac_regions_open(&r, W, H, 4, threads, &log) || lac_regions_run(&r, c->gray, &log) ||
        lac_vote_ref_open(&ref, &r, c->reference, false, &log) ||
        lac_origins_open(&origins, W, H, W / CELL, H / CELL, threads, &log) ||
        lac_origins_run(&origins, &r, &source, 1, &log) || lac_vote_open(&v, W, H, threads, &log)) {
        printf("no memory\n");
        exit(1);
    }
    *regions = r.count;
    int changed = lac_vote_run(&v, &r, c->gray, &origins, &source, c->picture, &log);
    lac_vote_close(&v);
    lac_origins_close(&origins);
    lac_vote_ref_close(&ref);
    lac_regions_close(&r);
    return changed;
}

static int vote(Case *c, int *regions)
{
    return vote_threads(c, regions, 2);
}

/* Pixels by label, in picture order, for any number of threads. */
static void test_sort(Tally *t)
{
    enum { PIXELS = 1000, COUNT = 7, THREADS = 5 };
    static int32_t label[PIXELS], order[PIXELS];
    static size_t start[THREADS * (COUNT + 2)];

    for (int i = 0; i < PIXELS; i++) {
        label[i] = i * i / 37 % (COUNT + 1);
    }
    for (int threads = 1; threads <= THREADS; threads++) {
        size_t k = 0;
        bool ok = true;

        lac_vote_sort(label, PIXELS, COUNT, threads, start, order);
        for (int c = 0; c <= COUNT; c++) {
            ok = ok && start[c] == k;
            for (int i = 0; i < PIXELS; i++) {
                if (label[i] == c) {
                    ok = ok && order[k] == i;
                    k++;
                }
            }
        }
        expect(t, ok && start[COUNT + 1] == k, "pixels are not in order with %d threads", threads);
    }
}

static void test_threads(Tally *t)
{
    Case *one = draw(hair), *many = draw(hair);
    int regions, regions_of_many;

    const int changed = vote_threads(one, &regions, 1), changed_by_many = vote_threads(many, &regions_of_many, 5);
    expect(t, changed > 0 && changed == changed_by_many && regions == regions_of_many, "threads: %d and %d changed",
           changed, changed_by_many);
    expect(t, !memcmp(one->picture, many->picture, sizeof one->picture), "threads: one and five differ");
    lac_free(one);
    lac_free(many);
}

static void test_blotch(Tally *t)
{
    Case *c = draw(hair), *again = draw(hair);
    int regions, changed = vote(c, &regions);

    expect(t, regions == 12, "%d regions between two lines across and three down", regions);
    expect(t, changed == 100, "blotch: %d pixels changed", changed);
    expect(t, !memcmp(c->picture, c->reference, sizeof c->picture),
           "blotch: the picture is not the reference's");
    vote(again, &regions);
    expect(t, !memcmp(c->picture, again->picture, sizeof c->picture), "two runs differ");
    lac_free(c);
    lac_free(again);
}

/* A colour the reference's region has is no blotch, wherever it is. */
static void test_shade(Tally *t)
{
    Case *c = draw(shade);
    int regions, changed = vote(c, &regions);

    expect(t, changed == 0, "shade: %d pixels changed", changed);
    lac_free(c);
}

/* A small thing without a line, at its place in the reference, stays although its colour is rare; the same colour
 * elsewhere in the region goes. */
static void test_carried(Tally *t)
{
    static const uint8_t blue[3] = {0, 0, 200};
    Case *c = draw(skin);
    int regions;

    for (int y = 0; y < 2; y++) {
        for (int x = 0; x < 3; x++) {
            put(c->reference, 34 + x, 34 + y, blue);
            put(c->picture, 34 + x, 34 + y, blue);
            put(c->picture, 14 + x, 14 + y, blue);
        }
    }
    int changed = vote(c, &regions);
    expect(t, changed == 6 && !memcmp(c->picture, c->reference, sizeof c->picture), "carried: %d pixels changed",
           changed);
    lac_free(c);
}

/* The votes, not the place, decide: where most of a region comes from the other box, that box's
 * colours are backed. */
static void test_origin(Tally *t)
{
    Case *c = draw(hair);
    int regions;

    for (int y = 0; y < H / CELL; y++) {
        for (int x = 0; x < W / CELL; x++) {
            c->offset[y * (W / CELL) + x].x = (int16_t)(x < 24 ? 22 : -22);
        }
    }
    Case *before = draw(hair);
    int changed = vote(c, &regions);
    /* Nothing in either box has a colour of the other: neither is to be trusted, neither is
     * touched. */
    expect(t, changed == 0 && !memcmp(c->picture, before->picture, sizeof c->picture),
           "origin in doubt: %d pixels changed", changed);
    lac_free(before);
    lac_free(c);
}

/* Beside a line a pixel changes only where a blotch reaches it, and then keeps the line's part. */
static void test_edge(Tally *t)
{
    static const uint8_t blue[3] = {0, 0, 200};
    Case *alone = draw(skin), *c = draw(skin);
    int regions, i = (20 * W + 5) * 3;

    put(alone->picture, 5, 20, blue);
    expect(t, vote(alone, &regions) == 0, "edge: a pixel beside a line changed by itself");
    for (int x = 5; x < 15; x++) {
        put(c->picture, x, 20, blue);
    }
    c->gray[20 * W + 5] = 204; /* lighter than the threshold: not a line, but a fifth of one */
    int changed = vote(c, &regions);
    expect(t, changed == 10, "edge: %d pixels changed", changed);
    for (int k = 0; k < 3; k++) {
        int right = (skin[k] * 204 + blue[k] * 51 + 127) / 255;
        expect(t, c->picture[i + k] == right, "edge: channel %d is %d, not %d", k,
               c->picture[i + k], right);
    }
    lac_free(alone);
    lac_free(c);
}

int main(void)
{
    Tally t = {"vote", 0, 0};

    test_blotch(&t);
    test_sort(&t);
    test_threads(&t);
    test_shade(&t);
    test_carried(&t);
    test_origin(&t);
    test_edge(&t);
    return tally_end(&t);
}
