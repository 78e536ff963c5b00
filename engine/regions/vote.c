/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Origin of each region, backed colours, and what happens to the others; the steps are described in
 * vote.h. */
#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "regions/vote_state.h"

int lac_vote_open(LacVote *v, int width, int height, int threads, const LacLog *log)
{
    const size_t n = (size_t)width * height;

    *v = (LacVote){.width = width, .height = height, .threads = threads};
    v->queue = lac_alloc(n, sizeof *v->queue);
    v->from = lac_alloc(n, sizeof *v->from);
    v->state = lac_alloc(n, 1);
    v->colours = lac_calloc((size_t)threads, sizeof *v->colours);
    if (!v->queue || !v->from || !v->state || !v->colours) {
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
    lac_free(v->colours);
    lac_free(v->backed);
    *v = (LacVote){0};
}

/* Adds a reference's origins to the raw histogram, so that each reference counts the same. */
static void add_origin(LacVoteColours *v, const LacVoteRef *ref, const LacOrigin *origin, int *touched)
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
                    v->raw[b->bin] += lac_vote_share(number, use_all ? all : far);
                }
            }
        }
    }
}

/* Adds raw to the 3x3x3 bins around each of its bins, or clears them and raw. */
static void spread_bins(LacVoteColours *v, int touched, bool clear)
{
    for (int k = 0; k < touched; k++) {
        const int bin = v->touched[k], r = bin >> 10, g = bin >> 5 & 31, b = bin & 31;

        for (int i = r ? r - 1 : 0; i <= r + 1 && i < 32; i++) {
            for (int j = g ? g - 1 : 0; j <= g + 1 && j < 32; j++) {
                for (int l = b ? b - 1 : 0; l <= b + 1 && l < 32; l++) {
                    uint32_t *s = &v->smooth[i << 10 | j << 5 | l];
                    *s = clear ? 0 : *s + v->raw[bin];
                }
            }
        }
    }
    for (int k = 0; clear && k < touched; k++) {
        v->raw[v->touched[k]] = 0;
    }
}

static int by_density(const void *a, const void *b)
{
    const LacVoteDensity *x = a, *y = b;

    return x->smooth != y->smooth ? (x->smooth < y->smooth) - (x->smooth > y->smooth)
                                  : (x->raw < y->raw) - (x->raw > y->raw);
}

/* Step 2: the least smoothed density of a backed bin; more than there is where there are no bins. */
static uint32_t least_backed(LacVoteColours *v, int touched)
{
    LacVoteDensity *list = v->list;
    uint64_t sum = 0, all = 0;
    int k = 0;

    for (int i = 0; i < touched; i++) {
        list[i] = (LacVoteDensity){v->smooth[v->touched[i]], v->raw[v->touched[i]]};
        all += list[i].raw;
    }
    if (!touched) {
        return UINT32_MAX;
    }
    qsort(list, (size_t)touched, sizeof *list, by_density);
    while (k + 1 < touched && (sum += list[k].raw) * 1000 < (1000 - LAC_VOTE_STRANGE) * all) {
        k++;
    }
    return list[k].smooth;
}

/* Pixels [i, end) of a region: good ones have their own colour, the others none. Returns how many are to take one. */
static size_t begin_run(int32_t *from, const uint8_t *state, int32_t i, int32_t end)
{
    size_t wanted = 0;

    for (; i < end; i++) {
        from[i] = state[i] == LAC_VOTE_GOOD ? i : LAC_VOTE_UNKNOWN;
        wanted += (state[i] == LAC_VOTE_BAD) | (state[i] == LAC_VOTE_EDGE);
    }
    return wanted;
}

/* Good pixels of region c beside those of [i, last) that are not -> queue, which ends at `end`. Each is there once: it is plain from
 * then on. Returns where the queue ends then. */
static size_t find_fronts(LacVote *v, const LacRegions *r, int c, int32_t i, int32_t last, int32_t *queue, size_t end)
{
    const int32_t w = v->width;

    for (; i < last; i++) {
        if (i + 8 <= last && lac_all_eight(v->state + i, LAC_VOTE_GOOD)) {
            i += 7;
            continue;
        }
        if (v->from[i] >= 0) {
            continue;
        }
        const int32_t x = i % w, y = i / w;
        const int32_t beside[4] = {y > 0 ? i - w : i, x > 0 ? i - 1 : i, x + 1 < w ? i + 1 : i, y + 1 < v->height ? i + w : i};

        for (int d = 0; d < 4; d++) {
            if (r->label[beside[d]] == c && v->state[beside[d]] == LAC_VOTE_GOOD) {
                v->state[beside[d]] = LAC_VOTE_PLAIN;
                queue[end++] = beside[d];
            }
        }
    }
    return end;
}

/* What the first of a pixel's neighbours that has a colour took. One has. */
static int32_t first_known(const LacVote *v, const LacRegions *r, int c, int32_t i)
{
    const int32_t w = v->width, x = i % w, y = i / w;
    const int32_t beside[4] = {y > 0 ? i - w : i, x > 0 ? i - 1 : i, x + 1 < w ? i + 1 : i, y + 1 < v->height ? i + w : i};
    int d = 0;

    while (d < 3 && (r->label[beside[d]] != c || v->from[beside[d]] < 0)) {
        d++;
    }
    return v->from[beside[d]];
}

