/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a frame needs besides to be coloured with alpha and 16 bits; opened when the first such picture is asked for. */
#ifndef LAC_EXACT_H
#define LAC_EXACT_H

#include "alpha.h"
#include "paint/paint.h"
#include "picture/rgba.h"
#include "regions/flat.h"
#include "regions/vote.h"
#include "transfer/transfer.h"

typedef struct LacExact {
    int width, height, threads;
    LacAlpha alpha;        /* open where alpha.fill is not NULL */
    uint16_t *transferred; /* [height][width][4] straight RGBA, as `picture` */
    uint16_t *picture;
    uint8_t *rgb;          /* [height][width][3] the picture over white, on which the regions vote */
} LacExact;

/* alpha: the references have some; gap as lac_regions_open. LAC_ENOMEM is logged; *e is then safe to close. */
int lac_exact_open(LacExact *e, int width, int height, bool alpha, int gap, int threads, const LacLog *log);
void lac_exact_close(LacExact *e);

/* The picture follows what the vote has changed in e->rgb since it was painted: the same pixels are carried. */
void lac_exact_follow(LacExact *e, const LacVote *vote, const uint8_t *gray);

/* The picture follows what lac_flat_run has made of e->rgb: the very samples of the references `refs`, alpha included. */
void lac_exact_flat(LacExact *e, const LacFlat *flat, LacTransferRef *const *refs, const uint8_t *black,
                    enum LacLines lines, const LacLineColour *ink);

/* Into the caller's picture, any colour format. Colours of transparent pixels near visible ones are made those, so that
 * who resizes the picture sees no fringes. */
void lac_exact_write(LacExact *e, LacPaint *paint, LacPicture *out);

#endif
