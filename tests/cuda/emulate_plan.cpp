/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plan.c promises, computed on the CPU: so that the weights, phases and biases that conv.c gives to cuDNN are
 * tested where there is none. */
#include "ops/cuda/plan.h"

#include <cstdlib>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

static float get(const void *data, enum LacType type, int64_t i)
{
    return type == LAC_F32 ? static_cast<const float *>(data)[i] :
        type == LAC_BF16   ? __bfloat162float(static_cast<const __nv_bfloat16 *>(data)[i]) :
                             __half2float(static_cast<const __half *>(data)[i]);
}

static void put(void *data, enum LacType type, int64_t i, float v)
{
    if (type == LAC_F32) {
        static_cast<float *>(data)[i] = v;
    } else if (type == LAC_BF16) {
        static_cast<__nv_bfloat16 *>(data)[i] = __float2bfloat16_rn(v);
    } else {
        static_cast<__half *>(data)[i] = __float2half_rn(v);
    }
}

/* A part of the cases have an engine that takes no bias. */
cudnnStatus_t lac_plan_create(CudaPlan *plan, const CudaPlanDesc *desc, cudnnHandle_t, cudnnBackendDescriptor_t, size_t)
{
    *plan = {};
    if ((desc->bias && desc->w % 2) || desc->cin % 8 || desc->cout % 8 || (desc->relu && !desc->bias)) {
        return CUDNN_STATUS_NOT_SUPPORTED;
    }
    plan->plan = malloc(sizeof *desc);
    *static_cast<CudaPlanDesc *>(plan->plan) = *desc;
    plan->workspace = 131;
    return CUDNN_STATUS_SUCCESS;
}

void lac_plan_free(CudaPlan *plan)
{
    free(plan->plan);
    *plan = {};
}

cudnnStatus_t lac_plan_run(const CudaPlan *plan, cudnnHandle_t, const void *x, const void *weight, const void *bias,
                           void *y, void *workspace)
{
    const CudaPlanDesc &d = *static_cast<const CudaPlanDesc *>(plan->plan);
    int64_t at = 0;

    if (!workspace || !bias != !d.bias) {
        return CUDNN_STATUS_NOT_SUPPORTED;
    }
    for (int n = 0; n < d.n; n++) {
        for (int row = 0; row < d.ho; row++) {
            for (int column = 0; column < d.wo; column++) {
                for (int o = 0; o < d.cout; o++, at++) {
                    float sum = bias ? get(bias, d.type, o) : 0;

                    for (int i = 0; i < d.kh; i++) {
                        for (int j = 0; j < d.kw; j++) {
                            int r = row * d.stride - d.top + i * d.dilation;
                            int q = column * d.stride - d.left + j * d.dilation;

                            for (int c = 0; r >= 0 && r < d.h && q >= 0 && q < d.w && c < d.cin; c++) {
                                sum += get(x, d.type, (((int64_t)n * d.h + r) * d.w + q) * d.cin + c) *
                                    get(weight, d.type, (((int64_t)o * d.kh + i) * d.kw + j) * d.cin + c);
                            }
                        }
                    }
                    put(y, d.type, at, d.relu && sum < 0 ? 0 : sum);
                }
            }
        }
    }
    return CUDNN_STATUS_SUCCESS;
}
