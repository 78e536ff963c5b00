/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pixels copied from references: a mean where the sources differ, in most cells of most pictures one colour that all agree
 * on; see transfer_copy.h. */
#include "transfer/transfer_copy.h"

#include <stdlib.h>
#include <string.h>

/* The mean of the exact pixels at `at`, colours weighted by alpha as well. */
static void mean_exact(LacTransferRef *const *refs, const LacSource *list, const size_t *at, const float *weight, int n,
                       uint16_t *out)
{
    float c[3] = { 0 }, sum = 0, all = 0;

    for (int k = 0; k < n; k++) {
        const LacTransferRef *r = refs[list[k].ref];
        const float alpha = weight[k] * (r->rgba ? (float)r->rgba[at[k] * 4 + 3] : LAC_OPAQUE);

        for (int i = 0; i < 3; i++) {
            c[i] += alpha * (r->rgba ? (float)r->rgba[at[k] * 4 + i] : (float)r->rgb[at[k] * 3 + i] * 257);
        }
        sum += alpha;
        all += weight[k];
    }
    for (int i = 0; i < 3; i++) {
        out[i] = sum > 0 ? lac_rgba_round(c[i] / sum) : LAC_OPAQUE;
    }
    out[3] = all > 0 ? lac_rgba_round(sum / all) : LAC_OPAQUE;
}

/* A row of a reference as a source sees it. */
typedef struct Row {
    const uint8_t *gray, *rgb;
    size_t at; /* its first pixel */
} Row;

/* The mean of the sources' pixels in columns x, which count `weight`. Where those that count are of one colour, as most
 * are, that is it: what would be divided is within rounding of a whole number. */
static void mean(const Row *row, const int *x, const float *weight, int n, LacBlend *blend, uint8_t *out)
{
    const uint8_t *first = NULL;
    int differ = 0;

    for (int k = 0; k < n; k++) {
        const uint8_t *rgb = row[k].rgb + (ptrdiff_t)x[k] * 3;

        if (weight[k] > 0) {
            first = first ? first : rgb;
            differ |= (rgb[0] ^ first[0]) | (rgb[1] ^ first[1]) | (rgb[2] ^ first[2]);
        }
    }
    if (!differ) {
        memcpy(out, first ? first : (const uint8_t[3]){ 0 }, 3);
        out[3] = lac_transfer_sure(blend);
        return;
    }
    for (int k = 0; k < n; k++) {
        const uint8_t *rgb = row[k].rgb + (ptrdiff_t)x[k] * 3;

        for (int i = 0; i < 3; i++) {
            blend->colour[i] = lac_weighted(blend->colour[i], weight[k], rgb[i]);
        }
    }
    lac_transfer_mean(blend, out);
}

/* Columns [from, to) of native row y. */
static void copy_row(const LacTransfer *t, LacTransferRef *const *refs, const LacSource *list, int n, int y, int from,
                     int to, const LacCopying *copying)
{
    const uint8_t *gray = copying->gray + (size_t)y * t->width;
    uint8_t *out = copying->out + (size_t)y * t->width * 4;
    uint16_t *exact = copying->exact ? copying->exact + (size_t)y * t->width * 4 : NULL;
    Row row[LAC_TRANSFER_SOURCES];
    float all = 0;

    for (int k = 0; k < n; k++) {
        const size_t at = (size_t)lac_transfer_clamp(y + list[k].y, t->height) * t->width;

        row[k] = (Row){ refs[list[k].ref]->gray + at, refs[list[k].ref]->rgb + at * 3, at };
        all += list[k].weight;
    }
    for (int x = from; x < to; x++) {
        LacBlend blend = { .all = all };
        float weight[LAC_TRANSFER_SOURCES];
        int there[LAC_TRANSFER_SOURCES];

        for (int k = 0; k < n; k++) {
            there[k] = lac_transfer_clamp(x + list[k].x, t->width);
            const uint8_t line = row[k].gray[there[k]];
            const bool counts = copying->inked || line >= LAC_TRANSFER_LINE;

            weight[k] = counts ? lac_product(list[k].weight, t->alike[abs(line - gray[x])]) : 0;
            blend.sum += weight[k];
        }
        if (exact) {
            size_t places[LAC_TRANSFER_SOURCES];

            for (int k = 0; k < n; k++) {
                places[k] = row[k].at + (size_t)there[k];
            }
            mean_exact(refs, list, places, weight, n, exact + (size_t)x * 4);
        }
        mean(row, there, weight, n, &blend, out + (size_t)x * 4);
    }
}


