/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The class of each pixel, and the lines over them; the steps are described in flat.h. */
#include "regions/flat.h"

#include <string.h>

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

static LacFlatColours colours_of(const LacFlatClasses *k)
{
    return (LacFlatColours){k->list[0].rgb, sizeof k->list[0], k->n};
}

/* Does a pixel show its own colour? In a black area all do. */
static bool is_clear(const LacOriginPixels *p, const LacRegions *r, int32_t i, bool black)
{
    return black || lac_origin_core(p, r, i);
}

/* Step 2: classes of sure pixels, and of mixtures the nearest. Returns the share of pixels near a class. */
static float classify(LacFlat *f, const LacRegions *r, const LacOriginPixels *p, const LacFlatColours *k,
                      bool black, const uint8_t *rgb)
{
    int known = 0, all = 0, last = 0;
    const uint8_t *previous = NULL;

    for (size_t n = 0; n < p->n; n++) {
        const int32_t i = p->at[n];
        const uint8_t *c = rgb + (size_t)i * 3;

        f->state[i] = LAC_FLAT_NOT_YET;
        if (is_clear(p, r, i, black)) {
            last = previous && !memcmp(previous, c, 3) ? last : lac_flat_nearest(k, c);
            previous = c;
            f->class[i] = (uint8_t)last;
            const int away = lac_flat_difference(lac_flat_colour(k, last), c);
            f->state[i] = away <= LAC_FLAT_SURE ? LAC_FLAT_OF : LAC_FLAT_LIKE;
            known += away <= LAC_FLAT_FOREIGN;
            all++;
        }
    }
    return lac_flat_share(known, all);
}

/* One class for a region that lies all beside lines: the one nearest to what its lightest pixels show. */
static int class_of_thin(const LacOriginPixels *p, const LacFlatColours *k, const uint8_t *gray, const uint8_t *rgb)
{
    int best = 0;
    int64_t least = 0;

    for (int c = 0; c < k->n; c++) {
        int64_t sum = 0;
        for (size_t n = 0; n < p->n; n++) {
            const int32_t i = p->at[n];
            sum += lac_flat_against(gray[i], lac_flat_colour(k, c), rgb + (size_t)i * 3);
        }
        if (!c || sum < least) {
            least = sum;
            best = c;
        }
    }
    return best;
}

/* The rest of step 2: mixtures. */
static void settle_mixtures(LacFlat *f, const LacRegions *r, const LacOriginPixels *p, const LacFlatColours *k,
                            const uint8_t *rgb)
{
    const LacFlatPlanes planes = {f->width, f->height, r->label, f->state, f->class};

    for (size_t n = 0; n < p->n; n++) {
        const int32_t i = p->at[n];
        if (f->state[i] == LAC_FLAT_LIKE) {
            f->class[i] = (uint8_t)lac_flat_around(&planes, k, i % f->width, i / f->width, rgb + (size_t)i * 3);
        }
    }
    for (size_t n = 0; n < p->n; n++) {
        const int32_t i = p->at[n];
        f->made[i] = (uint8_t)(f->state[i] == LAC_FLAT_LIKE ? lac_flat_joined(&planes, i) : f->class[i]);
    }
    for (size_t n = 0; n < p->n; n++) {
        f->class[p->at[n]] = f->made[p->at[n]];
    }
}

/* The four neighbours of a pixel, above, left, right, below; the pixel itself where there is none. */
static void neighbours(const LacFlat *f, int32_t i, int32_t out[4])
{
    const int32_t w = f->width, x = i % w, y = i / w;

    out[0] = y > 0 ? i - w : i;
    out[1] = x > 0 ? i - 1 : i;
    out[2] = x + 1 < w ? i + 1 : i;
    out[3] = y + 1 < f->height ? i + w : i;
}

/* Step 3: fronts from the classified pixels of a region over those beside lines, step by step. */
static void spread(LacFlat *f, const LacRegions *r, const LacOriginPixels *p)
{
    size_t begin = 0, end = 0;
    int32_t beside[4];

    for (size_t n = 0; n < p->n; n++) {
        if (f->state[p->at[n]] != LAC_FLAT_NOT_YET) {
            f->queue[end++] = p->at[n];
        }
    }
    while (begin < end) {
        const size_t stop = end;

        for (; begin < stop; begin++) {
            const int32_t i = f->queue[begin];

            neighbours(f, i, beside);
            for (int d = 0; d < 4; d++) {
                if (r->label[beside[d]] == r->label[i] && f->state[beside[d]] == LAC_FLAT_NOT_YET) {
                    f->state[beside[d]] = LAC_FLAT_NEXT;
                    f->queue[end++] = beside[d];
                }
            }
        }
        for (size_t k = stop; k < end; k++) { /* the first neighbour that has a class; one has */
            const int32_t i = f->queue[k];
            int d = 0;

            neighbours(f, i, beside);
            while (d < 3 && (r->label[beside[d]] != r->label[i] || f->state[beside[d]] == LAC_FLAT_NOT_YET ||
                             f->state[beside[d]] == LAC_FLAT_NEXT)) {
                d++;
            }
            f->class[i] = f->class[beside[d]];
        }
        for (size_t k = stop; k < end; k++) {
            f->state[f->queue[k]] = LAC_FLAT_TOOK;
        }
    }
}

