/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence of each region, its probability of being right, and the gray picture of it; see confidence.h. */
#include "regions/confidence_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Fitted by weights/train/confidence.py (docs/match.md says to what): log odds are the sum of factor times
 * item, and bias. */
static const float bias = -10.066f, factor[LAC_EVIDENCE_COUNT] = {
    7.161f, -0.525f, -1.036f, 0.737f, 3.126f, 1.481f, 0.619f, 0.042f, 0.031f};

void lac_confidence_close(LacConfidence *c)
{
    lac_free(c->evidence);
    lac_free(c->region);
    lac_free(c->queue);
    lac_free(c->sum);
    lac_free(c->coherent);
    lac_free(c->rows);
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

/* Share of the four neighbours of each cell that have its displacement, up to a pixel of the field; LAC_EVIDENCE_WHOLE is 1. */
static void find_coherence(const LacOrigins *o, const LacOffset *offset, uint8_t *out)
{
    static const int dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
    const int w = o->net_width, h = o->net_height;

#pragma omp parallel for num_threads(o->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            const LacOffset a = offset[(size_t)y * w + x];
            int same = 0, n = 0;

            for (int d = 0; d < 4; d++) {
                const int nx = x + dx[d], ny = y + dy[d];
                if (nx >= 0 && ny >= 0 && nx < w && ny < h) {
                    const LacOffset b = offset[(size_t)ny * w + nx];
                    same += (abs(b.x - a.x) <= 1) & (abs(b.y - a.y) <= 1);
                    n++;
                }
            }
            out[(size_t)y * w + x] = (uint8_t)(n ? same * LAC_EVIDENCE_WHOLE / n : LAC_EVIDENCE_WHOLE);
        }
    }
}

static LacEvidence evidence(const LacConfidenceFrame *f, const float *weight, int c, const int64_t *sum)
{
    const int sources = f->origins->sources;
    const double n = sum[LAC_SUM_PIXELS] ? (double)sum[LAC_SUM_PIXELS] : 1;
    double agreed = 0, coherent = 0, least = INFINITY;
    float lag = INFINITY, top = 0;
    LacEvidence e;

    for (int s = 0; s < sources; s++) {
        const int64_t *of = sum + LAC_SUM_SOURCES + (ptrdiff_t)s * LAC_SUMS;

        agreed += (double)weight[s] * (double)of[LAC_SUM_AGREED];
        coherent += (double)weight[s] * (double)of[LAC_SUM_COHERENT];
        least = (double)of[LAC_SUM_COST] < least ? (double)of[LAC_SUM_COST] : least;
        top += lac_origins_of(f->origins, c, s)->share / (float)sources;
        lag = f->lag[s] + 1 < lag ? f->lag[s] + 1 : lag;
    }
    e.item[LAC_EVIDENCE_SURE] = (float)((double)sum[LAC_SUM_SURE] / (255 * n));
    e.item[LAC_EVIDENCE_COST] = logf(0.01f + (float)(least / ((double)LAC_MATCH_UNIT * n)));
    e.item[LAC_EVIDENCE_ORIGIN] = top;
    e.item[LAC_EVIDENCE_BACKED] = f->backed[c];
    e.item[LAC_EVIDENCE_AGREED] = (float)(agreed / n);
    e.item[LAC_EVIDENCE_PREDICTED] = (float)((double)sum[LAC_SUM_PREDICTED] / n);
    e.item[LAC_EVIDENCE_COHERENT] = (float)(coherent / (LAC_EVIDENCE_WHOLE * n));
    e.item[LAC_EVIDENCE_LAG] = lag < 2 ? lag : 2;
    e.item[LAC_EVIDENCE_SIZE] = logf((float)f->origins->pixels[c].n);
    return e;
}

/* Room for `regions` regions and all sources. */
static bool reserve(LacConfidence *c, size_t regions, size_t sums, size_t coherent)
{
    if (c->room < regions) {
        lac_free(c->evidence);
        lac_free(c->region);
        c->room = regions + regions / 4;
        c->evidence = lac_alloc(c->room, sizeof *c->evidence);
        c->region = lac_alloc(c->room, sizeof *c->region);
        c->room = c->evidence && c->region ? c->room : 0;
    }
    if (c->room_sum < sums) {
        lac_free(c->sum);
        c->sum = lac_alloc(sums + sums / 4, sizeof *c->sum);
        c->room_sum = c->sum ? sums + sums / 4 : 0;
    }
    if (c->room_coherent < coherent) {
        lac_free(c->coherent);
        c->coherent = lac_alloc(coherent, 1);
        c->room_coherent = c->coherent ? coherent : 0;
    }
    return c->room && c->room_sum && c->room_coherent;
}

static bool reserve_rows(LacConfidence *c, size_t rows)
{
    if (c->room_rows < rows) {
        lac_free(c->rows);
        c->rows = lac_alloc(rows, 1);
        c->room_rows = c->rows ? rows : 0;
    }
    return c->room_rows >= rows;
}

int64_t *lac_confidence_sums(LacConfidence *c, int regions, int sources, size_t cells, const LacLog *log)
{
    const size_t all = (size_t)regions + 1;

    if (!reserve(c, all, all * (LAC_SUM_SOURCES + (size_t)LAC_SUMS * (size_t)sources), cells * (size_t)sources)) {
        lac_fail(log, LAC_ENOMEM, "no memory for the confidence of %d regions", regions);
        return NULL;
    }
    return c->sum;
}

void lac_confidence_finish(LacConfidence *c, int regions, const LacConfidenceFrame *f)
{
    const LacOrigins *o = f->origins;
    const size_t sums = LAC_SUM_SOURCES + (size_t)LAC_SUMS * (size_t)o->sources;
    float weight[LAC_MATCH_MAX_FIELDS], all = 0;
    double sum = 0, pixels = 0;

    for (int s = 0; s < o->sources; s++) {
        weight[s] = expf(-f->lag[s]);
        all += weight[s];
    }
    for (int s = 0; s < o->sources; s++) {
        weight[s] /= all;
    }
    c->regions = regions;
    c->evidence[0] = (LacEvidence){{0}};
    c->region[0] = 0;
    for (int k = 1; k <= regions; k++) {
        c->evidence[k] = evidence(f, weight, k, c->sum + (size_t)k * sums);
        c->region[k] = lac_confidence_of(&c->evidence[k]);
        sum += (double)c->region[k] * (double)o->pixels[k].n;
        pixels += (double)o->pixels[k].n;
    }
    c->mean = pixels > 0 ? (float)(sum / pixels) : 1;
}

int lac_confidence_run(LacConfidence *c, const LacRegions *r, const LacConfidenceFrame *f,
                       const LacLog *log)
{
    const LacOrigins *o = f->origins;
    const size_t cells = (size_t)o->net_width * o->net_height;
    const int sums = LAC_SUM_SOURCES + LAC_SUMS * o->sources;

    if (!lac_confidence_sums(c, r->count, o->sources, cells, log)) {
        return LAC_ENOMEM;
    }
    if (!reserve_rows(c, lac_confidence_rows_room(f))) {
        return lac_fail(log, LAC_ENOMEM, "no memory for the confidence of %d regions", r->count);
    }
    for (int s = 0; s < o->sources; s++) {
        find_coherence(o, f->sources[s].field->offset, c->coherent + (size_t)s * cells);
    }
    memset(c->sum, 0, ((size_t)r->count + 1) * (size_t)sums * sizeof *c->sum);
    if (r->count) {
        lac_confidence_rows(r, f, c->coherent, c->rows, c->sum);
    }
    lac_confidence_finish(c, r->count, f);
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
