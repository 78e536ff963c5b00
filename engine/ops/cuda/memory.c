/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of the CUDA back end: blocks that stay when their tensor goes, one operation's scratch, and the pinned memory
 * that values pass through between the host and the device. Once every size has been seen nothing is allocated. */
#include "ops/cuda/cuda.h"

#include <string.h>

#define ALIGN 256
#define STAGING ((size_t)4 << 20) /* bytes of each half */

/* "needed": what was asked for; says what is left and what lowers it. */
static int out_of_memory(LacBackend *be, size_t bytes, const char *what)
{
    size_t left = 0, all = 0;

    (void)cudaMemGetInfo(&left, &all);
    return lac_fail(be->log, LAC_ENOMEM, "device cuda:%d: out of GPU memory: %zu MiB needed for %s, %zu of %zu MiB free; "
                    "lower size, k or window, or use precision=fp16", lac_cuda(be)->index, (bytes >> 20) + 1, what,
                    left >> 20, all >> 20);
}

/* Gives back the blocks no tensor uses. */
static void trim(CudaBackend *cuda)
{
    size_t i, kept = 0;

    cudaStreamSynchronize(cuda->stream);
    for (i = 0; i < cuda->block_count; i++) {
        if (cuda->blocks[i].used) {
            cuda->blocks[kept++] = cuda->blocks[i];
        } else {
            cudaFree(cuda->blocks[i].data);
        }
    }
    cuda->block_count = kept;
}

/* cudaMalloc, a second time without the unused blocks. */
static int device_alloc(LacBackend *be, size_t bytes, const char *what, void **data)
{
    cudaError_t error = cudaMalloc(data, bytes);

    if (error == cudaErrorMemoryAllocation) {
        (void)cudaGetLastError();
        trim(lac_cuda(be));
        error = cudaMalloc(data, bytes);
    }
    if (error == cudaSuccess) {
        return LAC_OK;
    }
    *data = NULL;
    if (error == cudaErrorMemoryAllocation) {
        (void)cudaGetLastError();
        return out_of_memory(be, bytes, what);
    }
    return lac_cuda_check(be, error, what);
}

static bool room_for_block(CudaBackend *cuda)
{
    size_t capacity = cuda->block_capacity ? 2 * cuda->block_capacity : 64;
    CudaBlock *blocks;

    if (cuda->block_count < cuda->block_capacity) {
        return true;
    }
    blocks = lac_alloc(capacity, sizeof *blocks);
    if (!blocks) {
        return false;
    }
    if (cuda->block_count) {
        memcpy(blocks, cuda->blocks, cuda->block_count * sizeof *blocks);
    }
    lac_free(cuda->blocks);
    cuda->blocks = blocks;
    cuda->block_capacity = capacity;
    return true;
}

int lac_cuda_tensor_alloc(LacBackend *be, LacTensor *t)
{
    CudaBackend *cuda = lac_cuda(be);
    size_t bytes, i;
    int ret;

    t->data = NULL;
    if ((ret = lac_check_tensor(be->log, t, &bytes)) < 0 || (ret = lac_cuda_begin(be)) < 0) {
        return ret;
    }
    bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    for (i = 0; i < cuda->block_count; i++) {
        if (!cuda->blocks[i].used && cuda->blocks[i].bytes == bytes) {
            cuda->blocks[i].used = true;
            t->data = cuda->blocks[i].data;
            return LAC_OK;
        }
    }
    if ((ret = device_alloc(be, bytes, "a tensor", &t->data)) < 0) {
        return ret;
    }
    if (!room_for_block(cuda)) {
        cudaFree(t->data);
        t->data = NULL;
        return lac_fail(be->log, LAC_ENOMEM, "out of memory: %zu tensors", cuda->block_count);
    }
    cuda->blocks[cuda->block_count++] = (CudaBlock){ t->data, bytes, true };
    return LAC_OK;
}

void lac_cuda_tensor_free(LacBackend *be, LacTensor *t)
{
    CudaBackend *cuda = lac_cuda(be);
    size_t i;

    for (i = 0; t->data && i < cuda->block_count; i++) {
        if (cuda->blocks[i].data == t->data) {
            cuda->blocks[i].used = false;
        }
    }
    t->data = NULL;
}

void *lac_cuda_scratch(LacBackend *be, size_t bytes)
{
    CudaBackend *cuda = lac_cuda(be);
    void *data;

    if (bytes > cuda->scratch_bytes) {
        cudaStreamSynchronize(cuda->stream);
        cudaFree(cuda->scratch);
        cuda->scratch = NULL;
        cuda->scratch_bytes = 0;
        bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
        if (device_alloc(be, bytes, "working memory", &data) < 0) {
            return NULL;
        }
        cuda->scratch = data;
        cuda->scratch_bytes = bytes;
    }
    return cuda->scratch;
}

void lac_cuda_memory_close(CudaBackend *cuda)
{
    size_t i;

    for (i = 0; i < cuda->block_count; i++) {
        cudaFree(cuda->blocks[i].data);
    }
    lac_free(cuda->blocks);
    cudaFree(cuda->scratch);
    cudaFreeHost(cuda->staging);
    for (i = 0; i < 2; i++) {
        if (cuda->staged[i]) {
            cudaEventDestroy(cuda->staged[i]);
        }
    }
}

