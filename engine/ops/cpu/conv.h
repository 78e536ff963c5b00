/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A convolution layer by oneDNN, and its plans: primitives made for one input shape, with the weights in the layout they like. */
#ifndef LAC_OPS_CPU_CONV_H
#define LAC_OPS_CPU_CONV_H

#include "ops/cpu/cpu.h"

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

/* The plan for inputs of the shape of x, made if there is none; the layer keeps it. Called with oneDNN's threads set: it plans
 * for that many. Errors are logged. */
int lac_cpu_conv_plan(CpuBackend *cpu, CpuConv *c, const LacTensor *x, Plan **plan);
void lac_cpu_conv_plan_free(Plan *plan);

#endif
