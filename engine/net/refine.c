/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal refinement (3.2): how the colours of a window of frames hang together, each with its neighbours in view.
 *
 *   x [h,w,6] -5-> e0 [h,w,R] -/2-> e1 [h/2,w/2,2R] -/2-> e2 [h/4,w/4,4R]
 *   f = e2;  f <- f + layer_r(f), r = 2, 4, 8, 16
 *   d0 = e1 + layer(up2(f)),  d1 = e0 + layer(up2(d0)),  residual = layer(d1),  [a, b, c] = conv(shift(d1))
 *   link_t = exp(FIRM - difference of the line art + min(MOST_GAIN, a_{t+1} + b_t)),  trust_t = exp(c_t)
 *
 * A layer is sigmoid(g) * act(f), [f, g] = conv(shift(x)) + bias, the shift being a weighted sum of the frame, the one
 * before and the one after. It runs frame by frame: only what neighbours need again is kept for the whole window. */
#include "net/stages.h"

#include <math.h>
#include <string.h>

#define SLOPE 0.2f       /* of the leaky ReLU */
#define FIRM 4.158883f   /* log 64: the link of pixels whose line art agrees */
#define MOST_GAIN 2.0f   /* what the network adds to it at most: lines that moved far cannot be argued away */
#define LEAST_LINK (-10.0f) /* the logarithms' ranges */
#define MOST_LINK 6.0f
#define MOST_TRUST 4.0f

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
    lac_free(r->staging);
    lac_free(r->differs);
    lac_free(r->scratch);
    r->staging = r->differs = r->scratch = NULL;
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

static int alloc_window(LacNet *net, int h, int w, int frames)
{
    LacRefine *r = &net->refine;
    size_t pixels;
    int err = alloc_tensors(net, h, w, frames);

    if (err) {
        return err;
    }
    if (!lac_mul((size_t)h * (size_t)w, (size_t)frames, &pixels)) {
        return lac_fail(net->dev->log, LAC_ENOMEM, "a window of %d frames of %dx%d does not fit into memory", frames, w, h);
    }
    r->staging = lac_alloc((size_t)h * (size_t)w, LAC_REFINE_INPUTS * sizeof *r->staging);
    r->scratch = lac_alloc((size_t)h * (size_t)w, 2 * sizeof *r->scratch);
    r->differs = lac_alloc(pixels, sizeof *r->differs);
    if (!r->staging || !r->scratch || !r->differs) {
        return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for a window of %d frames of %dx%d", frames, w, h);
    }
    r->h = h;
    r->w = w;
    r->frames = frames;
    return LAC_OK;
}

