/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the back ends share behind the table: the common head of their state, the entry of each one, and
 * the checks of every operation's arguments, so that a shape refused by one is refused by all. */
#ifndef LAC_OPS_BACKEND_H
#define LAC_OPS_BACKEND_H

#include "ops/ops.h"

/* First member of each back end's own state. */
struct LacBackend {
    const LacLog *log;
    enum LacType act;
};

/* First member of each back end's own layer. weight and bias are NULL after creation. */
struct LacConv {
    LacConvDesc desc;
};

/* Entries, called by lac_device_open. Each fills *dev or logs and returns a negative LacError. */
int lac_ref_open(LacDevice *dev, enum LacPrecision precision, const LacLog *log);
int lac_cpu_open(LacDevice *dev, enum LacPrecision precision, int threads, const LacLog *log);
int lac_cuda_open(LacDevice *dev, int index, enum LacPrecision precision, const LacLog *log);
/* In a host's context; index: the device it has to be of, or -1. */
int lac_cuda_open_in(LacDevice *dev, int index, const LacCudaHost *host, enum LacPrecision precision, const LacLog *log);

/* Whether the CUDA back end is installed and finds a GPU; logs why not, in a build that has it. */
bool lac_cuda_usable(const LacLog *log);

/* tensor_alloc, tensor_free and finish of the back ends whose tensors lie in host memory: host.c. */
int lac_host_tensor_alloc(LacBackend *be, LacTensor *t);
void lac_host_tensor_free(LacBackend *be, LacTensor *t);
int lac_host_finish(LacBackend *be);

/* Bytes of t, whose sizes must be positive: LAC_EINVAL or LAC_ENOMEM (overflow) after logging. */
int lac_check_tensor(const LacLog *log, const LacTensor *t, size_t *bytes);

/* Arguments of the operations of the same names: LAC_OK, or LAC_EINVAL after logging which one is wrong. */
int lac_check_conv_desc(const LacLog *log, const LacConvDesc *desc);
int lac_check_conv(const LacBackend *be, const LacConv *conv, const LacTensor *x, const LacTensor *y);
int lac_check_norm(const LacBackend *be, const LacNormDesc *desc, const LacTensor *y);
int lac_check_add(const LacBackend *be, const LacTensor *a, const LacTensor *b, const LacTensor *y);
int lac_check_mean(const LacBackend *be, const LacTensor *x, const LacTensor *y);
int lac_check_mask(const LacBackend *be, const LacTensor *a, const LacTensor *b, const LacTensor *y);
int lac_check_attention(const LacBackend *be, const LacAttentionDesc *desc);
int lac_check_combine(const LacBackend *be, const LacTensor *mat, const LacTensor *const *mask,
                      const LacTensor *const *fy, int count, const LacTensor *y);
int lac_check_pool4(const LacBackend *be, const LacTensor *x, const LacTensor *y);
int lac_check_upsample4_add(const LacBackend *be, const LacTensor *x, const LacTensor *y);
int lac_check_tanh(const LacBackend *be, const LacTensor *x, const LacTensor *y);
int lac_check_convert(const LacBackend *be, const LacTensor *x, const LacTensor *y);
int lac_check_shift(const LacBackend *be, const LacShiftDesc *desc, const LacTensor *y);
int lac_check_gate(const LacBackend *be, const LacGateDesc *desc, const LacTensor *y);

/* Output height or width of a convolution. */
int lac_conv_out(const LacConvDesc *desc, int in);

#endif
