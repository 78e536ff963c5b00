/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution by oneDNN. A layer keeps its weights in fp32 and a few plans: primitives made for one input
 * shape, with the weights in the layout they like.
 *
 * Upsampling before a convolution is not carried out: the outputs of one row and column parity see a smaller
 * kernel whose taps are sums of the original ones, so four convolutions at the input's size, one per parity,
 * and an interleaving copy give the same result with 4/9 of the multiplications (3x3).
 *
 * Where an instruction set has no kernel of its own for paddings so wide, oneDNN multiplies matrices, which takes twice as long
 * and whose sums depend on the number of threads. Such a layer reads its input from a copy with zeros beside each row;
 * if that is refused too, it runs on one thread. */
#include "ops/cpu/cpu.h"

#include <string.h>

#include <omp.h>

#define PLANS 4  /* input shapes remembered */
#define PHASES 4

/* One primitive and its weights. */
typedef struct Part {
    dnnl_primitive_t primitive;
    dnnl_memory_t src, dst, weights, scratchpad;
    void *weight_data;
    size_t scratchpad_bytes;
    bool by_gemm;          /* as a product of matrices */
} Part;

typedef struct Plan {
    int n, h, w;           /* input shape; n 0: unused */
    int parts;             /* 1, or PHASES for upsampling */
    Part part[PHASES];
    int beside;            /* zeros to the left and right of each row of the input's copy; 0: no copy */
} Plan;

typedef struct CpuConv {
    LacConv head;
    float *weight;         /* [cout][cin][kernel][kernel] */
    float *bias;           /* [cout] or NULL */
    dnnl_memory_t bias_memory;
    Plan plan[PLANS];
    int next;              /* the plan to give up when all are used */
} CpuConv;

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

static void plan_free(Plan *plan)
{
    int i;

    for (i = 0; i < PHASES; i++) {
        part_free(&plan->part[i]);
    }
    plan->n = 0;
}

void lac_cpu_conv_free(LacBackend *be, LacConv *conv)
{
    CpuConv *c = (CpuConv *)conv;
    int i;

    (void)be;
    if (!c) {
        return;
    }
    for (i = 0; i < PLANS; i++) {
        plan_free(&c->plan[i]);
    }
    if (c->bias_memory) {
        dnnl_memory_destroy(c->bias_memory);
    }
    lac_free(c->weight);
    lac_free(c->bias);
    lac_free(c);
}

int lac_cpu_conv_create(LacBackend *be, const LacConvDesc *d, LacConv **conv)
{
    CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_conv_desc(be->log, d);
    dnnl_dims_t bias_dims = { d->cout };
    size_t count;
    CpuConv *c;

    *conv = NULL;
    if (ret < 0) {
        return ret;
    }
    count = (size_t)d->cout * (size_t)d->cin * (size_t)d->kernel * (size_t)d->kernel;
    c = lac_calloc(1, sizeof *c);
    if (c) {
        c->weight = lac_alloc(count, sizeof *c->weight);
        c->bias = d->bias ? lac_alloc((size_t)d->cout, sizeof *c->bias) : NULL;
    }
    if (!c || !c->weight || (d->bias && !c->bias) ||
        (d->bias && lac_dnnl_memory(&c->bias_memory, cpu->engine, 1, bias_dims, dnnl_f32, dnnl_x, c->bias))) {
        lac_cpu_conv_free(be, (LacConv *)c);
        return lac_fail(be->log, LAC_ENOMEM, "out of memory: conv of %zu weights", count);
    }
    memcpy(c->weight, d->weight, count * sizeof *c->weight);
    if (d->bias) {
        memcpy(c->bias, d->bias, (size_t)d->cout * sizeof *c->bias);
    }
    c->head.desc = *d;
    c->head.desc.weight = c->head.desc.bias = NULL;
    *conv = &c->head;
    return LAC_OK;
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
        plan_free(plan);
        return ret;
    }
    plan->n = x->n;
    plan->h = x->h;
    plan->w = x->w;
    return LAC_OK;
}

static int plan_get(CpuBackend *cpu, CpuConv *c, const LacTensor *x, Plan **plan)
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
        plan_free(&c->plan[i]);
    }
    *plan = &c->plan[i];
    return plan_create(cpu, c, x, *plan);
}

