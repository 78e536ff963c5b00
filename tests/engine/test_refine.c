/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine reproduces every stage of weights/train/refine.py: vectors written by weights/train/dump_stages.py.
 * `test_refine [FILE...]`: vector files; without arguments the committed ones. Run from the top of the tree. */
#include <stdlib.h>

#include "vectors.h"

enum { MAX_FRAMES = 16 };

#define WITHOUT "tests/engine/vectors/tiny-paper.weights.safetensors" /* weights without refinement */

/* Largest error of a stage relative to its norm. fp32: sums of up to 600 products through ten layers, in another
 * order, and an exponential (link); measured up to 8.2e-6. bf16: four or five roundings a layer of 0.1 to 0.2 % each, which add
 * up from layer to layer; 1.5 times the largest error measured over all vectors. */
#define FP32_TOLERANCE 3e-5

static double bf16_tolerance(const char *stage)
{
    static const struct { const char *stage; double tolerance; } list[] = {
        { "refine_e0", 0.0061 }, { "refine_e1", 0.0101 }, { "refine_e2", 0.0132 }, { "refine_mid", 0.0126 },
        { "refine_d0", 0.0144 }, { "refine_d1", 0.024 }, { "residual", 0.0255 },
        { "link", 0.13 }, { "trust", 0.06 },
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (!strcmp(stage, list[i].stage)) {
            return list[i].tolerance;
        }
    }
    return 0;
}

typedef struct Case { /* one vector file, read */
    const char *path;
    LacSafetensors *st;
    LacModel *model;
    int h, w, frames;
    float *line, *colour, *reference; /* [frames,h,w], [frames,h,w,3], [frames] */
} Case;

typedef struct Watch { /* what the stage callback compares with */
    Tally *tally;
    const Case *c;
    const Setup *setup;
    int *seen;         /* pictures seen of each tensor of the file */
    double worst;
} Watch;

static void case_close(Case *c)
{
    lac_free(c->line);
    lac_free(c->colour);
    lac_free(c->reference);
    lac_model_free(&c->model);
    lac_safetensors_close(&c->st);
}

static bool case_open(Case *c, const char *path, const LacLog *log)
{
    const LacView *v;

    memset(c, 0, sizeof *c);
    c->path = path;
    if (lac_safetensors_open(&c->st, path, log) || !weights_beside(c->st, path, &c->model, log)) {
        return false;
    }
    c->line = values(c->st, "in.line", &v);
    c->colour = values(c->st, "in.colour", NULL);
    c->reference = values(c->st, "in.reference", NULL);
    if (!c->line || !c->colour || !c->reference || v->rank != 3 || v->shape[0] > MAX_FRAMES) {
        return false;
    }
    c->frames = (int)v->shape[0];
    c->h = (int)v->shape[1];
    c->w = (int)v->shape[2];
    return true;
}

static bool all_zero(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] != 0) {
            return false;
        }
    }
    return true;
}

/* The callback: a stage, of all frames or of one, against the file. */
static void compare(void *opaque, const char *name, const LacTensor *shape, const float *got)
{
    Watch *w = opaque;
    const LacView *v;
    float *all = values(w->c->st, name, &v);
    size_t count = lac_tensor_count(shape), at;
    double error, tolerance = w->setup->precision == LAC_PRECISION_FP32 ? FP32_TOLERANCE : bf16_tolerance(name);

    if (!expect(w->tally, all != NULL, "%s: no stage %s in the vectors", w->c->path, name)) {
        return;
    }
    at = (size_t)w->seen[v->index] * (count / (size_t)shape->n);
    w->seen[v->index] += shape->n;
    if (expect(w->tally, at + count <= v->count && v->shape[v->rank - 1] == (size_t)shape->c,
               "%s: stage %s has another shape", w->c->path, name)) {
        error = all_zero(all + at, count) ? !all_zero(got, count) : relative_error(got, all + at, count);
        expect(w->tally, error <= tolerance, "%s: %s: stage %s: relative error %.3g, at most %g", w->c->path,
               w->setup->title, name, error, tolerance);
        w->worst = fmax(w->worst, error);
    }
    lac_free(all);
}

/* What a window's frames give: residual, link and trust, one after the other; `values` in all. */
static size_t values_of(const Case *c)
{
    return 5 * (size_t)c->frames * (size_t)c->h * (size_t)c->w;
}

