/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines with gaps join parts of a frame into one region: a part that is all there is an origin, however small its share. */
#include "region_case.h"

/* The share of the right box's region among the origins of the frame's one region; the line between the boxes is gone in
 * the frame, and of its right columns `strayed` lead into the left box. */
static float share_of_right(int strayed)
{
    RegionCase *c = region_case();
    const LacLog log = {0};
    const LacOrigin *list;
    float share = 0;
    int right, joined;

    region_case_run(c);
    right = c->ref.label[20 * W + 70];
    for (int y = 9; y < 56; y++) {
        c->gray[y * W + 48] = 255;
    }
    for (int i = 0; i < NET_W * NET_H; i++) { /* the right box is found, but at a high cost */
        const int x = i % NET_W * CELL;

        c->cost[i] = x > 48 ? 700 : 0;
        c->offset[i].x = (int16_t)(x > 86 - strayed && x < 88 ? -20 : 0);
    }
    if (lac_regions_run(&c->regions, c->gray, &log) || lac_origins_run(&c->origins, &c->regions, &c->source, 1, &log)) {
        exit(1);
    }
    joined = region_at(c, 70, 20);
    list = lac_origins_of(&c->origins, joined, 0);
    for (int k = 0; k < LAC_ORIGINS && list[k].label && joined == region_at(c, 20, 20); k++) {
        share = list[k].label == right ? list[k].share : share;
    }
    region_case_free(c);
    return share;
}

int main(void)
{
    Tally t = {.name = "origin_parts"};
    const float all = share_of_right(0), part = share_of_right(32);

    expect(&t, all >= LAC_ORIGIN_SHARE, "a part that is all there has a share of %g", (double)all);
    expect(&t, part > 0 && part < LAC_ORIGIN_SHARE, "a few of its pixels have a share of %g", (double)part);
    expect(&t, lac_origin_raised(0.04f, 1000, 20) < LAC_ORIGIN_SHARE && lac_origin_raised(0.06f, 1000, 100) >= LAC_ORIGIN_SHARE &&
               lac_origin_raised(0.06f, 1000, 130) < LAC_ORIGIN_SHARE && lac_origin_raised(0.4f, 1000, 9000) > LAC_ORIGIN_SHARE,
           "what is raised");
    return tally_end(&t);
}
