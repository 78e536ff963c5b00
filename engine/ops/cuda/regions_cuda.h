/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of native line art on the GPU: labels, distances and measures of engine/regions/regions.c, to the bit. All pointers are device
 * memory. Queued. LAC_ENOMEM, LAC_EDEVICE after logging. */
#ifndef LAC_OPS_CUDA_REGIONS_CUDA_H
#define LAC_OPS_CUDA_REGIONS_CUDA_H

#include "math/regions_math.h"
#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As LacRegion. */
typedef struct CudaRegion {
    int32_t area, left, top, right, bottom, black;
} CudaRegion;

typedef struct CudaRegions {
    int width, height, gap, far; /* of LacRegions */
    const uint8_t *gray;
    int32_t *label;   /* out [height][width] */
    uint8_t *squared; /* out [height][width] 255 for all that are larger */
    int32_t *count;   /* out [2]: regions besides the lines; the threshold of lines */
} CudaRegions;

int lac_cuda_regions(LacBackend *be, const CudaRegions *regions);

/* The regions of the last lac_cuda_regions -> table [count + 1], its count known. */
int lac_cuda_measure(LacBackend *be, const CudaRegions *regions, int count, CudaRegion *table);

#ifdef __cplusplus
}
#endif

#endif
