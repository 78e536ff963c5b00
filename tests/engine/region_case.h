/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A drawn case for the tests of what regions do: two boxes side by side inside a frame of lines, and a reference of
 * which the frame is a copy, seen through a field that a test may bend. */
#ifndef REGION_CASE_H
#define REGION_CASE_H

#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "regions/origin.h"

enum { W = 96, H = 64, N = W * H, CELL = 2, NET_W = W / CELL, NET_H = H / CELL };

static const uint8_t skin[3] = {240, 200, 180}, shade[3] = {190, 140, 130}, hair[3] = {220, 90, 150},
                     paper[3] = {255, 255, 255};

typedef struct RegionCase {
    uint8_t gray[N], reference[N * 3], picture[N * 3];
    LacOffset offset[NET_W * NET_H];
    int32_t cost[NET_W * NET_H];
    LacRegions regions;
    LacVoteRef ref;
    LacMatchField field;
    LacVoteSource source;
    LacOrigins origins;
} RegionCase;

static inline void put(uint8_t *rgb, int x, int y, const uint8_t *colour)
{
    memcpy(rgb + (y * W + x) * 3, colour, 3);
}

static inline int region_at(const RegionCase *c, int x, int y)
{
    return c->regions.label[y * W + x];
}

/* Left box: skin above, shade from row 40 on without a line. Right box: hair. Around them: paper. */
static inline RegionCase *region_case(void)
{
    RegionCase *c = lac_calloc(1, sizeof *c);

    if (!c) {
        exit(1);
    }
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            const bool inside = x > 8 && x < 88 && y > 8 && y < 56,
                       frame = x >= 8 && x <= 88 && y >= 8 && y <= 56, line = frame && (!inside || x == 48);
            const uint8_t ink[3] = {0, 0, 0};

            c->gray[y * W + x] = line ? 0 : 255;
            put(c->reference, x, y, line ? ink : !inside ? paper : x > 48 ? hair : y >= 40 ? shade : skin);
        }
    }
    memcpy(c->picture, c->reference, sizeof c->picture);
    c->field = (LacMatchField){c->offset, c->cost};
    return c;
}

/* Regions, reference and origins of what was drawn. */
static inline void region_case_run(RegionCase *c)
{
    const LacLog log = {0};

    if (lac_regions_open(&c->regions, W, H, 4, 2, &log) || lac_regions_run(&c->regions, c->gray, &log) ||
        lac_vote_ref_open(&c->ref, &c->regions, c->reference, true, &log) ||
        lac_origins_open(&c->origins, W, H, NET_W, NET_H, 2, &log)) {
        printf("no memory\n");
        exit(1);
    }
    c->source = (LacVoteSource){&c->ref, &c->field, c->reference};
    if (lac_origins_run(&c->origins, &c->regions, &c->source, 1, &log)) {
        exit(1);
    }
}

static inline void region_case_free(RegionCase *c)
{
    lac_origins_close(&c->origins);
    lac_vote_ref_close(&c->ref);
    lac_regions_close(&c->regions);
    lac_free(c);
}

#endif
