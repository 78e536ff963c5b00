/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exact colours counted by region; see palette.h. */
#include "regions/palette.h"

#include <stdlib.h>
#include <string.h>

#include "regions/vote_bins.h"

/* A colour of a region: its key is R, G, B in 24 bits. */
typedef struct Count {
    int32_t key, flat, all, at;
} Count;

/* Counts of one region's colours; `slot` is open addressing, 0 free, else 1 + index into list. */
typedef struct Counts {
    Count *list;
    int32_t *slot;
    size_t mask, n;
} Counts;

static int32_t key_of(const uint8_t *rgb)
{
    return (int32_t)rgb[0] << 16 | (int32_t)rgb[1] << 8 | rgb[2];
}

static size_t slot_of(const Counts *c, int32_t key)
{
    size_t at = (uint32_t)key * 2654435761U & c->mask;

    while (c->slot[at] && c->list[c->slot[at] - 1].key != key) {
        at = (at + 1) & c->mask;
    }
    return at;
}

static void count(Counts *c, int32_t key, int32_t pixel, bool flat)
{
    const size_t at = slot_of(c, key);

    if (!c->slot[at]) {
        c->list[c->n] = (Count){key, 0, 0, pixel};
        c->slot[at] = (int32_t)++c->n;
    }
    c->list[c->slot[at] - 1].flat += flat;
    c->list[c->slot[at] - 1].all++;
}

/* Forgets a region. The list may have been sorted: whole chains of slots are cleared, those of one region only. */
static void forget(Counts *c)
{
    for (size_t i = 0; i < c->n; i++) {
        size_t at = (uint32_t)c->list[i].key * 2654435761U & c->mask;
        while (c->slot[at]) {
            c->slot[at] = 0;
            at = (at + 1) & c->mask;
        }
    }
    c->n = 0;
}

static bool same(const uint8_t *a, const uint8_t *b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

/* In one of the four 2x2 blocks of one colour? */
static bool is_flat(const LacRegions *r, const uint8_t *rgb, int32_t i)
{
    const int x = i % r->width, y = i / r->width;
    const uint8_t *p = rgb + (size_t)i * 3;
    const ptrdiff_t row = (ptrdiff_t)r->width * 3;

    for (int dy = -1; dy <= 1; dy += 2) {
        for (int dx = -1; dx <= 1; dx += 2) {
            if (x + dx >= 0 && x + dx < r->width && y + dy >= 0 && y + dy < r->height &&
                same(p, p + (ptrdiff_t)dx * 3) && same(p, p + dy * row) &&
                same(p, p + dy * row + (ptrdiff_t)dx * 3)) {
                return true;
            }
        }
    }
    return false;
}

static int by_flat(const void *a, const void *b)
{
    const Count *x = a, *y = b;

    return x->flat != y->flat ? (x->flat < y->flat) - (x->flat > y->flat)
                              : (x->key > y->key) - (x->key < y->key);
}

static int by_bin(const void *a, const void *b)
{
    const Count *x = a, *y = b;
    const int p = (x->key >> 9 & 0x7c00) | (x->key >> 6 & 0x3e0) | (x->key >> 3 & 0x1f),
              q = (y->key >> 9 & 0x7c00) | (y->key >> 6 & 0x3e0) | (y->key >> 3 & 0x1f);

    return p != q             ? (p > q) - (p < q)
           : x->all != y->all ? (x->all < y->all) - (x->all > y->all)
                              : (x->key > y->key) - (x->key < y->key);
}

static LacPaletteColour colour_of(const Count *c, float share)
{
    return (LacPaletteColour){
        {(uint8_t)(c->key >> 16), (uint8_t)(c->key >> 8), (uint8_t)c->key}, share, c->at};
}

static bool has(const LacPaletteColour *p, size_t n, int32_t key)
{
    for (size_t i = 0; i < n; i++) {
        if (key_of(p[i].rgb) == key) {
            return true;
        }
    }
    return false;
}

/* The commonest colour of each bin with many of `all` pixels, after the n there are; the list is sorted by bin. */
static size_t add_bins(const Counts *c, int32_t all, LacPaletteColour *out, size_t n)
{
    for (size_t i = 0, end; i < c->n; i = end) {
        int32_t sum = 0;
        const uint8_t first[3] = {(uint8_t)(c->list[i].key >> 16), (uint8_t)(c->list[i].key >> 8),
                                  (uint8_t)c->list[i].key};

        for (end = i; end < c->n; end++) {
            const uint8_t rgb[3] = {(uint8_t)(c->list[end].key >> 16),
                                    (uint8_t)(c->list[end].key >> 8), (uint8_t)c->list[end].key};
            if (lac_vote_bin(rgb) != lac_vote_bin(first)) {
                break;
            }
            sum += c->list[end].all;
        }
        if ((float)sum >= LAC_PALETTE_BIN * (float)all && !has(out, n, c->list[i].key)) {
            out[n++] = colour_of(&c->list[i], (float)sum);
        }
    }
    return n;
}

static int by_share(const void *a, const void *b)
{
    const LacPaletteColour *x = a, *y = b;

    return x->share != y->share ? (x->share < y->share) - (x->share > y->share)
                                : (x->at > y->at) - (x->at < y->at);
}

/* Only those of the n colours that are apart from all commoner ones, which take over their shares. */
static size_t thin(LacPaletteColour *p, size_t n)
{
    size_t kept = 0;

    qsort(p, n, sizeof *p, by_share);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < kept && (abs(p[k].rgb[0] - p[i].rgb[0]) >= LAC_PALETTE_APART ||
                            abs(p[k].rgb[1] - p[i].rgb[1]) >= LAC_PALETTE_APART ||
                            abs(p[k].rgb[2] - p[i].rgb[2]) >= LAC_PALETTE_APART)) {
            k++;
        }
        if (k < kept) {
            p[k].share += p[i].share;
        } else {
            p[kept++] = p[i];
        }
    }
    return kept;
}

