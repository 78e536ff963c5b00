/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal refinement (3.2): how the colours of a window of frames hang together, each with its neighbours in view.
 *
 *   x [h,w,6] -5-> e0 [h,w,R] -/2-> e1 [h/2,w/2,2R] -/2-> e2 [h/4,w/4,4R]
 *   f = e2;  f <- f + layer_r(f), r = 2, 4, 8, 16
 *   d0 = e1 + layer(up2(f)),  d1 = e0 + layer(up2(d0)),  residual = layer(d1),  [a, b, c] = conv(shift(d1))
 *   link_t = exp(FIRM - difference of the line art + min(MOST_GAIN, a_{t+1} + b_t)),  trust_t = exp(c_t)
 *
 * A layer is sigmoid(g) * act(f), [f, g] = conv(shift(x)) + bias, the shift being a weighted sum of the frame, the one
 * before and the one after. It runs frame by frame: only what neighbours need again is kept for the whole window. The window
 * itself is the caller's, links.c has the host's; where it lies on the device nothing of it comes to the host. */
#include "net/stages.h"

#define SLOPE 0.2f       /* of the leaky ReLU */

int lac_refine_open(LacNet *net, const LacModel *model)
{
    static const LacConvUse use[LAC_REFINE_LAYERS] = {
        { 0 }, { .stride = 2 }, { .stride = 2 }, { .dilation = 2 }, { .dilation = 4 }, { .dilation = 8 },
        { .dilation = 16 }, { .upsample = true }, { .upsample = true }, { .out_f32 = true },
        { .out_f32 = true },
    };
    LacRefine *r = &net->refine;
    int err = LAC_OK;

    for (int i = 0; model->config.refine_base && i < LAC_REFINE_LAYERS; i++) {
        int c = model->refine[i].cin;
        float *taps;

        if ((err = lac_net_conv_open(net, &r->conv[i], &model->refine[i], use[i])) ||
            (err = lac_net_tensor(net, &r->kernel[i], LAC_F32, 3, 1, 1, c))) {
            return err;
        }
        taps = lac_alloc((size_t)c, 3 * sizeof *taps);
        if (!taps) {
            return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for the temporal refinement");
        }
        for (int tap = 0; tap < 3; tap++) {
            for (int j = 0; j < c; j++) {
                taps[tap * c + j] = model->refine_shift[i][3 * j + tap];
            }
        }
        err = net->dev->ops->upload(net->dev->be, taps, &r->kernel[i]);
        lac_free(taps);
        if (err) {
            return err;
        }
    }
    return LAC_OK;
}

/* ---- memory ---- */

static void free_window(LacNet *net)
{
    LacRefine *r = &net->refine;
    LacTensor *all[] = { &r->input, &r->e0, &r->e1, &r->e2, &r->mid, &r->seen, &r->wide, &r->wide_f32, &r->residual,
                         &r->ties };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        lac_net_tensor_free(net, all[i]);
    }
    r->h = r->w = r->frames = 0;
}

void lac_refine_close(LacNet *net)
{
    LacRefine *r = &net->refine;

    free_window(net);
    lac_net_conv_close(net, r->conv, LAC_REFINE_LAYERS);
    for (int i = 0; i < LAC_REFINE_LAYERS; i++) {
        lac_net_tensor_free(net, &r->kernel[i]);
    }
}

static int alloc_tensors(LacNet *net, int h, int w, int frames)
{
    LacRefine *r = &net->refine;
    enum LacType act = net->dev->act;
    int b = net->config.refine_base, inputs = 3 * LAC_REFINE_INPUTS, h2 = h / 2, w2 = w / 2, h4 = h / 4, w4 = w / 4;
    struct { LacTensor *t; enum LacType type; int n, h, w, c; } list[] = {
        { &r->input, act, frames, h, w, LAC_REFINE_INPUTS },
        { &r->e0, act, frames, h, w, b },
        { &r->e1, act, frames, h2, w2, 2 * b },
        { &r->e2, act, frames, h4, w4, 4 * b },
        { &r->mid, act, frames, h4, w4, 4 * b },
        { &r->seen, act, 1, h, w, b > inputs ? b : inputs },
        { &r->wide, act, 1, h, w, 2 * b },
        { &r->wide_f32, LAC_F32, 1, h, w, 6 },
        { &r->residual, LAC_F32, 1, h, w, 3 },
        { &r->ties, LAC_F32, 1, h, w, 3 },
    };
    int err = LAC_OK;

    for (size_t i = 0; b && !err && i < sizeof list / sizeof list[0]; i++) {
        err = lac_net_tensor(net, list[i].t, list[i].type, list[i].n, list[i].h, list[i].w, list[i].c);
    }
    return err;
}

int lac_refine_fit(LacNet *net, int h, int w, int frames)
{
    LacRefine *r = &net->refine;
    int err;

    if (frames < 1) {
        return lac_fail(net->dev->log, LAC_EINVAL, "a window of %d frames: expected 1 or more", frames);
    }
    if (r->h == h && r->w == w && r->frames >= frames) {
        return LAC_OK;
    }
    err = lac_net_check_size(net, h, w);
    if (err) {
        return err;
    }
    free_window(net);
    err = alloc_tensors(net, h, w, frames);
    if (err) {
        free_window(net);
        return err;
    }
    r->h = h;
    r->w = w;
    r->frames = frames;
    return LAC_OK;
}

