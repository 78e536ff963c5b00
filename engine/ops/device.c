/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a device's name to an open back end. */
#include "ops/backend.h"

#include <stdlib.h>
#include <string.h>

/* "cuda" or "cuda:N" -> N in 0..63 (0 when not given); -1: not such a name. */
static int cuda_index(const char *device)
{
    char *end;
    long n;

    if (strncmp(device, "cuda", 4) != 0) {
        return -1;
    }
    if (!device[4]) {
        return 0;
    }
    if (device[4] != ':' || device[5] < '0' || device[5] > '9') {
        return -1;
    }
    n = strtol(device + 5, &end, 10);
    return *end || n > 63 ? -1 : (int)n;
}

int lac_device_open_in(LacDevice *dev, const char *device, const LacCudaHost *host, enum LacPrecision precision,
                       int threads, const LacLog *log)
{
    const bool automatic = !device || !strcmp(device, "auto");
    int index, ret;

    memset(dev, 0, sizeof *dev);
    if (precision < LAC_PRECISION_AUTO || precision > LAC_PRECISION_FP16) {
        return lac_fail(log, LAC_EINVAL, "unknown precision %d", (int)precision);
    }
    if (host) {
        index = automatic || !strcmp(device, "cuda") ? -1 : cuda_index(device);
        if (!automatic && cuda_index(device) < 0) {
            return lac_fail(log, LAC_EDEVICE, "device '%s' does not work in a CUDA context: expected auto, cuda or cuda:N",
                            device);
        }
        ret = lac_cuda_open_in(dev, index, host, precision, log);
        dev->exact = precision == LAC_PRECISION_FP32;
        return ret;
    }
    if (automatic) {
        device = lac_cuda_usable(log) ? "cuda" : "cpu";
    }
    if (!strcmp(device, "cpu")) {
        ret = lac_cpu_open(dev, precision, threads, log);
    } else if (!strcmp(device, "ref")) {
        ret = lac_ref_open(dev, precision, log);
    } else if ((index = cuda_index(device)) >= 0) {
        ret = lac_cuda_open(dev, index, precision, log);
    } else {
        return lac_fail(log, LAC_EDEVICE, "unknown device '%s': expected auto, cpu, cuda, cuda:N or ref", device);
    }
    dev->exact = precision == LAC_PRECISION_FP32;
    return ret;
}

int lac_device_open(LacDevice *dev, const char *device, enum LacPrecision precision, int threads, const LacLog *log)
{
    return lac_device_open_in(dev, device, NULL, precision, threads, log);
}

void lac_device_close(LacDevice *dev)
{
    if (dev && dev->ops) {
        dev->ops->close(dev->be);
        memset(dev, 0, sizeof *dev);
    }
}
