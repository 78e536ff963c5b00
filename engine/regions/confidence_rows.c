/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence row by row: what is asked of every pixel is asked of whole rows, for which there are vector units, and then added
 * up by runs of one region; see confidence_rows.h. */
#include "regions/confidence_rows.h"

#include <string.h>

#include <omp.h>

/* A thread's rows, all of native width; those of colours are interleaved. */
typedef struct Rows {
    int predicted_y, cell_y; /* what `low` and `high`, `cost` and `coherent` are of */
    int width;
    const int *predicted_x;  /* [width] the column of the prediction, times 3 */
    int predicted_width;
    uint8_t *near_low, *near_high; /* what is near the prediction, by its columns */
    uint8_t *low, *high;     /* by native ones */
    uint8_t *partner;        /* a reference's pixels */
    uint8_t *core;           /* 1 for pixels that count */
    uint8_t *foreseen;       /* 1 where a channel, and the two after it, are near the prediction */
    uint8_t *agreed[LAC_MATCH_MAX_FIELDS]; /* the same of the partner */
    uint8_t *coherent[LAC_MATCH_MAX_FIELDS];
    int32_t *cost[LAC_MATCH_MAX_FIELDS];
} Rows;

enum { SPARE = 4 }; /* bytes that may be written behind a row */

/* Bytes of a thread's rows, in whole cache lines. */
static size_t row_room(const LacConfidenceFrame *f)
{
    const size_t width = (size_t)f->origins->width + SPARE, sources = (size_t)f->origins->sources;
    const size_t predicted = ((size_t)f->prediction_width + SPARE) * 3;

    return (width * (3 * 4 + 1 + sources * (3 + 1 + sizeof(int32_t))) + 2 * predicted + 127) / 64 * 64;
}

static size_t columns_room(int width)
{
    return ((size_t)width * sizeof(int) + 63) / 64 * 64;
}

size_t lac_confidence_rows_room(const LacConfidenceFrame *f)
{
    return columns_room(f->origins->width) +
           (size_t)f->origins->threads * row_room(f);
}

static Rows open_rows(uint8_t *scratch, const LacConfidenceFrame *f, const int *predicted_x)
{
    const size_t n = (size_t)f->origins->width + SPARE, predicted = ((size_t)f->prediction_width + SPARE) * 3;
    Rows k = {.predicted_y = -1,
              .cell_y = -1,
              .width = f->origins->width,
              .predicted_width = f->prediction_width,
              .predicted_x = predicted_x};

    for (int s = 0; s < f->origins->sources; s++, scratch += n * sizeof(int32_t)) {
        k.cost[s] = (int32_t *)(void *)scratch;
    }
    for (int s = 0; s < f->origins->sources; s++, scratch += 4 * n) {
        k.agreed[s] = scratch;
        k.coherent[s] = scratch + 3 * n;
    }
    k.core = scratch;
    k.low = k.core + n;
    k.high = k.low + 3 * n;
    k.foreseen = k.high + 3 * n;
    k.partner = k.foreseen + 3 * n;
    k.near_low = k.partner + 3 * n;
    k.near_high = k.near_low + predicted;
    return k;
}

/* As lac_vote_foreseen has it. */
static inline bool near_prediction(float level, int v)
{
    const float d = level - (float)v;

    return (d <= LAC_EVIDENCE_FORESEEN) & (-d <= LAC_EVIDENCE_FORESEEN);
}

static inline float within(float v, float least, float most)
{
    v = v < least ? least : v;
    return v > most ? most : v;
}

/* The limits are tried, since they are what floats of one size make of the difference. No branch: rows are vectors. */
static inline void find_near(float prediction, uint8_t *low, uint8_t *high)
{
    const float level = lac_product(prediction + 1, 127.5f);
    const int l = (int)within(level - LAC_EVIDENCE_FORESEEN, 0, 255), h = (int)within(level + LAC_EVIDENCE_FORESEEN, 0, 255);
    const int from = l + !near_prediction(level, l), to = h - !near_prediction(level, h) + (h < 255 && near_prediction(level, h + 1));
    const bool some = from <= 255 && to >= from;

    *low = (uint8_t)(some ? from : 1);
    *high = (uint8_t)(some ? to : 0);
}

