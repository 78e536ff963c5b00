/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's inputs and its picture, which stay on the GPU. */
#include "gpu/gpu_state.h"

int lac_gpu_inputs(void *opaque, LacTensor *line, LacTensor *match)
{
    const LacGpu *gpu = opaque;

    return gpu->ops->inputs(gpu->dev->be, &(CudaInputs){ gpu->net.line, gpu->net.distance, line, match });
}

static size_t prediction_bytes(const LacGpu *gpu)
{
    return (size_t)gpu->net.net_width * (size_t)gpu->net.net_height * 3 * sizeof *gpu->prediction;
}

int lac_gpu_predicted(void *opaque, const LacTensor *rgb)
{
    LacGpu *gpu = opaque;
    int err = LAC_OK;

    gpu->prediction = lac_gpu_need(gpu, gpu->prediction, prediction_bytes(gpu), &err);
    gpu->insane = lac_gpu_need(gpu, gpu->insane, sizeof *gpu->insane, &err);
    return err ? err : gpu->ops->picture(gpu->dev->be, rgb, gpu->prediction, gpu->insane);
}

int lac_gpu_sane(const LacGpu *gpu, bool *yes)
{
    int insane = 0;
    const int err = gpu->ops->down(gpu->dev->be, gpu->insane, &insane, sizeof insane);

    *yes = !insane;
    return err;
}

int lac_gpu_prediction(const LacGpu *gpu, float *rgb)
{
    return gpu->ops->down(gpu->dev->be, gpu->prediction, rgb, prediction_bytes(gpu));
}
