/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of cases that every operation of every back end must pass against `ref`.
 *
 * Tolerance: |y - ref| <= t * scale, where scale is the largest magnitude of the reference result. fp32: t = 2e-5,
 * some hundred roundings of 6e-8 in another order.
 * bf16: inputs and weights are rounded before both back ends see them, so what remains is the rounding of the
 * result (2^-9 of the value) and of intermediate values (weights of the attention, summed kernels of the
 * upsampling): t = 2^-7. fp16 has three bits more: t = 2^-10. */
#include "ops_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "half.h"
#include "ops/bf16.h"

#define GUARD 16          /* fp32 numbers before and after each output */
#define GUARD_VALUE 12345.5f
#define MAX_REFS 5

enum Op { CONV, NORM, ADD, MEAN, MASK, ATTENTION, COMBINE, POOL4, UPSAMPLE4_ADD, TANH, CONVERT, SHIFT, GATE };

typedef struct Case {
    const char *name;
    enum Op op;
    int n, h, w, c;                     /* input shape; pool4: output shape */
    int cout, kernel, stride, dilation; /* conv; stride and dilation 0: 1 */
    bool upsample, out_f32, bias;       /* conv */
    bool relu;                          /* conv, norm */
    bool adain, residual;               /* norm */
    bool in_place;                      /* norm, add, tanh; gate: the residual is the output */
    bool f32;                           /* add, gate: f32 tensors; convert: to f32 */
    float offset, spread;               /* norm: mean of the data; mask, tanh, gate: standard deviation */
    int refs, dv;                       /* attention, combine: K */
    float lambda[MAX_REFS], lift[MAX_REFS]; /* attention: lambda and bias of each reference */
    float leak;                         /* gate */
    float margin;                       /* attention; with one, q and k come in patches as those of pictures do */
    bool sharp;                         /* attention: logits of +-16, one key or two win */
} Case;

