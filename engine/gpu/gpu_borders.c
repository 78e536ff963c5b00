/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Impossible borders of the frame on the GPU: cells come down, what they take goes up; the rest is the host's (borders.c). */
#include "gpu/gpu_state.h"
#include "regions/borders.h"

int lac_gpu_borders(LacGpu *gpu, LacBorders *b, int threshold, const uint8_t *const *tables, int count)
{
    const LacFrameOps *ops = gpu->ops;
    LacBackend *be = gpu->dev->be;
    const size_t n = (size_t)b->columns * b->rows;
    LacBordersPaint paint = { b->width, b->columns, b->rows, b->step, threshold, NULL, NULL, NULL, gpu->gray, gpu->rgb,
                              (ptrdiff_t)b->width * 3, NULL };
    int err = LAC_OK;

    gpu->cell = lac_gpu_need(gpu, gpu->cell, n * sizeof *gpu->cell, &err);
    gpu->place = lac_gpu_need(gpu, gpu->place, n * sizeof *gpu->place, &err);
    gpu->source = lac_gpu_need(gpu, gpu->source, n * sizeof *gpu->source, &err);
    err = err ? err : ops->borders_cells(be, &paint, gpu->cell, gpu->place);
    err = err ? err : ops->down(be, gpu->cell, b->cell, n * sizeof *b->cell);
    if (err || !lac_borders_find(b, tables, count)) {
        return err;
    }
    paint.cell = gpu->cell;
    paint.place = gpu->place;
    paint.source = gpu->source;
    err = ops->up(be, b->source, gpu->source, n * sizeof *b->source);
    return err ? err : ops->borders_paint(be, &paint);
}
