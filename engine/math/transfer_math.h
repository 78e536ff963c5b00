/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What copying from references computes for one cell and one pixel, on the host and on a GPU: transfer.c says how the parts
 * go together. */
#ifndef LAC_TRANSFER_MATH_H
#define LAC_TRANSFER_MATH_H

#include <stdbool.h>

#include "math/match_math.h"
#include "math/number.h"

enum {
    LAC_TRANSFER_VOTE = 2,    /* patches of 5x5 cells vote */
    LAC_TRANSFER_VOTES = (2 * LAC_TRANSFER_VOTE + 1) * (2 * LAC_TRANSFER_VOTE + 1),
    LAC_TRANSFER_SOURCES = 8, /* displacements a cell mixes at most */
    LAC_TRANSFER_REFINE = 2,  /* native pixels a displacement is moved by at most, for the line art */
    LAC_TRANSFER_PLACES = (2 * LAC_TRANSFER_REFINE + 1) * (2 * LAC_TRANSFER_REFINE + 1),
    LAC_TRANSFER_AROUND = 2,  /* native pixels around a cell that say where to */
    LAC_TRANSFER_LINE = 230,  /* reference line art darker than this is no fill: paint.c calls such pixels clear */
};

#define LAC_TRANSFER_LEAST_SHARE 0.05f /* votes below this share of the first do not count */

/* What a cell copies: a native displacement in one reference. */
typedef struct LacSource {
    int ref, x, y;
    float weight;
} LacSource;

/* Native pixels [left, right) x [top, bottom). */
typedef struct LacBox {
    int left, top, right, bottom;
} LacBox;

/* A pixel's mean, as its sources come in. */
typedef struct LacBlend {
    float colour[3], sum, all;
} LacBlend;

LAC_HD int lac_transfer_clamp(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* The first of n native pixels that lies in cell i or a later one: pixel p lies in cell (2 p + 1) * cells / (2 n), as in
 * paint.c. */
LAC_HD int lac_transfer_first(int i, int n, int cells)
{
    return (int)(((int64_t)2 * i * n + cells - 1) / (2 * (int64_t)cells));
}

/* A displacement of cells in native pixels, rounded. */
LAC_HD int lac_transfer_scaled(int v, int native, int cells)
{
    const int64_t twice = 2 * (int64_t)v * native;

    return (int)((twice >= 0 ? twice + cells : twice - cells) / (2 * (int64_t)cells));
}

/* How much less a vote counts for its reference's distance in time (lac_refs_lag). */
LAC_HD float lac_transfer_late(float lag)
{
    return lac_product(0.5f, lag + 1);
}

/* How much a patch's displacement counts by its cost. */
LAC_HD float lac_transfer_weight(int32_t cost, float late)
{
    return lac_exp(lac_weighted(-late, -50 / LAC_MATCH_UNIT, (float)cost)) + 1e-12f;
}

/* How much a pixel counts by the difference of its line art from the reference's, 0..255. */
LAC_HD float lac_transfer_alike(int difference)
{
    return lac_exp(lac_product(-4, (float)difference) / 255);
}

/* The same for a source, by the summed difference around its cell. */
LAC_HD float lac_transfer_agreement(int32_t difference, int32_t pixels)
{
    return lac_exp(lac_product(-10, (float)difference) / lac_product(255, (float)pixels));
}

/* The native pixels of cells [left, right) x [top, bottom) and those around them. */
LAC_HD LacBox lac_transfer_box(int left, int top, int right, int bottom, int width, int height)
{
    const LacBox box = { lac_transfer_clamp(left - LAC_TRANSFER_AROUND, width),
                         lac_transfer_clamp(top - LAC_TRANSFER_AROUND, height),
                         lac_transfer_clamp(right + LAC_TRANSFER_AROUND, width + 1),
                         lac_transfer_clamp(bottom + LAC_TRANSFER_AROUND, height + 1) };

    return box;
}

/* Place i of LAC_TRANSFER_PLACES around a displacement: ring after ring, each in rows. Returns its ring. */
LAC_HD int lac_transfer_place(int i, int *dx, int *dy)
{
    int ring = 0, first = 0;

    while (i >= (2 * ring + 1) * (2 * ring + 1)) {
        first = (2 * ring + 1) * (2 * ring + 1);
        ring++;
    }
    i -= first;
    if (i <= 2 * ring) {
        *dy = -ring;
        *dx = i - ring;
    } else if (i < 6 * ring - 1) {
        i -= 2 * ring + 1;
        *dy = 1 - ring + i / 2;
        *dx = i % 2 ? ring : -ring;
    } else {
        *dy = ring;
        *dx = i - (6 * ring - 1) - ring;
    }
    return ring;
}

LAC_HD bool lac_transfer_inside(LacBox box, int dx, int dy, int width, int height)
{
    return box.left + dx >= 0 && box.top + dy >= 0 && box.right + dx <= width && box.bottom + dy <= height;
}

/* Summed difference of the line art in a box and of a reference's, displaced; given up at `most`. */
LAC_HD int32_t lac_transfer_difference(const uint8_t *gray, const uint8_t *ref, int width, LacBox box, int dx, int dy,
                                       int32_t most)
{
    int32_t sum = 0;

    for (int y = box.top; y < box.bottom && sum < most; y++) {
        const uint8_t *a = gray + (size_t)y * width, *b = ref + (size_t)(y + dy) * width + dx;

        for (int x = box.left; x < box.right; x++) {
            const int d = a[x] - b[x];

            sum += d < 0 ? -d : d;
        }
    }
    return sum;
}

/* Adds the pixel of a source that counts `weight`, times `alike` for its own line art. Returns what it counts then. */
LAC_HD float lac_transfer_add(LacBlend *b, const uint8_t *rgb, float weight, float alike)
{
    const float share = lac_product(weight, alike);

    for (int i = 0; i < 3; i++) {
        b->colour[i] = lac_weighted(b->colour[i], share, rgb[i]);
    }
    b->sum += share;
    b->all += weight;
    return share;
}

/* How sure the mean is. */
LAC_HD uint8_t lac_transfer_sure(const LacBlend *b)
{
    return (uint8_t)lac_weighted(0.5f, b->sum / b->all, 255);
}

/* R, G, B and how sure they are. */
LAC_HD void lac_transfer_mean(const LacBlend *b, uint8_t out[4])
{
    for (int i = 0; i < 3; i++) {
        const float above = b->sum > 0 ? b->colour[i] / b->sum + 0.5f : 0;

        out[i] = (uint8_t)above;
    }
    out[3] = lac_transfer_sure(b);
}

#endif
