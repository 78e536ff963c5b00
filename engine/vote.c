/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Origin of each region, backed colours, and what happens to the others; the steps are described in
 * vote.h. */
#include "vote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vote_bins.h"

/* What becomes of a pixel. */
enum {
    LEFT,    /* a line, or of a region that stays as it is */
    GOOD,    /* backed, far from lines: others take its colour */
    PLAIN,   /* stays as it is */
    DOUBTED, /* beside lines, not backed: may be part of a line, stays unless beside something bad
              */
    ISLAND,  /* not backed, far from lines; its island not measured yet */
    EDGE,    /* beside lines, not to stay */
    BAD,     /* far from lines, not to stay */
};

int lac_vote_open(LacVote *v, int width, int height, const LacLog *log)
{
    const size_t n = (size_t)width * height;
    bool ok;

    *v = (LacVote){.width = width, .height = height};
    v->queue = lac_alloc(n, sizeof *v->queue);
    v->from = lac_alloc(n, sizeof *v->from);
    v->state = lac_alloc(n, 1);
    ok = v->queue && v->from && v->state;
    v->raw = lac_calloc(LAC_VOTE_BINS, sizeof *v->raw);
    v->smooth = lac_calloc(LAC_VOTE_BINS, sizeof *v->smooth);
    v->touched = lac_alloc(LAC_VOTE_BINS, sizeof *v->touched);
    if (!ok || !v->raw || !v->smooth || !v->touched) {
        lac_vote_close(v);
        return lac_fail(log, LAC_ENOMEM, "no memory for the votes of a picture of %dx%d", width,
                        height);
    }
    return LAC_OK;
}

void lac_vote_close(LacVote *v)
{
    lac_free(v->queue);
    lac_free(v->from);
    lac_free(v->state);
    lac_free(v->raw);
    lac_free(v->smooth);
    lac_free(v->touched);
    lac_free(v->backed);
    *v = (LacVote){0};
}

/* Adds a reference's origins to the raw histogram, so that each reference counts the same. */
static void add_origin(LacVote *v, const LacVoteRef *ref, const LacOrigin *origin, int *touched)
{
    const float share = origin->share < LAC_ORIGIN_SHARE ? origin->share : LAC_ORIGIN_SHARE;
    int64_t far = 0, all = 0;

    for (int pass = 0; pass < 2; pass++) { /* the sums, then the shares */
        const bool use_all = far < LAC_VOTE_ISLAND;

        for (int i = 0; i < LAC_ORIGINS && origin[i].label && origin[i].share >= share; i++) {
            const int32_t c = origin[i].label;
            for (size_t k = ref->first[c]; k < ref->first[c + 1]; k++) {
                const LacVoteBin *b = &ref->bins[k];
                const int32_t number = use_all ? b->far + b->beside : b->far;

                if (!pass) {
                    far += b->far;
                    all += b->far + b->beside;
                } else if (number) {
                    if (v->raw[b->bin] == 0) {
                        v->touched[(*touched)++] = b->bin;
                    }
                    v->raw[b->bin] += (float)number / (float)(use_all ? all : far);
                }
            }
        }
    }
}

/* Adds raw to the 3x3x3 bins around each of its bins, or clears them and raw. */
static void spread_bins(LacVote *v, int touched, bool clear)
{
    for (int k = 0; k < touched; k++) {
        const int bin = v->touched[k], r = bin >> 10, g = bin >> 5 & 31, b = bin & 31;

        for (int i = r ? r - 1 : 0; i <= r + 1 && i < 32; i++) {
            for (int j = g ? g - 1 : 0; j <= g + 1 && j < 32; j++) {
                for (int l = b ? b - 1 : 0; l <= b + 1 && l < 32; l++) {
                    float *s = &v->smooth[i << 10 | j << 5 | l];
                    *s = clear ? 0 : *s + v->raw[bin];
                }
            }
        }
    }
    for (int k = 0; clear && k < touched; k++) {
        v->raw[v->touched[k]] = 0;
    }
}

typedef struct Density {
    float smooth, raw;
} Density;

static int by_density(const void *a, const void *b)
{
    const Density *x = a, *y = b;

    return x->smooth != y->smooth ? (x->smooth < y->smooth) - (x->smooth > y->smooth)
                                  : (x->raw < y->raw) - (x->raw > y->raw);
}

