/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes by region on the GPU: origins as engine/regions/origin.c finds them, the picture as engine/regions/vote.c leaves it, and the sums of
 * engine/regions/confidence.c, to the byte. */
#ifndef LAC_OPS_CUDA_VOTE_CUDA_H
#define LAC_OPS_CUDA_VOTE_CUDA_H

#include "math/origin_math.h"
#include "math/vote_math.h"
#include "ops/cuda/match_cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CUDA_VOTE_DISTANCES = 65 };

/* As LacVoteBin. */
typedef struct CudaVoteBin {
    uint16_t bin;
    int32_t far, beside;
} CudaVoteBin;

/* A reference: its regions, as LacVoteRef, its picture, and the frame's field of it. */
typedef struct CudaVoteRef {
    int count;
    const int32_t *label;    /* [height][width] */
    const int32_t *area;     /* [count + 1] */
    const uint32_t *first;   /* [count + 2] */
    const CudaVoteBin *bins; /* [first[count + 1]] */
    const uint8_t *rgb;      /* [height][width][3] */
    const CudaOffset *offset; /* [cells_height][cells_width] */
    const int32_t *cost;
} CudaVoteRef;

/* All pointers are device memory. */
typedef struct CudaVote {
    int width, height, cells_width, cells_height;
    int regions, sources; /* sources: 1 to CUDA_MATCH_FIELDS */
    const int32_t *label;    /* [height][width] 0 a line, 1..regions */
    const uint8_t *squared;  /* [height][width] distances from lines, squared, 255 for all that are larger */
    const int32_t *area;     /* [regions + 1] pixels */
    const uint8_t *black;    /* [regions + 1] */
    int voting;              /* regions that vote: neither black nor small */
    const int32_t *voter;    /* [voting] */
    const int32_t *turn;     /* [regions + 1] a region's place in `voter`, or -1 */
    const int32_t *start;    /* [voting] pixels of those before it */
    CudaVoteRef ref[CUDA_MATCH_FIELDS];
    const uint8_t *gray;        /* [height][width] line art */
    const uint8_t *transferred; /* [height][width][4] of lac_cuda_transfer */
    const float *prediction;    /* [prediction_height][prediction_width][3] in [-1, 1] */
    int prediction_width, prediction_height;
    int32_t *far;     /* out [regions + 1] pixels far from lines */
    uint8_t *rgb;     /* [height][width][3] the painted picture, changed in place */
    LacOrigin *list; /* out [regions + 1][sources][LAC_ORIGINS] */
    float *backed;    /* out [regions + 1] */
    int64_t *sums;    /* out [regions + 1][LAC_SUM_SOURCES + LAC_SUMS sources] */
} CudaVote;

/* Each after the one before: origins -> list and far; the vote -> rgb and backed; what rgb tells -> sums. Queued. LAC_ENOMEM,
 * LAC_EDEVICE. */
int lac_cuda_origins(LacBackend *be, const CudaVote *vote);
int lac_cuda_vote(LacBackend *be, const CudaVote *vote);
int lac_cuda_evidence(LacBackend *be, const CudaVote *vote);

/* Labels of 16 bits -> [count] of 32. */
int lac_cuda_labels(LacBackend *be, const uint16_t *narrow, int32_t *label, size_t count);

#ifdef __cplusplus
}
#endif

#endif
