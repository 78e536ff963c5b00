/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each region of a frame keeps the colours that the reference regions it comes from have, and loses
 * the others. */
#ifndef LAC_VOTE_H
#define LAC_VOTE_H

#include "match.h"
#include "regions.h"

/* How it works. A candidate picture (painted or transferred) is right over most of a region and
 * wrong in blotches.
 * 1. The pixels of a frame's region vote, along the correspondence field of each reference, for the
 * regions of that reference they come from: weight d / (1 + 10 cost), d the distance from lines.
 * Reference regions with a share of LAC_VOTE_SHARE or more (or the first, where none has it) are
 * the region's origin.
 * 2. The colours of its origins far from lines, all references alike, form a histogram of 32x32x32
 * bins. The densest bins, smoothed over 3x3x3, that hold all but LAC_VOTE_STRANGE of it are backed.
 * Shades without a line of their own, textures and gradients are in the references and so are
 * backed; mixtures and colours of other regions are not.
 * 3. Islands of LAC_VOTE_ISLAND pixels and more that are not backed, with what is not backed beside
 * lines within three steps of them, take the nearest backed colour of the region, walking inside
 * it. Other pixels beside lines stay: part of a line may be in them. A region with less than
 * LAC_VOTE_BACKED of its pixels backed stays as it is: its origin is not to be trusted. So do black
 * areas and lines. One thread; the same bytes every time. */
#define LAC_VOTE_SHARE 0.12f
#define LAC_VOTE_STRANGE 0.003f
#define LAC_VOTE_ISLAND 6
#define LAC_VOTE_BACKED 0.4f

enum { LAC_VOTE_BINS = 32 * 32 * 32 };

/* Number of pixels of one region in one bin. */
typedef struct LacVoteBin {
    uint16_t bin;
    int32_t far, beside; /* from lines */
} LacVoteBin;

/* A reference: its regions and their colours, made once. */
typedef struct LacVoteRef {
    int width, height, count;
    int32_t *label; /* [height][width] as LacRegions */
    size_t *first; /* [count + 2] where a region's bins begin in `bins`; [count + 1]: the end of the
                      last */
    LacVoteBin *bins;
} LacVoteRef;

/* Regions of the reference's line art and its dense RGB picture of the same size -> a copy of all
 * that is needed. LAC_ENOMEM is logged; *ref is then empty. */
int lac_vote_ref_open(LacVoteRef *ref, const LacRegions *regions, const uint8_t *rgb,
                      const LacLog *log);
void lac_vote_ref_close(LacVoteRef *ref);

/* How a frame sees a reference. */
typedef struct LacVoteSource {
    const LacVoteRef *ref;      /* of the frame's size */
    const LacMatchField *field; /* of network size */
} LacVoteSource;

/* Scratch for pictures of one size. */
typedef struct LacVote {
    int width, height, net_width, net_height;
    int32_t *order;      /* pixels by region */
    int32_t *from;       /* [height][width] the pixel whose colour a pixel takes */
    uint8_t *state;      /* [height][width] */
    float *raw, *smooth; /* [LAC_VOTE_BINS] */
    uint16_t *touched;
} LacVote;

/* LAC_ENOMEM is logged; *v is then empty. */
int lac_vote_open(LacVote *v, int width, int height, int net_width, int net_height,
                  const LacLog *log);
void lac_vote_close(LacVote *v);

/* rgb: the candidate, dense and native, changed in place; gray: the line art that `regions` were
 * found in. Returns the number of pixels changed, or LAC_ENOMEM, logged, with rgb as it was. */
int lac_vote_run(LacVote *v, const LacRegions *regions, const uint8_t *gray,
                 const LacVoteSource *sources, int count, uint8_t *rgb, const LacLog *log);

#endif
