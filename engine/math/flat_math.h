/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about flat colours, pixel by pixel; flat.h has the rules. */
#ifndef LAC_FLAT_MATH_H
#define LAC_FLAT_MATH_H

#include "lac.h"
#include "math/vote_math.h"

#define LAC_FLAT_KNOWN 0.4f
enum {
    LAC_FLAT_CLASSES = 160,
    LAC_FLAT_SURE = 12,
    LAC_FLAT_FOREIGN = 32, /* levels from every class of its region: not a colour the region should have */
    LAC_FLAT_NEARBY = 2,
    LAC_FLAT_ISLAND = 6,
    LAC_FLAT_EDGE = 40,
    LAC_FLAT_APART = 64 * 64, /* squared: pixels of a thin region that are further from a class all count alike */
};

/* How a pixel got its class. */
enum LacFlatState {
    LAC_FLAT_NOT_YET,
    LAC_FLAT_OF,   /* near enough */
    LAC_FLAT_LIKE, /* the nearest, of a mixture */
    LAC_FLAT_NEXT, /* to be taken from a neighbour in this step of the fronts */
    LAC_FLAT_TOOK, /* a neighbour's */
};

/* What has become of a pixel. */
enum LacFlatMade {
    LAC_FLAT_LEFT,  /* stays as it was */
    LAC_FLAT_EXACT, /* has its class's colour */
    LAC_FLAT_LINED, /* has it with the line's share of ink over it */
};

LAC_HD int lac_flat_difference(const uint8_t *a, const uint8_t *b)
{
    int most = 0;

    for (int c = 0; c < 3; c++) {
        const int d = a[c] < b[c] ? b[c] - a[c] : a[c] - b[c];

        most = d > most ? d : most;
    }
    return most;
}

LAC_HD int lac_flat_squared(const uint8_t *a, const uint8_t *b)
{
    int sum = 0;

    for (int c = 0; c < 3; c++) {
        sum += (a[c] - b[c]) * (a[c] - b[c]);
    }
    return sum;
}

/* Colours of a region's classes, `step` bytes apart. */
typedef struct LacFlatColours {
    const uint8_t *first;
    size_t step;
    int n;
} LacFlatColours;

LAC_HD const uint8_t *lac_flat_colour(const LacFlatColours *k, int at)
{
    return k->first + (size_t)at * k->step;
}

