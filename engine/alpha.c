/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alpha of each region from its carried pixels; see alpha.h. */
#include "alpha.h"

#include <string.h>

#include "regions/vote_bins.h"

enum { OPAQUE = 65535, BINS = 256, SURE = 128 };

int lac_alpha_open(LacAlpha *a, int width, int height, int gap, int threads, const LacLog *log)
{
    const size_t n = (size_t)width * height;
    int err;

    *a = (LacAlpha){ .log = log };
    err = lac_regions_open(&a->regions, width, height, gap, threads, log);
    a->fill = lac_alloc(n, sizeof *a->fill);
    a->order = lac_alloc(n, sizeof *a->order);
    if (!err && (!a->fill || !a->order)) {
        err = lac_fail(log, LAC_ENOMEM, "no memory for the alpha of frames of %dx%d", width, height);
    }
    return err;
}

void lac_alpha_close(LacAlpha *a)
{
    lac_regions_close(&a->regions);
    lac_free(a->fill);
    lac_free(a->order);
    *a = (LacAlpha){ 0 };
}

/* Sureness of each bin of alpha over some pixels; returns the sum. */
static int64_t count(const LacAlpha *a, const int32_t *at, size_t n, bool far, const uint8_t *transferred,
                     const uint16_t *exact, int64_t bins[BINS])
{
    int64_t all = 0;

    memset(bins, 0, BINS * sizeof *bins);
    for (size_t k = 0; k < n; k++) {
        const int32_t i = at[k];

        if (!far || a->regions.squared[i] >= LAC_VOTE_FAR) {
            bins[exact[(size_t)i * 4 + 3] >> 8] += transferred[(size_t)i * 4 + 3];
            all += transferred[(size_t)i * 4 + 3];
        }
    }
    return all;
}

static uint16_t mean_of_bin(const int32_t *at, size_t n, int bin, const uint8_t *transferred, const uint16_t *exact)
{
    int64_t sum = 0, weight = 0;

    for (size_t k = 0; k < n; k++) {
        const uint16_t alpha = exact[(size_t)at[k] * 4 + 3];
        const int share = transferred[(size_t)at[k] * 4 + 3];

        if (alpha >> 8 == bin) {
            sum += (int64_t)share * alpha;
            weight += share;
        }
    }
    return (uint16_t)(weight ? (sum + weight / 2) / weight : bin * 257);
}

static void settle(LacAlpha *a, const int32_t *at, size_t n, const uint8_t *transferred, const uint16_t *exact)
{
    int64_t bins[BINS], all = count(a, at, n, true, transferred, exact, bins), below = 0;
    int most = 0, median = 0;

    if (!all) {
        all = count(a, at, n, false, transferred, exact, bins);
    }
    for (int b = 1; b < BINS; b++) {
        most = bins[b] > bins[most] ? b : most;
    }
    while (median < BINS - 1 && 2 * (below + bins[median]) < all) {
        below += bins[median++];
    }
    const int64_t agree = bins[most] + (most ? bins[most - 1] : 0) + (most < BINS - 1 ? bins[most + 1] : 0);
    const bool whole = (float)agree >= LAC_ALPHA_AGREE * (float)all;
    const uint16_t value = !all    ? OPAQUE
                           : whole ? mean_of_bin(at, n, most, transferred, exact)
                                   : mean_of_bin(at, n, median, transferred, exact);
    for (size_t k = 0; k < n; k++) {
        const uint32_t share = whole || !all ? 0 : transferred[(size_t)at[k] * 4 + 3];
        a->fill[at[k]] = (uint16_t)((exact[(size_t)at[k] * 4 + 3] * share + value * (255 - share) + 127) / 255);
    }
}

int lac_alpha_run(LacAlpha *a, const uint8_t *gray, const uint8_t *transferred, const uint16_t *exact)
{
    const LacRegions *r = &a->regions;
    const size_t n = (size_t)r->width * r->height;
    size_t *start;
    int err = lac_regions_run(&a->regions, gray, a->log);

    if (err) {
        return err;
    }
    start = lac_alloc((size_t)r->count + 2, sizeof *start);
    if (!start) {
        return lac_fail(a->log, LAC_ENOMEM, "no memory for the alpha of %d regions", r->count);
    }
    lac_vote_sort(r->label, n, r->count, 1, start, a->order);
    for (size_t k = start[0]; k < start[1]; k++) { /* lines */
        const size_t i = (size_t)a->order[k];
        a->fill[i] = transferred[i * 4 + 3] >= SURE ? exact[i * 4 + 3] : OPAQUE;
    }
    for (int c = 1; c <= r->count; c++) {
        settle(a, a->order + start[c], start[c + 1] - start[c], transferred, exact);
    }
    lac_free(start);
    return LAC_OK;
}
