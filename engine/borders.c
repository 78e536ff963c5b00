/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells, pairs, patches and what they take; borders.h says how it works. */
#include "borders.h"

#include <stdlib.h>
#include <string.h>

#include "components.h"

enum { IN = 1, TAKEN = 2 }; /* marks of cells that are to take a colour, and of those that have in this round */

int lac_borders_open(LacBorders *b, int width, int height, int threads, const LacLog *log)
{
    const int step = lac_borders_step(width, height);
    size_t n;

    *b = (LacBorders){ .width = width, .height = height, .step = step, .columns = width / step, .rows = height / step,
                       .threads = threads };
    n = (size_t)b->columns * b->rows;
    b->cell = lac_alloc(n, sizeof *b->cell);
    b->place = lac_alloc(n, sizeof *b->place);
    b->source = lac_alloc(n, sizeof *b->source);
    b->now = lac_alloc(n, sizeof *b->now);
    b->patch = lac_alloc(n, sizeof *b->patch);
    b->area = lac_alloc(n, sizeof *b->area);
    b->rim = lac_alloc(n, sizeof *b->rim);
    b->list = lac_alloc(n, sizeof *b->list);
    b->queue = lac_alloc(n, sizeof *b->queue);
    b->next = lac_alloc(n, 2 * sizeof *b->next);
    b->mark = lac_calloc(n, 1);
    b->pair = lac_alloc(n, 2 * sizeof *b->pair);
    b->met = lac_alloc(LAC_BORDERS_TABLE, sizeof *b->met);
    if (!b->cell || !b->place || !b->source || !b->now || !b->patch || !b->area || !b->rim || !b->list || !b->queue ||
        !b->next || !b->mark || !b->pair || !b->met) {
        lac_borders_close(b);
        return lac_fail(log, LAC_ENOMEM, "no memory for the patches of frames of %dx%d", width, height);
    }
    return LAC_OK;
}

void lac_borders_close(LacBorders *b)
{
    lac_free(b->cell);
    lac_free(b->place);
    lac_free(b->source);
    lac_free(b->now);
    lac_free(b->patch);
    lac_free(b->area);
    lac_free(b->rim);
    lac_free(b->list);
    lac_free(b->queue);
    lac_free(b->next);
    lac_free(b->mark);
    lac_free(b->pair);
    lac_free(b->met);
    *b = (LacBorders){ 0 };
}

void lac_borders_cells(LacBorders *b, const uint8_t *gray, int threshold, const uint8_t *rgb, ptrdiff_t stride)
{
#pragma omp parallel for num_threads(b->threads) schedule(static)
    for (int y = 0; y < b->rows; y++) {
        for (int x = 0; x < b->columns; x++) {
            const size_t i = (size_t)y * b->columns + x;

            b->cell[i] = lac_borders_cell(gray, b->width, threshold, rgb, stride, b->step, x, y, &b->place[i]);
        }
    }
}

static bool inked(uint32_t cell)
{
    return cell & LAC_BORDERS_INK;
}

static int bin(uint32_t cell)
{
    return (int)((cell >> 21 & 7) << 6 | (cell >> 13 & 7) << 3 | (cell >> 5 & 7));
}

/* ---- pairs ---- */

/* Whether cells i, i + beside and i + 2 * beside have no line: the first and the last are a pair. */
static bool is_pair(const uint32_t *cell, int i, int beside)
{
    return !inked(cell[i] | cell[i + beside] | cell[i + LAC_BORDERS_REACH * beside]);
}

/* Where a table has the pairs of two colours. */
static int at(uint32_t a, uint32_t b)
{
    const int p = bin(a), q = bin(b);

    return p < q ? p * LAC_BORDERS_BINS + q : q * LAC_BORDERS_BINS + p;
}

/* Pairs of these cells -> b->met. */
static void count_pairs(LacBorders *b, const uint32_t *cell)
{
    const int w = b->columns;

    memset(b->met, 0, LAC_BORDERS_TABLE * sizeof *b->met);
    for (int i = 0; i < w * b->rows; i++) {
        for (int along = 0; along < 2; along++) {
            const int beside = along ? w : 1, room = along ? b->rows - i / w : w - i % w;

            if (room > LAC_BORDERS_REACH && is_pair(cell, i, beside)) {
                uint16_t *n = &b->met[at(cell[i], cell[i + LAC_BORDERS_REACH * beside])];

                *n = (uint16_t)(*n < UINT16_MAX ? *n + 1 : UINT16_MAX);
            }
        }
    }
}

void lac_borders_learn(LacBorders *b, uint8_t *table)
{
    count_pairs(b, b->cell);
    for (int i = 0; i < LAC_BORDERS_TABLE; i++) {
        table[i] = (uint8_t)(b->met[i] < LAC_BORDERS_PLENTY ? b->met[i] : LAC_BORDERS_PLENTY);
    }
}

