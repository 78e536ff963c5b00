/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the vote needs of a reference: its region labels and the colours of each region; see
 * vote_ref.h. */
#include "regions/vote_ref.h"

#include <string.h>

#include "picture/runs.h"
#include "regions/vote_bins.h"

/* Pixels of each region together, in picture order: counting sort. Each thread has a strip, whose pixels of a region come behind
 * those of the strips above. */
void lac_vote_sort(const int32_t *label, size_t n, int count, int threads, size_t *start, int32_t *order)
{
    const size_t labels = (size_t)count + 1, room = labels + 1, strips = (size_t)threads;
    size_t sum = 0;

    memset(start, 0, strips * room * sizeof *start);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t s = 0; s < strips; s++) {
        const size_t to = n * (s + 1) / strips;

        for (size_t i = n * s / strips, end; i < to; i = end) {
            end = lac_run_end(label, i, to);
            start[s * room + (size_t)label[i]] += end - i;
        }
    }
    for (size_t c = 0; c < labels; c++) {
        for (size_t s = 0; s < strips; s++) {
            const size_t here = start[s * room + c];

            start[s * room + c] = sum;
            sum += here;
        }
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t s = 0; s < strips; s++) {
        const size_t to = n * (s + 1) / strips;

        for (size_t i = n * s / strips, end; i < to; i = end) {
            size_t *const next = &start[s * room + (size_t)label[i]];

            end = lac_run_end(label, i, to);
#pragma omp simd
            for (size_t k = i; k < end; k++) {
                order[*next + k - i] = (int32_t)k;
            }
            *next += end - i;
        }
    }
    memmove(start + 1, start + (strips - 1) * room, labels * sizeof *start); /* where the last strip's ended */
    start[0] = 0;
}

/* Writes the bins of the pixels order[from..to) to `bins` and returns their number; `slot` is zero
 * before and after. */
static size_t count_bins(const LacRegions *r, const uint8_t *rgb, const int32_t *order, size_t n,
                         int32_t *slot, LacVoteBin *bins)
{
    size_t used = 0;

    for (size_t k = 0; k < n; k++) {
        const int32_t i = order[k];
        const int bin = lac_vote_bin(rgb + (size_t)i * 3);

        if (!slot[bin]) {
            bins[used] = (LacVoteBin){(uint16_t)bin, 0, 0};
            slot[bin] = (int32_t)++used;
        }
        LacVoteBin *b = &bins[slot[bin] - 1];
        if (r->squared[i] >= LAC_VOTE_FAR) {
            b->far++;
        } else {
            b->beside++;
        }
    }
    for (size_t k = 0; k < used; k++) {
        slot[bins[k].bin] = 0;
    }
    return used;
}

int lac_vote_ref_open(LacVoteRef *ref, const LacRegions *r, const uint8_t *rgb, bool palette, const LacLog *log)
{
    const size_t n = (size_t)r->width * r->height;
    int32_t *order = lac_alloc(n, sizeof *order), *slot = lac_calloc(LAC_VOTE_BINS, sizeof *slot);
    size_t *start = lac_alloc(((size_t)r->count + 2) * (size_t)r->threads, sizeof *start), used = 0;
    int err = LAC_ENOMEM;
    LacVoteBin *bins = lac_alloc(n, sizeof *bins);

    *ref = (LacVoteRef){.width = r->width, .height = r->height, .count = r->count};
    ref->label = lac_alloc(n, sizeof *ref->label);
    ref->first = lac_alloc((size_t)r->count + 2, sizeof *ref->first);
    ref->number = lac_calloc((size_t)r->count + 1, sizeof *ref->number);
    ref->area = lac_alloc((size_t)r->count + 1, sizeof *ref->area);
    if (order && slot && start && bins && ref->label && ref->first && ref->number && ref->area) {
        memcpy(ref->label, r->label, n * sizeof *ref->label);
        lac_vote_sort(r->label, n, r->count, r->threads, start, order);
        ref->first[0] = 0;
        for (int c = 0; c <= r->count; c++) {
            used +=
                count_bins(r, rgb, order + start[c], start[c + 1] - start[c], slot, bins + used);
            ref->first[c + 1] = used;
            ref->area[c] = (int32_t)(start[c + 1] - start[c]);
        }
        ref->bins = lac_alloc(used, sizeof *ref->bins);
        if (ref->bins) {
            memcpy(ref->bins, bins, used * sizeof *bins);
            err = palette ? lac_palette_open(&ref->palette, r, rgb, order, start, log) : LAC_OK;
        }
    }
    lac_free(order);
    lac_free(slot);
    lac_free(start);
    lac_free(bins);
    if (err) {
        lac_vote_ref_close(ref);
        return lac_fail(log, LAC_ENOMEM, "no memory for the regions of a reference of %dx%d",
                        r->width, r->height);
    }
    return LAC_OK;
}

void lac_vote_ref_close(LacVoteRef *ref)
{
    lac_free(ref->label);
    lac_free(ref->first);
    lac_free(ref->bins);
    lac_free(ref->number);
    lac_free(ref->area);
    lac_free(ref->borders);
    lac_palette_close(&ref->palette);
    *ref = (LacVoteRef){0};
}
