/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device=cuda is the CUDA back end on the CPU, in the test programs this is linked with. */
#include "ops/cuda/library.h"

extern const LacCudaLibrary lac_cuda_library;

int lac_cuda_open(LacDevice *dev, int index, enum LacPrecision precision, const LacLog *log)
{
    return lac_cuda_library.open(dev, index, precision, log);
}

int lac_cuda_open_in(LacDevice *dev, int index, const LacCudaHost *host, enum LacPrecision precision, const LacLog *log)
{
    return lac_cuda_library.open_in(dev, index, host, precision, log);
}

bool lac_cuda_usable(const LacLog *log)
{
    (void)log;
    return false;
}
