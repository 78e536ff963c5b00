/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine reproduces every stage of weights/train/refine.py: vectors written by weights/train/dump_stages.py.
 * `test_refine [FILE...]`: vector files; without arguments the committed ones. Run from the top of the tree. */
#include <stdlib.h>

#include "vectors.h"

enum { MAX_FRAMES = 16 };

#define WITHOUT "tests/engine/vectors/tiny-paper.weights.safetensors" /* weights without refinement */

/* Largest error of a stage relative to its norm. fp32: sums of up to 600 products through ten layers, in another
 * order; measured up to 1.8e-6. bf16: four or five roundings a layer of 0.1 to 0.2 % each, which add
 * up from layer to layer; 1.5 times the largest error measured over all vectors. */
#define FP32_TOLERANCE 1e-5

static double bf16_tolerance(const char *stage)
{
    static const struct { const char *stage; double tolerance; } list[] = {
        { "refine_e0", 0.0061 }, { "refine_e1", 0.0101 }, { "refine_e2", 0.0132 }, { "refine_mid", 0.0126 },
        { "refine_d0", 0.0144 }, { "refine_d1", 0.0143 }, { "refined", 0.0255 },
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

/* The callback: a stage, of all frames or of one, against the file. */
static void compare(void *opaque, const char *name, const LacTensor *shape, const float *got)
{
    Watch *w = opaque;
    const LacView *v;
    float *all = values(w->c->st, name, &v);
    size_t count = lac_tensor_count(shape), at;
    double error, tolerance = w->setup->precision == LAC_PRECISION_BF16 ? bf16_tolerance(name) : FP32_TOLERANCE;

    if (!expect(w->tally, all != NULL, "%s: no stage %s in the vectors", w->c->path, name)) {
        return;
    }
    at = (size_t)w->seen[v->index] * (count / (size_t)shape->n);
    w->seen[v->index] += shape->n;
    if (expect(w->tally, at + count <= v->count && v->shape[v->rank - 1] == (size_t)shape->c,
               "%s: stage %s has another shape", w->c->path, name)) {
        error = relative_error(got, all + at, count);
        expect(w->tally, error <= tolerance, "%s: %s: stage %s: relative error %.3g, at most %g", w->c->path,
               w->setup->title, name, error, tolerance);
        w->worst = fmax(w->worst, error);
    }
    lac_free(all);
}

/* The case's window; pictures go to rgb, or in place to a copy of the colours there. */
static void window(const Case *c, LacRefineFrame frames[MAX_FRAMES], float *rgb, bool in_place)
{
    size_t area = (size_t)c->h * (size_t)c->w;

    if (in_place) {
        memcpy(rgb, c->colour, (size_t)c->frames * 3 * area * sizeof *rgb);
    }
    for (int t = 0; t < c->frames; t++) {
        float *out = rgb + (size_t)t * 3 * area;

        frames[t] = (LacRefineFrame){ c->line + (size_t)t * area, in_place ? out : c->colour + (size_t)t * 3 * area,
                                      c->reference[t] != 0, out };
    }
}

static void close_net(LacNet **net, CountedDevice *d)
{
    lac_net_close(net);
    lac_device_close(&d->dev);
}

/* Refines the case's window into rgb; with `watch` every stage is compared. */
static bool run_case(Tally *t, const Case *c, const Setup *s, Watch *watch, float *rgb, const LacLog *log)
{
    CountedDevice d;
    LacNet *net = NULL;
    LacRefineFrame frames[MAX_FRAMES];
    size_t picture = 3 * (size_t)c->h * (size_t)c->w, bytes = (size_t)c->frames * picture * sizeof(float);
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
    window(c, frames, rgb, false);
    ok = expect(t, !lac_net_refine(net, c->h, c->w, frames, c->frames), "%s: %s: lac_net_refine", c->path, s->title);
    lac_net_set_stage_callback(net, NULL, NULL);
    for (int i = 0; i < c->frames; i++) {
        expect(t, (memcmp(rgb + (size_t)i * picture, c->colour + (size_t)i * picture, picture * sizeof *rgb) == 0) ==
               frames[i].reference, "%s: %s: a reference came out changed, or another frame did not", c->path, s->title);
    }
    allocated = allocations;
    window(c, frames, again, true);
    expect(t, !lac_net_refine(net, c->h, c->w, frames, c->frames) && !memcmp(rgb, again, bytes),
           "%s: %s: the same window in place gives other values", c->path, s->title);
    window(c, frames, again, false);
    expect(t, !lac_net_refine(net, c->h, c->w, frames, 1), "%s: %s: a window of one frame", c->path, s->title);
    for (int i = 0; i + 1 < c->frames; i++) {
        frames[i].rgb = NULL;
    }
    expect(t, !lac_net_refine(net, c->h, c->w, frames, c->frames) &&
           !memcmp(rgb + (size_t)(c->frames - 1) * picture, again + (size_t)(c->frames - 1) * picture,
                   picture * sizeof *rgb), "%s: %s: the last frame alone gives other values", c->path, s->title);
    expect(t, allocations == allocated, "%s: %s: %d tensors allocated in the steady state", c->path, s->title,
           allocations - allocated);
    window(c, frames, again, false);
    expect(t, !lac_net_refine_fit(net, c->h, c->w, c->frames + 3) &&
           !lac_net_refine(net, c->h, c->w, frames, c->frames) && !memcmp(rgb, again, bytes),
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

static void test_file(Tally *t, const char *path, const LacLog *log)
{
    Case c;

    if (!expect(t, case_open(&c, path, log), "%s: cannot be read", path)) {
        case_close(&c);
        return;
    }
    size_t count = (size_t)c.frames * 3 * (size_t)c.h * (size_t)c.w;
    float *one = lac_alloc(count, sizeof *one), *two = lac_alloc(count, sizeof *two);
    int *seen = lac_alloc(lac_safetensors_count(c.st), sizeof *seen);

    if (!one || !two || !seen) {
        abort();
    }
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        Watch w = { .tally = t, .c = &c, .setup = &setups[i], .seen = seen };
        Setup threads2 = setups[i];

        if (!possible(&setups[i], log)) {
            printf("%s: %s: skipped, this machine has no such device\n", path, setups[i].title);
            continue;
        }
        memset(seen, 0, lac_safetensors_count(c.st) * sizeof *seen);
        if (!run_case(t, &c, &setups[i], &w, one, log)) {
            continue;
        }
        for (size_t j = 0; j < lac_safetensors_count(c.st); j++) {
            const LacView *v = lac_safetensors_at(c.st, j);

            expect(t, !strncmp(v->name, "in.", 3) || seen[j] == c.frames, "%s: stage %s came %d times", path, v->name,
                   seen[j]);
        }
        printf("%s: %s: largest relative error %.2g\n", path, setups[i].title, w.worst);
        threads2.threads = 2;
        if (run_case(t, &c, &threads2, NULL, two, log)) {
            expect(t, !memcmp(one, two, count * sizeof *one), "%s: %s: 1 and 2 threads differ", path, setups[i].title);
        }
    }
    lac_free(one);
    lac_free(two);
    lac_free(seen);
    case_close(&c);
}

/* With the residual's f at zero and no share of the neighbours, pictures come out as they went in. */
static void test_untrained(Tally *t, const char *path, const LacLog *log)
{
    Case c;
    CountedDevice d;
    LacNet *net = NULL;
    LacRefineFrame frames[MAX_FRAMES];

    if (!expect(t, case_open(&c, path, log), "%s: cannot be read", path)) {
        case_close(&c);
        return;
    }
    LacLayer *last = &c.model->refine[9], *share = &c.model->refine[10];
    size_t count = (size_t)c.frames * 3 * (size_t)c.h * (size_t)c.w;
    float *rgb = lac_alloc(count, sizeof *rgb);

    if (!rgb) {
        abort();
    }
    memset(last->weight, 0, 3 * 9 * (size_t)last->cin * sizeof *last->weight);
    memset(last->bias, 0, 3 * sizeof *last->bias);
    share->bias[0] = share->bias[1] = -1e9f;
    window(&c, frames, rgb, false);
    expect(t, !open_counted(&d, &setups[1], log) && !lac_net_open(&net, c.model, &d.dev) &&
           !lac_net_refine(net, c.h, c.w, frames, c.frames) && !memcmp(rgb, c.colour, count * sizeof *rgb),
           "an untrained refinement changes the picture");
    close_net(&net, &d);
    lac_free(rgb);
    case_close(&c);
}

static void test_without(Tally *t, const LacLog *log)
{
    float plane[3 * 8 * 8] = { 0 };
    LacRefineFrame frame = { plane, plane, false, plane };
    CountedDevice d;
    LacModel *model = NULL;
    LacNet *net = NULL;

    if (expect(t, !lac_model_load(&model, WITHOUT, log) && !open_counted(&d, &setups[1], log) &&
               !lac_net_open(&net, model, &d.dev), WITHOUT ": opening")) {
        *(bool *)log->opaque = true;
        expect(t, !lac_net_refines(net) && lac_net_refine(net, 8, 8, &frame, 1) == LAC_EINVAL,
               "weights without refinement refine");
        *(bool *)log->opaque = false;
        close_net(&net, &d);
    }
    lac_model_free(&model);
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
        test_untrained(&t, committed[2], &log);
        test_without(&t, &log);
    }
    return tally_end(&t);
}
