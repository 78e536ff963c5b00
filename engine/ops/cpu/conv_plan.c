/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans of a convolution: what oneDNN is asked for, and its primitives.
 *
 * Upsampling before a convolution is not carried out: the outputs of one row and column parity see a smaller
 * kernel whose taps are sums of the original ones, so four convolutions at the input's size, one per parity,
 * and an interleaving copy give the same result with 4/9 of the multiplications (3x3).
 *
 * Where an instruction set has no kernel of its own for paddings so wide, oneDNN multiplies matrices, which takes twice as long
 * and whose sums depend on the number of threads. Such a layer reads its input from a copy with zeros beside each row;
 * if that is refused too, it runs on one thread. */
#include "ops/cpu/conv.h"

#include <string.h>

#include <omp.h>

static void part_free(Part *p)
{
    if (p->primitive) {
        dnnl_primitive_destroy(p->primitive);
    }
    if (p->src) {
        dnnl_memory_destroy(p->src);
    }
    if (p->dst) {
        dnnl_memory_destroy(p->dst);
    }
    if (p->weights) {
        dnnl_memory_destroy(p->weights);
    }
    if (p->scratchpad) {
        dnnl_memory_destroy(p->scratchpad);
    }
    lac_free(p->weight_data);
    memset(p, 0, sizeof *p);
}

void lac_cpu_conv_plan_free(Plan *plan)
{
    int i;

    for (i = 0; i < PHASES; i++) {
        part_free(&plan->part[i]);
    }
    plan->n = 0;
}

/* Along one axis of an upsampled input, tap t of an output of this parity reads input (output / 2) + this. */
static int phase_offset(const LacConvDesc *d, int parity, int tap)
{
    int at = parity + (tap - d->kernel / 2) * d->dilation;

    return at >= 0 ? at / 2 : -((1 - at) / 2);
}

static void conv_desc(const CpuBackend *cpu, const LacConvDesc *d, int n, int h, int w, LacDnnlConvDesc *o)
{
    dnnl_data_type_t act = cpu->head.act == LAC_BF16 ? dnnl_bf16 : dnnl_f32;

    *o = (LacDnnlConvDesc){
        .n = n, .cin = d->cin, .h = h, .w = w, .cout = d->cout,
        .ho = (h + d->stride - 1) / d->stride, .wo = (w + d->stride - 1) / d->stride,
        .kh = d->kernel, .kw = d->kernel, .stride = d->stride, .dilation = d->dilation,
        .pad_top = d->dilation * (d->kernel / 2), .pad_left = d->dilation * (d->kernel / 2),
        .relu = d->relu, .in = act, .out = d->out_f32 ? dnnl_f32 : act,
    };
}

/* The primitive of `o` with `weight` in its layout. Its scratch memory is set at each call. */
static int part_create(CpuBackend *cpu, const LacDnnlConvDesc *o, float *weight, Part *p)
{
    dnnl_dims_t dims = { o->cout, o->cin, o->kh, o->kw };
    dnnl_primitive_desc_t pd = NULL;
    dnnl_memory_t plain = NULL;
    dnnl_status_t s = lac_dnnl_conv_pd(&pd, cpu->engine, o);

    if (s != dnnl_success) {
        return lac_fail(cpu->head.log, LAC_EINVAL, "conv %d to %d channels, kernel %dx%d, dilation %d, input %dx%d: "
                        "oneDNN refuses it (status %d)", o->cin, o->cout, o->kh, o->kw, o->dilation, o->w, o->h,
                        (int)s);
    }
    p->by_gemm = lac_dnnl_pd_by_gemm(pd);
    p->weight_data = lac_alloc(lac_dnnl_pd_bytes(pd, dnnl_query_weights_md), 1);
    p->scratchpad_bytes = lac_dnnl_pd_bytes(pd, dnnl_query_scratchpad_md);
    if (!p->weight_data || dnnl_primitive_create(&p->primitive, pd) != dnnl_success ||
        lac_dnnl_pd_memory(&p->src, cpu->engine, pd, dnnl_query_src_md, NULL) != dnnl_success ||
        lac_dnnl_pd_memory(&p->dst, cpu->engine, pd, dnnl_query_dst_md, NULL) != dnnl_success ||
        lac_dnnl_pd_memory(&p->weights, cpu->engine, pd, dnnl_query_weights_md, p->weight_data) != dnnl_success ||
        (p->scratchpad_bytes &&
         lac_dnnl_pd_memory(&p->scratchpad, cpu->engine, pd, dnnl_query_scratchpad_md, NULL) != dnnl_success) ||
        lac_dnnl_memory(&plain, cpu->engine, 4, dims, dnnl_f32, dnnl_oihw, weight) != dnnl_success ||
        lac_dnnl_reorder(cpu->engine, cpu->stream, plain, p->weights) != dnnl_success) {
        s = dnnl_out_of_memory;
    }
    if (plain) {
        dnnl_memory_destroy(plain);
    }
    dnnl_primitive_desc_destroy(pd);
    return s == dnnl_success ? LAC_OK : lac_fail(cpu->head.log, LAC_ENOMEM, "out of memory: preparing conv of %d to "
                                                 "%d channels", o->cin, o->cout);
}

