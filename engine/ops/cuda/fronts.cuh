/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fronts inside a region, step by step: a block of threads has the region, and what is reached from several sides takes after the
 * neighbour above, left, right or below, the first of these, whatever order pixels are visited in. */
#ifndef LAC_OPS_CUDA_FRONTS_CUH
#define LAC_OPS_CUDA_FRONTS_CUH

#include "math/vote_math.h"
#include "ops/cuda/kernel.cuh"

struct LacFronts {
    int width, height;
    const int32_t *label;
    int32_t *from; /* what is carried, 0 or more; LAC_VOTE_UNKNOWN */
};

/* The four neighbours of a pixel, above, left, right, below; the pixel itself where there is none. */
__device__ __forceinline__ void lac_neighbours(const LacFronts &f, int32_t i, int32_t out[4])
{
    const int x = i % f.width, y = i / f.width;

    out[0] = y > 0 ? i - f.width : i;
    out[1] = x > 0 ? i - 1 : i;
    out[2] = x + 1 < f.width ? i + 1 : i;
    out[3] = y + 1 < f.height ? i + f.width : i;
}

/* Has a pixel of region c a neighbour there that nothing has reached? */
__device__ __forceinline__ bool lac_at_front(const LacFronts &f, int32_t i, int c)
{
    int32_t beside[4];
    bool front = false;

    lac_neighbours(f, i, beside);
    for (int d = 0; d < 4; d++) {
        front = front || (f.label[beside[d]] == c && f.from[beside[d]] == LAC_VOTE_UNKNOWN);
    }
    return front;
}

/* From row[0..count), with room for all pixels of region c, until `left` pixels that `wants` something have been reached, or none
 * can be any more. All threads of the block come here. */
template <int THREADS, typename Wants>
__device__ void lac_run_fronts(const LacFronts &f, int c, int32_t *row, int count, int left, Wants wants)
{
    __shared__ int end, wanted;
    volatile int32_t *from = f.from;
    int begin = 0, stop = count;

    if (threadIdx.x == 0) {
        end = stop;
        wanted = left;
    }
    __syncthreads();
    while (begin < stop && left > 0) {
        int32_t beside[4];

        for (int k = begin + (int)threadIdx.x; k < stop; k += THREADS) {
            lac_neighbours(f, row[k], beside);
            for (int d = 0; d < 4; d++) {
                const int32_t j = beside[d];

                if (f.label[j] == c && from[j] == LAC_VOTE_UNKNOWN &&
                    atomicCAS(&f.from[j], (int32_t)LAC_VOTE_UNKNOWN, (int32_t)LAC_VOTE_REACHED) == LAC_VOTE_UNKNOWN) {
                    row[atomicAdd(&end, 1)] = j;
                    if (wants(j)) {
                        atomicAdd(&wanted, -1);
                    }
                }
            }
        }
        __syncthreads();
        begin = stop;
        stop = end; /* neither changes before all have come back to the loop's top */
        left = wanted;
        for (int k = begin + (int)threadIdx.x; k < stop; k += THREADS) { /* the first neighbour that has something */
            int d = 0;

            lac_neighbours(f, row[k], beside);
            while (d < 3 && (f.label[beside[d]] != c || from[beside[d]] < 0)) {
                d++;
            }
            from[row[k]] = LAC_VOTE_TAKEN - from[beside[d]];
        }
        __syncthreads();
        for (int k = begin + (int)threadIdx.x; k < stop; k += THREADS) {
            from[row[k]] = LAC_VOTE_TAKEN - from[row[k]];
        }
        __syncthreads();
    }
}

#endif
