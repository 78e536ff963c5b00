/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of frames.h. */
#include "ops/cuda/frames.h"

#include "ops/cuda/cuda.h"

int lac_cuda_inputs(LacBackend *be, const CudaInputs *in);
int lac_cuda_picture(LacBackend *be, const LacTensor *from, float *rgb, int *bad);

/* Memory as tensors have it, so that it is counted, kept and given out again with theirs. */
static int frames_alloc(LacBackend *be, size_t bytes, void **data)
{
    const size_t row = 4096, rows = bytes / row + 1;
    LacTensor t = { .type = LAC_F32, .n = 1, .h = (int)rows, .w = (int)(row / sizeof(float)), .c = 1 };
    int ret = rows > INT32_MAX ? lac_fail(be->log, LAC_ENOMEM, "%zu bytes are too many", bytes)
                               : lac_cuda_tensor_alloc(be, &t);

    *data = t.data;
    return ret;
}

static void frames_free(LacBackend *be, void *data)
{
    LacTensor t = { .data = data };

    lac_cuda_tensor_free(be, &t);
}

static bool hosted(const LacBackend *be)
{
    return ((const CudaBackend *)be)->host != NULL;
}

static int frames_copy(LacBackend *be, const void *from, void *to, size_t bytes)
{
    int ret = lac_cuda_begin(be);

    return ret ? ret : lac_cuda_check(be, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, lac_cuda(be)->stream),
                                      "copy");
}

const LacFrameOps lac_cuda_frames = {
    .enter = lac_cuda_enter,
    .leave = lac_cuda_leave,
    .hosted = hosted,
    .alloc = frames_alloc,
    .free = frames_free,
    .up = lac_cuda_up,
    .down = lac_cuda_down,
    .copy = frames_copy,
    .lineart_open = lac_cuda_lineart_open,
    .lineart_close = lac_cuda_lineart_close,
    .lineart_run = lac_cuda_lineart_run,
    .lineart_colour = lac_cuda_lineart_colour,
    .gray = lac_cuda_gray,
    .inputs = lac_cuda_inputs,
    .picture = lac_cuda_picture,
    .resize_open = lac_cuda_resize_open,
    .resize_close = lac_cuda_resize_close,
    .resize_f32 = lac_cuda_resize_f32,
    .describe = lac_cuda_describe,
    .match = lac_cuda_match,
    .transfer = lac_cuda_transfer,
    .paint_open = lac_cuda_paint_open,
    .paint_close = lac_cuda_paint_close,
    .paint_run = lac_cuda_paint_run,
    .regions = lac_cuda_regions,
    .measure = lac_cuda_measure,
    .labels = lac_cuda_labels,
    .origins = lac_cuda_origins,
    .vote = lac_cuda_vote,
    .flat_classify = lac_cuda_flat_classify,
    .flat = lac_cuda_flat,
    .evidence = lac_cuda_evidence,
    .borders_cells = lac_cuda_borders_cells,
    .borders_paint = lac_cuda_borders_paint,
    .moves = lac_cuda_moves,
    .differ = lac_cuda_differ,
    .window_input = lac_cuda_window_input,
    .window_answer = lac_cuda_window_answer,
    .steady = lac_cuda_steady,
    .write = lac_cuda_pixels_write,
};