void lac_confidence_near(float prediction, uint8_t *low, uint8_t *high)
{
    find_near(prediction, low, high);
}

/* A row of the prediction. */
static void read_prediction(Rows *k, const LacConfidenceFrame *f, int y)
{
    const float *p = f->prediction + (size_t)y * (size_t)f->prediction_width * 3;
    uint8_t *low = k->near_low, *high = k->near_high;

#pragma omp simd
    for (int i = 0; i < k->predicted_width * 3; i++) {
        find_near(p[i], low + i, high + i);
    }
    for (int x = 0; x < k->width; x++) { /* four bytes are quicker than three */
        memcpy(k->low + (ptrdiff_t)x * 3, low + k->predicted_x[x], 4);
        memcpy(k->high + (ptrdiff_t)x * 3, high + k->predicted_x[x], 4);
    }
    k->predicted_y = y;
}

/* A row of the fields. */
static void read_cells(Rows *k, const LacConfidenceFrame *f, const uint8_t *coherent, int y)
{
    const LacOrigins *o = f->origins;
    const size_t cells = (size_t)o->net_width * o->net_height, row = (size_t)y * o->net_width;

    for (int s = 0; s < o->sources; s++) {
        const int32_t *cost = f->sources[s].field->cost + row;
        const uint8_t *alike = coherent + (size_t)s * cells + row;

        for (int x = 0; x < k->width; x++) {
            k->cost[s][x] = cost[o->cell_x[x]];
            k->coherent[s][x] = alike[o->cell_x[x]];
        }
    }
    k->cell_y = y;
}

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n < 8) {
        memcpy(to, from, n);
        return;
    }
    for (size_t i = 0; i + 8 < n; i += 8) {
        memcpy(to + i, from + i, 8);
    }
    memcpy(to + n - 8, from + n - 8, 8);
}

/* Where the pixels of row y lie in a source -> k->partner. */
static void read_partners(Rows *k, const LacConfidenceFrame *f, int source, int y)
{
    const LacOrigins *o = f->origins;
    const uint8_t *rgb = f->sources[source].rgb;
    LacOriginSpan span = {y, 0, 0, (size_t)k->cell_y * o->net_width};

    for (int c = 0; c < o->net_width; c++, span.cell++) {
        const LacOriginPlace place = lac_origin_place(o, source, &span);
        const int from = o->first_x[c], to = o->first_x[c + 1];

        if (from + place.shift >= 0 && to - 1 + place.shift <= place.last) {
            copy_bytes(k->partner + (size_t)from * 3, rgb + lac_origin_partner(&place, from) * 3, (size_t)(to - from) * 3);
        } else {
            for (int x = from; x < to; x++) {
                memcpy(k->partner + (size_t)x * 3, rgb + lac_origin_partner(&place, x) * 3, 3);
            }
        }
    }
}

/* 1 where this channel and the next two are: of a pixel's first channel, where all are. */
static void all_channels(uint8_t *is, int n)
{
#pragma omp simd
    for (int i = 0; i < n - 2; i++) {
        is[i] &= is[i + 1] & is[i + 2];
    }
}

/* What every pixel of a row says. */
static void ask(Rows *k, const LacConfidenceFrame *f, int y)
{
    const uint8_t *rgb = f->rgb + (size_t)y * (size_t)k->width * 3;
    const int n = k->width * 3;

#pragma omp simd
    for (int i = 0; i < n; i++) {
        k->foreseen[i] = (rgb[i] >= k->low[i]) & (rgb[i] <= k->high[i]);
    }
    all_channels(k->foreseen, n);
    for (int s = 0; s < f->origins->sources; s++) {
        uint8_t *agreed = k->agreed[s];
        const uint8_t *partner = k->partner;

        read_partners(k, f, s, y);
#pragma omp simd
        for (int i = 0; i < n; i++) {
            const uint8_t more = rgb[i] > partner[i] ? rgb[i] : partner[i], less = rgb[i] > partner[i] ? partner[i] : rgb[i];
            agreed[i] = (uint8_t)(more - less) <= LAC_EVIDENCE_LIKE;
        }
        all_channels(agreed, n);
    }
}

