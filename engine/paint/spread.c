/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fronts of colour: breadth first over clear pixels, by darkness (Dijkstra with buckets) into lines. */
#include "paint/spread.h"

#include <string.h>

#include "picture/runs.h"

enum { BUCKETS = LAC_SPREAD_STEP_MOST + 1, BLOCK = 64 /* pixels of a bucket that lie side by side */ };

int lac_field_open(LacField *f, int width, int height)
{
    const size_t n = (size_t)width * height, blocks = n / BLOCK + BUCKETS;

    *f = (LacField){ .width = width, .height = height };
    f->state = lac_alloc(n, 1);
    f->colour = lac_alloc(n, 4);
    f->queue = lac_alloc(blocks, BLOCK * sizeof *f->queue);
    f->link = lac_alloc(blocks, sizeof *f->link);
    f->cost = lac_alloc(n, sizeof *f->cost);
    if (!f->state || !f->colour || !f->queue || !f->link || !f->cost) {
        lac_field_close(f);
        return LAC_ENOMEM;
    }
    return LAC_OK;
}

void lac_field_close(LacField *f)
{
    lac_free(f->state);
    lac_free(f->colour);
    lac_free(f->exact);
    lac_free(f->queue);
    lac_free(f->link);
    lac_free(f->cost);
    *f = (LacField){ 0 };
}

int lac_field_widen(LacField *f)
{
    uint16_t *exact = lac_alloc((size_t)f->width * f->height, 4 * sizeof *exact);

    if (!exact) {
        return LAC_ENOMEM;
    }
    lac_free(f->exact);
    f->exact = exact;
    return LAC_OK;
}

/* The up to 4 neighbours of a pixel, always in the same order: above, left, right, below. */
typedef struct Beside {
    int count;
    int32_t at[4];
} Beside;

static inline Beside beside(const LacField *f, int32_t i)
{
    const int32_t w = f->width, y = i / w, x = i - y * w;
    Beside b = { 0, { 0 } };

    if (x > 0 && x + 1 < w && y > 0 && y + 1 < f->height) {
        return (Beside){ 4, { i - w, i - 1, i + 1, i + w } };
    }
    if (y > 0) {
        b.at[b.count++] = i - w;
    }
    if (x > 0) {
        b.at[b.count++] = i - 1;
    }
    if (x + 1 < w) {
        b.at[b.count++] = i + 1;
    }
    if (y + 1 < f->height) {
        b.at[b.count++] = i + w;
    }
    return b;
}

/* The first of a pixel's neighbours, in their order, that was reached at this cost. Pixels follow it, not the one that was
 * queued before the others, so that what they become depends on no queue. */
static inline int32_t first_at(const LacField *f, int32_t to, enum LacPixel state, int32_t cost)
{
    const Beside near = beside(f, to);
    int32_t from = to;

    for (int k = near.count - 1; k >= 0; k--) {
        if (f->state[near.at[k]] == state && f->cost[near.at[k]] == cost) {
            from = near.at[k];
        }
    }
    return from;
}

static inline void take(LacField *f, int32_t to, int32_t from, enum LacPixel state, int32_t cost)
{
    if (f->wide) {
        memcpy(f->exact + (size_t)to * 4, f->exact + (size_t)from * 4, 8);
    } else {
        memcpy(f->colour + (size_t)to * 4, f->colour + (size_t)from * 4, 4);
    }
    f->state[to] = state;
    f->cost[to] = (uint16_t)cost;
}

