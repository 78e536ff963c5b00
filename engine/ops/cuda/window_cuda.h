/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a window of frames needs besides its network, on the GPU: where line art moves (engine/steady/moves.c), how much that of two
 * frames differs (engine/net/differ.c), the network's inputs and what its answers mean (engine/net/links.c); the same bytes.
 * Planes are [height][width], at the network's size; all pointers are device memory. Queued. Negative LacErrors after logging. */
#ifndef LAC_OPS_CUDA_WINDOW_CUDA_H
#define LAC_OPS_CUDA_WINDOW_CUDA_H

#include <stdbool.h>

#include "math/moves_math.h"
#include "math/refine_math.h"
#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As LacMoves, and lac_moves_run's arguments. */
typedef struct CudaMoves {
    int native_width, shrink, width, height, columns, rows;
    const uint8_t *gray;
    uint8_t *before, *now; /* [height][width] the frame before; out: this one */
    uint8_t *told;         /* [rows][columns] scratch */
    uint8_t *moved;        /* [rows][columns] out; NULL: not asked for */
} CudaMoves;

int lac_cuda_moves(LacBackend *be, const CudaMoves *moves);

/* As lac_line_difference. */
int lac_cuda_differ(LacBackend *be, const float *a, const float *b, int height, int width, float *out);

/* A frame as the network takes it. */
typedef struct CudaWindowInput {
    const float *line, *colour; /* colour: with 3 channels */
    const float *differs;       /* from the next frame; NULL for the last */
    bool reference;
    int *bad; /* set to 0; NULL: left as it is */
} CudaWindowInput;

int lac_cuda_window_input(LacBackend *be, const CudaWindowInput *in, LacTensor *to);

/* The earlier of two frames and the link between them. */
typedef struct CudaWindowLink {
    float *link; /* in: the gain it asked for; out: the link. NULL: there is no earlier frame */
    const float *differs, *colour, *next; /* next: the later one's colour */
    const uint8_t *moved;                 /* a LacMove of each block */
    int columns, compared_width, compared_height; /* of the blocks, and of what they divide */
} CudaWindowLink;

/* What the network says of a frame, and what it makes of it and of the link to the frame before. */
typedef struct CudaWindowAnswer {
    int width, height;
    const float *said, *ties; /* of LacRefineWindow; both NULL: the rule of the line art */
    bool reference;
    float *residual, *trust, *gain; /* gain: for the link to the next frame; NULL for the last */
    CudaWindowLink before;
    int *bad; /* 1 if what it says is not numbers */
} CudaWindowAnswer;

int lac_cuda_window_answer(LacBackend *be, const CudaWindowAnswer *answer);

#ifdef __cplusplus
}
#endif

#endif