/* The case's window, its results into `to`. The last frame's link is not written: it is 0. */
static void window(const Case *c, LacRefineFrame frames[MAX_FRAMES], float *to)
{
    size_t area = (size_t)c->h * (size_t)c->w;

    memset(to, 0, values_of(c) * sizeof *to);
    for (int t = 0; t < c->frames; t++, to += 5 * area) {
        frames[t] = (LacRefineFrame){ c->line + (size_t)t * area, c->colour + (size_t)t * 3 * area, c->reference[t] != 0,
                                      to, to + 3 * area, to + 4 * area };
    }
}

static void close_net(LacNet **net, CountedDevice *d)
{
    lac_net_close(net);
    lac_device_close(&d->dev);
}

/* Refines the case's window into `out`; with `watch` every stage is compared. */
static bool run_case(Tally *t, const Case *c, const Setup *s, Watch *watch, float *out, const LacLog *log)
{
    CountedDevice d;
    LacNet *net = NULL;
    LacRefineFrame frames[MAX_FRAMES];
    size_t bytes = values_of(c) * sizeof(float);
    float *again = lac_alloc(bytes, 1);
    int allocated;
    bool ok;

    if (!again) {
        abort();
    }
    ok = expect(t, !open_counted(&d, s, log) && !lac_net_open(&net, c->model, &d.dev) && lac_net_refines(net),
                "%s: %s: opening", c->path, s->title);
    if (!ok) {
        goto end;
    }
    if (watch) {
        lac_net_set_stage_callback(net, compare, watch);
    }
    window(c, frames, out);
    ok = expect(t, !lac_net_refine(net, c->h, c->w, frames, c->frames), "%s: %s: lac_net_refine", c->path, s->title);
    lac_net_set_stage_callback(net, NULL, NULL);
    for (int i = 0; i < c->frames; i++) {
        expect(t, all_zero(frames[i].residual, 3 * (size_t)c->h * (size_t)c->w) == frames[i].reference,
               "%s: %s: a reference is changed, or another frame is not", c->path, s->title);
    }
    allocated = allocations;
    window(c, frames, again);
    expect(t, !lac_net_refine(net, c->h, c->w, frames, 1), "%s: %s: a window of one frame", c->path, s->title);
    window(c, frames, again);
    expect(t, !lac_net_refine(net, c->h, c->w, frames, c->frames) && !memcmp(out, again, bytes),
           "%s: %s: the same window gives other values", c->path, s->title);
    expect(t, allocations == allocated, "%s: %s: %d tensors allocated in the steady state", c->path, s->title,
           allocations - allocated);
    window(c, frames, again);
    expect(t, !lac_net_refine_fit(net, c->h, c->w, c->frames + 3, false) &&
           !lac_net_refine(net, c->h, c->w, frames, c->frames) && !memcmp(out, again, bytes),
           "%s: %s: memory for more frames gives other values", c->path, s->title);
    *(bool *)log->opaque = true;
    expect(t, lac_net_refine(net, c->h, c->w, frames, 0) == LAC_EINVAL, "an empty window was accepted");
    expect(t, lac_net_refine(net, c->h + 4, c->w, frames, 1) == LAC_EINVAL, "an impossible size was accepted");
    *(bool *)log->opaque = false;
end:
    close_net(&net, &d);
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
    const size_t stages = lac_safetensors_count(f->c.st);
    Watch w = { .tally = f->tally, .c = &f->c, .setup = s, .seen = lac_calloc(stages, sizeof *w.seen) };
    bool ok;

    if (!w.seen) {
        abort();
    }
    ok = run_case(f->tally, &f->c, s, watched ? &w : NULL, out, f->log);
    for (size_t j = 0; ok && watched && j < stages; j++) {
        const LacView *v = lac_safetensors_at(f->c.st, j);

        expect(f->tally, !strncmp(v->name, "in.", 3) || w.seen[j] == f->c.frames - !strcmp(v->name, "link"),
               "%s: stage %s came %d times", f->c.path, v->name, w.seen[j]);
    }
    if (ok && watched) {
        printf("%s: %s: largest relative error %.2g\n", f->c.path, s->title, w.worst);
    }
    lac_free(w.seen);
    return ok;
}

