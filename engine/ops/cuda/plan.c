/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cuDNN's graph API: convolution, bias and ReLU as a graph; its engines in the order of the heuristics; the first one
 * that keeps our rules. */
#include "ops/cuda/plan.h"

#include <string.h>

#define CONFIGS 32     /* engines looked at in each of the heuristics' lists */
#define DESCRIPTORS 16 /* of one graph, at most */
#define DESCRIBED (CUDNN_VERSION >= 91900) /* from when on GPUs can be described; older ones are taken by handle alone */

enum { X = 1, WEIGHT, BIAS, Y, SUM, BIASED }; /* names of tensors; the last two never reach memory */

/* The descriptors of one graph, and the first error. */
typedef struct Graph {
    cudnnBackendDescriptor_t all[DESCRIPTORS];
    int count;
    cudnnStatus_t status;
} Graph;

static cudnnBackendDescriptor_t add(Graph *g, cudnnBackendDescriptorType_t type)
{
    cudnnBackendDescriptor_t d = NULL;

    if (g->status == CUDNN_STATUS_SUCCESS && g->count == DESCRIPTORS) {
        g->status = CUDNN_STATUS_INTERNAL_ERROR;
    }
    if (g->status == CUDNN_STATUS_SUCCESS) {
        g->status = cudnnBackendCreateDescriptor(type, &d);
    }
    if (g->status == CUDNN_STATUS_SUCCESS) {
        g->all[g->count++] = d;
    }
    return d;
}

static void set(Graph *g, cudnnBackendDescriptor_t d, cudnnBackendAttributeName_t name,
                cudnnBackendAttributeType_t type, int64_t count, const void *value)
{
    if (g->status == CUDNN_STATUS_SUCCESS) {
        g->status = cudnnBackendSetAttribute(d, name, type, count, value);
    }
}

static void finalize(Graph *g, cudnnBackendDescriptor_t d)
{
    if (g->status == CUDNN_STATUS_SUCCESS) {
        g->status = cudnnBackendFinalize(d);
    }
}

static void graph_free(Graph *g)
{
    while (g->count) {
        cudnnBackendDestroyDescriptor(g->all[--g->count]);
    }
}

static cudnnDataType_t data_type(enum LacType type)
{
    return type == LAC_F32 ? CUDNN_DATA_FLOAT : type == LAC_BF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_HALF;
}

