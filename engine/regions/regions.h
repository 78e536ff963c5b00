/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closed regions of native line art: what lies between lines, with gaps in the lines closed. */
#ifndef LAC_REGIONS_H
#define LAC_REGIONS_H

#include "common.h"
#include "math/regions_math.h"

/* How it works. Paper is the most frequent gray of the lighter half, ink the gray that the darkest
 * 1/2000 of the pixels reach; a pixel with more than LAC_REGIONS_INK of the way from paper to ink
 * is a line. d is the distance to the nearest line pixel or to the frame outside the picture. A gap
 * of n pixels leaves d <= (n + 1) / 2 in its throat, so what a ball of more than (gap + 1) / 2
 * reaches without leaving is one region. The other pixels join in order of falling d: each the
 * region beside it that is farthest from lines, or a new one. Where two regions meet they become
 * one unless there is a neck between them, that is unless the smaller one's largest d exceeds the
 * meeting place's by LAC_REGIONS_NECK of itself and by a pixel: tips and corridors stay with the
 * region they belong to, eyes and other small closed things stay regions. Line pixels that lie
 * inside a black area much thicker than the art's lines (or all of a picture that is one) make
 * regions of their own. Time is linear in the number of pixels; the bytes are the same for any
 * number of threads.
 *
 * The line art is gray: coloured separation lines are lines like any other, as dark as they are. */
typedef struct LacRegion {
    int area;                     /* pixels */
    int left, top, right, bottom; /* bounding box, right and bottom outside */
    bool black;
} LacRegion;

/* The largest d that is told apart, or half the gap and two where that is more. */
#define LAC_REGIONS_FAR 8

typedef struct LacRegions {
    int width, height, gap, threads;
    int count;         /* regions, besides the lines */
    int32_t *label;    /* [height][width] 0 a line, 1..count */
    LacRegion *region; /* [count + 1]; [0]: the lines */
    uint16_t *squared; /* [height][width] d * d up to `far` * far; 0 on lines */
    int far;
    int threshold;   /* lines are pixels with gray below it; 0: the picture has none */
    int room;        /* of `region` and the tables of components */
    int32_t *parent; /* union-find over components */
    uint16_t *peak;  /* largest squared d of a component, or that the ball fits into it */
    int32_t *order;  /* pixels near lines, in order of falling d */
    uint8_t *ink;    /* [height][width] line, then black */
    uint8_t *near;   /* [height][width] distance to a line within the column, then what the ball reaches */
    int16_t *row;    /* [threads][width] */
    size_t *level;   /* [threads][squared distances] where the pixels of a strip begin in `order` */
} LacRegions;

/* Gaps of up to `gap` pixels, 0..LAC_REGIONS_MAX_GAP, are closed. LAC_ENOMEM is logged and leaves
 * *r safe to close. */
int lac_regions_open(LacRegions *r, int width, int height, int gap, int threads, const LacLog *log);
void lac_regions_close(LacRegions *r);

/* Room for `count` regions in `region`, whose contents are lost. LAC_ENOMEM is logged. */
int lac_regions_room(LacRegions *r, int count, const LacLog *log);

/* gray: dense native line art -> label, region, squared. LAC_ENOMEM is logged. */
int lac_regions_run(LacRegions *r, const uint8_t *gray, const LacLog *log);

#endif
