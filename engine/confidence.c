/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence of each region, its probability of being right, and the gray picture of it; see confidence.h. */
#include "confidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIKE = 16,    /* levels within which two references give a pixel the same colour */
    FORESEEN = 32 /* levels from the prediction, which is soft */
};

/* Fitted by weights/train/confidence.py (docs/match.md says to what): log odds are the sum of factor times
 * item, and bias. */
static const float bias = -10.066f, factor[LAC_EVIDENCE_COUNT] = {
    7.161f, -0.525f, -1.036f, 0.737f, 3.126f, 1.481f, 0.619f, 0.042f, 0.031f};

void lac_confidence_close(LacConfidence *c)
{
    lac_free(c->evidence);
    lac_free(c->region);
    lac_free(c->queue);
    *c = (LacConfidence){0};
}

float lac_confidence_of(const LacEvidence *e)
{
    float odds = bias;

    for (int i = 0; i < LAC_EVIDENCE_COUNT; i++) {
        odds += factor[i] * e->item[i];
    }
    return 1 / (1 + expf(-odds));
}

static bool alike(const uint8_t *a, const uint8_t *b, int levels)
{
    return abs(a[0] - b[0]) <= levels && abs(a[1] - b[1]) <= levels && abs(a[2] - b[2]) <= levels;
}

/* Share of the references, the nearer counting more, that give pixel i the colour it has. */
static float agreement(const LacConfidenceFrame *f, const float *weight, size_t cell, int32_t i)
{
    float sum = 0;

    for (int s = 0; s < f->origins->sources; s++) {
        const size_t at = lac_origin_partner(f->origins, f->sources[s].field, cell, i);
        sum += alike(f->sources[s].rgb + at * 3, f->rgb + (size_t)i * 3, LIKE) ? weight[s] : 0;
    }
    return sum;
}

static bool foreseen(const LacConfidenceFrame *f, int32_t i)
{
    const int x = i % f->origins->width, y = i / f->origins->width;
    const float *p =
        f->prediction + ((size_t)((int64_t)y * f->prediction_height / f->origins->height) *
                             (size_t)f->prediction_width +
                         (size_t)((int64_t)x * f->prediction_width / f->origins->width)) *
                            3;

    for (int c = 0; c < 3; c++) {
        if (fabsf((p[c] + 1) * 127.5f - (float)f->rgb[(size_t)i * 3 + c]) > FORESEEN) {
            return false;
        }
    }
    return true;
}

/* Share of the four neighbours of a cell that have its displacement, up to a pixel of the field. */
static float coherence(const LacConfidenceFrame *f, int s, size_t cell)
{
    static const int dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
    const LacOffset *o = f->sources[s].field->offset;
    const int w = f->origins->net_width, x = (int)(cell % (size_t)w), y = (int)(cell / (size_t)w);
    int same = 0, n = 0;

    for (int d = 0; d < 4; d++) {
        const int nx = x + dx[d], ny = y + dy[d];
        if (nx >= 0 && ny >= 0 && nx < w && ny < f->origins->net_height) {
            const LacOffset *b = &o[(size_t)ny * w + nx];
            same += abs(b->x - o[cell].x) <= 1 && abs(b->y - o[cell].y) <= 1;
            n++;
        }
    }
    return n ? (float)same / (float)n : 1;
}