/* The pinned memory and its events, made by the first copy. */
static int staging(LacBackend *be)
{
    CudaBackend *cuda = lac_cuda(be);
    void *data = NULL;
    int i, ret;

    if (cuda->staging) {
        return LAC_OK;
    }
    for (i = 0; i < 2; i++) {
        if (!cuda->staged[i] &&
            (ret = lac_cuda_check(be, cudaEventCreateWithFlags(&cuda->staged[i], cudaEventDisableTiming),
                                  "creating an event")) < 0) {
            return ret;
        }
    }
    if ((ret = lac_cuda_check(be, cudaHostAlloc(&data, 2 * STAGING, cudaHostAllocDefault), "pinned host memory")) < 0) {
        return ret;
    }
    cuda->staging = data;
    return LAC_OK;
}

/* Where the fp32 values of t pass on the device: its own memory if it holds fp32, else scratch. */
static float *passage(LacBackend *be, const LacTensor *t, size_t count)
{
    return t->type == LAC_F32 ? t->data : lac_cuda_scratch(be, count * sizeof(float));
}

/* Any bytes, in pieces by way of the pinned memory: one is copied while the one before is on the bus. */
int lac_cuda_up(LacBackend *be, const void *src, void *to, size_t bytes)
{
    CudaBackend *cuda = lac_cuda(be);
    size_t at;
    int half = 0, ret;

    if ((ret = lac_cuda_begin(be)) < 0 || (ret = staging(be)) < 0) {
        return ret;
    }
    for (at = 0; at < bytes; at += STAGING, half = !half) {
        size_t piece = bytes - at < STAGING ? bytes - at : STAGING;
        char *pinned = cuda->staging + (half ? STAGING : 0);

        if ((ret = lac_cuda_check(be, cudaEventSynchronize(cuda->staged[half]), "upload")) < 0) {
            return ret;
        }
        memcpy(pinned, (const char *)src + at, piece);
        if ((ret = lac_cuda_check(be, cudaMemcpyAsync((char *)to + at, pinned, piece, cudaMemcpyHostToDevice,
                                                      cuda->stream), "upload")) < 0 ||
            (ret = lac_cuda_check(be, cudaEventRecord(cuda->staged[half], cuda->stream), "upload")) < 0) {
            return ret;
        }
    }
    return LAC_OK;
}

int lac_cuda_upload(LacBackend *be, const float *src, LacTensor *dst)
{
    size_t count = lac_tensor_count(dst);
    float *to;
    int ret = lac_cuda_begin(be);

    if (ret < 0) {
        return ret;
    }
    to = passage(be, dst, count);
    if (!to) {
        return LAC_ENOMEM;
    }
    ret = lac_cuda_up(be, src, to, count * sizeof *src);
    return ret < 0 || dst->type == LAC_F32 ? ret : lac_cuda_cast(be, to, LAC_F32, dst->data, dst->type, count);
}

/* Queues the copy of the piece at `at`, if there is one, into a half of the pinned memory. */
static int fetch(LacBackend *be, const void *from, size_t bytes, size_t at, int half)
{
    CudaBackend *cuda = lac_cuda(be);
    int ret;

    if (at >= bytes) {
        return LAC_OK;
    }
    ret = lac_cuda_check(be, cudaMemcpyAsync(cuda->staging + (half ? STAGING : 0), (const char *)from + at,
                                             bytes - at < STAGING ? bytes - at : STAGING, cudaMemcpyDeviceToHost,
                                             cuda->stream), "download");
    return ret < 0 ? ret : lac_cuda_check(be, cudaEventRecord(cuda->staged[half], cuda->stream), "download");
}

int lac_cuda_down(LacBackend *be, const void *from, void *dst, size_t bytes)
{
    CudaBackend *cuda = lac_cuda(be);
    size_t at;
    int half = 0, ret;

    if ((ret = lac_cuda_begin(be)) < 0 || (ret = staging(be)) < 0 || (ret = fetch(be, from, bytes, 0, 0)) < 0) {
        return ret;
    }
    for (at = 0; at < bytes; at += STAGING, half = !half) { /* one piece is copied while the next one arrives */
        if ((ret = fetch(be, from, bytes, at + STAGING, !half)) < 0 ||
            (ret = lac_cuda_check(be, cudaEventSynchronize(cuda->staged[half]), "download")) < 0) {
            return ret;
        }
        memcpy((char *)dst + at, cuda->staging + (half ? STAGING : 0), bytes - at < STAGING ? bytes - at : STAGING);
    }
    return LAC_OK;
}

int lac_cuda_download(LacBackend *be, const LacTensor *src, float *dst)
{
    size_t count = lac_tensor_count(src);
    float *from;
    int ret = lac_cuda_begin(be);

    if (ret < 0) {
        return ret;
    }
    from = passage(be, src, count);
    if (!from) {
        return LAC_ENOMEM;
    }
    ret = src->type == LAC_F32 ? LAC_OK : lac_cuda_cast(be, src->data, src->type, from, LAC_F32, count);
    return ret < 0 ? ret : lac_cuda_down(be, from, dst, count * sizeof *dst);
}
