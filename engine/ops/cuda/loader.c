/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and loads the CUDA back end, a shared object of its own, when a device asks for it. This file belongs to
 * liblac; the others of this directory make liblac_cuda.so. */
#define _GNU_SOURCE /* dladdr */
#include "ops/cuda/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 4096
#define NAME "liblac_cuda.so"
#define REMEDY "build liblac with CUDA and cuDNN, point LAC_CUDA at its " NAME ", or use device=cpu and frames in host memory"

/* Any address inside this library. */
static const char anchor = 0;

/* The shared object beside this library, LAC_CUDA, or the bare name for the system's path; false: LAC_CUDA is too
 * long. */
static bool locate(char path[PATH_MAX_BYTES])
{
    const char *env = getenv("LAC_CUDA"), *slash;
    Dl_info info;

    if (env && env[0]) {
        return snprintf(path, PATH_MAX_BYTES, "%s", env) < PATH_MAX_BYTES;
    }
    if (dladdr(&anchor, &info) && info.dli_fname && (slash = strrchr(info.dli_fname, '/'))) {
        int n = snprintf(path, PATH_MAX_BYTES, "%.*s/" NAME, (int)(slash - info.dli_fname), info.dli_fname);

        if (n > 0 && n < PATH_MAX_BYTES && access(path, F_OK) == 0) {
            return true;
        }
    }
    snprintf(path, PATH_MAX_BYTES, NAME);
    return true;
}

/* The library's table, or NULL with the reason in `why`. It stays loaded: CUDA does not survive being unloaded. */
static const LacCudaLibrary *load(char *why, size_t size, bool *absent)
{
    char path[PATH_MAX_BYTES];
    const LacCudaLibrary *library;
    void *handle;

    *absent = false;
    if (!locate(path)) {
        snprintf(why, size, "LAC_CUDA is longer than %d bytes", PATH_MAX_BYTES - 1);
        return NULL;
    }
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        const char *error = dlerror();

        *absent = !strchr(path, '/') && (!error || strstr(error, NAME ": cannot open"));
        if (*absent) {
            snprintf(why, size, NAME " is not installed; " REMEDY);
        } else if (error && strstr(error, "libcudnn")) {
            snprintf(why, size, "%s; install cuDNN 9 (nvidia-cudnn, or NVIDIA's cudnn9 packages) or add its folder to "
                     "LD_LIBRARY_PATH, or use device=cpu", error);
        } else {
            snprintf(why, size, "%s; " REMEDY, error ? error : "it cannot be loaded");
        }
        return NULL;
    }
    library = dlsym(handle, LAC_CUDA_SYMBOL);
    if (!library) {
        snprintf(why, size, "'%.512s' is not liblac's CUDA back end; " REMEDY, path);
    } else if (strcmp(library->abi, LAC_CUDA_ABI) != 0) {
        snprintf(why, size, "'%.512s' is of another build of liblac (%.64s, expected " LAC_CUDA_ABI "); install both "
                 "from one build", path, library->abi);
        library = NULL;
    }
    dlclose(handle);
    return library;
}

int lac_cuda_open(LacDevice *dev, int index, enum LacPrecision precision, const LacLog *log)
{
    char why[2048];
    bool absent;
    const LacCudaLibrary *library = load(why, sizeof why, &absent);

    if (!library) {
        return lac_fail(log, LAC_EDEVICE, "device cuda:%d: %s", index, why);
    }
    return library->open(dev, index, precision, log);
}

int lac_cuda_open_in(LacDevice *dev, int index, const LacCudaHost *host, enum LacPrecision precision, const LacLog *log)
{
    char why[2048];
    bool absent;
    const LacCudaLibrary *library = load(why, sizeof why, &absent);

    if (!library) {
        return lac_fail(log, LAC_EDEVICE, "CUDA frames: %s", why);
    }
    return library->open_in(dev, index, host, precision, log);
}

bool lac_cuda_usable(const LacLog *log)
{
    char why[2048];
    bool absent;
    const LacCudaLibrary *library = load(why, sizeof why, &absent);
    const char *reason = why;

    if (library && library->devices(&reason) > 0) {
        return true;
    }
    lac_log(log, absent ? LAC_LOG_DEBUG : LAC_LOG_INFO, "device auto: cpu, for CUDA cannot be used: %s", reason);
    return false;
}