static const Case cases[] = {
    { "conv 1x1 one pixel", CONV, 1, 1, 1, 5, .cout = 3, .kernel = 1, .bias = true },
    { "conv linear layer", CONV, 1, 1, 1, 64, .cout = 128, .kernel = 1, .relu = true, .out_f32 = true,
      .bias = true },
    { "conv 1x1 64 to 32", CONV, 1, 20, 24, 64, .cout = 32, .kernel = 1, .bias = true },
    { "conv 1x1 3 to 64", CONV, 1, 21, 13, 3, .cout = 64, .kernel = 1 },
    { "conv 5x5 of 1 channel", CONV, 1, 40, 56, 1, .cout = 16, .kernel = 5 },
    { "conv 5x5 of 2 channels", CONV, 1, 33, 31, 2, .cout = 16, .kernel = 5 },
    { "conv 5x5 of 4 channels, relu", CONV, 1, 24, 24, 4, .cout = 16, .kernel = 5, .relu = true, .bias = true },
    { "conv 5x5 larger than the picture", CONV, 1, 2, 3, 4, .cout = 8, .kernel = 5, .bias = true },
    { "conv 3x3 64 to 64", CONV, 1, 32, 40, 64, .cout = 64, .kernel = 3 },
    { "conv 3x3 96 to 40 odd size", CONV, 1, 17, 19, 96, .cout = 40, .kernel = 3, .relu = true, .bias = true },
    { "conv 3x3 to 2 channels, f32 out", CONV, 1, 16, 20, 64, .cout = 2, .kernel = 3, .out_f32 = true,
      .bias = true },
    { "conv 3x3 to 3 channels, f32 out", CONV, 1, 37, 41, 16, .cout = 3, .kernel = 3, .out_f32 = true,
      .bias = true },
    { "conv 3x3 dilation 2", CONV, 1, 32, 32, 32, .cout = 32, .kernel = 3, .dilation = 2 },
    { "conv 3x3 dilation 8", CONV, 1, 24, 28, 64, .cout = 64, .kernel = 3, .dilation = 8 },
    { "conv 3x3 dilation beyond the picture", CONV, 1, 5, 6, 16, .cout = 16, .kernel = 3, .dilation = 8,
      .bias = true },
    { "conv stride 2", CONV, 1, 32, 48, 16, .cout = 32, .kernel = 3, .stride = 2 },
    { "conv stride 2 odd size", CONV, 1, 31, 17, 32, .cout = 64, .kernel = 3, .stride = 2, .relu = true,
      .bias = true },
    { "conv stride 2 one pixel", CONV, 1, 1, 1, 8, .cout = 8, .kernel = 3, .stride = 2, .bias = true },
    { "conv 5x5 2 to 16 full size", CONV, 1, 256, 256, 2, .cout = 16, .kernel = 5 },
    { "conv stride 2 full size", CONV, 1, 256, 256, 16, .cout = 32, .kernel = 3, .stride = 2 },
    { "conv 3x3 16 to 3 full size", CONV, 1, 256, 256, 16, .cout = 3, .kernel = 3, .out_f32 = true, .bias = true },
    { "conv batch of 3", CONV, 3, 12, 10, 24, .cout = 16, .kernel = 3, .bias = true },
    { "conv upsampled 3x3", CONV, 1, 24, 20, 64, .cout = 32, .kernel = 3, .upsample = true },
    { "conv upsampled 3x3 odd, relu, batch", CONV, 2, 7, 9, 32, .cout = 16, .kernel = 3, .upsample = true,
      .relu = true, .bias = true },
    { "conv upsampled one pixel", CONV, 1, 1, 1, 8, .cout = 8, .kernel = 3, .upsample = true, .bias = true },
    { "conv upsampled 5x5, f32 out", CONV, 1, 9, 8, 8, .cout = 3, .kernel = 5, .upsample = true,
      .out_f32 = true, .bias = true },
    { "conv upsampled 1x1", CONV, 1, 5, 6, 8, .cout = 8, .kernel = 1, .upsample = true },
    { "conv upsampled dilation 3", CONV, 1, 11, 10, 8, .cout = 8, .kernel = 3, .dilation = 3,
      .upsample = true, .bias = true },

    { "norm 16 channels", NORM, 1, 64, 80, 16, .relu = true },
    { "norm 64 channels, AdaIN, relu", NORM, 1, 32, 32, 64, .adain = true, .relu = true },
    { "norm 64 channels, AdaIN, residual", NORM, 1, 32, 32, 64, .adain = true, .residual = true },
    { "norm residual, relu, in place", NORM, 1, 33, 17, 24, .relu = true, .residual = true, .in_place = true },
    { "norm 3 channels odd size", NORM, 1, 37, 53, 3, .adain = true },
    { "norm 100 channels", NORM, 1, 9, 11, 100, .relu = false },
    { "norm batch of 3", NORM, 3, 20, 30, 32, .relu = true },
    { "norm one pixel", NORM, 1, 1, 1, 7, .adain = true },
    { "norm of a far mean", NORM, 1, 40, 40, 16, .offset = 30 },
    { "norm in place", NORM, 1, 128, 128, 32, .relu = true, .in_place = true },

    { "add", ADD, 1, 31, 37, 16, .f32 = false },
    { "add in place", ADD, 1, 16, 16, 64, .in_place = true },
    { "add one element", ADD, 1, 1, 1, 1, .f32 = false },
    { "add large f32", ADD, 1, 128, 128, 3, .f32 = true },
    { "mean", MEAN, 1, 16, 16, 64, .f32 = false },
    { "mean odd size, batch", MEAN, 3, 5, 7, 13, .f32 = false },
    { "mean one pixel", MEAN, 1, 1, 1, 3, .f32 = false },
    { "mask", MASK, 1, 33, 31, 2, .spread = 1 },
    { "mask one pixel", MASK, 1, 1, 1, 2, .spread = 1 },
    { "mask large, far out", MASK, 1, 100, 100, 2, .spread = 200 },

    { "attention one pixel", ATTENTION, 1, 1, 1, 32, .dv = 32, .refs = 1 },
    { "attention two pixels, K 5", ATTENTION, 1, 1, 2, 32, .dv = 32, .refs = 5, .lambda = { 3, 3, 0, 1, 9 },
      .lift = { 0, -1, 2, 0.5f } },
    { "attention 16x16, K 1", ATTENTION, 1, 16, 16, 32, .dv = 32, .refs = 1, .lambda = { 3 } },
    { "attention 24x40, K 2", ATTENTION, 1, 24, 40, 32, .dv = 32, .refs = 2, .lambda = { 5, 5 } },
    { "attention 40x24, K 3, a sheet", ATTENTION, 1, 40, 24, 32, .dv = 32, .refs = 3, .lambda = { 0, 50, 20 },
      .lift = { 0, 0.5f, -0.5f } },
    { "attention 24x16, K 3, biases alone", ATTENTION, 1, 24, 16, 32, .dv = 32, .refs = 3, .lift = { -3, 0, 3 } },
    { "attention 24x16, a reference far out", ATTENTION, 1, 24, 16, 32, .dv = 32, .refs = 2, .lambda = { 1, 1 },
      .lift = { 300, -300 } },
    { "attention odd 17x23, no prior", ATTENTION, 1, 17, 23, 32, .dv = 32, .refs = 2 },
    { "attention 33x5, sharp", ATTENTION, 1, 33, 5, 32, .dv = 32, .refs = 2, .lambda = { 1, 2 },
      .lift = { 0, 1 }, .sharp = true },
    { "attention 32x32, sharp, strong prior", ATTENTION, 1, 32, 32, 32, .dv = 32, .refs = 4,
      .lambda = { 400, 400, 300, 500 }, .lift = { 1, 2, -1, -2 }, .sharp = true },
    { "attention d 8, dv 16", ATTENTION, 1, 12, 18, 8, .dv = 16, .refs = 2, .lambda = { 2, 2 } },
    { "attention d 5, dv 3", ATTENTION, 1, 9, 7, 5, .dv = 3, .refs = 2, .lambda = { 2, 3 }, .lift = { 0.3f, 0 } },
    { "attention d 64, dv 96", ATTENTION, 1, 15, 16, 64, .dv = 96, .refs = 2, .lambda = { 0, 2 } },
    { "attention d 1, dv 1", ATTENTION, 1, 4, 4, 1, .dv = 1, .refs = 1, .lambda = { 1 }, .lift = { 5 } },
    { "attention 24x40, K 2, margin", ATTENTION, 1, 24, 40, 32, .dv = 32, .refs = 2, .lambda = { 5, 4 },
      .lift = { 0.5f, 0 }, .margin = 4 },
    { "attention odd 17x23, K 3, margin", ATTENTION, 1, 17, 23, 24, .dv = 20, .refs = 3, .lambda = { 2, 0, 9 },
      .margin = 6 },
    { "attention 33x5, margin of no effect", ATTENTION, 1, 33, 5, 5, .dv = 3, .refs = 2, .margin = 1000 },
    { "attention one pixel, margin", ATTENTION, 1, 1, 1, 32, .dv = 32, .refs = 2, .lambda = { 1, 1 }, .margin = 1 },

    { "combine K 1", COMBINE, 1, 16, 16, 64, .refs = 1 },
    { "combine K 2", COMBINE, 1, 31, 33, 64, .refs = 2 },
    { "combine K 5, odd channels", COMBINE, 1, 13, 7, 19, .refs = 5 },
    { "combine one pixel", COMBINE, 1, 1, 1, 3, .refs = 3 },

    { "pool4", POOL4, 1, 16, 20, 3, .f32 = false },
    { "pool4 batch", POOL4, 2, 3, 1, 5, .f32 = false },
    { "upsample4_add", UPSAMPLE4_ADD, 1, 24, 28, 3, .f32 = false },
    { "upsample4_add odd, batch", UPSAMPLE4_ADD, 2, 5, 3, 7, .f32 = false },
    { "upsample4_add one pixel", UPSAMPLE4_ADD, 1, 1, 1, 3, .f32 = false },
    { "tanh", TANH, 1, 37, 41, 3, .spread = 30 },
    { "tanh in place", TANH, 1, 7, 5, 1, .spread = 2, .in_place = true },
    { "convert to act", CONVERT, 1, 37, 41, 3, .f32 = false },
    { "convert from act", CONVERT, 1, 5, 3, 17, .f32 = true },
    { "convert large", CONVERT, 1, 100, 100, 16, .f32 = false },
    { "shift 16 channels", SHIFT, 1, 40, 36, 16, .cout = 16 },
    { "shift 64 channels, all the same frame", SHIFT, 1, 16, 20, 64, .cout = 64, .in_place = true },
    { "shift 5 channels three times", SHIFT, 1, 61, 67, 5, .cout = 15 },
    { "shift odd channels", SHIFT, 1, 17, 19, 23, .cout = 23 },
    { "shift 3 channels twice, one pixel", SHIFT, 1, 1, 1, 3, .cout = 6 },
    { "shift 100 channels", SHIFT, 1, 33, 9, 100, .cout = 100 },
    { "gate 16 channels", GATE, 1, 40, 36, 16, .spread = 2, .leak = 0.2f },
    { "gate 64 channels, residual", GATE, 2, 16, 20, 64, .spread = 2, .leak = 0.2f, .residual = true },
    { "gate odd channels, onto the residual", GATE, 1, 17, 19, 23, .spread = 2, .leak = 0.2f, .residual = true,
      .in_place = true },
    { "gate linear f32", GATE, 1, 61, 67, 3, .spread = 2, .leak = 1, .f32 = true },
    { "gate far out", GATE, 1, 50, 50, 16, .spread = 200, .leak = 0 },
    { "gate one pixel", GATE, 1, 1, 1, 1, .spread = 1, .leak = 0.2f },
};

