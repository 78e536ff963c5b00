/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions keep their identity from frame to frame. */
#ifndef LAC_IDENTITY_H
#define LAC_IDENTITY_H

#include "regions/origin.h"

/* How it works. Regions of references have numbers, and regions of frames take them over. The largest
 * regions of a frame choose first: the number of the reference region with the largest share of their
 * votes; where that is given away or has no number yet, the number of the region of the frame before
 * that covers more than half of the same place; else a new one. Reference regions without a number
 * take that of the first frame region that has more than half of its votes from them: so numbers go
 * from reference to reference. */
typedef struct LacIdentity {
    int width, height;
    int32_t last;      /* the highest number given */
    int32_t run;       /* counts runs */
    int32_t *given;    /* [room_given] the run in which a number was given last */
    int32_t *votes;    /* [room_given] scratch */
    int32_t *number;   /* [regions + 1] of the last run; [0] is 0: lines */
    int32_t *previous; /* [height][width] numbers of the frame before; 0: none */
    int32_t *order;    /* [height][width] scratch: pixels by region */
    size_t *start;     /* scratch: [regions + 2] */
    struct LacIdentitySize *by_size; /* scratch: [regions] */
    size_t room_given, room_regions;
} LacIdentity;

/* For frames of width x height. LAC_ENOMEM is logged; *id is then safe to close. */
int lac_identity_open(LacIdentity *id, int width, int height, const LacLog *log);
void lac_identity_close(LacIdentity *id);

/* Numbers of the regions r of the next frame -> id->number, from their origins in the sources; NULL
 * origins: the frame is the reference of sources[0], and r are its regions. The sources' references
 * learn numbers. LAC_ENOMEM is logged. */
int lac_identity_run(LacIdentity *id, const LacRegions *r, const LacOrigins *origins,
                     const LacVoteSource *sources, const LacLog *log);

/* The next frame does not follow the last one. */
void lac_identity_flush(LacIdentity *id);

/* Each region in its number's colour, lines black -> out, RGB24 rows `stride` bytes apart. */
void lac_identity_picture(const LacIdentity *id, const LacRegions *r, uint8_t *out,
                          ptrdiff_t stride);

#endif
