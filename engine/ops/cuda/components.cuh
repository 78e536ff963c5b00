/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connected pixels by union-find in global memory: the least pixel of a component is its root, whatever the order. */
#ifndef LAC_OPS_CUDA_COMPONENTS_CUH
#define LAC_OPS_CUDA_COMPONENTS_CUH

#include "ops/cuda/kernel.cuh"

__device__ __forceinline__ int32_t lac_find(const volatile int32_t *parent, int32_t i)
{
    for (int32_t p = parent[i]; p != i; p = parent[i]) {
        i = p;
    }
    return i;
}

__device__ __forceinline__ void lac_unite(int32_t *parent, int32_t a, int32_t b)
{
    for (;;) {
        a = lac_find(parent, a);
        b = lac_find(parent, b);
        if (a == b) {
            return;
        }
        const int32_t more = a > b ? a : b, less = a > b ? b : a;
        const int32_t there = atomicMin(&parent[more], less);

        if (there == more) {
            return;
        }
        a = there;
        b = less;
    }
}

#endif
