/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution: by cuDNN's tensor core engines where channels come in eights, else by the direct kernel. A layer
 * remembers the plans of the input shapes it has seen; a plan is looked for once and depends on the shape and the GPU
 * model alone.
 *
 * As in ops/cpu, upsampling before a convolution is not carried out: each parity of output rows and columns sees a
 * smaller kernel whose taps are sums of the original ones. */
#include "ops/cuda/conv.h"
#include "ops/cuda/plan.h"

#include <string.h>

#define PLANS 4                         /* input shapes remembered */
#define PHASES 4
#define WORKSPACE ((size_t)256 << 20)   /* bytes an engine may ask for */

typedef struct Plan {
    int n, h, w;           /* input shape; n 0: unused */
    int parts;             /* 1, or PHASES for upsampling; 0: the direct kernel */
    bool fused;            /* bias and ReLU are in the part */
    CudaPlan part[PHASES];
    size_t workspace;      /* of the largest part */
} Plan;

typedef struct CudaConv {
    LacConv head;
    float *weight;                /* host [cout][cin][kernel][kernel] */
    LacTensor direct;             /* f32, as lac_direct_weight lays it out; no data: not needed so far */
    LacTensor part[PHASES];       /* act [cout][kh][kw][cin] */
    LacTensor bias, bias_act;     /* f32 and act [cout]; zeros for a ReLU without bias */
    Plan plan[PLANS];
    int next;                     /* the plan to give up when all are used */
} CudaConv;

static void plan_clear(Plan *p)
{
    for (int i = 0; i < PHASES; i++) {
        lac_plan_free(&p->part[i]);
    }
    memset(p, 0, sizeof *p);
}

void lac_cuda_conv_free(LacBackend *be, LacConv *conv)
{
    CudaConv *c = (CudaConv *)conv;

    if (!c) {
        return;
    }
    for (int i = 0; i < PLANS; i++) {
        plan_clear(&c->plan[i]);
    }
    for (int i = 0; i < PHASES; i++) {
        lac_cuda_tensor_free(be, &c->part[i]);
    }
    lac_cuda_tensor_free(be, &c->direct);
    lac_cuda_tensor_free(be, &c->bias);
    lac_cuda_tensor_free(be, &c->bias_act);
    lac_free(c->weight);
    lac_free(c);
}

/* A tensor on the device with these values. */
static int give(LacBackend *be, LacTensor *t, enum LacType type, int n, int h, int w, int c, const float *values)
{
    int ret;

    *t = (LacTensor){ .type = type, .n = n, .h = h, .w = w, .c = c };
    ret = lac_cuda_tensor_alloc(be, t);
    return ret < 0 ? ret : lac_cuda_upload(be, values, t);
}

static int no_memory(LacBackend *be, const LacConvDesc *d)
{
    return lac_fail(be->log, LAC_ENOMEM, "out of memory: conv of %d to %d channels", d->cin, d->cout);
}

/* The direct kernel's weights, when it is needed for the first time. */
static int direct_weights(LacBackend *be, CudaConv *c)
{
    const LacConvDesc *d = &c->head.desc;
    int taps = d->kernel * d->kernel, outputs = lac_direct_outputs(d), groups = (d->cout + outputs - 1) / outputs, ret;
    float *values;

    if (c->direct.data) {
        return LAC_OK;
    }
    values = lac_calloc((size_t)groups * (size_t)taps * (size_t)d->cin, (size_t)outputs * sizeof *values);
    if (!values) {
        return no_memory(be, d);
    }
    for (int o = 0; o < d->cout; o++) {
        for (int i = 0; i < d->cin; i++) {
            for (int t = 0; t < taps; t++) {
                values[lac_direct_weight(o, t, i, taps, d->cin, outputs)] =
                    c->weight[((size_t)o * (size_t)d->cin + (size_t)i) * (size_t)taps + (size_t)t];
            }
        }
    }
    ret = give(be, &c->direct, LAC_F32, groups, taps, d->cin, outputs, values);
    lac_free(values);
    return ret;
}

/* Taps of one phase along an axis, and the first one's offset: docs in conv_index.h. Without upsampling the kernel as
 * it is. */
