/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window of frames made steady in time on the GPU: the bytes of engine/steady/steady.c. */
#ifndef LAC_OPS_CUDA_STEADY_CUDA_H
#define LAC_OPS_CUDA_STEADY_CUDA_H

#include <stdbool.h>

#include "math/steady_math.h"
#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CUDA_STEADY_FRAMES = 65 }; /* the largest window, and the frame given out before it */

/* As LacSteadyFrame; all pointers are device memory, rgb is dense. */
typedef struct CudaSteadyFrame {
    uint8_t *rgb;                         /* [height][width][3] */
    const float *residual, *link, *trust; /* [net_height][net_width], residual with 3 channels; NULL: none, none, 1 */
    float weight;
    bool fixed;
} CudaSteadyFrame;

typedef struct CudaSteady {
    int width, height, net_width, net_height;
    int count, first, end; /* 0 <= first <= end <= count <= CUDA_STEADY_FRAMES */
    CudaSteadyFrame frame[CUDA_STEADY_FRAMES];
} CudaSteady;

/* As lac_steady_run. Queued. LAC_EDEVICE. */
int lac_cuda_steady(LacBackend *be, const CudaSteady *steady);

#ifdef __cplusplus
}
#endif

#endif
