/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass from end to end: opening every layer, encoding a reference, colouring a frame. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "net/net.h"

#include <time.h>

#include "net/stages.h"

/* ---- time ---- */

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Ends `stage`, and the next one begins. */
static int lap(LacNet *net, enum LacStage stage)
{
    int err = net->wait || !net->dev->queued ? net->dev->ops->finish(net->dev->be) : LAC_OK;
    double now = now_ms();

    net->ms[stage] += now - net->lap;
    net->lap = now;
    return err;
}

void lac_net_time_stages(LacNet *net, bool wait)
{
    net->wait = wait;
}

int lac_net_timing(const LacNet *net, int i, const char **name, double *ms)
{
    static const char *const names[LAC_STAGE_COUNT] = {
        [LAC_STAGE_INPUT] = "input", [LAC_STAGE_ENCODER] = "line encoder", [LAC_STAGE_MATCH] = "match encoder",
        [LAC_STAGE_ATTENTION] = "attention", [LAC_STAGE_STYLE] = "style", [LAC_STAGE_MIDDLE] = "middle",
        [LAC_STAGE_DECODER] = "decoder", [LAC_STAGE_OUTPUT] = "output", [LAC_STAGE_REFERENCE] = "reference encoding",
        [LAC_STAGE_REFINE] = "refinement",
    };
    bool known = i >= 0 && i < LAC_STAGE_COUNT;

    if (name) {
        *name = known ? names[i] : NULL;
    }
    if (ms) {
        *ms = known ? net->ms[i] : 0;
    }
    return LAC_STAGE_COUNT;
}

void lac_net_set_stage_callback(LacNet *net, LacStageCallback *callback, void *opaque)
{
    net->callback = callback;
    net->callback_opaque = opaque;
}

/* ---- open and close ---- */

int lac_net_open(LacNet **out, const LacModel *model, const LacDevice *dev)
{
    LacNet *net = lac_calloc(1, sizeof *net);
    int err;

    *out = NULL;
    if (!net) {
        return lac_fail(dev->log, LAC_ENOMEM, "out of memory for the network");
    }
    net->dev = dev;
    net->config = model->config;
    if ((err = lac_encoder_open(net, &net->enl, model->enl)) || (err = lac_match_open(net, model)) ||
        (err = lac_encoder_open(net, &net->enc, model->enc)) || (err = lac_sim_open(net, model)) ||
        (err = lac_embedder_open(net, model)) || (err = lac_adain_open(net, model)) ||
        (err = lac_decoder_open(net, model)) || (err = lac_refine_open(net, model)) ||
        (model->config.warp && (err = lac_net_conv_open(net, &net->warp_in, &model->warp_in, (LacConvUse){ 0 })))) {
        lac_net_close(&net);
        return err;
    }
    *out = net;
    return LAC_OK;
}

void lac_net_close(LacNet **net)
{
    LacNet *n = net ? *net : NULL;

    if (!n) {
        return;
    }
    lac_workspace_free(n);
    lac_encoder_close(n, &n->enl);
    lac_match_close(n);
    lac_encoder_close(n, &n->enc);
    lac_sim_close(n);
    lac_embedder_close(n);
    lac_adain_close(n);
    lac_decoder_close(n);
    lac_links_free(&n->links);
    lac_refine_close(n);
    lac_net_conv_close(n, &n->warp_in, 1);
    lac_free(n);
    *net = NULL;
}

/* ---- one reference ---- */

/* Two planes of na and nb channels side by side: [h][w][na + nb]. */
static void interleave(const float *a, int na, const float *b, int nb, size_t area, float *out)
{
    for (size_t i = 0; i < area; i++) {
        for (int j = 0; j < na; j++) {
            *out++ = *a++;
        }
        for (int j = 0; j < nb; j++) {
            *out++ = *b++;
        }
    }
}

/* ws.match = [x, d], or d alone for the paper's EnD */
static int upload_match(LacNet *net, const float *line, const float *distance)
{
    LacWorkspace *ws = &net->ws;

    if (!net->config.match_count) {
        return net->dev->ops->upload(net->dev->be, distance, &ws->match);
    }
    interleave(line, 1, distance, 1, (size_t)ws->h * (size_t)ws->w, ws->staging);
    return net->dev->ops->upload(net->dev->be, ws->staging, &ws->match);
}

static int alloc_code(LacNet *net, LacRefCode *code)
{
    enum LacType act = net->dev->act;
    int c = 4 * net->config.base, h = code->h / 4, w = code->w / 4, err;

    if ((err = lac_net_tensor(net, &code->k, act, 1, h, w, net->config.head)) ||
        (err = lac_net_tensor(net, &code->v, act, 1, h, w, c / 2)) ||
        (err = lac_net_tensor(net, &code->f_y, act, 1, h, w, c)) ||
        (err = lac_net_tensor(net, &code->mask_ref, LAC_F32, 1, h, w, 2)) ||
        (err = lac_net_tensor(net, &code->colour, LAC_F32, 1, h, w, 3))) {
        return err;
    }
    code->style = lac_alloc((size_t)c, sizeof *code->style);
    return code->style ? LAC_OK : lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for a reference");
}

