/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a warp does as one, and what C++ has no words for: matrix products on the tensor cores, votes, copies to shared
 * memory that run beside the arithmetic. With LAC_EMULATE, in tests/cuda/, the same by the CPU. */
#ifndef LAC_OPS_CUDA_WARP_CUH
#define LAC_OPS_CUDA_WARP_CUH

#include "ops/cuda/kernel.cuh"

/* c += a b, a 16 x 16, b 16 x 8, c 16 x 8 (PTX mma.m16n8k16, row by col). With g = lane / 4 and t = lane % 4 a lane holds
 *   a[0..3]: rows g, g + 8, g, g + 8, steps 2 t and 2 t + 1, for a[2] and a[3] 8 more
 *   b0, b1:  column g, steps 2 t and 2 t + 1, for b1 8 more
 *   c[0..3]: row g, columns 2 t and 2 t + 1, then the same of row g + 8. */
__device__ __forceinline__ void lac_mma(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, __half)
{
#ifdef LAC_EMULATE
    const uint32_t b[2] = { b0, b1 };

    lac_emulate_mma_16816(c, a, b, false);
#elif __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(b0));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[2]), "r"(a[3]), "r"(b1));
#endif
}

/* From sm_80 on. */
__device__ __forceinline__ void lac_mma(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, __nv_bfloat16)
{
#ifdef LAC_EMULATE
    const uint32_t b[2] = { b0, b1 };

    lac_emulate_mma_16816(c, a, b, true);
#elif __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    (void)c, (void)a, (void)b0, (void)b1;
    __trap();
#endif
}

/* Two numbers rounded and packed, the first in the low half. */
template <typename T> __device__ __forceinline__ uint32_t lac_pack2(float low, float high, T)
{
    union {
        T half[2];
        uint32_t word;
    } u;

    lac_store(&u.half[0], low);
    lac_store(&u.half[1], high);
    return u.word;
}

/* 2 to the power of x, to 2^-22 of it; results below 2^-126 are 0. */
__device__ __forceinline__ float lac_exp2(float x)
{
#ifdef LAC_EMULATE
    return x < -126 ? 0 : exp2f(x);
#else
    float y;

    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#endif
}

__device__ __forceinline__ uint32_t lac_warp_ballot(bool yes)
{
#ifdef LAC_EMULATE
    uint32_t all = (uint32_t)yes << threadIdx.x % 32;

    for (int step = 1; step < 32; step *= 2) {
        all |= __shfl_xor_sync(0xffffffffu, all, step);
    }
    return all;
#else
    return __ballot_sync(0xffffffffu, yes);
#endif
}

__device__ __forceinline__ bool lac_warp_any(bool yes)
{
#ifdef LAC_EMULATE
    return lac_warp_ballot(yes) != 0;
#else
    return __any_sync(0xffffffffu, yes) != 0;
#endif
}

/* The largest of each four neighbouring lanes, and of each sixteen. */
__device__ __forceinline__ float lac_quad_max(float v)
{
    v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 1));
    return fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 2));
}

__device__ __forceinline__ float lac_half_warp_max(float v)
{
    v = lac_quad_max(v);
    v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 4));
    return fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 8));
}

/* 16 bytes to shared memory; lac_copy_wait<N> returns when all but the last N commits of this thread are there. Before
 * sm_80 the copy is an ordinary one. */
__device__ __forceinline__ void lac_copy16(void *shared, const void *global)
{
#if !defined(LAC_EMULATE) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
                 :
                 : "r"((uint32_t)__cvta_generic_to_shared(shared)), "l"(global)
                 : "memory");
#else
    *static_cast<uint4 *>(shared) = *static_cast<const uint4 *>(global);
#endif
}

__device__ __forceinline__ void lac_copy_commit()
{
#if !defined(LAC_EMULATE) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <int N> __device__ __forceinline__ void lac_copy_wait()
{
#if !defined(LAC_EMULATE) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
#endif
}

#endif
