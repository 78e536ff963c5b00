/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host's CUDA context: made current for the time of a call, by the driver's functions, which the runtime has no names for.
 * The runtime works in whatever context is current, so nothing else of the back end knows. */
#include "ops/cuda/cuda.h"

#include <dlfcn.h>
#include <string.h>

/* CUresult is an int, CUcontext a pointer, CUdevice an int. */
typedef int PushCurrent(void *context);
typedef int PopCurrent(void **context);
typedef int GetDevice(int *device);

struct CudaHosted {
    void *driver; /* of dlopen */
    void *context;
    PushCurrent *push;
    PopCurrent *pop;
};

/* dlsym's answer is no pointer to a function for the language. */
static bool find(void *driver, const char *name, void *function)
{
    void *symbol = dlsym(driver, name);

    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

int lac_cuda_attach(CudaBackend *cuda, const LacCudaHost *host)
{
    const LacLog *log = cuda->head.log;
    GetDevice *device = NULL;
    struct CudaHosted *h;
    int code;

    if (!host->context) {
        return lac_fail(log, LAC_EINVAL, "CUDA frames: the host's context is NULL");
    }
    h = cuda->host = lac_calloc(1, sizeof *h);
    if (!h) {
        return lac_fail(log, LAC_ENOMEM, "out of memory: CUDA frames");
    }
    h->context = host->context;
    h->driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!h->driver || !find(h->driver, "cuCtxPushCurrent_v2", &h->push) ||
        !find(h->driver, "cuCtxPopCurrent_v2", &h->pop) || !find(h->driver, "cuCtxGetDevice", &device)) {
        return lac_fail(log, LAC_EDEVICE, "CUDA frames: %s", h->driver ? "libcuda.so.1 is no CUDA driver" : dlerror());
    }
    cuda->stream = host->stream;
    code = h->push(h->context);
    if (!code) {
        void *popped;

        code = device(&cuda->index);
        (void)h->pop(&popped);
    }
    return code ? lac_fail(log, LAC_EDEVICE, "CUDA frames: the host's context is none (CUDA error %d)", code) : LAC_OK;
}

void lac_cuda_detach(CudaBackend *cuda)
{
    if (cuda->host && cuda->host->driver) {
        dlclose(cuda->host->driver);
    }
    lac_free(cuda->host);
    cuda->host = NULL;
}

int lac_cuda_enter(LacBackend *be)
{
    const struct CudaHosted *h = lac_cuda(be)->host;
    const int code = h ? h->push(h->context) : 0;

    return code ? lac_fail(be->log, LAC_EDEVICE, "device cuda:%d: the host's context cannot be made current (CUDA error %d)",
                           lac_cuda(be)->index, code) : LAC_OK;
}

void lac_cuda_leave(LacBackend *be)
{
    const struct CudaHosted *h = lac_cuda(be)->host;
    void *popped;

    if (h) {
        (void)h->pop(&popped);
    }
}