/* Pixels [from, to) of one region in row y, few enough for sums of 32 bits: what they tell is added to `sum`. */
static void add_run(const Rows *k, const LacRegions *r, const LacConfidenceFrame *f, const LacOriginPixels *p, int y,
                    int from, int to, int64_t *sum)
{
    const uint16_t *squared = r->squared + (size_t)y * (size_t)k->width;
    const uint8_t *transferred = f->transferred + (size_t)y * (size_t)k->width * 4 + 3;
    const int least = p->core_is_all ? 0 : LAC_VOTE_FAR;
    const uint8_t *core = k->core;
    int32_t pixels = 0, sure = 0, foreseen = 0;

#pragma omp simd reduction(+ : pixels)
    for (int x = from; x < to; x++) {
        k->core[x] = squared[x] >= least;
        pixels += squared[x] >= least;
    }
    if (!pixels) {
        return;
    }
    for (int x = from; x < to; x++) {
        sure += core[x] ? transferred[x * 4] : 0;
        foreseen += core[x] & k->foreseen[(ptrdiff_t)x * 3];
    }
    sum[LAC_SUM_PIXELS] += pixels;
    sum[LAC_SUM_SURE] += sure;
    sum[LAC_SUM_PREDICTED] += foreseen;
    for (int s = 0; s < f->origins->sources; s++) {
        int64_t *of = sum + LAC_SUM_SOURCES + (ptrdiff_t)s * LAC_SUMS;
        const uint8_t *alike = k->agreed[s], *cell = k->coherent[s];
        int32_t agreed = 0, coherent = 0, cost = 0;

        for (int x = from; x < to; x++) {
            agreed += core[x] & alike[(ptrdiff_t)x * 3];
        }
#pragma omp simd reduction(+ : coherent, cost)
        for (int x = from; x < to; x++) {
            coherent += core[x] * cell[x];
            cost += core[x] ? k->cost[s][x] : 0;
        }
        of[LAC_SUM_AGREED] += agreed;
        of[LAC_SUM_COHERENT] += coherent;
        of[LAC_SUM_COST] += cost;
    }
}

/* All runs of row y. */
static void add_row(const Rows *k, const LacRegions *r, const LacConfidenceFrame *f, int y, int64_t *sum)
{
    enum { MOST = 512 }; /* pixels whose costs, below 2^22, add up to 32 bits */
    const int sums = LAC_SUM_SOURCES + LAC_SUMS * f->origins->sources;
    const int32_t *label = r->label + (size_t)y * (size_t)k->width;

    for (int x = 0, end; x < k->width; x = end) {
        int64_t run[LAC_SUM_SOURCES + LAC_SUMS * LAC_MATCH_MAX_FIELDS] = {0}, *of = sum + (size_t)label[x] * (size_t)sums;

        end = (int)lac_run_end(label, (size_t)x, (size_t)k->width);
        for (int from = x; from < end && label[x]; from += MOST) {
            add_run(k, r, f, &f->origins->pixels[label[x]], y, from, end - from < MOST ? end : from + MOST, run);
        }
        for (int i = 0; i < sums && run[LAC_SUM_PIXELS]; i++) {
#pragma omp atomic
            of[i] += run[i];
        }
    }
}

void lac_confidence_rows(const LacRegions *r, const LacConfidenceFrame *f, const uint8_t *coherent, void *scratch,
                         int64_t *sum)
{
    const LacOrigins *o = f->origins;
    int *predicted_x = scratch;

    for (int x = 0; x < o->width; x++) {
        predicted_x[x] = (int)((int64_t)x * f->prediction_width / o->width) * 3;
    }
#pragma omp parallel num_threads(o->threads)
    {
        Rows k = open_rows((uint8_t *)scratch + columns_room(o->width) + (size_t)omp_get_thread_num() * row_room(f), f,
                           predicted_x);

#pragma omp for schedule(static)
        for (int y = 0; y < o->height; y++) {
            const int predicted_y = (int)((int64_t)y * f->prediction_height / o->height);
            const int cell_y = (int)((int64_t)y * o->net_height / o->height);

            if (k.predicted_y != predicted_y) {
                read_prediction(&k, f, predicted_y);
            }
            if (k.cell_y != cell_y) {
                read_cells(&k, f, coherent, cell_y);
            }
            ask(&k, f, y);
            add_row(&k, r, f, y, sum);
        }
    }
}
