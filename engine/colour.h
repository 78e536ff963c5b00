/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One frame of line art -> its coloured picture: network inputs, network, the references' pixels, painting, regions. */
#ifndef LAC_COLOUR_H
#define LAC_COLOUR_H

#include "exact.h"
#include "refs/refs_encode.h"
#include "timing.h"
#include "vote_frame.h"

/* What frames are coloured with; all of it outlives the LacColour. */
typedef struct LacTools {
    LacNet *net;
    LacPacker *packer;
    LacRefs *refs;
    LacTimes *times;
    const LacSettings *set; /* resolved */
    const LacLog *log;
    LacGpu *gpu; /* NULL: the host has every stage but the network */
} LacTools;

/* All that depends on the size of the video, allocated once. */
typedef struct LacColour {
    LacTools tools;
    LacLineart lineart;
    LacPaint *paint;
    LacTransfer *transfer; /* NULL unless fill needs it, as `transferred` */
    uint8_t *transferred;
    LacExact exact;       /* open where exact.picture is not NULL */
    LacVoteFrame regions; /* open where regions.rgb is not NULL */
    float *rgb;           /* the network's picture */
} LacColour;

/* For frames of width x height. LAC_EINVAL if the network's size is too large, LAC_ENOMEM, both logged; *c is then safe
 * to close. */
int lac_colour_open(LacColour *c, const LacTools *tools, int width, int height);
void lac_colour_close(LacColour *c);

/* Whether frames of this format stay on the GPU, for lac_gpu_keep, where lac_colour_frame is given no out->data. */
bool lac_colour_stays(const LacColour *c, enum LacFormat format);

/* gray: dense native line art of the frame at `place`; black: the same without coloured ink (ink.h), or gray itself;
 * chosen: the `count` references that serve it -> out of the same size and any colour format. Errors are logged. */
int lac_colour_frame(LacColour *c, const LacPlace *place, const int *chosen, int count, const uint8_t *gray,
                     const uint8_t *black, LacPicture *out);

/* The same for a frame that is a reference, where the output is not its colours. */
int lac_colour_reference(LacColour *c, int reference, LacPicture *out);

/* How sure the frame coloured last is (lac_confidence); -1 where that is not known. */
double lac_colour_confidence(const LacColour *c);

/* A seek: the next frame does not follow the last one. */
void lac_colour_flush(LacColour *c);

/* Regions of the frame that was coloured last, with their evidence and confidence. For tests. */
const LacVoteFrame *lac_colour_regions(const LacContext *ctx);

#endif
