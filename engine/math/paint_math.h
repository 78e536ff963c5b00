/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What painting computes for one cell and one pixel, on the host and on a GPU; paint.h says what it is for. */
#ifndef LAC_PAINT_MATH_H
#define LAC_PAINT_MATH_H

#include <math.h>
#include <stdbool.h>

#include "math/number.h"

#define LAC_PAINT_CLEAR 0.1f
#define LAC_PAINT_CLEAR_CELL 0.2f
#define LAC_PAINT_LINE_BELOW ((int)(255 * (1 - LAC_PAINT_CLEAR))) /* darker native pixels are lines */

/* Where a native pixel lies among the cells of an axis: between `at` and at + 1, `frac` of the way, inside `own`. */
typedef struct LacPlaceOnAxis {
    int at, own;
    float frac;
} LacPlaceOnAxis;

/* Pixel i of n, half-pixel centres. On the host alone. */
static inline LacPlaceOnAxis lac_paint_locate(int i, int n, int cells)
{
    const double exact = (i + 0.5) * cells / n - 0.5, c = exact < 0 ? 0 : exact > cells - 1 ? cells - 1 : exact;
    const LacPlaceOnAxis place = { (int)c, (int)(((int64_t)2 * i + 1) * cells / (2 * (int64_t)n)), (float)(c - (int)c) };

    return place;
}

/* Steps that clear pixels without a colour are from one that has one, at most. */
static inline int lac_paint_reach(int width, int cells_width)
{
    return 2 * ((width - 1) / cells_width + 1);
}

/* Black pixels that are crossed inside lines at most. */
static inline int lac_paint_depth(int width, int height)
{
    const int side = width < height ? width : height;

    return side / 90 > 4 ? side / 90 : 4;
}

/* --- cells: arrays [h][w], the colours of `value` in its first three of four --- */

/* Mean and least gray and the prediction in [-1, 1] -> colour in 0..255 and lightness. True for a clear cell. */
LAC_HD bool lac_cell_value(float mean_gray, int least_gray, const float *rgb, float *value)
{
    const float mean = 255.0f - mean_gray;
    const float dark = sqrtf(lac_product(mean < 0 ? 0 : mean, (float)(255 - least_gray))) / 255.0f, light = 1.0f - dark;

    for (int c = 0; c < 3; c++) {
        const float v = lac_product(rgb[c] + 1.0f, 127.5f);

        value[c] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
    value[3] = light > 0 ? lac_weighted(1e-3f, light, light) : 1e-3f;
    return dark < LAC_PAINT_CLEAR_CELL;
}

/* True when no cell beside or diagonal to this one is dark. Outside the picture nothing is. */
LAC_HD bool lac_cell_core(const uint8_t *clear, int w, int h, int x, int y)
{
    for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
        for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
            if (!clear[(size_t)v * w + u]) {
                return false;
            }
        }
    }
    return true;
}

/* This cell, its right, lower and diagonal neighbours are all clear. */
LAC_HD bool lac_cell_whole(const uint8_t *clear, int w, int h, int x, int y)
{
    const uint8_t *a = clear + (size_t)y * w, *b = y + 1 < h ? a + w : a;
    const int r = x + 1 < w ? x + 1 : x;

    return a[x] && a[r] && b[x] && b[r];
}

/* A clear cell beside a line takes the mean of the core cells joined to it, if there are any. */
LAC_HD void lac_cell_clean(float *value, const uint8_t *clear, const uint8_t *core, int w, int h, int x, int y)
{
    const size_t i = (size_t)y * w + x;
    float sum[3] = { 0, 0, 0 }, weight = 0;

    if (!clear[i] || core[i]) {
        return;
    }
    for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
        for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
            const size_t j = (size_t)v * w + u;
            const bool joined = clear[(size_t)y * w + u] || clear[(size_t)v * w + x];
            const float share = u == x || v == y ? 2 : 1;

            if (core[j] && joined) {
                for (int c = 0; c < 3; c++) {
                    sum[c] = lac_weighted(sum[c], share, value[j * 4 + c]);
                }
                weight += share;
            }
        }
    }
    for (int c = 0; c < 3 && weight > 0; c++) {
        value[i * 4 + c] = sum[c] / weight;
    }
}

/* Sums over the dark ones of 3x3 cells: what is missing to their prediction when `black` [h][w][3], the picture with black
 * lines, is taken off it; and their darkness. */
LAC_HD void lac_cell_line(const float *value, const float *black, const float *mean, const uint8_t *clear, int w, int h,
                          int x, int y, float *line)
{
    for (int c = 0; c < 4; c++) {
        line[c] = 0;
    }
    for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
        for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
            const size_t i = (size_t)v * w + u;

            for (int c = 0; c < 3 && !clear[i]; c++) {
                line[c] += value[i * 4 + c] - black[i * 3 + c];
            }
            line[3] += clear[i] ? 0 : 1.0f - mean[i] / 255.0f;
        }
    }
}

/* A channel of all lines, weighted by darkness: sums, added row by row and then row after row, so that rows may be summed
 * beside each other. */
typedef struct LacInkSums {
    double weight, sum, square;
} LacInkSums;

