/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window of the refinement on the host: what the network is given of its frames, and what its answers make of them. */
#include "math/refine_math.h"
#include "net/stages.h"

#include <string.h>

void lac_links_free(LacLinks *l)
{
    lac_free(l->staging);
    lac_free(l->differs);
    lac_free(l->scratch);
    *l = (LacLinks){ 0 };
}

int lac_links_fit(LacNet *net, int h, int w, int frames)
{
    LacLinks *l = &net->links;
    const size_t area = (size_t)h * (size_t)w;
    size_t pixels;

    if (l->area == area && l->frames >= frames) {
        return LAC_OK;
    }
    lac_links_free(l);
    if (!lac_mul(area, (size_t)frames, &pixels)) {
        return lac_fail(net->dev->log, LAC_ENOMEM, "a window of %d frames of %dx%d does not fit into memory", frames, w, h);
    }
    l->staging = lac_alloc(area, LAC_REFINE_INPUTS * sizeof *l->staging);
    l->scratch = lac_alloc(area, 2 * sizeof *l->scratch);
    l->differs = lac_alloc(pixels, sizeof *l->differs);
    if (!l->staging || !l->differs || !l->scratch) {
        lac_links_free(l);
        return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for a window of %d frames of %dx%d", frames, w, h);
    }
    l->area = area;
    l->frames = frames;
    return LAC_OK;
}

/* The callbacks' opaque. */
typedef struct HostWindow {
    LacNet *net;
    const LacRefineFrame *frames;
    int count;
    bool sane;
} HostWindow;

static int input(void *opaque, int t, LacTensor *to)
{
    const HostWindow *own = opaque;
    const LacLinks *l = &own->net->links;
    const LacRefineFrame *f = &own->frames[t];
    const float *differs = l->differs + (size_t)t * l->area;
    float *p = l->staging;

    for (size_t i = 0; i < l->area; i++, p += LAC_REFINE_INPUTS) {
        p[0] = f->line[i];
        memcpy(p + 1, f->colour + 3 * i, 3 * sizeof *p);
        p[4] = f->reference ? 1 : 0;
        p[5] = lac_refine_agreement(differs[i]);
    }
    return own->net->dev->ops->upload(own->net->dev->be, l->staging, to);
}

/* The links by the line art alone, where the weights have no refinement. */
static void plain_rule(const LacLinks *l, const LacRefineFrame *f, int t, bool last)
{
    memset(f->residual, 0, 3 * l->area * sizeof(float));
    for (size_t i = 0; i < l->area; i++) {
        f->trust[i] = 1;
    }
    for (size_t i = 0; !last && i < l->area; i++) {
        f->link[i] = lac_refine_plain(l->differs[(size_t)t * l->area + i]);
    }
}

/* What one frame's ties tell: the gains of the links to the frame before, after, and the log of the trust. A link
 * belongs to two frames: it holds the gain of the earlier one until the later one is there. */
static void tie(HostWindow *own, int t)
{
    const LacLinks *l = &own->net->links;
    const LacRefineFrame *f = &own->frames[t];
    const float *ties = l->staging;

    for (size_t i = 0; i < 3 * l->area; i++) {
        own->sane &= ties[i] == ties[i] && f->residual[i] - f->residual[i] == 0;
    }
    for (size_t i = 0; i < l->area; i++) {
        f->trust[i] = lac_refine_trust(ties[3 * i + 2]);
    }
    for (size_t i = 0; t && i < l->area; i++) {
        float *link = own->frames[t - 1].link + i;

        *link = lac_refine_link(l->differs[(size_t)(t - 1) * l->area + i], *link + ties[3 * i]);
    }
    for (size_t i = 0; t + 1 < own->count && i < l->area; i++) {
        f->link[i] = ties[3 * i + 1];
    }
}

static int answer(void *opaque, int t, const LacTensor *residual, const LacTensor *ties)
{
    HostWindow *own = opaque;
    const LacDevice *dev = own->net->dev;
    const LacRefineFrame *f = &own->frames[t];
    int err;

    if (!residual) {
        plain_rule(&own->net->links, f, t, t + 1 == own->count);
        return LAC_OK;
    }
    err = dev->ops->download(dev->be, residual, f->residual);
    err = err ? err : dev->ops->download(dev->be, ties, own->net->links.staging);
    if (err) {
        return err;
    }
    tie(own, t);
    if (f->reference) {
        memset(f->residual, 0, 3 * own->net->links.area * sizeof(float));
    }
    return LAC_OK;
}

static int sane(void *opaque, bool *yes)
{
    *yes = ((const HostWindow *)opaque)->sane;
    return LAC_OK;
}

/* What was made, to the stages' callback. */
static void give(LacNet *net, int h, int w, const LacRefineFrame *frames, int count)
{
    LacTensor one = { .n = 1, .h = h, .w = w, .c = 1 }, three = { .n = 1, .h = h, .w = w, .c = 3 };

    for (int t = 0; net->callback && t < count; t++) {
        lac_net_give(net, "residual", three, frames[t].residual);
        if (t + 1 < count) {
            lac_net_give(net, "link", one, frames[t].link);
        }
        lac_net_give(net, "trust", one, frames[t].trust);
    }
}

int lac_links_run(LacNet *net, int h, int w, const LacRefineFrame *frames, int count)
{
    LacLinks *l = &net->links;
    HostWindow own = { net, frames, count, true };
    const LacRefineWindow window = { &own, input, answer, sane };
    int err;

    for (int t = 0; t + 1 < count; t++) {
        lac_line_difference(frames[t].line, frames[t + 1].line, h, w, l->scratch, l->differs + (size_t)t * l->area);
    }
    memset(l->differs + (size_t)(count - 1) * l->area, 0, l->area * sizeof *l->differs);
    err = lac_refine_run(net, &window, count);
    if (!err) {
        give(net, h, w, frames, count);
    }
    return err;
}
