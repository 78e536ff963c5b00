/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells whose pixels need no votes: all patches over them lead to one colour, without a line anywhere near. Most of a drawing is
 * such. */
#ifndef LAC_TRANSFER_PLAIN_H
#define LAC_TRANSFER_PLAIN_H

#include "transfer/transfer_copy.h"

/* How it works. A place of a reference is plain where a box of the largest that transfer_votes.h compares, begun there, has one
 * colour and one gray of line art: both are its tint, LAC_PLAIN_NONE elsewhere. The box of a cell in the frame, of one gray, whose
 * displacements all lead to places of one tint with that gray has nothing to move and nothing to mix: pixels are that colour,
 * quite sure, whatever the votes are. */
enum { LAC_PLAIN_NONE = 0, LAC_PLAIN_STEP = 2 /* native pixels between places along an axis */ };

/* Tints of dense pictures of the video's size. NULL when out of memory, not logged; freed by the caller. */
uint32_t *lac_plain_tints(const LacTransfer *t, const uint8_t *rgb, const uint8_t *gray);

/* Which cells of a row have a box of one gray: where `changes` [width + 1] is the same at both ends of its columns. Rows
 * [top, bottom) of dense line art. */
void lac_plain_row(const LacTransfer *t, const uint8_t *gray, int top, int bottom, uint16_t *changes);

/* The cell (cx, cy) of the frame whose box is `box`, of one gray. Copies it and returns true where it is plain. united: of
 * its row, as in transfer_votes.h. */
bool lac_plain_copy(const LacTransfer *t, LacTransferRef *const *refs, int count, int cx, int cy, const float *united,
                    LacBox cell, LacBox box, const LacCopying *copying);

#endif