/* One case's data in fp32: what both back ends are given. */
typedef struct Data {
    uint32_t seed;
    enum LacType act;  /* what act inputs are rounded to */
} Data;

static float rounded(float x, enum LacType type)
{
    return type == LAC_BF16 ? lac_bf16_to_f32(lac_f32_to_bf16(x)) : type == LAC_F16 ? half_to_f32(f32_to_half(x)) : x;
}

static uint32_t next(Data *d)
{
    d->seed = d->seed * 1664525u + 1013904223u;
    return d->seed >> 8;
}

/* Near-normal numbers: the sum of four uniform ones, standard deviation `scale`. */
static float *numbers(Data *d, size_t count, float scale, float offset, bool act)
{
    float *x = malloc(count * sizeof *x);
    size_t i;
    int j;

    if (!x) {
        abort();
    }
    for (i = 0; i < count; i++) {
        float sum = 0;

        for (j = 0; j < 4; j++) {
            sum += (float)next(d) / (float)(1 << 24) - 0.5f;
        }
        x[i] = sum * 1.7320508f * scale + offset;
        x[i] = act ? rounded(x[i], d->act) : x[i];
    }
    return x;
}

static LacTensor tensor_in(const LacDevice *dev, enum LacType type, int n, int h, int w, int c, const float *x)
{
    LacTensor t = { .type = type, .n = n, .h = h, .w = w, .c = c };

    if (dev->ops->tensor_alloc(dev->be, &t) < 0 || dev->ops->upload(dev->be, x, &t) < 0) {
        abort();
    }
    return t;
}

