/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The joint between liblac and liblac_cuda.so: one symbol, a table of functions. No CUDA here. */
#ifndef LAC_OPS_CUDA_LIBRARY_H
#define LAC_OPS_CUDA_LIBRARY_H

#include "ops/backend.h"
#include "ops/cuda/frames.h"

/* Both are built with the same checksum of the headers they share; the Makefile makes it. */
#ifndef LAC_CUDA_ABI
#define LAC_CUDA_ABI "unknown"
#endif
#define LAC_CUDA_SYMBOL "lac_cuda_library"

typedef struct LacCudaLibrary {
    const char *abi; /* LAC_CUDA_ABI: first, and looked at before anything else */
    /* How many GPUs there are; 0 with the reason in *reason, a string that stays. */
    int (*devices)(const char **reason);
    /* As lac_cuda_open. */
    int (*open)(LacDevice *dev, int index, enum LacPrecision precision, const LacLog *log);
    /* As lac_cuda_open_in. */
    int (*open_in)(LacDevice *dev, int index, const LacCudaHost *host, enum LacPrecision precision, const LacLog *log);
} LacCudaLibrary;

#endif
