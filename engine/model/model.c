/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights file -> LacModel: every tensor that the network's shape calls for is looked up by its module path, checked and
 * converted to fp32. */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_PRIOR 1e30f

typedef struct Reader {
    const LacSafetensors *st;
    const LacLog *log;
    const char *source;
    uint8_t *used;    /* per tensor of the file */
    int faults;       /* mismatches logged so far */
    bool no_memory;
} Reader;

static void shape_text(char *text, size_t size, const size_t *shape, int rank)
{
    size_t at = 0;

    text[0] = '\0';
    for (int i = 0; i < rank && at < size; i++) {
        at += (size_t)snprintf(text + at, size - at, "%s%zu", i ? ", " : "", shape[i]);
    }
}

/* Tensor `name` of exactly this shape as fp32 into *dst; a mismatch is logged and counted. */
static void tensor(Reader *r, const char *name, const size_t *shape, int rank, float **dst)
{
    const LacView *v = lac_safetensors_find(r->st, name);
    char want[64], have[200];

    shape_text(want, sizeof want, shape, rank);
    if (!v) {
        lac_log(r->log, LAC_LOG_ERROR, "%s: tensor %s [%s] is missing", r->source, name, want);
        r->faults++;
        return;
    }
    r->used[v->index] = 1;
    if (v->rank != rank || memcmp(v->shape, shape, (size_t)rank * sizeof *shape) != 0) {
        shape_text(have, sizeof have, v->shape, v->rank);
        lac_log(r->log, LAC_LOG_ERROR, "%s: tensor %s has shape [%s], expected [%s]", r->source, name, have, want);
        r->faults++;
        return;
    }
    *dst = lac_alloc(v->count, sizeof **dst);
    if (!*dst) {
        r->no_memory = true;
        return;
    }
    lac_view_read(v, *dst);
    for (size_t i = 0; i < v->count; i++) {
        if (!isfinite((*dst)[i])) {
            lac_log(r->log, LAC_LOG_ERROR, "%s: tensor %s: element %zu is not finite", r->source, name, i);
            r->faults++;
            return;
        }
    }
}

/* `path`.weight and, with `bias`, `path`.bias. kernel 0: a linear layer. */
static void layer(Reader *r, LacLayer *l, const char *path, int cin, int cout, int kernel, bool bias)
{
    size_t shape[4] = { (size_t)cout, (size_t)cin, (size_t)kernel, (size_t)kernel };
    char name[96];

    l->cin = cin;
    l->cout = cout;
    l->kernel = kernel ? kernel : 1;
    snprintf(name, sizeof name, "%s.weight", path);
    tensor(r, name, shape, kernel ? 4 : 2, &l->weight);
    if (bias) {
        snprintf(name, sizeof name, "%s.bias", path);
        tensor(r, name, shape, 1, &l->bias);
    }
}

/* `path`.conv<i> */
static void conv(Reader *r, LacLayer *l, const char *path, int i, int cin, int cout, int kernel, bool bias)
{
    char name[80];

    snprintf(name, sizeof name, "%s.conv%d", path, i);
    layer(r, l, name, cin, cout, kernel, bias);
}

static void encoder(Reader *r, LacLayer l[3], const char *path, int cin, int b)
{
    conv(r, &l[0], path, 0, cin, b, 5, false);
    conv(r, &l[1], path, 1, b, 2 * b, 3, false);
    conv(r, &l[2], path, 2, 2 * b, 4 * b, 3, false);
}

static void block(Reader *r, LacLayer l[2], const char *path, int i, int c)
{
    char name[64];

    snprintf(name, sizeof name, "%s.%d", path, i);
    conv(r, &l[0], name, 0, c, c, 3, false);
    conv(r, &l[1], name, 1, c, c, 3, false);
}

