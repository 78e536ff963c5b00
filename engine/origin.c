/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes of a region's pixels for regions of the references; see origin.h. */
#include "origin.h"

#include <math.h>
#include <string.h>

#include "vote_bins.h"

enum { LAC_ORIGIN_FEW = 6 }; /* fewer pixels far from lines than these: all count */

int lac_origins_open(LacOrigins *o, int width, int height, int net_width, int net_height,
                     const LacLog *log)
{
    *o = (LacOrigins){
        .width = width, .height = height, .net_width = net_width, .net_height = net_height};
    o->order = lac_alloc((size_t)width * height, sizeof *o->order);
    return o->order ? LAC_OK
                    : lac_fail(log, LAC_ENOMEM, "no memory for the regions of frames of %dx%d",
                               width, height);
}

void lac_origins_close(LacOrigins *o)
{
    lac_free(o->list);
    lac_free(o->pixels);
    lac_free(o->order);
    lac_free(o->start);
    lac_free(o->votes);
    *o = (LacOrigins){0};
}

/* Makes room for `count` items where there is less, with some to spare; what was there is lost. */
static bool reserve(void **at, size_t *room, size_t count, size_t size)
{
    if (*room < count) {
        lac_free(*at);
        *room = 0;
        *at = lac_alloc(count + count / 4, size);
        if (!*at) {
            return false;
        }
        *room = count + count / 4;
    }
    return true;
}

size_t lac_origin_cell(const LacOrigins *o, int32_t i)
{
    const int x = i % o->width, y = i / o->width;

    return (size_t)((int64_t)y * o->net_height / o->height) * o->net_width +
           (size_t)((int64_t)x * o->net_width / o->width);
}

size_t lac_origin_partner(const LacOrigins *o, const LacMatchField *f, size_t cell, int32_t i)
{
    int x = i % o->width, y = i / o->width;

    x += (int)lroundf((float)f->offset[cell].x * (float)o->width / (float)o->net_width);
    y += (int)lroundf((float)f->offset[cell].y * (float)o->height / (float)o->net_height);
    x = x < 0 ? 0 : x >= o->width ? o->width - 1 : x;
    y = y < 0 ? 0 : y >= o->height ? o->height - 1 : y;
    return (size_t)y * o->width + x;
}

bool lac_origin_core(const LacOriginPixels *p, const LacRegions *r, int32_t i)
{
    return p->core_is_all || r->squared[i] >= LAC_VOTE_FAR;
}

/* Votes of one region for those of one reference -> out [LAC_ORIGINS]. */
static void cast(const LacOrigins *o, const LacRegions *r, const LacOriginPixels *p,
                 const LacVoteSource *s, LacOrigin *out)
{
    const bool black = p->n && r->region[r->label[p->at[0]]].black; /* no distances there */
    float sum = 0;

    memset(o->votes, 0, ((size_t)s->ref->count + 1) * sizeof *o->votes);
    memset(out, 0, LAC_ORIGINS * sizeof *out);
    for (size_t k = 0; k < p->n; k++) {
        const int32_t i = p->at[k];

        if (lac_origin_core(p, r, i)) {
            const size_t cell = lac_origin_cell(o, i);
            const int32_t label = s->ref->label[lac_origin_partner(o, s->field, cell, i)];
            const int d = r->squared[i] < LAC_REGIONS_FAR * LAC_REGIONS_FAR
                              ? r->squared[i]
                              : LAC_REGIONS_FAR * LAC_REGIONS_FAR;
            const float w =
                (black ? 1 : sqrtf((float)d)) / (1 + 10 * (float)s->field->cost[cell] / LAC_MATCH_UNIT);

            if (label) {
                o->votes[label] += w;
                sum += w;
            }
        }
    }
    for (int c = 1; sum > 0 && c <= s->ref->count; c++) {
        const float share = o->votes[c] / sum;
        int k = LAC_ORIGINS;

        while (k > 0 && out[k - 1].share < share) {
            k--;
        }
        if (k < LAC_ORIGINS) {
            memmove(out + k + 1, out + k, (size_t)(LAC_ORIGINS - 1 - k) * sizeof *out);
            out[k] = (LacOrigin){c, share};
        }
    }
}

/* A region with a clear first origin in a reference gives up those others that other regions, no mere
 * specks of them, clearly come from: they are where patches went astray. */
static void settle(LacOrigins *o, int s, const LacVoteRef *ref)
{
    memset(o->votes, 0, ((size_t)ref->count + 1) * sizeof *o->votes);
    for (int c = 1; c <= o->regions; c++) {
        const LacOrigin *first = lac_origins_of(o, c, s);

        if (first->share >= LAC_ORIGIN_CLEAR) {
            o->votes[first->label] += (float)o->pixels[c].n;
        }
    }
    for (int c = 1; c <= o->regions; c++) {
        LacOrigin *list = o->list + ((size_t)c * (size_t)o->sources + (size_t)s) * LAC_ORIGINS;
        int n = 1;

        for (int k = 1; k < LAC_ORIGINS && list->share >= LAC_ORIGIN_CLEAR; k++) {
            const LacOrigin one = list[k];

            list[k] = (LacOrigin){0, 0};
            if (one.label && o->votes[one.label] < LAC_ORIGIN_TAKEN * (float)ref->area[one.label]) {
                list[n++] = one;
            }
        }
    }
}

int lac_origins_run(LacOrigins *o, const LacRegions *r, const LacVoteSource *sources, int count,
                    const LacLog *log)
{
    const size_t n = (size_t)o->width * o->height, regions = (size_t)r->count + 2;
    int most = 0;

    for (int s = 0; s < count; s++) {
        most = sources[s].ref->count > most ? sources[s].ref->count : most;
    }
    if (o->room_regions < regions) { /* `start` grows along with `pixels` */
        lac_free(o->start);
        o->start = lac_alloc(regions + regions / 4, sizeof *o->start);
        if (!o->start) {
            lac_free(o->pixels);
            o->pixels = NULL;
            o->room_regions = 0;
        }
    }
    if (!o->start || !reserve((void **)&o->pixels, &o->room_regions, regions, sizeof *o->pixels) ||
        !reserve((void **)&o->votes, &o->room_votes, (size_t)most + 1, sizeof *o->votes) ||
        !reserve((void **)&o->list, &o->room_list, regions * (size_t)count * LAC_ORIGINS,
                 sizeof *o->list)) {
        return lac_fail(log, LAC_ENOMEM, "no memory for the origins of %d regions", r->count);
    }
    o->regions = r->count;
    o->sources = count;
    lac_vote_sort(r->label, n, r->count, o->start, o->order);
    o->pixels[0] = (LacOriginPixels){0};
    memset(o->list, 0, (size_t)count * LAC_ORIGINS * sizeof *o->list);
    for (int c = 1; c <= r->count; c++) {
        LacOriginPixels *p = &o->pixels[c];

        *p = (LacOriginPixels){o->order + o->start[c], o->start[c + 1] - o->start[c], 0, false};
        for (size_t k = 0; k < p->n; k++) {
            p->far += r->squared[p->at[k]] >= LAC_VOTE_FAR;
        }
        p->core_is_all = p->far < LAC_ORIGIN_FEW;
        for (int s = 0; s < count; s++) {
            cast(o, r, p, &sources[s],
                 o->list + ((size_t)c * (size_t)count + (size_t)s) * LAC_ORIGINS);
        }
    }
    for (int s = 0; s < count; s++) {
        settle(o, s, sources[s].ref);
    }
    return LAC_OK;
}