/* Step 2: the least smoothed density of a backed bin; infinite where there are no bins. */
static float least_backed(const LacVote *v, int touched, Density *list)
{
    float sum = 0, all = 0;
    int k = 0;

    for (int i = 0; i < touched; i++) {
        list[i] = (Density){v->smooth[v->touched[i]], v->raw[v->touched[i]]};
        all += list[i].raw;
    }
    if (!touched) {
        return INFINITY;
    }
    qsort(list, (size_t)touched, sizeof *list, by_density);
    while (k + 1 < touched && (sum += list[k].raw) < (1 - LAC_VOTE_STRANGE) * all) {
        k++;
    }
    return list[k].smooth;
}

/* Islands of ISLAND pixels become BAD where they are large enough, PLAIN where not. */
static void weigh_islands(LacVote *v, const LacRegions *r, const LacOriginPixels *p)
{
    static const int dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
    int32_t *stack = v->from;

    for (size_t k = 0; k < p->n; k++) {
        if (v->state[p->at[k]] != ISLAND) {
            continue;
        }
        size_t n = 1;
        stack[0] = p->at[k];
        v->state[stack[0]] = BAD;
        for (size_t next = 0; next < n; next++) {
            const int x = stack[next] % v->width, y = stack[next] / v->width;
            for (int d = 0; d < 4; d++) {
                const int nx = x + dx[d], ny = y + dy[d];
                const int32_t j = ny * v->width + nx;
                if (nx >= 0 && ny >= 0 && nx < v->width && ny < v->height &&
                    v->state[j] == ISLAND && r->label[j] == r->label[stack[0]]) {
                    v->state[j] = BAD;
                    stack[n++] = j;
                }
            }
        }
        for (size_t i = 0; n < LAC_VOTE_ISLAND && i < n; i++) {
            v->state[stack[i]] = PLAIN;
        }
    }
}

/* Is a BAD pixel of the same region within three steps? */
static bool beside_bad(const LacVote *v, const LacRegions *r, int32_t i)
{
    const int x = i % v->width, y = i / v->width;

    for (int b = -3; b <= 3; b++) {
        for (int a = abs(b) - 3; a <= 3 - abs(b); a++) {
            const int32_t j = (y + b) * v->width + x + a;
            if (x + a >= 0 && x + a < v->width && y + b >= 0 && y + b < v->height &&
                v->state[j] == BAD && r->label[j] == r->label[i]) {
                return true;
            }
        }
    }
    return false;
}

/* Does a pixel of region c have the colour of its partner in a reference, and lies that in the region's origin? */
static bool carried(const LacOrigins *o, const LacVoteSource *sources, int c, int32_t i, const uint8_t *rgb)
{
    const size_t cell = lac_origin_cell(o, i);

    for (int s = 0; s < o->sources; s++) {
        const size_t at = lac_origin_partner(o, sources[s].field, cell, i);
        const LacOrigin *origin = lac_origins_of(o, c, s);
        const float least = origin->share < LAC_ORIGIN_SHARE ? origin->share : LAC_ORIGIN_SHARE;
        bool own = false, alike = true;

        for (int k = 0; k < LAC_ORIGINS && origin[k].label && origin[k].share >= least && !own; k++) {
            own = origin[k].label == sources[s].ref->label[at];
        }
        for (int k = 0; k < 3; k++) {
            alike = alike && abs(sources[s].rgb[at * 3 + k] - rgb[(size_t)i * 3 + k]) <= LAC_VOTE_ALIKE;
        }
        if (own && alike) {
            return true;
        }
    }
    return false;
}

