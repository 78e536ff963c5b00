/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sim, the distance attention (3.3, Eq. 3-5), with everything that depends on a reference alone done once:
 *
 *   per reference i:  k_i = K f_d_i,  v_i = V f_y_i,  r_i = Conv_ref f_d_i,  colour_i = pool4(y_i)
 *   per frame:        q = Q f_d,  [m_i, n_i] = sigmoid(Conv_tgt f_d + r_i)
 *                     a = softmax over all positions of all references of
 *                         q.k_i / sqrt(d) - local_i exp(locality - reach lag_i) |dp|^2 - nearness lag_i
 *                     f_mat = O sum a m v,  warped = sum a colour
 *                     f_sim = 1/K sum_i (1 - n_i) f_mat + n_i m_i f_y_i */
#include "net/stages.h"

#include <math.h>

/* Keys whose logit is this far below the largest are left out, from so many positions of the frame on: below that the
 * choice costs more than it saves. Measured in docs/performance.md. */
#define MARGIN 12
#define MARGIN_FROM 4096

int lac_sim_open(LacNet *net, const LacModel *model)
{
    LacSim *sim = &net->sim;
    LacConvUse plain = { 0 }, f32 = { .out_f32 = true };
    int err;

    sim->locality = model->locality;
    sim->nearness = model->nearness;
    sim->reach = model->reach;
    if ((err = lac_net_conv_open(net, &sim->q, &model->q, plain)) ||
        (err = lac_net_conv_open(net, &sim->k, &model->k, plain)) ||
        (err = lac_net_conv_open(net, &sim->v, &model->v, plain)) ||
        (err = lac_net_conv_open(net, &sim->o, &model->o, plain)) ||
        (err = lac_net_conv_open(net, &sim->mask_tgt, &model->mask_tgt, f32)) ||
        (err = lac_net_conv_open(net, &sim->mask_ref, &model->mask_ref, f32))) {
        return err;
    }
    return LAC_OK;
}

void lac_sim_close(LacNet *net)
{
    lac_net_conv_close(net, &net->sim.q, 1);
    lac_net_conv_close(net, &net->sim.k, 1);
    lac_net_conv_close(net, &net->sim.v, 1);
    lac_net_conv_close(net, &net->sim.o, 1);
    lac_net_conv_close(net, &net->sim.mask_tgt, 1);
    lac_net_conv_close(net, &net->sim.mask_ref, 1);
}

int lac_sim_reference(LacNet *net, const LacTensor *f_d_ref, LacRefCode *code)
{
    int err;

    if ((err = lac_net_conv(net, net->sim.k, f_d_ref, &code->k)) ||
        (err = lac_net_conv(net, net->sim.mask_ref, f_d_ref, &code->mask_ref)) ||
        (err = lac_net_conv(net, net->sim.v, &code->f_y, &code->v))) {
        return err;
    }
    return LAC_OK;
}

int lac_sim_run(LacNet *net, LacRefCode *const *codes, const float *lag, int count)
{
    const LacOps *ops = net->dev->ops;
    LacBackend *be = net->dev->be;
    LacWorkspace *ws = &net->ws;
    const LacSim *sim = &net->sim;
    LacAttentionDesc desc = {
        .q = &ws->q, .refs = ws->attention_refs, .count = count, .mat = &ws->mat, .warped = &ws->warped,
        .margin = !net->dev->exact && ws->q.h * ws->q.w >= MARGIN_FROM ? MARGIN : 0,
    };
    int err;

    if ((err = lac_net_conv(net, sim->q, &ws->f_d, &ws->q)) ||
        (err = lac_net_conv(net, sim->mask_tgt, &ws->f_d, &ws->mask_tgt))) {
        return err;
    }
    for (int i = 0; i < count; i++) {
        LacRefCode *code = codes[i];
        float away = lag ? lag[i] : 0;

        ws->mask_views[i] = lac_net_slice(&ws->mask, i);
        ws->mask_list[i] = &ws->mask_views[i];
        ws->f_y_list[i] = &code->f_y;
        if ((err = ops->mask(be, &ws->mask_tgt, &code->mask_ref, &ws->mask_views[i])) ||
            (err = lac_net_emit(net, "mask", &ws->mask_views[i]))) {
            return err;
        }
        ws->attention_refs[i] = (LacAttentionRef){
            .k = code->k, .v = code->v, .colour = code->colour, .mask = ws->mask_views[i],
            .lambda = code->local && net->config.locality ? expf(sim->locality - sim->reach * away) : 0,
            .bias = -sim->nearness * away,
        };
    }
    if ((err = ops->attention(be, &desc)) || (err = lac_net_conv(net, sim->o, &ws->mat, &ws->f_mat)) ||
        (err = ops->combine(be, &ws->f_mat, ws->mask_list, ws->f_y_list, count, &ws->f_sim)) ||
        (err = lac_net_emit(net, "f_mat", &ws->f_mat)) || (err = lac_net_emit(net, "f_sim", &ws->f_sim)) ||
        (err = lac_net_emit(net, "warped", &ws->warped))) {
        return err;
    }
    return LAC_OK;
}
