/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One pass of match.c's search over one strip of rows, compiled once per instruction set (match_vec.h). */
#ifndef LAC_MATCH_SEARCH_H
#define LAC_MATCH_SEARCH_H

#include "match/match.h"

enum { LAC_MATCH_STRIP = 16 };

typedef struct LacMatchSearch {
    int width, height;
    const int8_t *frame, *ref; /* [height][width][LAC_MATCH_DIMS] */
    LacOffset *offset;
    int32_t *cost;
    const LacOffset *border; /* the row above the strip (even passes) or below it, as it was before the pass */
    int pass;                /* -1: the field begins with every pixel at its own place */
    int prior;               /* cost of a squared pixel of distance, times 1024 */
    int radius;              /* of the first window of the random search */
} LacMatchSearch;

typedef void LacMatchStrip(const LacMatchSearch *s, int strip);

LacMatchStrip lac_match_strip_base;
#if defined(__x86_64__)
LacMatchStrip lac_match_strip_avx2, lac_match_strip_avx512;
#endif

/* The fastest this CPU runs. All give the same field. */
LacMatchStrip *lac_match_strip_search(void);

/* Rows [*from, *to) of strip i. */
static inline void lac_match_strip(const LacMatchSearch *s, int i, int *from, int *to)
{
    const int y = i * LAC_MATCH_STRIP - (s->pass % 2 ? LAC_MATCH_STRIP / 2 : 0);

    *from = y < 0 ? 0 : y;
    *to = y + LAC_MATCH_STRIP < s->height ? y + LAC_MATCH_STRIP : s->height;
}

#endif
