/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exact colours of each region of a reference. */
#ifndef LAC_PALETTE_H
#define LAC_PALETTE_H

#include "regions/regions.h"

/* How it works. A pixel is flat where a 2x2 block it belongs to has one exact colour: mixtures along
 * edges are not. Colours of LAC_PALETTE_FEW flat pixels of a region and more are its palette. Where they
 * make up less than LAC_PALETTE_FLAT of the region (painted, or compressed with losses) the commonest
 * colour of each bin (5 bits a channel) that holds LAC_PALETTE_BIN of the region's pixels joins them. Of
 * more than LAC_PALETTE_MANY colours (noise, gradients) only those stay that are LAC_PALETTE_APART levels
 * from all commoner ones. */
#define LAC_PALETTE_FLAT 0.8f
#define LAC_PALETTE_BIN  0.01f
enum { LAC_PALETTE_FEW = 4, LAC_PALETTE_MANY = 32, LAC_PALETTE_APART = 8 };

typedef struct LacPaletteColour {
    uint8_t rgb[3];
    float share; /* of its region's pixels; with the others of the region 1 */
    int32_t at;  /* a pixel of that colour */
} LacPaletteColour;

typedef struct LacPalette {
    size_t *first; /* [regions + 2] where a region's colours begin, commonest first */
    LacPaletteColour *colour;
    float *flat; /* [regions + 1] share of a region's pixels far from lines that are of its flat colours */
} LacPalette;

/* Of the dense picture rgb, whose pixels by region are order[start[c]..start[c + 1]) (lac_vote_sort).
 * LAC_ENOMEM is logged; *p is then empty. */
int lac_palette_open(LacPalette *p, const LacRegions *r, const uint8_t *rgb, const int32_t *order,
                     const size_t *start, const LacLog *log);
void lac_palette_close(LacPalette *p);

#endif
