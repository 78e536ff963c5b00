/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs of cells and their colours, for borders.c and borders_find.c. */
#ifndef LAC_BORDERS_PAIRS_H
#define LAC_BORDERS_PAIRS_H

#include "regions/borders.h"

static inline bool inked(uint32_t cell)
{
    return cell & LAC_BORDERS_INK;
}

static inline int bin(uint32_t cell)
{
    return (int)((cell >> 21 & 7) << 6 | (cell >> 13 & 7) << 3 | (cell >> 5 & 7));
}

/* Whether cells i, i + beside and i + 2 * beside have no line: the first and the last are a pair. */
static inline bool is_pair(const uint32_t *cell, int i, int beside)
{
    return !inked(cell[i] | cell[i + beside] | cell[i + LAC_BORDERS_REACH * beside]);
}

/* Where a table has the pairs of two colours. */
static inline int pair_of(uint32_t a, uint32_t b)
{
    const int p = bin(a), q = bin(b);

    return p < q ? p * LAC_BORDERS_BINS + q : q * LAC_BORDERS_BINS + p;
}

/* Pairs of these cells -> b->met. */
void lac_borders_count(LacBorders *b, const uint32_t *cell);

#endif