LAC_HD void lac_ink_row(const float *line, int w, int channel, LacInkSums *sums)
{
    LacInkSums s = { 0, 0, 0 };

    for (int x = 0; x < w; x++) {
        const double weight = line[(size_t)x * 4 + 3], v = line[(size_t)x * 4 + channel];

        s.weight += weight;
        s.sum += v;
        s.square += weight > 0 ? v * v / weight : 0;
    }
    *sums = s;
}

/* The mean of a channel and the factor that brings its spread down to `deviation`; false where there are no lines. */
LAC_HD bool lac_ink_fit(const LacInkSums *rows, int h, float deviation, float *mean, float *scale)
{
    double weight = 0, sum = 0, square = 0, middle, squared, variance, spread;

    for (int y = 0; y < h; y++) {
        weight += rows[y].weight;
        sum += rows[y].sum;
        square += rows[y].square;
    }
    if (weight <= 0) {
        return false;
    }
    middle = sum / weight;
#ifdef __CUDA_ARCH__
    squared = __dmul_rn(middle, middle);
#else
    squared = middle * middle;
#endif
    variance = square / weight - squared;
    spread = variance > 0 ? deviation / sqrt(variance) : 1;
    *mean = (float)middle;
    *scale = spread < 1 ? (float)spread : 1;
    return true;
}

/* A channel of a cell's line moves to the ink's mean and spread. */
LAC_HD float lac_ink_match(float v, float darkness, float mean, float scale, float ink)
{
    return lac_weighted(lac_product(ink, darkness), scale, v - lac_product(mean, darkness));
}

/* --- native pixels --- */

/* The four cells around a native pixel and their bilinear weights. */
LAC_HD void lac_paint_quad(LacPlaceOnAxis px, LacPlaceOnAxis py, int w, int h, size_t cell[4], float weight[4])
{
    const int x1 = px.at + 1 < w ? px.at + 1 : px.at, y1 = py.at + 1 < h ? py.at + 1 : py.at;

    cell[0] = (size_t)py.at * w + px.at;
    cell[1] = (size_t)py.at * w + x1;
    cell[2] = (size_t)y1 * w + px.at;
    cell[3] = (size_t)y1 * w + x1;
    weight[0] = lac_product(1 - px.frac, 1 - py.frac);
    weight[1] = lac_product(px.frac, 1 - py.frac);
    weight[2] = lac_product(1 - px.frac, py.frac);
    weight[3] = lac_product(px.frac, py.frac);
}

/* Weights for a pixel whose own cell (number `own` of the four) is clear: clear cells beside it count, the diagonal one
 * only through a clear neighbour. A line between two clear cells that touch by a side would have darkened one of them. */
LAC_HD void lac_paint_join(const uint8_t *clear, const size_t cell[4], int own, float weight[4])
{
    bool is_clear[4], either = false;

    for (int k = 0; k < 4; k++) {
        is_clear[k] = clear[cell[k]];
        either = either || (is_clear[k] && (k == (own ^ 1) || k == (own ^ 2)));
    }
    for (int k = 0; k < 4; k++) { /* no index that is not known beforehand: a GPU would keep the weights in memory */
        if (k == own) {
            weight[k] += 1e-6f; /* never an empty sum */
        } else if (!is_clear[k] || (k == (own ^ 3) && !either)) {
            weight[k] = 0;
        }
    }
}

/* Weights for the prediction as it is, light cells before dark ones. */
LAC_HD void lac_paint_lighten(const float *value, const size_t cell[4], float weight[4])
{
    for (int i = 0; i < 4; i++) {
        weight[i] = lac_product(weight[i] + 1e-6f, value[cell[i] * 4 + 3]);
    }
}

LAC_HD void lac_paint_blend(const float *value, const size_t cell[4], const float weight[4], float colour[3])
{
    float sum[4] = { 0, 0, 0, 0 };

    for (int k = 0; k < 4; k++) {
        for (int c = 0; c < 3; c++) {
            sum[c] = lac_weighted(sum[c], weight[k], value[cell[k] * 4 + c]);
        }
        sum[3] += weight[k];
    }
    for (int c = 0; c < 3; c++) {
        colour[c] = sum[c] / sum[3];
    }
}

LAC_HD uint8_t lac_paint_mix(int under, float over, int dark)
{
    const float v = lac_weighted((float)(under * (255 - dark)), over, (float)dark) / 255.0f + 0.5f;

    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* What a line that covers a pixel of this fill has for colour, 0..255. line: its cell's; black: without colours of the
 * references. */
LAC_HD void lac_paint_line_colour(const float *line, bool black, const float fill[3], float over[3])
{
    const bool own_colour = !black && line[3] > 0.05f;

    for (int i = 0; i < 3; i++) {
        const float v = own_colour ? line[i] / line[3] : !black ? fill[i] : 0;

        over[i] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
}

/* A pixel blended with what was transferred. */
LAC_HD void lac_paint_lay_over(const uint8_t *transferred, uint8_t *pixel)
{
    for (int i = 0; i < 3; i++) {
        pixel[i] = (uint8_t)((pixel[i] * (255 - transferred[3]) + transferred[i] * transferred[3] + 127) / 255);
    }
}

#endif
