/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The networks (3.2, 3.3, 3.5): the forward pass of colour transform and temporal refinement as the host sees it, specified by docs/MODEL.md. */
#ifndef LAC_NET_NET_H
#define LAC_NET_NET_H

#include "model/model.h"
#include "ops/ops.h"

typedef struct LacNet LacNet;
typedef struct LacRefCode LacRefCode; /* all that depends on one reference alone, in device memory */

/* Prepares every layer of `model` on `dev` (which must outlive the net); the model may be freed afterwards. */
int lac_net_open(LacNet **out, const LacModel *model, const LacDevice *dev);
void lac_net_close(LacNet **net);

/* Encodes a reference once. line, distance [h][w] and colour [h][w][3] in [-1, 1], h and w multiples of 8.
 * A code serves frames of its own h and w. `local`: it is a frame of the video, so the locality prior holds.
 * The caller frees the code before the net. LAC_EINVAL, LAC_ENOMEM; *out is NULL on failure. */
int lac_net_encode(LacNet *net, int h, int w, const float *line, const float *distance, const float *colour,
                   bool local, LacRefCode **out);
void lac_net_code_free(LacNet *net, LacRefCode **code);

/* Colours one frame: line, distance [h][w] in [-1, 1] -> rgb [h][w][3], clamped to [-1, 1]. count >= 1.
 * lag [count] in [-1, 1]: how far in time each reference is (lac_refs_lag); NULL: all 0.
 * The AdaIN parameters of the last set of codes are kept, so they are computed once per set; memory is
 * kept for the last h, w and the largest count, so nothing is allocated in the steady state. */
int lac_net_color(LacNet *net, int h, int w, const float *line, const float *distance,
                  LacRefCode *const *codes, const float *lag, int count, float *rgb);

/* Whoever has a frame's inputs and takes its picture where they lie. fill writes line, [1,h,w,1], and match, [1,h,w,2] = [x, d],
 * or [1,h,w,1] = d; both of the device's activation type. take reads the picture, f32 [1,h,w,3], which is not clamped and may be
 * no numbers at all. */
typedef struct LacNetEnds {
    int (*fill)(void *opaque, LacTensor *line, LacTensor *match);
    int (*take)(void *opaque, const LacTensor *rgb);
    void *opaque;
} LacNetEnds;

/* The same between these ends. */
int lac_net_color_between(LacNet *net, int h, int w, const LacNetEnds *ends, LacRefCode *const *codes, const float *lag, int count);
/* What such a picture that is not numbers is: LAC_EMODEL, logged. */
int lac_net_insane(const LacNet *net);

/* A frame of a window in time order: what refinement needs of it, and where its results go, which lac_steady_run
 * (steady.h) makes the picture of. */
typedef struct LacRefineFrame {
    const float *line;      /* [h][w] in [-1, 1] */
    const float *colour;    /* [h][w][3] in [-1, 1]: the coloured frame at this size, or a reference's true colour */
    bool reference;         /* the colour is true and stays as it is */
    float *residual;        /* out [h][w][3]: to be added to the colour; 0 on references */
    float *link;            /* out [h][w] > 0: how firmly the pixel's colour hangs together with the next frame's; not
                             * written for the window's last frame */
    float *trust;           /* out [h][w] > 0: how much its own colour counts */
} LacRefineFrame;

/* Whether the weights hold a temporal refinement network. */
bool lac_net_refines(const LacNet *net);
/* Memory for windows of up to `frames` frames, so that lac_net_refine, or with `there` lac_net_refine_from, allocates
 * nothing; they call this themselves. */
int lac_net_refine_fit(LacNet *net, int h, int w, int frames, bool there);
/* The temporal refinement's generator (3.2) on a window of count >= 1 frames; frames beyond its ends count as like the
 * ends. Without such weights the plain rule it begins with: residual 0, trust 1, and links where the line art of both
 * frames is the same. h and w multiples of 8, at least 8; meant for a short side of LAC_REFINE_SIZE. LAC_EINVAL, LAC_ENOMEM;
 * LAC_EMODEL if a value is not a number. */
enum { LAC_REFINE_SIZE = 256 };
int lac_net_refine(LacNet *net, int h, int w, const LacRefineFrame *frames, int count);

/* The same for a window that lies on the device. Each callback returns LAC_OK or the error that ends the run. */
typedef struct LacRefineWindow {
    void *opaque;
    /* Frame t -> to [1,h,w,LAC_REFINE_INPUTS], act: line art, colour, 1 on a reference, e to the power of minus the
     * difference of its line art from the next frame's, which is 0 for the last (differ.c). */
    int (*input)(void *opaque, int t, LacTensor *to);
    /* What the network says of frame t, in order: residual [1,h,w,3], ties [1,h,w,3] of links.c, f32, until the next one;
     * both NULL without weights. */
    int (*answer)(void *opaque, int t, const LacTensor *residual, const LacTensor *ties);
    /* After the last, with weights: whether all residuals were finite and all ties numbers. */
    int (*sane)(void *opaque, bool *yes);
} LacRefineWindow;
int lac_net_refine_from(LacNet *net, int h, int w, const LacRefineWindow *window, int count);

/* Called with each stage's name (docs/MODEL.md) and fp32 NHWC values while it is set: for the stage vectors.
 * Stages with one value per reference come once per reference, in order. shape->data is NULL, values live
 * for the call. */
typedef void LacStageCallback(void *opaque, const char *name, const LacTensor *shape, const float *values);
void lac_net_set_stage_callback(LacNet *net, LacStageCallback *callback, void *opaque);

/* On a device that queues its work, whether the host waits for the end of every stage, which costs some time: without
 * it, the default, the milliseconds of the stages are those of queueing and the output's those of waiting. */
void lac_net_time_stages(LacNet *net, bool wait);
/* Milliseconds per stage since lac_net_open; as lac_timing. */
int lac_net_timing(const LacNet *net, int i, const char **name, double *ms);

#endif
