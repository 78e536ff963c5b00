/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which keys a block of queries sees, where far-off ones are left out: its mean query finds the vectors worth it. */
#include "ops/cpu/attention_work.h"

#include <string.h>

/* Column j of w->mean: the mean query of a block. */
static void pack_mean(const Attention *a, const Work *w, Block b, int j)
{
    bool bf16 = a->pack == 2;
    size_t c, d = (size_t)a->d;
    float *sum = w->sum, *one = w->sum + d;

    memset(sum, 0, d * sizeof *sum);
    for (int i = 0; i < CPU_QUERIES; i++) {
        a->elements->convert(lac_cpu_query(a, b, i), bf16, one, false, d);
        for (c = 0; c < d; c++) {
            sum[c] += one[c];
        }
    }
    for (c = 0; c < d; c++) {
        sum[c] *= 1.0F / CPU_QUERIES;
    }
    if (bf16) {
        a->elements->convert(sum, false, w->half, true, d);
    }
    lac_cpu_attention_pack_vector(a, bf16 ? (const void *)w->half : sum, w->mean + j, CPU_QUERIES);
}

void lac_cpu_attention_peaks(const Attention *a, const Work *w, const Block *blocks, int count)
{
    int all = a->desc->count * a->vectors;
    CpuAttentionTile t = lac_cpu_tile(a, w);

    t.q = w->mean;
    for (int j = 0; j < CPU_QUERIES; j++) {
        Block b = blocks[lac_cpu_at_most(j, count - 1)];

        pack_mean(a, w, b, j);
        lac_cpu_tile_place(a, &t, j, lac_cpu_at_most(b.row + LAC_ATTENTION_ROWS / 2, a->h - 1),
                           lac_cpu_at_most(b.column + LAC_ATTENTION_COLUMNS / 2, a->w - 1));
    }
    for (int g = 0; g < all; g += CPU_VECTORS) {
        t.vectors = 0;
        while (t.vectors < CPU_VECTORS && g + t.vectors < all) {
            lac_cpu_tile_add(a, &t, g + t.vectors);
        }
        a->kernels->logits(&t);
        a->kernels->peaks(&t);
        for (int j = 0; j < count; j++) {
            memcpy(w->peaks + (size_t)j * (size_t)all + g, t.peaks[j], (size_t)t.vectors * sizeof(float));
        }
    }
}

int lac_cpu_attention_choose(const Attention *a, const Work *w, const float *peaks)
{
    int all = a->desc->count * a->vectors, best = 0, n = 0;
    float least;

    for (int g = 1; g < all; g++) {
        best = peaks[g] > peaks[best] ? g : best;
    }
    least = peaks[best] - (float)(a->desc->margin * LOG2E);
    for (int g = best; g < all; g++) {
        w->list[n] = g;
        n += peaks[g] >= least;
    }
    for (int g = 0; g < best; g++) {
        w->list[n] = g;
        n += peaks[g] >= least;
    }
    return n;
}
