/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions on the GPU: labels and distances stay there, what is known of each region comes to the host. */
#include "gpu/gpu_state.h"

static int fetch_table(LacGpu *gpu, const CudaRegions *there, LacRegions *r, int count)
{
    const size_t bytes = ((size_t)count + 1) * sizeof(CudaRegion);
    const CudaRegion *table;
    int err = lac_gpu_table_grow(gpu, &gpu->table, bytes);

    err = err ? err : lac_regions_room(r, count, gpu->log);
    err = err ? err : gpu->ops->measure(gpu->dev->be, there, count, gpu->table.there);
    err = err ? err : gpu->ops->down(gpu->dev->be, gpu->table.there, gpu->table.host, bytes);
    if (err) {
        return err;
    }
    table = (const CudaRegion *)gpu->table.host;
    for (int c = 0; c <= count; c++) {
        const CudaRegion *g = &table[c];

        r->region[c] = (LacRegion){ g->area, g->left, g->top, g->right, g->bottom, g->black != 0 };
    }
    r->count = count;
    return LAC_OK;
}

int lac_gpu_regions(LacGpu *gpu, LacRegions *r)
{
    const size_t native = (size_t)gpu->width * (size_t)gpu->height;
    CudaRegions there = { .width = r->width, .height = r->height, .gap = r->gap, .far = r->far, .gray = gpu->gray };
    int32_t found[2] = { 0 };
    int err = LAC_OK;

    gpu->label = lac_gpu_need(gpu, gpu->label, native * sizeof *gpu->label, &err);
    gpu->squared = lac_gpu_need(gpu, gpu->squared, native, &err);
    gpu->found = lac_gpu_need(gpu, gpu->found, sizeof found, &err);
    there.label = gpu->label;
    there.squared = gpu->squared;
    there.count = gpu->found;
    err = err ? err : gpu->ops->regions(gpu->dev->be, &there);
    err = err ? err : gpu->ops->down(gpu->dev->be, gpu->found, found, sizeof found);
    r->threshold = found[1];
    return err ? err : fetch_table(gpu, &there, r, found[0]);
}
