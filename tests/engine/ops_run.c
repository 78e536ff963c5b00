/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inputs of random numbers, outputs between guards, and each operation's call. */
#include "ops_run.h"

#include <stdlib.h>
#include <string.h>

#include "half.h"
#include "ops/bf16.h"

#define GUARD 16          /* fp32 numbers before and after each output */
#define GUARD_VALUE 12345.5f

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

bool output_fetch(const LacDevice *dev, Output *o)
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

int run_case(Run *r, const LacDevice *dev, const Case *c, enum LacType act)
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

void run_free(Run *r)
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
