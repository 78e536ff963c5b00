/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How transparent the fills of a frame are: the network knows no alpha, so it comes from the references' pixels, carried
 * as their colours are, and is settled region by region. */
#ifndef LAC_ALPHA_H
#define LAC_ALPHA_H

#include "regions/regions.h"

/* How it works. Every pixel has the carried alpha and how sure that is. Of a region's pixels far from lines, 256 bins of
 * alpha are counted, weighted by sureness. Where one bin and its neighbours hold LAC_ALPHA_AGREE of them the whole region
 * has that bin's mean: backgrounds are transparent and cels opaque without a speck. Elsewhere (soft shadows, a cel that is
 * open to the background) pixels keep what was carried, as far as it is sure, and have the region's median for the rest.
 * A region of which nothing was carried is opaque. So are line pixels, unless a reference's line is carried there. */
#define LAC_ALPHA_AGREE 0.9f

typedef struct LacAlpha {
    LacRegions regions;
    uint16_t *fill;  /* [height][width] */
    int32_t *order;  /* pixels by region */
    const LacLog *log;
} LacAlpha;

/* gap as lac_regions_open. LAC_ENOMEM is logged; *a is then safe to close. */
int lac_alpha_open(LacAlpha *a, int width, int height, int gap, int threads, const LacLog *log);
void lac_alpha_close(LacAlpha *a);

/* gray: dense native line art; transferred, exact: as lac_transfer_run leaves them -> fill. LAC_ENOMEM is logged. */
int lac_alpha_run(LacAlpha *a, const uint8_t *gray, const uint8_t *transferred, const uint16_t *exact);

#endif
