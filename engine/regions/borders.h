/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Patches that lie beside a colour which no reference has beside theirs give way to it. */
#ifndef LAC_BORDERS_H
#define LAC_BORDERS_H

#include "common.h"
#include "math/borders_math.h"

/* How it works. Where two parts of a drawing meet there is a line; colours that meet without one are a part and its shade,
 * or what the references show as well. A copied patch of another part has no line around it, and so betrays itself.
 * 1. Pictures become cells of lac_borders_step pixels, with a line or without. Two cells LAC_BORDERS_REACH apart along an
 * axis with no line in them and between are a pair; a reference counts its pairs by both colours in 8x8x8 bins.
 * 2. In a frame, cells without a line whose colours differ by LAC_BORDERS_SAME levels at most from one to the next make
 * patches. Of two patches the pairs count that differ by more than LAC_BORDERS_OTHER levels and of which all references
 * together have fewer than LAC_BORDERS_KNOWN: an impossible border. Nor may a frame have more than LAC_BORDERS_MORE times what
 * they have on average: a gap where hair touches a shirt is no reason for half a head in the shirt's colour. A pair of which a
 * reference has LAC_BORDERS_PLENTY may be as long as it likes.
 * 3. A patch whose impossible border with one no smaller is LAC_BORDERS_SHARE hundredths of its rim or more takes that one's
 * colours, walking from it into the patch, those with the largest share first, unless the room it lies in, all that no line
 * parts, is less than LAC_BORDERS_ROOM times as large as the patch: it may be the part that is right. Three rounds.
 * 4. All pixels of such cells, and of the cells beside them those clear of lines that have the patch's colour.
 * Everything is whole numbers and in a fixed order: the bytes are the same for any number of threads. */
enum {
    LAC_BORDERS_BINS = 512,
    LAC_BORDERS_TABLE = LAC_BORDERS_BINS * LAC_BORDERS_BINS,
    LAC_BORDERS_REACH = 2,
    LAC_BORDERS_SAME = 13,
    LAC_BORDERS_OTHER = 48,
    LAC_BORDERS_KNOWN = 4,
    LAC_BORDERS_MORE = 3,
    LAC_BORDERS_PLENTY = 255, /* as far as references count */
    LAC_BORDERS_ROOM = 5,
    LAC_BORDERS_SHARE = 15,
    LAC_BORDERS_ROUNDS = 3,
};

typedef struct LacBorders {
    int width, height, step, columns, rows, threads;
    uint32_t *cell;  /* [rows][columns] as lac_borders_cell; of a changed one the old colour */
    int32_t *place;  /* the pixel it stands for */
    int32_t *source; /* the cell whose colour it takes: itself where it stays */
    /* scratch, the same size but for `pair` */
    uint32_t *now;
    int32_t *patch, *area, *rim, *list;
    int32_t *room, *extent; /* the first cell of the room a cell lies in, and how many the room has */
    int32_t *next; /* [2 * cells] cell and source of a round's changes */
    uint8_t *mark;
    uint64_t *pair; /* [2 * cells] */
    uint16_t *met;  /* [LAC_BORDERS_TABLE] pairs of these colours, the lower bin first */
} LacBorders;

/* For pictures of width x height. LAC_ENOMEM is logged; *b is then safe to close. */
int lac_borders_open(LacBorders *b, int width, int height, int threads, const LacLog *log);
void lac_borders_close(LacBorders *b);

/* gray: dense line art, whose lines are below `threshold`; rgb: its picture, rows `stride` bytes apart -> cell, place. */
void lac_borders_cells(LacBorders *b, const uint8_t *gray, int threshold, const uint8_t *rgb, ptrdiff_t stride);

/* Counts the pairs of a reference's cells -> table [LAC_BORDERS_TABLE], up to LAC_BORDERS_PLENTY. */
void lac_borders_learn(LacBorders *b, uint8_t *table);

/* Steps 2 and 3 for a frame's cells; tables: its references'. Returns the number of cells that change. */
int lac_borders_find(LacBorders *b, const uint8_t *const *tables, int count);

/* Step 4 on the picture of lac_borders_cells, and on `exact` [height][width][4], unless that is NULL. */
void lac_borders_apply(const LacBorders *b, const uint8_t *gray, int threshold, uint8_t *rgb, ptrdiff_t stride,
                       uint16_t *exact);

#endif
