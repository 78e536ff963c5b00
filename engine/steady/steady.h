/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Native pictures of a window of frames made steady in time, as the refinement's links and trusts say (docs/refinement.md). */
#ifndef LAC_STEADY_H
#define LAC_STEADY_H

#include "common.h"
#include "math/steady_math.h"

/* How it works. Every native pixel gets the colours m_t for which
 *     sum over t of trust_t |m_t - (colour_t + residual_t)|^2 + link_t |m_t - m_{t+1}|^2
 * is least: where the link is firm the frames agree on a mean, where it is not each keeps its own. Every link that is given is
 * firmer by LAC_STEADY_ALIKE where the native colours are alike, within LAC_STEADY_NEAR levels: flat parts of what moves
 * do not change there, whatever the lines around them do, and if they do it is by little. The equations of a pixel
 * are tridiagonal and solved exactly, in one pass forward and one back. Residual, link and trust come at network size and
 * are bilinear between its pixels. Blocks of pixels are independent, so the bytes are the same for any number of
 * threads. */
typedef struct LacSteady LacSteady;

/* What a frame counts that was given out before and is not to change any more, but that the next ones must agree with. */
#define LAC_STEADY_PAST 512.0f

typedef struct LacSteadyFrame {
    uint8_t *rgb;          /* native R, G, B; written where the frame is wanted and not fixed */
    ptrdiff_t stride;      /* bytes from row to row */
    const float *residual; /* [net_height][net_width][3], 1 is 127.5 levels; NULL: none */
    const float *link;     /* [net_height][net_width] >= 0, to the next frame; NULL: none, as across a cut; the last
                            * frame's does not count */
    const float *trust;    /* [net_height][net_width] > 0; NULL: 1 */
    float weight;          /* > 0, times trust: 1, or LAC_STEADY_PAST */
    bool fixed;            /* a reference: it stays as it is, residual and trust do not count */
} LacSteadyFrame;

/* Everything is allocated here, for windows of up to `frames` frames. LAC_ENOMEM is logged; *steady is then NULL. */
int lac_steady_open(LacSteady **steady, int width, int height, int net_width, int net_height, int frames, int threads,
                    const LacLog *log);
void lac_steady_close(LacSteady **steady);

/* Frames first..end - 1 of the window of `count` are made steady in place; those before and after are only looked at.
 * 0 <= first <= end <= count <= the frames it was opened for. Cannot fail. */
void lac_steady_run(LacSteady *steady, const LacSteadyFrame *frames, int count, int first, int end);

#endif
