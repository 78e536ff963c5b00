/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Line art of any pixel format as gray, and its black ink alone where coloured ink separates regions: such lines divide
 * colours but are not drawn. */
#ifndef LAC_INK_H
#define LAC_INK_H

#include "picture/picture.h"

/* How it works. Ink takes light from white paper: 255 - min(R, G, B) of it, and max - min as colour. Where the second is
 * LAC_INK_COLOURED of the first or more the ink is coloured, at LAC_INK_BLACK or less it is black, between them it is
 * partly so: mixtures of both where lines cross, and what is left of a thin line's colour where a video stores it at half
 * size. What is coloured is taken off the gray. A drawing that has more coloured ink than black was drawn with a coloured
 * pencil: then all of it counts as black. Alpha goes over white paper. */
#define LAC_INK_BLACK 0.4f
#define LAC_INK_COLOURED 0.6f

/* gray, black: dense [height][width]. Gray of Rec. 601 luma, and the same without coloured ink; returns whether there is
 * any, else `black` is not written. */
bool lac_ink_split(const LacPicture *line, uint8_t *gray, uint8_t *black, int threads);

#endif
