/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Template of the vectors that kernels_vec.h and attention_vec.h compute with: how many floats, where they are read and written,
 * bf16 of them, powers of two. No guard: for the file that defines VL, and may define VEC_TO_BF16 and VEC_FROM_BF16. */
#include <string.h>

#include "ops/bf16.h"
#include "ops/cpu/kernels.h"

#define INLINE static inline __attribute__((always_inline))

typedef float V __attribute__((vector_size(4 * VL)));
typedef int32_t VI __attribute__((vector_size(4 * VL)));
typedef uint32_t VW __attribute__((vector_size(4 * VL)));
typedef uint64_t VD __attribute__((vector_size(4 * VL)));
typedef uint16_t VH __attribute__((vector_size(2 * VL)));
/* The same at any address. */
typedef float VAny __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef uint16_t VHAny __attribute__((vector_size(2 * VL), aligned(2), may_alias));

INLINE V splat(float f)
{
    return (V){ 0 } + f;
}

INLINE V select(VI mask, V yes, V no)
{
    return (V)((mask & (VI)yes) | (~mask & (VI)no));
}

INLINE V vmax(V a, V b)
{
    return select(a > b, a, b);
}

INLINE VH to_bf16(V v)
{
#ifdef VEC_TO_BF16
    return VEC_TO_BF16(v);
#else
    VI nan = v != v; /* NOLINT(misc-redundant-expression) */
    VW u = (VW)v;
    VW r = (u + 0x7fff + (u >> 16 & 1)) >> 16;

    r = (r & ~(VW)nan) | ((u >> 16 | 0x40) & (VW)nan);
    return __builtin_convertvector(r, VH);
#endif
}

/* Elements i.. of x; those past `count` are 0. */
INLINE V load(const void *x, size_t i, size_t count, bool bf16)
{
    if (bf16) {
        VH h = { 0 };

        if (count - i >= VL) {
            h = *(const VHAny *)((const uint16_t *)x + i);
        } else {
            memcpy(&h, (const uint16_t *)x + i, (count - i) * sizeof(uint16_t));
        }
#ifdef VEC_FROM_BF16
        return VEC_FROM_BF16(h);
#else
        return (V)(__builtin_convertvector(h, VW) << 16);
#endif
    } else {
        V v = { 0 };

        if (count - i >= VL) {
            return *(const VAny *)((const float *)x + i);
        }
        memcpy(&v, (const float *)x + i, (count - i) * sizeof(float));
        return v;
    }
}

INLINE void store(void *y, size_t i, size_t count, bool bf16, V v)
{
    if (bf16) {
        VH h = to_bf16(v);

        if (count - i >= VL) {
            *(VHAny *)((uint16_t *)y + i) = h;
        } else {
            memcpy((uint16_t *)y + i, &h, (count - i) * sizeof(uint16_t));
        }
    } else if (count - i >= VL) {
        *(VAny *)((float *)y + i) = v;
    } else {
        memcpy((float *)y + i, &v, (count - i) * sizeof(float));
    }
}

/* Runs the body for i = 0, VL, 2 VL ... below count, with `end` for load and store: whole vectors first, so
 * that they are known to be whole. NOLINTBEGIN(bugprone-macro-parentheses) */
#define EACH(i, end, count, body) \
    for (i = 0; i + VL <= (count); i += VL) { \
        const size_t end = i + VL; \
        body \
    } \
    if (i < (count)) { \
        const size_t end = (count); \
        body \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* 2^x, relative error below 3e-7; 2^-126 below that, x < 127. */
INLINE V exp2_vec(V x)
{
    const V magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer, held in the low bits */
    V n, f, p;

    x = vmax(x, splat(-126));
    n = x + magic;
    f = x - (n - magic);
    p = f * 1.5403530e-4f + 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1.0f;
    return (V)((VW)p + ((VW)n << 23));
}
