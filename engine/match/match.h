/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where each pixel of a frame is found in a reference, at network size (docs/match.md). */
#ifndef LAC_MATCH_H
#define LAC_MATCH_H

#include "common.h"
#include "math/match_math.h"

/* How it works. Every pixel is described by LAC_MATCH_DIMS bytes: low frequencies (DCT) of the 7x7 pixels around it in
 * line darkness, distance field and colour, the frame's colour being the network's prediction. The cost of a pair is
 * the squared distance of their descriptions plus a prior on how far apart they are. The best partner is sought as in
 * PatchMatch (Barnes et al., 2009): what suits a neighbour is tried, then random places in shrinking windows. Strips
 * of rows work by themselves within a pass, and random numbers depend on pixel and pass alone, so the field is the
 * same for any number of threads; all costs are integers, so it is the same for every instruction set. */
enum { LAC_MATCH_DIMS = 32 };

/* From a pixel to its partner in the reference, in pixels of network size. */
typedef struct LacOffset {
    int16_t x, y;
} LacOffset;

/* One reference's field. */
typedef struct LacMatchField {
    LacOffset *offset; /* [height][width] */
    int32_t *cost;     /* [height][width], in units of 1 / LAC_MATCH_UNIT */
} LacMatchField;

enum { LAC_MATCH_MAX_FIELDS = 8 }; /* references a frame has at most */

typedef struct LacMatcher {
    int width, height, threads; /* network size */
    int fields;                 /* references it has room for */
    float *plane;               /* [5][height][width] scratch: what is described */
    float *rows;                /* [threads][4][width + 6] scratch */
    int8_t *frame;              /* the frame's descriptions */
    LacOffset *border;          /* [fields][strips][width]: the rows beside the strips before a pass */
    LacMatchField *field;       /* [fields] */
} LacMatcher;

/* A reference for lac_matcher_run. */
typedef struct LacMatchRef {
    const int8_t *described; /* by lac_matcher_describe */
    bool local;              /* a frame of the video: partners are near the same place */
} LacMatchRef;

/* Everything is allocated here. LAC_ENOMEM is logged; *m is then safe to close. */
int lac_matcher_open(LacMatcher *m, int width, int height, int fields, int threads, const LacLog *log);
void lac_matcher_close(LacMatcher *m);

/* line, distance [height][width] and colour [height][width][3] in [-1, 1] -> out [height][width][LAC_MATCH_DIMS]. */
void lac_matcher_describe(LacMatcher *m, const float *line, const float *distance, const float *colour, int8_t *out);

/* How far the search of a reference goes: the prior's cost of a squared pixel of distance, times 1024, and the radius of the
 * first window of random places. */
void lac_matcher_limits(const LacMatcher *m, bool local, int *prior, int *radius);

/* Fields of the frame (described like a reference, its colour predicted) against `count` references -> m->field. */
void lac_matcher_run(LacMatcher *m, const float *line, const float *distance, const float *rgb, const LacMatchRef *refs,
                   int count);

#endif
