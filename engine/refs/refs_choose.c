/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which references serve a frame. */
#include "refs/refs_choose.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

enum {
    LAC_LIKE_AHEAD = 2,     /* references after a frame that it may wait for */
    LAC_LIKE_REACH = 240,   /* frames it waits for the second of them at most */
    LAC_LIKE_PERCENT = 85, /* of the difference that those nearest in time have at least */
    LAC_LIKE_NOISE = 64,   /* a difference of sketches that says nothing */
};

/* Usable now, or (*coming) perhaps later. */
static bool candidate(const LacRef *r, const LacKnown *known, bool *coming)
{
    *coming = false;
    if (r->line.data) {
        return r->own_line || r->frame <= known->latest;
    }
    *coming = r->state == LAC_REF_WAITING && known->sent < known->latest;
    return *coming;
}

/* No cut is known to lie between. Of a reference with line art of its own that lies ahead none ever is: it is used at
 * once, whatever comes. */
static bool same_shot(const LacRef *r, const LacPlace *place, const LacKnown *known)
{
    if (r->state == LAC_REF_WAITING && !r->own_line) {
        return known->shot == place->shot;
    }
    return r->shot < 0 || r->shot == place->shot || (r->own_line && r->frame > place->index);
}

/* own: only references of the frame's shot do */
static bool serves(const LacRef *r, const LacPlace *place, const LacKnown *known, bool own)
{
    bool coming;

    return r->when != LAC_WHEN_NEVER && candidate(r, known, &coming) && (!own || same_shot(r, place, known));
}

bool lac_refs_strange(const LacRefs *refs, const LacPlace *place, const int *chosen, int count)
{
    const LacKnown all = { INT64_MAX, INT64_MAX, INT64_MAX };

    for (int i = 0; i < count; i++) {
        const LacRef *r = &refs->item[chosen[i]];
        if (r->when == LAC_WHEN_NEVER || same_shot(r, place, &all)) {
            return false;
        }
    }
    return count > 0;
}

/* In the unit of `kind`. */
static int64_t moment(const LacRefs *refs, const LacPlace *place)
{
    return refs->kind == LAC_WHEN_FRAME ? place->index : place->time;
}

/* In the unit of `kind`; as double, since times may be as far apart as int64_t goes. */
static double distance(const LacRefs *refs, const LacPlace *place, int i)
{
    return fabs((double)refs->item[i].time - (double)moment(refs, place));
}

/* The k nearest in time, but for k >= 2 one before and one after before any other. */
static int choose_near(const LacRefs *refs, const LacPlace *place, int k, const LacKnown *known, bool own, int *chosen)
{
    const int64_t at = moment(refs, place);
    int left = -1, right, count = 0, lefts = 0, rights = 0;

    for (int i = 0; i < refs->count; i++) {
        if (refs->item[i].when != LAC_WHEN_NEVER) {
            left = refs->item[i].time <= at ? i : left;
        }
    }
    right = left + 1;
    while (count < k) {
        bool to_left;

        while (left >= 0 && !serves(&refs->item[left], place, known, own)) {
            left--;
        }
        while (right < refs->count && !serves(&refs->item[right], place, known, own)) {
            right++;
        }
        if (left < 0 && right >= refs->count) {
            break;
        }
        if (left < 0 || right >= refs->count) {
            to_left = left >= 0;
        } else if (k >= 2 && (lefts == 0) != (rights == 0)) {
            to_left = lefts == 0;
        } else {
            to_left = distance(refs, place, left) <= distance(refs, place, right);
        }
        lefts += to_left;
        rights += !to_left;
        chosen[count++] = to_left ? left-- : right++;
    }
    return count;
}

/* Of those chosen the farthest in time, of equals the later. */
static int farthest(const LacRefs *refs, const LacPlace *place, const int *chosen, int count)
{
    int far = 0;

    for (int i = 1; i < count; i++) {
        far = distance(refs, place, chosen[i]) >= distance(refs, place, chosen[far]) ? i : far;
    }
    return far;
}

