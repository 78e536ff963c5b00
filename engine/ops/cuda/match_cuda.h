/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search for correspondences on the GPU: the fields of engine/match/match.c, bit for bit. */
#ifndef LAC_OPS_CUDA_MATCH_CUDA_H
#define LAC_OPS_CUDA_MATCH_CUDA_H

#include "ops/cuda/index.h"
#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As in engine/match/match.h and match_search.h. */
enum { CUDA_MATCH_DIMS = 32, CUDA_MATCH_STRIP = 16, CUDA_MATCH_FIELDS = 8 };

/* A displacement: x, then y. */
typedef struct CudaOffset {
    int16_t x, y;
} CudaOffset;

typedef struct CudaMatchField {
    const int8_t *ref;  /* [height][width][CUDA_MATCH_DIMS], 16-byte aligned */
    int prior;          /* cost of a squared pixel of distance, times 1024; 0: a model sheet */
    int radius;         /* of the first window of the random search, a power of two or the picture's longer side */
    CudaOffset *offset; /* out [height][width] */
    int32_t *cost;      /* out [height][width] */
} CudaMatchField;

/* All pointers are device memory. */
typedef struct CudaMatch {
    int width, height, count; /* 1 to CUDA_MATCH_FIELDS fields */
    const int8_t *frame;      /* the frame's descriptions, as ref */
    CudaMatchField field[CUDA_MATCH_FIELDS];
} CudaMatch;

/* Queues the whole search. LAC_ENOMEM, LAC_EDEVICE. */
int lac_cuda_match(LacBackend *be, const CudaMatch *match);

/* line, distance [height][width] and colour [height][width][3] in [-1, 1] -> out [height][width][CUDA_MATCH_DIMS], as
 * lac_matcher_describe; device memory too. LAC_ENOMEM, LAC_EDEVICE. */
int lac_cuda_describe(LacBackend *be, int width, int height, const float *line, const float *distance, const float *colour,
                      int8_t *out);

#ifdef __cplusplus
}
#endif

#endif
