/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for the driver's library, libcuda.so.1, on machines without a GPU: contexts with each thread's stack of current
 * ones, and device memory that is host memory, enough for FFmpeg's CUDA frames and for a host's context in liblac. The
 * other functions FFmpeg looks for are there and fail. Whoever does not leave the stack as it was is stopped. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_CONTEXT = 201, NOT_SUPPORTED = 801, DEPTH = 64 };
enum { ALIGNMENT = 64 }; /* of a texture's rows; FFmpeg aligns frames to it */

typedef unsigned long long Pointer; /* CUdeviceptr */

typedef struct Context {
    int device;
} Context;

static _Thread_local Context *stack[DEPTH];
static _Thread_local int depth;

/* CUDA_MEMCPY2D */
typedef struct Side {
    size_t x, y;
    int type; /* 1: host, 2: device */
    const void *host;
    Pointer device;
    void *array;
    size_t pitch;
} Side;

typedef struct Copy2D {
    Side from, to;
    size_t width, height;
} Copy2D;

/* For tests: contexts on this thread's stack. */
int lac_driver_depth(void);
int lac_driver_depth(void)
{
    return depth;
}

#define FUNCTION(name, ...) \
    int name(__VA_ARGS__);  \
    int name(__VA_ARGS__)

FUNCTION(cuInit, unsigned flags)
{
    return flags ? INVALID_VALUE : SUCCESS;
}

FUNCTION(cuDeviceGetCount, int *count)
{
    *count = 1;
    return SUCCESS;
}

FUNCTION(cuDeviceGet, int *device, int ordinal)
{
    *device = ordinal;
    return ordinal ? 101 : SUCCESS; /* CUDA_ERROR_INVALID_DEVICE */
}

FUNCTION(cuDeviceGetAttribute, int *value, int attribute, int device)
{
    (void)attribute;
    *value = ALIGNMENT;
    return device ? INVALID_VALUE : SUCCESS;
}

FUNCTION(cuDeviceGetName, char *name, int size, int device)
{
    snprintf(name, (size_t)size, "stand-in %d", device);
    return SUCCESS;
}

FUNCTION(cuDeviceComputeCapability, int *major, int *minor, int device)
{
    *major = 9;
    *minor = device;
    return SUCCESS;
}

FUNCTION(cuCtxPushCurrent_v2, Context *context)
{
    if (!context || depth == DEPTH) {
        return INVALID_CONTEXT;
    }
    stack[depth++] = context;
    return SUCCESS;
}

FUNCTION(cuCtxPopCurrent_v2, Context **context)
{
    if (!depth) {
        fprintf(stderr, "stand-in driver: a context is popped that nobody pushed\n");
        abort();
    }
    *context = stack[--depth];
    return SUCCESS;
}

FUNCTION(cuCtxCreate_v2, Context **context, unsigned flags, int device)
{
    (void)flags;
    *context = calloc(1, sizeof **context);
    if (!*context) {
        return OUT_OF_MEMORY;
    }
    (*context)->device = device;
    return cuCtxPushCurrent_v2(*context);
}

FUNCTION(cuCtxDestroy_v2, Context *context)
{
    for (int i = 0; i < depth; i++) {
        if (stack[i] == context) {
            fprintf(stderr, "stand-in driver: a context is destroyed that is on the stack\n");
            abort();
        }
    }
    free(context);
    return SUCCESS;
}

FUNCTION(cuCtxGetDevice, int *device)
{
    if (!depth) {
        return INVALID_CONTEXT;
    }
    *device = stack[depth - 1]->device;
    return SUCCESS;
}

FUNCTION(cuMemAlloc_v2, Pointer *data, size_t bytes)
{
    void *memory = depth ? aligned_alloc(256, (bytes + 255) & ~(size_t)255) : NULL;

    *data = (Pointer)(size_t)memory;
    if (memory) {
        memset(memory, 0x5a, bytes);
    }
    return memory ? SUCCESS : depth ? OUT_OF_MEMORY : INVALID_CONTEXT;
}