/* An output in the middle of a tensor of guard values, whatever memory the device has. */
typedef struct Output {
    LacTensor t, whole; /* t: a view of whole */
    float *values;      /* t's, on the host, when the operation has run */
} Output;

static float *guards(size_t count)
{
    float *x = malloc(count * sizeof *x);

    if (!x) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        x[i] = GUARD_VALUE;
    }
    return x;
}

static Output output_new(const LacDevice *dev, enum LacType type, int n, int h, int w, int c)
{
    Output o = { .t = { .type = type, .n = n, .h = h, .w = w, .c = c } };
    size_t bytes = lac_tensor_count(&o.t) * lac_type_size(type), count = (bytes + 3) / 4 + 2 * (size_t)GUARD;
    float *x = guards(count);

    o.whole = tensor_in(dev, LAC_F32, 1, 1, 1, (int)count, x);
    o.t.data = (char *)o.whole.data + GUARD * sizeof *x;
    free(x);
    return o;
}

/* Fetches the values; false: what lies around them has been written to. */
static bool output_fetch(const LacDevice *dev, Output *o)
{
    size_t count = lac_tensor_count(&o->whole), last = count - GUARD;
    float *x = guards(count);
    bool whole = dev->ops->download(dev->be, &o->whole, x) == LAC_OK;

    o->values = guards(lac_tensor_count(&o->t));
    whole = whole && dev->ops->download(dev->be, &o->t, o->values) == LAC_OK;
    for (size_t i = 0; i < GUARD; i++) {
        whole = whole && x[i] == GUARD_VALUE && x[last + i] == GUARD_VALUE;
    }
    free(x);
    return whole;
}

