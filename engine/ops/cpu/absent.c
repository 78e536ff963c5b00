/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for the CPU back end in a build without oneDNN (./configure --without-onednn). */
#include "ops/backend.h"

int lac_cpu_open(LacDevice *dev, enum LacPrecision precision, int threads, const LacLog *log)
{
    (void)dev;
    (void)precision;
    (void)threads;
    return lac_fail(log, LAC_EDEVICE, "device cpu: this build has no CPU back end (oneDNN); use device=cuda");
}
