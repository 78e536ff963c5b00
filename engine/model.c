/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights file -> LacModel: first the metadata says the network's shape, then every tensor that this shape
 * calls for is looked up by its module path, checked and converted to fp32. */
#include "model.h"

#include <limits.h>
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

/* ---- metadata ---- */

static int bad_field(const Reader *r, const char *key, const char *value, const char *accepted)
{
    if (!value) {
        return lac_fail(r->log, LAC_EMODEL, "%s: metadata has no \"%s\", expected %s", r->source, key, accepted);
    }
    return lac_fail(r->log, LAC_EMODEL, "%s: metadata \"%s\" is \"%.100s\", expected %s", r->source, key, value,
                    accepted);
}

/* Reads a decimal number in min..max; the position behind it, or NULL. */
static const char *number(const char *text, int min, int max, int *value)
{
    int v = 0;
    const char *p = text;

    for (; *p >= '0' && *p <= '9' && v <= max; p++) {
        v = 10 * v + (*p - '0');
    }
    if (p == text || v < min || v > max) {
        return NULL;
    }
    *value = v;
    return p;
}

static int field(const Reader *r, const char *key, int min, int max, int *value)
{
    const char *text = lac_safetensors_metadata(r->st, key), *end = text ? number(text, min, max, value) : NULL;
    char accepted[64];

    if (end && !*end) {
        return LAC_OK;
    }
    snprintf(accepted, sizeof accepted, "a whole number from %d to %d", min, max);
    return bad_field(r, key, text, accepted);
}

static int flag(const Reader *r, const char *key, bool *value)
{
    int v = 0, err = field(r, key, 0, 1, &v);

    if (!err) {
        *value = v != 0;
    }
    return err;
}

/* "1,2,4": dilations of the matching blocks; "" for none. */
static int dilations(const Reader *r, LacConfig *c)
{
    static const char key[] = "match_dilations", accepted[] = "at most 32 numbers from 1 to 64, comma between them";
    const char *text = lac_safetensors_metadata(r->st, key), *p = text;

    c->match_count = 0;
    if (p && !*p) {
        return LAC_OK;
    }
    while (p) {
        if (c->match_count == LAC_MODEL_MAX_BLOCKS) {
            break;
        }
        p = number(p, 1, 64, &c->match_dilation[c->match_count++]);
        if (p && !*p) {
            return LAC_OK;
        }
        p = p && *p == ',' ? p + 1 : NULL;
    }
    return bad_field(r, key, text, accepted);
}

static int metadata(const Reader *r, LacModel *m)
{
    const char *format = lac_safetensors_metadata(r->st, "format");
    const char *kind = lac_safetensors_metadata(r->st, "kind");
    const char *preset = lac_safetensors_metadata(r->st, "preset");
    LacConfig *c = &m->config;
    int version = 0, err;

    if (!format || strcmp(format, "lineartcolor") != 0) {
        return bad_field(r, "format", format, "\"lineartcolor\": these are not weights of this network");
    }
    err = field(r, "format_version", 0, INT_MAX / 16, &version);
    if (err) {
        return err;
    }
    if (version != LAC_MODEL_VERSION) {
        return lac_fail(r->log, LAC_EMODEL, "%s: format version %d, this library reads version %d", r->source,
                        version, LAC_MODEL_VERSION);
    }
    if (!kind || strcmp(kind, "color_transform") != 0) {
        return bad_field(r, "kind", kind, "\"color_transform\"");
    }
    if ((err = field(r, "base", 8, 256, &c->base)) ||
        (err = field(r, "mid_blocks", 1, LAC_MODEL_MAX_BLOCKS, &c->mid_blocks)) ||
        (err = dilations(r, c)) || (err = field(r, "head", 1, 512, &c->head)) ||
        (err = field(r, "style", 1, 4096, &c->style)) || (err = flag(r, "warp", &c->warp)) ||
        (err = flag(r, "skip", &c->skip)) || (err = flag(r, "locality", &c->locality))) {
        return err;
    }
    /* weights from before it have none */
    if (lac_safetensors_metadata(r->st, "lag") && (err = flag(r, "lag", &c->lag))) {
        return err;
    }
    if (lac_safetensors_metadata(r->st, "refine_base") && (err = field(r, "refine_base", 0, 64, &c->refine_base))) {
        return err;
    }
    if (c->base % 8) {
        return bad_field(r, "base", lac_safetensors_metadata(r->st, "base"), "a multiple of 8");
    }
    snprintf(m->preset, sizeof m->preset, "%s", preset ? preset : "");
    return LAC_OK;
}

/* ---- tensors ---- */

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
    err = metadata(&r, m);
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
                       "(preset \"%s\"); the weights are damaged or of another version", r.source, r.faults, m->preset);
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
