/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Painting at native size on the GPU: the bytes of engine/paint/paint.c for pictures of 8 bits. */
#ifndef LAC_OPS_CUDA_PAINT_CUDA_H
#define LAC_OPS_CUDA_PAINT_CUDA_H

#include "math/paint_math.h"
#include "ops/cuda/resize_cuda.h"
#include "ops/cuda/spread_cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* LacCells of engine/paint/paint_cells.h; all pointers are device memory. */
typedef struct CudaCells {
    int width, height; /* the network's, at most the picture's */
    bool shrink;       /* the network is larger than the picture on an axis */
    CudaResize lines, shrinking;
    float *shrunk, *value, *mean, *black, *line;
    uint8_t *least, *clear, *core, *whole;
    LacInkSums *sums; /* [3][height] */
    float *fit;       /* [3][2] mean and scale of each channel; scale < 0: there are no lines */
} CudaCells;

/* One native and one network size. */
typedef struct CudaPaint {
    int width, height; /* native */
    CudaCells cells;
    CudaField field;       /* native */
    LacPlaceOnAxis *x, *y; /* of native columns and rows; device memory */
    LacTensor memory;      /* all but the resamplings' tables */
} CudaPaint;

/* The axes of two LacResize, in host memory and not needed afterwards: lines, from the native picture to the cells
 * (min(net_width, width) x min(net_height, height)); shrinking, from the network's size to the cells, NULL where these are
 * the same. LAC_ENOMEM or LAC_EDEVICE leave nothing allocated; *paint is then safe to close. */
int lac_cuda_paint_open(LacBackend *be, CudaPaint *paint, const CudaAxis lines[2], const CudaAxis *shrinking);
void lac_cuda_paint_close(LacBackend *be, CudaPaint *paint);

/* Line colours of the references' ink, LacLineColour of engine/paint/paint_cells.h; `known` false: the prediction's are taken. */
typedef struct CudaInk {
    bool known;
    float mean[3], deviation[3];
} CudaInk;

/* What lac_paint_run takes; all pointers are device memory, pictures are dense. */
typedef struct CudaPicture {
    const float *rgb;           /* [net_height][net_width][3] prediction in [-1, 1] */
    const uint8_t *gray;        /* [height][width] line art */
    const uint8_t *black;       /* the same without coloured ink, or gray itself */
    const uint8_t *transferred; /* [height][width][4] of lac_cuda_transfer, 4-byte aligned, or NULL */
    enum LacLines lines;
    CudaInk ink;  /* for LAC_LINES_REF */
    uint8_t *out; /* [height][width][3] */
} CudaPicture;

/* Queues it. LAC_ENOMEM, LAC_EDEVICE. */
int lac_cuda_paint_run(LacBackend *be, CudaPaint *paint, const CudaPicture *picture);

/* Its parts at the cells' size, as lac_cells_run and lac_cells_lines; `black` is the picture with black lines, `drawn` the
 * line art that was drawn in it where that is not the one lac_cuda_cells_run had, else NULL. */
int lac_cuda_cells_run(LacBackend *be, CudaCells *cells, const float *rgb, const uint8_t *gray);
int lac_cuda_cells_lines(LacBackend *be, CudaCells *cells, const uint8_t *drawn, const uint8_t *black, const CudaInk *ink);

#ifdef __cplusplus
}
#endif

#endif
