/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions in exact colours of the references. */
#ifndef LAC_FLAT_H
#define LAC_FLAT_H

#include <string.h>

#include "paint/paint_cells.h"
#include "paint/spread.h"
#include "regions/flat_classes.h"

/* How it works. A candidate picture (painted, transferred, mended by the vote) says roughly what colour a pixel has; the
 * palettes of the region's origins (palette.h) say what colours there are.
 * 1. The classes of a region are the colours of its origins (those that count for the vote, vote.h), weighed
 * by the votes; the LAC_FLAT_CLASSES heaviest. Where fewer than LAC_FLAT_KNOWN of its pixels come
 * near one of them (new things, mistaken origins) the commonest colours of all origins of the frame are
 * classes too.
 * 2. A pixel far from lines within LAC_FLAT_SURE levels of a class is of it. The others, mixtures most
 * likely, take the nearest of the classes that such pixels within two steps have, or of all. Islands
 * of LAC_FLAT_ISLAND pixels or fewer without a sure one join what surrounds them, all at once.
 * 3. Pixels beside lines take the class of the nearest pixel far from them, walking inside the region, step by step; of
 * several that a step comes from the one above, left, right or below, the first of these.
 * A region that lies all beside lines takes one class.
 * 4. LAC_LINES_NONE: line pixels take the colour from which the least darkness has to be crossed, so
 * every pixel is a reference's. LAC_LINES_KEEP: the lines are multiplied over that. LAC_LINES_REF: line
 * pixels stay as they are; a pixel that holds part of a line stays where it is near the colour with that
 * part of the references' ink, and becomes that where it is not. One thread; the same bytes every time. */
typedef struct LacFlat {
    int width, height;
    LacField layer; /* without lines; colour: four bytes of the index into `list`, state KNOWN, CROSSED or LINE (none) */
    LacFlatClass *list; /* classes of all regions of the frame */
    size_t n, room;
    uint8_t *class; /* [height][width] scratch: index into the region's classes */
    uint8_t *state; /* [height][width] scratch */
    uint8_t *made;  /* [height][width] enum LacFlatMade */
    int32_t *queue;
} LacFlat;

/* LAC_ENOMEM is logged; *f is then safe to close. */
int lac_flat_open(LacFlat *f, int width, int height, const LacLog *log);
void lac_flat_close(LacFlat *f);

/* How lines are drawn over the layer. */
typedef struct LacFlatLines {
    enum LacLines lines;
    const uint8_t *black;      /* line art without coloured ink, dense; what is drawn */
    const LacLineColour *ink;  /* not known: black */
} LacFlatLines;

LacFlatDrawing lac_flat_drawing(const LacFlatLines *lines, int threshold);

/* rgb: the candidate, dense and native, changed in place; gray: the line art in which the regions r were found.
 * LAC_ENOMEM is logged. */
int lac_flat_run(LacFlat *f, const LacRegions *r, const uint8_t *gray, const LacOrigins *origins,
                 const LacVoteSource *sources, const LacFlatLines *lines, uint8_t *rgb,
                 const LacLog *log);

/* The class of a pixel, whose layer.state is not LAC_PIXEL_LINE. */
static inline const LacFlatClass *lac_flat_class(const LacFlat *f, size_t pixel)
{
    uint32_t at;

    memcpy(&at, f->layer.colour + pixel * 4, sizeof at);
    return &f->list[at];
}

#endif
