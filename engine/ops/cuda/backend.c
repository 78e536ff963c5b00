/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing the CUDA back end, and its table. */
#include "ops/cuda/cuda.h"
#include "ops/cuda/library.h"

#include <stdlib.h>

#define OLDEST 75 /* compute capability */

static int cuda_finish(LacBackend *be)
{
    int ret = lac_cuda_begin(be);

    return ret < 0 ? ret : lac_cuda_check(be, cudaStreamSynchronize(lac_cuda(be)->stream), "waiting for its work");
}

static void cuda_close(LacBackend *be)
{
    CudaBackend *cuda = lac_cuda(be);

    if (!cuda) {
        return;
    }
    if (lac_cuda_enter(be) == LAC_OK) {
        if (lac_cuda_begin(be) == LAC_OK) {
            if (cuda->stream || cuda->host) {
                cudaStreamSynchronize(cuda->stream);
            }
            lac_cuda_memory_close(cuda);
            if (cuda->cudnn) {
                cudnnDestroy(cuda->cudnn);
            }
            if (cuda->stream && !cuda->host) {
                cudaStreamDestroy(cuda->stream);
            }
        }
        lac_cuda_leave(be);
    }
    lac_cuda_detach(cuda);
    lac_free(cuda);
}

static const LacOps cuda_ops = {
    .name = "cuda",
    .close = cuda_close,
    .tensor_alloc = lac_cuda_tensor_alloc,
    .tensor_free = lac_cuda_tensor_free,
    .upload = lac_cuda_upload,
    .download = lac_cuda_download,
    .conv_create = lac_cuda_conv_create,
    .conv_free = lac_cuda_conv_free,
    .conv = lac_cuda_conv,
    .norm = lac_cuda_norm,
    .add = lac_cuda_add,
    .mean = lac_cuda_mean,
    .mask = lac_cuda_mask,
    .attention = lac_cuda_attention,
    .combine = lac_cuda_combine,
    .pool4 = lac_cuda_pool4,
    .upsample4_add = lac_cuda_upsample4_add,
    .tanh = lac_cuda_tanh,
    .convert = lac_cuda_convert,
    .shift = lac_cuda_shift,
    .gate = lac_cuda_gate,
    .finish = cuda_finish,
};

static int devices(const char **reason)
{
    int count = 0;
    cudaError_t error = cudaGetDeviceCount(&count);

    *reason = NULL;
    if (error != cudaSuccess) {
        (void)cudaGetLastError();
        /* Without a driver the runtime says that the driver is too old. */
        *reason = error == cudaErrorInsufficientDriver ?
            "there is no NVIDIA driver, or one too old for this build" : cudaGetErrorString(error);
        return 0;
    }
    if (count < 1) {
        *reason = "there is no NVIDIA GPU";
    }
    return count;
}

static const char *type_name(enum LacType type)
{
    return type == LAC_F32 ? "fp32" : type == LAC_BF16 ? "bf16" : "fp16";
}

/* Everything but the state's own memory. */
static int start(CudaBackend *cuda, enum LacPrecision precision)
{
    LacBackend *be = &cuda->head;
    int major, minor, shared, ret;

    if ((ret = lac_cuda_begin(be)) < 0 ||
        (ret = lac_cuda_check(be, cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, cuda->index),
                              "asking what it is")) < 0 ||
        (ret = lac_cuda_check(be, cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, cuda->index),
                              "asking what it is")) < 0 ||
        (ret = lac_cuda_check(be, cudaDeviceGetAttribute(&cuda->processors, cudaDevAttrMultiProcessorCount,
                                                         cuda->index), "asking what it is")) < 0 ||
        (ret = lac_cuda_check(be, cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin,
                                                         cuda->index), "asking what it is")) < 0) {
        return ret;
    }
    cuda->sm = 10 * major + minor;
    cuda->shared_limit = (size_t)shared;
    if (cuda->sm < OLDEST) {
        return lac_fail(be->log, LAC_EDEVICE, "device cuda:%d: compute capability %d.%d, at least %d.%d is needed; use "
                        "device=cpu", cuda->index, major, minor, OLDEST / 10, OLDEST % 10);
    }
    if (precision == LAC_PRECISION_BF16 && cuda->sm < 80) {
        return lac_fail(be->log, LAC_EDEVICE, "device cuda:%d: compute capability %d.%d has no bf16; use "
                        "precision=fp16", cuda->index, major, minor);
    }
    be->act = precision == LAC_PRECISION_FP32 ? LAC_F32 :
        precision == LAC_PRECISION_FP16       ? LAC_F16 :
        precision == LAC_PRECISION_BF16       ? LAC_BF16 :
        cuda->sm >= 80                        ? LAC_BF16 : LAC_F16;
    if ((ret = lac_cuda_probe(be)) < 0 ||
        (!cuda->host && (ret = lac_cuda_check(be, cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking),
                                              "creating a stream")) < 0) ||
        (ret = lac_cudnn_check(be, cudnnCreate(&cuda->cudnn), "starting cuDNN")) < 0 ||
        (ret = lac_cudnn_check(be, cudnnSetStream(cuda->cudnn, cuda->stream), "starting cuDNN")) < 0) {
        return ret;
    }
    return LAC_OK;
}

