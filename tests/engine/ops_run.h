/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One case of an operation: what is asked for, and running it on a device. */
#ifndef TESTS_ENGINE_OPS_RUN_H
#define TESTS_ENGINE_OPS_RUN_H

#include "ops/ops.h"

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

/* An output in the middle of a tensor of guard values, whatever memory the device has. */
typedef struct Output {
    LacTensor t, whole; /* t: a view of whole */
    float *values;      /* t's, on the host, when the operation has run */
} Output;

#define MAX_INPUTS 24

/* A case run on one device. */
typedef struct Run {
    const LacDevice *dev;
    LacTensor in[MAX_INPUTS];
    int inputs;
    Output out[2];
    int outputs;
} Run;

/* Runs a case on random numbers, the same on every device; run_free afterwards in any case. The error of the operation. `act`: the
 * activation type of the device under test, which decides how inputs are rounded on both. */
int run_case(Run *r, const LacDevice *dev, const Case *c, enum LacType act);
void run_free(Run *r);

/* Fetches an output's values; false: what lies around them has been written to. */
bool output_fetch(const LacDevice *dev, Output *o);

#endif
