/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about line art that moves, for one block or pixel; moves.h says how it works. */
#ifndef LAC_MOVES_MATH_H
#define LAC_MOVES_MATH_H

#include "math/number.h"

enum { LAC_MOVES_BLOCK = 16, LAC_MOVES_REACH = 4, LAC_MOVES_SIDE = 1080 };
#define LAC_MOVES_BETTER 0.7f
#define LAC_MOVES_SLIDES 0.3f
#define LAC_MOVES_APART  80.0f /* levels between the colours of a loose pixel that halve its link */

/* What a block does. */
enum LacMove { LAC_MOVE_RESTS, LAC_MOVE_LOOSE, LAC_MOVE_MOVES };

/* What a block tells of itself, and on the way from its neighbours to it. */
enum { LAC_TELLS_SILENT, LAC_TELLS_RESTS, LAC_TELLS_MOVES, LAC_TELLS = 3, LAC_TELLS_HEARD = 4 };

/* Least mean difference at rest, in levels, that tells anything; gray levels between which there are lines. */
enum { LAC_MOVES_SPEAKS = 1, LAC_MOVES_LINES = 64 };

/* Of a block's gradients and of its change in time: whole numbers, below 2^29. */
typedef struct LacMovesSums {
    int xx, xy, yy, xt, yt, tt;
} LacMovesSums;

/* Adds a pixel; now and before: at it, in rows of `width`, with a neighbour on every side. */
LAC_HD void lac_moves_add(LacMovesSums *s, const uint8_t *now, const uint8_t *before, int width)
{
    const int gx = now[1] - now[-1] + before[1] - before[-1];
    const int gy = now[width] - now[-width] + before[width] - before[-width], t = now[0] - before[0];

    s->xx += gx * gx;
    s->xy += gx * gy;
    s->yy += gy * gy;
    s->xt += gx * t;
    s->yt += gy * t;
    s->tt += t * t;
}

/* Whether a movement by less than a pixel explains the block: least squares of the change in time by the gradients. */
LAC_HD int lac_moves_slides(const LacMovesSums *s)
{
    const double xx = s->xx + 1, yy = s->yy + 1; /* one direction alone tells, too */
    const double xy = s->xy, xt = s->xt, yt = s->yt;
    const double det = lac_product64(xx, yy) - lac_product64(xy, xy);
    const double both = lac_product64(lac_product64(lac_product64(2, xy), xt), yt);
    const double explained = lac_product64(lac_product64(yy, xt), xt) - both + lac_product64(lac_product64(xx, yt), yt);

    return explained / det > lac_product64(LAC_MOVES_SLIDES, s->tt);
}

/* moved: the sum of differences at another place, at rest: at its own. */
LAC_HD int lac_moves_better(int moved, int rest)
{
    return (float)moved < lac_product(LAC_MOVES_BETTER, (float)rest);
}

/* What a block tells that has hardly changed. */
LAC_HD uint8_t lac_moves_unchanged(int darkest, int lightest)
{
    return lightest - darkest > LAC_MOVES_LINES ? LAC_TELLS_RESTS : LAC_TELLS_SILENT;
}

/* Block i of told [rows][columns] after one more ring: what its neighbours tell counts if it is silent. */
LAC_HD uint8_t lac_moves_hear(const uint8_t *told, int columns, int rows, int i)
{
    const int x = i % columns, y = i / columns;
    int heard = told[i];

    for (int k = 0; k < 9 && told[i] == LAC_TELLS_SILENT; k++) {
        const int v = y + k / 3 - 1, u = x + k % 3 - 1;
        const int other = v >= 0 && u >= 0 && v < rows && u < columns ? told[v * columns + u] & LAC_TELLS : LAC_TELLS_SILENT;

        heard = other > (heard & LAC_TELLS) ? other | LAC_TELLS_HEARD : heard;
    }
    return (uint8_t)heard;
}

LAC_HD uint8_t lac_moves_does(int told)
{
    return told == LAC_TELLS_MOVES ? LAC_MOVE_MOVES : told == (LAC_TELLS_MOVES | LAC_TELLS_HEARD) ? LAC_MOVE_LOOSE
                                                                                                  : LAC_MOVE_RESTS;
}

/* The block of a pixel, at the network's size, of what is compared. */
LAC_HD int lac_moves_block(int at, int compared, int net)
{
    return (int)((int64_t)at * compared / net) / LAC_MOVES_BLOCK;
}

/* The link of a pixel to the next frame's at the same place. What moves does not hang together; where that is not known,
 * less the farther the painted colours [-1, 1] are apart: the middle of something that passes has no line near it, nor has
 * the sky behind it. */
LAC_HD float lac_moves_link(float link, int move, const float *colour, const float *next)
{
    float apart = 0;

    if (move != LAC_MOVE_LOOSE) {
        return move == LAC_MOVE_MOVES ? 0 : link;
    }
    for (int c = 0; c < 3; c++) {
        const float d = colour[c] < next[c] ? next[c] - colour[c] : colour[c] - next[c];

        apart = d > apart ? d : apart;
    }
    apart = lac_product(apart, 127.5f / LAC_MOVES_APART);
    for (int power = 1; power < 8; power *= 2) { /* not powf, whose last bit is each library's own */
        apart = lac_product(apart, apart);
    }
    return link / (1 + apart);
}

#endif
