/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying from references and painting on the GPU, for frames of 8 bits. */
#include "gpu/gpu_state.h"

#include <string.h>

int lac_gpu_transfer(LacGpu *gpu, const LacMatcher *m, const LacGpuSource *refs, int count, bool inked, uint8_t *out)
{
    const size_t area = (size_t)gpu->width * (size_t)gpu->height, cells = (size_t)m->width * (size_t)m->height;
    CudaTransfer t = { .width = gpu->width, .height = gpu->height, .cells_width = m->width, .cells_height = m->height,
                       .count = count, .inked = inked, .gray = gpu->gray };
    int err = LAC_OK;

    gpu->transferred = lac_gpu_need(gpu, gpu->transferred, area * 4, &err);
    t.out = gpu->transferred;
    for (int i = 0; i < count && !err; i++) {
        err = lac_gpu_send_copy(gpu, refs[i].rgb_there, refs[i].rgb, area * 3);
        err = err ? err : lac_gpu_send_copy(gpu, refs[i].gray_there, refs[i].gray, area);
        t.ref[i] = (CudaTransferRef){ refs[i].rgb_there->data, refs[i].gray_there->data, gpu->offset + (size_t)i * cells,
                                      gpu->cost + (size_t)i * cells, refs[i].lag };
    }
    err = err ? err : gpu->ops->transfer(gpu->dev->be, &t);
    return err || !out ? err : gpu->ops->down(gpu->dev->be, gpu->transferred, out, area * 4);
}

static int open_paint(LacGpu *gpu, const LacCells *cells)
{
    const CudaAxis lines[2] = { lac_gpu_axis(&cells->lines.x), lac_gpu_axis(&cells->lines.y) };
    const CudaAxis shrinking[2] = { lac_gpu_axis(&cells->shrinking.x), lac_gpu_axis(&cells->shrinking.y) };

    return gpu->paint.memory.data
               ? LAC_OK
               : gpu->ops->paint_open(gpu->dev->be, &gpu->paint, lines, cells->shrink ? shrinking : NULL);
}

int lac_gpu_fetch(LacGpu *gpu, uint8_t *out, ptrdiff_t stride)
{
    const size_t row = (size_t)gpu->width * 3;
    int err;

    if (stride == (ptrdiff_t)row) {
        return gpu->ops->down(gpu->dev->be, gpu->rgb, out, row * (size_t)gpu->height);
    }
    if (!gpu->dense) {
        gpu->dense = lac_alloc(row, (size_t)gpu->height);
    }
    if (!gpu->dense) {
        return lac_fail(gpu->log, LAC_ENOMEM, "no memory for frames of %dx%d", gpu->width, gpu->height);
    }
    err = gpu->ops->down(gpu->dev->be, gpu->rgb, gpu->dense, row * (size_t)gpu->height);
    for (int y = 0; y < gpu->height && !err; y++) {
        memcpy(out + y * stride, gpu->dense + (size_t)y * row, row);
    }
    return err;
}

int lac_gpu_paint(LacGpu *gpu, const LacCells *cells, const LacGpuPicture *in)
{
    const size_t area = (size_t)gpu->width * (size_t)gpu->height;
    LacBackend *be = gpu->dev->be;
    CudaPicture p = { .gray = gpu->gray, .black = gpu->gray, .lines = in->lines };
    int err = open_paint(gpu, cells);

    gpu->rgb = lac_gpu_need(gpu, gpu->rgb, area * 3, &err);
    if (in->black != in->gray) {
        gpu->black = lac_gpu_need(gpu, gpu->black, area, &err);
        err = err ? err : gpu->ops->up(be, in->black, gpu->black, area);
        p.black = gpu->black;
    }
    if (in->ink && in->ink->known) {
        p.ink.known = true;
        memcpy(p.ink.mean, in->ink->mean, sizeof p.ink.mean);
        memcpy(p.ink.deviation, in->ink->deviation, sizeof p.ink.deviation);
    }
    gpu->drawn = p.black;
    p.rgb = gpu->prediction;
    p.transferred = in->transferred ? gpu->transferred : NULL;
    p.out = gpu->rgb;
    gpu->settled = false;
    return err ? err : gpu->ops->paint_run(be, &gpu->paint, &p);
}
