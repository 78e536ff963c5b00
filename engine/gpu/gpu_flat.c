/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flat colours on the GPU: what classes a region has is the host's, from its origins; the rest is done there. */
#include "gpu/gpu_state.h"
#include "regions/flat_classes.h"

#include <string.h>

/* The table of both sides: zeroed counts come up with the rest, which ends with as many colours as there are. */
typedef struct Table {
    int32_t *first, *start, *count;
    uint8_t *only, *colour;
} Table;

/* Bytes of `only`, so that colours are 4-byte aligned. */
static size_t flags(size_t regions)
{
    return (regions + 1 + 3) & ~(size_t)3;
}

static size_t table_bytes(size_t regions, size_t classes)
{
    return (4 * regions + 6) * sizeof(int32_t) + flags(regions) + classes * 4;
}

static Table cut(char *base, size_t regions)
{
    Table t = { .first = (int32_t *)(void *)base };

    t.start = t.first + regions + 2;
    t.count = t.start + regions + 2;
    t.only = (uint8_t *)(t.count + 2 * (regions + 1));
    t.colour = t.only + flags(regions);
    return t;
}

/* The classes of all regions, of those that `t->only` names with all the frame's behind. Returns their number. */
static int fill_classes(const LacGpuFlat *flat, const LacFlatClasses *all, Table *t)
{
    LacFlatClasses k;
    int n = 0;

    t->first[0] = t->first[1] = 0;
    for (int c = 1; c <= flat->origins->regions; c++) {
        lac_flat_classes_of(flat->origins, flat->sources, c, &k);
        if (t->only[c]) {
            lac_flat_classes_extend(&k, all);
        }
        for (int i = 0; i < k.n; i++, n++) {
            memcpy(t->colour + (size_t)n * 4, k.list[i].rgb, 3);
            t->colour[(size_t)n * 4 + 3] = 0;
        }
        t->first[c + 1] = n;
    }
    return n;
}

static void fill_starts(const LacOrigins *o, Table *t)
{
    t->start[0] = t->start[1] = 0;
    for (int c = 1; c <= o->regions; c++) {
        t->start[c + 1] = t->start[c] + (int32_t)o->pixels[c].n;
    }
    memset(t->count, 0, 2 * ((size_t)o->regions + 1) * sizeof *t->count);
    memset(t->only, 0, (size_t)o->regions + 1);
}

static int send(LacGpu *gpu, const LacGpuFlat *flat, const LacFlatClasses *all, Table *host, CudaFlat *f)
{
    f->classes = fill_classes(flat, all, host);
    return gpu->ops->up(gpu->dev->be, gpu->flat.host, gpu->flat.there,
                        table_bytes((size_t)flat->origins->regions, (size_t)f->classes));
}

/* The regions that get the classes of all too -> t->only. Returns their number. */
static int find_strange(const LacOrigins *o, Table *t)
{
    int n = 0;

    for (int c = 1; c <= o->regions; c++) {
        t->only[c] = lac_flat_share(t->count[2 * c], t->count[2 * c + 1]) < LAC_FLAT_KNOWN;
        n += t->only[c];
    }
    return n;
}

int lac_gpu_flat(LacGpu *gpu, const CudaVote *v, const LacGpuFlat *flat)
{
    const size_t native = (size_t)gpu->width * (size_t)gpu->height, regions = (size_t)flat->origins->regions;
    LacBackend *be = gpu->dev->be;
    CudaFlat f = { .v = *v, .drawing = flat->drawing, .black = gpu->drawn };
    LacFlatClasses all;
    Table host, there;
    int err = lac_gpu_table_grow(gpu, &gpu->flat, table_bytes(regions, regions * LAC_FLAT_CLASSES));

    gpu->classes = lac_gpu_need(gpu, gpu->classes, 2 * native, &err);
    if (err) {
        return err;
    }
    host = cut(gpu->flat.host, regions);
    there = cut(gpu->flat.there, regions);
    f.first = there.first;
    f.start = there.start;
    f.count = there.count;
    f.colour = there.colour;
    f.state = gpu->classes;
    f.own = gpu->classes + native;
    lac_flat_classes_of_all(flat->origins, flat->sources, &all);
    fill_starts(flat->origins, &host);
    err = send(gpu, flat, &all, &host, &f);
    err = err ? err : gpu->ops->flat_classify(be, &f);
    err = err ? err : gpu->ops->down(be, there.count, host.count, 2 * (regions + 1) * sizeof *host.count);
    if (!err && find_strange(flat->origins, &host)) {
        err = send(gpu, flat, &all, &host, &f);
        f.only = there.only;
        err = err ? err : gpu->ops->flat_classify(be, &f);
    }
    return err ? err : gpu->ops->flat(be, &f);
}
