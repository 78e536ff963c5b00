/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vote for the frames of a video: regions of each frame and of its references, and the painted
 * picture mended. */
#ifndef LAC_VOTE_FRAME_H
#define LAC_VOTE_FRAME_H

#include "transfer.h"
#include "vote.h"

typedef struct LacVoteFrame {
    LacRegions regions;
    LacVote vote;
    uint8_t *rgb; /* dense */
    const LacLog *log;
} LacVoteFrame;

/* For native pictures of width x height and the fields of `transfer`; gap as lac_regions_open.
 * LAC_ENOMEM is logged; *f is then safe to close. */
int lac_vote_frame_open(LacVoteFrame *f, int width, int height, int gap,
                        const LacTransfer *transfer, const LacLog *log);
void lac_vote_frame_close(LacVoteFrame *f);

/* After lac_transfer_run with the same references: out, rows of RGB24 `stride` bytes apart, is the
 * painted frame and is changed in place. A reference's regions are found when it is first used and
 * kept in it. LAC_ENOMEM is logged. */
int lac_vote_frame_run(LacVoteFrame *f, const LacTransfer *transfer, LacTransferRef *const *refs,
                       int count, const uint8_t *gray, uint8_t *out, ptrdiff_t stride);

#endif
