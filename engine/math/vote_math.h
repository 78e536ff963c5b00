/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about votes by region, pixel by pixel; vote.h and confidence.h have the rules. */
#ifndef LAC_VOTE_MATH_H
#define LAC_VOTE_MATH_H

#include <stdbool.h>

#include "math/number.h"

enum {
    LAC_VOTE_BINS = 32 * 32 * 32,
    LAC_VOTE_FAR = 4, /* squared distance from which a pixel is far from lines: nothing of them is mixed into it */
    LAC_VOTE_FEW = 6, /* fewer pixels far from lines than these: all count */
    LAC_VOTE_STRANGE = 3, /* thousandths */
    LAC_VOTE_ISLAND = 6,
    LAC_VOTE_ALIKE = 16,
    LAC_VOTE_SHARE = 1 << 26, /* of a share of a reference's pixels: shares are whole numbers, as votes are */
};
#define LAC_VOTE_BACKED 0.4f

/* What becomes of a pixel. */
enum LacVoteState {
    LAC_VOTE_GOOD,    /* backed, far from lines: others take its colour */
    LAC_VOTE_PLAIN,   /* stays as it is */
    LAC_VOTE_DOUBTED, /* beside lines, not backed: may be part of a line, stays unless beside something bad */
    LAC_VOTE_ALONE,   /* not backed, far from lines; its island not measured yet */
    LAC_VOTE_EDGE,    /* beside lines, not to stay */
    LAC_VOTE_BAD,     /* far from lines, not to stay */
};

/* Instead of the pixel whose colour one takes: none yet, one of this step of the fronts, and from TAKEN down the pixel, not to be
 * taken on before the next step. */
enum { LAC_VOTE_UNKNOWN = -1, LAC_VOTE_REACHED = -2, LAC_VOTE_TAKEN = -3 };

/* 5 bits of each channel. */
LAC_HD int lac_vote_bin(const uint8_t *rgb)
{
    return (rgb[0] >> 3) << 10 | (rgb[1] >> 3) << 5 | rgb[2] >> 3;
}

/* At least 1: a colour that is there counts, in the largest region too. */
LAC_HD uint32_t lac_vote_share(int32_t number, int64_t all)
{
    const int64_t share = all > 0 ? (int64_t)number * LAC_VOTE_SHARE / all : 0;

    return share < 1 ? 1 : (uint32_t)share;
}

/* Whether so many good pixels of those that count make a region's origins to be trusted. */
LAC_HD bool lac_vote_trusted(int64_t good, int64_t core)
{
    return good >= 4 && (float)good >= lac_product(LAC_VOTE_BACKED, (float)core);
}

/* The line's part of a pixel beside it stays. */
LAC_HD uint8_t lac_vote_mix(uint8_t own, uint8_t from, int gray)
{
    return (uint8_t)((from * gray + own * (255 - gray) + 127) / 255);
}

LAC_HD bool lac_vote_alike(const uint8_t *a, const uint8_t *b, int levels)
{
    bool alike = true;

    for (int c = 0; c < 3; c++) {
        const int d = a[c] - b[c];

        alike &= d <= levels && -d <= levels;
    }
    return alike;
}

/* ---- evidence (confidence.h) ---- */

enum {
    LAC_EVIDENCE_LIKE = 16,     /* levels within which two references give a pixel the same colour */
    LAC_EVIDENCE_FORESEEN = 32, /* levels from the prediction, which is soft */
    LAC_EVIDENCE_WHOLE = 12,    /* coherence 1: a number that halves, thirds and quarters make whole */
};

/* What is added up for a region, in whole numbers: any order gives the same. Then, for each source, the rest. */
enum { LAC_SUM_PIXELS, LAC_SUM_SURE, LAC_SUM_PREDICTED, LAC_SUM_SOURCES };
enum { LAC_SUM_AGREED, LAC_SUM_COHERENT, LAC_SUM_COST, LAC_SUMS };

/* Is the colour near the prediction's there? */
LAC_HD bool lac_vote_foreseen(const float *prediction, const uint8_t *rgb)
{
    bool near = true;

    for (int c = 0; c < 3; c++) {
        const float d = lac_product(prediction[c] + 1, 127.5f) - (float)rgb[c];

        near &= d <= LAC_EVIDENCE_FORESEEN && -d <= LAC_EVIDENCE_FORESEEN;
    }
    return near;
}

#endif
