/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much the line art of two frames differs around each pixel: the difference, blurred, the greatest of a
 * neighbourhood, smoothed. What trembles by less than a pixel counts little, what moves counts fully. */
#include "math/refine_math.h"
#include "net/stages.h"

/* out = sum of taps[k] in[. + k - reach], down the columns, the edges repeated */
static void filter_down(const float *in, const float *taps, int reach, int h, int w, float *out)
{
    for (int y = 0; y < h; y++) {
        float *to = out + (size_t)y * w;

        for (int x = 0; x < w; x++) {
            to[x] = 0;
        }
        for (int k = -reach; k <= reach; k++) {
            const float *from = in + (size_t)lac_refine_place(y + k, h) * w;
            const float tap = taps[k + reach];

            for (int x = 0; x < w; x++) {
                to[x] = lac_weighted(to[x], tap, from[x]);
            }
        }
    }
}

static void filter_across(const float *in, const float *taps, int reach, int h, int w, float *out)
{
    for (int y = 0; y < h; y++) {
        const float *from = in + (size_t)y * w;
        float *to = out + (size_t)y * w;

        for (int x = 0; x < w; x++) {
            float sum = 0;

            for (int k = -reach; k <= reach; k++) {
                sum = lac_weighted(sum, taps[k + reach], from[lac_refine_place(x + k, w)]);
            }
            to[x] = sum;
        }
    }
}

/* The greatest |value| within LAC_DIFFER_REACH on both axes; tmp is scratch. */
static void greatest(const float *in, int h, int w, float *tmp, float *out)
{
    for (int y = 0; y < h; y++) {
        const float *from = in + (size_t)y * w;
        float *to = tmp + (size_t)y * w;

        for (int x = 0; x < w; x++) {
            float most = 0;

            for (int k = lac_refine_place(x - LAC_DIFFER_REACH, w); k <= lac_refine_place(x + LAC_DIFFER_REACH, w); k++) {
                most = lac_differ_larger(most, from[k]);
            }
            to[x] = most;
        }
    }
    for (int y = 0; y < h; y++) {
        float *to = out + (size_t)y * w;

        for (int x = 0; x < w; x++) {
            to[x] = 0;
        }
        for (int k = lac_refine_place(y - LAC_DIFFER_REACH, h); k <= lac_refine_place(y + LAC_DIFFER_REACH, h); k++) {
            const float *from = tmp + (size_t)k * w;

            for (int x = 0; x < w; x++) {
                to[x] = to[x] > from[x] ? to[x] : from[x];
            }
        }
    }
}

void lac_line_difference(const float *a, const float *b, int h, int w, float *scratch, float *out)
{
    const float blur[5] = { lac_differ_blur(-2), lac_differ_blur(-1), lac_differ_blur(0), lac_differ_blur(1), lac_differ_blur(2) };
    static const float mean[3] = { 1 / 3.0f, 1 / 3.0f, 1 / 3.0f };
    size_t area = (size_t)h * (size_t)w;
    float *one = scratch, *two = scratch + area;

    for (size_t i = 0; i < area; i++) {
        one[i] = lac_differ_levels(a[i], b[i]);
    }
    filter_down(one, blur, 2, h, w, two);
    filter_across(two, blur, 2, h, w, one);
    greatest(one, h, w, out, two);
    filter_down(two, mean, 1, h, w, one);
    filter_across(one, mean, 1, h, w, out);
    for (size_t i = 0; i < area; i++) {
        out[i] = lac_differ_of(out[i]);
    }
}
