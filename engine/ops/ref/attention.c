/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance attention as its definition reads (3.3): per block of queries, the keys it sees; per query, the largest
 * logit, then the weighted sums. */
#include "ops/ref/ref.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { ROWS = LAC_ATTENTION_ROWS, COLUMNS = LAC_ATTENTION_COLUMNS, GROUP = LAC_ATTENTION_GROUP };

typedef struct Scratch {
    float *mean;   /* [d] */
    double *peak;  /* [count][h][groups of a row]: largest logit of the mean query */
    double *sum;   /* [dv + 3] */
    double least;  /* groups with a lower peak are left out */
    int groups;    /* of a row */
} Scratch;

static const float *query(const LacTensor *q, int p)
{
    return (const float *)q->data + (size_t)p * (size_t)q->c;
}

/* q . k / sqrt(d) - lambda |p - p_j|^2 + bias of a query at position p and key position j of reference r. */
static double logit(const LacAttentionDesc *d, const LacAttentionRef *r, const float *q, int p, int j)
{
    const float *k = (const float *)r->k.data + (size_t)j * (size_t)d->q->c;
    int h = d->q->h, w = d->q->w, rows = p / w - j / w, columns = p % w - j % w;
    double unit = h < w ? h : w, dot = 0, dy = rows / unit, dx = columns / unit;

    for (int c = 0; c < d->q->c; c++) {
        dot += (double)q[c] * k[c];
    }
    return dot / sqrt(d->q->c) - (double)r->lambda * (dy * dy + dx * dx) + r->bias;
}

static double *peak_of(const Scratch *s, const LacAttentionDesc *d, int i, int j)
{
    int h = d->q->h, w = d->q->w;

    return s->peak + ((size_t)i * (size_t)h + (size_t)(j / w)) * (size_t)s->groups + j % w / GROUP;
}

static bool seen(const Scratch *s, const LacAttentionDesc *d, int i, int j)
{
    return d->margin <= 0 || *peak_of(s, d, i, j) >= s->least;
}

/* What the block at (row, column) sees. */
static void look(const LacAttentionDesc *d, Scratch *s, int row, int column)
{
    int h = d->q->h, w = d->q->w, y = row + ROWS / 2, x = column + COLUMNS / 2;
    int centre = (y < h ? y : h - 1) * w + (x < w ? x : w - 1);
    double best = -DBL_MAX;

    memset(s->mean, 0, (size_t)d->q->c * sizeof *s->mean);
    for (int n = 0; n < ROWS * COLUMNS; n++) {
        y = row + n / COLUMNS;
        x = column + n % COLUMNS;
        for (int c = 0; c < d->q->c; c++) {
            s->mean[c] += query(d->q, (y < h ? y : h - 1) * w + (x < w ? x : w - 1))[c] / (ROWS * COLUMNS);
        }
    }
    for (int i = 0; i < d->count; i++) {
        for (int j = 0; j < h * w; j++) {
            double l = logit(d, &d->refs[i], s->mean, centre, j), *peak = peak_of(s, d, i, j);

            *peak = j % w % GROUP ? fmax(*peak, l) : l;
            best = fmax(best, l);
        }
    }
    s->least = best - d->margin;
}

static void attend(const LacAttentionDesc *d, const Scratch *s, int p)
{
    int area = d->q->h * d->q->w, dv = d->mat->c;
    double max = -DBL_MAX, total = 0;

    for (int i = 0; i < d->count; i++) {
        for (int j = 0; j < area; j++) {
            max = seen(s, d, i, j) ? fmax(max, logit(d, &d->refs[i], query(d->q, p), p, j)) : max;
        }
    }
    memset(s->sum, 0, ((size_t)dv + 3) * sizeof *s->sum);
    for (int i = 0; i < d->count; i++) {
        const LacAttentionRef *r = &d->refs[i];

        for (int j = 0; j < area; j++) {
            double a = seen(s, d, i, j) ? exp(logit(d, r, query(d->q, p), p, j) - max) : 0;
            double m = ((const float *)r->mask.data)[2 * (size_t)j];

            total += a;
            for (int c = 0; c < dv; c++) {
                s->sum[c] += a * m * ((const float *)r->v.data)[(size_t)j * (size_t)dv + (size_t)c];
            }
            for (int c = 0; c < 3; c++) {
                s->sum[dv + c] += a * ((const float *)r->colour.data)[(size_t)j * 3 + (size_t)c];
            }
        }
    }
    for (int c = 0; c < dv; c++) {
        ((float *)d->mat->data)[(size_t)p * (size_t)dv + (size_t)c] = (float)(s->sum[c] / total);
    }
    for (int c = 0; c < 3; c++) {
        ((float *)d->warped->data)[(size_t)p * 3 + (size_t)c] = (float)(s->sum[dv + c] / total);
    }
}

int lac_ref_attention(LacBackend *be, const LacAttentionDesc *d)
{
    int ret = lac_check_attention(be, d);
    Scratch s = { 0 };

    if (ret < 0) {
        return ret;
    }
    s.groups = (d->q->w + GROUP - 1) / GROUP;
    s.mean = lac_alloc((size_t)d->q->c, sizeof *s.mean);
    s.sum = lac_alloc((size_t)d->mat->c + 3, sizeof *s.sum);
    s.peak = lac_alloc((size_t)d->count * (size_t)d->q->h, (size_t)s.groups * sizeof *s.peak);
    if (!s.mean || !s.sum || !s.peak) {
        ret = lac_fail(be->log, LAC_ENOMEM, "out of memory: attention over %d values", d->mat->c);
    }
    for (int row = 0; !ret && row < d->q->h; row += ROWS) {
        for (int column = 0; column < d->q->w; column += COLUMNS) {
            if (d->margin > 0) {
                look(d, &s, row, column);
            }
            for (int n = 0; n < ROWS * COLUMNS; n++) {
                int y = row + n / COLUMNS, x = column + n % COLUMNS;

                if (y < d->q->h && x < d->q->w) {
                    attend(d, &s, y * d->q->w + x);
                }
            }
        }
    }
    lac_free(s.mean);
    lac_free(s.sum);
    lac_free(s.peak);
    return ret;
}
