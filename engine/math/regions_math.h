/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about regions; regions.h says how they are found.
 *
 * The flood takes pixels in an order of its own, but what it makes of them can be said without one. A pixel's time is its
 * place in that order: black areas, then what the ball reaches, then the rest by falling distance, in picture order. Every pixel
 * of the rest belongs to the basin of the neighbour that is farthest from lines among those of an earlier time, or begins one. At
 * a pixel its earlier neighbours' basins meet, pair by pair: an event, with a time. A small region, one whose peak leaves
 * no neck at an event, becomes one with whatever it meets first. One that is not small when it first meets another never is again: distances fall,
 * peaks do not, and no_neck holds for all lower peaks and all higher meeting places. So regions can look for their first
 * event all at once, in rounds: those that are small there join, the others are done with. What joins one region in a round
 * changes nothing for it: it is small at a later, lower place, so it would be small where the region meets its next. */
#ifndef LAC_REGIONS_MATH_H
#define LAC_REGIONS_MATH_H

#include "math/number.h"

#define LAC_REGIONS_INK      0.3f
#define LAC_REGIONS_NECK     0.3f
#define LAC_REGIONS_CONTRAST 24 /* least difference of paper and ink, in gray levels, that is a drawing and not noise */
enum { LAC_REGIONS_MAX_GAP = 64 };

/* What a pixel is. */
enum { LAC_KIND_LINE, LAC_KIND_BLACK, LAC_KIND_BALL, LAC_KIND_REST };

/* Lines are darker than this; 0: nothing is darker than paper. */
LAC_HD int lac_regions_threshold(int paper, int dark)
{
    return paper - dark < LAC_REGIONS_CONTRAST ? 0 : paper - (int)lac_product(LAC_REGIONS_INK, (float)(paper - dark));
}

/* Is there no neck at a place at distance `saddle` beside a region of largest distance `peak`? */
LAC_HD int lac_regions_no_neck(float peak, float saddle)
{
    const float rise = peak - saddle, allowed = lac_product(LAC_REGIONS_NECK, peak);

    return rise < (allowed > 1 ? allowed : 1);
}

/* Ranks of times: black, what the ball reaches, then squared distances from far * far down. */
LAC_HD int lac_regions_rank(int kind, int squared, int far)
{
    return kind == LAC_KIND_BLACK ? 0 : kind == LAC_KIND_BALL ? 1 : 2 + far * far - squared;
}

enum { LAC_REGIONS_INDEX = 28, LAC_REGIONS_PAIR = 3 }; /* bits of a pixel's number, of a pair's */

LAC_HD unsigned long long lac_regions_time(int rank, int32_t i)
{
    return (unsigned long long)rank << LAC_REGIONS_INDEX | (unsigned)i;
}

LAC_HD int32_t lac_regions_pixel(unsigned long long time)
{
    return (int32_t)(time & ((1U << LAC_REGIONS_INDEX) - 1));
}

/* Of two pixels of the rest. */
LAC_HD int lac_regions_earlier(const uint16_t *squared, int32_t a, int32_t b)
{
    const int higher = squared[a] - squared[b];

    return higher ? higher > 0 : a < b;
}

/* Neighbours of pixel i of the rest that are earlier, above, left, right, below -> met; returns how many. */
LAC_HD int lac_regions_met(const uint8_t *kind, const uint16_t *squared, int w, int h, int32_t i, int32_t met[4])
{
    const int x = i % w, y = i / w;
    const int32_t beside[4] = { y ? i - w : -1, x ? i - 1 : -1, x + 1 < w ? i + 1 : -1, y + 1 < h ? i + w : -1 };
    int n = 0;

    for (int j = 0; j < 4; j++) {
        const int32_t b = beside[j];

        if (b >= 0 && (kind[b] == LAC_KIND_BALL || (kind[b] == LAC_KIND_REST && lac_regions_earlier(squared, b, i)))) {
            met[n++] = b;
        }
    }
    return n;
}

/* Pairs of these in the order they meet: (0, 1), (0, 2), (1, 2), (0, 3) ... */
LAC_HD int lac_regions_pair(int first, int second)
{
    return second * (second - 1) / 2 + first;
}

LAC_HD int lac_regions_second(int pair)
{
    return pair < 1 ? 1 : pair < 3 ? 2 : 3;
}

LAC_HD int lac_regions_first(int pair)
{
    return pair - lac_regions_pair(0, lac_regions_second(pair));
}

#endif