/* Whether the references have no such pair, or too few for what the frame has. */
static bool impossible(const LacBorders *b, const uint8_t *const *tables, int n, uint32_t one, uint32_t other)
{
    const int k = at(one, other);
    int sum = 0;

    for (int i = 0; i < n; i++) {
        if (tables[i][k] == LAC_BORDERS_PLENTY) {
            return false;
        }
        sum += tables[i][k];
    }
    return sum < LAC_BORDERS_KNOWN || b->met[k] * n > sum * LAC_BORDERS_MORE;
}

/* ---- patches ---- */

/* The first cell of a patch is its root. */
static void join(int32_t *patch, int32_t i, int32_t j)
{
    i = lac_root(patch, i);
    j = lac_root(patch, j);
    if (i < j) {
        patch[j] = i;
    } else {
        patch[i] = j;
    }
}

static bool same(uint32_t a, uint32_t b)
{
    return !inked(a | b) && lac_borders_apart(a, b) <= LAC_BORDERS_SAME;
}

/* patch, area and rim of b->now. */
static void find_patches(LacBorders *b)
{
    const int w = b->columns, n = w * b->rows;

    for (int i = 0; i < n; i++) {
        b->patch[i] = i;
        if (i % w && same(b->now[i], b->now[i - 1])) {
            join(b->patch, i, i - 1);
        }
        if (i >= w && same(b->now[i], b->now[i - w])) {
            join(b->patch, i, i - w);
        }
    }
    memset(b->area, 0, (size_t)n * sizeof *b->area);
    memset(b->rim, 0, (size_t)n * sizeof *b->rim);
    for (int i = 0; i < n; i++) {
        b->patch[i] = lac_root(b->patch, i);
        b->area[b->patch[i]]++;
        for (int along = 0; along < 2; along++) {
            const int j = along ? i - w : i - 1;

            if ((along ? j >= 0 : i % w) && b->patch[i] != b->patch[j]) {
                b->rim[b->patch[i]]++;
                b->rim[b->patch[j]]++;
            }
        }
    }
}

/* An impossible border: so many pairs between a patch and a larger one. */
typedef struct Border {
    int32_t small, large, pairs;
    int32_t rim;
} Border;

/* Larger share of the rim first. */
static int by_share(const void *a, const void *b)
{
    const Border *p = a, *q = b;
    const int64_t x = (int64_t)p->pairs * q->rim, y = (int64_t)q->pairs * p->rim;

    return x != y ? (x < y) - (x > y) : p->small != q->small ? (p->small > q->small) - (p->small < q->small)
                                                            : (p->large > q->large) - (p->large < q->large);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

    return (p > q) - (p < q);
}

/* Pairs of impossible borders -> b->pair, the smaller patch in the upper half. Returns their number. */
static size_t find_pairs(LacBorders *b, const uint8_t *const *tables, int count)
{
    const int w = b->columns;
    size_t n = 0;

    for (int i = 0; i < w * b->rows; i++) {
        for (int along = 0; along < 2; along++) {
            const int beside = along ? w : 1, room = along ? b->rows - i / w : w - i % w, j = i + LAC_BORDERS_REACH * beside;

            if (room > LAC_BORDERS_REACH && is_pair(b->now, i, beside) && b->patch[i] != b->patch[j] &&
                lac_borders_apart(b->now[i], b->now[j]) > LAC_BORDERS_OTHER && impossible(b, tables, count, b->now[i], b->now[j])) {
                const int32_t p = b->patch[i], q = b->patch[j];
                const bool first = b->area[p] != b->area[q] ? b->area[p] < b->area[q] : p < q;

                b->pair[n++] = (uint64_t)(first ? p : q) << 32 | (uint32_t)(first ? q : p);
            }
        }
    }
    return n;
}

/* Those of b->pair that count, the surest first -> the beginning of b->pair. */
static size_t find_borders(LacBorders *b, size_t pairs)
{
    Border *border = (Border *)b->pair; /* one has at least two pairs: what is read lies ahead of what is written */
    size_t n = 0;

    qsort(b->pair, pairs, sizeof *b->pair, by_number);
    for (size_t i = 0, end; i < pairs; i = end) {
        Border one = { (int32_t)(b->pair[i] >> 32), (int32_t)(b->pair[i] & UINT32_MAX), 0, 0 };

        for (end = i; end < pairs && b->pair[end] == b->pair[i]; end++) {
        }
        one.pairs = (int32_t)(end - i);
        one.rim = b->rim[one.small];
        if (one.pairs >= LAC_BORDERS_KNOWN && (int64_t)one.pairs * 100 >= (int64_t)one.rim * LAC_BORDERS_SHARE * LAC_BORDERS_REACH &&
            (int64_t)b->area[one.small] * LAC_BORDERS_LARGER <= b->area[one.large]) {
            border[n++] = one;
        }
    }
    qsort(border, n, sizeof *border, by_share);
    return n;
}

/* ---- what they take ---- */

