/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes of each region, the class of each pixel, and the lines over them; the steps are described in flat.h. */
#include "flat.h"

#include <stdlib.h>
#include <string.h>

#include "vote_bins.h"

/* How a pixel got its class. */
enum { NOT_YET, SURE, NEAR, SPREAD };

enum { NEARBY = 2, FOREIGN = 32, EDGE = 40 };

static const int step_x[4] = {0, -1, 1, 0}, step_y[4] = {-1, 0, 0, 1};

int lac_flat_open(LacFlat *f, int width, int height, const LacLog *log)
{
    const size_t n = (size_t)width * height;

    *f = (LacFlat){.width = width, .height = height};
    f->class = lac_alloc(n, 1);
    f->state = lac_alloc(n, 1);
    f->made = lac_alloc(n, 1);
    f->queue = lac_alloc(n, sizeof *f->queue);
    if (!f->class || !f->state || !f->made || !f->queue || lac_field_open(&f->layer, width, height)) {
        lac_flat_close(f);
        return lac_fail(log, LAC_ENOMEM, "no memory for flat colours of frames of %dx%d", width,
                        height);
    }
    return LAC_OK;
}

void lac_flat_close(LacFlat *f)
{
    lac_field_close(&f->layer);
    lac_free(f->class);
    lac_free(f->state);
    lac_free(f->made);
    lac_free(f->list);
    lac_free(f->queue);
    *f = (LacFlat){0};
}

/* Classes of a region, heaviest first. */
typedef struct Classes {
    LacFlatClass list[LAC_FLAT_CLASSES];
    int n;
} Classes;

static int difference(const uint8_t *a, const uint8_t *b)
{
    int most = 0;

    for (int c = 0; c < 3; c++) {
        most = abs(a[c] - b[c]) > most ? abs(a[c] - b[c]) : most;
    }
    return most;
}

static int squared(const uint8_t *a, const uint8_t *b)
{
    int sum = 0;

    for (int c = 0; c < 3; c++) {
        sum += (a[c] - b[c]) * (a[c] - b[c]);
    }
    return sum;
}

/* Adds to the weight of a class that is there, or puts a new one in the place of the lightest. */
static void add_class(Classes *k, LacFlatClass one)
{
    int at = 0;

    while (at < k->n && memcmp(k->list[at].rgb, one.rgb, 3) != 0) {
        at++;
    }
    if (at == k->n && k->n < LAC_FLAT_CLASSES) {
        k->n++;
    } else if (at == k->n && k->list[--at].weight >= one.weight) {
        return;
    } else if (memcmp(k->list[at].rgb, one.rgb, 3) == 0) {
        const float weight = one.weight + k->list[at].weight;
        one = one.weight > k->list[at].weight ? one : k->list[at];
        one.weight = weight;
    }
    for (; at > 0 && k->list[at - 1].weight < one.weight; at--) {
        k->list[at] = k->list[at - 1];
    }
    k->list[at] = one;
}

static LacFlatClass class_from(const LacPaletteColour *p, int source, float weight)
{
    return (LacFlatClass){{p->rgb[0], p->rgb[1], p->rgb[2]}, (uint8_t)source, p->at, weight};
}

/* Step 1, without what other regions have. */
static void classes_of(const LacOrigins *o, const LacVoteSource *sources, int region, Classes *k)
{
    k->n = 0;
    for (int s = 0; s < o->sources; s++) {
        const LacPalette *p = &sources[s].ref->palette;
        const LacOrigin *origin = lac_origins_of(o, region, s);
        const float least = origin->share < LAC_ORIGIN_SHARE ? origin->share : LAC_ORIGIN_SHARE;

        for (int i = 0; i < LAC_ORIGINS && origin[i].label && origin[i].share >= least; i++) {
            const size_t from = p->first[origin[i].label], to = p->first[origin[i].label + 1];
            for (size_t c = from; c < to; c++) {
                add_class(k, class_from(&p->colour[c], s, origin[i].share * p->colour[c].share));
            }
        }
    }
}

/* The commonest colours of all that the frame comes from. */
static void classes_of_all(const LacOrigins *o, const LacVoteSource *sources, Classes *k)
{
    k->n = 0;
    for (int region = 1; region <= o->regions; region++) {
        for (int s = 0; s < o->sources; s++) {
            const LacPalette *p = &sources[s].ref->palette;
            const int32_t label = lac_origins_of(o, region, s)->label;

            for (size_t c = p->first[label]; label && c < p->first[label + 1]; c++) {
                add_class(k, class_from(&p->colour[c], s,
                                        p->colour[c].share * (float)o->pixels[region].n));
            }
        }
    }
}

