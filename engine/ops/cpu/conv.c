/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution by oneDNN: a layer, and running its plan, with the copies that go before and behind. conv_plan.c says why there are
 * some. */
#include "ops/cpu/conv.h"

#include <string.h>

#include <omp.h>

void lac_cpu_conv_free(LacBackend *be, LacConv *conv)
{
    CpuConv *c = (CpuConv *)conv;
    int i;

    (void)be;
    if (!c) {
        return;
    }
    for (i = 0; i < PLANS; i++) {
        lac_cpu_conv_plan_free(&c->plan[i]);
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
    int ret = lac_cpu_conv_plan(cpu, c, x, &plan), i;

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
