/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the CUDA back end share: its state, its memory, its error checks and its operations. C, so that
 * the host side compiles with the C compiler; what kernels share is in kernel.cuh.
 *
 * All work is queued on one stream, in the order of the calls: memory given back may be given out again at once, and
 * only download, finish and growing memory wait. */
#ifndef LAC_OPS_CUDA_CUDA_H
#define LAC_OPS_CUDA_CUDA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cuda_runtime_api.h>
#include <cudnn.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "ops/backend.h"

/* A piece of device memory, kept after its tensor is gone and given out again. */
typedef struct CudaBlock {
    void *data;
    size_t bytes;
    bool used;
} CudaBlock;

typedef struct CudaBackend {
    LacBackend head;
    int index;               /* of the device */
    int sm;                  /* compute capability, 10 major + minor: 75, 80, 90 */
    int processors;          /* multiprocessors */
    size_t shared_limit;     /* bytes of shared memory one block may ask for */
    bool synchronous;        /* wait for each kernel, so that an error is reported where it arose */
    cudaStream_t stream;     /* the back end's own, or the host's */
    struct CudaHosted *host; /* the host's context, and how it is made current; NULL: the device's primary context */
    cudnnHandle_t cudnn;
    CudaBlock *blocks;
    size_t block_count, block_capacity;
    char *scratch;           /* device: one operation's working memory; grows to what the largest needs, then stays */
    size_t scratch_bytes;
    char *staging;           /* pinned host memory between the host's fp32 values and the device, cut in two */
    cudaEvent_t staged[2];   /* the copy that reads or writes that half has ended */
} CudaBackend;

static inline CudaBackend *lac_cuda(LacBackend *be)
{
    return (CudaBackend *)be;
}

/* Every operation's first call: makes the device current on this thread; a host's context is, between enter and leave
 * (frames.h). LAC_OK or LAC_EDEVICE, logged. */
int lac_cuda_begin(LacBackend *be);

/* LAC_OK, or after logging "device cuda:N: WHAT: reason": LAC_ENOMEM when memory is short, else LAC_EDEVICE. */
int lac_cuda_check(LacBackend *be, cudaError_t error, const char *what);
int lac_cudnn_check(LacBackend *be, cudnnStatus_t status, const char *what);
/* The same for the kernel launched just before; with LAC_CUDA_SYNC set in the environment it also waits for it. */
int lac_cuda_launched(LacBackend *be, const char *what);

/* That many bytes of device memory, 256-byte aligned, for the work one operation queues: the next operation may ask
 * for the same. Contents undefined. NULL after logging (LAC_ENOMEM). */
void *lac_cuda_scratch(LacBackend *be, size_t bytes);

/* The next 256-byte aligned piece of `base`, counted in *used; with a NULL base it only counts. */
static inline void *lac_cuda_piece(char *base, size_t *used, size_t count, size_t size)
{
    size_t at = *used;

    *used += (count * size + 255) & ~(size_t)255;
    return base ? base + at : NULL;
}

/* The operations of ops.h. Each checks its arguments with lac_check_*, then queues its work. */
int lac_cuda_tensor_alloc(LacBackend *be, LacTensor *t);
void lac_cuda_tensor_free(LacBackend *be, LacTensor *t);
void lac_cuda_memory_close(CudaBackend *cuda);
/* LAC_EDEVICE, logged, if the library holds no machine code for this GPU. */
int lac_cuda_probe(LacBackend *be);
/* `count` values of one type to another, on the stream; the two may be the same memory if the types are the same. */
int lac_cuda_cast(LacBackend *be, const void *from, enum LacType type, void *to, enum LacType to_type, size_t count);
int lac_cuda_up(LacBackend *be, const void *src, void *to, size_t bytes);
int lac_cuda_down(LacBackend *be, const void *from, void *dst, size_t bytes);
int lac_cuda_upload(LacBackend *be, const float *src, LacTensor *dst);
int lac_cuda_download(LacBackend *be, const LacTensor *src, float *dst);

int lac_cuda_conv_create(LacBackend *be, const LacConvDesc *desc, LacConv **conv);
void lac_cuda_conv_free(LacBackend *be, LacConv *conv);
int lac_cuda_conv(LacBackend *be, LacConv *conv, const LacTensor *x, LacTensor *y);

int lac_cuda_norm(LacBackend *be, const LacNormDesc *desc, LacTensor *y);
int lac_cuda_mean(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cuda_add(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y);
int lac_cuda_mask(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y);
int lac_cuda_attention(LacBackend *be, const LacAttentionDesc *desc);
int lac_cuda_combine(LacBackend *be, const LacTensor *mat, const LacTensor *const *mask, const LacTensor *const *fy,
                     int count, LacTensor *y);
int lac_cuda_pool4(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cuda_upsample4_add(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cuda_tanh(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cuda_convert(LacBackend *be, const LacTensor *x, LacTensor *y);
int lac_cuda_shift(LacBackend *be, const LacShiftDesc *desc, LacTensor *y);
int lac_cuda_gate(LacBackend *be, const LacGateDesc *desc, LacTensor *y);

/* A host's context (context.c). attach finds the driver's functions and the device's index; LAC_EDEVICE, logged, with
 * nothing to detach. */
int lac_cuda_attach(CudaBackend *cuda, const LacCudaHost *host);
void lac_cuda_detach(CudaBackend *cuda);
int lac_cuda_enter(LacBackend *be);
void lac_cuda_leave(LacBackend *be);

extern const struct LacFrameOps lac_cuda_frames;

#ifdef __cplusplus
}
#endif

#endif
