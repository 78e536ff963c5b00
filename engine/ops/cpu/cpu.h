/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the CPU back end share: its state, its scratch memory, and its operations. */
#ifndef LAC_OPS_CPU_CPU_H
#define LAC_OPS_CPU_CPU_H

#include "ops/backend.h"
#include "ops/cpu/dnnl_compat.h"
#include "ops/cpu/kernels.h"

typedef struct CpuBackend {
    LacBackend head;
    int threads;
    const CpuKernels *kernels;
    const CpuAttentionKernels *attention;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    char *scratch;          /* one operation's working memory; grows to what the largest needs, then stays */
    size_t scratch_bytes;
} CpuBackend;

static inline CpuBackend *lac_cpu(LacBackend *be)
{
    return (CpuBackend *)be;
}

static inline bool lac_is_bf16(const LacTensor *t)
{
    return t->type == LAC_BF16;
}

/* That much working memory, 64-byte aligned, valid until the next call; NULL and logged when there is none. The
 * contents are undefined. */
void *lac_cpu_scratch(CpuBackend *cpu, size_t bytes);

/* Bytes rounded up to the alignment of the scratch memory. */
static inline size_t lac_cpu_align(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* The next aligned piece of `base`, counted in *used; with a NULL base it only counts. */
static inline void *lac_cpu_piece(char *base, size_t *used, size_t count, size_t size)
{
    size_t at = *used;

    *used += lac_cpu_align(count * size);
    return base ? base + at : NULL;
}

int lac_cpu_conv_create(LacBackend *be, const LacConvDesc *desc, LacConv **conv);
void lac_cpu_conv_free(LacBackend *be, LacConv *conv);
int lac_cpu_conv(LacBackend *be, LacConv *conv, const LacTensor *x, LacTensor *y);

int lac_cpu_norm(LacBackend *be, const LacNormDesc *desc, LacTensor *y);
int lac_cpu_mean(LacBackend *be, const LacTensor *x, LacTensor *y);

int lac_cpu_upload(LacBackend *be, const float *src, LacTensor *dst);
int lac_cpu_download(LacBackend *be, const LacTensor *src, float *dst);
int lac_cpu_add(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y);
int lac_cpu_mask(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y);
int lac_cpu_combine(LacBackend *be, const LacTensor *mat, const LacTensor *const *mask, const LacTensor *const *fy,
                    int count, LacTensor *y);
int lac_cpu_pool4(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cpu_upsample4_add(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cpu_tanh(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cpu_convert(LacBackend *be, const LacTensor *x, LacTensor *y);

int lac_cpu_attention(LacBackend *be, const LacAttentionDesc *desc);
int lac_cpu_shift(LacBackend *be, const LacShiftDesc *desc, LacTensor *y);
int lac_cpu_gate(LacBackend *be, const LacGateDesc *desc, LacTensor *y);

#endif
