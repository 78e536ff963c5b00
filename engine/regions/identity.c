/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers for regions that stay from frame to frame; see identity.h. */
#include "regions/identity.h"

#include <stdlib.h>
#include <string.h>

#include "regions/vote_bins.h"

typedef struct LacIdentitySize {
    int area;
    int32_t region;
} LacIdentitySize;

int lac_identity_open(LacIdentity *id, int width, int height, const LacLog *log)
{
    const size_t n = (size_t)width * height;

    *id = (LacIdentity){.width = width, .height = height};
    id->previous = lac_calloc(n, sizeof *id->previous);
    id->order = lac_alloc(n, sizeof *id->order);
    if (!id->previous || !id->order) {
        lac_identity_close(id);
        return lac_fail(log, LAC_ENOMEM, "no memory to follow the regions of frames of %dx%d", width,
                        height);
    }
    return LAC_OK;
}

void lac_identity_close(LacIdentity *id)
{
    lac_free(id->given);
    lac_free(id->votes);
    lac_free(id->number);
    lac_free(id->previous);
    lac_free(id->order);
    lac_free(id->start);
    lac_free(id->by_size);
    *id = (LacIdentity){0};
}

void lac_identity_flush(LacIdentity *id)
{
    memset(id->previous, 0, (size_t)id->width * id->height * sizeof *id->previous);
}

/* Room for `regions` regions, all of which may get new numbers. */
static bool reserve(LacIdentity *id, size_t regions)
{
    const size_t numbers = (size_t)id->last + regions + 1;

    if (id->room_given < numbers) {
        const size_t room = numbers + numbers / 2;
        int32_t *given = lac_calloc(room, sizeof *given), *votes = lac_calloc(room, sizeof *votes);

        if (!given || !votes) {
            lac_free(given);
            lac_free(votes);
            return false;
        }
        if (id->given) {
            memcpy(given, id->given, id->room_given * sizeof *given);
        }
        lac_free(id->given);
        lac_free(id->votes);
        id->given = given;
        id->votes = votes;
        id->room_given = room;
    }
    if (id->room_regions < regions + 2) {
        const size_t room = regions + 2 + regions / 4;

        lac_free(id->number);
        lac_free(id->start);
        lac_free(id->by_size);
        id->number = lac_alloc(room, sizeof *id->number);
        id->start = lac_alloc(room, sizeof *id->start);
        id->by_size = lac_alloc(room, sizeof *id->by_size);
        id->room_regions = id->number && id->start && id->by_size ? room : 0;
    }
    return id->room_regions > 0;
}

/* Largest first. */
static int by_area(const void *a, const void *b)
{
    const LacIdentitySize *x = a, *y = b;

    return x->area != y->area ? (x->area < y->area) - (x->area > y->area)
                              : (x->region > y->region) - (x->region < y->region);
}

/* The number of the largest share that is free; 0: none. */
static int32_t by_origin(const LacIdentity *id, const LacOrigins *origins,
                         const LacVoteSource *sources, int region)
{
    float share = 0;
    int32_t best = 0;

    for (int s = 0; s < origins->sources; s++) {
        const LacOrigin *o = lac_origins_of(origins, region, s);
        const int32_t number = o->label ? sources[s].ref->number[o->label] : 0;

        if (number && id->given[number] != id->run && o->share > share) {
            share = o->share;
            best = number;
        }
    }
    return best;
}

/* The number that more than half of the region's pixels had in the frame before, if it is free. */
static int32_t by_place(LacIdentity *id, int region)
{
    const size_t from = id->start[region], to = id->start[region + 1];
    int32_t best = 0;

    for (size_t k = from; k < to; k++) {
        const int32_t number = id->previous[id->order[k]];
        id->votes[number]++;
        best = number && id->votes[number] > (int32_t)((to - from) / 2) ? number : best;
    }
    for (size_t k = from; k < to; k++) {
        id->votes[id->previous[id->order[k]]] = 0;
    }
    return id->given[best] != id->run ? best : 0;
}

int lac_identity_run(LacIdentity *id, const LacRegions *r, const LacOrigins *origins,
                     const LacVoteSource *sources, const LacLog *log)
{
    const size_t n = (size_t)id->width * id->height;

    if (!reserve(id, (size_t)r->count)) {
        return lac_fail(log, LAC_ENOMEM, "no memory to follow %d regions", r->count);
    }
    id->run++;
    id->number[0] = 0;
    lac_vote_sort(r->label, n, r->count, 1, id->start, id->order);
    for (int c = 1; c <= r->count; c++) {
        id->by_size[c - 1] = (LacIdentitySize){r->region[c].area, c};
    }
    qsort(id->by_size, (size_t)r->count, sizeof *id->by_size, by_area);
    for (int k = 0; k < r->count; k++) {
        const int c = id->by_size[k].region;
        int32_t number = 0;

        if (origins) {
            number = by_origin(id, origins, sources, c);
        } else if (id->given[sources[0].ref->number[c]] != id->run) {
            number = sources[0].ref->number[c];
        }
        number = number ? number : by_place(id, c);
        number = number ? number : ++id->last;
        id->given[number] = id->run;
        id->number[c] = number;
        if (!origins) {
            sources[0].ref->number[c] = number;
        }
        for (int s = 0; origins && s < origins->sources; s++) {
            const LacOrigin *o = lac_origins_of(origins, c, s);
            if (o->share > 0.5f && !sources[s].ref->number[o->label]) {
                sources[s].ref->number[o->label] = number;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        id->previous[i] = id->number[r->label[i]];
    }
    return LAC_OK;
}

void lac_identity_picture(const LacIdentity *id, const LacRegions *r, uint8_t *out,
                          ptrdiff_t stride)
{
    enum { DARK = 48, LEVELS = 256 - DARK };

    for (int y = 0; y < id->height; y++) {
        for (int x = 0; x < id->width; x++) {
            const int32_t number = id->number[r->label[(size_t)y * id->width + x]];
            /* numbers scrambled one to one: the factor has no divisor in common with LEVELS */
            const int64_t k = (int64_t)number * 5561761 % ((int64_t)LEVELS * LEVELS * LEVELS);
            uint8_t *o = out + y * stride + (ptrdiff_t)x * 3;

            o[0] = number ? (uint8_t)(DARK + k % LEVELS) : 0;
            o[1] = number ? (uint8_t)(DARK + k / LEVELS % LEVELS) : 0;
            o[2] = number ? (uint8_t)(DARK + k / LEVELS / LEVELS) : 0;
        }
    }
}
