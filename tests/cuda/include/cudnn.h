/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for cuDNN's header where the back end runs on the CPU: as much as backend.c and plan.h use. */
#ifndef TESTS_CUDA_CUDNN_H
#define TESTS_CUDA_CUDNN_H

#include <stddef.h>

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cudnnStatus_t {
    CUDNN_STATUS_SUCCESS,
    CUDNN_STATUS_ALLOC_FAILED,
    CUDNN_STATUS_NOT_SUPPORTED
} cudnnStatus_t;
typedef struct cudnnContext *cudnnHandle_t;
typedef void *cudnnBackendDescriptor_t;

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle);
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle);
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream);
const char *cudnnGetErrorString(cudnnStatus_t status);
void cudnnGetLastErrorString(char *text, size_t size);
size_t cudnnGetVersion(void);

#ifdef __cplusplus
}
#endif

#endif
