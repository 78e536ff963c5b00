/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of the forward pass: allocated when the size changes, then used for every frame. */
#include "net/stages.h"

#include <string.h>

int lac_net_tensor(LacNet *net, LacTensor *t, enum LacType type, int n, int h, int w, int c)
{
    *t = (LacTensor){ .type = type, .n = n, .h = h, .w = w, .c = c };
    return net->dev->ops->tensor_alloc(net->dev->be, t);
}

void lac_net_tensor_free(LacNet *net, LacTensor *t)
{
    if (t->data) {
        net->dev->ops->tensor_free(net->dev->be, t);
    }
}

static void free_refs(LacNet *net)
{
    LacWorkspace *ws = &net->ws;

    lac_net_tensor_free(net, &ws->mask);
    lac_free(ws->attention_refs);
    lac_free(ws->mask_views);
    lac_free(ws->mask_list);
    lac_free(ws->f_y_list);
    ws->attention_refs = NULL;
    ws->mask_views = NULL;
    ws->mask_list = NULL;
    ws->f_y_list = NULL;
    ws->refs = 0;
}

void lac_workspace_free(LacNet *net)
{
    LacWorkspace *ws = &net->ws;
    LacTensor *all[] = {
        &ws->line, &ws->match, &ws->colour, &ws->style, &ws->e0, &ws->e1, &ws->f_line, &ws->full, &ws->half,
        &ws->t0, &ws->t1, &ws->f_d, &ws->eighth, &ws->sixteenth, &ws->mean, &ws->q, &ws->mat, &ws->f_mat,
        &ws->f_sim, &ws->mask_tgt, &ws->warped, &ws->warped_act, &ws->out,
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        lac_net_tensor_free(net, all[i]);
    }
    free_refs(net);
    lac_free(ws->staging);
    memset(ws, 0, sizeof *ws);
}

static int alloc_refs(LacNet *net, int refs)
{
    LacWorkspace *ws = &net->ws;
    size_t n = (size_t)refs;
    int err;

    free_refs(net);
    err = lac_net_tensor(net, &ws->mask, LAC_F32, refs, ws->h / 4, ws->w / 4, 2);
    if (err) {
        return err;
    }
    ws->attention_refs = lac_alloc(n, sizeof *ws->attention_refs);
    ws->mask_views = lac_alloc(n, sizeof *ws->mask_views);
    ws->mask_list = lac_alloc(n, sizeof(LacTensor *));
    ws->f_y_list = lac_alloc(n, sizeof(LacTensor *));
    if (!ws->attention_refs || !ws->mask_views || !ws->mask_list || !ws->f_y_list) {
        free_refs(net);
        return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for %d references", refs);
    }
    ws->refs = refs;
    return LAC_OK;
}

static int alloc_frame(LacNet *net, int h, int w)
{
    LacWorkspace *ws = &net->ws;
    enum LacType act = net->dev->act;
    int b = net->config.base, c = 4 * b, h4 = h / 4, w4 = w / 4;
    struct { LacTensor *t; enum LacType type; int h, w, c; } list[] = {
        { &ws->line, act, h, w, 1 },
        { &ws->match, act, h, w, net->config.match_count ? 2 : 1 },
        { &ws->colour, act, h, w, 3 },
        { &ws->style, act, h, w, 4 },
        { &ws->e0, act, h, w, b },
        { &ws->e1, act, h / 2, w / 2, 2 * b },
        { &ws->f_line, act, h4, w4, c },
        { &ws->full, act, h, w, b },
        { &ws->half, act, h / 2, w / 2, 2 * b },
        { &ws->t0, act, h4, w4, c },
        { &ws->t1, act, h4, w4, c },
        { &ws->f_d, act, h4, w4, c },
        { &ws->eighth, act, h / 8, w / 8, c },
        { &ws->sixteenth, act, (h / 8 + 1) / 2, (w / 8 + 1) / 2, c },
        { &ws->mean, LAC_F32, 1, 1, c },
        { &ws->q, act, h4, w4, net->config.head },
        { &ws->mat, act, h4, w4, c / 2 },
        { &ws->f_mat, act, h4, w4, c },
        { &ws->f_sim, act, h4, w4, c },
        { &ws->mask_tgt, LAC_F32, h4, w4, 2 },
        { &ws->warped, LAC_F32, h4, w4, 3 },
        { &ws->warped_act, act, h4, w4, 3 },
        { &ws->out, LAC_F32, h, w, 3 },
    };
    int err = LAC_OK;

    for (size_t i = 0; !err && i < sizeof list / sizeof *list; i++) {
        err = lac_net_tensor(net, list[i].t, list[i].type, 1, list[i].h, list[i].w, list[i].c);
    }
    if (err) {
        return err;
    }
    ws->staging = lac_alloc((size_t)h * (size_t)w, 4 * sizeof *ws->staging);
    if (!ws->staging) {
        return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for a frame of %dx%d", w, h);
    }
    ws->h = h;
    ws->w = w;
    return LAC_OK;
}

int lac_net_check_size(const LacNet *net, int h, int w)
{
    if (h < 8 || w < 8 || h % 8 || w % 8 || h > 16384 || w > 16384) {
        return lac_fail(net->dev->log, LAC_EINVAL, "network size %dx%d: sides must be multiples of 8 from 8 to 16384", w,
                        h);
    }
    return LAC_OK;
}

int lac_workspace_fit(LacNet *net, int h, int w, int refs)
{
    LacWorkspace *ws = &net->ws;
    int err = LAC_OK;

    if (ws->h != h || ws->w != w) {
        err = lac_net_check_size(net, h, w);
        if (err) {
            return err;
        }
        lac_workspace_free(net);
        err = alloc_frame(net, h, w);
        if (err) {
            lac_workspace_free(net);
            return err;
        }
    }
    return ws->refs < refs ? alloc_refs(net, refs) : LAC_OK;
}