/* A tensor whose channels lie next to each other: activations, weights [cout][kh][kw][cin], a bias. */
static cudnnBackendDescriptor_t tensor(Graph *g, int64_t name, cudnnDataType_t type, int64_t n, int64_t h, int64_t w,
                                       int64_t c, bool is_virtual)
{
    cudnnBackendDescriptor_t d = add(g, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    int64_t dims[4] = { n, c, h, w }, strides[4] = { h * w * c, 1, w * c, c };
    int64_t alignment = 16;

    set(g, d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
    set(g, d, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dims);
    set(g, d, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, strides);
    set(g, d, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &name);
    set(g, d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment);
    set(g, d, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &is_virtual);
    finalize(g, d);
    return d;
}

/* y, or what it is before the operations that follow, which never reaches memory */
static cudnnBackendDescriptor_t result(Graph *g, const CudaPlanDesc *d, int64_t name)
{
    return tensor(g, name, name == Y ? data_type(d->type) : CUDNN_DATA_FLOAT, d->n, d->ho, d->wo, d->cout, name != Y);
}

static cudnnBackendDescriptor_t convolution(Graph *g, const CudaPlanDesc *d, cudnnBackendDescriptor_t x,
                                            cudnnBackendDescriptor_t weight, cudnnBackendDescriptor_t y)
{
    cudnnBackendDescriptor_t c = add(g, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    cudnnBackendDescriptor_t op;
    cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    int64_t axes = 2, pre[2] = { d->top, d->left }, dilation[2] = { d->dilation, d->dilation };
    int64_t stride[2] = { d->stride, d->stride };
    int64_t post[2] = { (int64_t)(d->ho - 1) * d->stride + (int64_t)(d->kh - 1) * d->dilation + 1 - d->h - d->top,
                        (int64_t)(d->wo - 1) * d->stride + (int64_t)(d->kw - 1) * d->dilation + 1 - d->w - d->left };
    double one = 1, zero = 0;

    /* With a stride the last rows may be left over: less padding than none. */
    post[0] = post[0] < 0 ? 0 : post[0];
    post[1] = post[1] < 0 ? 0 : post[1];
    set(g, c, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &axes);
    set(g, c, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &sums);
    set(g, c, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
    set(g, c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, pre);
    set(g, c, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, post);
    set(g, c, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, dilation);
    set(g, c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride);
    finalize(g, c);
    op = add(g, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    set(g, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &c);
    set(g, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &x);
    set(g, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &weight);
    set(g, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y);
    set(g, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_DOUBLE, 1, &one);
    set(g, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_DOUBLE, 1, &zero);
    finalize(g, op);
    return op;
}

/* y = x + b, or with b NULL the ReLU of x */
static cudnnBackendDescriptor_t pointwise(Graph *g, cudnnBackendDescriptor_t x, cudnnBackendDescriptor_t b,
                                          cudnnBackendDescriptor_t y)
{
    cudnnPointwiseMode_t mode = b ? CUDNN_POINTWISE_ADD : CUDNN_POINTWISE_RELU_FWD;
    cudnnDataType_t math = CUDNN_DATA_FLOAT;
    cudnnBackendDescriptor_t p = add(g, CUDNN_BACKEND_POINTWISE_DESCRIPTOR), op;

    set(g, p, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
    set(g, p, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &math);
    finalize(g, p);
    op = add(g, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    set(g, op, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &p);
    set(g, op, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &x);
    if (b) {
        set(g, op, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &b);
    }
    set(g, op, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y);
    finalize(g, op);
    return op;
}

/* The graph's descriptor, or NULL with g->status set. */
static cudnnBackendDescriptor_t build(Graph *g, const CudaPlanDesc *d, cudnnHandle_t handle)
{
    cudnnDataType_t type = data_type(d->type);
    cudnnBackendDescriptor_t ops[3], graph, x, weight, bias, from, to;
    int64_t count = 0;

    x = tensor(g, X, type, d->n, d->h, d->w, d->cin, false);
    weight = tensor(g, WEIGHT, type, d->cout, d->kh, d->kw, d->cin, false);
    to = result(g, d, d->bias || d->relu ? SUM : Y);
    ops[count++] = convolution(g, d, x, weight, to);
    if (d->bias) {
        from = to;
        bias = tensor(g, BIAS, type, 1, 1, 1, d->cout, false);
        to = result(g, d, d->relu ? BIASED : Y);
        ops[count++] = pointwise(g, from, bias, to);
    }
    if (d->relu) {
        from = to;
        to = result(g, d, Y);
        ops[count++] = pointwise(g, from, NULL, to);
    }
    graph = add(g, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    set(g, graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, ops);
    if (handle) {
        set(g, graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
    }
    finalize(g, graph);
    return g->status == CUDNN_STATUS_SUCCESS ? graph : NULL;
}

/* Whether the engine of a configuration keeps the rules. */
static bool acceptable(cudnnBackendDescriptor_t config, enum LacType type)
{
    cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    cudnnBackendBehaviorNote_t habits[CUDNN_BEHAVIOR_NOTE_TYPE_COUNT];
    cudnnBackendDescriptor_t engine = NULL;
    int64_t got = 0, note_count = 0, habit_count = 0, i;
    bool ok;

    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine) != CUDNN_STATUS_SUCCESS) {
        return false;
    }
    ok = cudnnBackendGetAttribute(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &got,
                                  &engine) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                 CUDNN_NUMERICAL_NOTE_TYPE_COUNT, &note_count, notes) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE,
                                 CUDNN_BEHAVIOR_NOTE_TYPE_COUNT, &habit_count, habits) == CUDNN_STATUS_SUCCESS;
    for (i = 0; ok && i < note_count; i++) {
        switch (notes[i]) {
        case CUDNN_NUMERICAL_NOTE_TENSOR_CORE: ok = type != LAC_F32; break; /* with fp32 it means TF32 */
#if DESCRIBED
        case CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP: break;
#endif
        default: ok = false; /* results that change or lose digits */
        }
    }
    for (i = 0; ok && i < habit_count; i++) {
        ok = habits[i] != CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
#if DESCRIBED
        ok = ok && habits[i] != CUDNN_BEHAVIOR_NOTE_CUBLASLT_DEPENDENCY;
#endif
    }
    cudnnBackendDestroyDescriptor(engine);
    return ok;
}

/* The GPU is a handle's or a described one. */
static cudnnStatus_t set_gpu(cudnnBackendDescriptor_t plan, cudnnHandle_t handle, cudnnBackendDescriptor_t device)
{
    if (handle) {
        return cudnnBackendSetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
    }
#if DESCRIBED
    return cudnnBackendSetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                    &device);
#else
    (void)device;
    return CUDNN_STATUS_NOT_SUPPORTED;
#endif
}

static cudnnStatus_t set_heuristics_gpu(cudnnBackendDescriptor_t heuristics, cudnnHandle_t handle,
                                        cudnnBackendDescriptor_t device)
{
    if (handle) {
        return CUDNN_STATUS_SUCCESS; /* the graph has it */
    }
#if DESCRIBED
    return cudnnBackendSetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                    &device);
#else
    (void)heuristics;
    (void)device;
    return CUDNN_STATUS_NOT_SUPPORTED;
#endif
}

/* The plan of one configuration; false: it does not run here or wants too much memory. */
static bool plan_of(CudaPlan *plan, cudnnBackendDescriptor_t config, cudnnHandle_t handle,
                    cudnnBackendDescriptor_t device, size_t limit)
{
    cudnnBackendDescriptor_t p = NULL;
    int64_t bytes = 0, got = 0;

    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &p) != CUDNN_STATUS_SUCCESS) {
        return false;
    }
    if (cudnnBackendSetAttribute(p, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                 &config) == CUDNN_STATUS_SUCCESS &&
        set_gpu(p, handle, device) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendFinalize(p) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendGetAttribute(p, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &got,
                                 &bytes) == CUDNN_STATUS_SUCCESS &&
        bytes >= 0 && (uint64_t)bytes <= limit) {
        plan->plan = p;
        plan->workspace = (size_t)bytes;
        return true;
    }
    cudnnBackendDestroyDescriptor(p);
    return false;
}

/* The first acceptable engine of one of the heuristics' lists. */
static bool choose(CudaPlan *plan, const CudaPlanDesc *d, cudnnBackendDescriptor_t graph, cudnnBackendHeurMode_t mode,
                   cudnnHandle_t handle, cudnnBackendDescriptor_t device, size_t limit)
{
    cudnnBackendDescriptor_t heuristics = NULL, configs[CONFIGS] = { NULL };
    int64_t count = 0, i;
    bool found = false, ok;

    ok = cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, &heuristics) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendSetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                 &graph) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendSetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1,
                                 &mode) == CUDNN_STATUS_SUCCESS &&
        set_heuristics_gpu(heuristics, handle, device) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendFinalize(heuristics) == CUDNN_STATUS_SUCCESS;
    for (i = 0; ok && i < CONFIGS; i++) {
        ok = cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &configs[i]) == CUDNN_STATUS_SUCCESS;
    }
    ok = ok && cudnnBackendGetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                        CONFIGS, &count, configs) == CUDNN_STATUS_SUCCESS;
    for (i = 0; ok && !found && i < count && i < CONFIGS; i++) {
        found = acceptable(configs[i], d->type) && plan_of(plan, configs[i], handle, device, limit);
    }
    for (i = 0; i < CONFIGS; i++) {
        if (configs[i]) {
            cudnnBackendDestroyDescriptor(configs[i]);
        }
    }
    if (heuristics) {
        cudnnBackendDestroyDescriptor(heuristics);
    }
    return found;
}

