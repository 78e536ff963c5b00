/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How likely each region of a coloured frame is right. */
#ifndef LAC_CONFIDENCE_H
#define LAC_CONFIDENCE_H

#include "regions/origin.h"

/* How it works. What is known of a region while it is coloured (the evidence) goes through a logistic
 * function fitted to generated shots, whose true colours are known (docs/match.md). A region is right
 * when more than half of its pixels that count (lac_origin_core) are within LAC_CONFIDENCE_RIGHT
 * levels of the truth in every channel. */
enum { LAC_CONFIDENCE_RIGHT = 8 };

/* Means are over the pixels of a region that count; all but cost, lag and size are shares, 0..1. */
enum LacEvidenceItem {
    LAC_EVIDENCE_SURE,      /* of a copied pixel that the line art leaves (transfer.h) */
    LAC_EVIDENCE_COST,      /* log of the best reference's mean cost of matching */
    LAC_EVIDENCE_ORIGIN,    /* of the votes for the first region of each reference, mean over references */
    LAC_EVIDENCE_BACKED,    /* of its colours that its origins have (vote.h) */
    LAC_EVIDENCE_AGREED,    /* of references, the nearer counting more, whose pixel has the colour given */
    LAC_EVIDENCE_PREDICTED, /* of pixels near the network's prediction */
    LAC_EVIDENCE_COHERENT,  /* of cells whose neighbours have the same displacement */
    LAC_EVIDENCE_LAG,       /* of the nearest reference, as lac_refs_lag but from 0 at the frame itself */
    LAC_EVIDENCE_SIZE,      /* log of the number of pixels */
    LAC_EVIDENCE_COUNT
};

typedef struct LacEvidence {
    float item[LAC_EVIDENCE_COUNT];
} LacEvidence;

/* What is known of a frame. */
typedef struct LacConfidenceFrame {
    const LacOrigins *origins;
    const LacVoteSource *sources;
    const float *lag;          /* [origins->sources] */
    const float *backed;       /* [regions + 1] */
    const uint8_t *transferred; /* [height][width][4] */
    const float *prediction;   /* [prediction_height][prediction_width][3] in [-1, 1] */
    int prediction_width, prediction_height;
    const uint8_t *rgb; /* the coloured frame, dense */
} LacConfidenceFrame;

typedef struct LacConfidence {
    int regions;
    LacEvidence *evidence; /* [regions + 1] */
    float *region;         /* [regions + 1] probability that it is right; [0] is 0 */
    float mean;            /* over the pixels of all regions; 1 where there is none */
    int32_t *queue; /* scratch of lac_confidence_picture, made by its first call */
    int64_t *sum;   /* scratch: [regions + 1][sums of a region] */
    uint8_t *coherent; /* scratch: [sources][cells of the fields] */
    void *rows;        /* scratch of confidence_rows.h */
    size_t room, room_sum, room_coherent, room_rows;
} LacConfidence;

void lac_confidence_close(LacConfidence *c);

/* A zeroed LacConfidence is ready for the first call. LAC_ENOMEM is logged. */
int lac_confidence_run(LacConfidence *c, const LacRegions *r, const LacConfidenceFrame *f,
                       const LacLog *log);

/* The same in two steps, where another adds up what pixels tell: room for the sums of each region (cells: of the fields), LAC_SUM_SOURCES and
 * LAC_SUMS for each source (vote_math.h), or NULL, logged; then what comes of them, for which `f` needs no pictures. */
int64_t *lac_confidence_sums(LacConfidence *c, int regions, int sources, size_t cells, const LacLog *log);
void lac_confidence_finish(LacConfidence *c, int regions, const LacConfidenceFrame *f);

/* Probability that a region of this evidence is right. */
float lac_confidence_of(const LacEvidence *e);

/* Each pixel's region's probability, 255 for 1, in all three channels; lines take the nearest region's.
 * out: RGB24 rows `stride` bytes apart. LAC_ENOMEM is logged. */
int lac_confidence_picture(LacConfidence *c, const LacRegions *r, uint8_t *out, ptrdiff_t stride,
                           const LacLog *log);

#endif
