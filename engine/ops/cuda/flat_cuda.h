/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flat colours on the GPU, to the byte those of engine/regions/flat.c. */
#ifndef LAC_OPS_CUDA_FLAT_CUDA_H
#define LAC_OPS_CUDA_FLAT_CUDA_H

#include "math/flat_math.h"
#include "ops/cuda/vote_cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All pointers are device memory. */
typedef struct CudaFlat {
    CudaVote v; /* as lac_cuda_vote left it; the references are not looked at */
    LacFlatDrawing drawing;
    const uint8_t *black;   /* [height][width] line art without coloured ink; v.gray itself where there is none */
    int classes;            /* of all regions */
    const int32_t *first;   /* [regions + 2] where a region's classes begin */
    const int32_t *start;   /* [regions + 2] pixels of the regions before, of those from 1 on */
    const uint8_t *only;    /* [regions + 1] whether a region is to be classified; NULL: all are */
    const uint8_t *colour;  /* [classes][4] the fourth byte is not looked at */
    int32_t *count;         /* [regions + 1][2] added to: pixels near a class, and all that show their own colour */
    uint8_t *state, *own;   /* [height][width] how pixels got their class, and which of their region's */
} CudaFlat;

/* The first half of step 2 -> state, own, count; then all the rest -> v.rgb. Queued, but where lines are filled: that waits. LAC_ENOMEM,
 * LAC_EDEVICE. */
int lac_cuda_flat_classify(LacBackend *be, const CudaFlat *flat);
int lac_cuda_flat(LacBackend *be, const CudaFlat *flat);

#ifdef __cplusplus
}
#endif

#endif
