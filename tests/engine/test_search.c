/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search and the descriptions, by vector units, against their plain definitions: the same bytes. */
#include "expect.h"
#include "match/match_describe.h"
#include "match/match_search.h"

static uint32_t scramble(uint32_t v)
{
    v ^= v >> 16;
    v *= 0x7feb352dU;
    v ^= v >> 15;
    v *= 0x846ca68bU;
    return v ^ v >> 16;
}

static int32_t cost_of(const LacMatchSearch *s, int x, int y, int dx, int dy)
{
    int64_t sum = ((int64_t)dx * dx + (int64_t)dy * dy) * s->prior / 1024;

    for (int i = 0; i < LAC_MATCH_DIMS; i++) {
        const int d = s->frame[((size_t)y * s->width + x) * LAC_MATCH_DIMS + i] -
                      s->ref[((size_t)(y + dy) * s->width + x + dx) * LAC_MATCH_DIMS + i];
        sum += (int64_t)d * d;
    }
    return (int32_t)sum;
}

static void try(const LacMatchSearch *s, int x, int y, int dx, int dy)
{
    LacOffset *best = &s->offset[(size_t)y * s->width + x];
    int32_t *least = &s->cost[(size_t)y * s->width + x];

    if (x + dx >= 0 && y + dy >= 0 && x + dx < s->width && y + dy < s->height && cost_of(s, x, y, dx, dy) < *least) {
        *least = cost_of(s, x, y, dx, dy);
        *best = (LacOffset){ (int16_t)dx, (int16_t)dy };
    }
}

static int within(uint32_t bits, int radius)
{
    return (int)((bits & 0xffff) * (uint32_t)(2 * radius + 1) >> 16) - radius;
}

static void plain_strip(const LacMatchSearch *s, int strip)
{
    const int w = s->width, step = s->pass % 2 ? -1 : 1;
    int from, to;

    lac_match_strip(s, strip, &from, &to);
    for (int i = from; i < to; i++) {
        for (int j = 0; j < w; j++) {
            const int y = step > 0 ? i : from + to - 1 - i, x = step > 0 ? j : w - 1 - j;
            LacOffset *own = &s->offset[(size_t)y * w + x];

            if (s->pass < 0) {
                *own = (LacOffset){ 0, 0 };
                s->cost[(size_t)y * w + x] = cost_of(s, x, y, 0, 0);
                continue;
            }
            if (y - step >= 0 && y - step < s->height) {
                const LacOffset beside = i == from ? s->border[x] : s->offset[(size_t)(y - step) * w + x];
                try(s, x, y, beside.x, beside.y);
            }
            if (j > 0) {
                try(s, x, y, own[-step].x, own[-step].y);
            }
            uint32_t counter = scramble(((uint32_t)s->pass * (uint32_t)s->height + (uint32_t)y) * (uint32_t)w + (uint32_t)x +
                                        0x9e3779b9U);
            for (int radius = s->radius; radius >= 1; radius /= 2) {
                counter = scramble(counter + (uint32_t)radius);
                try(s, x, y, own->x + within(counter, radius), own->y + within(counter >> 16, radius));
            }
        }
    }
}

/* alike: some pixels are the same in both pictures and have no cost. */
static void test_search(Tally *t, int w, int h, int prior, int radius, bool alike)
{
    const size_t n = (size_t)w * h;
    int8_t *frame = lac_alloc(n, LAC_MATCH_DIMS), *ref = lac_alloc(n, LAC_MATCH_DIMS);
    LacMatchStrip *const searches[3] = { plain_strip, lac_match_strip_base, lac_match_strip_search() };
    LacOffset *offset[3], *border = lac_calloc((size_t)w, sizeof *border);
    int32_t *cost[3];
    uint32_t state = 3;

    for (size_t i = 0; i < n * LAC_MATCH_DIMS; i++) {
        const bool same = alike && i / LAC_MATCH_DIMS % 7 < 4;

        frame[i] = (int8_t)(expect_draw(&state) % 23 - 11);
        ref[i] = same ? frame[i] : (int8_t)(expect_draw(&state) % 23 - 11);
    }
    for (int k = 0; k < 3; k++) {
        LacMatchSearch s = { .width = w, .height = h, .frame = frame, .ref = ref, .border = border, .prior = prior,
                             .radius = radius };

        s.offset = offset[k] = lac_calloc(n, sizeof *offset[k]);
        s.cost = cost[k] = lac_calloc(n, sizeof *cost[k]);
        for (s.pass = -1; s.pass < 4; s.pass++) {
            for (int strip = 0; strip <= (h + LAC_MATCH_STRIP - 1) / LAC_MATCH_STRIP; strip++) {
                searches[k](&s, strip);
            }
        }
        expect(t, !memcmp(offset[0], offset[k], n * sizeof *offset[k]) && !memcmp(cost[0], cost[k], n * sizeof *cost[k]),
               "search %d of %dx%d, prior %d, radius %d is not the plain one's", k, w, h, prior, radius);
    }
    for (int k = 0; k < 3; k++) {
        lac_free(offset[k]);
        lac_free(cost[k]);
    }
    lac_free(border);
    lac_free(frame);
    lac_free(ref);
}

static void test_describe_sets(Tally *t)
{
    enum { W = 131, H = 9 };
    static float plane[LAC_MATCH_PLANES * W * H], rows[LAC_MATCH_BASES * (W + 2 * LAC_MATCH_REACH)];
    static int8_t out[2][W * H * LAC_MATCH_DIMS];
    LacMatchDescribe d = { .width = W, .height = H, .plane = plane };
    uint32_t state = 9;

    for (size_t i = 0; i < sizeof plane / sizeof *plane; i++) {
        plane[i] = (float)(expect_draw(&state) % 4001) / 1000 - 2;
    }
    for (int k = 0; k < LAC_MATCH_BASES; k++) {
        for (int i = 0; i <= 2 * LAC_MATCH_REACH; i++) {
            d.basis[k][i] = (float)(expect_draw(&state) % 401) / 1000 - 0.2f;
        }
    }
    for (int k = 0; k < 2; k++) {
        d.out = out[k];
        for (int y = 0; y < H; y++) {
            (k ? lac_match_describe_row() : lac_match_describe_base)(&d, y, rows);
        }
    }
    expect(t, !memcmp(out[0], out[1], sizeof out[0]), "the fastest descriptions are the plain ones");
}

int main(void)
{
    Tally t = { "test_search", 0, 0 };

    test_search(&t, 37, 21, 300, 16, false);
    test_search(&t, 150, 40, 1008, 32, true);
    test_search(&t, 70, 19, 0, 128, true);
    test_search(&t, 1, 50, 20, 8, false);
    test_describe_sets(&t);
    return tally_end(&t);
}