static int encode(LacNet *net, const float *line, const float *distance, const float *colour, LacRefCode *code)
{
    const LacOps *ops = net->dev->ops;
    LacBackend *be = net->dev->be;
    LacWorkspace *ws = &net->ws;
    int err;

    if ((err = upload_match(net, line, distance)) || (err = lac_match_run(net, &ws->match, &ws->f_d)) ||
        (err = lac_net_emit(net, "f_d_ref", &ws->f_d)) ||
        (err = ops->upload(be, colour, &ws->colour)) ||
        (err = lac_encoder_run(net, &net->enc, &ws->colour, &ws->full, &ws->half, &code->f_y)) ||
        (err = lac_net_emit(net, "f_y", &code->f_y)) ||
        (err = lac_sim_reference(net, &ws->f_d, code)) ||
        (err = ops->upload(be, colour, &ws->out)) || (err = ops->pool4(be, &ws->out, &code->colour)) ||
        (err = lac_net_emit(net, "colour", &code->colour))) {
        return err;
    }
    interleave(line, 1, colour, 3, (size_t)code->h * (size_t)code->w, ws->staging);
    if ((err = ops->upload(be, ws->staging, &ws->style)) || (err = lac_embedder_run(net, &ws->style, code->style))) {
        return err;
    }
    return LAC_OK;
}

int lac_net_encode(LacNet *net, int h, int w, const float *line, const float *distance, const float *colour,
                   bool local, LacRefCode **out)
{
    LacRefCode *code;
    int err;

    *out = NULL;
    net->lap = now_ms();
    err = lac_workspace_fit(net, h, w, 0);
    if (err) {
        return err;
    }
    code = lac_calloc(1, sizeof *code);
    if (!code) {
        return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for a reference");
    }
    code->id = net->next_id++;
    code->h = h;
    code->w = w;
    code->local = local;
    if ((err = alloc_code(net, code)) || (err = encode(net, line, distance, colour, code)) ||
        (err = lap(net, LAC_STAGE_REFERENCE))) {
        lac_net_code_free(net, &code);
        return err;
    }
    *out = code;
    return LAC_OK;
}

void lac_net_code_free(LacNet *net, LacRefCode **code)
{
    LacRefCode *c = code ? *code : NULL;

    if (!c) {
        return;
    }
    LacTensor *all[] = { &c->k, &c->v, &c->f_y, &c->mask_ref, &c->colour };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]->data) {
            net->dev->ops->tensor_free(net->dev->be, all[i]);
        }
    }
    lac_free(c->style);
    lac_free(c);
    *code = NULL;
}

/* ---- one frame ---- */

/* f_line + f_sim + W warped, in place of f_line: the middle's input */
static int sum_features(LacNet *net)
{
    const LacOps *ops = net->dev->ops;
    LacBackend *be = net->dev->be;
    LacWorkspace *ws = &net->ws;
    int err = ops->add(be, &ws->f_line, &ws->f_sim, &ws->f_line);

    if (!err && net->config.warp &&
        !(err = ops->convert(be, &ws->warped, &ws->warped_act)) &&
        !(err = lac_net_conv(net, net->warp_in, &ws->warped_act, &ws->t0))) {
        err = ops->add(be, &ws->f_line, &ws->t0, &ws->f_line);
    }
    return err ? err : lac_net_emit(net, "mid_in", &ws->f_line);
}

static int style(LacNet *net, LacRefCode *const *codes, int count)
{
    LacTensor shape = { .n = 1, .h = net->config.mid_blocks, .w = 4, .c = 4 * net->config.base };
    int err = lac_adain_style(net, codes, count);

    return err || !net->callback ? err : lac_net_give(net, "style", shape, net->adain.params);
}

/* Planes of the host. */
typedef struct HostEnds {
    LacNet *net;
    const float *line, *distance;
    float *rgb;
} HostEnds;

static int upload_inputs(void *opaque, LacTensor *line, LacTensor *match)
{
    const HostEnds *in = opaque;
    int err = in->net->dev->ops->upload(in->net->dev->be, in->line, line);

    (void)match; /* is net->ws.match */
    return err ? err : upload_match(in->net, in->line, in->distance);
}

/* To [-1, 1]; false if a value is not a number. */
static bool clamp(float *v, size_t count)
{
    bool sane = true;

    for (size_t i = 0; i < count; i++) {
        sane &= v[i] == v[i];
        v[i] = v[i] < -1 ? -1 : v[i] > 1 ? 1 : v[i];
    }
    return sane;
}

