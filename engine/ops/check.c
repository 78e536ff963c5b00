/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of every operation's arguments, the same for all back ends. */
#include "ops/backend.h"

#include <limits.h>

#define MAX_CHANNELS (1 << 16)
#define MAX_SIDE (1 << 28)

static const char *type_name(enum LacType type)
{
    return type == LAC_F32 ? "fp32" : type == LAC_BF16 ? "bf16" : type == LAC_F16 ? "fp16" : "unknown";
}

int lac_check_tensor(const LacLog *log, const LacTensor *t, size_t *bytes)
{
    size_t n;

    if (t->n < 1 || t->h < 1 || t->w < 1 || t->c < 1 || t->n > MAX_SIDE || t->c > MAX_SIDE ||
        t->w > MAX_SIDE || t->h > INT_MAX / t->w) {
        return lac_fail(log, LAC_EINVAL, "tensor of n %d, h %d, w %d, c %d: sizes must be 1 or more and h * w fit "
                        "an int", t->n, t->h, t->w, t->c);
    }
    if (t->type != LAC_F32 && t->type != LAC_BF16 && t->type != LAC_F16) {
        return lac_fail(log, LAC_EINVAL, "tensor of unknown type %d", (int)t->type);
    }
    if (!lac_mul((size_t)t->n, (size_t)t->h, &n) || !lac_mul(n, (size_t)t->w, &n) ||
        !lac_mul(n, (size_t)t->c, &n) || !lac_mul(n, lac_type_size(t->type), &n) || n > PTRDIFF_MAX / 2) {
        return lac_fail(log, LAC_ENOMEM, "tensor of n %d, h %d, w %d, c %d does not fit into memory", t->n, t->h,
                        t->w, t->c);
    }
    *bytes = n;
    return LAC_OK;
}

/* t must be [n,h,w,c] of `type`. */
static int expect(const LacBackend *be, const char *op, const char *what, const LacTensor *t, enum LacType type,
                  int n, int h, int w, int c)
{
    if (!t || !t->data) {
        return lac_fail(be->log, LAC_EINVAL, "%s: tensor %s is missing", op, what);
    }
    if (t->type != type || t->n != n || t->h != h || t->w != w || t->c != c) {
        return lac_fail(be->log, LAC_EINVAL, "%s: tensor %s is %s [%d,%d,%d,%d], expected %s [%d,%d,%d,%d]", op,
                        what, type_name(t->type), t->n, t->h, t->w, t->c, type_name(type), n, h, w, c);
    }
    return LAC_OK;
}

static int expect_like(const LacBackend *be, const char *op, const char *what, const LacTensor *t,
                       const LacTensor *like)
{
    return expect(be, op, what, t, like->type, like->n, like->h, like->w, like->c);
}

/* t must be there, of `type`; its shape is the one the others are measured by. */
static int lead(const LacBackend *be, const char *op, const char *what, const LacTensor *t, enum LacType type)
{
    size_t bytes;

    if (!t || !t->data) {
        lac_fail(be->log, LAC_EINVAL, "%s: tensor %s is missing", op, what);
        return LAC_EINVAL;
    }
    if (t->type != type) {
        lac_fail(be->log, LAC_EINVAL, "%s: tensor %s is %s, expected %s", op, what, type_name(t->type),
                 type_name(type));
        return LAC_EINVAL;
    }
    return lac_check_tensor(be->log, t, &bytes);
}

int lac_check_conv_desc(const LacLog *log, const LacConvDesc *d)
{
    if (d->cin < 1 || d->cout < 1 || d->cin > MAX_CHANNELS || d->cout > MAX_CHANNELS) {
        return lac_fail(log, LAC_EINVAL, "conv: %d input and %d output channels, expected 1 to %d", d->cin, d->cout,
                        MAX_CHANNELS);
    }
    if (d->kernel < 1 || d->kernel > 31 || d->kernel % 2 == 0 || d->stride < 1 || d->stride > 8 ||
        d->dilation < 1 || d->dilation > 64) {
        return lac_fail(log, LAC_EINVAL, "conv: kernel %d (odd, 1 to 31), stride %d (1 to 8), dilation %d (1 to 64)",
                        d->kernel, d->stride, d->dilation);
    }
    if (d->upsample && d->stride != 1) {
        return lac_fail(log, LAC_EINVAL, "conv: upsampling needs stride 1, not %d", d->stride);
    }
    if (!d->weight) {
        return lac_fail(log, LAC_EINVAL, "conv: weights are missing");
    }
    return LAC_OK;
}

int lac_conv_out(const LacConvDesc *desc, int in)
{
    return desc->upsample ? 2 * in : (in + desc->stride - 1) / desc->stride;
}

