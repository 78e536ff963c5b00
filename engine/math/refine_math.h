/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host and a GPU must agree on about the refinement's inputs and what its answers mean, for one pixel; refine.c has
 * the equations, differ.c the difference of line art. */
#ifndef LAC_NET_REFINE_MATH_H
#define LAC_NET_REFINE_MATH_H

#include "math/number.h"

#define LAC_REFINE_FIRM       4.158883f /* log 64: the link of pixels whose line art agrees */
#define LAC_REFINE_MOST_GAIN  2.0f      /* what the network adds to it at most: lines that moved far cannot be argued away */
#define LAC_REFINE_LEAST_LINK (-10.0f)  /* the logarithms' ranges */
#define LAC_REFINE_MOST_LINK  6.0f
#define LAC_REFINE_MOST_TRUST 4.0f

enum { LAC_DIFFER_REACH = 6 };    /* pixels around which the line art has to agree */
#define LAC_DIFFER_MOST   14.0f
#define LAC_DIFFER_LEVELS 127.5f /* of line art in [-1, 1] */
#define LAC_DIFFER_EQUAL  5.0f   /* levels that are a difference of 1 */

LAC_HD int lac_refine_place(int i, int n)
{
    return i < 0 ? 0 : i < n ? i : n - 1;
}

/* Tap k of the blur, -2..2. */
LAC_HD float lac_differ_blur(int k)
{
    return k == 0 ? 0.4026f : k == 1 || k == -1 ? 0.2442f : 0.0545f;
}

LAC_HD float lac_differ_levels(float a, float b)
{
    return lac_product(LAC_DIFFER_LEVELS, b - a);
}

LAC_HD float lac_differ_larger(float most, float v)
{
    v = v < 0 ? -v : v;
    return most > v ? most : v;
}

LAC_HD float lac_differ_of(float levels)
{
    levels /= LAC_DIFFER_EQUAL;
    return levels < LAC_DIFFER_MOST ? levels : LAC_DIFFER_MOST;
}

/* What is not a number counts as the least. */
LAC_HD float lac_refine_within(float v, float least, float most)
{
    return v > least ? v < most ? v : most : least;
}

/* How much two frames' line art agrees, for the network. */
LAC_HD float lac_refine_agreement(float differs)
{
    return lac_exp(-differs);
}

/* gain: what both frames' ties add. */
LAC_HD float lac_refine_link(float differs, float gain)
{
    const float log = LAC_REFINE_FIRM - differs + (gain < LAC_REFINE_MOST_GAIN ? gain : LAC_REFINE_MOST_GAIN);

    return lac_exp(lac_refine_within(log, LAC_REFINE_LEAST_LINK, LAC_REFINE_MOST_LINK));
}

LAC_HD float lac_refine_trust(float tie)
{
    return lac_exp(lac_refine_within(tie, -LAC_REFINE_MOST_TRUST, LAC_REFINE_MOST_TRUST));
}

/* The link without a network. */
LAC_HD float lac_refine_plain(float differs)
{
    return lac_exp(LAC_REFINE_FIRM - differs);
}

#endif