static void colour_region(LacFlat *f, const LacRegions *r, const LacOriginPixels *p, LacFlatClasses *k,
                          const LacFlatClasses *all, bool black, const uint8_t *gray, const uint8_t *rgb)
{
    LacFlatColours colours = colours_of(k);

    if (!k->n || classify(f, r, p, &colours, black, rgb) < LAC_FLAT_KNOWN) {
        lac_flat_classes_extend(k, all);
        if (!k->n) {
            return;
        }
        colours = colours_of(k);
        classify(f, r, p, &colours, black, rgb);
    }
    if (p->core_is_all && !black) {
        const int c = class_of_thin(p, &colours, gray, rgb);
        for (size_t n = 0; n < p->n; n++) {
            f->class[p->at[n]] = (uint8_t)c;
            f->state[p->at[n]] = LAC_FLAT_OF;
        }
    } else {
        settle_mixtures(f, r, p, &colours, rgb);
        spread(f, r, p);
    }
    for (size_t n = 0; n < p->n; n++) {
        const int32_t i = p->at[n];
        if (f->state[i] != LAC_FLAT_NOT_YET) {
            const uint32_t at = (uint32_t)(f->n + f->class[i]);
            memcpy(f->layer.colour + (size_t)i * 4, &at, sizeof at);
            f->layer.state[i] = LAC_PIXEL_KNOWN;
        }
    }
    memcpy(f->list + f->n, k->list, (size_t)k->n * sizeof *k->list);
    f->n += (size_t)k->n;
}

LacFlatDrawing lac_flat_drawing(const LacFlatLines *lines, int threshold)
{
    LacFlatDrawing d = {lines->lines, {0, 0, 0}, lac_flat_paper(threshold)};

    for (int c = 0; c < 3 && lines->lines == LAC_LINES_REF && lines->ink->known; c++) {
        d.ink[c] = lines->ink->mean[c];
    }
    return d;
}

int lac_flat_run(LacFlat *f, const LacRegions *r, const uint8_t *gray, const LacOrigins *origins,
                 const LacVoteSource *sources, const LacFlatLines *lines, uint8_t *rgb,
                 const LacLog *log)
{
    const size_t n = (size_t)f->width * f->height, most = (size_t)r->count * LAC_FLAT_CLASSES;
    const LacFlatDrawing drawing = lac_flat_drawing(lines, r->threshold);
    LacFlatClasses all, k;

    if (f->room < most) {
        lac_free(f->list);
        f->list = lac_alloc(most + most / 4, sizeof *f->list);
        f->room = f->list ? most + most / 4 : 0;
        if (!f->list) {
            return lac_fail(log, LAC_ENOMEM, "no memory for the flat colours of %d regions", r->count);
        }
    }
    f->n = 0;
    lac_flat_classes_of_all(origins, sources, &all);
    memset(f->layer.state, LAC_PIXEL_LINE, n);
    for (int c = 1; c <= r->count; c++) {
        lac_flat_classes_of(origins, sources, c, &k);
        colour_region(f, r, &origins->pixels[c], &k, &all, r->region[c].black, gray, rgb);
    }
    if (lines->lines != LAC_LINES_REF || lines->black != gray) {
        lac_field_spread_lines(&f->layer, gray, f->width + f->height);
    }
    for (size_t i = 0; i < n; i++) {
        f->made[i] = LAC_FLAT_LEFT;
        if (f->layer.state[i] != LAC_PIXEL_LINE) {
            const LacFlatPixel p = {gray[i], lines->black[i], r->squared[i], r->label[i] > 0, r->region[r->label[i]].black};

            f->made[i] = (uint8_t)lac_flat_draw(&drawing, &p, lac_flat_class(f, i)->rgb, rgb + i * 3);
        }
    }
    return LAC_OK;
}
