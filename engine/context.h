/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lac.c (references and frames in) and receive.c (coloured frames out) share. */
#ifndef LAC_CONTEXT_H
#define LAC_CONTEXT_H

#include "colour.h"
#include "gpu/gpu.h"
#include "picture/scene.h"
#include "window.h"

struct LacContext {
    LacLog log;
    LacSettings set; /* as lac_settings_resolve left it; its strings are not used after lac_open */
    LacTimes times;

    LacDevice device;
    LacNet *net;
    LacPacker *packer;
    LacRefs refs;

    bool configured; /* the first frame has fixed the size; what follows is allocated */
    int width, height;
    LacGpu *gpu; /* NULL where every stage but the network is the host's */
    LacColour colour;
    uint8_t *gray;  /* native line art, unpacked or from another format */
    uint8_t *black; /* the same without coloured ink; NULL until a frame was not gray */
    LacQueue queue;
    LacWindow *window; /* coloured frames; NULL where each goes out by itself */
    bool stuck;        /* the next frame cannot be coloured: those before it go out first */
    LacScene scene;  /* not open where set.scene is LAC_SCENE_NONE */
    int64_t shot;    /* of the last frame sent */
    int64_t strange; /* shot that was last found to have no reference, or -1 */

    uint8_t *picture; /* dense RGB24: a frame on its way to device memory; NULL until there was one */
    bool held;        /* it came out and could not be written */
    bool there;       /* it lies on the GPU: in a window, or as it was painted */

    double confidence; /* of the last received frame */
    bool ended;
};

/* A frame of line art: one of the two. */
typedef struct LacIncoming {
    int width, height;
    const LacPicture *host;
    const LacDevicePicture *there;
} LacIncoming;

/* LAC_OK when there is a frame to receive, else what lac_receive_frame says: LAC_EAGAIN, LAC_EOF, LAC_EINVAL for NULL. */
int lac_due(LacContext *ctx);
/* LAC_EINVAL, logged, unless a picture to write to is as large as the frames. */
int lac_output_fits(const LacContext *ctx, int width, int height);

/* lac_send_frame and lac_receive_frame for a context, arguments and picture that were checked, within lac_gpu_enter. */
int lac_take_frame(LacContext *ctx, const LacIncoming *in, int64_t time, int64_t duration);
int lac_give_frame(LacContext *ctx, LacPicture *out);

/* One of the context's pictures of a frame, of so many bytes a pixel, is there afterwards. LAC_ENOMEM is logged. */
int lac_need(LacContext *ctx, uint8_t **plane, int channels);

/* Whether the oldest pending frame is coloured on the GPU, and can stay there, to go out in `format`. */
bool lac_stays(const LacContext *ctx, enum LacFormat format);

#endif
