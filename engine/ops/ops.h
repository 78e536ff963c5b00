/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table of operations: the only seam between the network and the hardware.
 *
 * A back end fills this table; `ref` (plain C, fp32) defines every operation, the others are tested against
 * it case by case (tests/engine/test_ops.c). Activations are tensors of the back end's activation type
 * (`act`); tensors said to be f32 are f32 everywhere. Reductions, statistics, softmax and accumulation are
 * fp32 or better. An operation returns LAC_OK or a negative LacError after logging; shapes that do not fit
 * are LAC_EINVAL. Outputs are allocated by the caller with the right shape; in-place (y == x) only where said.
 * The CPU back ends return when the work is done; others may queue it: `download` and `finish` wait. */
#ifndef LAC_OPS_OPS_H
#define LAC_OPS_OPS_H

#include "ops/tensor.h"

typedef struct LacBackend LacBackend; /* opaque state of an open back end */
typedef struct LacConv LacConv;       /* opaque: one layer's prepared weights and, per input shape, its plan */

/* A convolution layer. Padding is dilation * (kernel / 2), zeros. */
typedef struct LacConvDesc {
    int cin, cout, kernel, stride, dilation;
    bool upsample;         /* nearest 2x upsampling of the input first (stride 1 only) */
    bool relu;             /* on the output, after the bias */
    bool out_f32;          /* output tensor is f32 whatever the activation type */
    const float *weight;   /* [cout][cin][kernel][kernel], copied */
    const float *bias;     /* [cout] or NULL, copied */
} LacConvDesc;

/* y = act(scale * norm(x) + shift) + residual, norm = instance norm over h*w per n and channel (biased
 * variance). y may be x. */
typedef struct LacNormDesc {
    const LacTensor *x;
    const LacTensor *gamma;    /* f32 [1,1,1,c] or NULL: scale = 1 + gamma (AdaIN) */
    const LacTensor *beta;     /* f32 [1,1,1,c] or NULL */
    const LacTensor *residual; /* like x, or NULL */
    bool relu;
    float eps;
} LacNormDesc;

/* What one reference brings to the attention. All have the target's h and w and n = 1. */
typedef struct LacAttentionRef {
    LacTensor k;       /* [1,h,w,d] act */
    LacTensor v;       /* [1,h,w,dv] act: W_v f_y, unmasked */
    LacTensor colour;  /* [1,h,w,3] f32 */
    LacTensor mask;    /* [1,h,w,2] f32: m and n of Eq. 3, 4 */
    float lambda;      /* of the locality prior, 0 or more; 0: none */
    float bias;        /* added to every logit */
} LacAttentionRef;

/* Distance attention, one softmax over all positions j of all references i (3.3):
 *   a_ij = softmax_ij(q . k_ij / sqrt(d) - lambda_i |p - p_j|^2 + bias_i),  p in units of min(h, w)
 *   mat = sum a_ij m_ij v_ij,  warped = sum a_ij colour_ij
 * Streaming: no buffer grows with h*w*h*w.
 *
 * With a margin, far-off keys are left out. Keys are taken in groups of LAC_ATTENTION_GROUP next to each other in a row
 * (the first at column 0, the last of a row may be shorter), queries in blocks of LAC_ATTENTION_ROWS x
 * LAC_ATTENTION_COLUMNS (the first at 0, 0). The mean of a block's queries, at the block's centre (row + 1, column + 2),
 * stands for all of them; beyond the edge the edge's query repeats, and the centre stays in the picture. The block
 * sees a group if the largest logit its mean has with one of the group's keys is at least the largest it has with any
 * key, less the margin. */
enum { LAC_ATTENTION_GROUP = 16, LAC_ATTENTION_ROWS = 2, LAC_ATTENTION_COLUMNS = 4 };

typedef struct LacAttentionDesc {
    const LacTensor *q;             /* [1,h,w,d] act */
    const LacAttentionRef *refs;
    int count;                      /* K >= 1 */
    float margin;                   /* 0: every key counts; else in units of the logits, more than 0 */
    LacTensor *mat;                 /* out [1,h,w,dv] act */
    LacTensor *warped;              /* out [1,h,w,3] f32 */
} LacAttentionDesc;

/* The second half of a gated convolution (LGTSM): y = sigmoid(g) * act(f) + residual, [f, g] = x;
 * act(v) = max(v, slope v), so with slope 1 it does nothing. All tensors act, or all f32. */
typedef struct LacGateDesc {
    const LacTensor *x;        /* [n,h,w,2c]: the channels of f, then those of g */
    const LacTensor *residual; /* like y, which it may be, or NULL */
    float slope;               /* 0 to 1 */
} LacGateDesc;

