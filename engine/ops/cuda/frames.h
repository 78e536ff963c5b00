/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the CUDA back end does with whole frames, beside the operations of the network: the stages around it. Entries work on
 * device memory but where said, queue their work on the back end's stream, and return LAC_OK or a negative LacError after
 * logging. No CUDA header here: engine/gpu/gpu.c calls these, and for a stage that has no entry the host's function. */
#ifndef LAC_OPS_CUDA_FRAMES_H
#define LAC_OPS_CUDA_FRAMES_H

#include "ops/cuda/borders_cuda.h"
#include "ops/cuda/flat_cuda.h"
#include "ops/cuda/lineart_cuda.h"
#include "ops/cuda/match_cuda.h"
#include "ops/cuda/paint_cuda.h"
#include "ops/cuda/regions_cuda.h"
#include "ops/cuda/steady_cuda.h"
#include "ops/cuda/transfer_cuda.h"
#include "ops/cuda/vote_cuda.h"
#include "ops/cuda/window_cuda.h"

/* The network's inputs, from x and d in device memory: line [1,h,w,1], and match [1,h,w,2] = [x, d], or [1,h,w,1] = d. */
typedef struct CudaInputs {
    const float *x, *d;
    LacTensor *line, *match;
} CudaInputs;

typedef struct LacFrameOps {
    /* Around all work of a call of lac.h: the back end's context is current on this thread in between, and afterwards the
     * one that was before. They nest. */
    int (*enter)(LacBackend *be);
    void (*leave)(LacBackend *be);
    /* Whether that context is a host's, whose frames can be read and written. */
    bool (*hosted)(const LacBackend *be);

    /* Device memory, 256-byte aligned; contents undefined. */
    int (*alloc)(LacBackend *be, size_t bytes, void **data);
    void (*free)(LacBackend *be, void *data);
    /* Copies across the bus. After `up` the host may change its memory; `down` waits for the stream. */
    int (*up)(LacBackend *be, const void *host, void *device, size_t bytes);
    int (*down)(LacBackend *be, const void *device, void *host, size_t bytes);
    /* From device memory to device memory; queued. */
    int (*copy)(LacBackend *be, const void *from, void *to, size_t bytes);

    int (*lineart_open)(LacBackend *be, CudaLineart *la, const CudaAxis *x, const CudaAxis *y);
    void (*lineart_close)(LacBackend *be, CudaLineart *la);
    int (*lineart_run)(LacBackend *be, CudaLineart *la, const CudaLuma *luma);
    int (*lineart_colour)(LacBackend *be, CudaLineart *la, const uint8_t *rgb, float *colour);
    int (*gray)(LacBackend *be, const CudaLuma *luma, int width, int height, uint8_t *gray);
    int (*inputs)(LacBackend *be, const CudaInputs *in);
    /* The network's picture, f32 [1,h,w,3] -> rgb, dense, in [-1, 1]; what is not a number is 0, and *bad then 1, else 0. */
    int (*picture)(LacBackend *be, const LacTensor *from, float *rgb, int *bad);
    int (*resize_open)(LacBackend *be, CudaResize *resize, const CudaAxis *x, const CudaAxis *y);
    void (*resize_close)(LacBackend *be, CudaResize *resize);
    int (*resize_f32)(LacBackend *be, const CudaResize *resize, const float *src, int channels, float *dst);
    int (*describe)(LacBackend *be, int width, int height, const float *line, const float *distance, const float *colour,
                    int8_t *out);
    int (*match)(LacBackend *be, const CudaMatch *match);
    int (*transfer)(LacBackend *be, const CudaTransfer *transfer);
    int (*paint_open)(LacBackend *be, CudaPaint *paint, const CudaAxis lines[2], const CudaAxis *shrinking);
    void (*paint_close)(LacBackend *be, CudaPaint *paint);
    int (*paint_run)(LacBackend *be, CudaPaint *paint, const CudaPicture *picture);
    int (*regions)(LacBackend *be, const CudaRegions *regions);
    int (*measure)(LacBackend *be, const CudaRegions *regions, int count, CudaRegion *table);
    int (*labels)(LacBackend *be, const uint16_t *narrow, int32_t *label, size_t count);
    int (*origins)(LacBackend *be, const CudaVote *vote);
    int (*vote)(LacBackend *be, const CudaVote *vote);
    int (*flat_classify)(LacBackend *be, const CudaFlat *flat);
    int (*flat)(LacBackend *be, const CudaFlat *flat);
    int (*evidence)(LacBackend *be, const CudaVote *vote);
    int (*borders_cells)(LacBackend *be, const LacBordersPaint *paint, uint32_t *cell, int32_t *place);
    int (*borders_paint)(LacBackend *be, const LacBordersPaint *paint);
    int (*moves)(LacBackend *be, const CudaMoves *moves);
    int (*differ)(LacBackend *be, const float *a, const float *b, int height, int width, float *out);
    int (*window_input)(LacBackend *be, const CudaWindowInput *in, LacTensor *to);
    int (*window_answer)(LacBackend *be, const CudaWindowAnswer *answer);
    int (*steady)(LacBackend *be, const CudaSteady *steady);
    int (*write)(LacBackend *be, const uint8_t *rgb, const CudaFrame *frame);
} LacFrameOps;

#endif