static void test_file(Tally *t, const char *path, const LacLog *log)
{
    File f = { .tally = t, .log = log };

    if (expect(t, case_open(&f.c, path, log), "%s: cannot be read", path)) {
        on_setups(t, path, values_of(&f.c), run_file, &f, log);
    }
    case_close(&f.c);
}

/* With the last two layers at zero it is the plain rule: what weights without a refinement give. */
static void test_plain_rule(Tally *t, const char *path, const LacLog *log)
{
    Case c;
    CountedDevice d;
    LacModel *without = NULL;
    LacNet *net = NULL;
    LacRefineFrame frames[MAX_FRAMES];
    float *zeroed, *rule;

    if (!expect(t, case_open(&c, path, log) && !lac_model_load(&without, WITHOUT, log), "%s: cannot be read", path)) {
        case_close(&c);
        return;
    }
    zeroed = lac_alloc(values_of(&c), sizeof *zeroed);
    rule = lac_alloc(values_of(&c), sizeof *rule);
    if (!zeroed || !rule) {
        abort();
    }
    for (int i = 9; i < 11; i++) {
        LacLayer *layer = &c.model->refine[i];

        memset(layer->weight, 0, (i == 9 ? 6 : 3) * 9 * (size_t)layer->cin * sizeof *layer->weight);
        memset(layer->bias, 0, (i == 9 ? 6 : 3) * sizeof *layer->bias);
    }
    window(&c, frames, zeroed);
    expect(t, !open_counted(&d, &setups[0], log) && !lac_net_open(&net, c.model, &d.dev) &&
           !lac_net_refine(net, c.h, c.w, frames, c.frames), "%s: untrained", path);
    close_net(&net, &d);
    window(&c, frames, rule);
    expect(t, !open_counted(&d, &setups[0], log) && !lac_net_open(&net, without, &d.dev) && !lac_net_refines(net) &&
           !lac_net_refine(net, c.h, c.w, frames, c.frames), "%s: without refinement", path);
    close_net(&net, &d);
    expect(t, relative_error(zeroed, rule, values_of(&c)) < 1e-6, "%s: an untrained refinement is not the plain rule", path);
    lac_free(zeroed);
    lac_free(rule);
    lac_model_free(&without);
    case_close(&c);
}

/* Links are firm where the line art is the same, and weak around where it is not, but no further. */
static void test_links(Tally *t, const LacLog *log)
{
    enum { SIZE = 64, AREA = SIZE * SIZE, MOVED = 40 };
    float *line = lac_alloc(2 * AREA, sizeof *line), *colour = lac_calloc(3 * AREA, sizeof *colour);
    float *out = lac_alloc(5 * AREA * 2, sizeof *out), *link;
    CountedDevice d;
    LacModel *model = NULL;
    LacNet *net = NULL;

    if (!line || !colour || !out) {
        abort();
    }
    link = out + 3 * AREA;
    for (int i = 0; i < 2 * AREA; i++) {
        line[i] = i % SIZE == 5 || (i % SIZE == MOVED && i >= AREA) ? -1 : 1;
    }
    LacRefineFrame frames[2] = { { line, colour, false, out, link, out + 4 * AREA },
                                 { line + AREA, colour, false, out + 5 * AREA, NULL, out + 9 * AREA } };

    if (expect(t, !lac_model_load(&model, WITHOUT, log) && !open_counted(&d, &setups[0], log) &&
               !lac_net_open(&net, model, &d.dev), WITHOUT ": opening")) {
        expect(t, !lac_net_refine(net, SIZE, SIZE, frames, 2), "lac_net_refine");
        for (int x = 0; x < SIZE; x++) {
            float at = link[20 * SIZE + x];

            expect(t, abs(x - MOVED) <= 6 ? at < 0.1f : abs(x - MOVED) > 10 ? fabsf(at - 64) < 0.01f : true,
                   "the link %d pixels from a line that came is %g", x - MOVED, at);
        }
        close_net(&net, &d);
    }
    lac_model_free(&model);
    lac_free(line);
    lac_free(colour);
    lac_free(out);
}

int main(int argc, char **argv)
{
    static const char *const committed[] = {
        "tests/engine/vectors/tiny.t1.safetensors", "tests/engine/vectors/tiny.t3.safetensors",
        "tests/engine/vectors/tiny.t5.safetensors",
    };
    Tally t = { "refine", 0, 0 };
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
        test_plain_rule(&t, committed[2], &log);
        test_links(&t, &log);
    }
    return tally_end(&t);
}
