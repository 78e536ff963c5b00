/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes of a region's pixels for regions of the references; see origin.h. */
#include "regions/origin.h"

#include <math.h>
#include <string.h>

#include <omp.h>


int lac_origins_open(LacOrigins *o, int width, int height, int net_width, int net_height,
                     int threads, const LacLog *log)
{
    *o = (LacOrigins){.width = width,
                      .height = height,
                      .net_width = net_width,
                      .net_height = net_height,
                      .threads = threads};
    o->order = lac_alloc((size_t)width * height, sizeof *o->order);
    o->cell_x = lac_alloc((size_t)width, sizeof *o->cell_x);
    o->first_x = lac_alloc((size_t)net_width + 1, sizeof *o->first_x);
    if (!o->order || !o->cell_x || !o->first_x) {
        lac_origins_close(o);
        return lac_fail(log, LAC_ENOMEM, "no memory for the regions of frames of %dx%d", width,
                        height);
    }
    for (int x = 0; x < width; x++) {
        o->cell_x[x] = (int)((int64_t)x * net_width / width);
    }
    for (int c = 0; c <= net_width; c++) {
        o->first_x[c] = (int)(((int64_t)c * width + net_width - 1) / net_width);
    }
    return LAC_OK;
}

void lac_origins_close(LacOrigins *o)
{
    lac_free(o->list);
    lac_free(o->pixels);
    lac_free(o->order);
    lac_free(o->cell_x);
    lac_free(o->first_x);
    lac_free(o->shift);
    lac_free(o->start);
    lac_free(o->votes);
    lac_free(o->voted);
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

/* Room for the votes of every thread for `labels` labels, all without one. */
static bool reserve_votes(LacOrigins *o, size_t labels)
{
    if (o->room_votes < labels) {
        const size_t room = labels + labels / 4;

        lac_free(o->votes);
        lac_free(o->voted);
        o->votes = lac_calloc(room * (size_t)o->threads, sizeof *o->votes);
        o->voted = lac_alloc(room * (size_t)o->threads, sizeof *o->voted);
        o->room_votes = o->votes && o->voted ? room : 0;
    }
    return o->room_votes > 0;
}

static void find_shifts(LacOrigins *o, const LacVoteSource *sources, int count)
{
    const size_t cells = (size_t)o->net_width * o->net_height;

    for (int s = 0; s < count; s++) {
        const LacOffset *offset = sources[s].field->offset;
        LacOffset *shift = o->shift + (size_t)s * cells;

#pragma omp parallel for num_threads(o->threads) schedule(static)
        for (size_t i = 0; i < cells; i++) {
            shift[i] = (LacOffset){
                (int16_t)lac_origin_shift(offset[i].x, o->width, o->net_width),
                (int16_t)lac_origin_shift(offset[i].y, o->height, o->net_height)};
        }
    }
}

/* The largest shares, the lower label first among equal ones. */
static void insert(LacOrigin *out, LacOrigin one)
{
    int k = LAC_ORIGINS;

    while (k > 0 && (out[k - 1].share < one.share ||
                     (out[k - 1].share == one.share && out[k - 1].label > one.label))) {
        k--;
    }
    if (k < LAC_ORIGINS) {
        memmove(out + k + 1, out + k, (size_t)(LAC_ORIGINS - 1 - k) * sizeof *out);
        out[k] = one;
    }
}

/* Votes of one region for those of source s -> out [LAC_ORIGINS]. votes: 0 before and after. */
static void cast(const LacOrigins *o, const LacRegions *r, const LacOriginPixels *p, int s,
                 const LacVoteSource *source, int64_t *votes, int32_t *voted, LacOrigin *out)
{
    enum { FARTHEST = LAC_REGIONS_FAR * LAC_REGIONS_FAR };
    const bool black = p->n && r->region[r->label[p->at[0]]].black; /* no distances there */
    LacOriginWalk walk = {o, p->at, 0, p->n, {0}, 0};
    float distance[FARTHEST + 1];
    int64_t sum = 0, held = 0;
    int32_t last = 0; /* the label whose votes are held */
    int n = 0;

    for (int d = 0; d <= FARTHEST; d++) {
        distance[d] = black ? 1 : sqrtf((float)d);
    }
    while (lac_origin_step(&walk)) {
        const LacOriginSpan *at = &walk.span;
        const LacOriginPlace place = lac_origin_place(o, s, at);
        const float cost = (float)source->field->cost[at->cell] / LAC_MATCH_UNIT;
        const size_t row = (size_t)at->y * o->width;

        for (int x = at->x; x < at->end; x++) {
            const int d = r->squared[row + x];
            const int32_t label = source->ref->label[lac_origin_partner(&place, x)];

            if (!label || (d < LAC_VOTE_FAR && !p->core_is_all)) {
                continue;
            }
            const int32_t w = lac_origin_vote(distance[d < FARTHEST ? d : FARTHEST], cost);
            if (label != last) {
                votes[last] = held;
                held = votes[label];
                voted[n] = label;
                n += held == 0;
                last = label;
            }
            held += w;
            sum += w;
        }
    }
    votes[last] = held;
    votes[0] = 0;
    memset(out, 0, LAC_ORIGINS * sizeof *out);
    for (int k = 0; k < n; k++) {
        insert(out, (LacOrigin){voted[k], (float)votes[voted[k]] / (float)sum});
        votes[voted[k]] = 0;
    }
}

static void settle(LacOrigins *o, int s, const LacVoteRef *ref)
{
    for (int c = 1; c <= o->regions; c++) {
        const LacOrigin *first = lac_origins_of(o, c, s);

        if (first->share >= LAC_ORIGIN_CLEAR) {
            o->votes[first->label] += (int64_t)o->pixels[c].n;
        }
    }
    for (int c = 1; c <= o->regions; c++) {
        lac_origin_settle(o->list + ((size_t)c * (size_t)o->sources + (size_t)s) * LAC_ORIGINS, (int32_t)o->pixels[c].n,
                          ref->area, o->votes);
    }
    memset(o->votes, 0, ((size_t)ref->count + 1) * sizeof *o->votes);
}

int lac_origins_fit(LacOrigins *o, const LacRegions *r, int count, const LacLog *log)
{
    const size_t regions = (size_t)r->count + 2;

    if (o->room_regions < regions) { /* `start` grows along with `pixels` */
        lac_free(o->start);
        o->start = lac_alloc((regions + regions / 4) * (size_t)o->threads, sizeof *o->start);
        if (!o->start) {
            lac_free(o->pixels);
            o->pixels = NULL;
            o->room_regions = 0;
        }
    }
    if (!o->start || !reserve((void **)&o->pixels, &o->room_regions, regions, sizeof *o->pixels) ||
        !reserve((void **)&o->list, &o->room_list, regions * (size_t)count * LAC_ORIGINS, sizeof *o->list)) {
        return lac_fail(log, LAC_ENOMEM, "no memory for the origins of %d regions", r->count);
    }
    o->regions = r->count;
    o->sources = count;
    o->pixels[0] = (LacOriginPixels){0};
    for (int c = 1; c <= r->count; c++) {
        o->pixels[c] = (LacOriginPixels){NULL, (size_t)r->region[c].area, 0, false};
    }
    return LAC_OK;
}

int lac_origins_run(LacOrigins *o, const LacRegions *r, const LacVoteSource *sources, int count,
                    const LacLog *log)
{
    const size_t n = (size_t)o->width * o->height;
    int most = 0, err = lac_origins_fit(o, r, count, log);

    if (err) {
        return err;
    }
    for (int s = 0; s < count; s++) {
        most = sources[s].ref->count > most ? sources[s].ref->count : most;
    }
    if (!reserve_votes(o, (size_t)most + 1) ||
        !reserve((void **)&o->shift, &o->room_shift,
                 (size_t)count * (size_t)o->net_width * (size_t)o->net_height, sizeof *o->shift)) {
        return lac_fail(log, LAC_ENOMEM, "no memory for the origins of %d regions", r->count);
    }
    lac_vote_sort(r->label, n, r->count, o->threads, o->start, o->order);
    memset(o->list, 0, (size_t)count * LAC_ORIGINS * sizeof *o->list);
    find_shifts(o, sources, count);
#pragma omp parallel for num_threads(o->threads) schedule(dynamic)
    for (int c = 1; c <= r->count; c++) {
        LacOriginPixels *p = &o->pixels[c];

        *p = (LacOriginPixels){o->order + o->start[c], o->start[c + 1] - o->start[c], 0, false};
        for (size_t k = 0; k < p->n; k++) {
            p->far += r->squared[p->at[k]] >= LAC_VOTE_FAR;
        }
        p->core_is_all = p->far < LAC_VOTE_FEW;
    }
#pragma omp parallel for num_threads(o->threads) schedule(dynamic) collapse(2)
    for (int c = 1; c <= r->count; c++) {
        for (int s = 0; s < count; s++) {
            const size_t mine = (size_t)omp_get_thread_num() * o->room_votes;

            cast(o, r, &o->pixels[c], s, &sources[s], o->votes + mine, o->voted + mine,
                 o->list + ((size_t)c * (size_t)count + (size_t)s) * LAC_ORIGINS);
        }
    }
    for (int s = 0; s < count; s++) {
        settle(o, s, sources[s].ref);
    }
    return LAC_OK;
}
