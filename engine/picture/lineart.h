/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frame -> network inputs: line art x, exact distance field d, colour y (docs/MODEL.md, "Inputs"; 3.1 of the
 * paper).
 *
 * Darkness of a native pixel is D = 1 - gray / 255. Where the network works at a smaller size, an output
 * pixel's footprint is the rectangle of native pixels that maps onto it, and D' = sqrt(mean(D) * max(D)),
 * mean weighted by area, max over the native pixels that overlap the footprint by more than 1/4 of a pixel on
 * each axis (on an axis that grows all the same: those with a bilinear weight above 1/4): a thin line keeps
 * its contrast, paper tone stays what it is. Where no axis shrinks, D' is the bilinear mean alone. x = 1 - 2
 * D' d = 2 min(1, dist / (s / 8)) - 1, s = min(h, w), dist = Euclidean distance in pixels between centres to
 * the nearest line pixel, one with D' >= 0.2; 1 everywhere when there is none y = v / 127.5 - 1 of the
 * area-averaged (or bilinear) sRGB values v. */
#ifndef LAC_LINEART_H
#define LAC_LINEART_H

#include "picture/resize.h"

#define LAC_LINE_DARKNESS 0.2f

/* The size the network works at for a picture of width x height: the short side is `size` and the other in
 * proportion, or both as they are for LAC_SIZE_NATIVE; then to the nearest multiple of 8, at least 64. */
void lac_network_size(int width, int height, int size, int *net_width, int *net_height);

/* Scratch and results for one native size; everything is allocated by open. */
typedef struct LacLineart {
    int width, height; /* native */
    int net_width, net_height;
    int threads;
    float *line, *distance; /* x, d: [net_height][net_width] */
    LacResize resize;
    uint8_t *least;   /* darkest gray of each footprint, then the line pixels */
    int32_t *column;  /* EDT: distance along the column */
    int32_t *squared; /* EDT: squared distance */
    int32_t *stack;   /* [threads][2 * net_width] */
} LacLineart;

/* LAC_ENOMEM is logged; *la is then safe to close. */
int lac_lineart_open(LacLineart *la, int width, int height, int net_width, int net_height, int threads,
                     const LacLog *log);
void lac_lineart_close(LacLineart *la);

/* gray: height rows, `stride` bytes apart -> line and distance. */
void lac_lineart_run(LacLineart *la, const uint8_t *gray, ptrdiff_t stride);

/* rgb: dense native rows -> y [net_height][net_width][3]. */
void lac_lineart_colour(const LacLineart *la, const uint8_t *rgb, float *colour);

/* Squared Euclidean distances to the nearest pixel with mask != 0, exact integers, time linear in h * w
 * (Meijster et al. 2000). column [h][w] and stack [threads][2 w] are scratch. False, with nothing written,
 * when there is none. */
bool lac_distance_squared(const uint8_t *mask, int h, int w, int32_t *squared, int32_t *column,
                          int32_t *stack, int threads);

#endif
