/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arithmetic that gives the same bits on the host and on a GPU. Headers that compute with it alone (*_math.h) are compiled
 * for both, in C. */
#ifndef LAC_NUMBER_H
#define LAC_NUMBER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define LAC_HD static __host__ __device__ __forceinline__
#else
#define LAC_HD static inline
#endif

/* sum + weight v, rounded twice: compilers fuse what is written with operators, for GPUs and where the CPU can. */
LAC_HD float lac_weighted(float sum, float weight, float v)
{
#ifdef __clang__
#pragma clang fp contract(off)
#endif
#ifdef __CUDA_ARCH__
    return __fadd_rn(sum, __fmul_rn(weight, v));
#else
    return sum + weight * v;
#endif
}

/* a b, which nothing added to it later is fused with. */
LAC_HD float lac_product(float a, float b)
{
#ifdef __clang__
#pragma clang fp contract(off)
#endif
#ifdef __CUDA_ARCH__
    return __fmul_rn(a, b);
#else
    return a * b;
#endif
}

/* a b in double precision; the same. */
LAC_HD double lac_product64(double a, double b)
{
#ifdef __clang__
#pragma clang fp contract(off)
#endif
#ifdef __CUDA_ARCH__
    return __dmul_rn(a, b);
#else
    return a * b;
#endif
}

/* a, t of the way to b. */
LAC_HD float lac_between(float a, float b, float t)
{
    return lac_weighted(a, t, b - a);
}

/* e to the power of x, for x from -87 to 88, to two units in the last place; 0 below. Libraries' expf differ in their last
 * bit, this is one sequence of operations: 2^n e^r with |r| <= ln 2 / 2, and the series of e^r. */
LAC_HD float lac_exp(float x)
{
    const float nearest = lac_weighted(x < 0 ? -0.5f : 0.5f, x, 1.44269504f);
    const int n = x < -87 ? 0 : (int)nearest;
    /* ln 2 in two parts, the first of so few bits that its product with n is exact */
    const float r = lac_weighted(lac_weighted(x, -(float)n, 0.693359375f), -(float)n, -2.12194440e-4f);
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float power, e = 1.0f / 5040;

    memcpy(&power, &bits, sizeof power);
    e = lac_weighted(1.0f / 720, e, r);
    e = lac_weighted(1.0f / 120, e, r);
    e = lac_weighted(1.0f / 24, e, r);
    e = lac_weighted(1.0f / 6, e, r);
    e = lac_weighted(0.5f, e, r);
    e = lac_weighted(1, e, r);
    e = lac_weighted(1, e, r);
    return x < -87 ? 0 : lac_product(e, power);
}

#endif
