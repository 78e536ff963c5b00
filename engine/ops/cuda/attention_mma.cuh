/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The logits of a tile of 16 queries and a group of keys on the tensor cores: to choose groups by, and for the attention itself. */
#ifndef LAC_OPS_CUDA_ATTENTION_MMA_CUH
#define LAC_OPS_CUDA_ATTENTION_MMA_CUH

#include "ops/cuda/attention.cuh"

template <int STEPS> struct LacKeys {
    float s[2][4]; /* logits before their scale: of two mma, c as in warp.cuh */

    /* What a lane loads of a record's keys. */
    static __device__ __forceinline__ uint4 load(const uint32_t *record, int step)
    {
        return *reinterpret_cast<const uint4 *>(record + (step * 32 + threadIdx.x % 32) * 4);
    }

    template <typename T> __device__ __forceinline__ void multiply(const uint32_t (&q)[STEPS][4], const uint4 (&k)[STEPS], T t)
    {
#pragma unroll
        for (int n = 0; n < 2; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                s[n][i] = 0;
            }
        }
#pragma unroll
        for (int step = 0; step < STEPS; step++) {
            lac_mma(s[0], q[step], k[step].x, k[step].y, t);
            lac_mma(s[1], q[step], k[step].z, k[step].w, t);
        }
    }

    /* Takes the prior along x off the row in half `half`, whose query is x to the right of the group; the largest.
     * x prior (dx) = x prior - i prior, which is 0 when they are equal. */
    __device__ __forceinline__ float largest(int half, float x, float prior)
    {
        float most = -3e38f, at = x * prior;

#pragma unroll
        for (int n = 0; n < 2; n++) {
#pragma unroll
            for (int e = 0; e < 2; e++) {
                float off = at - (float)(8 * n + (int)threadIdx.x % 4 * 2 + e) * prior, &l = s[n][2 * half + e];

                l = fmaf(-off, off, l);
                most = fmaxf(most, l);
            }
        }
        return most;
    }
};

#endif