int lac_check_conv(const LacBackend *be, const LacConv *conv, const LacTensor *x, const LacTensor *y)
{
    const LacConvDesc *d = &conv->desc;
    int ret = lead(be, "conv", "x", x, be->act);

    if (ret < 0) {
        return ret;
    }
    if (x->c != d->cin || x->h > MAX_SIDE / 2 || x->w > MAX_SIDE / 2) {
        return lac_fail(be->log, LAC_EINVAL, "conv: tensor x is [%d,%d,%d,%d], expected %d channels", x->n, x->h,
                        x->w, x->c, d->cin);
    }
    return expect(be, "conv", "y", y, d->out_f32 ? LAC_F32 : be->act, x->n, lac_conv_out(d, x->h),
                  lac_conv_out(d, x->w), d->cout);
}

int lac_check_norm(const LacBackend *be, const LacNormDesc *d, const LacTensor *y)
{
    int ret = lead(be, "norm", "x", d->x, be->act);

    if (ret < 0 || (ret = expect_like(be, "norm", "y", y, d->x)) < 0) {
        return ret;
    }
    if (d->gamma && (ret = expect(be, "norm", "gamma", d->gamma, LAC_F32, 1, 1, 1, d->x->c)) < 0) {
        return ret;
    }
    if (d->beta && (ret = expect(be, "norm", "beta", d->beta, LAC_F32, 1, 1, 1, d->x->c)) < 0) {
        return ret;
    }
    return d->residual ? expect_like(be, "norm", "residual", d->residual, d->x) : LAC_OK;
}

/* Elementwise operations: x, then y and maybe more of the same shape and type. */
static int like_first(const LacBackend *be, const char *op, enum LacType type, const LacTensor *a,
                      const LacTensor *b, const LacTensor *y)
{
    int ret = lead(be, op, "a", a, type);

    if (ret < 0 || (b && (ret = expect_like(be, op, "b", b, a)) < 0)) {
        return ret;
    }
    return expect_like(be, op, "y", y, a);
}

int lac_check_add(const LacBackend *be, const LacTensor *a, const LacTensor *b, const LacTensor *y)
{
    enum LacType type = a && a->type == LAC_F32 ? LAC_F32 : be->act;

    if (!b) {
        return lac_fail(be->log, LAC_EINVAL, "add: tensor b is missing");
    }
    return like_first(be, "add", type, a, b, y);
}

int lac_check_mean(const LacBackend *be, const LacTensor *x, const LacTensor *y)
{
    int ret = lead(be, "mean", "x", x, be->act);

    return ret < 0 ? ret : expect(be, "mean", "y", y, LAC_F32, x->n, 1, 1, x->c);
}

int lac_check_mask(const LacBackend *be, const LacTensor *a, const LacTensor *b, const LacTensor *y)
{
    if (!b) {
        return lac_fail(be->log, LAC_EINVAL, "mask: tensor b is missing");
    }
    return like_first(be, "mask", LAC_F32, a, b, y);
}

int lac_check_attention(const LacBackend *be, const LacAttentionDesc *d)
{
    const LacTensor *q = d->q;
    int ret = lead(be, "attention", "q", q, be->act);
    int i, h, w, dv;

    if (ret < 0) {
        return ret;
    }
    if (d->count < 1 || !d->refs || !d->mat || q->n != 1 || !(d->margin >= 0 && d->margin <= 1e30f)) {
        return lac_fail(be->log, LAC_EINVAL, "attention: %d references, n %d, margin %g; expected 1 or more, 1, 0 to "
                        "1e30", d->count, q->n, d->margin);
    }
    h = q->h;
    w = q->w;
    dv = d->mat->c;
    if ((ret = expect(be, "attention", "mat", d->mat, be->act, 1, h, w, dv)) < 0 ||
        (ret = expect(be, "attention", "warped", d->warped, LAC_F32, 1, h, w, 3)) < 0) {
        return ret;
    }
    for (i = 0; i < d->count; i++) {
        const LacAttentionRef *r = &d->refs[i];

        if (!(r->lambda >= 0 && r->lambda <= 1e30f && r->bias >= -1e30f && r->bias <= 1e30f)) {
            return lac_fail(be->log, LAC_EINVAL, "attention: lambda %g, bias %g; expected 0 to 1e30, -1e30 to 1e30",
                            r->lambda, r->bias);
        }
        if ((ret = expect(be, "attention", "k", &r->k, be->act, 1, h, w, q->c)) < 0 ||
            (ret = expect(be, "attention", "v", &r->v, be->act, 1, h, w, dv)) < 0 ||
            (ret = expect(be, "attention", "colour", &r->colour, LAC_F32, 1, h, w, 3)) < 0 ||
            (ret = expect(be, "attention", "mask", &r->mask, LAC_F32, 1, h, w, 2)) < 0) {
            return ret;
        }
    }
    return LAC_OK;
}