/* The cells beside i -> beside[4]; returns their number. */
static int neighbours(const LacBorders *b, int32_t i, int32_t *beside)
{
    const int w = b->columns, x = i % w, y = i / w;
    int n = 0;

    if (y > 0) {
        beside[n++] = i - w;
    }
    if (x > 0) {
        beside[n++] = i - 1;
    }
    if (x + 1 < w) {
        beside[n++] = i + 1;
    }
    if (y + 1 < b->rows) {
        beside[n++] = i + w;
    }
    return n;
}

/* The cells of a patch, and those without a line beside them that are not `large`'s -> b->list, marked IN. */
static size_t list_cells(LacBorders *b, int32_t small, int32_t large)
{
    size_t n = 0, own;
    int32_t beside[4];

    b->list[n++] = small;
    b->mark[small] = IN;
    for (size_t k = 0; k < n; k++) {
        for (int d = neighbours(b, b->list[k], beside); d-- > 0;) {
            if (b->patch[beside[d]] == small && !b->mark[beside[d]]) {
                b->mark[beside[d]] = IN;
                b->list[n++] = beside[d];
            }
        }
    }
    own = n;
    for (size_t k = 0; k < own; k++) {
        for (int d = neighbours(b, b->list[k], beside); d-- > 0;) {
            if (!b->mark[beside[d]] && b->patch[beside[d]] != large && !inked(b->now[beside[d]])) {
                b->mark[beside[d]] = IN;
                b->list[n++] = beside[d];
            }
        }
    }
    return n;
}

/* The patch takes the colours of `large`, from there inward -> `changes` entries of b->next and on. Returns their number. */
static size_t take(LacBorders *b, int32_t small, int32_t large, size_t changes)
{
    const size_t n = list_cells(b, small, large);
    size_t end = 0;
    int32_t beside[4];

    for (size_t k = 0; k < n; k++) {
        for (int d = neighbours(b, b->list[k], beside); d-- > 0;) {
            if (b->patch[beside[d]] == large && b->mark[b->list[k]] == IN) {
                b->mark[b->list[k]] = TAKEN;
                b->next[2 * (changes + end)] = b->list[k];
                b->next[2 * (changes + end) + 1] = b->source[beside[d]];
                end++;
            }
        }
    }
    for (size_t k = 0; k < end; k++) {
        const int32_t *from = &b->next[2 * (changes + k)];

        for (int d = neighbours(b, from[0], beside); d-- > 0;) {
            if (b->mark[beside[d]] == IN) {
                b->mark[beside[d]] = TAKEN;
                b->next[2 * (changes + end)] = beside[d];
                b->next[2 * (changes + end) + 1] = from[1];
                end++;
            }
        }
    }
    for (size_t k = 0; k < n; k++) {
        b->mark[b->list[k]] &= TAKEN;
    }
    return end;
}

/* One round; returns the number of cells it changes. */
static size_t find_round(LacBorders *b, const uint8_t *const *tables, int count)
{
    size_t borders, changes = 0;

    find_patches(b);
    count_pairs(b, b->now);
    borders = find_borders(b, find_pairs(b, tables, count));
    for (size_t k = 0; k < borders; k++) {
        const Border one = ((const Border *)b->pair)[k];

        /* neither has changed or passed into another */
        if (!b->mark[one.small] && !b->mark[one.large]) {
            changes += take(b, one.small, one.large, changes);
        }
    }
    for (size_t k = 0; k < changes; k++) {
        const int32_t i = b->next[2 * k], source = b->next[2 * k + 1];

        b->mark[i] = 0;
        b->source[i] = source;
        b->now[i] = b->cell[source];
    }
    return changes;
}

int lac_borders_find(LacBorders *b, const uint8_t *const *tables, int count)
{
    const int n = b->columns * b->rows;
    int changed = 0;

    memcpy(b->now, b->cell, (size_t)n * sizeof *b->now);
    for (int i = 0; i < n; i++) {
        b->source[i] = i;
    }
    for (int round = 0; round < LAC_BORDERS_ROUNDS && find_round(b, tables, count); round++) {
    }
    for (int i = 0; i < n; i++) { /* a source of an early round may have changed in a later one */
        for (int k = 1; k < LAC_BORDERS_ROUNDS; k++) {
            b->source[i] = b->source[b->source[i]];
        }
        b->source[i] = b->source[b->source[i]] == b->source[i] ? b->source[i] : i;
        changed += b->source[i] != i;
    }
    return changed;
}

void lac_borders_apply(const LacBorders *b, const uint8_t *gray, int threshold, uint8_t *rgb, ptrdiff_t stride,
                       uint16_t *exact)
{
    const LacBordersPaint paint = { b->width, b->columns, b->rows, b->step, threshold, b->cell, b->place, b->source, gray, rgb,
                                    stride, exact };

#pragma omp parallel for num_threads(b->threads) schedule(static)
    for (int i = 0; i < b->columns * b->rows; i++) {
        lac_borders_paint(&paint, i);
    }
}