/* part_create, planned for one thread where sums would depend on the number of threads. */
static int part_settle(CpuBackend *cpu, const LacDnnlConvDesc *o, float *weight, Part *p)
{
    int ret = part_create(cpu, o, weight, p);

    if (ret >= 0 && p->by_gemm) {
        part_free(p);
        omp_set_num_threads(1);
        ret = part_create(cpu, o, weight, p);
        omp_set_num_threads(cpu->threads);
    }
    return ret;
}

/* The convolution at the input's size that gives the outputs of one row and column parity. */
static int phase_create(CpuBackend *cpu, const CpuConv *c, LacDnnlConvDesc o, int row, int col, Part *p)
{
    const LacConvDesc *d = &c->head.desc;
    int top = phase_offset(d, row, 0), left = phase_offset(d, col, 0), i, j, ret;
    size_t per_channel, io;
    float *weight;

    o.kh = phase_offset(d, row, d->kernel - 1) - top + 1;
    o.kw = phase_offset(d, col, d->kernel - 1) - left + 1;
    o.pad_top = -top;
    o.pad_left = -left;
    o.dilation = 1;
    per_channel = (size_t)o.kh * (size_t)o.kw;
    weight = lac_calloc((size_t)o.cout * (size_t)o.cin * per_channel, sizeof *weight);
    if (!weight) {
        return lac_fail(cpu->head.log, LAC_ENOMEM, "out of memory: preparing conv of %d to %d channels", o.cin,
                        o.cout);
    }
    for (io = 0; io < (size_t)o.cout * (size_t)o.cin; io++) {
        const float *from = c->weight + io * (size_t)d->kernel * (size_t)d->kernel;
        float *to = weight + io * per_channel;

        for (i = 0; i < d->kernel; i++) {
            for (j = 0; j < d->kernel; j++) {
                to[(phase_offset(d, row, i) - top) * o.kw + phase_offset(d, col, j) - left] +=
                    from[i * d->kernel + j];
            }
        }
    }
    ret = part_settle(cpu, &o, weight, p);
    lac_free(weight);
    return ret;
}

static int plan_create(CpuBackend *cpu, CpuConv *c, const LacTensor *x, Plan *plan)
{
    const LacConvDesc *d = &c->head.desc;
    LacDnnlConvDesc o;
    int ret = LAC_OK, i;

    conv_desc(cpu, d, x->n, x->h, x->w, &o);
    o.bias = c->bias != NULL;
    plan->parts = d->upsample ? PHASES : 1;
    plan->beside = 0;
    for (i = 0; i < plan->parts && ret >= 0; i++) {
        ret = d->upsample ? phase_create(cpu, c, o, i / 2, i % 2, &plan->part[i]) :
            part_settle(cpu, &o, c->weight, &plan->part[i]);
    }
    if (ret >= 0 && !d->upsample && plan->part[0].by_gemm && o.pad_left > 0) {
        part_free(&plan->part[0]);
        plan->beside = o.pad_left;
        o.w += 2 * o.pad_left;
        o.pad_left = 0;
        ret = part_settle(cpu, &o, c->weight, &plan->part[0]);
    }
    if (ret < 0) {
        lac_cpu_conv_plan_free(plan);
        return ret;
    }
    plan->n = x->n;
    plan->h = x->h;
    plan->w = x->w;
    return LAC_OK;
}

int lac_cpu_conv_plan(CpuBackend *cpu, CpuConv *c, const LacTensor *x, Plan **plan)
{
    int i;

    for (i = 0; i < PLANS; i++) {
        *plan = &c->plan[i];
        if ((*plan)->n == x->n && (*plan)->h == x->h && (*plan)->w == x->w) {
            return LAC_OK;
        }
    }
    for (i = 0; i < PLANS && c->plan[i].n; i++) {
    }
    if (i == PLANS) {
        i = c->next;
        c->next = (c->next + 1) % PLANS;
        lac_cpu_conv_plan_free(&c->plan[i]);
    }
    *plan = &c->plan[i];
    return plan_create(cpu, c, x, *plan);
}