/* The state becomes the device's; it is freed if anything fails. */
static int finish_open(LacDevice *dev, CudaBackend *cuda, enum LacPrecision precision)
{
    const LacLog *log = cuda->head.log;
    int ret = lac_cuda_enter(&cuda->head);

    if (ret == LAC_OK) {
        ret = start(cuda, precision);
        lac_cuda_leave(&cuda->head);
    }
    if (ret < 0) {
        cuda_close(&cuda->head);
        return ret;
    }
    lac_log(log, LAC_LOG_DEBUG, "device cuda:%d: %s, compute capability %d.%d, %d multiprocessors, cuDNN %zu%s",
            cuda->index, type_name(cuda->head.act), cuda->sm / 10, cuda->sm % 10, cuda->processors, cudnnGetVersion(),
            cuda->host ? ", in the host's context" : "");
    *dev = (LacDevice){ .ops = &cuda_ops, .frames = &lac_cuda_frames, .be = &cuda->head, .act = cuda->head.act,
                        .queued = true, .log = log };
    return LAC_OK;
}

static CudaBackend *new_state(const LacLog *log)
{
    CudaBackend *cuda = lac_calloc(1, sizeof *cuda);

    if (cuda) {
        cuda->head.log = log;
        cuda->synchronous = getenv("LAC_CUDA_SYNC") != NULL;
    }
    return cuda;
}

static int open_in(LacDevice *dev, int index, const LacCudaHost *host, enum LacPrecision precision, const LacLog *log)
{
    CudaBackend *cuda = new_state(log);
    int ret;

    if (!cuda) {
        return lac_fail(log, LAC_ENOMEM, "out of memory: CUDA frames");
    }
    ret = lac_cuda_attach(cuda, host);
    if (!ret && index >= 0 && index != cuda->index) {
        ret = lac_fail(log, LAC_EDEVICE, "device cuda:%d was asked for, but the frames' context is of cuda:%d: leave device "
                       "to auto, or use frames of that device", index, cuda->index);
    }
    if (ret < 0) {
        lac_cuda_detach(cuda);
        lac_free(cuda);
        return ret;
    }
    return finish_open(dev, cuda, precision);
}

static int open_device(LacDevice *dev, int index, enum LacPrecision precision, const LacLog *log)
{
    const char *reason;
    int count = devices(&reason);
    CudaBackend *cuda;

    if (reason) {
        return lac_fail(log, LAC_EDEVICE, "device cuda:%d: %s; install NVIDIA's driver or use device=cpu", index, reason);
    }
    if (index >= count) {
        return lac_fail(log, LAC_EDEVICE, "device cuda:%d: there %s %d GPU%s, cuda:0%s%.0d; use one of these or "
                        "device=cpu", index, count > 1 ? "are" : "is", count, count > 1 ? "s" : "",
                        count > 1 ? " to cuda:" : "", count > 1 ? count - 1 : 0);
    }
    cuda = new_state(log);
    if (!cuda) {
        return lac_fail(log, LAC_ENOMEM, "out of memory: device cuda:%d", index);
    }
    cuda->index = index;
    return finish_open(dev, cuda, precision);
}

extern LAC_API const LacCudaLibrary lac_cuda_library;
const LacCudaLibrary lac_cuda_library = { LAC_CUDA_ABI, devices, open_device, open_in };
