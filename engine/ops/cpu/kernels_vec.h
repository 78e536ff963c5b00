/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Template of the elementwise and statistics kernels, in the compiler's portable vectors. The including file
 * defines VL (floats in a vector), KERNELS (the table's name), KERNELS_NAME, and sets the target; it may define
 * VEC_TO_BF16(v) where the CPU has an instruction for it. */
#include <string.h>

#include "ops/bf16.h"
#include "ops/cpu/kernels.h"

#define INLINE static inline __attribute__((always_inline))

typedef float V __attribute__((vector_size(4 * VL)));
typedef int32_t VI __attribute__((vector_size(4 * VL)));
typedef uint32_t VW __attribute__((vector_size(4 * VL)));
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
    VI nan = v != v;
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
        return (V)(__builtin_convertvector(h, VW) << 16);
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

INLINE void convert_as(const void *x, bool x_bf16, void *y, bool y_bf16, size_t count)
{
    size_t i;

    for (i = 0; i < count; i += VL) {
        store(y, i, count, y_bf16, load(x, i, count, x_bf16));
    }
}

static void convert(const void *x, bool x_bf16, void *y, bool y_bf16, size_t count)
{
    if (x_bf16 == y_bf16) {
        memmove(y, x, count * (x_bf16 ? sizeof(uint16_t) : sizeof(float)));
    } else if (x_bf16) {
        convert_as(x, true, y, false, count);
    } else {
        convert_as(x, false, y, true, count);
    }
}

INLINE void add_as(const void *a, const void *b, void *y, bool bf16, size_t count)
{
    size_t i;

    for (i = 0; i < count; i += VL) {
        store(y, i, count, bf16, load(a, i, count, bf16) + load(b, i, count, bf16));
    }
}

static void add(const void *a, const void *b, void *y, bool bf16, size_t count)
{
    if (bf16) {
        add_as(a, b, y, true, count);
    } else {
        add_as(a, b, y, false, count);
    }
}

/* out[channel] = factor * sum over the period's pixels. */
INLINE void fold(const float *sum, size_t c, size_t period, float factor, float *out)
{
    size_t i, ch;

    for (ch = 0; ch < c; ch++) {
        out[ch] = sum[ch];
    }
    for (i = c; i < period; i += c) {
        for (ch = 0; ch < c; ch++) {
            out[ch] += sum[i + ch];
        }
    }
    for (ch = 0; ch < c; ch++) {
        out[ch] *= factor;
    }
}

/* The mean first, then the deviations from it: the data is in the first-level cache by then, and no
 * difference of large sums loses digits. */
INLINE void moments_as(const void *x, bool bf16, size_t count, size_t c, size_t period, float *sum, float *centre,
                       float *mean, float *squares)
{
    size_t at, i, width = bf16 ? sizeof(uint16_t) : sizeof(float);
    int pass;

    for (pass = 0; pass < 2; pass++) {
        memset(sum, 0, period * sizeof *sum);
        for (at = 0; at < count; at += period) {
            size_t n = count - at < period ? count - at : period;
            const char *src = (const char *)x + at * width;

            for (i = 0; i < n; i += VL) {
                V v = load(src, i, n, bf16);

                if (pass) {
                    v -= load(centre, i, n, false);
                    v *= v;
                }
                store(sum, i, n, false, load(sum, i, n, false) + v);
            }
        }
        fold(sum, c, period, pass ? 1.0f : (float)c / (float)count, pass ? squares : mean);
        for (i = 0; !pass && i < period; i += c) {
            memcpy(centre + i, mean, c * sizeof *mean);
        }
    }
}

static void moments(const void *x, bool bf16, size_t count, size_t c, size_t period, float *sum, float *centre,
                    float *mean, float *squares)
{
    if (bf16) {
        moments_as(x, true, count, c, period, sum, centre, mean, squares);
    } else {
        moments_as(x, false, count, c, period, sum, centre, mean, squares);
    }
}

INLINE void scale_shift_as(const void *x, const void *residual, void *y, bool bf16, size_t count,
                           const CpuAffine *a, bool relu)
{
    size_t at, i, width = bf16 ? sizeof(uint16_t) : sizeof(float);
    V least = splat(relu ? 0 : -__FLT_MAX__ * 2);

    for (at = 0; at < count; at += a->period) {
        size_t n = count - at < a->period ? count - at : a->period;
        const char *src = (const char *)x + at * width;
        const char *res = residual ? (const char *)residual + at * width : NULL;
        char *dst = (char *)y + at * width;

        for (i = 0; i < n; i += VL) {
            V v = (load(src, i, n, bf16) - load(a->mean, i, n, false)) * load(a->scale, i, n, false) +
                load(a->shift, i, n, false);

            v = select(v < least, least, v); /* keeps a NaN */
            if (res) {
                v += load(res, i, n, bf16);
            }
            store(dst, i, n, bf16, v);
        }
    }
}

static void scale_shift(const void *x, const void *residual, void *y, bool bf16, size_t count,
                        const CpuAffine *a, bool relu)
{
    if (bf16) {
        scale_shift_as(x, residual, y, true, count, a, relu);
    } else {
        scale_shift_as(x, residual, y, false, count, a, relu);
    }
}

#define LOG2E 1.44269504f

/* 1 / (1 + e^-x), to an absolute 1e-6. A NaN stays one. */
INLINE V sigmoid(V x)
{
    V t = vmax(vmax(x, splat(-80)) * -LOG2E, splat(-120));

    return select(x != x, x, 1.0f / (1.0f + exp2_vec(t)));
}

static void sigmoid_add(const float *a, const float *b, float *y, size_t count)
{
    size_t i;

    for (i = 0; i < count; i += VL) {
        store(y, i, count, false, sigmoid(load(a, i, count, false) + load(b, i, count, false)));
    }
}

/* 2 sigmoid(2 x) - 1: right to an absolute 1e-6, which is what a picture needs. */
static void tanh_vec(const float *x, float *y, size_t count)
{
    size_t i;

    for (i = 0; i < count; i += VL) {
        store(y, i, count, false, 2.0f * sigmoid(2.0f * load(x, i, count, false)) - 1.0f);
    }
}

INLINE void blend_as(const void *x, float a, const void *const *z, const float *b, int count, void *y, bool bf16,
                     size_t at, size_t c)
{
    size_t i, end = at + c;
    int j;

    for (i = at; i < end; i += VL) {
        V v = load(x, i, end, bf16) * a;

        for (j = 0; j < count; j++) {
            v += load(z[j], i, end, bf16) * b[j];
        }
        store(y, i, end, bf16, v);
    }
}

static void blend(const void *x, float a, const void *const *z, const float *b, int count, void *y, bool bf16,
                  size_t at, size_t c)
{
    if (bf16) {
        blend_as(x, a, z, b, count, y, true, at, c);
    } else {
        blend_as(x, a, z, b, count, y, false, at, c);
    }
}

#include "ops/cpu/attention_vec.h"

const CpuKernels KERNELS = {
    .name = KERNELS_NAME,
    .convert = convert,
    .add = add,
    .moments = moments,
    .scale_shift = scale_shift,
    .sigmoid_add = sigmoid_add,
    .tanh = tanh_vec,
    .blend = blend,
    .attention = {
        .pack = 1,
        .cutoff = 40, /* 2^-40 times any number of keys stays under the last bit of fp32 */
        .logits = attention_logits,
        .weights = attention_weights,
        .values = attention_values,
    },
};
