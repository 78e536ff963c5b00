/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A CUDA back end of another build of liblac. */
#include "ops/cuda/library.h"

extern LAC_API const LacCudaLibrary lac_cuda_library;
const LacCudaLibrary lac_cuda_library = { "0.0.0", NULL, NULL, NULL };
