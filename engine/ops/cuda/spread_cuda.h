/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colour carried from pixel to pixel on the GPU: the states and colours of engine/paint/spread.c. */
#ifndef LAC_OPS_CUDA_SPREAD_CUDA_H
#define LAC_OPS_CUDA_SPREAD_CUDA_H

#include "math/spread_math.h"
#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All pointers are device memory. */
typedef struct CudaField {
    int width, height;
    uint8_t *state;  /* [height][width] enum LacPixel */
    uint8_t *colour; /* [height][width][4], 4-byte aligned */
    int32_t *cost;   /* [height][width] scratch */
    int *fell;       /* scratch; NULL: all steps are made that might be needed, and nothing is asked */
} CudaField;

/* As lac_field_spread and lac_field_spread_lines; gray [height][width]. Queued, but with `fell`, by which they end when nothing
 * changes any more, they wait. LAC_EDEVICE. */
int lac_cuda_spread(LacBackend *be, const CudaField *field, int reach);
int lac_cuda_spread_lines(LacBackend *be, const CudaField *field, const uint8_t *gray, int depth);

#ifdef __cplusplus
}
#endif

#endif