#define MAX_INPUTS 24

/* A case run on one device. */
typedef struct Run {
    const LacDevice *dev;
    LacTensor in[MAX_INPUTS];
    int inputs;
    Output out[2];
    int outputs;
} Run;

/* A new input of random numbers, the same on every device. */
static LacTensor *input(Run *r, Data *d, bool act, int n, int h, int w, int c, float scale, float offset)
{
    float *x = numbers(d, (size_t)n * (size_t)h * (size_t)w * (size_t)c, scale, offset, act);
    LacTensor *t = &r->in[r->inputs++];

    *t = tensor_in(r->dev, act ? r->dev->act : LAC_F32, n, h, w, c, x);
    free(x);
    return t;
}

static LacTensor *output(Run *r, enum LacType type, int n, int h, int w, int c)
{
    Output *o = &r->out[r->outputs++];

    *o = output_new(r->dev, type, n, h, w, c);
    return &o->t;
}

/* Outputs an operation changes in place begin as the input's copy. */
static LacTensor *output_from(Run *r, const LacTensor *x)
{
    LacTensor *y = output(r, x->type, x->n, x->h, x->w, x->c);
    float *values = guards(lac_tensor_count(x));

    if (r->dev->ops->download(r->dev->be, x, values) < 0 || r->dev->ops->upload(r->dev->be, values, y) < 0) {
        abort();
    }
    free(values);
    return y;
}

static int run_conv(Run *r, Data *d, const Case *c)
{
    const LacOps *ops = r->dev->ops;
    size_t count = (size_t)c->c * (size_t)c->cout * (size_t)c->kernel * (size_t)c->kernel;
    float *weight = numbers(d, count, 1 / sqrtf((float)(c->c * c->kernel * c->kernel)), 0, true);
    float *bias = numbers(d, (size_t)c->cout, 0.3f, 0, false);
    int stride = c->stride ? c->stride : 1;
    LacConvDesc desc = { c->c, c->cout, c->kernel, stride, c->dilation ? c->dilation : 1, c->upsample, c->relu, c->out_f32,
                         weight, c->bias ? bias : NULL };
    LacTensor *x = input(r, d, true, c->n, c->h, c->w, c->c, 1, 0);
    LacTensor *y = output(r, c->out_f32 ? LAC_F32 : r->dev->act, c->n,
                          c->upsample ? 2 * c->h : (c->h + stride - 1) / stride,
                          c->upsample ? 2 * c->w : (c->w + stride - 1) / stride, c->cout);
    LacConv *conv;
    int ret = ops->conv_create(r->dev->be, &desc, &conv);

    free(weight);
    free(bias);
    if (ret < 0) {
        return ret;
    }
    ret = ops->conv(r->dev->be, conv, x, y);
    ops->conv_free(r->dev->be, conv);
    return ret;
}

