/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search over a strip, for match_base.c and those beside it, which set MATCH_STRIP to the function's name. */
#include "match/match_search.h"

static inline int32_t pair_prior(const LacMatchSearch *s, int dx, int dy)
{
    return (int32_t)(((int64_t)dx * dx + (int64_t)dy * dy) * s->prior / 1024);
}

static inline int32_t pair_difference(const LacMatchSearch *s, int x, int y, int dx, int dy)
{
    const int8_t *a = s->frame + ((size_t)y * s->width + x) * LAC_MATCH_DIMS;
    const int8_t *b = s->ref + ((size_t)(y + dy) * s->width + (x + dx)) * LAC_MATCH_DIMS;
    int32_t sum = 0;

    for (int i = 0; i < LAC_MATCH_DIMS; i++) {
        const int16_t d = (int16_t)(a[i] - b[i]);
        sum += d * d;
    }
    return sum;
}

/* Takes a displacement that is better than the best so far. */
static inline bool try_offset(const LacMatchSearch *s, int x, int y, int dx, int dy, LacOffset *best, int32_t *cost)
{
    int32_t c;

    if ((dx == best->x && dy == best->y) || x + dx < 0 || y + dy < 0 || x + dx >= s->width || y + dy >= s->height) {
        return false;
    }
    c = pair_prior(s, dx, dy);
    if (c >= *cost) {
        return false;
    }
    c += pair_difference(s, x, y, dx, dy);
    if (c >= *cost) {
        return false;
    }
    *cost = c;
    *best = (LacOffset){ (int16_t)dx, (int16_t)dy };
    return true;
}

/* Scrambles a counter: every pixel, pass and window has its own random number. */
static inline uint32_t scramble(uint32_t v)
{
    v ^= v >> 16;
    v *= 0x7feb352dU;
    v ^= v >> 15;
    v *= 0x846ca68bU;
    return v ^ v >> 16;
}

/* Uniform in [-radius, radius], from 16 bits. */
static inline int within(uint32_t bits, int radius)
{
    return (int)((bits & 0xffff) * (uint32_t)(2 * radius + 1) >> 16) - radius;
}

/* The random places of pixels side by side, relative to the best displacement: window by window, the widest first. */
enum { BESIDE = 64, WINDOWS = 16 };

typedef struct Places {
    int from, windows; /* the first pixel's column */
    int16_t x[WINDOWS][BESIDE], y[WINDOWS][BESIDE];
} Places;

/* Of the n pixels from column x on. Random numbers depend on nothing that is found, so vector units make them. */
static void find_places(const LacMatchSearch *s, int x, int y, int n, Places *p)
{
    const uint32_t first = ((uint32_t)s->pass * (uint32_t)s->height + (uint32_t)y) * (uint32_t)s->width + (uint32_t)x;
    uint32_t counter[BESIDE];

    for (int i = 0; i < n; i++) {
        counter[i] = scramble(first + (uint32_t)i + 0x9e3779b9U);
    }
    p->from = x;
    p->windows = 0;
    for (int radius = s->radius; radius >= 1; radius /= 2, p->windows++) {
        int16_t *px = p->x[p->windows], *py = p->y[p->windows];

        for (int i = 0; i < n; i++) {
            counter[i] = scramble(counter[i] + (uint32_t)radius);
            px[i] = (int16_t)within(counter[i], radius);
            py[i] = (int16_t)within(counter[i] >> 16, radius);
        }
    }
}

/* Squared pixels of distance whose prior alone costs `cost`, or a few more. */
static inline uint32_t reach_of(const LacMatchSearch *s, int32_t cost)
{
    const float most = 4e9f, reach = s->prior ? (float)cost * (1025.0f / (float)s->prior) + 2 : most;

    return (uint32_t)(reach < most ? reach : most);
}

/* Which windows from `first` on have a place for pixel i that is near enough; most have none. */
static inline uint32_t near_windows(const Places *p, int i, int first, LacOffset best, uint32_t reach)
{
    uint32_t near = 0;

    for (int k = first; k < p->windows; k++) {
        const int dx = best.x + p->x[k][i], dy = best.y + p->y[k][i];

        near |= (uint32_t)((uint32_t)(dx * dx) + (uint32_t)(dy * dy) < reach) << k;
    }
    return near;
}

/* The random search of pixel (x, y), one of the places'. */
static inline void try_places(const LacMatchSearch *s, const Places *p, int x, int y, LacOffset *best, int32_t *least)
{
    const int i = x - p->from;
    uint32_t near = near_windows(p, i, 0, *best, reach_of(s, *least));

    while (near) {
        const int k = __builtin_ctz(near);

        near &= near - 1;
        if (try_offset(s, x, y, best->x + p->x[k][i], best->y + p->y[k][i], best, least)) {
            near = near_windows(p, i, k + 1, *best, reach_of(s, *least));
        }
    }
}

/* Every pixel at its own place. */
static void begin_row(const LacMatchSearch *s, int y)
{
    const size_t row = (size_t)y * s->width;

    for (int x = 0; x < s->width; x++) {
        s->offset[row + x] = (LacOffset){ 0, 0 };
        s->cost[row + x] = pair_difference(s, x, y, 0, 0);
    }
}

/* One pass over row y. beside: the row before, in the order of the pass, or NULL. */
static void search_row(const LacMatchSearch *s, int y, const LacOffset *beside)
{
    const int w = s->width, step = s->pass % 2 ? -1 : 1;
    LacOffset *row = s->offset + (size_t)y * w;
    int32_t *cost = s->cost + (size_t)y * w;
    Places places;

    for (int j = 0; j < w; j++) {
        const int x = step > 0 ? j : w - 1 - j;
        LacOffset best = row[x];
        int32_t least = cost[x];

        if (j % BESIDE == 0) { /* those of the next pixels; backward, the last is the first */
            const int n = w - j < BESIDE ? w - j : BESIDE;

            find_places(s, step > 0 ? x : x - n + 1, y, n, &places);
        }
        if (least == 0) { /* nothing is better */
            continue;
        }
        if (beside) {
            try_offset(s, x, y, beside[x].x, beside[x].y, &best, &least);
        }
        if (j > 0) {
            try_offset(s, x, y, row[x - step].x, row[x - step].y, &best, &least);
        }
        try_places(s, &places, x, y, &best, &least);
        row[x] = best;
        cost[x] = least;
    }
}

void MATCH_STRIP(const LacMatchSearch *s, int strip)
{
    const int step = s->pass % 2 ? -1 : 1;
    int from, to;

    lac_match_strip(s, strip, &from, &to);
    for (int i = from; i < to; i++) {
        const int y = step > 0 ? i : from + to - 1 - i;
        const LacOffset *before = i == from ? s->border : s->offset + (ptrdiff_t)(y - step) * s->width;

        if (s->pass < 0) {
            begin_row(s, y);
        } else {
            search_row(s, y, y - step >= 0 && y - step < s->height ? before : NULL);
        }
    }
}
