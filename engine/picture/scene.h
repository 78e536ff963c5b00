/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where one shot ends and the next begins, seen in the line art. */
#ifndef LAC_SCENE_H
#define LAC_SCENE_H

#include "common.h"

/* How it works. A frame becomes a map of mean darkness, LAC_SCENE_SIDE cells along its short side, blurred by a Gaussian
 * of one cell. Two maps are as different as the lesser of
 *  - what is left unexplained when every block of LAC_SCENE_BLOCK x LAC_SCENE_BLOCK cells of either may come from up to
 *    LAC_SCENE_MOVE cells away in the other, as a share of both maps' variance, and
 *  - 1 - the largest correlation coefficient over all shifts of the whole by up to LAC_SCENE_SHIFT cells.
 * Within the test shots it is 0.31 at most (quick dance); of 190 pairs of frames of different shots 83 % have 0.5 or
 * more (docs/refinement.md). */
enum { LAC_SCENE_SIDE = 32, LAC_SCENE_BLOCK = 8, LAC_SCENE_MOVE = 3, LAC_SCENE_SHIFT = 4 };

typedef struct LacScene {
    int width, height; /* native */
    int w, h;          /* of a map */
    bool begun;        /* there is a frame before */
    float *map[2];     /* [h][w] the last frame's, and the one before */
    float *scratch;    /* [h][w] */
} LacScene;

/* For frames of width x height. LAC_ENOMEM is logged; *s is then safe to close. */
int lac_scene_open(LacScene *s, int width, int height, const LacLog *log);
void lac_scene_close(LacScene *s);

/* The next frame's line art, rows `stride` bytes apart: how different it is from the frame before, in 0..1. 0 for the
 * first one, and where a map is smaller than a block. lac_scene_accept makes it the frame before; until then the call
 * may be repeated. */
float lac_scene_change(LacScene *s, const uint8_t *gray, ptrdiff_t stride);
void lac_scene_accept(LacScene *s);

/* The next frame will be a first one. */
void lac_scene_reset(LacScene *s);

#endif