/* The rest of step 3 for a region with BAD pixels: fronts from its GOOD pixels, until BAD and EDGE ones all have a colour,
 * which they take. Fronts go step by step, and what is reached from several sides takes the colour from above, left, right or
 * below, the first of these, whatever order pixels are visited in. Returns the number of pixels. */
static int replace(LacVote *v, const LacRegions *r, const LacOrigins *o, int c, const uint8_t *gray, uint8_t *rgb)
{
    static const int dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
    const LacOriginPixels *p = &o->pixels[c];
    int32_t *queue = v->queue + (p->at - o->order);
    size_t begin = 0, end = 0, wanted = 0;
    int changed = 0;

    for (size_t k = 0, next; k < p->n; k = next) {
        next = lac_row_end(p->at, k, p->n);
        wanted += begin_run(v->from, v->state, p->at[k], p->at[k] + (int32_t)(next - k));
    }
    for (size_t k = 0, next; k < p->n; k = next) {
        next = lac_row_end(p->at, k, p->n);
        end = find_fronts(v, r, c, p->at[k], p->at[k] + (int32_t)(next - k), queue, end);
    }
    while (begin < end && wanted) { /* one step of all fronts */
        const size_t stop = end;

        for (; begin < stop; begin++) {
            const int32_t i = queue[begin], x = i % v->width, y = i / v->width;

            for (int d = 0; d < 4; d++) {
                const int nx = x + dx[d], ny = y + dy[d];
                const int32_t j = ny * v->width + nx;
                if (nx >= 0 && ny >= 0 && nx < v->width && ny < v->height && r->label[j] == c && v->from[j] == LAC_VOTE_UNKNOWN) {
                    v->from[j] = LAC_VOTE_REACHED;
                    queue[end++] = j;
                    wanted -= v->state[j] == LAC_VOTE_BAD || v->state[j] == LAC_VOTE_EDGE;
                }
            }
        }
        for (size_t k = stop; k < end; k++) {
            v->from[queue[k]] = LAC_VOTE_TAKEN - first_known(v, r, c, queue[k]);
        }
        for (size_t k = stop; k < end; k++) {
            v->from[queue[k]] = LAC_VOTE_TAKEN - v->from[queue[k]];
        }
    }
    for (size_t k = 0; k < p->n; k++) {
        const int32_t i = p->at[k];
        if ((v->state[i] == LAC_VOTE_BAD || v->state[i] == LAC_VOTE_EDGE) && v->from[i] >= 0) {
            for (int d = 0; d < 3; d++) {
                uint8_t *q = rgb + (size_t)i * 3 + d;
                *q = lac_vote_mix(*q, rgb[(size_t)v->from[i] * 3 + d], gray[i]);
            }
            changed++;
        }
    }
    return changed;
}

/* Steps 2 and 3 for one region; returns the number of pixels changed. */
static int vote_region(LacVote *v, LacVoteColours *colours, const LacRegions *r, const uint8_t *gray,
                       const LacOrigins *origins, const LacVoteSource *sources, int c, uint8_t *rgb)
{
    const LacOriginPixels *p = &origins->pixels[c];
    int touched = 0;
    bool bad;

    v->backed[c] = 0;
    if (r->region[c].black || p->n < 2 * LAC_VOTE_ISLAND) {
        return 0;
    }
    for (int s = 0; s < origins->sources; s++) {
        add_origin(colours, sources[s].ref, lac_origins_of(origins, c, s), &touched);
    }
    spread_bins(colours, touched, false);
    v->backed[c] = lac_vote_judge(v, colours, r, origins, sources, c, least_backed(colours, touched), rgb, &bad);
    spread_bins(colours, touched, true);
    return bad ? replace(v, r, origins, c, gray, rgb) : 0;
}

int lac_vote_fit(LacVote *v, const LacRegions *r, const LacLog *log)
{
    if (v->room < (size_t)r->count + 1) {
        lac_free(v->backed);
        v->room = (size_t)r->count + 1 + (size_t)r->count / 4;
        v->backed = lac_alloc(v->room, sizeof *v->backed);
        if (!v->backed) {
            v->room = 0;
            return lac_fail(log, LAC_ENOMEM, "no memory for the votes of %d regions", r->count);
        }
    }
    return LAC_OK;
}

int lac_vote_run(LacVote *v, const LacRegions *r, const uint8_t *gray, const LacOrigins *origins,
                 const LacVoteSource *sources, uint8_t *rgb, const LacLog *log)
{
    int changed = 0, err = lac_vote_fit(v, r, log);

    if (err) {
        return err;
    }
    v->backed[0] = 0;
#pragma omp parallel for num_threads(v->threads) schedule(static)
    for (int y = 0; y < v->height; y++) {
        memset(v->from + (size_t)y * v->width, -1, (size_t)v->width * sizeof *v->from);
    }
#pragma omp parallel for num_threads(v->threads) schedule(dynamic) reduction(+ : changed)
    for (int c = 1; c <= r->count; c++) {
        changed += vote_region(v, &v->colours[omp_get_thread_num()], r, gray, origins, sources, c, rgb);
    }
    return changed;
}
