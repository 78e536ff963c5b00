/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of frames on the GPU: what window.c keeps of each frame, and all that is computed with it, stays there. */
#ifndef LAC_GPU_WINDOW_H
#define LAC_GPU_WINDOW_H

#include "gpu/gpu.h"
#include "steady/moves.h"
#include "steady/steady.h"

/* A frame in device memory; what the planes and `moved` are is said in window.c. Zeroed: closed. */
typedef struct LacGpuSlot {
    LacGpu *gpu;
    uint8_t *rgb;   /* native, dense */
    float *line, *colour, *residual, *link, *trust;
    float *differs; /* [h][w] of the line art, from the next frame's */
    uint8_t *moved;
    void *memory;   /* of all but rgb */
} LacGpuSlot;

/* la: at the window's size. LAC_ENOMEM is logged and leaves *s safe to close. */
int lac_gpu_slot_open(LacGpuSlot *s, LacGpu *gpu, const LacLineart *la, const LacMoves *moves);
void lac_gpu_slot_close(LacGpuSlot *s);

/* Its picture: the one that lac_gpu_settle said is there; from the host; to the host, which waits for it. */
int lac_gpu_slot_keep(LacGpuSlot *s);
int lac_gpu_slot_send(LacGpuSlot *s, const uint8_t *rgb);
int lac_gpu_slot_fetch(const LacGpuSlot *s, uint8_t *rgb);

/* Line art and colour of frame `index`, whose picture is there; and what is between it and `before`, the frame looked at
 * last, or NULL. gray: on the host, sent unless it is there. After an error it can be called again. */
int lac_gpu_slot_look(LacGpuSlot *s, LacGpuSlot *before, const LacLineart *la, const LacMoves *moves, int64_t index,
                      const uint8_t *gray);

/* A window of such frames for lac_net_refine_from (net/net.h): `opaque` of the three. */
typedef struct LacGpuWindow {
    LacGpu *gpu;
    const LacMoves *moves;
    LacGpuSlot *const *slot; /* [count] in time order */
    const bool *reference;   /* [count] */
    int count;
} LacGpuWindow;

int lac_gpu_window_input(void *opaque, int t, LacTensor *to);
int lac_gpu_window_answer(void *opaque, int t, const LacTensor *residual, const LacTensor *ties);
int lac_gpu_window_sane(void *opaque, bool *yes);

/* As lac_steady_run for native frames with dense rows; the frames' pointers are to slots. */
int lac_gpu_steady(LacGpu *gpu, const LacSteadyFrame *frames, int count, int first, int end);

#endif
