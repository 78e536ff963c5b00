/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tile of the attention: the queries of a block against vectors of keys from anywhere. */
#include "ops/cpu/attention_work.h"

#include <math.h>

const void *lac_cpu_query(const Attention *a, Block b, int j)
{
    size_t p = (size_t)lac_cpu_query_row(a, b, j) * (size_t)a->w + (size_t)lac_cpu_query_column(a, b, j);

    return (const char *)a->desc->q->data + p * (size_t)a->d * lac_type_size(a->desc->q->type);
}

CpuAttentionTile lac_cpu_tile(const Attention *a, const Work *w)
{
    return (CpuAttentionTile){ .steps = a->steps, .cols = a->cols, .scale = (float)(LOG2E / sqrt(a->d)),
                               .logit = w->logit, .weight = w->weight };
}

void lac_cpu_tile_add(const Attention *a, CpuAttentionTile *t, int g)
{
    int i = g / a->vectors, per_row = a->row_end / CPU_LANES, place = g % a->vectors, n = t->vectors++;

    t->k[n] = a->k + (size_t)g * a->k_words;
    t->v[n] = a->v + (size_t)g * a->v_words;
    t->x[n] = (size_t)i * a->prior_x_len + (size_t)(place % per_row * CPU_LANES);
    t->y[n] = (size_t)i * a->prior_y_len + (size_t)(place / per_row);
}

void lac_cpu_tile_place(const Attention *a, CpuAttentionTile *t, int j, int row, int column)
{
    t->prior_x[j] = a->prior_x + a->w - 1 - column;
    t->prior_y[j] = a->prior_y + a->h - 1 - row;
}
