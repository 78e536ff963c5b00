/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions for the frames of a video: those of each frame and of its references, where they come from,
 * the painted picture mended by the vote, and how sure each region is. */
#ifndef LAC_VOTE_FRAME_H
#define LAC_VOTE_FRAME_H

#include "regions/borders.h"
#include "regions/confidence.h"
#include "regions/flat.h"
#include "regions/identity.h"
#include "regions/vote.h"
#include "transfer/transfer.h"

typedef struct LacVoteFrame {
    LacRegions regions;
    LacOrigins origins;
    LacVote vote;
    LacBorders borders;
    LacFlat flat; /* open where flat.class is not NULL */
    LacConfidence confidence;
    LacIdentity identity; /* open where identity.previous is not NULL */
    uint8_t *rgb; /* dense; scratch of whoever has the frame */
    const LacLog *log;
} LacVoteFrame;

/* A frame as lac_transfer_run and lac_paint_run left it. */
typedef struct LacVoteInput {
    const LacTransfer *transfer;
    LacTransferRef *const *refs; /* those of lac_transfer_run */
    const float *lag;            /* their lags */
    int count;
    const uint8_t *gray, *black; /* black: gray without coloured ink (ink.h) */
    const uint8_t *transferred;
    const float *prediction; /* [prediction_height][prediction_width][3] in [-1, 1] */
    int prediction_width, prediction_height;
    enum LacFill fill; /* AUTO: vote, FLAT: flat colours, the others leave the picture */
    enum LacLines lines;
    const LacLineColour *ink;
    LacGpu *gpu; /* it has painted the frame and is to vote; what it does not need is not looked at, `out` is only written, or may be NULL */
    bool labels; /* of the frame are asked for: regions are found on the host */
} LacVoteInput;

/* For native pictures of width x height and the fields of `transfer`; gap as lac_regions_open; flat: for
 * LAC_FILL_FLAT; follow: regions get numbers. LAC_ENOMEM is logged; *f is then safe to close. */
int lac_vote_frame_open(LacVoteFrame *f, int width, int height, int gap, bool flat, bool follow,
                        const LacTransfer *transfer, const LacLog *log);
void lac_vote_frame_close(LacVoteFrame *f);

/* out, rows of RGB24 `stride` bytes apart, is the painted frame and is changed in place; regions,
 * origins and confidence are then this frame's. A reference's regions are found when it is first used
 * and kept in it. LAC_ENOMEM is logged. */
int lac_vote_frame_run(LacVoteFrame *f, const LacVoteInput *in, uint8_t *out, ptrdiff_t stride);

/* After lac_vote_frame_run, and what followed it: patches of the picture with impossible borders give way (borders.h). exact:
 * [height][width][4] that changes as `out` does, or NULL. */
void lac_vote_frame_borders(LacVoteFrame *f, const LacVoteInput *in, uint8_t *out, ptrdiff_t stride, uint16_t *exact);

/* The frame is a reference: regions and their numbers are then the reference's. For a LacVoteFrame that
 * follows regions. LAC_ENOMEM is logged. */
int lac_vote_frame_reference(LacVoteFrame *f, LacTransferRef *ref);

#endif
