/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for the CUDA back end in a build without it. */
#include "ops/backend.h"

int lac_cuda_open(LacDevice *dev, int index, enum LacPrecision precision, const LacLog *log)
{
    (void)dev;
    (void)precision;
    return lac_fail(log, LAC_EDEVICE, "device cuda:%d: this build has no CUDA back end; use device=cpu", index);
}