static int run_norm(Run *r, Data *d, const Case *c)
{
    LacTensor *x = input(r, d, true, c->n, c->h, c->w, c->c, 1, c->offset), *y;
    LacTensor *gamma = input(r, d, false, 1, 1, 1, c->c, 0.5f, 0);
    LacTensor *beta = input(r, d, false, 1, 1, 1, c->c, 0.5f, 0);
    LacTensor *residual = input(r, d, true, c->n, c->h, c->w, c->c, 1, 0);
    LacNormDesc desc = { x, c->adain ? gamma : NULL, c->adain ? beta : NULL, c->residual ? residual : NULL,
                         c->relu, 1e-5f };

    if (c->in_place) {
        desc.x = y = output_from(r, x);
    } else {
        y = output(r, r->dev->act, c->n, c->h, c->w, c->c);
    }
    return r->dev->ops->norm(r->dev->be, &desc, y);
}

/* q or k with a patch of one value wherever 8x8 positions are, the same patches in all of them, and some noise. */
static LacTensor *patches(Run *r, Data *d, const Case *c)
{
    size_t count = (size_t)c->h * (size_t)c->w * (size_t)c->c;
    float *x = numbers(d, count, 0.2f, 0, false);
    LacTensor *t = &r->in[r->inputs++];
    Data same = { .seed = 77 };
    float *patch = numbers(&same, (size_t)(c->h / 8 + 1) * (size_t)(c->w / 8 + 1) * (size_t)c->c, 1.4f, 0, false);

    for (size_t i = 0; i < count; i++) {
        int p = (int)(i / (size_t)c->c), row = p / c->w / 8, column = p % c->w / 8;

        x[i] += patch[(size_t)(row * (c->w / 8 + 1) + column) * (size_t)c->c + i % (size_t)c->c];
        x[i] = rounded(x[i], d->act);
    }
    *t = tensor_in(r->dev, r->dev->act, 1, c->h, c->w, c->c, x);
    free(patch);
    free(x);
    return t;
}

static int run_attention(Run *r, Data *d, const Case *c)
{
    LacAttentionRef refs[MAX_REFS];
    float scale = c->sharp ? 4.0f : 1.0f;
    LacTensor *q = c->margin > 0 ? patches(r, d, c) : input(r, d, true, 1, c->h, c->w, c->c, scale, 0);
    LacTensor *mat = output(r, r->dev->act, 1, c->h, c->w, c->dv);
    LacTensor *warped = output(r, LAC_F32, 1, c->h, c->w, 3);
    LacAttentionDesc desc = { q, refs, c->refs, c->margin, mat, warped };
    int i;

    for (i = 0; i < c->refs; i++) {
        refs[i].k = *(c->margin > 0 ? patches(r, d, c) : input(r, d, true, 1, c->h, c->w, c->c, scale, 0));
        refs[i].v = *input(r, d, true, 1, c->h, c->w, c->dv, 1, 0);
        refs[i].colour = *input(r, d, false, 1, c->h, c->w, 3, 0.5f, 0.1f);
        refs[i].mask = *input(r, d, false, 1, c->h, c->w, 2, 0.2f, 0.5f);
        refs[i].lambda = c->lambda[i];
        refs[i].bias = c->lift[i];
    }
    return r->dev->ops->attention(r->dev->be, &desc);
}

static int run_combine(Run *r, Data *d, const Case *c)
{
    const LacTensor *mask[MAX_REFS], *fy[MAX_REFS];
    LacTensor *mat = input(r, d, true, 1, c->h, c->w, c->c, 1, 0);
    LacTensor *y = output(r, r->dev->act, 1, c->h, c->w, c->c);
    int i;

    for (i = 0; i < c->refs; i++) {
        mask[i] = input(r, d, false, 1, c->h, c->w, 2, 0.2f, 0.5f);
        fy[i] = input(r, d, true, 1, c->h, c->w, c->c, 1, 0);
    }
    return r->dev->ops->combine(r->dev->be, mat, mask, fy, c->refs, y);
}