int lac_check_combine(const LacBackend *be, const LacTensor *mat, const LacTensor *const *mask,
                      const LacTensor *const *fy, int count, const LacTensor *y)
{
    int ret = lead(be, "combine", "mat", mat, be->act);
    int i;

    if (ret < 0 || (ret = expect(be, "combine", "y", y, be->act, 1, mat->h, mat->w, mat->c)) < 0) {
        return ret;
    }
    if (count < 1 || !mask || !fy || mat->n != 1) {
        return lac_fail(be->log, LAC_EINVAL, "combine: %d references, n %d; expected 1 or more, 1", count, mat->n);
    }
    for (i = 0; i < count; i++) {
        if ((ret = expect(be, "combine", "mask", mask[i], LAC_F32, 1, mat->h, mat->w, 2)) < 0 ||
            (ret = expect_like(be, "combine", "fy", fy[i], mat)) < 0) {
            return ret;
        }
    }
    return LAC_OK;
}

int lac_check_pool4(const LacBackend *be, const LacTensor *x, const LacTensor *y)
{
    int ret = lead(be, "pool4", "y", y, LAC_F32);

    return ret < 0 || y->h > MAX_SIDE / 4 || y->w > MAX_SIDE / 4 ?
        (ret < 0 ? ret : lac_fail(be->log, LAC_EINVAL, "pool4: %dx%d is too large", y->w, y->h)) :
        expect(be, "pool4", "x", x, LAC_F32, y->n, 4 * y->h, 4 * y->w, y->c);
}

int lac_check_upsample4_add(const LacBackend *be, const LacTensor *x, const LacTensor *y)
{
    int ret = lead(be, "upsample4_add", "x", x, LAC_F32);

    return ret < 0 || x->h > MAX_SIDE / 4 || x->w > MAX_SIDE / 4 ?
        (ret < 0 ? ret : lac_fail(be->log, LAC_EINVAL, "upsample4_add: %dx%d is too large", x->w, x->h)) :
        expect(be, "upsample4_add", "y", y, LAC_F32, x->n, 4 * x->h, 4 * x->w, x->c);
}

int lac_check_tanh(const LacBackend *be, const LacTensor *x, const LacTensor *y)
{
    return like_first(be, "tanh", LAC_F32, x, NULL, y);
}

int lac_check_convert(const LacBackend *be, const LacTensor *x, const LacTensor *y)
{
    enum LacType from = x && x->type == LAC_F32 ? LAC_F32 : be->act;
    enum LacType to = y && y->type == LAC_F32 ? LAC_F32 : be->act;
    int ret = lead(be, "convert", "x", x, from);

    return ret < 0 ? ret : expect(be, "convert", "y", y, to, x->n, x->h, x->w, x->c);
}

int lac_check_shift(const LacBackend *be, const LacShiftDesc *d, const LacTensor *y)
{
    const LacTensor *x = d->frame;
    int ret = lead(be, "shift", "frame", x, be->act);

    if (ret < 0 || (ret = lead(be, "shift", "kernel", d->kernel, LAC_F32)) < 0) {
        return ret;
    }
    if (x->n != 1 || d->kernel->c % x->c) {
        return lac_fail(be->log, LAC_EINVAL, "shift: %d frames of %d channels to %d; expected one frame, and a multiple "
                        "of its channels", x->n, x->c, d->kernel->c);
    }
    if ((ret = expect(be, "shift", "kernel", d->kernel, LAC_F32, 3, 1, 1, d->kernel->c)) < 0 ||
        (ret = expect_like(be, "shift", "before", d->before, x)) < 0 ||
        (ret = expect_like(be, "shift", "after", d->after, x)) < 0) {
        return ret;
    }
    return expect(be, "shift", "y", y, be->act, 1, x->h, x->w, d->kernel->c);
}

int lac_check_gate(const LacBackend *be, const LacGateDesc *d, const LacTensor *y)
{
    enum LacType type = y && y->type == LAC_F32 ? LAC_F32 : be->act;
    int ret = lead(be, "gate", "y", y, type);

    if (ret < 0) {
        return ret;
    }
    if (!(d->slope >= 0 && d->slope <= 1) || y->c > MAX_CHANNELS) {
        return lac_fail(be->log, LAC_EINVAL, "gate: slope %g (0 to 1), %d channels (at most %d)", d->slope, y->c,
                        MAX_CHANNELS);
    }
    ret = expect(be, "gate", "x", d->x, type, y->n, y->h, y->w, 2 * y->c);
    return ret < 0 || !d->residual ? ret : expect_like(be, "gate", "residual", d->residual, y);
}
