/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The joint between the stages of a frame and a GPU that has kernels for some of them, beside the network: what it has runs
 * there, the others on the host, and this copies what the next one needs. A LacGpu is NULL where the device leaves every
 * stage to the host. A stage comes to the GPU by an entry in the table of ops/cuda/frames.h and a function here, which the
 * caller of its host function takes where lac_gpu_has says so. */
#ifndef LAC_GPU_H
#define LAC_GPU_H

#include "match/match.h"
#include "math/flat_math.h"
#include "ops/ops.h"
#include "paint/paint_cells.h"
#include "picture/lineart.h"
#include "regions/origin.h"

typedef struct LacGpu LacGpu;
struct LacBorders;

/* In the order of a frame. */
enum LacGpuStage {
    LAC_GPU_LINEART,
    LAC_GPU_MATCH,
    LAC_GPU_COPY,
    LAC_GPU_PAINT,
    LAC_GPU_REGIONS,
    LAC_GPU_VOTE,
    LAC_GPU_WINDOW,
    LAC_GPU_FORMATS,
    LAC_GPU_STAGES
};

/* Of something the host has, in device memory. Zeroed: none. */
typedef struct LacGpuCopy {
    LacGpu *gpu;
    void *data;
} LacGpuCopy;

/* Around every call of lac.h that may use the device: a host's CUDA context is current in between. They nest. */
int lac_gpu_enter(const LacDevice *dev);
void lac_gpu_leave(const LacDevice *dev);

/* Whether it works in a host's context, whose pictures it can read and write. */
bool lac_gpu_hosted(const LacDevice *dev);

/* For frames of width x height. *out is NULL, without an error, where dev has no stages. dev outlives it. */
int lac_gpu_open(LacGpu **out, const LacDevice *dev, int width, int height, const LacLog *log);
void lac_gpu_close(LacGpu **out);

/* Whether the stage runs on the GPU. gpu may be NULL. */
bool lac_gpu_has(const LacGpu *gpu, enum LacGpuStage stage);

/* Frame `index` arrives in device memory -> gray, dense, on the host; it stays on the device too until the next one. */
int lac_gpu_take(LacGpu *gpu, const LacDevicePicture *line, int64_t index, uint8_t *gray);
/* Numbers of frames begin anew. */
void lac_gpu_flush(LacGpu *gpu);

/* Line art of frame `index`, gray on the host, as the network and the search want it; la: for the network. It is sent
 * to the device unless it is there. The frame is the current one until the next call. */
int lac_gpu_lineart(LacGpu *gpu, const LacLineart *la, int64_t index, const uint8_t *gray);
/* The two ends (net/net.h) of the network for the current frame, whose prediction stays; opaque is the LacGpu. */
int lac_gpu_inputs(void *opaque, LacTensor *line, LacTensor *match);
int lac_gpu_predicted(void *opaque, const LacTensor *rgb);
/* Whether the prediction is numbers; what is not one counts as 0 until this is asked. Waits for the GPU. */
int lac_gpu_sane(const LacGpu *gpu, bool *yes);
/* The prediction, in [-1, 1] -> rgb. */
int lac_gpu_prediction(const LacGpu *gpu, float *rgb);

/* As lac_matcher_run for the current frame and its prediction; la: line art at the search's size; resize: from the prediction's to
 * that; copies[i]: of refs[i].described, made when it is first needed. The fields come back to the host unless `stays`. */
int lac_gpu_match(LacGpu *gpu, LacMatcher *m, const LacLineart *la, const LacResize *resize, const LacMatchRef *refs,
                  LacGpuCopy *const *copies, int count, bool stays);
void lac_gpu_copy_free(LacGpuCopy *copy);

/* A reference's pictures at native size, and where their copies are or will be. */
typedef struct LacGpuSource {
    const uint8_t *rgb, *gray;
    LacGpuCopy *rgb_there, *gray_there;
    float lag;
} LacGpuSource;

/* What lac_transfer_run copies, along the fields that the last lac_gpu_match left -> out [height][width][4], unless that is NULL,
 * and it stays for lac_gpu_paint. */
int lac_gpu_transfer(LacGpu *gpu, const LacMatcher *m, const LacGpuSource *refs, int count, bool inked, uint8_t *out);

/* What lac_paint_run takes besides the current frame and its prediction, on the host. */
typedef struct LacGpuPicture {
    const uint8_t *gray, *black;
    bool transferred; /* with what lac_gpu_transfer left */
    enum LacLines lines;
    const LacLineColour *ink;
} LacGpuPicture;

/* As lac_paint_run for the current frame, whose `cells` were opened for the host; it stays there. */
int lac_gpu_paint(LacGpu *gpu, const LacCells *cells, const LacGpuPicture *in);

/* As lac_regions_run for the current frame, but labels and distances stay there, for lac_gpu_vote; r has the regions
 * and the threshold. */
int lac_gpu_regions(LacGpu *gpu, LacRegions *r);

/* A reference as lac_gpu_vote sees it; the copies are made when they are first needed. */
typedef struct LacGpuVoteRef {
    const LacVoteRef *vote;
    const uint8_t *rgb;
    LacGpuCopy *vote_there, *rgb_there;
} LacGpuVoteRef;

/* What lac_flat_run takes besides: origins, with the vote's list, and whose palettes there are; how lines are drawn. */
typedef struct LacGpuFlat {
    const LacOrigins *origins;
    const LacVoteSource *sources;
    LacFlatDrawing drawing;
} LacGpuFlat;

typedef struct LacGpuVote {
    LacGpuVoteRef ref[LAC_MATCH_MAX_FIELDS];
    int count;
    bool opinion; /* nothing is to be changed */
    bool there;   /* the frame's regions are lac_gpu_regions' */
    const LacGpuFlat *flat; /* NULL, or flat colours follow the vote */
    /* what comes back, with room for the frame's regions: origins, shares backed, sums for the confidence */
    LacOrigin *list;
    float *backed;
    int64_t *sums;
} LacGpuVote;

/* As lac_origins_run, lac_vote_run, lac_flat_run and what lac_confidence_run adds up, for the frame that lac_gpu_paint left, along the fields
 * that lac_gpu_match left; m: their size. */
int lac_gpu_vote(LacGpu *gpu, const LacMatcher *m, const LacRegions *r, const LacGpuVote *vote);

/* lac_vote_frame_borders for the frame that lac_gpu_vote left; threshold: of lines. */
int lac_gpu_borders(LacGpu *gpu, struct LacBorders *b, int threshold, const uint8_t *const *tables, int count);

/* The painted frame -> out. */
int lac_gpu_fetch(LacGpu *gpu, uint8_t *out, ptrdiff_t stride);
/* Whether what lies there is the frame as it goes out, until the next one is painted. */
void lac_gpu_settle(LacGpu *gpu, bool there);

/* rgb: dense RGB24 on the host -> the planes of out. */
int lac_gpu_write(LacGpu *gpu, const uint8_t *rgb, const LacDevicePicture *out);
/* The same from device memory, or with NULL the frame painted last. */
int lac_gpu_write_there(LacGpu *gpu, const uint8_t *there, const LacDevicePicture *out);

#endif