int lac_net_insane(const LacNet *net)
{
    return lac_fail(net->dev->log, LAC_EMODEL, "the network's output is not a number; try precision=fp32, or the weights are "
                    "damaged");
}

static int download_picture(void *opaque, const LacTensor *rgb)
{
    const HostEnds *out = opaque;
    int err = out->net->dev->ops->download(out->net->dev->be, rgb, out->rgb);

    return err || clamp(out->rgb, lac_tensor_count(rgb)) ? err : lac_net_insane(out->net);
}

static int forward(LacNet *net, const LacNetEnds *ends, LacRefCode *const *codes, const float *lag, int count)
{
    LacWorkspace *ws = &net->ws;
    int err;

    if ((err = ends->fill(ends->opaque, &ws->line, &ws->match)) || (err = lap(net, LAC_STAGE_INPUT)) ||

        (err = lac_encoder_run(net, &net->enl, &ws->line, &ws->e0, &ws->e1, &ws->f_line)) ||
        (err = lac_net_emit(net, "e0", &ws->e0)) || (err = lac_net_emit(net, "e1", &ws->e1)) ||
        (err = lac_net_emit(net, "f_line", &ws->f_line)) || (err = lap(net, LAC_STAGE_ENCODER)) ||

        (err = lac_match_run(net, &ws->match, &ws->f_d)) || (err = lac_net_emit(net, "f_d", &ws->f_d)) ||
        (err = lap(net, LAC_STAGE_MATCH)) ||

        (err = lac_sim_run(net, codes, lag, count)) || (err = lap(net, LAC_STAGE_ATTENTION)) ||

        (err = style(net, codes, count)) || (err = lap(net, LAC_STAGE_STYLE)) ||

        (err = sum_features(net)) || (err = lac_adain_run(net, &ws->f_line)) ||
        (err = lac_net_emit(net, "f_mid", &ws->f_line)) || (err = lap(net, LAC_STAGE_MIDDLE)) ||

        (err = lac_decoder_run(net, &ws->f_line)) || (err = lap(net, LAC_STAGE_DECODER))) {
        return err;
    }
    return LAC_OK;
}

int lac_net_color(LacNet *net, int h, int w, const float *line, const float *distance,
                  LacRefCode *const *codes, const float *lag, int count, float *rgb)
{
    HostEnds host = { net, line, distance, rgb };

    return lac_net_color_between(net, h, w, &(LacNetEnds){ upload_inputs, download_picture, &host }, codes, lag, count);
}

int lac_net_color_between(LacNet *net, int h, int w, const LacNetEnds *ends, LacRefCode *const *codes, const float *lag, int count)
{
    int err;

    if (count < 1) {
        return lac_fail(net->dev->log, LAC_EINVAL, "no reference to colour from");
    }
    for (int i = 0; i < count; i++) {
        if (codes[i]->h != h || codes[i]->w != w) {
            return lac_fail(net->dev->log, LAC_EINVAL, "reference encoded at %dx%d, frame is %dx%d", codes[i]->w,
                            codes[i]->h, w, h);
        }
        if (lag && !(lag[i] >= -1 && lag[i] <= 1)) {
            return lac_fail(net->dev->log, LAC_EINVAL, "lag %g of a reference, expected -1 to 1", lag[i]);
        }
    }
    net->lap = now_ms();
    if ((err = lac_workspace_fit(net, h, w, count)) || (err = forward(net, ends, codes, lag, count)) ||
        (err = ends->take(ends->opaque, &net->ws.out))) {
        return err;
    }
    return lap(net, LAC_STAGE_OUTPUT);
}

/* ---- a window of frames ---- */

bool lac_net_refines(const LacNet *net)
{
    return net->config.refine_base > 0;
}

int lac_net_refine_fit(LacNet *net, int h, int w, int frames, bool there)
{
    const int err = lac_refine_fit(net, h, w, frames);

    return err || there ? err : lac_links_fit(net, h, w, frames);
}

int lac_net_refine(LacNet *net, int h, int w, const LacRefineFrame *frames, int count)
{
    int err;

    net->lap = now_ms();
    err = lac_net_refine_fit(net, h, w, count, false);
    err = err ? err : lac_links_run(net, h, w, frames, count);
    return err ? err : lap(net, LAC_STAGE_REFINE);
}

int lac_net_refine_from(LacNet *net, int h, int w, const LacRefineWindow *window, int count)
{
    int err;

    net->lap = now_ms();
    err = lac_net_refine_fit(net, h, w, count, true);
    err = err ? err : lac_refine_run(net, window, count);
    return err ? err : lap(net, LAC_STAGE_REFINE);
}
