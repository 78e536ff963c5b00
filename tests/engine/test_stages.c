/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine reproduces every stage of weights/train/model.py: vectors written by weights/train/dump_stages.py.
 * `test_stages [FILE...]`: vector files; without arguments the committed ones. Run from the top of the tree. */
#include <stdlib.h>

#include "vectors.h"

enum { MAX_REFS = 8 };

/* Largest error of a stage relative to its norm.
 *
 * fp32: sums of up to 1e3 products through some 20 layers, in another order; measured up to 1.3e-5.
 * bf16: one rounding is at most 2^-9 = 0.2 % of a value; they add up from layer to layer, and the softmax turns the
 * absolute error of its logits (5 and more in size) into a relative one of the weights. PyTorch with weights and
 * activations rounded to bf16 in the same places is as far off, stage by stage to about a tenth: e0 0.4 %, f_d 2.1 %,
 * warped 9.0 %, out 6.7 % at most over all vectors, those of tests/stages.sh too: random networks differ. The bounds are
 * 1.5 times the largest error measured. */
#define FP32_TOLERANCE 1e-4

static double bf16_tolerance(const char *stage)
{
    static const struct { const char *stage; double tolerance; } list[] = {
        { "e0", 0.0065 }, { "e1", 0.0095 }, { "f_line", 0.013 }, { "f_y", 0.015 }, { "f_d", 0.032 }, { "f_d_ref", 0.032 },
        { "style", 0.007 }, { "mask", 0.017 }, { "f_mat", 0.09 }, { "f_sim", 0.08 }, { "warped", 0.135 },
        { "mid_in", 0.068 }, { "f_mid", 0.117 }, { "out", 0.1 },
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (!strcmp(stage, list[i].stage)) {
            return list[i].tolerance;
        }
    }
    return FP32_TOLERANCE; /* colour */
}

typedef struct Case { /* one vector file, read */
    const char *path;
    LacSafetensors *st;
    LacModel *model;
    int h, w, refs;
    float *line, *distance;
    float *ref_line[MAX_REFS], *ref_distance[MAX_REFS], *ref_colour[MAX_REFS];
    bool local[MAX_REFS];
    float lag[MAX_REFS];
} Case;

typedef struct Watch { /* what the stage callback compares with */
    Tally *tally;
    const Case *c;
    const Setup *setup;
    int *seen;         /* pictures seen of each tensor of the file */
    double worst;
    char worst_stage[32];
} Watch;

static void case_close(Case *c)
{
    lac_free(c->line);
    lac_free(c->distance);
    for (int i = 0; i < MAX_REFS; i++) {
        lac_free(c->ref_line[i]);
        lac_free(c->ref_distance[i]);
        lac_free(c->ref_colour[i]);
    }
    lac_model_free(&c->model);
    lac_safetensors_close(&c->st);
}

static bool case_open(Case *c, const char *path, const LacLog *log)
{
    const LacView *v;
    char name[32];

    memset(c, 0, sizeof *c);
    c->path = path;
    if (lac_safetensors_open(&c->st, path, log) || !weights_beside(c->st, path, &c->model, log)) {
        return false;
    }
    c->line = values(c->st, "in.line", &v);
    c->distance = values(c->st, "in.distance", NULL);
    if (!c->line || !c->distance || v->rank != 2) {
        return false;
    }
    c->h = (int)v->shape[0];
    c->w = (int)v->shape[1];
    for (c->refs = 0; c->refs < MAX_REFS; c->refs++) {
        int i = c->refs;
        float *local, *lag;

        snprintf(name, sizeof name, "in.ref%d.line", i);
        c->ref_line[i] = values(c->st, name, NULL);
        if (!c->ref_line[i]) {
            break;
        }
        snprintf(name, sizeof name, "in.ref%d.distance", i);
        c->ref_distance[i] = values(c->st, name, NULL);
        snprintf(name, sizeof name, "in.ref%d.colour", i);
        c->ref_colour[i] = values(c->st, name, NULL);
        snprintf(name, sizeof name, "in.ref%d.local", i);
        local = values(c->st, name, NULL);
        snprintf(name, sizeof name, "in.ref%d.lag", i);
        lag = values(c->st, name, NULL);
        if (local && lag) {
            c->local[i] = *local != 0;
            c->lag[i] = *lag;
        }
        lac_free(local);
        lac_free(lag);
        if (!c->ref_distance[i] || !c->ref_colour[i] || !local || !lag) {
            return false;
        }
    }
    return c->refs > 0;
}

/* The callback: one picture of one stage against the file. */
static void compare(void *opaque, const char *name, const LacTensor *shape, const float *got)
{
    Watch *w = opaque;
    const LacView *v;
    float *all = values(w->c->st, name, &v);
    size_t count = lac_tensor_count(shape), at;
    double error, tolerance;

    tolerance = w->setup->precision == LAC_PRECISION_FP32 ? FP32_TOLERANCE : bf16_tolerance(name);
    if (!expect(w->tally, all != NULL, "%s: no stage %s in the vectors", w->c->path, name)) {
        return;
    }
    at = (size_t)w->seen[v->index]++ * count;
    if (!expect(w->tally, at + count <= v->count && v->shape[v->rank - 1] == (size_t)shape->c,
                "%s: stage %s has another shape", w->c->path, name)) {
        lac_free(all);
        return;
    }
    error = relative_error(got, all + at, count);
    expect(w->tally, error <= tolerance, "%s: %s: stage %s: relative error %.3g, at most %g", w->c->path,
           w->setup->title, name, error, tolerance);
    if (!(error <= w->worst)) {
        w->worst = error;
        snprintf(w->worst_stage, sizeof w->worst_stage, "%s", name);
    }
    lac_free(all);
}