/* ---- the forward pass ---- */

/* `memory`, as one picture of this shape */
static LacTensor shaped(const LacTensor *memory, int h, int w, int c)
{
    LacTensor t = *memory;

    t.n = 1;
    t.h = h;
    t.w = w;
    t.c = c;
    return t;
}

/* Frame t of the window x as layer i sees it, and convolved: y has the layer's size and 2 c channels. */
static int convolve(LacNet *net, int i, const LacTensor *x, int count, int t, LacTensor *y)
{
    LacRefine *r = &net->refine;
    LacTensor before = lac_net_slice(x, t ? t - 1 : 0), frame = lac_net_slice(x, t);
    LacTensor after = lac_net_slice(x, t + 1 < count ? t + 1 : t);
    LacTensor seen = shaped(&r->seen, x->h, x->w, r->kernel[i].c);
    int err = net->dev->ops->shift(net->dev->be, &(LacShiftDesc){ &before, &frame, &after, &r->kernel[i] }, &seen);

    return err ? err : lac_net_conv(net, r->conv[i], &seen, y);
}

/* y = layer i of the window x [+ residual, which may be y] */
static int layer(LacNet *net, int i, const LacTensor *x, int count, const LacTensor *residual, const LacTensor *y)
{
    for (int t = 0; t < count; t++) {
        LacTensor wide = shaped(&net->refine.wide, y->h, y->w, 2 * y->c), out = lac_net_slice(y, t), add;
        LacGateDesc gate = { .x = &wide, .slope = SLOPE };
        int err = convolve(net, i, x, count, t, &wide);

        if (residual) {
            add = lac_net_slice(residual, t);
            gate.residual = &add;
        }
        if (err || (err = net->dev->ops->gate(net->dev->be, &gate, &out))) {
            return err;
        }
    }
    return LAC_OK;
}

/* The last two layers of one frame, to the window. */
static int last_layers(LacNet *net, const LacTensor *x, const LacRefineWindow *window, int count, int t)
{
    const LacOps *ops = net->dev->ops;
    LacRefine *r = &net->refine;
    int err;

    if ((err = convolve(net, 9, x, count, t, &r->wide_f32)) ||
        (err = ops->gate(net->dev->be, &(LacGateDesc){ &r->wide_f32, NULL, 1 }, &r->residual)) ||
        (err = convolve(net, 10, x, count, t, &r->ties))) {
        return err;
    }
    return window->answer(window->opaque, t, &r->residual, &r->ties);
}

/* Without weights each frame's answer is the rule of its line art. */
static int plain_rule(const LacRefineWindow *window, int count)
{
    int err = LAC_OK;

    for (int t = 0; t < count && !err; t++) {
        err = window->answer(window->opaque, t, NULL, NULL);
    }
    return err;
}

static int inputs(LacNet *net, const LacRefineWindow *window, int count)
{
    int err = LAC_OK;

    for (int t = 0; t < count && !err; t++) {
        LacTensor one = lac_net_slice(&net->refine.input, t);

        err = window->input(window->opaque, t, &one);
    }
    return err;
}

/* The first `count` frames of what a stage keeps, for the callback. */
static int emit(LacNet *net, const char *name, LacTensor t, int count)
{
    t.n = count;
    return lac_net_emit(net, name, &t);
}

int lac_refine_run(LacNet *net, const LacRefineWindow *window, int count)
{
    LacRefine *r = &net->refine;
    LacTensor *from = &r->e2, *to = &r->mid;
    bool sane = true;
    int err;

    if (!net->config.refine_base) {
        return plain_rule(window, count);
    }
    if ((err = inputs(net, window, count)) ||
        (err = layer(net, 0, &r->input, count, NULL, &r->e0)) || (err = emit(net, "refine_e0", r->e0, count)) ||
        (err = layer(net, 1, &r->e0, count, NULL, &r->e1)) || (err = emit(net, "refine_e1", r->e1, count)) ||
        (err = layer(net, 2, &r->e1, count, NULL, &r->e2)) || (err = emit(net, "refine_e2", r->e2, count))) {
        return err;
    }
    for (int i = 3; i < 7; i++) {
        LacTensor *swap = from;

        err = layer(net, i, from, count, from, to);
        if (err) {
            return err;
        }
        from = to;
        to = swap;
    }
    if ((err = emit(net, "refine_mid", *from, count)) ||
        (err = layer(net, 7, from, count, &r->e1, &r->e1)) || (err = emit(net, "refine_d0", r->e1, count)) ||
        (err = layer(net, 8, &r->e1, count, &r->e0, &r->e0)) || (err = emit(net, "refine_d1", r->e0, count))) {
        return err;
    }
    for (int t = 0; t < count; t++) {
        err = last_layers(net, &r->e0, window, count, t);
        if (err) {
            return err;
        }
    }
    err = window->sane(window->opaque, &sane);
    return err || sane ? err : lac_fail(net->dev->log, LAC_EMODEL, "the refinement's output is not a number; try "
                                        "precision=fp32, or the weights are damaged");
}
