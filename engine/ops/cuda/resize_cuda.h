/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling on the GPU, value for value what engine/picture/resize.c computes. */
#ifndef LAC_OPS_CUDA_RESIZE_CUDA_H
#define LAC_OPS_CUDA_RESIZE_CUDA_H

#include "ops/cuda/lineart_math.h"
#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One pair of sizes. */
typedef struct CudaResize {
    CudaAxis x, y; /* device memory */
    LacTensor memory;
} CudaResize;

/* x and y: the axes of a LacResize, in host memory, not needed afterwards. LAC_ENOMEM or LAC_EDEVICE leave nothing
 * allocated; *r is then safe to close. */
int lac_cuda_resize_open(LacBackend *be, CudaResize *r, const CudaAxis *x, const CudaAxis *y);
void lac_cuda_resize_close(LacBackend *be, CudaResize *r);

/* Dense pixels [y.in][x.in][channels] -> dst [y.out][x.out][channels]; device memory, queued. LAC_ENOMEM, LAC_EDEVICE. */
int lac_cuda_resize_u8(LacBackend *be, const CudaResize *r, const uint8_t *src, int channels, float *dst);
int lac_cuda_resize_f32(LacBackend *be, const CudaResize *r, const float *src, int channels, float *dst);

/* One channel: the least value among those that weigh on both axes, or with `all` among all with any weight, as
 * lac_resize_min. */
int lac_cuda_resize_min(LacBackend *be, const CudaResize *r, const uint8_t *src, bool all, uint8_t *dst);

/* Bytes that the axis' tables take in device memory, and their copy into `memory`, 256-byte aligned. */
size_t lac_cuda_axis_bytes(const CudaAxis *axis);
int lac_cuda_axis_copy(LacBackend *be, CudaAxis *to, const CudaAxis *from, void *memory);

#ifdef __cplusplus
}
#endif

#endif
