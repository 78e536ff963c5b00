/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which references serve frame n.
 *
 * Rules of choice. A reference is usable for frame n once its line art is known: at once when it brings its
 * own, else from the frame it matches, if that frame is no more than `lookahead` after n. Of the usable ones
 * frame n takes the k nearest by time, but with k >= 2 one before and one after it before any other; the
 * earlier wins a tie. Model sheets serve every frame besides these. All together are at most LAC_MAX_REFS. A
 * reference still to come that would be chosen makes frame n wait. The choice depends on the stream alone,
 * not on how sends and receives interleave. */
#ifndef LAC_REFS_CHOOSE_H
#define LAC_REFS_CHOOSE_H

#include "refs.h"

/* Indices of the references that serve `place` into chosen[LAC_MAX_REFS], in the bank's order; returns their
 * number. latest: number of the latest frame that may lend its line art. sent: number of the last frame sent,
 * INT64_MAX at the end of the stream. *wait: one of them is still to come. */
int lac_refs_choose(const LacRefs *refs, const LacPlace *place, int k, int64_t latest, int64_t sent,
                    int *chosen, bool *wait);

/* How far in time each of the `count` chosen references is from `place`, for the attention (docs/MODEL.md): -1 at the
 * frame itself, 1 at least as far as the two nearest are from each other where the frame lies between them. 0 for a
 * model sheet, and for a reference that is the only one with a place in time. */
void lac_refs_lag(const LacRefs *refs, const LacPlace *place, const int *chosen, int count, float *lag);

/* LAC_EREFERENCE, logged with the reason: lac_refs_choose found none for `place`. */
int lac_refs_none(const LacRefs *refs, const LacPlace *place);

#endif
