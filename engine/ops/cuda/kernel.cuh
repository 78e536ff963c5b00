/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kernels share: values of any of the three types as fp32, one by one and 16 bytes at a time, the choice of a
 * kernel by a tensor's type, and how kernels are launched.
 *
 * The same sources run on the CPU, one block after the other, in a test: tests/cuda/ holds stand-ins for CUDA's headers
 * and LAC_LAUNCH. So no <<<>>>, no inline PTX and no bare extern __shared__ outside of the macros below; what a warp
 * does together beyond __syncthreads, __syncthreads_or, __syncwarp, __shfl_*_sync and atomics needs a stand-in there. */
#ifndef LAC_OPS_CUDA_KERNEL_CUH
#define LAC_OPS_CUDA_KERNEL_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include "ops/cuda/cuda.h"
#include "ops/cuda/index.h"

__device__ __forceinline__ float lac_load(const float *p) { return *p; }
__device__ __forceinline__ float lac_load(const __half *p) { return __half2float(*p); }
__device__ __forceinline__ float lac_load(const __nv_bfloat16 *p) { return __bfloat162float(*p); }

/* Rounded to nearest even; beyond fp16's range it becomes infinite. */
__device__ __forceinline__ void lac_store(float *p, float v) { *p = v; }
__device__ __forceinline__ void lac_store(__half *p, float v) { *p = __float2half_rn(v); }
__device__ __forceinline__ void lac_store(__nv_bfloat16 *p, float v) { *p = __float2bfloat16_rn(v); }

/* 16 bytes of a type, moved at once; the address must be 16-byte aligned. */
template <typename T> struct CudaVec {
    static constexpr int count = 16 / sizeof(T);
    alignas(16) T at[count];
};

template <typename T> __device__ __forceinline__ void lac_load16(const T *p, float (&v)[CudaVec<T>::count])
{
    union {
        uint4 raw;
        T at[CudaVec<T>::count];
    } u = { *reinterpret_cast<const uint4 *>(p) };

#pragma unroll
    for (int i = 0; i < CudaVec<T>::count; i++) {
        v[i] = lac_load(u.at + i);
    }
}

template <typename T> __device__ __forceinline__ void lac_store16(T *p, const float (&v)[CudaVec<T>::count])
{
    union {
        uint4 raw;
        T at[CudaVec<T>::count];
    } u = {};

#pragma unroll
    for (int i = 0; i < CudaVec<T>::count; i++) {
        lac_store(u.at + i, v[i]);
    }
    *reinterpret_cast<uint4 *>(p) = u.raw;
}

/* N values at once: 1, or as many as 16 bytes hold. */
template <typename T, int N> __device__ __forceinline__ void lac_load_n(const T *p, float (&v)[N])
{
    if constexpr (N == 1) {
        v[0] = lac_load(p);
    } else {
        lac_load16(p, v);
    }
}

template <typename T, int N> __device__ __forceinline__ void lac_store_n(T *p, const float (&v)[N])
{
    if constexpr (N == 1) {
        lac_store(p, v[0]);
    } else {
        lac_store16(p, v);
    }
}

/* Whether 16 bytes may be moved at once from p on. */
static inline bool lac_aligned16(const void *p)
{
    return !((uintptr_t)p & 15);
}

/* The same for all that an elementwise operation reads and writes; residual: NULL where there is none. */
static inline bool lac_aligned16_all(const LacTensor *x, const LacTensor *residual, const LacTensor *y)
{
    return lac_aligned16(x->data) && lac_aligned16(y->data) && (!residual || lac_aligned16(residual->data));
}

/* Runs a kernel on so many blocks of threads, with so many bytes of dynamic shared memory; the name of a template with
 * a comma stands in parentheses. LAC_DYNAMIC_SHARED declares, inside the kernel, a pointer to that memory. */
#ifndef LAC_LAUNCH
#define LAC_LAUNCH(kernel, grid, block, shared, stream, ...) kernel<<<grid, block, shared, stream>>>(__VA_ARGS__)
#define LAC_DYNAMIC_SHARED(type, name)                                  \
    extern __shared__ __align__(16) unsigned char lac_dynamic_shared[]; \
    type *name = reinterpret_cast<type *>(lac_dynamic_shared)
#endif

/* Sum over the 32 lanes of a warp, the same in every lane and every run. */
__device__ __forceinline__ float lac_warp_sum(float v)
{
#pragma unroll
    for (int step = 16; step; step /= 2) {
        v += __shfl_xor_sync(0xffffffffu, v, step);
    }
    return v;
}

/* Runs its last arguments with T standing for the C++ type of a tensor of this LacType. */
#define LAC_CUDA_TYPED(type, T, ...)      \
    switch (type) {                       \
    case LAC_F32: {                       \
        typedef float T;                  \
        __VA_ARGS__;                      \
    } break;                              \
    case LAC_BF16: {                      \
        typedef __nv_bfloat16 T;          \
        __VA_ARGS__;                      \
    } break;                              \
    default: {                            \
        typedef __half T;                 \
        __VA_ARGS__;                      \
    }                                     \
    }

#endif
