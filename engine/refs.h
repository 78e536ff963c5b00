/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference bank: which frame each reference is, which references serve frame n, and what is kept of
 * each.
 *
 * Rules of choice. A reference is usable for frame n once its line art is known: at once when it brings its
 * own, else from the frame it matches, if that frame is no more than `lookahead` after n. Of the usable ones
 * frame n takes the k nearest by time, but with k >= 2 one before and one after it before any other; the
 * earlier wins a tie. Model sheets serve every frame besides these. All together are at most LAC_MAX_REFS. A
 * reference still to come that would be chosen makes frame n wait. The choice depends on the stream alone,
 * not on how sends and receives interleave. */
#ifndef LAC_REFS_H
#define LAC_REFS_H

#include "lineart.h"
#include "net/net.h"
#include "pack.h"
#include "paint.h"
#include "picture.h"
#include "queue.h"

enum {
    LAC_MAX_REFS = 8, /* references that serve one frame */
    LAC_MAX_CODES =
        24, /* encodings kept; the one unused for longest goes, and is made again if a seek asks for it */
};

enum LacRefState {
    LAC_REF_WAITING, /* its frame may still come */
    LAC_REF_MATCHED, /* `frame` is its frame, or it is a model sheet */
    LAC_REF_PASSED,  /* its time has passed without a frame */
};

typedef struct LacRef {
    enum LacWhen when;
    int64_t time; /* microseconds or frame number */
    char *name;   /* file, for messages */
    enum LacRefState state;
    int64_t frame; /* when matched: its frame's number; INT64_MIN when that was before a flush */
    bool own_line;
    int width, height; /* of colour */
    int line_width, line_height;
    LacPacked colour, line; /* line.data is NULL until the line art is known */
    LacRefCode *code;       /* NULL until used */
    LacLineColour ink;      /* measured when it is encoded */
    uint64_t used;          /* when the code was last used */
} LacRef;

typedef struct LacRefs {
    LacRef *item; /* model sheets anywhere, the others ascending by time */
    int count, capacity;
    int sheets;
    enum LacWhen kind; /* of the others, once there is one */
    int64_t last;      /* time of the latest of them */
    bool timed;        /* there is one */
    uint64_t clock;
    const LacLog *log;
} LacRefs;

void lac_refs_close(LacRefs *refs, LacNet *net);

/* Packs colour and line (NULL or empty: none). LAC_EINVAL names an unordered, doubled or mixed time,
 * LAC_EREFERENCE line art of another shape than the colour. */
int lac_refs_add(LacRefs *refs, LacPacker *packer, enum LacWhen when, int64_t time, const char *name,
                 const LacImage *color, const LacImage *line);

/* LAC_EREFERENCE naming every reference whose aspect ratio differs from the video's by more than 1 %. Model
 * sheets may. */
int lac_refs_fit(const LacRefs *refs, int width, int height);

/* The reference that frame `place` is, or -1: times match within half a frame duration. The first frame that
 * lies so near is taken, since a frame is decided when it arrives. References whose time is over are marked,
 * with a warning when that makes them useless. `line`: its packed native line art (taken over when the
 * reference has none: then zeroed). */
int lac_refs_match(LacRefs *refs, const LacPlace *place, int width, int height, LacPacked *line);

/* True when lac_refs_match would find one (it then needs the packed line art). Changes nothing. */
bool lac_refs_matches(const LacRefs *refs, const LacPlace *place);

/* End of stream: no reference waits any longer. */
void lac_refs_end(LacRefs *refs);
/* A seek: those without a frame wait again. */
void lac_refs_flush(LacRefs *refs);

/* Indices of the references that serve `place` into chosen[LAC_MAX_REFS], in the bank's order; returns their
 * number. latest: number of the latest frame that may lend its line art. sent: number of the last frame sent,
 * INT64_MAX at the end of the stream. *wait: one of them is still to come. */
int lac_refs_choose(const LacRefs *refs, const LacPlace *place, int k, int64_t latest, int64_t sent,
                    int *chosen, bool *wait);

/* The reference's colour picture as it was given. */
int lac_refs_colour(const LacRefs *refs, int i, LacPacker *packer, LacImage *color);

/* The reference as network inputs are made from it: colour and line art unpacked, a model sheet letterboxed
 * onto white to the video's aspect ratio. */
int lac_refs_pictures(const LacRefs *refs, int i, LacPacker *packer, int width, int height, LacImage *color,
                      LacImage *line);

/* The code of reference i, encoded now if it is not at hand; `keep` of `count` are never dropped for it. */
int lac_refs_code(LacRefs *refs, int i, LacNet *net, LacPacker *packer, const LacLineart *video,
                  const int *keep, int count, LacRefCode **code);

/* The line colours of `count` encoded references, averaged. */
LacLineColour lac_refs_ink(const LacRefs *refs, const int *chosen, int count);

#endif
