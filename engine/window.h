/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Coloured frames on their way out, made steady in time: the window that the temporal refinement slides over a shot
 * (docs/refinement.md). */
#ifndef LAC_WINDOW_H
#define LAC_WINDOW_H

#include "colour.h"
#include "steady/moves.h"
#include "steady/steady.h"

/* How it works. Frames are painted in order and kept until enough of those after them are there. A window of `size`
 * frames is half made steady and given out, and half only looked at; where the shot ends in it all are given out. The
 * frame that was given out last counts as LAC_STEADY_PAST frames, so the next ones go on from it and no seam shows. What
 * is done depends on the shot alone, not on when frames are asked for: a frame is given out once size - 1 frames after it
 * are painted, at most, or its shot has ended. */
enum { LAC_WINDOW_LEAST = 2, LAC_WINDOW_MOST = 64 };

typedef struct LacWindow LacWindow;

/* For frames of width x height and windows of tools->set->window frames; everything is allocated here. LAC_ENOMEM is
 * logged; *window is then NULL. */
int lac_window_open(LacWindow **window, const LacTools *tools, int width, int height);
void lac_window_close(LacWindow **window);

/* Forgets all frames. */
void lac_window_clear(LacWindow *w);

/* Frames in it that were not given out, and the shot they are of. */
int lac_window_count(const LacWindow *w);
int64_t lac_window_shot(const LacWindow *w);

/* How many more frames it needs to give one out; 0: lac_window_pop will. ends: no other frame of this shot comes. */
int lac_window_wants(const LacWindow *w, bool ends);

/* Where the next frame is to be painted, or put if it is a reference, to be given out in `format`. Pictures other than
 * LAC_RGB24 are kept in 16 bits with alpha; memory for them is allocated when first asked for: LAC_ENOMEM is logged. */
int lac_window_picture(LacWindow *w, enum LacFormat format, LacPicture *picture);

/* After lac_window_picture, where lac_window_there and the frame was left on the GPU instead of being written there. Errors are
 * logged; the frame is then not to be added. */
int lac_window_keep(LacWindow *w);

/* Adds the frame that was painted there; gray: its native line art; confidence comes out with it. A frame of another shot may only be added when all
 * were given out. */
int lac_window_push(LacWindow *w, const LacPlace *place, bool reference, const uint8_t *gray, double confidence);

/* When nothing is wanted: the oldest frame -> out, of the same size and any colour format. Refines first where need be; errors are
 * logged and change nothing. out->data may be NULL where lac_window_there: the frame is only taken out then. */
int lac_window_pop(LacWindow *w, LacPicture *out, double *confidence);

/* Whether windows are the GPU's. */
bool lac_window_there(const LacWindow *w);
/* The frame taken out last, until the next one is asked for: where it lies on the GPU if lac_window_there, and -> out
 * once more. */
const uint8_t *lac_window_given(const LacWindow *w);
int lac_window_write(LacWindow *w, LacPicture *out);

#endif
