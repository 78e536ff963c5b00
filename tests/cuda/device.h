/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device memory for tests: the host's where kernels run on the CPU, a GPU's where they run there (build/tests/gpu). */
#ifndef TESTS_CUDA_DEVICE_H
#define TESTS_CUDA_DEVICE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cuda/cuda.h"

/* A test cannot go on without memory or after an error of the device. */
static inline void device_check(cudaError_t error)
{
    if (error != cudaSuccess) {
        printf("FAILED: device memory: %s\n", cudaGetErrorString(error));
        exit(1);
    }
}

static inline void *device_new(size_t bytes)
{
    void *data = NULL;

    device_check(cudaMalloc(&data, bytes));
    return data;
}

static inline void *device_copy(LacBackend *be, const void *src, size_t bytes)
{
    void *data = device_new(bytes);

    device_check(cudaMemcpyAsync(data, src, bytes, cudaMemcpyHostToDevice, lac_cuda(be)->stream));
    device_check(cudaStreamSynchronize(lac_cuda(be)->stream));
    return data;
}

/* Waits for all that was queued. */
static inline void device_read(LacBackend *be, const void *data, void *dst, size_t bytes)
{
    device_check(cudaMemcpyAsync(dst, data, bytes, cudaMemcpyDeviceToHost, lac_cuda(be)->stream));
    device_check(cudaStreamSynchronize(lac_cuda(be)->stream));
}

static inline bool device_equals(LacBackend *be, const void *data, const void *wanted, size_t bytes)
{
    void *got = malloc(bytes);
    bool same;

    device_read(be, data, got, bytes);
    same = !memcmp(got, wanted, bytes);
    free(got);
    return same;
}

/* Of what device_new or device_copy gave, const or not. */
static inline void device_free(const void *data)
{
    device_check(cudaFree((void *)(uintptr_t)data));
}

#endif