static uint64_t eight(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* The first n of eight bytes as they lie in memory. */
static uint64_t first_bytes(int n)
{
    uint8_t mask[8] = { 0 };

    memset(mask, 255, (size_t)(n < 8 ? n : 8));
    return eight(mask);
}

/* Rows of a cell in which all sources have the frame's own line art, and one colour. Sums of the same weights, taken one by
 * one, are the same: such pixels are quite sure. Pixels are compared eight bytes at a time, the last eight from the end of
 * the row; a narrow row's are masked, and what is read beyond it is there to spare (transfer_patch.h). */
enum { ALIKE_WIDEST = 10, LOADS = 4 };

typedef struct Alike {
    int width, n;
    bool inked;
    uint64_t gray, rgb;    /* masks */
    ptrdiff_t last, at[LOADS]; /* where the last gray bytes and those of the colours are read */
    const uint8_t *of_gray[LAC_TRANSFER_SOURCES], *of_rgb[LAC_TRANSFER_SOURCES]; /* the cell's first row */
} Alike;

/* False where pixels have to be looked at one by one. */
static bool alike_open(Alike *a, const LacTransfer *t, LacTransferRef *const *refs, const LacSource *list, int n,
                       LacBox cell, const LacCopying *copying)
{
    const int bytes = 3 * (cell.right - cell.left);
    float all = 0;

    a->width = cell.right - cell.left;
    a->n = n;
    a->inked = copying->inked;
    if (copying->exact || a->width > ALIKE_WIDEST || t->alike[0] != 1 ||
        (size_t)cell.bottom * t->width - (size_t)(t->width - cell.left) + 8 > (size_t)t->width * t->height) {
        return false;
    }
    for (int k = 0; k < n; k++) {
        const size_t at = (size_t)(cell.top + list[k].y) * t->width + (size_t)(cell.left + list[k].x);

        if (!lac_transfer_inside(cell, list[k].x, list[k].y, t->width, t->height)) {
            return false;
        }
        a->of_gray[k] = refs[list[k].ref]->gray + at;
        a->of_rgb[k] = refs[list[k].ref]->rgb + at * 3;
        all += list[k].weight;
    }
    a->gray = first_bytes(a->width);
    a->rgb = first_bytes(bytes);
    a->last = a->width > 8 ? a->width - 8 : 0;
    for (int i = 0; i < LOADS; i++) {
        a->at[i] = bytes < 8 ? 0 : 8 * i < bytes - 8 ? 8 * i : bytes - 8;
    }
    return all > 0;
}

/* Row `down` of the cell; gray: the frame's there. */
static bool alike_row(const Alike *a, ptrdiff_t down, int stride, const uint8_t *gray)
{
    const uint64_t own = eight(gray) & a->gray, end = eight(gray + a->last) & a->gray;
    uint64_t rgb[LOADS], differ = a->inked ? 0 : (own ^ a->gray) | (end ^ a->gray); /* paper alone is no line */

    for (int i = 0; i < LOADS; i++) {
        rgb[i] = eight(a->of_rgb[0] + down * stride * 3 + a->at[i]);
    }
    for (int k = 0; k < a->n && !differ; k++) {
        const uint8_t *g = a->of_gray[k] + down * stride, *c = a->of_rgb[k] + down * stride * 3;
        uint64_t colours = 0;

        for (int i = 0; i < LOADS; i++) {
            colours |= eight(c + a->at[i]) ^ rgb[i];
        }
        differ |= ((eight(g) ^ own) | (eight(g + a->last) ^ end)) & a->gray;
        differ |= colours & a->rgb;
    }
    return !differ;
}

static void copy_sure(const uint8_t *rgb, int width, uint8_t *out)
{
    for (int x = 0; x < width; x++) {
        memcpy(out + (ptrdiff_t)x * 4, rgb + (ptrdiff_t)x * 3, 4);
        out[x * 4 + 3] = 255;
    }
}

void lac_transfer_copy(const LacTransfer *t, LacTransferRef *const *refs, const LacSource *list, int n, LacBox cell,
                       const LacCopying *copying)
{
    Alike a;
    const bool can_be = alike_open(&a, t, refs, list, n, cell, copying);

    for (int y = cell.top; y < cell.bottom; y++) {
        const size_t at = (size_t)y * t->width + (size_t)cell.left;
        const ptrdiff_t down = y - cell.top;

        if (can_be && alike_row(&a, down, t->width, copying->gray + at)) {
            copy_sure(a.of_rgb[0] + down * t->width * 3, a.width, copying->out + at * 4);
        } else {
            copy_row(t, refs, list, n, y, cell.left, cell.right, copying);
        }
    }
}
