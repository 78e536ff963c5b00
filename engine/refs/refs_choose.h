/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which references serve frame n.
 *
 * Rules of choice. A reference is usable for frame n once its line art is known: at once when it brings its
 * own, else from the frame it matches, if that frame is no more than `lookahead` after n. One of another shot, as far
 * as cuts up to frame n or to the reference's frame tell, is not used, unless n's shot has none at all. Of the usable ones
 * frame n takes the k nearest by time, but with k >= 2 one before and one after it before any other; the
 * earlier wins a tie. Of these, references whose line art is more like the frame's take the place of those least like it: drawings
 * come again, and a reference between may show something else. Any before the frame may, with line art of its own any at all; else
 * the second one after it, which is waited for no more than 240 frames. Model sheets serve every frame besides these. All together
 * are at most LAC_MAX_REFS. A reference still to come that would or might be chosen makes frame n wait. The choice depends on the
 * stream alone, not on how sends and receives interleave. */
#ifndef LAC_REFS_CHOOSE_H
#define LAC_REFS_CHOOSE_H

#include "refs/refs.h"

/* What is known of the stream when frame n is to be coloured. */
typedef struct LacKnown {
    int64_t latest; /* number of the latest frame that may lend its line art */
    int64_t sent;   /* number of the last frame sent; INT64_MAX at the end of the stream */
    int64_t shot;   /* of the last frame sent */
} LacKnown;

/* Whether there are references enough that likeness decides: sketches are of use. */
bool lac_refs_have_choice(const LacRefs *refs, int k);

/* Indices of the references that serve `place` into chosen[LAC_MAX_REFS], in the bank's order; returns their
 * number. sketch: the frame's; NULL: by time alone. *wait: one of them is still to come. */
int lac_refs_choose(const LacRefs *refs, const LacPlace *place, const LacSketch *sketch, int k, const LacKnown *known,
                    int *chosen, bool *wait);

/* Whether `count` chosen references are of other shots, for want of one of the frame's own. */
bool lac_refs_strange(const LacRefs *refs, const LacPlace *place, const int *chosen, int count);

/* How far in time each of the `count` chosen references is from `place`, for the attention (docs/MODEL.md): -1 at the
 * frame itself, 1 at least as far as the two nearest are from each other where the frame lies between them. 0 for a
 * model sheet, and for a reference that is the only one with a place in time. */
void lac_refs_lag(const LacRefs *refs, const LacPlace *place, const int *chosen, int count, float *lag);

/* LAC_EREFERENCE, logged with the reason: lac_refs_choose found none for `place`. */
int lac_refs_none(const LacRefs *refs, const LacPlace *place);

#endif
