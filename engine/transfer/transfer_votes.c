/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes of neighbouring patches for displacements, and their refinement; see transfer_votes.h. */
#include "transfer/transfer_votes.h"

#include <string.h>

#include "transfer/transfer_patch.h"

enum { PATCHES = 32 }; /* LAC_TRANSFER_VOTES, in whole vectors */
#define BITS(n) 1U << (n), 2U << (n), 4U << (n), 8U << (n), 16U << (n), 32U << (n), 64U << (n), 128U << (n)

void lac_transfer_weigh(LacTransfer *t, const float *lag, int count)
{
    const size_t n = (size_t)t->match.width * t->match.height;

    for (int r = 0; r < count; r++) {
        const float late = lac_transfer_late(lag[r]);
#pragma omp parallel for num_threads(t->threads) schedule(static)
        for (size_t i = 0; i < n; i++) {
            t->weight[r * n + i] = lac_transfer_weight(t->match.field[r].cost[i], late);
        }
    }
}

/* Adds the patches of a row in the order in which `collect` does, so that the sums are the same bits. */
static void add_row(const float *weight, float *sum, int w)
{
#pragma omp simd
    for (int x = LAC_TRANSFER_VOTE; x < w - LAC_TRANSFER_VOTE; x++) {
        float s = sum[x];

        for (int k = -LAC_TRANSFER_VOTE; k <= LAC_TRANSFER_VOTE; k++) {
            s += weight[x + k];
        }
        sum[x] = s;
    }
}

/* Where the displacements of a row are not its own: what differs in x and y. */
static void compare_row(const LacOffset *row, const LacOffset *own, uint16_t *differ, int w)
{
#pragma omp simd
    for (int x = 0; x < w; x++) {
        differ[x] |= (uint16_t)((row[x].x ^ own[x].x) | (row[x].y ^ own[x].y));
    }
}

void lac_transfer_unite(const LacTransfer *t, int count, int cy, uint16_t *differ, float *united)
{
    const int w = t->match.width, h = t->match.height, reach = LAC_TRANSFER_VOTE;

    memset(united, 0, (size_t)count * w * sizeof *united);
    for (int r = 0; r < count; r++) {
        const LacOffset *offset = t->match.field[r].offset, *own = offset + (size_t)cy * w;
        float *sum = united + (size_t)r * w;

        memset(differ, 0, (size_t)w * sizeof *differ);
        for (int y = cy < reach ? 0 : cy - reach; y <= cy + reach && y < h; y++) {
            add_row(t->weight + ((size_t)r * h + y) * w, sum, w);
            compare_row(offset + (size_t)y * w, own, differ, w);
        }
        for (int x = 0, alike = 0; x < w; x++) { /* columns up to x, each alike and like the one before */
            const bool same = x > 0 && own[x].x == own[x - 1].x && own[x].y == own[x - 1].y;

            alike = differ[x] ? 0 : same ? alike + 1 : 1;
            if (x >= 2 * reach && alike <= 2 * reach) {
                sum[x - reach] = 0;
            }
        }
    }
}

/* Which of the patches have the displacement of one of them: bit i for patch i. */
static uint32_t like(const uint32_t *offset, uint32_t one)
{
    static const uint32_t bit[PATCHES] = { BITS(0), BITS(8), BITS(16), BITS(24) };
    uint32_t same = 0;

#pragma omp simd reduction(| : same)
    for (int i = 0; i < PATCHES; i++) {
        same |= offset[i] == one ? bit[i] : 0;
    }
    return same;
}

