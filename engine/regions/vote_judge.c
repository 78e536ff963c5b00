/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which pixels of a region are backed, and which others are to change (step 3 of vote.h). */
#include <stdlib.h>

#include "regions/vote_state.h"

/* Islands of pixels that are ALONE become BAD where they are large enough, PLAIN where not. Returns the number of BAD ones. */
static size_t weigh_islands(LacVote *v, const LacRegions *r, const LacOriginPixels *p, int32_t *stack)
{
    static const int dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
    size_t bad = 0;

    for (size_t k = 0; k < p->n; k++) {
        if (v->state[p->at[k]] != LAC_VOTE_ALONE) {
            continue;
        }
        size_t n = 1;
        stack[0] = p->at[k];
        v->state[stack[0]] = LAC_VOTE_BAD;
        for (size_t next = 0; next < n; next++) {
            const int x = stack[next] % v->width, y = stack[next] / v->width;
            for (int d = 0; d < 4; d++) {
                const int nx = x + dx[d], ny = y + dy[d];
                const int32_t j = ny * v->width + nx;
                if (nx >= 0 && ny >= 0 && nx < v->width && ny < v->height &&
                    r->label[j] == r->label[stack[0]] && v->state[j] == LAC_VOTE_ALONE) {
                    v->state[j] = LAC_VOTE_BAD;
                    stack[n++] = j;
                }
            }
        }
        for (size_t i = 0; n < LAC_VOTE_ISLAND && i < n; i++) {
            v->state[stack[i]] = LAC_VOTE_PLAIN;
        }
        bad += n < LAC_VOTE_ISLAND ? 0 : n;
    }
    return bad;
}

/* Is a LAC_VOTE_BAD pixel of the same region within three steps? */
static bool beside_bad(const LacVote *v, const LacRegions *r, int32_t i)
{
    const int x = i % v->width, y = i / v->width;

    for (int b = -3; b <= 3; b++) {
        for (int a = abs(b) - 3; a <= 3 - abs(b); a++) {
            const int32_t j = (y + b) * v->width + x + a;
            if (x + a >= 0 && x + a < v->width && y + b >= 0 && y + b < v->height &&
                r->label[j] == r->label[i] && v->state[j] == LAC_VOTE_BAD) {
                return true;
            }
        }
    }
    return false;
}

/* Does the pixel of region c at column x of a span have the colour of its partner in a reference, and lies that in the
 * region's origin? */
static bool carried(const LacOrigins *o, const LacVoteSource *sources, int c, const LacOriginSpan *span, int x,
                    const uint8_t *rgb)
{
    for (int s = 0; s < o->sources; s++) {
        const LacOriginPlace place = lac_origin_place(o, s, span);
        const size_t at = lac_origin_partner(&place, x);
        const LacOrigin *origin = lac_origins_of(o, c, s);
        const float least = origin->share < LAC_ORIGIN_SHARE ? origin->share : LAC_ORIGIN_SHARE;
        bool own = false;

        for (int k = 0; k < LAC_ORIGINS && origin[k].label && origin[k].share >= least && !own; k++) {
            own = origin[k].label == sources[s].ref->label[at];
        }
        if (own && lac_vote_alike(sources[s].rgb + at * 3, rgb, LAC_VOTE_ALIKE)) {
            return true;
        }
    }
    return false;
}

/* Where the run of pixels of the colour at column x of a row ends, at most at `end`. */
static int colour_end(const uint8_t *rgb, int x, int end)
{
    const uint8_t *first = rgb + (ptrdiff_t)x * 3, *last = rgb + (ptrdiff_t)(end - 1) * 3, *p = first;

    while (p + 8 <= last && !memcmp(p, p + 3, 8)) {
        p += 8;
    }
    while (p < last && *p == p[3]) {
        p++;
    }
    return x + (int)((p - first) / 3) + 1;
}

/* States of pixels [from, to) of a row that are backed. Returns how many of them count. */
static int back_run(uint8_t *state, const uint16_t *squared, int least, int from, int to)
{
    int core = 0;

#pragma omp simd reduction(+ : core)
    for (int x = from; x < to; x++) {
        const bool counts = squared[x] >= least;

        state[x] = counts ? LAC_VOTE_GOOD : LAC_VOTE_PLAIN;
        core += counts;
    }
    return core;
}

