/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of exact pictures, and their last steps; see exact.h. */
#include "exact.h"

int lac_exact_open(LacExact *e, int width, int height, bool alpha, int gap, int threads, const LacLog *log)
{
    const size_t n = (size_t)width * height;

    *e = (LacExact){ .width = width, .height = height, .threads = threads };
    e->transferred = lac_alloc(n, 4 * sizeof *e->transferred);
    e->picture = lac_alloc(n, 4 * sizeof *e->picture);
    e->rgb = lac_alloc(n, 3);
    if (!e->transferred || !e->picture || !e->rgb) {
        return lac_fail(log, LAC_ENOMEM, "no memory for frames of %dx%d with alpha or 16 bits", width, height);
    }
    return alpha ? lac_alpha_open(&e->alpha, width, height, gap, threads, log) : LAC_OK;
}

void lac_exact_close(LacExact *e)
{
    lac_alpha_close(&e->alpha);
    lac_free(e->transferred);
    lac_free(e->picture);
    lac_free(e->rgb);
    *e = (LacExact){ 0 };
}

void lac_exact_follow(LacExact *e, const LacVote *vote, const uint8_t *gray)
{
    const size_t n = (size_t)e->width * e->height;

#pragma omp parallel for num_threads(e->threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        uint16_t *p = e->picture + i * 4;
        const uint8_t *after = e->rgb + i * 3;
        const bool changed = lac_rgba_white8(p, 0) != after[0] || lac_rgba_white8(p, 1) != after[1] ||
                             lac_rgba_white8(p, 2) != after[2];

        /* the vote leaves the pixels it takes colours from as they are */
        if (changed && vote->from[i] >= 0) {
            lac_rgba_mix(p, e->picture + (size_t)vote->from[i] * 4, (float)gray[i] / 255, p);
        }
    }
}

void lac_exact_flat(LacExact *e, const LacFlat *flat, LacTransferRef *const *refs, const uint8_t *black,
                    enum LacLines lines, const LacLineColour *ink)
{
    const size_t n = (size_t)e->width * e->height;
    uint16_t line[4] = { 0, 0, 0, LAC_OPAQUE };

    for (int c = 0; c < 3 && lines == LAC_LINES_REF && ink->known; c++) {
        line[c] = lac_rgba_round(ink->mean[c] * 257);
    }
#pragma omp parallel for num_threads(e->threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        if (flat->made[i] != LAC_FLAT_LEFT) {
            const LacFlatClass *k = lac_flat_class(flat, i);
            const uint16_t *rgba = refs[k->source]->rgba;
            uint16_t *p = e->picture + i * 4;

            for (int c = 0; c < 4; c++) {
                p[c] = rgba    ? rgba[(size_t)k->at * 4 + c]
                       : c < 3 ? (uint16_t)(k->rgb[c] * 257)
                               : LAC_OPAQUE;
            }
            if (flat->made[i] == LAC_FLAT_LINED) {
                lac_rgba_mix(p, line, (float)(255 - black[i]) / 255, p);
            }
        }
    }
}

void lac_exact_write(LacExact *e, LacPaint *paint, LacPicture *out)
{
    if (e->alpha.fill) {
        lac_paint_bleed(paint, e->picture);
    }
    lac_rgba_write(e->picture, out, e->threads);
}