/* Colours of the pixels at[0..n) of one region -> out, which has room for n, and *flat. */
static size_t region_colours(const LacRegions *r, const uint8_t *rgb, const int32_t *at, size_t n,
                             Counts *c, LacPaletteColour *out, float *flat)
{
    size_t far = 0, used = 0;
    int32_t all = 0, covered = 0;
    float sum = 0;

    for (size_t k = 0; k < n; k++) {
        far += r->squared[at[k]] >= LAC_VOTE_FAR;
    }
    for (size_t k = 0; k < n; k++) {
        if (far < LAC_PALETTE_FEW || r->squared[at[k]] >= LAC_VOTE_FAR) {
            count(c, key_of(rgb + (size_t)at[k] * 3), at[k], is_flat(r, rgb, at[k]));
            all++;
        }
    }
    qsort(c->list, c->n, sizeof *c->list, by_flat);
    for (size_t k = 0; k < c->n && c->list[k].flat >= LAC_PALETTE_FEW; k++) {
        out[used++] = colour_of(&c->list[k], (float)c->list[k].flat);
        covered += c->list[k].flat;
    }
    *flat = all ? (float)covered / (float)all : 0;
    if (*flat < LAC_PALETTE_FLAT) {
        qsort(c->list, c->n, sizeof *c->list, by_bin);
        used = add_bins(c, all, out, used);
    }
    used = used > LAC_PALETTE_MANY ? thin(out, used) : used;
    for (size_t k = 0; k < used; k++) {
        sum += out[k].share;
    }
    for (size_t k = 0; k < used; k++) {
        out[k].share /= sum;
    }
    return used;
}

int lac_palette_open(LacPalette *p, const LacRegions *r, const uint8_t *rgb, const int32_t *order,
                     const size_t *start, const LacLog *log)
{
    const size_t n = (size_t)r->width * r->height;
    Counts c = {.mask = 1};
    LacPaletteColour *colour = lac_alloc(n, sizeof *colour);
    size_t used = 0;

    while (c.mask < 2 * n) {
        c.mask *= 2;
    }
    c.list = lac_alloc(n, sizeof *c.list);
    c.slot = lac_calloc(c.mask--, sizeof *c.slot);
    *p = (LacPalette){0};
    p->first = lac_alloc((size_t)r->count + 2, sizeof *p->first);
    p->flat = lac_alloc((size_t)r->count + 1, sizeof *p->flat);
    if (colour && c.list && c.slot && p->first && p->flat) {
        p->first[0] = p->first[1] = 0; /* lines have no palette */
        p->flat[0] = 0;
        for (int k = 1; k <= r->count; k++) {
            used += region_colours(r, rgb, order + start[k], start[k + 1] - start[k], &c,
                                   colour + used, &p->flat[k]);
            p->first[k + 1] = used;
            forget(&c);
        }
        p->colour = lac_alloc(used ? used : 1, sizeof *p->colour);
        if (p->colour) {
            memcpy(p->colour, colour, used * sizeof *colour);
        }
    }
    lac_free(colour);
    lac_free(c.list);
    lac_free(c.slot);
    if (!p->colour) {
        lac_palette_close(p);
        return lac_fail(log, LAC_ENOMEM, "no memory for the palette of a reference of %dx%d",
                        r->width, r->height);
    }
    return LAC_OK;
}

void lac_palette_close(LacPalette *p)
{
    lac_free(p->first);
    lac_free(p->colour);
    lac_free(p->flat);
    *p = (LacPalette){0};
}
