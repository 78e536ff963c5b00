/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames on the GPU: luma to the network's line art and distance field, and colours to frames' formats, with no copy to the
 * host; value for value what engine/picture/lineart.c makes of the same gray. All work is queued on the back end's stream; all
 * pointers but CudaAxis' are device memory. Negative LacErrors after logging. */
#ifndef LAC_OPS_CUDA_LINEART_CUDA_H
#define LAC_OPS_CUDA_LINEART_CUDA_H

#include "ops/cuda/lineart_math.h"
#include "ops/cuda/pixels_math.h"
#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A frame's luma: 8 bit (gray, NV12, YUV420P, YUV444P), or P010's 16. `stride` in bytes. */
typedef struct CudaLuma {
    const void *data;
    ptrdiff_t stride;
    bool p010, limited;
} CudaLuma;

/* One native and one network size. Results are those of the last run. */
typedef struct CudaLineart {
    int width, height, net_width, net_height;
    uint8_t *gray;          /* [height][width], full range: for what works at native size */
    float *line, *distance; /* [net_height][net_width]: x and d of docs/MODEL.md */
    CudaAxis x, y;          /* device memory */
    float *rows;            /* [net_height][width][3] */
    uint8_t *minima, *mask; /* [net_height][width]; [net_height][net_width] */
    uint16_t *column;       /* [net_height][net_width] */
    LacTensor memory;       /* all of it */
} CudaLineart;

/* x and y: the axes of a LacResize from native to network size, in host memory, not needed afterwards. LAC_ENOMEM leaves
 * nothing allocated. */
int lac_cuda_lineart_open(LacBackend *be, CudaLineart *la, const CudaAxis *x, const CudaAxis *y);
void lac_cuda_lineart_close(LacBackend *be, CudaLineart *la);

/* luma -> dense gray [height][width]. */
int lac_cuda_gray(LacBackend *be, const CudaLuma *luma, int width, int height, uint8_t *gray);

/* luma -> gray, line, distance. */
int lac_cuda_lineart_run(LacBackend *be, CudaLineart *la, const CudaLuma *luma);

/* rgb: dense native pixels -> colour [net_height][net_width][3] in [-1, 1]. */
int lac_cuda_lineart_colour(LacBackend *be, CudaLineart *la, const uint8_t *rgb, float *colour);

/* What a frame's pixels may be. P010: 10 bit in the upper bits of 16. */
enum CudaPixels { CUDA_NV12, CUDA_P010, CUDA_YUV420P, CUDA_YUV444P, CUDA_RGBA };

typedef struct CudaFrame {
    enum CudaPixels pixels;
    int width, height;
    void *plane[3];
    ptrdiff_t stride[3]; /* bytes */
    enum PixelMatrix matrix;
    bool limited;        /* range */
    bool left;           /* 4:2:0: chroma lies beside the left one of its pixels, else between them */
} CudaFrame;

/* rgb: dense 8-bit pixels of the frame's size -> the frame's planes. */
int lac_cuda_pixels_write(LacBackend *be, const uint8_t *rgb, const CudaFrame *frame);

#ifdef __cplusplus
}
#endif

#endif