static int nearest(const Classes *k, const uint8_t *rgb)
{
    int best = 0, least = squared(k->list[0].rgb, rgb);

    for (int i = 1; i < k->n && least; i++) {
        const int d = squared(k->list[i].rgb, rgb);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

/* Does a pixel show its own colour? In a black area all do. */
static bool is_clear(const LacOriginPixels *p, const LacRegions *r, int32_t i, bool black)
{
    return black || lac_origin_core(p, r, i);
}

/* Step 2: classes of sure pixels, and NEAR for the others. Returns the share of pixels near a class. */
static float classify(LacFlat *f, const LacRegions *r, const LacOriginPixels *p, const Classes *k,
                      bool black, const uint8_t *rgb)
{
    int known = 0, all = 0, last = 0;
    const uint8_t *previous = NULL;

    for (size_t n = 0; n < p->n; n++) {
        const int32_t i = p->at[n];
        const uint8_t *c = rgb + (size_t)i * 3;

        f->state[i] = NOT_YET;
        if (is_clear(p, r, i, black)) {
            last = previous && !memcmp(previous, c, 3) ? last : nearest(k, c);
            previous = c;
            f->class[i] = (uint8_t)last;
            f->state[i] = difference(k->list[last].rgb, c) <= LAC_FLAT_SURE ? SURE : NEAR;
            known += difference(k->list[last].rgb, c) <= FOREIGN;
            all++;
        }
    }
    return all ? (float)known / (float)all : 0;
}

/* The class of a mixture: the nearest of those that sure pixels around have. */
static int class_around(const LacFlat *f, const LacRegions *r, const Classes *k, int32_t i,
                        const uint8_t *rgb)
{
    const int x = i % f->width, y = i / f->width;
    int best = f->class[i], least = INT32_MAX;

    for (int b = -NEARBY; b <= NEARBY; b++) {
        for (int a = -NEARBY; a <= NEARBY; a++) {
            const int32_t j = (y + b) * f->width + x + a;
            if (x + a >= 0 && x + a < f->width && y + b >= 0 && y + b < f->height &&
                r->label[j] == r->label[i] && f->state[j] == SURE) {
                const int d = squared(k->list[f->class[j]].rgb, rgb + (size_t)i * 3);
                if (d < least) {
                    least = d;
                    best = f->class[j];
                }
            }
        }
    }
    return best;
}

/* Islands of one class without a sure pixel take the class that most of their neighbours have. */
static void join_island(LacFlat *f, const LacRegions *r, int32_t from)
{
    int32_t island[LAC_FLAT_ISLAND];
    int votes[LAC_FLAT_CLASSES] = {0}, n = 1, best = -1;

    island[0] = from;
    for (int next = 0; next < n; next++) {
        const int x = island[next] % f->width, y = island[next] / f->width;
        for (int d = 0; d < 4; d++) {
            const int nx = x + step_x[d], ny = y + step_y[d];
            const int32_t j = ny * f->width + nx;
            bool seen = nx < 0 || ny < 0 || nx >= f->width || ny >= f->height ||
                        r->label[j] != r->label[from] || f->state[j] == NOT_YET;

            for (int q = 0; q < n && !seen; q++) {
                seen = island[q] == j;
            }
            if (seen) {
                continue;
            }
            if (f->class[j] != f->class[from]) {
                votes[f->class[j]]++;
            } else if (f->state[j] == SURE || n == LAC_FLAT_ISLAND) {
                return;
            } else {
                island[n++] = j;
            }
        }
    }
    for (int q = 0; q < LAC_FLAT_CLASSES; q++) {
        best = votes[q] && (best < 0 || votes[q] > votes[best]) ? q : best;
    }
    for (int q = 0; q < n && best >= 0; q++) {
        f->class[island[q]] = (uint8_t)best;
    }
}

/* One class for a region that lies all beside lines: the one nearest to what its lightest pixels show. */
static int class_of_thin(const LacOriginPixels *p, const Classes *k, const uint8_t *gray,
                         const uint8_t *rgb)
{
    int best = 0;
    float least = 0;

    for (int c = 0; c < k->n; c++) {
        float sum = 0;
        for (size_t n = 0; n < p->n; n++) {
            const int32_t i = p->at[n];
            const float light = (float)gray[i] / 255, d = (float)squared(k->list[c].rgb, rgb + (size_t)i * 3);
            sum += light * light * (d < 64 * 64 ? d : 64 * 64);
        }
        if (!c || sum < least) {
            least = sum;
            best = c;
        }
    }
    return best;
}

/* Step 3: fronts from the classified pixels of a region over those beside lines. */
static void spread(LacFlat *f, const LacRegions *r, const LacOriginPixels *p)
{
    size_t end = 0;

    for (size_t n = 0; n < p->n; n++) {
        if (f->state[p->at[n]] != NOT_YET) {
            f->queue[end++] = p->at[n];
        }
    }
    for (size_t next = 0; next < end; next++) {
        const int32_t i = f->queue[next];
        const int x = i % f->width, y = i / f->width;

        for (int d = 0; d < 4; d++) {
            const int nx = x + step_x[d], ny = y + step_y[d];
            const int32_t j = ny * f->width + nx;
            if (nx >= 0 && ny >= 0 && nx < f->width && ny < f->height &&
                r->label[j] == r->label[i] && f->state[j] == NOT_YET) {
                f->class[j] = f->class[i];
                f->state[j] = SPREAD;
                f->queue[end++] = j;
            }
        }
    }
}

static void colour_region(LacFlat *f, const LacRegions *r, const LacOriginPixels *p, Classes *k,
                          const Classes *all, bool black, const uint8_t *gray, const uint8_t *rgb)
{
    const bool thin = p->core_is_all && !black;

    if (!k->n || classify(f, r, p, k, black, rgb) < LAC_FLAT_KNOWN) {
        for (int i = 0; i < all->n; i++) {
            LacFlatClass one = all->list[i];
            one.weight *= 1e-9f; /* behind the region's own */
            add_class(k, one);
        }
        if (!k->n) {
            return;
        }
        classify(f, r, p, k, black, rgb);
    }
    if (thin) {
        const int c = class_of_thin(p, k, gray, rgb);
        for (size_t n = 0; n < p->n; n++) {
            f->class[p->at[n]] = (uint8_t)c;
            f->state[p->at[n]] = SURE;
        }
    } else {
        for (size_t n = 0; n < p->n; n++) {
            if (f->state[p->at[n]] == NEAR) {
                f->class[p->at[n]] = (uint8_t)class_around(f, r, k, p->at[n], rgb);
            }
        }
        for (size_t n = 0; n < p->n; n++) {
            if (f->state[p->at[n]] == NEAR) {
                join_island(f, r, p->at[n]);
            }
        }
        spread(f, r, p);
    }
    for (size_t n = 0; n < p->n; n++) {
        const int32_t i = p->at[n];
        if (f->state[i] != NOT_YET) {
            const uint32_t at = (uint32_t)(f->n + f->class[i]);
            memcpy(f->layer.colour + (size_t)i * 4, &at, sizeof at);
            f->layer.state[i] = LAC_PIXEL_KNOWN;
        }
    }
    memcpy(f->list + f->n, k->list, (size_t)k->n * sizeof *k->list);
    f->n += (size_t)k->n;
}

/* Step 4: what becomes of a pixel that has a class. */
static enum LacFlatMade draw(const LacRegions *r, const uint8_t *gray, const LacFlatLines *lines,
                             int paper, size_t i, const uint8_t *flat, uint8_t *o)
{
    const uint8_t black = lines->black[i];
    uint8_t drawn[3];

    if (lines->lines == LAC_LINES_REF && r->region[r->label[i]].black) {
        return LAC_FLAT_LEFT;
    }
    for (int c = 0; c < 3; c++) {
        const float line = lines->lines == LAC_LINES_REF && lines->ink->known ? lines->ink->mean[c] : 0;
        drawn[c] = (uint8_t)(((float)(flat[c] * black) + line * (float)(255 - black)) / 255 + 0.5f);
    }
    if (lines->lines == LAC_LINES_REF && (r->squared[i] < LAC_VOTE_FAR || black < paper)) {
        const bool inked = gray[i] < paper && black >= paper; /* coloured ink, which is not drawn */

        if ((r->label[i] || inked) && difference(o, drawn) > EDGE) {
            memcpy(o, drawn, 3);
            return LAC_FLAT_LINED;
        }
        return LAC_FLAT_LEFT;
    }
    if (lines->lines == LAC_LINES_KEEP && black < 255) {
        memcpy(o, drawn, 3);
        return LAC_FLAT_LINED;
    }
    memcpy(o, flat, 3);
    return LAC_FLAT_EXACT;
}

int lac_flat_run(LacFlat *f, const LacRegions *r, const uint8_t *gray, const LacOrigins *origins,
                 const LacVoteSource *sources, const LacFlatLines *lines, uint8_t *rgb,
                 const LacLog *log)
{
    const size_t n = (size_t)f->width * f->height, most = (size_t)r->count * LAC_FLAT_CLASSES;
    const int paper = r->threshold + (255 - r->threshold) * 4 / 5; /* lighter pixels hold no line */
    Classes all, k;

    if (f->room < most) {
        lac_free(f->list);
        f->list = lac_alloc(most + most / 4, sizeof *f->list);
        f->room = f->list ? most + most / 4 : 0;
        if (!f->list) {
            return lac_fail(log, LAC_ENOMEM, "no memory for the flat colours of %d regions", r->count);
        }
    }
    f->n = 0;
    classes_of_all(origins, sources, &all);
    memset(f->layer.state, LAC_PIXEL_LINE, n);
    for (int c = 1; c <= r->count; c++) {
        classes_of(origins, sources, c, &k);
        colour_region(f, r, &origins->pixels[c], &k, &all, r->region[c].black, gray, rgb);
    }
    if (lines->lines != LAC_LINES_REF || lines->black != gray) {
        lac_field_spread_lines(&f->layer, gray, f->width + f->height);
    }
    for (size_t i = 0; i < n; i++) {
        f->made[i] = LAC_FLAT_LEFT;
        if (f->layer.state[i] != LAC_PIXEL_LINE) {
            f->made[i] = (uint8_t)draw(r, gray, lines, paper, i, lac_flat_class(f, i)->rgb, rgb + i * 3);
        }
    }
    return LAC_OK;
}