/* Step 3's decision for one region: the states of its pixels. Returns the share that is backed. */
static float judge(LacVote *v, const LacRegions *r, const LacOrigins *o, const LacVoteSource *sources,
                   int c, float least, const uint8_t *rgb)
{
    const LacOriginPixels *p = &o->pixels[c];
    size_t good = 0, core = 0;

    for (size_t k = 0; k < p->n; k++) {
        const int32_t i = p->at[k];
        const int bin = lac_vote_bin(rgb + (size_t)i * 3);
        const bool backed = v->smooth[bin] >= least || carried(o, sources, c, i, rgb);

        if (lac_origin_core(p, r, i)) {
            core++;
            good += backed;
            v->state[i] = backed ? GOOD : ISLAND;
        } else {
            v->state[i] = backed ? PLAIN : DOUBTED;
        }
    }
    if ((float)good < LAC_VOTE_BACKED * (float)core || good < 4) {
        for (size_t k = 0; k < p->n; k++) {
            v->state[p->at[k]] = LEFT;
        }
        return core ? (float)good / (float)core : 0;
    }
    weigh_islands(v, r, p);
    for (size_t k = 0; k < p->n; k++) {
        if (v->state[p->at[k]] == DOUBTED) {
            v->state[p->at[k]] = beside_bad(v, r, p->at[k]) ? EDGE : PLAIN;
        }
    }
    return (float)good / (float)core;
}

/* The rest of step 3: fronts from the GOOD pixels through their regions; BAD and EDGE ones take the
 * colour. */
static int replace(LacVote *v, const LacRegions *r, const uint8_t *gray, uint8_t *rgb)
{
    static const int dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
    const int32_t n = v->width * v->height;
    int32_t *queue = v->queue;
    size_t end = 0;
    int changed = 0;

    for (int32_t i = 0; i < n; i++) {
        v->from[i] = v->state[i] == GOOD ? i : -1;
    }
    for (int32_t i = 0; i < n; i++) {
        if (v->state[i] == GOOD) {
            queue[end++] = i;
        }
    }
    for (size_t next = 0; next < end; next++) {
        const int32_t i = queue[next], x = i % v->width, y = i / v->width;

        for (int d = 0; d < 4; d++) {
            const int nx = x + dx[d], ny = y + dy[d];
            const int32_t j = ny * v->width + nx;
            if (nx >= 0 && ny >= 0 && nx < v->width && ny < v->height && v->from[j] < 0 &&
                v->state[j] != LEFT && r->label[j] == r->label[i]) {
                v->from[j] = v->from[i];
                queue[end++] = j;
            }
        }
    }
    for (int32_t i = 0; i < n; i++) {
        if ((v->state[i] == BAD || v->state[i] == EDGE) && v->from[i] >= 0) {
            for (int c = 0; c < 3; c++) { /* the line's part of a pixel beside it stays */
                uint8_t *o = rgb + (size_t)i * 3 + c;
                *o = (uint8_t)((rgb[(size_t)v->from[i] * 3 + c] * gray[i] + *o * (255 - gray[i]) +
                                127) /
                               255);
            }
            changed++;
        }
    }
    return changed;
}

int lac_vote_run(LacVote *v, const LacRegions *r, const uint8_t *gray, const LacOrigins *origins,
                 const LacVoteSource *sources, uint8_t *rgb, const LacLog *log)
{
    Density *list = lac_alloc(LAC_VOTE_BINS, sizeof *list);
    int changed = LAC_ENOMEM;

    if (v->room < (size_t)r->count + 1) {
        lac_free(v->backed);
        v->room = (size_t)r->count + 1 + (size_t)r->count / 4;
        v->backed = lac_alloc(v->room, sizeof *v->backed);
        v->room = v->backed ? v->room : 0;
    }
    if (list && v->backed) {
        memset(v->state, LEFT, (size_t)v->width * v->height);
        for (int c = 0; c <= r->count; c++) {
            const LacOriginPixels *p = &origins->pixels[c];
            int touched = 0;

            v->backed[c] = 0;
            if (r->region[c].black || p->n < 2 * LAC_VOTE_ISLAND) {
                continue;
            }
            for (int s = 0; s < origins->sources; s++) {
                add_origin(v, sources[s].ref, lac_origins_of(origins, c, s), &touched);
            }
            spread_bins(v, touched, false);
            v->backed[c] = judge(v, r, origins, sources, c, least_backed(v, touched, list), rgb);
            spread_bins(v, touched, true);
        }
        changed = replace(v, r, gray, rgb);
    } else {
        lac_fail(log, LAC_ENOMEM, "no memory for the votes of %d regions", r->count);
    }
    lac_free(list);
    return changed;
}