FUNCTION(cuMemFree_v2, Pointer data)
{
    free((void *)(size_t)data);
    return depth ? SUCCESS : INVALID_CONTEXT;
}

static char *address(const Side *s)
{
    char *base = s->type == 1 ? (char *)(size_t)s->host : (char *)(size_t)s->device;

    return base + s->y * s->pitch + s->x;
}

FUNCTION(cuMemcpy2DAsync_v2, const Copy2D *copy, void *stream)
{
    (void)stream;
    if (!depth) {
        return INVALID_CONTEXT;
    }
    for (size_t y = 0; y < copy->height; y++) {
        memcpy(address(&copy->to) + y * copy->to.pitch, address(&copy->from) + y * copy->from.pitch, copy->width);
    }
    return SUCCESS;
}

FUNCTION(cuMemcpy2D_v2, const Copy2D *copy)
{
    return cuMemcpy2DAsync_v2(copy, NULL);
}

FUNCTION(cuStreamSynchronize, void *stream)
{
    (void)stream;
    return depth ? SUCCESS : INVALID_CONTEXT;
}

FUNCTION(cuGetErrorName, int code, const char **text)
{
    *text = code == SUCCESS ? "CUDA_SUCCESS" : code == INVALID_CONTEXT ? "CUDA_ERROR_INVALID_CONTEXT" : "CUDA_ERROR";
    return SUCCESS;
}

FUNCTION(cuGetErrorString, int code, const char **text)
{
    return cuGetErrorName(code, text);
}

/* What FFmpeg loads besides; from cuDriverGetVersion on with headers of 12.1 and later. */
#define ABSENT(name) \
    FUNCTION(name, void) { return NOT_SUPPORTED; }

ABSENT(cuCtxSetLimit)
ABSENT(cuMemAllocPitch_v2)
ABSENT(cuMemAllocManaged)
ABSENT(cuMemsetD8Async)
ABSENT(cuMemcpy)
ABSENT(cuMemcpyAsync)
ABSENT(cuMemcpyHtoD_v2)
ABSENT(cuMemcpyHtoDAsync_v2)
ABSENT(cuMemcpyDtoH_v2)
ABSENT(cuMemcpyDtoHAsync_v2)
ABSENT(cuMemcpyDtoD_v2)
ABSENT(cuMemcpyDtoDAsync_v2)
ABSENT(cuDevicePrimaryCtxRetain)
ABSENT(cuDevicePrimaryCtxRelease)
ABSENT(cuDevicePrimaryCtxSetFlags)
ABSENT(cuDevicePrimaryCtxGetState)
ABSENT(cuDevicePrimaryCtxReset)
ABSENT(cuStreamCreate)
ABSENT(cuStreamQuery)
ABSENT(cuStreamDestroy_v2)
ABSENT(cuStreamAddCallback)
ABSENT(cuEventCreate)
ABSENT(cuEventDestroy_v2)
ABSENT(cuEventSynchronize)
ABSENT(cuEventQuery)
ABSENT(cuEventRecord)
ABSENT(cuLaunchKernel)
ABSENT(cuLinkCreate)
ABSENT(cuLinkAddData)
ABSENT(cuLinkComplete)
ABSENT(cuLinkDestroy)
ABSENT(cuModuleLoadData)
ABSENT(cuModuleUnload)
ABSENT(cuModuleGetFunction)
ABSENT(cuModuleGetGlobal)
ABSENT(cuTexObjectCreate)
ABSENT(cuTexObjectDestroy)
ABSENT(cuGLGetDevices_v2)
ABSENT(cuGraphicsGLRegisterImage)
ABSENT(cuGraphicsUnregisterResource)
ABSENT(cuGraphicsMapResources)
ABSENT(cuGraphicsUnmapResources)
ABSENT(cuGraphicsSubResourceGetMappedArray)
ABSENT(cuGraphicsResourceGetMappedPointer_v2)
ABSENT(cuArray3DCreate_v2)
ABSENT(cuArrayDestroy)
ABSENT(cuDriverGetVersion)
ABSENT(cuCtxGetCurrent)
ABSENT(cuStreamWaitEvent)
ABSENT(cuArrayCreate_v2)