/* The first of the nearest classes; there is one at least. */
LAC_HD int lac_flat_nearest(const LacFlatColours *k, const uint8_t *rgb)
{
    int best = 0, least = lac_flat_squared(k->first, rgb);

    for (int i = 1; i < k->n && least; i++) {
        const int d = lac_flat_squared(lac_flat_colour(k, i), rgb);

        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

/* What a pixel of a region that lies all beside lines says against a class: a whole number, so that any order adds up to the same. */
LAC_HD int64_t lac_flat_against(int gray, const uint8_t *colour, const uint8_t *rgb)
{
    const int d = lac_flat_squared(colour, rgb);

    return (int64_t)gray * gray * (d < LAC_FLAT_APART ? d : LAC_FLAT_APART);
}

/* Of pixels that show their own colour the share near a class. */
LAC_HD float lac_flat_share(int known, int all)
{
    return all ? (float)known / (float)all : 0;
}

/* A frame's pixels: region, how they got their class, and which of their region's. */
typedef struct LacFlatPlanes {
    int width, height;
    const int32_t *label;
    const uint8_t *state, *own;
} LacFlatPlanes;

/* The class of a mixture: the nearest of those that sure pixels around have, or the one it has. */
LAC_HD int lac_flat_around(const LacFlatPlanes *p, const LacFlatColours *k, int x, int y, const uint8_t *rgb)
{
    const size_t i = (size_t)y * (size_t)p->width + (size_t)x;
    int best = p->own[i], least = INT32_MAX;

    for (int b = y - LAC_FLAT_NEARBY; b <= y + LAC_FLAT_NEARBY; b++) {
        for (int a = x - LAC_FLAT_NEARBY; a <= x + LAC_FLAT_NEARBY; a++) {
            const size_t j = (size_t)b * (size_t)p->width + (size_t)a;

            if (a >= 0 && a < p->width && b >= 0 && b < p->height && p->label[j] == p->label[i] && p->state[j] == LAC_FLAT_OF) {
                const int d = lac_flat_squared(lac_flat_colour(k, p->own[j]), rgb);

                if (d < least) {
                    least = d;
                    best = p->own[j];
                }
            }
        }
    }
    return best;
}

/* The class that most of the neighbours have; of several the first. */
LAC_HD int lac_flat_commonest(const uint8_t *list, int n)
{
    int best = -1, most = 0;

    for (int i = 0; i < n; i++) {
        int votes = 0;

        for (int j = 0; j < n; j++) {
            votes += list[j] == list[i];
        }
        if (votes > most || (votes == most && list[i] < best)) {
            most = votes;
            best = list[i];
        }
    }
    return best;
}

/* The class of a mixture once islands of a class, small and without a sure pixel, have joined what lies around them. All look at
 * what was there before any joined. */
LAC_HD int lac_flat_joined(const LacFlatPlanes *p, int32_t from)
{
    int32_t island[LAC_FLAT_ISLAND];
    uint8_t around[4 * LAC_FLAT_ISLAND];
    int n = 1, others = 0;

    island[0] = from;
    for (int next = 0; next < n; next++) {
        const int x = island[next] % p->width, y = island[next] / p->width;

        for (int d = 0; d < 4; d++) {
            const int nx = x + (d == 2) - (d == 1), ny = y + (d == 3) - (d == 0);
            const int32_t j = ny * p->width + nx;
            bool seen = nx < 0 || ny < 0 || nx >= p->width || ny >= p->height || p->label[j] != p->label[from] ||
                        p->state[j] == LAC_FLAT_NOT_YET;

            for (int q = 0; q < n && !seen; q++) {
                seen = island[q] == j;
            }
            if (seen) {
                continue;
            }
            if (p->own[j] != p->own[from]) {
                around[others++] = p->own[j];
            } else if (p->state[j] == LAC_FLAT_OF || n == LAC_FLAT_ISLAND) {
                return p->own[from];
            } else {
                island[n++] = j;
            }
        }
    }
    return others ? lac_flat_commonest(around, others) : p->own[from];
}

/* Lighter pixels hold no line. */
LAC_HD int lac_flat_paper(int threshold)
{
    return threshold + (255 - threshold) * 4 / 5;
}

/* How lines are drawn, and what is known of a pixel. */
typedef struct LacFlatDrawing {
    enum LacLines lines;
    float ink[3]; /* of the references' lines */
    int paper;
} LacFlatDrawing;

typedef struct LacFlatPixel {
    int gray, black; /* black: without coloured ink */
    int squared;     /* distance from lines */
    bool inside;     /* a region */
    bool solid;      /* a black one */
} LacFlatPixel;

/* Step 4: what becomes of a pixel `o` that has a class of colour `flat`. */
LAC_HD enum LacFlatMade lac_flat_draw(const LacFlatDrawing *d, const LacFlatPixel *p, const uint8_t *flat, uint8_t *o)
{
    const bool ref = d->lines == LAC_LINES_REF;
    uint8_t drawn[3];

    if (ref && p->solid) {
        return LAC_FLAT_LEFT;
    }
    for (int c = 0; c < 3; c++) {
        drawn[c] = (uint8_t)(lac_weighted((float)(flat[c] * p->black), d->ink[c], (float)(255 - p->black)) / 255 + 0.5f);
    }
    if (ref && (p->squared < LAC_VOTE_FAR || p->black < d->paper)) {
        const bool inked = p->gray < d->paper && p->black >= d->paper; /* coloured ink, which is not drawn */

        if ((!p->inside && !inked) || lac_flat_difference(o, drawn) <= LAC_FLAT_EDGE) {
            return LAC_FLAT_LEFT;
        }
    } else if (d->lines != LAC_LINES_KEEP || p->black == 255) {
        for (int c = 0; c < 3; c++) {
            o[c] = flat[c];
        }
        return LAC_FLAT_EXACT;
    }
    for (int c = 0; c < 3; c++) {
        o[c] = drawn[c];
    }
    return LAC_FLAT_LINED;
}

#endif
