/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance attention as its definition reads (3.3): per query, the largest logit, then the weighted sums. */
#include "ops/ref/ref.h"

#include <float.h>
#include <math.h>

/* q . k / sqrt(d) - lambda |p - p_j|^2 + bias of query position p and key position j of reference r. */
static double logit(const LacAttentionDesc *d, const LacAttentionRef *r, int p, int j)
{
    const LacTensor *q = d->q;
    const float *a = (const float *)q->data + (size_t)p * (size_t)q->c;
    const float *b = (const float *)r->k.data + (size_t)j * (size_t)q->c;
    double unit = q->h < q->w ? q->h : q->w, dot = 0, dy, dx;
    int rows = p / q->w - j / q->w, columns = p % q->w - j % q->w, c;

    for (c = 0; c < q->c; c++) {
        dot += (double)a[c] * b[c];
    }
    dy = rows / unit;
    dx = columns / unit;
    return dot / sqrt(q->c) - (double)r->lambda * (dy * dy + dx * dx) + r->bias;
}

int lac_ref_attention(LacBackend *be, const LacAttentionDesc *d)
{
    int ret = lac_check_attention(be, d);
    int area, dv, p, i, j, c;
    double *sum;

    if (ret < 0) {
        return ret;
    }
    area = d->q->h * d->q->w;
    dv = d->mat->c;
    sum = lac_alloc((size_t)dv + 3, sizeof *sum);
    if (!sum) {
        return lac_fail(be->log, LAC_ENOMEM, "out of memory: attention over %d values", dv);
    }
    for (p = 0; p < area; p++) {
        double max = -DBL_MAX, total = 0;

        for (i = 0; i < d->count; i++) {
            for (j = 0; j < area; j++) {
                max = fmax(max, logit(d, &d->refs[i], p, j));
            }
        }
        for (c = 0; c < dv + 3; c++) {
            sum[c] = 0;
        }
        for (i = 0; i < d->count; i++) {
            const LacAttentionRef *r = &d->refs[i];

            for (j = 0; j < area; j++) {
                double a = exp(logit(d, r, p, j) - max);
                double m = ((const float *)r->mask.data)[2 * (size_t)j];

                total += a;
                for (c = 0; c < dv; c++) {
                    sum[c] += a * m * ((const float *)r->v.data)[(size_t)j * (size_t)dv + (size_t)c];
                }
                for (c = 0; c < 3; c++) {
                    sum[dv + c] += a * ((const float *)r->colour.data)[(size_t)j * 3 + (size_t)c];
                }
            }
        }
        for (c = 0; c < dv; c++) {
            ((float *)d->mat->data)[(size_t)p * (size_t)dv + (size_t)c] = (float)(sum[c] / total);
        }
        for (c = 0; c < 3; c++) {
            ((float *)d->warped->data)[(size_t)p * 3 + (size_t)c] = (float)(sum[dv + c] / total);
        }
    }
    lac_free(sum);
    return LAC_OK;
}
