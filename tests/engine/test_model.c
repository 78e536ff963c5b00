/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The model loader: a good file, then the same file with one or several things wrong; and every allocation
 * failing in turn, from the file to the first coloured frame. Run from the top of the tree. */
#define _POSIX_C_SOURCE 200809L /* posix_memalign */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "model/model.h"
#include "net/net.h"

#define WEIGHTS "tests/engine/vectors/tiny.weights.safetensors"
#define PAPER "tests/engine/vectors/tiny-paper.weights.safetensors"

/* What lac_alloc calls, in place of libc's: fails when the countdown reaches zero. */
static long countdown = -1;

void *aligned_alloc(size_t alignment, size_t size)
{
    void *p;

    if (countdown >= 0 && countdown-- == 0) {
        return NULL;
    }
    return posix_memalign(&p, alignment, size) ? NULL : p;
}

/* ---- files with something wrong ---- */

typedef struct Change {
    const char *drop, *drop2;        /* tensors left out */
    const char *reshape;             /* tensor whose shape becomes [count] */
    const char *add;                 /* one more tensor, [1] */
    const char *not_finite;          /* tensor whose last element becomes infinite */
    const char *key, *value;         /* metadata replaced; value NULL: left out */
    bool fp32;                       /* stored as F32 */
} Change;

static const char *const keys[] = {
    "format", "format_version", "kind", "preset", "base", "mid_blocks", "match_dilations", "head", "style", "warp",
    "skip", "locality", "lag", "refine_base",
};

typedef struct Text {
    char *p;
    size_t at, size;
} Text;

LAC_PRINTF(2, 3)
static void put(Text *t, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it was started a line above
    t->at += (size_t)vsnprintf(t->p + t->at, t->size - t->at, format, ap);
    va_end(ap);
    if (t->at >= t->size) {
        abort();
    }
}

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

static void put_tensor(Text *head, Text *data, const char *name, const LacView *v, const Change *c)
{
    size_t size = c->fp32 ? 4 : 2, bytes = size * v->count;

    put(head, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", name, c->fp32 ? "F32" : "F16");
    if (is(c->reshape, name)) {
        put(head, "%zu", v->count);
    } else {
        for (int i = 0; i < v->rank; i++) {
            put(head, "%s%zu", i ? "," : "", v->shape[i]);
        }
    }
    put(head, "],\"data_offsets\":[%zu,%zu]}", data->at, data->at + bytes);
    if (data->at + bytes > data->size) {
        abort();
    }
    if (c->fp32) {
        lac_view_read(v, (float *)(void *)(data->p + data->at));
    } else {
        memcpy(data->p + data->at, v->data, bytes);
    }
    if (is(c->not_finite, name)) {
        memcpy(data->p + data->at + bytes - 2, "\x00\x7C", 2);
    }
    data->at += bytes;
}

/* The good file `path` with the change, loaded. */
static int load(const char *path, const Change *c, Messages *m, LacModel **model)
{
    static const uint8_t zero[2];
    LacLog log = messages_log(m);
    LacSafetensors *good, *st = NULL;
    Text head = { malloc(1 << 16), 8, 1 << 16 }, data = { malloc(1 << 20), 0, 1 << 20 };
    uint8_t *bytes;
    int err;

    if (lac_safetensors_open(&good, path, &log) || !head.p || !data.p) {
        abort();
    }
    put(&head, "{\"__metadata__\":{\"provenance\":\"test\"");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = is(c->key, keys[i]) ? c->value : lac_safetensors_metadata(good, keys[i]);

        if (value) {
            put(&head, ",\"%s\":\"%s\"", keys[i], value);
        }
    }
    put(&head, "}");
    for (size_t i = 0; i < lac_safetensors_count(good); i++) {
        const LacView *v = lac_safetensors_at(good, i);

        if (!is(c->drop, v->name) && !is(c->drop2, v->name)) {
            put_tensor(&head, &data, v->name, v, c);
        }
    }
    if (c->add) {
        LacView one = { .rank = 1, .shape = { 1 }, .count = 1, .storage = LAC_STORAGE_F16, .data = zero };

        put_tensor(&head, &data, c->add, &one, c);
    }
    put(&head, "}");
    while (head.at % 8) {
        put(&head, " ");
    }
    for (int i = 0; i < 8; i++) {
        head.p[i] = (char)((head.at - 8) >> 8 * i);
    }
    bytes = malloc(head.at + data.at);
    if (!bytes) {
        abort();
    }
    memcpy(bytes, head.p, head.at);
    memcpy(bytes + head.at, data.p, data.at);
    err = lac_safetensors_parse(&st, bytes, head.at + data.at, "w", &log);
    if (err) {
        abort(); /* this test's files are valid */
    }
    *model = (void *)m;
    err = lac_model_read(model, st, &log);
    lac_safetensors_close(&st);
    lac_safetensors_close(&good);
    free(head.p);
    free(data.p);
    free(bytes);
    return err;
}

