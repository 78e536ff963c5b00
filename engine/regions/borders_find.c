/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps 2 and 3 of borders.h: patches, their impossible borders and what they take. */
#include <stdlib.h>
#include <string.h>

#include "regions/borders_pairs.h"
#include "regions/components.h"

enum { IN = 1, TAKEN = 2 }; /* marks of cells that are to take a colour, and of those that have in this round */

/* Whether the references have no such pair, or too few for what the frame has. */
static bool impossible(const LacBorders *b, const uint8_t *const *tables, int n, uint32_t one, uint32_t other)
{
    const int k = pair_of(one, other);
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

/* The first cell of a set is its root. */
static void join(int32_t *set, int32_t i, int32_t j)
{
    i = lac_root(set, i);
    j = lac_root(set, j);
    if (i < j) {
        set[j] = i;
    } else {
        set[i] = j;
    }
}

static bool same(uint32_t a, uint32_t b)
{
    return !inked(a | b) && lac_borders_apart(a, b) <= LAC_BORDERS_SAME;
}

static bool no_line(uint32_t a, uint32_t b)
{
    return !inked(a | b);
}

/* Cells that hang together by `joined` -> the first of each such set, for all of them. */
static void find_sets(const LacBorders *b, bool (*joined)(uint32_t, uint32_t), int32_t *first)
{
    const int w = b->columns, n = w * b->rows;

    for (int i = 0; i < n; i++) {
        first[i] = i;
        if (i % w && joined(b->now[i], b->now[i - 1])) {
            join(first, i, i - 1);
        }
        if (i >= w && joined(b->now[i], b->now[i - w])) {
            join(first, i, i - w);
        }
    }
    for (int i = 0; i < n; i++) {
        first[i] = lac_root(first, i);
    }
}

/* room and extent. */
static void find_rooms(LacBorders *b)
{
    const int n = b->columns * b->rows;

    find_sets(b, no_line, b->room);
    memset(b->extent, 0, (size_t)n * sizeof *b->extent);
    for (int i = 0; i < n; i++) {
        b->extent[b->room[i]]++;
    }
}

/* patch, area and rim of b->now. */
static void find_patches(LacBorders *b)
{
    const int w = b->columns, n = w * b->rows;

    find_sets(b, same, b->patch);
    memset(b->area, 0, (size_t)n * sizeof *b->area);
    memset(b->rim, 0, (size_t)n * sizeof *b->rim);
    for (int i = 0; i < n; i++) {
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
            (int64_t)b->area[one.small] * LAC_BORDERS_ROOM <= b->extent[b->room[one.small]]) {
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
    lac_borders_count(b, b->now);
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
    find_rooms(b);
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
