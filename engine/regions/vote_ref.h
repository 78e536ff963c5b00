/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reference as the regions of a frame see it: its own regions and their colours, made once. */
#ifndef LAC_VOTE_REF_H
#define LAC_VOTE_REF_H

#include "match/match.h"
#include "math/vote_math.h"
#include "regions/palette.h"

/* Number of pixels of one region in one bin. */
typedef struct LacVoteBin {
    uint16_t bin;
    int32_t far, beside; /* from lines */
} LacVoteBin;

typedef struct LacVoteRef {
    int width, height, count;
    int32_t *label; /* [height][width] as LacRegions */
    size_t *first; /* [count + 2] where a region's bins begin in `bins`; [count + 1]: the end of the
                      last */
    LacVoteBin *bins;
    LacPalette palette; /* empty unless asked for */
    int32_t *area;   /* [count + 1] pixels of its regions */
    uint8_t *borders; /* [LAC_BORDERS_TABLE] its pairs of colours (borders.h) */
    int32_t *number; /* [count + 1] of its regions (identity.h); 0: none yet */
} LacVoteRef;

/* Regions of the reference's line art and its dense RGB picture of the same size -> a copy of all
 * that is needed, `borders` aside. palette: lac_flat_run needs it, and it takes longer than all the rest. LAC_ENOMEM is logged;
 * *ref is then empty. */
int lac_vote_ref_open(LacVoteRef *ref, const LacRegions *regions, const uint8_t *rgb, bool palette, const LacLog *log);
void lac_vote_ref_close(LacVoteRef *ref);

/* How a frame sees a reference. */
typedef struct LacVoteSource {
    LacVoteRef *ref;            /* of the frame's size */
    const LacMatchField *field; /* of network size */
    const uint8_t *rgb;         /* the reference's dense RGB picture, of the frame's size */
} LacVoteSource;

#endif
