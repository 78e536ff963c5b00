/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each region of a frame keeps the colours that the reference regions it comes from have, and loses
 * the others. */
#ifndef LAC_VOTE_H
#define LAC_VOTE_H

#include "math/vote_math.h"
#include "regions/origin.h"

/* How it works. A candidate picture (painted or transferred) is right over most of a region and
 * wrong in blotches.
 * 1. Reference regions with a share of LAC_ORIGIN_SHARE or more of the votes of origin.h (or the first,
 * where none has it) are the region's origin.
 * 2. The colours of its origins far from lines, all references alike, form a histogram of 32x32x32
 * bins. The densest bins, smoothed over 3x3x3, that hold all but LAC_VOTE_STRANGE of it are backed.
 * Shades without a line of their own, textures and gradients are in the references and so are
 * backed; mixtures and colours of other regions are not. So is a pixel that has the colour (within
 * LAC_VOTE_ALIKE levels) of its partner in a reference, where that lies in an origin: small things without
 * a line of their own.
 * 3. Islands of LAC_VOTE_ISLAND pixels and more that are not backed, with what is not backed beside
 * lines within three steps of them, take the nearest backed colour of the region, walking inside
 * it (of several as near the one that comes from above, else left, right, below). Other pixels
 * beside lines stay: part of a line may be in them. A region with less than LAC_VOTE_BACKED of its pixels backed stays as it is: its origin is not to be trusted. So do black
 * areas and lines.
 * Regions do not look at each other: threads take one after the other, and the bytes are the same for any number of
 * them. */

/* Scratch for pictures of one size. */
typedef struct LacVote {
    int width, height, threads;
    int32_t *queue;      /* pixels, of each region where LacOrigins has its pixels */
    int32_t *from;       /* [height][width] the pixel whose colour a changed pixel took */
    uint8_t *state;      /* [height][width] */
    struct LacVoteColours *colours; /* [threads] */
    float *backed;       /* [regions + 1] of the last run: share of its pixels that were backed */
    size_t room;
} LacVote;

/* LAC_ENOMEM is logged; *v is then empty. */
int lac_vote_open(LacVote *v, int width, int height, int threads, const LacLog *log);
void lac_vote_close(LacVote *v);

/* Room for what `backed` says of the regions, where another than lac_vote_run fills it in. LAC_ENOMEM is logged. */
int lac_vote_fit(LacVote *v, const LacRegions *regions, const LacLog *log);

/* rgb: the candidate, dense and native, changed in place; gray: the line art that `regions` were
 * found in; origins: of these regions in these sources. Returns the number of pixels changed, or LAC_ENOMEM, logged, with rgb as it was. */
int lac_vote_run(LacVote *v, const LacRegions *regions, const uint8_t *gray,
                 const LacOrigins *origins, const LacVoteSource *sources, uint8_t *rgb,
                 const LacLog *log);

#endif
