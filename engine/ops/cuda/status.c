/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device made current, and what the error checks of the CUDA back end say. */
#include "ops/cuda/cuda.h"

int lac_cuda_begin(LacBackend *be)
{
    return lac_cuda(be)->host ? LAC_OK : lac_cuda_check(be, cudaSetDevice(lac_cuda(be)->index), "making it current");
}

int lac_cuda_check(LacBackend *be, cudaError_t error, const char *what)
{
    int index = lac_cuda(be)->index;

    if (error == cudaSuccess) {
        return LAC_OK;
    }
    (void)cudaGetLastError(); /* it has been seen */
    if (error == cudaErrorMemoryAllocation) {
        return lac_fail(be->log, LAC_ENOMEM, "device cuda:%d: %s: out of GPU memory", index, what);
    }
    return lac_fail(be->log, LAC_EDEVICE, "device cuda:%d: %s: %s", index, what, cudaGetErrorString(error));
}

int lac_cudnn_check(LacBackend *be, cudnnStatus_t status, const char *what)
{
    char detail[512] = "";

    if (status == CUDNN_STATUS_SUCCESS) {
        return LAC_OK;
    }
    cudnnGetLastErrorString(detail, sizeof detail);
    return lac_fail(be->log, status == CUDNN_STATUS_ALLOC_FAILED ? LAC_ENOMEM : LAC_EDEVICE,
                    "device cuda:%d: %s: cuDNN: %s%s%.400s", lac_cuda(be)->index, what, cudnnGetErrorString(status),
                    detail[0] ? ": " : "", detail);
}

int lac_cuda_launched(LacBackend *be, const char *what)
{
    cudaError_t error = cudaGetLastError();

    if (error == cudaSuccess && lac_cuda(be)->synchronous) {
        error = cudaStreamSynchronize(lac_cuda(be)->stream);
    }
    return lac_cuda_check(be, error, what);
}
