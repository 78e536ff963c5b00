/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shape of the network, as the metadata of a weights file says it. */
#include "model/model.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

typedef struct Fields {
    const LacSafetensors *st;
    const LacLog *log;
    const char *source;
} Fields;

static int bad_field(const Fields *f, const char *key, const char *value, const char *accepted)
{
    if (!value) {
        return lac_fail(f->log, LAC_EMODEL, "%s: metadata has no \"%s\", expected %s", f->source, key, accepted);
    }
    return lac_fail(f->log, LAC_EMODEL, "%s: metadata \"%s\" is \"%.100s\", expected %s", f->source, key, value,
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

static int field(const Fields *f, const char *key, int min, int max, int *value)
{
    const char *text = lac_safetensors_metadata(f->st, key), *end = text ? number(text, min, max, value) : NULL;
    char accepted[64];

    if (end && !*end) {
        return LAC_OK;
    }
    snprintf(accepted, sizeof accepted, "a whole number from %d to %d", min, max);
    return bad_field(f, key, text, accepted);
}

static int flag(const Fields *f, const char *key, bool *value)
{
    int v = 0, err = field(f, key, 0, 1, &v);

    if (!err) {
        *value = v != 0;
    }
    return err;
}

/* "1,2,4": dilations of the matching blocks; "" for none. */
static int dilations(const Fields *f, LacConfig *c)
{
    static const char key[] = "match_dilations", accepted[] = "at most 32 numbers from 1 to 64, comma between them";
    const char *text = lac_safetensors_metadata(f->st, key), *p = text;

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
    return bad_field(f, key, text, accepted);
}

int lac_model_config(LacConfig *c, const LacSafetensors *st, const LacLog *log)
{
    const Fields fields = { st, log, lac_safetensors_source(st) }, *f = &fields;
    const char *format = lac_safetensors_metadata(st, "format");
    const char *kind = lac_safetensors_metadata(st, "kind");
    const char *preset = lac_safetensors_metadata(st, "preset");
    int version = 0, err;

    if (!format || strcmp(format, "lineartcolor") != 0) {
        return bad_field(f, "format", format, "\"lineartcolor\": these are not weights of this network");
    }
    err = field(f, "format_version", 0, INT_MAX / 16, &version);
    if (err) {
        return err;
    }
    if (version != LAC_MODEL_VERSION) {
        return lac_fail(f->log, LAC_EMODEL, "%s: format version %d, this library reads version %d", f->source,
                        version, LAC_MODEL_VERSION);
    }
    if (!kind || strcmp(kind, "color_transform") != 0) {
        return bad_field(f, "kind", kind, "\"color_transform\"");
    }
    if ((err = field(f, "base", 8, 256, &c->base)) ||
        (err = field(f, "mid_blocks", 1, LAC_MODEL_MAX_BLOCKS, &c->mid_blocks)) ||
        (err = dilations(f, c)) || (err = field(f, "head", 1, 512, &c->head)) ||
        (err = field(f, "style", 1, 4096, &c->style)) || (err = flag(f, "warp", &c->warp)) ||
        (err = flag(f, "skip", &c->skip)) || (err = flag(f, "locality", &c->locality))) {
        return err;
    }
    /* weights from before it have none */
    if (lac_safetensors_metadata(f->st, "lag") && (err = flag(f, "lag", &c->lag))) {
        return err;
    }
    if (lac_safetensors_metadata(f->st, "refine_base") && (err = field(f, "refine_base", 0, 64, &c->refine_base))) {
        return err;
    }
    if (c->base % 8) {
        return bad_field(f, "base", lac_safetensors_metadata(f->st, "base"), "a multiple of 8");
    }
    snprintf(c->preset, sizeof c->preset, "%s", preset ? preset : "");
    return LAC_OK;
}
