/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One convolution of one shape by cuDNN: chosen once, by cuDNN's heuristics and the rules below, then run. A plan is
 * found for a device that is described, too, so that the choice can be tested where there is no GPU. */
#ifndef LAC_OPS_CUDA_PLAN_H
#define LAC_OPS_CUDA_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cudnn.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "ops/tensor.h"

typedef struct CudaPlanDesc {
    enum LacType type;       /* of x, the weights and y; sums are fp32 */
    int n, h, w, cin;        /* x, dense NHWC */
    int ho, wo, cout;        /* y, likewise */
    int kh, kw, stride, dilation;
    int top, left;           /* zeros before x; after it come as many as y needs */
    bool bias, relu;         /* relu alone: no engine has it; give a bias of zeros */
} CudaPlanDesc;

typedef struct CudaPlan {
    cudnnBackendDescriptor_t plan; /* NULL: empty */
    size_t workspace;        /* bytes it runs in */
} CudaPlan;

/* Finds the plan for a GPU: the one `handle` is for, or (handle NULL) the one described by `device`, a finalized
 * CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR. An engine is taken if its result is the same in every run, sums are fp32 and
 * inputs are used as they are (no TF32 with LAC_F32), none needs a compiler at run time, and its workspace is at most
 * `workspace` bytes. CUDNN_STATUS_NOT_SUPPORTED: there is none. `plan` is empty then. */
cudnnStatus_t lac_plan_create(CudaPlan *plan, const CudaPlanDesc *desc, cudnnHandle_t handle,
                              cudnnBackendDescriptor_t device, size_t workspace);
void lac_plan_free(CudaPlan *plan);

/* Queues it. weight: [cout][kh][kw][cin]; bias: [cout], as the plan was made, else NULL; both of desc.type; all 16-byte
 * aligned. */
cudnnStatus_t lac_plan_run(const CudaPlan *plan, cudnnHandle_t handle, const void *x, const void *weight,
                           const void *bias, void *y, void *workspace);

#ifdef __cplusplus
}
#endif

#endif
