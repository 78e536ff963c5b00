/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Template of the elementwise and statistics kernels, in the compiler's portable vectors. The including file
 * defines VL (floats in a vector), KERNELS (the table's name), KERNELS_NAME, and sets the target; it may define
 * VEC_TO_BF16(v) and VEC_FROM_BF16(h) where the CPU has instructions for them. */
#include "ops/cpu/vec.h"

INLINE void convert_as(const void *x, bool x_bf16, void *y, bool y_bf16, size_t count)
{
    size_t i;

    EACH (i, end, count, {
        store(y, i, end, y_bf16, load(x, i, end, x_bf16));
    })
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

    EACH (i, end, count, {
        store(y, i, end, bf16, load(a, i, end, bf16) + load(b, i, end, bf16));
    })
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

/* Vectors of a period that are worked on at once; a period is a whole number of times so long. */
#define GANG 4

/* sum[i] = sum of the elements a whole number of periods behind i, or of their squared distances from centre[i]. */
INLINE void period_sums(const void *x, bool bf16, size_t count, size_t period, const float *centre, float *sum)
{
    size_t whole = count - count % period, at, i;
    int g;

    for (i = 0; i < period; i += GANG * VL) {
        V s[GANG], c[GANG];

        for (g = 0; g < GANG; g++) {
            size_t j = i + (size_t)g * VL, left = count - whole;

            s[g] = c[g] = splat(0);
            if (j < left) {
                V v = load(x, whole + j, count, bf16);

                if (centre) {
                    v -= load(centre, j, left, false);
                }
                s[g] = centre ? v * v : v;
            }
            if (centre) {
                c[g] = load(centre, j, period, false);
            }
        }
        for (at = i; at < whole; at += period) {
#pragma GCC unroll 8
            for (g = 0; g < GANG; g++) {
                size_t j = at + (size_t)g * VL;
                V v = load(x, j, j + VL, bf16) - c[g];

                s[g] += centre ? v * v : v;
            }
        }
        for (g = 0; g < GANG; g++) {
            store(sum, i + (size_t)g * VL, period, false, s[g]);
        }
    }
}

/* The mean first, then the distances from it: the data is in the first-level cache by then, and no difference
 * of large sums loses digits. */
INLINE void moments_as(const void *x, bool bf16, size_t count, size_t c, size_t period, float *sum, float *centre,
                       float *mean, float *squares)
{
    size_t i;

    period_sums(x, bf16, count, period, NULL, sum);
    fold(sum, c, period, (float)c / (float)count, mean);
    for (i = 0; i < period; i += c) {
        memcpy(centre + i, mean, c * sizeof *mean);
    }
    period_sums(x, bf16, count, period, centre, sum);
    fold(sum, c, period, 1, squares);
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

/* Elements i.. below end, i a whole number of vectors behind the period's element j. */
INLINE void scale_shift_at(const void *x, const void *residual, void *y, bool bf16, size_t i, size_t end, V mean,
                           V scale, V shift, V least)
{
    V v = (load(x, i, end, bf16) - mean) * scale + shift;

    v = select(v < least, least, v); /* keeps a NaN */
    if (residual) {
        v += load(residual, i, end, bf16);
    }
    store(y, i, end, bf16, v);
}

INLINE void scale_shift_as(const void *x, const void *residual, void *y, bool bf16, size_t count,
                           const CpuAffine *a, bool relu)
{
    size_t whole = count - count % a->period, at, i;
    V least = splat(relu ? 0 : -__builtin_inff());
    int g;

    for (i = 0; i < a->period; i += GANG * VL) {
        V mean[GANG], scale[GANG], shift[GANG];

        for (g = 0; g < GANG; g++) {
            size_t j = i + (size_t)g * VL;

            mean[g] = load(a->mean, j, a->period, false);
            scale[g] = load(a->scale, j, a->period, false);
            shift[g] = load(a->shift, j, a->period, false);
        }
        for (at = i; at < whole; at += a->period) {
#pragma GCC unroll 8
            for (g = 0; g < GANG; g++) {
                size_t j = at + (size_t)g * VL;

                scale_shift_at(x, residual, y, bf16, j, j + VL, mean[g], scale[g], shift[g], least);
            }
        }
        for (g = 0; g < GANG; g++) {
            size_t j = whole + i + (size_t)g * VL;

            if (j < count) {
                scale_shift_at(x, residual, y, bf16, j, count, mean[g], scale[g], shift[g], least);
            }
        }
    }
}

static void scale_shift(const void *x, const void *residual, void *y, bool bf16, size_t count,
                        const CpuAffine *a, bool relu)
{
    if (bf16 && residual) {
        scale_shift_as(x, residual, y, true, count, a, relu);
    } else if (bf16) {
        scale_shift_as(x, NULL, y, true, count, a, relu);
    } else {
        scale_shift_as(x, residual, y, false, count, a, relu);
    }
}

#define LOG2E 1.44269504f

/* 1 / (1 + e^-x), to an absolute 1e-6. A NaN stays one. */
INLINE V sigmoid(V x)
{
    V t = vmax(vmax(x, splat(-80)) * -LOG2E, splat(-120));

    return select(x != x, x, 1.0f / (1.0f + exp2_vec(t))); /* NOLINT(misc-redundant-expression) */
}

static void sigmoid_add(const float *a, const float *b, float *y, size_t count)
{
    size_t i;

    EACH (i, end, count, {
        store(y, i, end, false, sigmoid(load(a, i, end, false) + load(b, i, end, false)));
    })
}

/* 2 sigmoid(2 x) - 1: right to an absolute 1e-6, which is what a picture needs. */
static void tanh_vec(const float *x, float *y, size_t count)
{
    size_t i;

    EACH (i, end, count, {
        store(y, i, end, false, 2.0f * sigmoid(2.0f * load(x, i, end, false)) - 1.0f);
    })
}

INLINE void blend_as(const void *x, float a, const void *const *z, const float *b, int count, void *y, bool bf16,
                     size_t at, size_t c)
{
    size_t i;
    int j;

    EACH (i, end, c, {
        V v = load(x, at + i, at + end, bf16) * a;

        for (j = 0; j < count; j++) {
            v += load(z[j], at + i, at + end, bf16) * b[j];
        }
        store(y, at + i, at + end, bf16, v);
    })
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

INLINE void shift_as(const void *const x[3], const float *kernel, size_t period, void *y, bool bf16, size_t count)
{
    size_t at, i;

    for (at = 0; at < count; at += period) {
        size_t left = count - at < period ? count - at : period;

        EACH (i, end, left, {
            V v = load(kernel, i, period, false) * load(x[0], at + i, at + end, bf16);

            v += load(kernel, period + i, 2 * period, false) * load(x[1], at + i, at + end, bf16);
            v += load(kernel, 2 * period + i, 3 * period, false) * load(x[2], at + i, at + end, bf16);
            store(y, at + i, at + end, bf16, v);
        })
    }
}

static void shift(const void *const x[3], const float *kernel, size_t period, void *y, bool bf16, size_t count)
{
    if (bf16) {
        shift_as(x, kernel, period, y, true, count);
    } else {
        shift_as(x, kernel, period, y, false, count);
    }
}

/* y[i] = sigmoid(g) * max(f, slope f) + residual[i] */
INLINE void gate_store(V f, V g, const void *residual, void *y, bool bf16, size_t i, size_t end, float slope)
{
    V v = vmax(f * slope, f) * sigmoid(g);

    if (residual) {
        v += load(residual, i, end, bf16);
    }
    store(y, i, end, bf16, v);
}

#define GATE_TILE 256

INLINE float element(const void *x, size_t i, bool bf16)
{
    return bf16 ? lac_bf16_to_f32(((const uint16_t *)x)[i]) : ((const float *)x)[i];
}

/* Fewer channels than a vector holds: f and g of some pixels are laid together first. */
INLINE void gate_few(const void *x, const void *residual, void *y, bool bf16, size_t pixels, size_t c, float slope)
{
    float f[GATE_TILE], g[GATE_TILE];
    size_t p, n, q, i, at;

    for (p = 0; p < pixels; p += n) {
        n = pixels - p < GATE_TILE / c ? pixels - p : GATE_TILE / c;
        for (q = 0; q < n; q++) {
            for (i = 0; i < c; i++) {
                f[q * c + i] = element(x, 2 * (p + q) * c + i, bf16);
                g[q * c + i] = element(x, (2 * (p + q) + 1) * c + i, bf16);
            }
        }
        at = p * c;
        EACH (i, end, n * c, {
            gate_store(load(f, i, end, false), load(g, i, end, false), residual, y, bf16, at + i, at + end, slope);
        })
    }
}

INLINE void gate_as(const void *x, const void *residual, void *y, bool bf16, size_t pixels, size_t c, float slope)
{
    size_t p, i;

    if (c < VL) {
        gate_few(x, residual, y, bf16, pixels, c, slope);
        return;
    }
    for (p = 0; p < pixels; p++) {
        size_t f = 2 * p * c, g = f + c, at = p * c;

        EACH (i, end, c, {
            gate_store(load(x, f + i, f + end, bf16), load(x, g + i, g + end, bf16), residual, y, bf16, at + i, at + end,
                       slope);
        })
    }
}

static void gate(const void *x, const void *residual, void *y, bool bf16, size_t pixels, size_t c, float slope)
{
    if (bf16 && residual) {
        gate_as(x, residual, y, true, pixels, c, slope);
    } else if (bf16) {
        gate_as(x, NULL, y, true, pixels, c, slope);
    } else {
        gate_as(x, residual, y, false, pixels, c, slope);
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
    .shift = shift,
    .gate = gate,
    .attention = {
        .pack = 1,
        .digits = 26,
        .logits = attention_logits,
        .peaks = attention_peaks,
        .weights = attention_weights,
        .values = attention_values,
    },
};
