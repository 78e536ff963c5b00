/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which regions of the references each region of a frame comes from. */
#ifndef LAC_ORIGIN_H
#define LAC_ORIGIN_H

#include "math/origin_math.h"
#include "picture/runs.h"
#include "regions/vote_bins.h"
#include "regions/vote_ref.h"

/* How it works. The pixels of a frame's region vote, along the correspondence field of each
 * reference, for the regions of that reference: weight d / (1 + 10 cost), d the distance from lines,
 * and only pixels far from lines where the region has some. A region with LAC_ORIGIN_CLEAR of its votes for
 * one reference region gives up those others that are so to other regions with LAC_ORIGIN_TAKEN of their
 * area: its votes for them are patches gone astray. What is all there counts (lac_origin_raised). Origins with a share of LAC_ORIGIN_SHARE or more count (or the first, where none
 * has it). */

/* Pixels of one region of the frame. */
typedef struct LacOriginPixels {
    const int32_t *at;
    size_t n, far;    /* of them far from lines */
    bool core_is_all; /* hardly any is */
} LacOriginPixels;

typedef struct LacOrigins {
    int width, height, net_width, net_height, threads;
    int regions, sources; /* of the last run */
    int *cell_x;          /* [width] the column of the fields that a native column lies in */
    int *first_x;         /* [net_width + 1] the first native column of each column of the fields */
    LacOffset *shift;     /* [sources][net_height][net_width] the fields in native pixels */
    LacOrigin *list;      /* [regions + 1][sources][LAC_ORIGINS], largest shares first */
    LacOriginPixels *pixels; /* [regions + 1] */
    int32_t *order;       /* [height][width] pixels by region */
    size_t *start;        /* [threads][regions + 2] scratch */
    int64_t *votes;       /* [threads][room_votes] scratch */
    int32_t *voted;       /* [threads][room_votes] scratch: labels with votes */
    size_t room_list, room_regions, room_votes, room_shift;
} LacOrigins;

/* For frames of width x height and fields of net_width x net_height. LAC_ENOMEM is logged; *o is then
 * safe to close. */
int lac_origins_open(LacOrigins *o, int width, int height, int net_width, int net_height,
                     int threads, const LacLog *log);
void lac_origins_close(LacOrigins *o);

/* Fills in list, pixels and shift. LAC_ENOMEM is logged. The same bytes for any number of threads. */
int lac_origins_run(LacOrigins *o, const LacRegions *r, const LacVoteSource *sources, int count,
                    const LacLog *log);

/* The same but for what is in list and pixels[].at, which another fills in. LAC_ENOMEM is logged. */
int lac_origins_fit(LacOrigins *o, const LacRegions *r, int count, const LacLog *log);

/* Origins of region c in source s. */
static inline const LacOrigin *lac_origins_of(const LacOrigins *o, int c, int s)
{
    return o->list + ((size_t)c * (size_t)o->sources + (size_t)s) * LAC_ORIGINS;
}

/* Does pixel i of a region count? */
static inline bool lac_origin_core(const LacOriginPixels *p, const LacRegions *r, int32_t i)
{
    return p->core_is_all || r->squared[i] >= LAC_VOTE_FAR;
}

/* Pixels of a region that lie side by side in one cell of the fields: they have the same shifts. */
typedef struct LacOriginSpan {
    int y, x, end;
    size_t cell;
} LacOriginSpan;

/* A walk over a region's pixels at[next..n), span by span: set to {o, at, next, n, {0}, 0} at first. */
typedef struct LacOriginWalk {
    const LacOrigins *o;
    const int32_t *at;
    size_t next, n;
    LacOriginSpan span;
    int row_end;
} LacOriginWalk;

static inline bool lac_origin_step(LacOriginWalk *w)
{
    LacOriginSpan *s = &w->span;
    const LacOrigins *o = w->o;

    if (s->end < w->row_end) {
        s->x = s->end;
    } else if (w->next < w->n) {
        const int32_t i = w->at[w->next];
        const size_t run = lac_row_end(w->at, w->next, w->n) - w->next;

        s->y = i / o->width;
        s->x = i % o->width;
        w->row_end = run < (size_t)(o->width - s->x) ? s->x + (int)run : o->width;
        w->next += (size_t)(w->row_end - s->x);
    } else {
        return false;
    }
    s->end = o->first_x[o->cell_x[s->x] + 1];
    s->end = s->end < w->row_end ? s->end : w->row_end;
    s->cell = (size_t)((int64_t)s->y * o->net_height / o->height) * (size_t)o->net_width +
              (size_t)o->cell_x[s->x];
    return true;
}

/* Where the pixels of a span lie in a source: see lac_origin_partner. */
typedef struct LacOriginPlace {
    size_t row;
    int shift, last;
} LacOriginPlace;

static inline LacOriginPlace lac_origin_place(const LacOrigins *o, int source, const LacOriginSpan *s)
{
    const LacOffset d = o->shift[(size_t)source * o->net_width * o->net_height + s->cell];
    const int y = s->y + d.y;

    return (LacOriginPlace){(size_t)(y < 0 ? 0 : y >= o->height ? o->height - 1 : y) * o->width, d.x,
                            o->width - 1};
}

static inline size_t lac_origin_partner(const LacOriginPlace *p, int x)
{
    x += p->shift;
    return p->row + (size_t)(x < 0 ? 0 : x > p->last ? p->last : x);
}

#endif
