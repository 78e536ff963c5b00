/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference bank: which frame each reference is, and what is kept of each.
 */
#ifndef LAC_REFS_H
#define LAC_REFS_H

#include "net/net.h"
#include "paint/paint.h"
#include "picture/likeness.h"
#include "picture/lineart.h"
#include "picture/pack.h"
#include "picture/picture.h"
#include "picture/queue.h"
#include "picture/rgba.h"
#include "transfer/transfer.h"

enum { LAC_MAX_REFS = 8 }; /* references that serve one frame */

enum LacRefState {
    LAC_REF_WAITING, /* its frame may still come */
    LAC_REF_MATCHED, /* `frame` is its frame, or it is a model sheet */
    LAC_REF_PASSED,  /* its time has passed without a frame */
};

/* Zeroed means empty. */
typedef struct LacRefPictures {
    LacImage color; /* over white */
    LacRgba exact;  /* of the same size; empty: color holds all there is */
    LacImage line;  /* empty: none */
    LacImage black; /* line without coloured ink (ink.h); empty: it has none */
} LacRefPictures;

typedef struct LacRef {
    enum LacWhen when;
    int64_t time; /* microseconds or frame number */
    char *name;   /* file, for messages */
    enum LacRefState state;
    int64_t frame; /* when matched: its frame's number; INT64_MIN when that was before a flush */
    int64_t shot;  /* the frame's, or that of the first frame after its time; -1 until then: any */
    bool own_line;
    int width, height; /* of colour */
    int line_width, line_height;
    LacPacked colour, exact, line, black; /* line.data is NULL until the line art is known; exact, black: empty where
                                             there is none */
    LacSketch sketch;       /* of line, where frames have one */
    bool alpha, wide;       /* of exact */
    LacRefCode *code;       /* NULL until used */
    LacTransferRef *pixels; /* NULL until copied from */
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
    bool alpha;        /* one has alpha */
    uint64_t clock;
    const LacLog *log;
} LacRefs;

void lac_refs_close(LacRefs *refs, LacNet *net);

void lac_refs_pictures_free(LacRefPictures *pictures);

/* Packs the pictures. LAC_EINVAL names an unordered, doubled or mixed time,
 * LAC_EREFERENCE line art of another shape than the colour. */
int lac_refs_add(LacRefs *refs, LacPacker *packer, enum LacWhen when, int64_t time, const char *name,
                 const LacRefPictures *pictures);

/* LAC_EREFERENCE naming every reference whose aspect ratio differs from the video's by more than 1 %. Model
 * sheets may. */
int lac_refs_fit(const LacRefs *refs, int width, int height);

/* The reference that frame `place` is, or -1: times match within half a frame duration. The first frame that
 * lies so near is taken, since a frame is decided when it arrives. References whose time is over are marked,
 * with a warning when that makes them useless. `line`, `black`: its packed native line art (taken over when the
 * reference has none: then zeroed); sketch: of that, or NULL. */
int lac_refs_match(LacRefs *refs, const LacPlace *place, int width, int height, LacPacked *line, LacPacked *black,
                   const LacSketch *sketch);

/* True when lac_refs_match would find one (it then needs the packed line art). Changes nothing. */
bool lac_refs_matches(const LacRefs *refs, const LacPlace *place);

/* End of stream: no reference waits any longer. */
void lac_refs_end(LacRefs *refs);
/* A seek: those without a frame wait again. */
void lac_refs_flush(LacRefs *refs);

#endif