/* A learnable temporal shift (LGTSM), the view one frame has of its neighbours: channel j of y is
 * kernel[0][j] before + kernel[1][j] frame + kernel[2][j] after, of their channel j mod c. */
typedef struct LacShiftDesc {
    const LacTensor *before, *frame, *after; /* [1,h,w,c] act; any may be the same tensor, none may be y */
    const LacTensor *kernel;                 /* f32 [3,1,1,cy], cy a multiple of c */
} LacShiftDesc;

typedef struct LacOps {
    const char *name;               /* "ref", "cpu", "cuda" */

    void (*close)(LacBackend *be);  /* NULL is fine */

    /* t->type, n, h, w, c set by the caller; allocates data. LAC_ENOMEM names the size. */
    int (*tensor_alloc)(LacBackend *be, LacTensor *t);
    void (*tensor_free)(LacBackend *be, LacTensor *t); /* sets data to NULL */

    /* Host fp32, NHWC dense, to the tensor (rounded to its type) and back. */
    int (*upload)(LacBackend *be, const float *src, LacTensor *dst);
    int (*download)(LacBackend *be, const LacTensor *src, float *dst);

    int (*conv_create)(LacBackend *be, const LacConvDesc *desc, LacConv **conv);
    void (*conv_free)(LacBackend *be, LacConv *conv);
    /* x [n,h,w,cin] -> y [n,ho,wo,cout]; ho = ceil(h / stride), or 2 h with `upsample`. */
    int (*conv)(LacBackend *be, LacConv *conv, const LacTensor *x, LacTensor *y);

    int (*norm)(LacBackend *be, const LacNormDesc *desc, LacTensor *y);
    /* y = a + b, any of the three may be the same tensor. */
    int (*add)(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y);
    /* x [n,h,w,c] act -> y [n,1,1,c] f32: mean over h and w. */
    int (*mean)(LacBackend *be, const LacTensor *x, LacTensor *y);
    /* y = sigmoid(a + b), all f32 of one shape: the masks, from Conv_a(f_d) and Conv_b(f_di) (Eq. 3, 4). */
    int (*mask)(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y);
    int (*attention)(LacBackend *be, const LacAttentionDesc *desc);
    /* Eq. 5: y = 1/K sum_i ((1 - n_i) mat + n_i m_i fy_i); mask[i] as in LacAttentionRef, fy[i] [1,h,w,c] act. */
    int (*combine)(LacBackend *be, const LacTensor *mat, const LacTensor *const *mask,
                   const LacTensor *const *fy, int count, LacTensor *y);
    /* x f32 [n,4h,4w,c] -> y f32 [n,h,w,c]: mean of each 4x4 block. */
    int (*pool4)(LacBackend *be, const LacTensor *x, LacTensor *y);
    /* y += x upsampled 4x, bilinear with half-pixel centres, edges clamped; both f32, y [n,4h,4w,c]. */
    int (*upsample4_add)(LacBackend *be, const LacTensor *x, LacTensor *y);
    /* y = tanh(x), f32, may be in place (the paper's output layer). */
    int (*tanh)(LacBackend *be, const LacTensor *x, LacTensor *y);
    /* Converts between activation and f32 tensors of one shape. */
    int (*convert)(LacBackend *be, const LacTensor *x, LacTensor *y);
    /* y [1,h,w,cy] act */
    int (*shift)(LacBackend *be, const LacShiftDesc *desc, LacTensor *y);
    /* y [n,h,w,c], of x's type */
    int (*gate)(LacBackend *be, const LacGateDesc *desc, LacTensor *y);

    int (*finish)(LacBackend *be);  /* waits for queued work */
} LacOps;

/* An open back end: its table, its state and its activation type. */
typedef struct LacDevice {
    const LacOps *ops;
    const struct LacFrameOps *frames; /* stages around the network (ops/cuda/frames.h); NULL: the host has them */
    LacBackend *be;
    enum LacType act;
    bool exact; /* fp32 was asked for by name: nothing is approximated */
    bool queued; /* operations return before their work is done */
    const LacLog *log;
} LacDevice;

/* Opens the back end `device` names ("auto", "cpu", "ref", "cuda", "cuda:N"). An explicit device or
 * precision never falls back: LAC_EDEVICE with the reason. host: NULL, or the context and stream to work in, for CUDA alone;
 * then "auto" does not fall back either. `log` must outlive the device. */
int lac_device_open(LacDevice *dev, const char *device, enum LacPrecision precision, int threads, const LacLog *log);
int lac_device_open_in(LacDevice *dev, const char *device, const LacCudaHost *host, enum LacPrecision precision,
                       int threads, const LacLog *log);
void lac_device_close(LacDevice *dev);

#endif