static void all_seen(const Watch *w)
{
    for (size_t i = 0; i < lac_safetensors_count(w->c->st); i++) {
        const LacView *v = lac_safetensors_at(w->c->st, i);
        bool per_picture = v->rank == 4;

        if (!strncmp(v->name, "in.", 3)) {
            continue;
        }
        expect(w->tally, w->seen[i] == (per_picture ? (int)v->shape[0] : 1), "%s: stage %s came %d times",
               w->c->path, v->name, w->seen[i]);
    }
}

/* Colours the case's frame into rgb [h][w][3]; with `watch` every stage is compared. */
static bool run_case(Tally *t, const Case *c, const Setup *s, Watch *watch, float *rgb, const LacLog *log)
{
    CountedDevice d;
    LacNet *net = NULL;
    LacRefCode *codes[MAX_REFS] = { NULL };
    size_t bytes = 3 * sizeof(float) * (size_t)c->h * (size_t)c->w;
    float *again = lac_alloc(bytes, 1);
    bool ok = false;
    int allocated;

    if (!again) {
        abort();
    }
    if (!expect(t, !open_counted(&d, s, log), "%s: device %s", c->path,
                s->title)) {
        lac_free(again);
        return false;
    }
    if (!expect(t, !lac_net_open(&net, c->model, &d.dev), "%s: %s: lac_net_open", c->path, s->title)) {
        goto end;
    }
    if (watch) {
        lac_net_set_stage_callback(net, compare, watch);
    }
    for (int i = 0; i < c->refs; i++) {
        if (!expect(t, !lac_net_encode(net, c->h, c->w, c->ref_line[i], c->ref_distance[i], c->ref_colour[i],
                                       c->local[i], &codes[i]), "%s: %s: lac_net_encode", c->path, s->title)) {
            goto end;
        }
    }
    if (!expect(t, !lac_net_color(net, c->h, c->w, c->line, c->distance, codes, c->lag, c->refs, rgb),
                "%s: %s: lac_net_color", c->path, s->title)) {
        goto end;
    }
    ok = true;
    if (!watch) {
        goto end;
    }
    lac_net_set_stage_callback(net, NULL, NULL);
    allocated = allocations;
    expect(t, !lac_net_color(net, c->h, c->w, c->line, c->distance, codes, c->lag, c->refs, again) &&
           !memcmp(rgb, again, bytes), "%s: %s: the same frame again gives other values", c->path, s->title);
    if (c->refs > 1) { /* another set of references and back: the style is not a stale one */
        expect(t, !lac_net_color(net, c->h, c->w, c->line, c->distance, codes, c->lag, 1, again) &&
               memcmp(rgb, again, bytes) != 0, "%s: %s: one reference gives the same as all", c->path, s->title);
        expect(t, !lac_net_color(net, c->h, c->w, c->line, c->distance, codes, c->lag, c->refs, again) &&
               !memcmp(rgb, again, bytes), "%s: %s: back to all references gives other values", c->path, s->title);
    }
    expect(t, allocations == allocated, "%s: %s: %d tensors allocated in the steady state", c->path, s->title,
           allocations - allocated);
    *(bool *)log->opaque = true;
    expect(t, lac_net_color(net, c->h + 8, c->w, c->line, c->distance, codes, c->lag, c->refs, again) == LAC_EINVAL,
           "%s: %s: a code of another size was accepted", c->path, s->title);
    expect(t, lac_net_color(net, c->h, c->w, c->line, c->distance, codes, c->lag, 0, again) == LAC_EINVAL,
           "%s: %s: no reference was accepted", c->path, s->title);
    *(bool *)log->opaque = false;
end:
    for (int i = 0; i < c->refs; i++) {
        lac_net_code_free(net, &codes[i]);
    }
    lac_net_close(&net);
    lac_device_close(&d.dev);
    lac_free(again);
    return ok;
}

typedef struct File {
    Tally *tally;
    Case c;
    const LacLog *log;
} File;

static bool run_file(void *opaque, const Setup *s, bool watched, float *out)
{
    const File *f = opaque;
    Watch w = { .tally = f->tally, .c = &f->c, .setup = s, .seen = lac_calloc(lac_safetensors_count(f->c.st), sizeof *w.seen) };
    bool ok;

    if (!w.seen) {
        abort();
    }
    ok = run_case(f->tally, &f->c, s, watched ? &w : NULL, out, f->log);
    if (ok && watched) {
        all_seen(&w);
        printf("%s: %s: largest relative error %.2g (%s)\n", f->c.path, s->title, w.worst, w.worst_stage);
    }
    lac_free(w.seen);
    return ok;
}

static void test_file(Tally *t, const char *path, const LacLog *log)
{
    File f = { .tally = t, .log = log };

    if (expect(t, case_open(&f.c, path, log), "%s: cannot be read", path)) {
        on_setups(t, path, 3 * (size_t)f.c.h * (size_t)f.c.w, run_file, &f, log);
    }
    case_close(&f.c);
}

int main(int argc, char **argv)
{
    static const char *const committed[] = {
        "tests/engine/vectors/tiny.k1.safetensors", "tests/engine/vectors/tiny.k2.safetensors",
        "tests/engine/vectors/tiny.k3.safetensors", "tests/engine/vectors/tiny-paper.k2.safetensors",
    };
    Tally t = { "stages", 0, 0 };
    bool quiet = false;
    LacLog log = { print_log, &quiet };

    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            test_file(&t, argv[i], &log);
        }
    } else {
        for (size_t i = 0; i < sizeof committed / sizeof *committed; i++) {
            test_file(&t, committed[i], &log);
        }
    }
    return tally_end(&t);
}