/* What a walk over the pixels of region c looks at. */
typedef struct Judged {
    const LacVoteColours *colours;
    const LacRegions *regions;
    const LacOrigins *origins;
    const LacVoteSource *sources;
    const uint8_t *rgb;
    int c;
    uint32_t least; /* density of a backed bin */
} Judged;

/* The same for column x of row y. */
static bool carried_at(const Judged *j, int x, int y)
{
    const LacOrigins *o = j->origins;
    const size_t row = (size_t)((int64_t)y * o->net_height / o->height) * (size_t)o->net_width;
    const LacOriginSpan span = {y, x, x + 1, row + (size_t)o->cell_x[x]};

    return carried(o, j->sources, j->c, &span, x, j->rgb + ((size_t)y * o->width + x) * 3);
}

/* The same of pixels of one colour that is not backed: their partners may carry it. Beside lines that is asked when it matters. Of
 * those that count, the number is added to *core, and how many are backed to *good. */
static void ask_run(LacVote *v, const Judged *j, int y, int from, int to, size_t *core, size_t *good)
{
    const LacOriginPixels *p = &j->origins->pixels[j->c];

    for (int x = from; x < to; x++) {
        const int32_t i = y * v->width + x;

        v->state[i] = LAC_VOTE_DOUBTED;
        if (lac_origin_core(p, j->regions, i)) {
            const bool backed = carried_at(j, x, y);

            ++*core;
            *good += backed;
            v->state[i] = backed ? LAC_VOTE_GOOD : LAC_VOTE_ALONE;
        }
    }
}

/* The first states of a region's pixels, by runs of one colour; of those that count, the number and how many are backed. */
static void classify(LacVote *v, const Judged *j, size_t *core, size_t *good)
{
    const LacOriginPixels *p = &j->origins->pixels[j->c];
    const int least = p->core_is_all ? 0 : LAC_VOTE_FAR;

    *core = *good = 0;
    for (size_t k = 0, next; k < p->n; k = next) {
        const int y = p->at[k] / v->width, first = p->at[k] % v->width;
        const uint8_t *rgb = j->rgb + (size_t)y * v->width * 3;
        const size_t row = (size_t)y * v->width, run = lac_row_end(p->at, k, p->n) - k;
        const int end = run < (size_t)(v->width - first) ? first + (int)run : v->width;

        next = k + (size_t)(end - first);
        for (int x = first, to; x < end; x = to) {
            to = colour_end(rgb, x, end);
            if (j->colours->smooth[lac_vote_bin(rgb + (ptrdiff_t)x * 3)] >= j->least) {
                const int n = back_run(v->state + row, j->regions->squared + row, least, x, to);

                *core += (size_t)n;
                *good += (size_t)n;
            } else {
                ask_run(v, j, y, x, to, core, good);
            }
        }
    }
}

float lac_vote_judge(LacVote *v, const LacVoteColours *colours, const LacRegions *r, const LacOrigins *o,
                     const LacVoteSource *sources, int c, uint32_t least, const uint8_t *rgb, bool *bad)
{
    const LacOriginPixels *p = &o->pixels[c];
    const Judged j = {colours, r, o, sources, rgb, c, least};
    size_t good, core;

    *bad = false;
    classify(v, &j, &core, &good);
    if (!lac_vote_trusted((int64_t)good, (int64_t)core)) {
        return core ? (float)good / (float)core : 0;
    }
    if (good < core) {
        *bad = weigh_islands(v, r, p, v->queue + (p->at - o->order)) > 0;
    }
    for (size_t k = 0; k < p->n && *bad; k++) {
        const int32_t i = p->at[k];

        if (v->state[i] == LAC_VOTE_DOUBTED) {
            v->state[i] = beside_bad(v, r, i) && !carried_at(&j, i % v->width, i / v->width) ? LAC_VOTE_EDGE : LAC_VOTE_PLAIN;
        }
    }
    return (float)good / (float)core;
}
