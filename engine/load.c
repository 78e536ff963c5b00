/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From settings to a network ready to run: weights, device, layers. */
#include "load.h"

#include "gpu/gpu.h"
#include "locate.h"

int lac_load_network(LacNet **net, LacDevice *device, const LacSettings *settings, const LacLog *log)
{
    LacModel *model = NULL;
    char path[LAC_PATH_MAX];
    const char *weights = settings->weights;
    int err = LAC_OK;

    if (!weights) {
        err = lac_locate_weights(path, log);
        weights = path;
    }
    err = err ? err : lac_model_load(&model, weights, log);
    err = err ? err
              : lac_device_open_in(device, settings->device, settings->cuda, settings->precision, settings->threads, log);
    err = err ? err : lac_gpu_enter(device);
    if (!err) {
        err = lac_net_open(net, model, device);
        lac_gpu_leave(device);
    }
    if (!err) {
        lac_log(log, LAC_LOG_INFO, "weights '%s' (preset %s, B = %d) on device %s, %s, %d threads", weights,
                model->config.preset, model->config.base, device->ops->name,
                device->act == LAC_F32    ? "fp32"
                : device->act == LAC_BF16 ? "bf16"
                                          : "fp16",
                settings->threads);
    }
    lac_model_free(&model);
    return err;
}