/* `in_place`: before, frame and after are one tensor, as at the end of a window of one frame. */
static int run_shift(Run *r, Data *d, const Case *c)
{
    LacTensor *x[3] = { NULL };
    LacShiftDesc desc;
    int i;

    for (i = 0; i < 3; i++) {
        x[i] = c->in_place && i ? x[0] : input(r, d, true, 1, c->h, c->w, c->c, 1, 0);
    }
    desc = (LacShiftDesc){ x[0], x[1], x[2], input(r, d, false, 3, 1, 1, c->cout, 0.6f, 0) };
    return r->dev->ops->shift(r->dev->be, &desc, output(r, r->dev->act, 1, c->h, c->w, c->cout));
}

static int run_gate(Run *r, Data *d, const Case *c)
{
    LacTensor *x = input(r, d, !c->f32, c->n, c->h, c->w, 2 * c->c, c->spread, 0);
    LacTensor *residual = input(r, d, !c->f32, c->n, c->h, c->w, c->c, 1, 0);
    LacTensor *y = c->in_place ? output_from(r, residual) : output(r, x->type, c->n, c->h, c->w, c->c);
    LacGateDesc desc = { x, c->in_place ? y : c->residual ? residual : NULL, c->leak };

    return r->dev->ops->gate(r->dev->be, &desc, y);
}

static int run_simple(Run *r, Data *d, const Case *c)
{
    const LacOps *ops = r->dev->ops;
    LacBackend *be = r->dev->be;
    LacTensor *a, *b, *y;

    switch (c->op) {
    case ADD:
        a = input(r, d, !c->f32, c->n, c->h, c->w, c->c, 1, 0);
        b = input(r, d, !c->f32, c->n, c->h, c->w, c->c, 1, 0);
        y = c->in_place ? output_from(r, a) : output(r, a->type, c->n, c->h, c->w, c->c);
        return ops->add(be, c->in_place ? y : a, b, y);
    case MEAN:
        a = input(r, d, true, c->n, c->h, c->w, c->c, 1, 0.5f);
        return ops->mean(be, a, output(r, LAC_F32, c->n, 1, 1, c->c));
    case MASK:
        a = input(r, d, false, c->n, c->h, c->w, c->c, c->spread, 0);
        b = input(r, d, false, c->n, c->h, c->w, c->c, 1, 0);
        return ops->mask(be, a, b, output(r, LAC_F32, c->n, c->h, c->w, c->c));
    case POOL4:
        a = input(r, d, false, c->n, 4 * c->h, 4 * c->w, c->c, 1, 0);
        return ops->pool4(be, a, output(r, LAC_F32, c->n, c->h, c->w, c->c));
    case UPSAMPLE4_ADD:
        a = input(r, d, false, c->n, c->h, c->w, c->c, 1, 0);
        b = input(r, d, false, c->n, 4 * c->h, 4 * c->w, c->c, 1, 0);
        return ops->upsample4_add(be, a, output_from(r, b));
    case TANH:
        a = input(r, d, false, c->n, c->h, c->w, c->c, c->spread, 0);
        y = c->in_place ? output_from(r, a) : output(r, LAC_F32, c->n, c->h, c->w, c->c);
        return ops->tanh(be, c->in_place ? y : a, y);
    default:
        a = input(r, d, c->f32, c->n, c->h, c->w, c->c, 1, 0);
        return ops->convert(be, a, output(r, c->f32 ? LAC_F32 : r->dev->act, c->n, c->h, c->w, c->c));
    }
}

/* `act`: the activation type of the device under test, which decides how inputs are rounded on both. */
static int run(Run *r, const LacDevice *dev, const Case *c, enum LacType act)
{
    Data d = { .seed = 12345, .act = act };

    memset(r, 0, sizeof *r);
    r->dev = dev;
    switch (c->op) {
    case CONV: return run_conv(r, &d, c);
    case NORM: return run_norm(r, &d, c);
    case ATTENTION: return run_attention(r, &d, c);
    case COMBINE: return run_combine(r, &d, c);
    case SHIFT: return run_shift(r, &d, c);
    case GATE: return run_gate(r, &d, c);
    default: return run_simple(r, &d, c);
    }
}

