/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search over a strip, for match_base.c and those beside it, which set MATCH_STRIP to the function's name. */
#include "match_search.h"

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

static inline void try_offset(const LacMatchSearch *s, int x, int y, int dx, int dy, LacOffset *best, int32_t *cost)
{
    int32_t c = pair_prior(s, dx, dy);

    /* most places of the wide windows are too far already */
    if (c >= *cost || x + dx < 0 || y + dy < 0 || x + dx >= s->width || y + dy >= s->height ||
        (dx == best->x && dy == best->y)) {
        return;
    }
    c += pair_difference(s, x, y, dx, dy);
    if (c < *cost) {
        *cost = c;
        *best = (LacOffset){ (int16_t)dx, (int16_t)dy };
    }
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

void MATCH_STRIP(const LacMatchSearch *s, int strip)
{
    const int w = s->width, step = s->pass % 2 ? -1 : 1;
    int from, to;

    lac_match_strip(s, strip, &from, &to);
    for (int i = from; i < to; i++) {
        const int y = step > 0 ? i : from + to - 1 - i;
        LacOffset *row = s->offset + (size_t)y * w;
        const LacOffset *beside = i == from ? s->border : row - (ptrdiff_t)step * w;
        const bool has_beside = s->pass >= 0 && y - step >= 0 && y - step < s->height;

        for (int j = 0; j < w; j++) {
            const int x = step > 0 ? j : w - 1 - j;
            int32_t *cost = s->cost + (size_t)y * w + x;

            if (s->pass < 0) {
                row[x] = (LacOffset){ 0, 0 };
                *cost = pair_difference(s, x, y, 0, 0);
                continue;
            }
            LacOffset best = row[x];
            int32_t least = *cost;
            if (has_beside) {
                try_offset(s, x, y, beside[x].x, beside[x].y, &best, &least);
            }
            if (j > 0) {
                try_offset(s, x, y, row[x - step].x, row[x - step].y, &best, &least);
            }
            uint32_t counter = ((uint32_t)s->pass * (uint32_t)s->height + (uint32_t)y) * (uint32_t)w + (uint32_t)x;
            counter = scramble(counter + 0x9e3779b9U);
            for (int radius = s->radius; radius >= 1; radius /= 2) {
                counter = scramble(counter + (uint32_t)radius);
                try_offset(s, x, y, best.x + within(counter, radius), best.y + within(counter >> 16, radius), &best,
                           &least);
            }
            row[x] = best;
            *cost = least;
        }
    }
}