static bool same(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

static void test_good(Tally *t)
{
    Messages m;
    LacLog log = messages_log(&m);
    LacModel *model, *wide;
    LacSafetensors *st;
    const LacView *v;
    float x[8 * 25];

    if (!expect(t, !lac_model_load(&model, WEIGHTS, &log), "%s", m.text)) {
        return;
    }
    expect(t, model->config.base == 8 && model->config.mid_blocks == 2 && model->config.match_count == 2 &&
           model->config.match_dilation[0] == 1 && model->config.match_dilation[1] == 2 && model->config.head == 32 &&
           model->config.style == 16 && model->config.warp && model->config.skip && model->config.locality &&
           model->config.lag, "tiny: configuration");
    expect(t, !strcmp(model->config.preset, "tiny") && model->locality == 0.75f && model->nearness == 0.5f &&
           fabsf(model->reach - 0.3f) < 1e-3f, "tiny: preset, prior");
    expect(t, model->enl[0].cin == 1 && model->enl[0].cout == 8 && model->enl[0].kernel == 5 && !model->enl[0].bias &&
           model->mlp[1].cout == 2 * 4 * 32 && model->mlp[1].kernel == 1 && model->decoder[3].bias, "tiny: layers");
    if (expect(t, !lac_safetensors_open(&st, WEIGHTS, &log), "%s", m.text)) {
        v = lac_safetensors_find(st, "enl.conv0.weight");
        lac_view_read(v, x);
        expect(t, same(model->enl[0].weight, x, sizeof x / sizeof *x), "enl.conv0.weight: values");
        lac_safetensors_close(&st);
    }
    expect(t, !load(WEIGHTS, &(Change){ .fp32 = true }, &m, &wide), "as F32: %s", m.text);
    if (wide) {
        expect(t, same(model->decoder[0].weight, wide->decoder[0].weight, 16 * 32 * 9), "F32 and F16 differ");
    }
    lac_model_free(&wide);
    lac_model_free(&model);
    expect(t, !model, "lac_model_free leaves NULL");
    lac_model_free(&model);
    lac_model_free(NULL);
    if (expect(t, !lac_model_load(&model, PAPER, &log), "%s", m.text)) {
        expect(t, model->config.match_count == 0 && model->config.head == 4 && !model->config.warp &&
               !model->config.locality && !model->config.lag && !model->warp_in.weight && model->end[0].cin == 1, "tiny-paper: configuration");
    }
    lac_model_free(&model);
}

/* The change must fail with LAC_EMODEL, after `lines` messages, one of which holds `message`. */
static void reject(Tally *t, const char *path, Change c, int lines, const char *message)
{
    Messages m;
    LacModel *model;
    int err = load(path, &c, &m, &model);

    expect(t, err == LAC_EMODEL && !model && (lines == 0 || m.lines == lines) && strstr(m.text, message),
           "expected \"%s\", got code %d and: %s", message, err, m.text);
    lac_model_free(&model);
}

static void test_tensors(Tally *t)
{
    Messages m;
    LacLog log = messages_log(&m);
    LacSafetensors *st;
    char text[160];

    if (!expect(t, !lac_safetensors_open(&st, WEIGHTS, &log), "%s", m.text)) {
        return;
    }
    for (size_t i = 0; i < lac_safetensors_count(st); i++) { /* each is needed */
        const LacView *v = lac_safetensors_at(st, i);

        snprintf(text, sizeof text, "tensor %s [", v->name);
        reject(t, WEIGHTS, (Change){ .drop = v->name }, 2, text);
        snprintf(text, sizeof text, "tensor %s has shape [%zu], expected [", v->name, v->count);
        if (v->rank > 1) {
            reject(t, WEIGHTS, (Change){ .reshape = v->name }, 2, text);
        }
    }
    lac_safetensors_close(&st);
    reject(t, WEIGHTS, (Change){ .add = "latent_sim.weight" }, 2, "latent_sim.weight is unexpected");
    reject(t, PAPER, (Change){ .add = "refine.conv0.weight" }, 2, "refine.conv0.weight is unexpected");
    reject(t, WEIGHTS, (Change){ .key = "refine_base", .value = "0" }, 34, "refine.conv9.shift is unexpected");
    reject(t, WEIGHTS, (Change){ .key = "refine_base", .value = "4" }, 0,
           "refine.conv1.shift has shape [5, 3], expected [4, 3]");
    reject(t, WEIGHTS, (Change){ .not_finite = "mid.1.conv0.weight" },
           2, "mid.1.conv0.weight: element 9215 is not finite");
    /* all at once, all reported */
    reject(t, WEIGHTS, (Change){ .drop = "mlp0.bias", .drop2 = "sim.q.weight", .reshape = "mlp1.weight", .add = "x" },
           5, "4 tensors");
    reject(t, PAPER, (Change){ .key = "locality", .value = "1" }, 2, "sim.locality [1] is missing");
    reject(t, PAPER, (Change){ .key = "lag", .value = "1" }, 3, "sim.nearness [1] is missing");
    reject(t, WEIGHTS, (Change){ .key = "lag", .value = "0" }, 3, "sim.reach is unexpected");
    reject(t, WEIGHTS, (Change){ .key = "lag" }, 3, "sim.nearness is unexpected");
    reject(t, WEIGHTS, (Change){ .not_finite = "sim.reach" }, 2, "sim.reach: element 0 is not finite");
    reject(t, PAPER, (Change){ .key = "warp", .value = "1" }, 2, "warp_in.weight [32, 3, 1, 1] is missing");
    reject(t, WEIGHTS, (Change){ .key = "warp", .value = "0" }, 2, "warp_in.weight is unexpected");
    reject(t, WEIGHTS, (Change){ .key = "mid_blocks", .value = "3" },
           5, "mid.2.conv0.weight [32, 32, 3, 3] is missing");
    reject(t, WEIGHTS, (Change){ .key = "match_dilations", .value = "1" },
           3, "end.blocks.1.conv0.weight is unexpected");
    reject(t, WEIGHTS, (Change){ .key = "match_dilations", .value = "" },
           6, "end.encoder.conv0.weight has shape [8, 2, 5, 5]");
    reject(t, WEIGHTS, (Change){ .key = "head", .value = "4" }, 5, "sim.k.bias has shape [32], expected [4]");
    reject(t, WEIGHTS, (Change){ .key = "base", .value = "16" },
           0, "enl.conv0.weight has shape [8, 1, 5, 5], expected [16, 1, 5, 5]");
}

static void test_metadata(Tally *t)
{
    static const struct { const char *key, *value; } bad[] = {
        { "format", "other" }, { "format_version", "2" }, { "format_version", "0" }, { "format_version", "1x" },
        { "format_version", "99999999999999999999" }, { "kind", "refine" }, { "base", "12" }, { "base", "0" },
        { "base", "264" }, { "base", "-8" }, { "base", "" }, { "base", " 8" }, { "base", "8.0" },
        { "mid_blocks", "0" }, { "mid_blocks", "33" }, { "head", "0" }, { "head", "513" }, { "style", "0" },
        { "style", "4097" }, { "warp", "2" }, { "warp", "true" }, { "skip", "" }, { "locality", "yes" }, { "lag", "2" },
        { "refine_base", "65" }, { "refine_base", "-1" }, { "refine_base", "" },
        { "match_dilations", "0" }, { "match_dilations", "65" }, { "match_dilations", "1," },
        { "match_dilations", ",1" }, { "match_dilations", "1;2" }, { "match_dilations", "1,,2" },
        { "match_dilations", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1" },
    };
    char text[64];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool version = !strcmp(bad[i].key, "format_version") && strlen(bad[i].value) == 1;

        snprintf(text, sizeof text, version ? "format version %s" : "metadata \"%s\"",
                 version ? bad[i].value : bad[i].key);
        reject(t, WEIGHTS, (Change){ .key = bad[i].key, .value = bad[i].value }, 1, text);
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i], "preset") != 0 && strcmp(keys[i], "lag") != 0 && strcmp(keys[i], "refine_base") != 0) {
            snprintf(text, sizeof text, "metadata has no \"%s\"", keys[i]);
            reject(t, WEIGHTS, (Change){ .key = keys[i] }, 1, text);
        }
    }
}