int lac_refine_fit(LacNet *net, int h, int w, int frames)
{
    const LacRefine *r = &net->refine;
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
    err = alloc_window(net, h, w, frames);
    if (err) {
        free_window(net);
    }
    return err;
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

static int upload(LacNet *net, const LacRefineFrame *frames, int count)
{
    LacRefine *r = &net->refine;
    size_t area = (size_t)r->h * (size_t)r->w;

    for (int t = 0; t < count; t++) {
        LacTensor one = lac_net_slice(&r->input, t);
        const float *differs = r->differs + (size_t)t * area;
        float *to = r->staging;
        int err;

        for (size_t i = 0; i < area; i++, to += LAC_REFINE_INPUTS) {
            to[0] = frames[t].line[i];
            memcpy(to + 1, frames[t].colour + 3 * i, 3 * sizeof *to);
            to[4] = frames[t].reference ? 1 : 0;
            to[5] = expf(-differs[i]);
        }
        err = net->dev->ops->upload(net->dev->be, r->staging, &one);
        if (err) {
            return err;
        }
    }
    return LAC_OK;
}

static float within(float v, float least, float most)
{
    return v < least ? least : v > most ? most : v;
}

/* What one frame's ties tell: the gains of the links to the frame before, after, and the log of the trust. A link
 * belongs to two frames: it holds the gain of the earlier one until the later one is there. */
static void tie(LacRefine *r, const LacRefineFrame *frames, int count, int t)
{
    size_t area = (size_t)r->h * (size_t)r->w;
    const float *ties = r->staging;

    for (size_t i = 0; i < area; i++) {
        frames[t].trust[i] = expf(within(ties[3 * i + 2], -MOST_TRUST, MOST_TRUST));
    }
    for (size_t i = 0; t && i < area; i++) {
        float *link = frames[t - 1].link + i;

        *link = FIRM - r->differs[(size_t)(t - 1) * area + i] + fminf(*link + ties[3 * i], MOST_GAIN);
        *link = expf(within(*link, LEAST_LINK, MOST_LINK));
    }
    for (size_t i = 0; t + 1 < count && i < area; i++) {
        frames[t].link[i] = ties[3 * i + 1];
    }
}

/* The last two layers of one frame, to the host. */
static int last_layers(LacNet *net, const LacTensor *x, const LacRefineFrame *frames, int count, int t)
{
    const LacOps *ops = net->dev->ops;
    LacRefine *r = &net->refine;
    int err;

    if ((err = convolve(net, 9, x, count, t, &r->wide_f32)) ||
        (err = ops->gate(net->dev->be, &(LacGateDesc){ &r->wide_f32, NULL, 1 }, &r->residual)) ||
        (err = ops->download(net->dev->be, &r->residual, frames[t].residual)) ||
        (err = convolve(net, 10, x, count, t, &r->ties)) ||
        (err = ops->download(net->dev->be, &r->ties, r->staging))) {
        return err;
    }
    if (frames[t].reference) {
        memset(frames[t].residual, 0, 3 * (size_t)r->h * (size_t)r->w * sizeof(float));
    }
    tie(r, frames, count, t);
    return LAC_OK;
}

static bool sane(const float *values, size_t count)
{
    bool all = true;

    for (size_t i = 0; i < count; i++) {
        all &= values[i] - values[i] == 0;
    }
    return all;
}

/* What was made: checked, and given to the callback. */
static int check(LacNet *net, const LacRefineFrame *frames, int count)
{
    const LacRefine *r = &net->refine;
    size_t area = (size_t)r->h * (size_t)r->w;
    LacTensor one = { .n = 1, .h = r->h, .w = r->w, .c = 1 }, three = { .n = 1, .h = r->h, .w = r->w, .c = 3 };

    for (int t = 0; t < count; t++) {
        const LacRefineFrame *f = &frames[t];
        bool linked = t + 1 < count;
        int err;

        if (!sane(f->residual, 3 * area) || !sane(f->trust, area) || (linked && !sane(f->link, area))) {
            return lac_fail(net->dev->log, LAC_EMODEL, "the refinement's output is not a number; try precision=fp32, or the "
                            "weights are damaged");
        }
        if (net->callback && ((err = lac_net_give(net, "residual", three, f->residual)) ||
                              (err = linked ? lac_net_give(net, "link", one, f->link) : LAC_OK) ||
                              (err = lac_net_give(net, "trust", one, f->trust)))) {
            return err;
        }
    }
    return LAC_OK;
}

/* The links by the line art alone, where the weights have no refinement. */
static void plain_rule(const LacRefine *r, const LacRefineFrame *frames, int count)
{
    size_t area = (size_t)r->h * (size_t)r->w;

    for (int t = 0; t < count; t++) {
        memset(frames[t].residual, 0, 3 * area * sizeof(float));
        for (size_t i = 0; i < area; i++) {
            frames[t].trust[i] = 1;
        }
        for (size_t i = 0; t + 1 < count && i < area; i++) {
            frames[t].link[i] = expf(FIRM - r->differs[(size_t)t * area + i]);
        }
    }
}

static void differences(const LacRefine *r, const LacRefineFrame *frames, int count)
{
    size_t area = (size_t)r->h * (size_t)r->w;

    for (int t = 0; t + 1 < count; t++) {
        lac_line_difference(frames[t].line, frames[t + 1].line, r->h, r->w, r->scratch, r->differs + (size_t)t * area);
    }
    memset(r->differs + (size_t)(count - 1) * area, 0, area * sizeof *r->differs);
}

/* The first `count` frames of what a stage keeps, for the callback. */
static int emit(LacNet *net, const char *name, LacTensor t, int count)
{
    t.n = count;
    return lac_net_emit(net, name, &t);
}

int lac_refine_run(LacNet *net, const LacRefineFrame *frames, int count)
{
    LacRefine *r = &net->refine;
    LacTensor *from = &r->e2, *to = &r->mid;
    int err;

    differences(r, frames, count);
    if (!net->config.refine_base) {
        plain_rule(r, frames, count);
        return LAC_OK;
    }
    if ((err = upload(net, frames, count)) ||
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
        err = last_layers(net, &r->e0, frames, count, t);
        if (err) {
            return err;
        }
    }
    return check(net, frames, count);
}
