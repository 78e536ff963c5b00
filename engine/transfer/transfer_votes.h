/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which displacements the cells of a row copy with: votes of the patches around them, and the line art. */
#ifndef LAC_TRANSFER_VOTES_H
#define LAC_TRANSFER_VOTES_H

#include "math/transfer_math.h"
#include "transfer/transfer_state.h"

/* What each patch counts, by its cost and its reference's distance in time (lac_refs_lag) -> t->weight. */
void lac_transfer_weigh(LacTransfer *t, const float *lag, int count);

/* Where all patches over a cell of row cy have one displacement in a reference, the sum of what they count, else 0
 * -> united [count][match width]. differ [match width]: scratch. */
void lac_transfer_unite(const LacTransfer *t, int count, int cy, uint16_t *differ, float *united);

/* The displacements that the patches over a cell vote for (united: of its row), most voted for first, in native pixels. Returns their number. */
int lac_transfer_vote(const LacTransfer *t, int count, int cx, int cy, const float *united,
                      LacSource list[LAC_TRANSFER_SOURCES]);

/* Moves the sources of the cell in `box` by a few native pixels to where the line art agrees best, near before far; how well
 * it agrees then counts in their weights. pixels: scratch of t->room bytes. */
void lac_transfer_refine(const LacTransfer *t, LacTransferRef *const *refs, const uint8_t *gray, LacBox box,
                         uint8_t *pixels, LacSource *list, int n);

#endif
