/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gpu.c and the files beside it share. */
#ifndef LAC_GPU_STATE_H
#define LAC_GPU_STATE_H

#include "gpu/gpu.h"

#include "ops/cuda/frames.h"

/* Memory on both sides that grows with the number of regions. */
typedef struct LacGpuTable {
    char *host;
    void *there;
    size_t room;
} LacGpuTable;

struct LacGpu {
    const LacDevice *dev;
    const LacFrameOps *ops;
    bool has[LAC_GPU_STAGES];
    int width, height;
    uint8_t *kept, *sent; /* gray: of the frame that came last, of one that had to be sent */
    int64_t kept_index;   /* -1: none */
    const uint8_t *gray;  /* of the current frame: one of the two */
    int64_t gray_index;   /* that frame, or -1 */
    CudaLineart net, match, window; /* closed until first used */
    /* gpu_predict.c */
    float *prediction; /* the network's picture of the current frame */
    int *insane;       /* 1: it is not numbers */
    /* for the search, as many fields as were ever sought at once */
    int fields;
    int8_t *frame;
    float *colour;
    CudaResize resize; /* of the prediction; closed until first used */
    CudaOffset *offset; /* [fields][cells] */
    int32_t *cost;
    uint8_t *rgb; /* coloured frame */
    /* gpu_paint.c */
    uint8_t *transferred; /* of the current frame */
    uint8_t *black;
    const uint8_t *drawn; /* the current frame's line art without coloured ink: black, or gray */
    CudaPaint paint; /* closed until first used */
    uint8_t *dense;  /* host: a painted frame whose rows are to lie apart */
    bool settled;    /* rgb is the frame painted last, as it goes out */
    /* gpu_vote.c */
    LacGpuTable regions, results;
    int32_t *label;   /* of the frame's regions: found there, or come in 16 bits */
    uint8_t *opinion; /* a painted picture that is voted on and then forgotten */
    /* gpu_flat.c */
    LacGpuTable flat;
    uint8_t *classes; /* how pixels got a class, then which */
    /* gpu_borders.c */
    uint32_t *cell;
    int32_t *place, *source;
    /* gpu_regions.c */
    uint8_t *squared; /* distances, up to 255 */
    int32_t *found;   /* [2] how many regions, and the threshold of lines */
    LacGpuTable table;
    /* gpu_window.c */
    uint8_t *shrunk[2], *told; /* for the search for movement: the last frame's line art, the one at work; scratch */
    int *bad;                  /* 1: a window's answers are not numbers */
    const LacLog *log;
};

/* Device memory that stays: `at`, or if that is NULL and nothing failed before, new. Sizes are those of pictures that were
 * allocated before, far from overflow. */
void *lac_gpu_need(LacGpu *gpu, void *at, size_t bytes, int *err);

/* Frame `index` becomes the current one; gray, on the host, is sent unless it is there. */
int lac_gpu_gray(LacGpu *gpu, int64_t index, const uint8_t *gray);
/* The current frame's line art at the size of la, which `to` was or will be opened for. */
int lac_gpu_run_lineart(LacGpu *gpu, CudaLineart *to, const LacLineart *la);

/* The copy of `bytes` bytes, made if there is none. */
int lac_gpu_send_copy(LacGpu *gpu, LacGpuCopy *copy, const void *host, size_t bytes);

/* At least so many bytes on the host and on the device, contents undefined. */
int lac_gpu_table_grow(LacGpu *gpu, LacGpuTable *t, size_t bytes);
void lac_gpu_table_free(LacGpu *gpu, LacGpuTable *t);

/* As lac_flat_run for the frame that was voted on as v says, whose origins are on the host. */
int lac_gpu_flat(LacGpu *gpu, const CudaVote *v, const LacGpuFlat *flat);

static inline CudaAxis lac_gpu_axis(const LacAxis *a)
{
    return (CudaAxis){ a->in, a->out, a->taps, a->start, a->count, a->low, a->high, a->weight };
}

#endif