/* A tensor of one element; 0 if it is missing or not finite, which is logged and counted. */
static float scalar(Reader *r, const char *name)
{
    float *values = NULL, value;

    tensor(r, name, (const size_t[]){ 1 }, 1, &values);
    value = values && isfinite(*values) ? *values : 0;
    lac_free(values);
    return value;
}

/* What the attention adds to q . k. The bounds are those of LacAttentionRef, for every lag in -1..1. */
static void prior(Reader *r, LacModel *m)
{
    m->locality = m->config.locality ? scalar(r, "sim.locality") : 0;
    m->nearness = m->config.lag ? scalar(r, "sim.nearness") : 0;
    m->reach = m->config.lag ? scalar(r, "sim.reach") : 0;
    if (m->config.locality && !(expf(m->locality + fabsf(m->reach)) < MAX_PRIOR)) {
        lac_log(r->log, LAC_LOG_ERROR, "%s: tensors sim.locality, sim.reach: exp(%g + %g) is too large", r->source,
                m->locality, fabsf(m->reach));
        r->faults++;
    }
    if (!(fabsf(m->nearness) < MAX_PRIOR)) {
        lac_log(r->log, LAC_LOG_ERROR, "%s: tensor sim.nearness: %g is too large", r->source, m->nearness);
        r->faults++;
    }
}

/* The temporal refinement, in the order of Refine.__init__. */
static void refinement(Reader *r, LacModel *m)
{
    int b = m->config.refine_base;
    const struct { int cin, cout, kernel; } list[LAC_REFINE_LAYERS] = { /* gated ones have twice the channels */
        { 3 * LAC_REFINE_INPUTS, 2 * b, 5 }, { b, 4 * b, 3 }, { 2 * b, 8 * b, 3 }, { 4 * b, 8 * b, 3 },
        { 4 * b, 8 * b, 3 }, { 4 * b, 8 * b, 3 }, { 4 * b, 8 * b, 3 }, { 4 * b, 4 * b, 3 }, { 2 * b, 2 * b, 3 },
        { b, 6, 3 }, { b, 3, 3 },
    };

    for (int i = 0; b && i < LAC_REFINE_LAYERS; i++) {
        size_t shape[2] = { (size_t)list[i].cin, 3 };
        char name[32];

        conv(r, &m->refine[i], "refine", i, list[i].cin, list[i].cout, list[i].kernel, true);
        snprintf(name, sizeof name, "refine.conv%d.shift", i);
        tensor(r, name, shape, 2, &m->refine_shift[i]);
    }
}

/* In the order of ColorTransform.__init__. */
static void tensors(Reader *r, LacModel *m)
{
    const LacConfig *cfg = &m->config;
    int b = cfg->base, c = 4 * b;
    encoder(r, m->enl, "enl", 1, b);
    encoder(r, m->end, "end.encoder", cfg->match_count ? 2 : 1, b);
    for (int i = 0; i < cfg->match_count; i++) {
        block(r, m->match[i], "end.blocks", i, c);
    }
    encoder(r, m->enc, "enc", 3, b);
    conv(r, &m->embedder[0], "embedder", 0, 4, b, 5, true);
    conv(r, &m->embedder[1], "embedder", 1, b, 2 * b, 3, true);
    conv(r, &m->embedder[2], "embedder", 2, 2 * b, c, 3, true);
    conv(r, &m->embedder[3], "embedder", 3, c, c, 3, true);
    conv(r, &m->embedder[4], "embedder", 4, c, c, 3, true);
    layer(r, &m->mlp[0], "mlp0", c, cfg->style, 0, true);
    layer(r, &m->mlp[1], "mlp1", cfg->style, cfg->mid_blocks * 4 * c, 0, true);
    layer(r, &m->q, "sim.q", c, cfg->head, 1, true);
    layer(r, &m->k, "sim.k", c, cfg->head, 1, true);
    layer(r, &m->v, "sim.v", c, c / 2, 1, false);
    layer(r, &m->o, "sim.o", c / 2, c, 1, false);
    layer(r, &m->mask_tgt, "sim.mask_tgt", c, 2, 3, true);
    layer(r, &m->mask_ref, "sim.mask_ref", c, 2, 3, false);
    prior(r, m);
    if (cfg->warp) {
        layer(r, &m->warp_in, "warp_in", 3, c, 1, false);
    }
    for (int i = 0; i < cfg->mid_blocks; i++) {
        block(r, m->mid[i], "mid", i, c);
    }
    conv(r, &m->decoder[0], "decoder", 0, c, 2 * b, 3, false);
    conv(r, &m->decoder[1], "decoder", 1, 2 * b, b, 3, false);
    conv(r, &m->decoder[2], "decoder", 2, b, b, 3, false);
    conv(r, &m->decoder[3], "decoder", 3, b, 3, 3, true);
    refinement(r, m);
}