/* Adds the votes of one reference's patches over a cell to the `n` at hand, those of a displacement in picture order. */
static int collect(const LacTransfer *t, int ref, int cx, int cy, LacSource *all, int n)
{
    const int w = t->match.width, h = t->match.height, reach = LAC_TRANSFER_VOTE;
    const int left = cx < reach ? 0 : cx - reach, right = cx + reach < w ? cx + reach + 1 : w;
    const LacOffset *offset = t->match.field[ref].offset;
    const float *weight = t->weight + (size_t)ref * w * h;
    uint32_t patch[PATCHES] = { 0 }, rest = 0;
    float counts[PATCHES];
    int m = 0;

    for (int y = cy < reach ? 0 : cy - reach; y <= cy + reach && y < h; y++) {
        for (int x = left; x < right; x++, m++) {
            memcpy(&patch[m], &offset[(size_t)y * w + x], sizeof patch[m]);
            counts[m] = weight[(size_t)y * w + x];
            rest |= 1U << m;
        }
    }
    while (rest) {
        const int first = __builtin_ctz(rest);
        uint32_t same = like(patch, patch[first]) & rest;
        LacOffset o;
        float sum = 0;

        memcpy(&o, &patch[first], sizeof o);
        rest ^= same;
        for (; same; same &= same - 1) {
            sum += counts[__builtin_ctz(same)];
        }
        all[n++] = (LacSource){ ref, o.x, o.y, sum };
    }
    return n;
}

int lac_transfer_vote(const LacTransfer *t, int count, int cx, int cy, const float *united,
                      LacSource list[LAC_TRANSFER_SOURCES])
{
    LacSource all[LAC_TRANSFER_VOTES * LAC_MATCH_MAX_FIELDS];
    const size_t own = (size_t)cy * t->match.width + cx;
    int n = 0, kept = 0;

    for (int r = 0; r < count; r++) {
        const float sum = united[(size_t)r * t->match.width + cx];
        const LacOffset o = t->match.field[r].offset[own];

        if (sum > 0) {
            all[n++] = (LacSource){ r, o.x, o.y, sum };
        } else {
            n = collect(t, r, cx, cy, all, n);
        }
    }
    while (kept < LAC_TRANSFER_SOURCES && kept < n) {
        int best = kept;
        for (int k = kept + 1; k < n; k++) {
            best = all[k].weight > all[best].weight ? k : best;
        }
        if (kept && all[best].weight < LAC_TRANSFER_LEAST_SHARE * list[0].weight) {
            break;
        }
        list[kept] = all[best];
        all[best] = all[kept];
        list[kept].x = t->scaled_x[list[kept].x + t->match.width];
        list[kept].y = t->scaled_y[list[kept].y + t->match.height];
        kept++;
    }
    return kept;
}

/* Moves one source of the cell in `box`, whose line art is `patch`. */
static void refine(const LacTransfer *t, const LacPatch *patch, const LacTransferRef *ref, LacBox box, LacSource *s)
{
    const int32_t pixels = (box.right - box.left) * (box.bottom - box.top);
    const LacSource from = *s;
    int32_t least = INT32_MAX;

    for (int i = 0; i < LAC_TRANSFER_PLACES; i++) {
        const int x = from.x + t->place[i].x, y = from.y + t->place[i].y;
        const int32_t far = t->place[i].ring * pixels;

        if (far >= least) {
            break; /* nor is any place to come less far */
        }
        if (lac_transfer_inside(box, x, y, t->width, t->height)) {
            const uint8_t *there = ref->gray + (size_t)(box.top + y) * t->width + (box.left + x);
            const int32_t d = lac_patch_difference(patch, there, t->width) + far;
            if (d < least) {
                least = d;
                s->x = x;
                s->y = y;
            }
        }
    }
    if (least < INT32_MAX) {
        s->weight = lac_product(s->weight, lac_transfer_agreement(least, pixels));
    }
}

void lac_transfer_refine(const LacTransfer *t, LacTransferRef *const *refs, const uint8_t *gray, LacBox box,
                         uint8_t *pixels, LacSource *list, int n)
{
    LacPatch patch = { .pixels = pixels };

    lac_patch_pack(&patch, gray + (size_t)box.top * t->width + box.left, t->width, box.right - box.left,
                   box.bottom - box.top);
    for (int k = 0; k < n; k++) {
        refine(t, &patch, refs[list[k].ref], box, &list[k]);
    }
}