static void test_files(Tally *t)
{
    Messages m;
    LacLog log = messages_log(&m);
    LacModel *model;

    expect(t, lac_model_load(&model, "missing.safetensors", &log) == LAC_EIO && !model, "%s", m.text);
    log = messages_log(&m);
    expect(t, lac_model_load(&model, "tests/engine/vectors/tiny.k1.safetensors", &log) == LAC_EMODEL && !model &&
           strstr(m.text, "not weights of this network"), "%s", m.text);
}

/* ---- failing allocations ---- */

static int whole_flow(const LacLog *log)
{
    float plane[8 * 8] = { 0 }, rgb[3 * 8 * 8] = { 0 }, residual[3 * 8 * 8], trust[8 * 8];
    LacDevice dev = { 0 };
    LacModel *model = NULL;
    LacNet *net = NULL;
    LacRefCode *code = NULL;
    int err;

    plane[9] = -1;
    if (!(err = lac_model_load(&model, WEIGHTS, log)) &&
        !(err = lac_device_open(&dev, "ref", LAC_PRECISION_AUTO, 1, log)) &&
        !(err = lac_net_open(&net, model, &dev)) &&
        !(err = lac_net_encode(net, 8, 8, plane, plane, rgb, true, &code))) {
        LacRefineFrame frame = { plane, rgb, false, residual, NULL, trust };

        err = lac_net_color(net, 8, 8, plane, plane, &code, NULL, 1, rgb);
        if (!err) {
            err = lac_net_refine(net, 8, 8, &frame, 1);
        }
    }
    lac_net_code_free(net, &code);
    lac_net_close(&net);
    lac_device_close(&dev);
    lac_model_free(&model);
    return err;
}

static void test_out_of_memory(Tally *t)
{
    Messages m;
    LacLog log;
    int n = 0, err = LAC_ENOMEM;

    for (; err && n < 10000; n++) {
        log = messages_log(&m);
        countdown = n;
        err = whole_flow(&log);
        if (err) {
            expect(t, err == LAC_ENOMEM && m.lines == 1, "allocation %d fails: code %d, log: %s", n, err, m.text);
        }
    }
    countdown = -1;
    expect(t, !err && n > 100, "the flow does not succeed after %d allocations: %s", n, m.text);
}

int main(void)
{
    Tally t = { "model", 0, 0 };

    test_good(&t);
    test_tensors(&t);
    test_metadata(&t);
    test_files(&t);
    test_out_of_memory(&t);
    return tally_end(&t);
}