static void run_free(Run *r)
{
    int i;

    for (i = 0; i < r->inputs; i++) {
        r->dev->ops->tensor_free(r->dev->be, &r->in[i]);
    }
    for (i = 0; i < r->outputs; i++) {
        r->dev->ops->tensor_free(r->dev->be, &r->out[i].whole);
        free(r->out[i].values);
    }
}

/* Largest difference in units of the tolerance; HUGE_VAL for a NaN or an infinity. */
static double compare(const Output *y, const Output *want, enum LacType act)
{
    size_t i, count = lac_tensor_count(&y->t);
    double worst = 0, scale = 1e-3;

    for (i = 0; i < count; i++) {
        scale = fmax(scale, fabs((double)want->values[i]));
    }
    for (i = 0; i < count; i++) {
        if (!isfinite(y->values[i])) {
            return HUGE_VAL;
        }
        worst = fmax(worst, fabs((double)y->values[i] - want->values[i]) / scale);
    }
    return worst / (act == LAC_BF16 ? 1.0 / 128 : act == LAC_F16 ? 1.0 / 1024 : 2e-5);
}

static bool same_bytes(const Run *a, const Run *b)
{
    int i;

    for (i = 0; i < a->outputs; i++) {
        if (memcmp(a->out[i].values, b->out[i].values, lac_tensor_count(&a->out[i].t) * sizeof(float)) != 0) {
            return false;
        }
    }
    return true;
}

/* Runs a case and fetches what it gave; false after printing. */
static bool run_fetch(Run *r, const LacDevice *dev, const Case *c, enum LacType act, const char *label)
{
    int ret = run(r, dev, c, act), i;
    bool whole = true;

    if (ret < 0) {
        printf("  %s: error %d\n", label, ret);
        return false;
    }
    for (i = 0; i < r->outputs; i++) {
        whole = output_fetch(dev, &r->out[i]) && whole;
    }
    if (!whole) {
        printf("  %s: writes outside the output\n", label);
    }
    return whole;
}

/* devs: the device under test with 1, 2, ... threads, or the same one several times. */
static bool run_case(const LacDevice *ref, const LacDevice *devs, int count, const Case *c, const char *label)
{
    Run want, first, other;
    double worst = 0;
    bool ok = run_fetch(&want, ref, c, devs[0].act, "ref") && run_fetch(&first, &devs[0], c, devs[0].act, label);
    const char *why = "";
    int i;

    if (!ok) {
        printf("FAIL %s: %s\n", label, c->name);
        return false;
    }
    for (i = 0; i < first.outputs; i++) {
        worst = fmax(worst, compare(&first.out[i], &want.out[i], devs[0].act));
    }
    for (i = 1; i < count; i++) {
        if (!run_fetch(&other, &devs[i], c, devs[0].act, label) || !same_bytes(&first, &other)) {
            ok = false;
            why = ", other bytes in another run";
        }
        run_free(&other);
    }
    ok = ok && worst <= 1;
    printf("%s %s: %s (%.3f of the tolerance%s)\n", ok ? "ok  " : "FAIL", label, c->name, worst, why);
    run_free(&want);
    run_free(&first);
    return ok;
}

int ops_cases(const LacDevice *ref, const LacDevice *devs, int count, const OpsFilter *filter, const char *label,
              int *passed)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Case *c = &cases[i];
        double pixels = (double)c->n * c->h * c->w;
        bool small = c->op == ATTENTION ? pixels * pixels * c->refs <= 5e5 :
            pixels * (c->op == CONV ? c->cout : c->c) <= 8e4;

        if ((!filter->part || strstr(c->name, filter->part)) && !(filter->no_conv && c->op == CONV) &&
            (!filter->small || small)) {
            bool ok = run_case(ref, devs, count, c, label);

            failed += !ok;
            *passed += ok;
        }
    }
    return failed;
}
