/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the vote share: the colours of a region's origins, and which of its pixels are to change. */
#ifndef LAC_VOTE_STATE_H
#define LAC_VOTE_STATE_H

#include "regions/vote.h"
#include "regions/vote_bins.h"

typedef struct LacVoteDensity {
    uint32_t smooth, raw;
} LacVoteDensity;

/* Colours of a region's origins. */
typedef struct LacVoteColours {
    uint32_t raw[LAC_VOTE_BINS], smooth[LAC_VOTE_BINS]; /* 0 between regions */
    uint16_t touched[LAC_VOTE_BINS];
    LacVoteDensity list[LAC_VOTE_BINS];
} LacVoteColours;

/* Step 3's decision for region c: the states of its pixels, where colours of a smoothed density of `least` or more are backed.
 * Returns the share that is backed; *bad: whether some are not to stay. */
float lac_vote_judge(LacVote *v, const LacVoteColours *colours, const LacRegions *r, const LacOrigins *o,
                     const LacVoteSource *sources, int c, uint32_t least, const uint8_t *rgb, bool *bad);

#endif
