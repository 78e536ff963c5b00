/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encoders (3.2). EnL, EnC and the trunk of EnD:
 *
 *   x [h,w,cin] -conv5-> e0 [h,w,B] -conv3 /2-> e1 [h/2,w/2,2B] -conv3 /2-> y [h/4,w/4,C]
 *
 * each with norm and ReLU. The wide matching encoder goes on with residual blocks of growing dilation r:
 *
 *   f <- f + norm(conv3_r(relu(norm(conv3_r(f))))) */
#include "net/stages.h"

int lac_encoder_open(LacNet *net, LacEncoder *encoder, const LacLayer layer[3])
{
    int err;

    for (int i = 0; i < 3; i++) {
        err = lac_net_conv_open(net, &encoder->conv[i], &layer[i], (LacConvUse){ .stride = i ? 2 : 1 });
        if (err) {
            return err;
        }
    }
    return LAC_OK;
}

void lac_encoder_close(LacNet *net, LacEncoder *encoder)
{
    lac_net_conv_close(net, encoder->conv, 3);
}

int lac_encoder_run(LacNet *net, const LacEncoder *encoder, const LacTensor *x, LacTensor *e0, LacTensor *e1,
                    LacTensor *y)
{
    int err;

    if ((err = lac_net_conv(net, encoder->conv[0], x, e0)) || (err = lac_net_norm(net, e0, true, NULL)) ||
        (err = lac_net_conv(net, encoder->conv[1], e0, e1)) || (err = lac_net_norm(net, e1, true, NULL)) ||
        (err = lac_net_conv(net, encoder->conv[2], e1, y)) || (err = lac_net_norm(net, y, true, NULL))) {
        return err;
    }
    return LAC_OK;
}

int lac_match_open(LacNet *net, const LacModel *model)
{
    int err = lac_encoder_open(net, &net->end, model->end);

    for (int i = 0; !err && i < model->config.match_count; i++) {
        LacConvUse use = { .dilation = model->config.match_dilation[i] };

        err = lac_net_conv_open(net, &net->match[i][0], &model->match[i][0], use);
        if (!err) {
            err = lac_net_conv_open(net, &net->match[i][1], &model->match[i][1], use);
        }
    }
    return err;
}

void lac_match_close(LacNet *net)
{
    lac_encoder_close(net, &net->end);
    for (int i = 0; i < LAC_MODEL_MAX_BLOCKS; i++) {
        lac_net_conv_close(net, net->match[i], 2);
    }
}

int lac_match_run(LacNet *net, const LacTensor *x, LacTensor *f_d)
{
    LacWorkspace *ws = &net->ws;
    LacTensor *in = net->config.match_count % 2 ? &ws->t1 : f_d, *out = in == f_d ? &ws->t1 : f_d;
    int err = lac_encoder_run(net, &net->end, x, &ws->full, &ws->half, in);

    for (int i = 0; !err && i < net->config.match_count; i++) {
        LacTensor *swap = in;

        if ((err = lac_net_conv(net, net->match[i][0], in, &ws->t0)) ||
            (err = lac_net_norm(net, &ws->t0, true, NULL)) ||
            (err = lac_net_conv(net, net->match[i][1], &ws->t0, out)) ||
            (err = lac_net_norm(net, out, false, in))) {
            return err;
        }
        in = out;
        out = swap;
    }
    return err; /* after an even number of swaps, or an odd one from t1, the result is in f_d */
}
