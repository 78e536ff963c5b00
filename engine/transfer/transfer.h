/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The references' own pixels, carried along the fields of match.h to native size (docs/match.md). */
#ifndef LAC_TRANSFER_H
#define LAC_TRANSFER_H

#include "gpu/gpu.h"
#include "picture/rgba.h"
#include "regions/vote_ref.h"

/* The fields are sought with this short side at most: larger ones cost more and bring little. */
enum { LAC_MATCH_SIZE = 256 };

typedef struct LacTransfer LacTransfer;

/* What is kept of a reference: described at match size, its pictures at the video's size. */
typedef struct LacTransferRef {
    int8_t *described;
    LacGpuCopy described_there, rgb_there, gray_there, vote_there;
    uint8_t *rgb;  /* [height][width][3] */
    uint16_t *rgba; /* [height][width][4] straight, or NULL: rgb holds all there is */
    uint8_t *gray; /* [height][width] line art */
    uint32_t *tints; /* where it is plain (transfer_plain.h); NULL where a GPU copies */
    bool local;    /* a frame of the video, not a model sheet */
    LacVoteRef *vote; /* its regions; NULL until asked for (vote_frame.h) */
} LacTransferRef;

/* For native pictures of width x height, a prediction of net_width x net_height, and up to `count` references a frame.
 * Everything is allocated here. LAC_ENOMEM is logged; *t is then NULL. */
int lac_transfer_open(LacTransfer **t, int width, int height, int net_width, int net_height, int count, int threads,
                      const LacLog *log);
void lac_transfer_close(LacTransfer **t);

/* The search runs on the GPU from now on; lac_gpu_lineart then comes before each lac_transfer_run, and the references go
 * before the gpu. NULL: nothing changes. */
void lac_transfer_use(LacTransfer *t, LacGpu *gpu);

/* Prepares a reference, whose pictures may have other sizes than the video; exact: NULL or of the size of color. *out is
 * NULL on failure; freed by the caller, before or after the transfer. */
int lac_transfer_ref(LacTransfer *t, const LacImage *color, const LacRgba *exact, const LacImage *line, bool local,
                     LacTransferRef **out);
void lac_transfer_ref_free(LacTransferRef **ref);

/* Whose fields the last lac_transfer_run left. */
const LacMatcher *lac_transfer_matcher(const LacTransfer *t);

/* rgb [net_height][net_width][3]: the prediction, not looked at where lac_gpu_has LAC_GPU_MATCH; gray [height][width]: native line art; lag [count]: lac_refs_lag.
 * inked: lines are carried too; otherwise only what lies between the references' lines. -> out [height][width][4]: R, G,
 * B, and how sure that is, 0..255; exact [height][width][4], where not NULL: the same with the references' alpha and 16
 * bits, straight RGBA. out may be NULL, without exact, where lac_gpu_has LAC_GPU_COPY: it stays there, and so do the fields. Fails only
 * where a GPU does, logged. */
int lac_transfer_run(LacTransfer *t, const float *rgb, const uint8_t *gray, LacTransferRef *const *refs,
                     const float *lag, int count, bool inked, uint8_t *out, uint16_t *exact);

#endif