cudnnStatus_t lac_plan_create(CudaPlan *plan, const CudaPlanDesc *desc, cudnnHandle_t handle,
                              cudnnBackendDescriptor_t device, size_t workspace)
{
    Graph g = { .status = CUDNN_STATUS_SUCCESS };
    cudnnBackendDescriptor_t graph;

    memset(plan, 0, sizeof *plan);
    graph = build(&g, desc, handle);
    if (graph && !choose(plan, desc, graph, CUDNN_HEUR_MODE_A, handle, device, workspace) &&
        !choose(plan, desc, graph, CUDNN_HEUR_MODE_FALLBACK, handle, device, workspace)) {
        g.status = CUDNN_STATUS_NOT_SUPPORTED;
    }
    graph_free(&g);
    return g.status;
}

void lac_plan_free(CudaPlan *plan)
{
    if (plan->plan) {
        cudnnBackendDestroyDescriptor(plan->plan);
    }
    memset(plan, 0, sizeof *plan);
}

cudnnStatus_t lac_plan_run(const CudaPlan *plan, cudnnHandle_t handle, const void *x, const void *weight,
                           const void *bias, void *y, void *workspace)
{
    int64_t names[4] = { X, WEIGHT, Y, BIAS };
    const void *pointers[4] = { x, weight, y, bias };
    int64_t count = bias ? 4 : 3;
    cudnnStatus_t status;
    cudnnBackendDescriptor_t pack = NULL;

    if ((status = cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &pack)) != CUDNN_STATUS_SUCCESS) {
        return status;
    }
    if ((status = cudnnBackendSetAttribute(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count,
                                           names)) == CUDNN_STATUS_SUCCESS &&
        (status = cudnnBackendSetAttribute(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count,
                                           pointers)) == CUDNN_STATUS_SUCCESS &&
        (status = cudnnBackendSetAttribute(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1,
                                           &workspace)) == CUDNN_STATUS_SUCCESS &&
        (status = cudnnBackendFinalize(pack)) == CUDNN_STATUS_SUCCESS) {
        status = cudnnBackendExecute(handle, plan->plan, pack);
    }
    cudnnBackendDestroyDescriptor(pack);
    return status;
}