static int part_run(CpuBackend *cpu, const CpuConv *c, const Part *p, void *src, void *dst, void *scratchpad)
{
    dnnl_exec_arg_t args[5] = {
        { DNNL_ARG_SRC, p->src }, { DNNL_ARG_DST, p->dst }, { DNNL_ARG_WEIGHTS, p->weights },
    };
    dnnl_status_t s;
    int n = 3;

    if (c->bias_memory) {
        args[n++] = (dnnl_exec_arg_t){ DNNL_ARG_BIAS, c->bias_memory };
    }
    if (p->scratchpad) {
        args[n++] = (dnnl_exec_arg_t){ DNNL_ARG_SCRATCHPAD, p->scratchpad };
    }
    if (dnnl_memory_set_data_handle(p->src, src) != dnnl_success ||
        dnnl_memory_set_data_handle(p->dst, dst) != dnnl_success ||
        (p->scratchpad && dnnl_memory_set_data_handle(p->scratchpad, scratchpad) != dnnl_success)) {
        return lac_fail(cpu->head.log, LAC_EDEVICE, "conv: oneDNN failed");
    }
    omp_set_num_threads(p->by_gemm ? 1 : cpu->threads);
    s = dnnl_primitive_execute(p->primitive, cpu->stream, n, args);
    s = s == dnnl_success ? dnnl_stream_wait(cpu->stream) : s;
    omp_set_num_threads(cpu->threads);
    if (s != dnnl_success) {
        return lac_fail(cpu->head.log, LAC_EDEVICE, "conv: oneDNN failed");
    }
    return LAC_OK;
}

/* phases [PHASES][n,h,w,c] -> y [n,2h,2w,c], pixels of `bytes` each. */
static void interleave(const CpuBackend *cpu, const char *phases, size_t phase_bytes, size_t bytes, LacTensor *y)
{
    int rows = y->n * y->h, row;
    size_t half = (size_t)y->w / 2;

#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (row = 0; row < rows; row++) {
        const char *even = phases + (size_t)(row % 2 * 2) * phase_bytes + (size_t)(row / 2) * half * bytes;
        const char *odd = even + phase_bytes;
        char *out = (char *)y->data + (size_t)row * 2 * half * bytes;
        size_t i;

        for (i = 0; i < half; i++, out += 2 * bytes) {
            memcpy(out, even + i * bytes, bytes);
            memcpy(out + bytes, odd + i * bytes, bytes);
        }
    }
}

/* x [n,h,w,c] -> to [n,h,beside + w + beside,c] */
static void widen(const CpuBackend *cpu, const LacTensor *x, int beside, char *to)
{
    const size_t pixel = (size_t)x->c * lac_type_size(x->type), row = (size_t)x->w * pixel, zeros = (size_t)beside * pixel;
    const int rows = x->n * x->h;

#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int y = 0; y < rows; y++) {
        char *out = to + (size_t)y * (row + 2 * zeros);

        memset(out, 0, zeros);
        memcpy(out + zeros, (const char *)x->data + (size_t)y * row, row);
        memset(out + zeros + row, 0, zeros);
    }
}

static int conv_run(CpuBackend *cpu, CpuConv *c, const LacTensor *x, LacTensor *y)
{
    size_t y_bytes = lac_tensor_count(y) * lac_type_size(y->type), pad = 0, phase = 0, copy = 0;
    void *src = x->data;
    Plan *plan;
    char *scratch;
    int ret = plan_get(cpu, c, x, &plan), i;

    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < plan->parts; i++) {
        pad = plan->part[i].scratchpad_bytes > pad ? plan->part[i].scratchpad_bytes : pad;
    }
    pad = lac_cpu_align(pad);
    if (plan->parts > 1) {
        phase = lac_cpu_align(y_bytes / PHASES);
    }
    if (plan->beside) {
        copy = lac_tensor_count(x) / (size_t)x->w * (size_t)(x->w + 2 * plan->beside) * lac_type_size(x->type);
    }
    scratch = lac_cpu_scratch(cpu, pad + PHASES * phase + copy);
    if (!scratch) {
        return LAC_ENOMEM;
    }
    if (plan->beside) {
        src = scratch + pad;
        widen(cpu, x, plan->beside, src);
    }
    if (plan->parts == 1) {
        return part_run(cpu, c, &plan->part[0], src, y->data, scratch);
    }
    for (i = 0; i < plan->parts && ret >= 0; i++) {
        ret = part_run(cpu, c, &plan->part[i], x->data, scratch + pad + (size_t)i * phase, scratch);
    }
    if (ret >= 0) {
        interleave(cpu, scratch + pad, phase, (size_t)y->c * lac_type_size(y->type), y);
    }
    return ret;
}

int lac_cpu_conv(LacBackend *be, LacConv *conv, const LacTensor *x, LacTensor *y)
{
    CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_conv(be, conv, x, y), host_threads;

    if (ret < 0) {
        return ret;
    }
    /* oneDNN takes the calling thread's OpenMP setting, when it plans as when it runs. */
    host_threads = omp_get_max_threads();
    omp_set_num_threads(cpu->threads);
    ret = conv_run(cpu, (CpuConv *)conv, x, y);
    omp_set_num_threads(host_threads);
    return ret;
}