static void phase_taps(const LacConvDesc *d, int parity, int *first, int *count)
{
    *first = d->upsample ? lac_phase_offset(d->kernel, d->dilation, parity, 0) : -d->dilation * (d->kernel / 2);
    *count = d->upsample ? lac_phase_offset(d->kernel, d->dilation, parity, d->kernel - 1) - *first + 1 : d->kernel;
}

/* cuDNN's weights [cout][kh][kw][cin] of one phase. */
static int part_weights(LacBackend *be, CudaConv *c, int phase)
{
    const LacConvDesc *d = &c->head.desc;
    int top, left, kh, kw, ret;
    float *values;

    phase_taps(d, phase / 2, &top, &kh);
    phase_taps(d, phase % 2, &left, &kw);
    values = lac_calloc((size_t)d->cout * (size_t)d->cin, (size_t)kh * (size_t)kw * sizeof *values);
    if (!values) {
        return no_memory(be, d);
    }
    for (int o = 0; o < d->cout; o++) {
        for (int in = 0; in < d->cin; in++) {
            const float *from = c->weight + ((size_t)o * (size_t)d->cin + (size_t)in) * (size_t)(d->kernel * d->kernel);

            for (int i = 0; i < d->kernel; i++) {
                for (int j = 0; j < d->kernel; j++) {
                    int row = d->upsample ? lac_phase_offset(d->kernel, d->dilation, phase / 2, i) - top : i;
                    int col = d->upsample ? lac_phase_offset(d->kernel, d->dilation, phase % 2, j) - left : j;

                    values[(((size_t)o * (size_t)kh + (size_t)row) * (size_t)kw + (size_t)col) * (size_t)d->cin +
                           (size_t)in] += from[i * d->kernel + j];
                }
            }
        }
    }
    ret = give(be, &c->part[phase], be->act, d->cout, kh, kw, d->cin, values);
    lac_free(values);
    return ret;
}

static int bias_values(LacBackend *be, CudaConv *c, const float *bias)
{
    const LacConvDesc *d = &c->head.desc;
    float *zeros = bias ? NULL : lac_calloc((size_t)d->cout, sizeof *zeros);
    int ret;

    if (!bias && !zeros) {
        return no_memory(be, d);
    }
    ret = give(be, &c->bias, LAC_F32, 1, 1, 1, d->cout, bias ? bias : zeros);
    ret = ret < 0 ? ret : give(be, &c->bias_act, be->act, 1, 1, 1, d->cout, bias ? bias : zeros);
    lac_free(zeros);
    return ret;
}

int lac_cuda_conv_create(LacBackend *be, const LacConvDesc *d, LacConv **conv)
{
    int ret = lac_check_conv_desc(be->log, d), i;
    size_t count;
    CudaConv *c;

    *conv = NULL;
    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    count = (size_t)d->cout * (size_t)d->cin * (size_t)d->kernel * (size_t)d->kernel;
    c = lac_calloc(1, sizeof *c);
    if (c) {
        c->weight = lac_alloc(count, sizeof *c->weight);
    }
    if (!c || !c->weight) {
        lac_cuda_conv_free(be, (LacConv *)c);
        return no_memory(be, d);
    }
    memcpy(c->weight, d->weight, count * sizeof *c->weight);
    c->head.desc = *d;
    c->head.desc.weight = c->head.desc.bias = NULL;
    if (d->bias || d->relu) {
        ret = bias_values(be, c, d->bias);
    }
    if (d->out_f32 || d->cin % 8 || d->cout % 8) {
        ret = ret < 0 ? ret : direct_weights(be, c);
    } else {
        for (i = 0; ret == LAC_OK && i < (d->upsample ? PHASES : 1); i++) {
            ret = part_weights(be, c, i);
        }
    }
    if (ret < 0) {
        lac_cuda_conv_free(be, &c->head);
        return ret;
    }
    *conv = &c->head;
    return LAC_OK;
}