static LacEvidence gather(const LacRegions *r, const LacConfidenceFrame *f, const float *weight,
                          int c)
{
    const LacOriginPixels *p = &f->origins->pixels[c];
    const int sources = f->origins->sources;
    float sum[LAC_EVIDENCE_COUNT] = {0}, cost[LAC_MATCH_MAX_FIELDS] = {0}, n = 0;
    float least = INFINITY, lag = INFINITY, top = 0;
    LacEvidence e;

    for (size_t k = 0; k < p->n; k++) {
        const int32_t i = p->at[k];

        if (lac_origin_core(p, r, i)) {
            const size_t cell = lac_origin_cell(f->origins, i);

            n++;
            sum[LAC_EVIDENCE_SURE] += (float)f->transferred[(size_t)i * 4 + 3] / 255;
            sum[LAC_EVIDENCE_AGREED] += agreement(f, weight, cell, i);
            sum[LAC_EVIDENCE_PREDICTED] += foreseen(f, i) ? 1 : 0;
            for (int s = 0; s < sources; s++) {
                sum[LAC_EVIDENCE_COHERENT] += weight[s] * coherence(f, s, cell);
                cost[s] += (float)f->sources[s].field->cost[cell] / LAC_MATCH_UNIT;
            }
        }
    }
    for (int s = 0; s < sources; s++) {
        top += lac_origins_of(f->origins, c, s)->share / (float)sources;
        least = cost[s] < least ? cost[s] : least;
        lag = f->lag[s] + 1 < lag ? f->lag[s] + 1 : lag;
    }
    for (int k = 0; k < LAC_EVIDENCE_COUNT; k++) {
        e.item[k] = n > 0 ? sum[k] / n : 0;
    }
    e.item[LAC_EVIDENCE_COST] = logf(0.01f + (n > 0 ? least / n : 0));
    e.item[LAC_EVIDENCE_ORIGIN] = top;
    e.item[LAC_EVIDENCE_BACKED] = f->backed[c];
    e.item[LAC_EVIDENCE_LAG] = lag < 2 ? lag : 2;
    e.item[LAC_EVIDENCE_SIZE] = logf((float)p->n);
    return e;
}

int lac_confidence_run(LacConfidence *c, const LacRegions *r, const LacConfidenceFrame *f,
                       const LacLog *log)
{
    float weight[LAC_MATCH_MAX_FIELDS], all = 0;
    double sum = 0, pixels = 0;

    if (c->room < (size_t)r->count + 1) {
        lac_free(c->evidence);
        lac_free(c->region);
        c->room = (size_t)r->count + 1 + (size_t)r->count / 4;
        c->evidence = lac_alloc(c->room, sizeof *c->evidence);
        c->region = lac_alloc(c->room, sizeof *c->region);
        if (!c->evidence || !c->region) {
            c->room = 0;
            return lac_fail(log, LAC_ENOMEM, "no memory for the confidence of %d regions", r->count);
        }
    }
    for (int s = 0; s < f->origins->sources; s++) {
        weight[s] = expf(-f->lag[s]);
        all += weight[s];
    }
    for (int s = 0; s < f->origins->sources; s++) {
        weight[s] /= all;
    }
    c->regions = r->count;
    c->evidence[0] = (LacEvidence){{0}};
    c->region[0] = 0;
    for (int k = 1; k <= r->count; k++) {
        c->evidence[k] = gather(r, f, weight, k);
        c->region[k] = lac_confidence_of(&c->evidence[k]);
        sum += (double)c->region[k] * (double)f->origins->pixels[k].n;
        pixels += (double)f->origins->pixels[k].n;
    }
    c->mean = pixels > 0 ? (float)(sum / pixels) : 1;
    return LAC_OK;
}

int lac_confidence_picture(LacConfidence *c, const LacRegions *r, uint8_t *out, ptrdiff_t stride,
                           const LacLog *log)
{
    static const int dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
    const int32_t n = r->width * r->height;
    int32_t end = 0;

    c->queue = c->queue ? c->queue : lac_alloc((size_t)n, sizeof *c->queue);
    if (!c->queue) {
        return lac_fail(log, LAC_ENOMEM, "no memory for a picture of confidence");
    }
    for (int32_t i = 0; i < n; i++) {
        uint8_t *o = out + i / r->width * stride + (ptrdiff_t)(i % r->width) * 3;
        const float v = c->region[r->label[i]];

        /* no region is quite black: 0 is a line that none has reached yet */
        memset(o, r->label[i] ? (int)(v * 254 + 1.5f) : 0, 3);
        if (r->label[i]) {
            c->queue[end++] = i;
        }
    }
    for (int y = 0; !end && y < r->height; y++) { /* a frame without any region */
        memset(out + y * stride, 255, (size_t)r->width * 3);
    }
    for (int32_t next = 0; next < end; next++) {
        const int x = c->queue[next] % r->width, y = c->queue[next] / r->width;
        const uint8_t *from = out + y * stride + (ptrdiff_t)x * 3;

        for (int d = 0; d < 4; d++) {
            const int nx = x + dx[d], ny = y + dy[d];
            if (nx >= 0 && ny >= 0 && nx < r->width && ny < r->height) {
                uint8_t *o = out + ny * stride + (ptrdiff_t)nx * 3;
                if (!*o) {
                    memcpy(o, from, 3);
                    c->queue[end++] = ny * r->width + nx;
                }
            }
        }
    }
    return LAC_OK;
}
