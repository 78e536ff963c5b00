/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where line art moves between two frames, however slowly: what trembles in its place may be made to agree, what moves
 * may not. */
#ifndef LAC_MOVES_H
#define LAC_MOVES_H

#include "common.h"
#include "math/moves_math.h"

/* How it works. Frames are compared in blocks of LAC_MOVES_BLOCK pixels, at native size or halved until the short side is
 * at most LAC_MOVES_SIDE: the network's size is too coarse to tell a slow pan from lines that tremble. A block has moved if
 * another place within LAC_MOVES_REACH pixels explains it better than its own: the least sum of absolute differences is
 * less than LAC_MOVES_BETTER of that at rest; or if a movement by less than a pixel, found by least squares, explains
 * LAC_MOVES_SLIDES of the change. Blocks without lines, or that have not changed, cannot tell: they are loose where the nearest
 * ones that tell have moved, else they rest. One thread or many, the answer is the same. */

typedef struct LacMoves {
    int native_width, native_height, shrink; /* shrink: native pixels a side of one that is compared */
    int width, height;                       /* of what is compared */
    int columns, rows;                       /* of blocks */
    int threads;
    uint8_t *before, *now; /* [height][width] */
    uint8_t *told;         /* [rows][columns] scratch */
} LacMoves;

/* LAC_ENOMEM is logged; *m is then safe to close. */
int lac_moves_open(LacMoves *m, int width, int height, int threads, const LacLog *log);
void lac_moves_close(LacMoves *m);

/* gray: the next frame's dense native line art. moved [rows][columns]: a LacMove, what the block did since the frame before;
 * NULL: not asked for, as for the first frame of a shot. */
void lac_moves_run(LacMoves *m, const uint8_t *gray, uint8_t *moved);

#endif