/* The cuDNN plans of all parts; false: one of them has none. */
static bool find_parts(LacBackend *be, const CudaConv *c, const LacTensor *x, const LacTensor *y, bool fuse, Plan *p)
{
    const LacConvDesc *d = &c->head.desc;
    int phases = d->upsample ? PHASES : 1, i, top, left;
    CudaPlanDesc o = {
        .type = be->act, .n = x->n, .h = x->h, .w = x->w, .cin = d->cin,
        .ho = d->upsample ? x->h : y->h, .wo = d->upsample ? x->w : y->w, .cout = d->cout,
        .stride = d->stride, .dilation = d->upsample ? 1 : d->dilation,
        .bias = fuse && c->bias.data, .relu = fuse && d->relu,
    };

    p->parts = 0;
    p->workspace = 0;
    for (i = 0; i < phases; i++) {
        phase_taps(d, i / 2, &top, &o.kh);
        phase_taps(d, i % 2, &left, &o.kw);
        o.top = -top;
        o.left = -left;
        if (lac_plan_create(&p->part[i], &o, lac_cuda(be)->cudnn, NULL, WORKSPACE) != CUDNN_STATUS_SUCCESS) {
            plan_clear(p);
            return false;
        }
        p->workspace = p->part[i].workspace > p->workspace ? p->part[i].workspace : p->workspace;
    }
    p->parts = phases;
    p->fused = fuse;
    return true;
}

/* The plan for this input shape, found now if need be. */
static Plan *plan_get(LacBackend *be, CudaConv *c, const LacTensor *x, const LacTensor *y)
{
    Plan *p;
    int i;

    for (i = 0; i < PLANS; i++) {
        p = &c->plan[i];
        if (p->n == x->n && p->h == x->h && p->w == x->w) {
            return p;
        }
    }
    p = &c->plan[c->next];
    c->next = (c->next + 1) % PLANS;
    plan_clear(p);
    if (c->part[0].data && !(!c->head.desc.upsample && find_parts(be, c, x, y, true, p)) &&
        !find_parts(be, c, x, y, false, p)) {
        lac_log(be->log, LAC_LOG_DEBUG, "conv %d to %d channels, kernel %d, %dx%d: cuDNN has no engine, the direct kernel "
                "takes it", x->c, y->c, c->head.desc.kernel, x->w, x->h);
    }
    (void)cudaGetLastError(); /* an engine that was tried may have left one behind */
    p->n = x->n;
    p->h = x->h;
    p->w = x->w;
    return p;
}

static int run_parts(LacBackend *be, const CudaConv *c, const Plan *p, const LacTensor *x, LacTensor *y)
{
    const LacConvDesc *d = &c->head.desc;
    bool upsampled = d->upsample;
    size_t phase = lac_tensor_count(y) / (size_t)p->parts * lac_type_size(y->type), used = 0;
    char *base, *workspace, *out = y->data;
    int i, ret;

    lac_cuda_piece(NULL, &used, p->workspace, 1);
    lac_cuda_piece(NULL, &used, upsampled ? PHASES * phase : 0, 1);
    base = used ? lac_cuda_scratch(be, used) : NULL;
    if (used && !base) {
        return LAC_ENOMEM;
    }
    used = 0;
    workspace = lac_cuda_piece(base, &used, p->workspace, 1);
    if (upsampled) {
        out = lac_cuda_piece(base, &used, PHASES * phase, 1);
    }
    for (i = 0; i < p->parts; i++) {
        ret = lac_cudnn_check(be, lac_plan_run(&p->part[i], lac_cuda(be)->cudnn, x->data, c->part[i].data,
                                               p->fused && c->bias.data ? c->bias_act.data : NULL,
                                               out + (size_t)i * phase, workspace), "conv");
        if (ret < 0 || (ret = lac_cuda_launched(be, "conv")) < 0) {
            return ret;
        }
    }
    return upsampled || (!p->fused && (c->bias.data || d->relu)) ?
        lac_cuda_conv_finish(be, out, c->bias.data, d->relu, upsampled, y) : LAC_OK;
}

int lac_cuda_conv(LacBackend *be, LacConv *conv, const LacTensor *x, LacTensor *y)
{
    CudaConv *c = (CudaConv *)conv;
    int ret = lac_check_conv(be, conv, x, y);
    Plan *p;

    if (ret < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    p = plan_get(be, c, x, y);
    if (p->parts && !((uintptr_t)x->data & 15) && !((uintptr_t)y->data & 15)) {
        return run_parts(be, c, p, x, y);
    }
    ret = direct_weights(be, c);
    return ret < 0 ? ret : lac_cuda_conv_direct(be, &conv->desc, c->direct.data, c->bias.data, x, y);
}