/* The reference that is more like the frame than all those nearest in time takes the place of the farthest of them. */
static void choose_alike(const LacRefs *refs, const LacPlace *place, const LacSketch *sketch, const LacKnown *known,
                         bool own, int *chosen, int count, bool *wait)
{
    const int64_t at = moment(refs, place), reach = place->index + LAC_LIKE_REACH;
    const LacKnown soon = { known->latest < reach ? known->latest : reach, known->sent, known->shot };
    int least = INT_MAX, alike = -1, ahead = 0;

    for (int i = 0; i < count; i++) {
        const int differs = lac_sketch_difference(&refs->item[chosen[i]].sketch, sketch);
        least = differs < least ? differs : least;
    }
    least = least * LAC_LIKE_PERCENT / 100 - LAC_LIKE_NOISE;
    for (int i = 0; i < refs->count; i++) {
        const LacRef *r = &refs->item[i];
        bool coming, near = false;
        int differs;

        if (!serves(r, place, &soon, own)) {
            continue;
        }
        ahead += r->time > at;
        for (int j = 0; j < count; j++) {
            near = near || chosen[j] == i;
        }
        candidate(r, &soon, &coming);
        if (near || (ahead > LAC_LIKE_AHEAD && !r->own_line)) {
            continue;
        }
        if (coming) {
            *wait = true;
            continue;
        }
        differs = lac_sketch_difference(&r->sketch, sketch);
        if (differs < least) {
            least = differs;
            alike = i;
        }
    }
    if (alike >= 0) {
        chosen[farthest(refs, place, chosen, count)] = alike;
    }
}

/* How many references with a place in time serve a frame at most: model sheets, which all do, leave no more. */
static int most_timed(const LacRefs *refs, int k)
{
    const int room = LAC_MAX_REFS - refs->sheets;

    return k < room ? k : room;
}

bool lac_refs_have_choice(const LacRefs *refs, int k)
{
    return refs->count - refs->sheets > most_timed(refs, k);
}

int lac_refs_choose(const LacRefs *refs, const LacPlace *place, const LacSketch *sketch, int k, const LacKnown *known,
                    int *chosen, bool *wait)
{
    bool coming, own = refs->sheets > 0;
    int count;

    for (int i = 0; i < refs->count; i++) {
        const LacRef *r = &refs->item[i];
        own = own || (r->when != LAC_WHEN_NEVER && same_shot(r, place, known) && candidate(r, known, &coming));
    }
    count = choose_near(refs, place, most_timed(refs, k), known, own, chosen);
    *wait = false;
    for (int i = 0; i < count; i++) {
        candidate(&refs->item[chosen[i]], known, &coming);
        *wait = *wait || coming;
    }
    if (sketch && count && !*wait) {
        choose_alike(refs, place, sketch, known, own, chosen, count, wait);
    }
    for (int i = 0; i < refs->count; i++) {
        if (refs->item[i].when == LAC_WHEN_NEVER) {
            chosen[count++] = i;
        }
    }
    /* the bank's order, so that the same set is always the same list */
    for (int i = 1; i < count; i++) {
        for (int j = i; j > 0 && chosen[j] < chosen[j - 1]; j--) {
            int t = chosen[j];
            chosen[j] = chosen[j - 1];
            chosen[j - 1] = t;
        }
    }
    return count;
}

void lac_refs_lag(const LacRefs *refs, const LacPlace *place, const int *chosen, int count, float *lag)
{
    double nearest = INFINITY, second = INFINITY;

    for (int i = 0; i < count; i++) {
        if (refs->item[chosen[i]].when != LAC_WHEN_NEVER) {
            const double away = distance(refs, place, chosen[i]);
            second = fmin(second, fmax(away, nearest));
            nearest = fmin(nearest, away);
        }
    }
    const double span = nearest + second; /* infinite: there are no two */
    for (int i = 0; i < count; i++) {
        const bool says = refs->item[chosen[i]].when != LAC_WHEN_NEVER && isfinite(span) && span > 0;
        lag[i] = says ? (float)fmin(1, 2 * distance(refs, place, chosen[i]) / span - 1) : 0;
    }
}

int lac_refs_none(const LacRefs *refs, const LacPlace *place)
{
    for (int i = 0; i < refs->count; i++) {
        if (refs->item[i].state != LAC_REF_PASSED) {
            return lac_fail(refs->log, LAC_EREFERENCE,
                            "no reference serves frame %" PRId64
                            ": '%s' comes later than `lookahead` allows; raise it, "
                            "give an earlier reference, or give this one its own line art",
                            place->index, refs->item[i].name);
        }
    }
    return lac_fail(refs->log, LAC_EREFERENCE,
                    "no reference serves frame %" PRId64
                    ": none of the %d matches a frame; correct their times, or shift "
                    "them with `offset`",
                    place->index, refs->count);
}
