/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the transfer share: its state. */
#ifndef LAC_TRANSFER_STATE_H
#define LAC_TRANSFER_STATE_H

#include "math/transfer_math.h"
#include "transfer/transfer.h"

struct LacTransfer {
    int width, height, threads; /* native */
    int count;
    LacLineart lineart; /* native -> match size */
    LacResize resize;   /* prediction -> match size */
    LacMatcher match;
    LacGpu *gpu; /* where the search runs, or NULL */
    float *rgb;              /* [3 match size] */
    float *weight;           /* [count][match size] */
    int *first_x, *first_y;  /* first native column (row) of each cell, and one more */
    int *scaled_x, *scaled_y; /* native displacements of -width..width (height) cells */
    float *united;           /* [threads][count][match width] */
    uint16_t *differ;        /* [threads][match width] */
    uint16_t *changes;       /* [threads][width + 1] */
    uint8_t *patch;          /* [threads][room] */
    size_t room;
    struct {
        int x, y, ring;
    } place[LAC_TRANSFER_PLACES]; /* lac_transfer_place */
    float alike[256]; /* weight of a pixel by the difference of line art */
    const LacLog *log;
};

#endif
