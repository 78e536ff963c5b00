/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which regions of the references each region of a frame comes from. */
#ifndef LAC_ORIGIN_H
#define LAC_ORIGIN_H

#include "vote_ref.h"

/* How it works. The pixels of a frame's region vote, along the correspondence field of each
 * reference, for the regions of that reference: weight d / (1 + 10 cost), d the distance from lines,
 * and only pixels far from lines where the region has some. A region with LAC_ORIGIN_CLEAR of its votes for
 * one reference region gives up those others that are so to other regions with LAC_ORIGIN_TAKEN of their
 * area: its votes for them are patches gone astray. Origins with a share of LAC_ORIGIN_SHARE or more count (or the first, where none
 * has it). */
#define LAC_ORIGIN_SHARE 0.3f
#define LAC_ORIGIN_CLEAR 0.5f
#define LAC_ORIGIN_TAKEN 0.25f
enum { LAC_ORIGINS = 8 };

/* A region of a reference, and its share of the votes. */
typedef struct LacOrigin {
    int32_t label; /* 0 ends a list */
    float share;
} LacOrigin;

/* Pixels of one region of the frame. */
typedef struct LacOriginPixels {
    const int32_t *at;
    size_t n, far;    /* of them far from lines */
    bool core_is_all; /* hardly any is */
} LacOriginPixels;

typedef struct LacOrigins {
    int width, height, net_width, net_height;
    int regions, sources; /* of the last run */
    LacOrigin *list;      /* [regions + 1][sources][LAC_ORIGINS], largest shares first */
    LacOriginPixels *pixels; /* [regions + 1] */
    int32_t *order;       /* [height][width] pixels by region */
    size_t *start;        /* [regions + 2] scratch */
    float *votes;         /* scratch */
    size_t room_list, room_regions, room_votes;
} LacOrigins;

/* For frames of width x height and fields of net_width x net_height. LAC_ENOMEM is logged; *o is then
 * safe to close. */
int lac_origins_open(LacOrigins *o, int width, int height, int net_width, int net_height,
                     const LacLog *log);
void lac_origins_close(LacOrigins *o);

/* Fills in list and pixels. LAC_ENOMEM is logged. One thread; the same bytes every time. */
int lac_origins_run(LacOrigins *o, const LacRegions *r, const LacVoteSource *sources, int count,
                    const LacLog *log);

/* Origins of region c in source s. */
static inline const LacOrigin *lac_origins_of(const LacOrigins *o, int c, int s)
{
    return o->list + ((size_t)c * (size_t)o->sources + (size_t)s) * LAC_ORIGINS;
}

/* The cell of a field that native pixel i lies in, and where that pixel lies in the reference. */
size_t lac_origin_cell(const LacOrigins *o, int32_t i);
size_t lac_origin_partner(const LacOrigins *o, const LacMatchField *f, size_t cell, int32_t i);

/* Does pixel i of a region count? */
bool lac_origin_core(const LacOriginPixels *p, const LacRegions *r, int32_t i);

#endif