/* Tensors that nothing asked for. */
static void unexpected(Reader *r)
{
    for (size_t i = 0; i < lac_safetensors_count(r->st); i++) {
        const char *name = lac_safetensors_at(r->st, i)->name;

        if (!r->used[i]) {
            lac_log(r->log, LAC_LOG_ERROR, "%s: tensor %.200s is unexpected", r->source, name);
            r->faults++;
        }
    }
}

int lac_model_read(LacModel **out, const LacSafetensors *st, const LacLog *log)
{
    Reader r = { .st = st, .log = log, .source = lac_safetensors_source(st) };
    LacModel *m = lac_calloc(1, sizeof *m);
    int err;

    *out = NULL;
    r.used = lac_calloc(lac_safetensors_count(st), 1);
    if (!m || !r.used) {
        err = lac_fail(log, LAC_ENOMEM, "%s: out of memory", r.source);
        goto end;
    }
    err = lac_model_config(&m->config, st, log);
    if (err) {
        goto end;
    }
    tensors(&r, m);
    if (r.no_memory) {
        err = lac_fail(log, LAC_ENOMEM, "%s: out of memory for the weights", r.source);
        goto end;
    }
    unexpected(&r);
    if (r.faults) {
        err = lac_fail(log, LAC_EMODEL, "%s: %d tensors do not fit the network its metadata describes "
                       "(preset \"%s\"); the weights are damaged or of another version", r.source, r.faults,
                       m->config.preset);
        goto end;
    }
    *out = m;
    m = NULL;
end:
    lac_free(r.used);
    lac_model_free(&m);
    return err;
}

int lac_model_load(LacModel **model, const char *path, const LacLog *log)
{
    LacSafetensors *st;
    int err = lac_safetensors_open(&st, path, log);

    *model = NULL;
    if (err) {
        return err;
    }
    err = lac_model_read(model, st, log);
    lac_safetensors_close(&st);
    return err;
}

static void free_layers(LacLayer *l, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lac_free(l[i].weight);
        lac_free(l[i].bias);
    }
}

void lac_model_free(LacModel **model)
{
    LacModel *m = model ? *model : NULL;

    if (!m) {
        return;
    }
    free_layers(m->enl, 3);
    free_layers(m->end, 3);
    free_layers(m->enc, 3);
    for (int i = 0; i < LAC_MODEL_MAX_BLOCKS; i++) {
        free_layers(m->match[i], 2);
        free_layers(m->mid[i], 2);
    }
    free_layers(m->embedder, 5);
    free_layers(m->mlp, 2);
    free_layers(m->decoder, 4);
    free_layers(m->refine, LAC_REFINE_LAYERS);
    for (int i = 0; i < LAC_REFINE_LAYERS; i++) {
        lac_free(m->refine_shift[i]);
    }
    free_layers(&m->q, 1);
    free_layers(&m->k, 1);
    free_layers(&m->v, 1);
    free_layers(&m->o, 1);
    free_layers(&m->mask_tgt, 1);
    free_layers(&m->mask_ref, 1);
    free_layers(&m->warp_in, 1);
    lac_free(m);
    *model = NULL;
}