void lac_field_spread(LacField *f, int reach)
{
    const int32_t n = f->width * f->height;
    int32_t head = 0, tail = 0, *queue = f->queue;

    /* the first layer, from KNOWN alone: pixels reached by the scan do not spread before it ends */
    for (int32_t i = 0; i < n; i++) {
        if (i + 8 <= n && !lac_any_eight(f->state + i, LAC_PIXEL_UNKNOWN)) {
            i += 7;
            continue;
        }
        const Beside near = f->state[i] == LAC_PIXEL_UNKNOWN ? beside(f, i) : (Beside){ 0, { 0 } };
        for (int k = 0; k < near.count; k++) {
            if (f->state[near.at[k]] == LAC_PIXEL_KNOWN) {
                take(f, i, near.at[k], LAC_PIXEL_REACHED, 1);
                queue[tail++] = i;
                break;
            }
        }
    }
    while (head < tail && f->cost[queue[head]] < reach) {
        int32_t i = queue[head++];
        const Beside near = beside(f, i);
        for (int k = 0; k < near.count; k++) {
            const int32_t to = near.at[k];
            if (f->state[to] == LAC_PIXEL_UNKNOWN) {
                take(f, to, first_at(f, to, LAC_PIXEL_REACHED, f->cost[i]), LAC_PIXEL_REACHED, f->cost[i] + 1);
                queue[tail++] = to;
            }
        }
    }
}

/* Pixels by cost modulo BUCKETS, first in, first out: each bucket is a chain of blocks of `queue`. A bucket that runs empty keeps
 * its last block, so there is room for all pixels. */
typedef struct Buckets {
    int32_t first[BUCKETS], last[BUCKETS]; /* blocks */
    int32_t from[BUCKETS], to[BUCKETS];    /* pixels of the first block that are gone, of the last one that are there */
    int32_t blocks, waiting;
} Buckets;

static void open_buckets(Buckets *b)
{
    *b = (Buckets){ .blocks = BUCKETS };
    for (int32_t at = 0; at < BUCKETS; at++) {
        b->first[at] = b->last[at] = at;
    }
}

static inline void put(Buckets *b, LacField *f, int32_t i)
{
    const int32_t at = f->cost[i] % BUCKETS;

    if (b->to[at] == BLOCK) {
        f->link[b->last[at]] = b->blocks;
        b->last[at] = b->blocks++;
        b->to[at] = 0;
    }
    f->queue[b->last[at] * BLOCK + b->to[at]++] = i;
    b->waiting++;
}

/* -1: there is none. */
static inline int32_t get(Buckets *b, const LacField *f, int32_t at)
{
    if (b->first[at] == b->last[at] && b->from[at] == b->to[at]) {
        b->from[at] = b->to[at] = 0;
        return -1;
    }
    if (b->from[at] == BLOCK) {
        b->first[at] = f->link[b->first[at]];
        b->from[at] = 0;
    }
    b->waiting--;
    return f->queue[b->first[at] * BLOCK + b->from[at]++];
}

/* The cost of a step depends on the pixel entered alone: the first front to reach a pixel is the cheapest,
 * and every pixel is queued once. */
void lac_field_spread_lines(LacField *f, const uint8_t *gray, int depth)
{
    const int32_t n = f->width * f->height;
    int32_t i;
    Buckets b;

    open_buckets(&b);
    for (i = 0; i < n; i++) {
        if (i + 8 <= n && !lac_any_eight(f->state + i, LAC_PIXEL_LINE)) {
            i += 7;
            continue;
        }
        const Beside near = f->state[i] == LAC_PIXEL_LINE ? beside(f, i) : (Beside){ 0, { 0 } };
        for (int k = 0; k < near.count; k++) {
            if (f->state[near.at[k]] == LAC_PIXEL_KNOWN || f->state[near.at[k]] == LAC_PIXEL_REACHED) {
                take(f, i, near.at[k], LAC_PIXEL_CROSSED, lac_spread_step(gray[i]));
                put(&b, f, i);
                break;
            }
        }
    }
    for (int32_t at = 0; b.waiting > 0 && at < depth * LAC_SPREAD_STEP_MOST; at++) {
        while ((i = get(&b, f, at % BUCKETS)) >= 0) {
            const Beside near = beside(f, i);
            for (int k = 0; k < near.count; k++) {
                const int32_t to = near.at[k];
                if (f->state[to] == LAC_PIXEL_LINE) {
                    take(f, to, first_at(f, to, LAC_PIXEL_CROSSED, f->cost[i]), LAC_PIXEL_CROSSED,
                         f->cost[i] + lac_spread_step(gray[to]));
                    put(&b, f, to);
                }
            }
        }
    }
}
