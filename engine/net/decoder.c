/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decoder (3.2): to the picture, with EnL's features on the way (skip) and the warped colour below (warp).
 *
 *   f [h/4,w/4,C] -up2 conv3-> 2B + e1 -up2 conv3-> B + e0 -conv3-> B -conv3-> r [h,w,3]
 *   out = r + bilinear4(warped), or tanh(r)
 *
 * norm and ReLU after each convolution but the last; the features are added after the ReLU. */
#include "net/stages.h"

int lac_decoder_open(LacNet *net, const LacModel *model)
{
    static const LacConvUse use[4] = { { .upsample = true }, { .upsample = true }, { 0 }, { .out_f32 = true } };
    int err = LAC_OK;

    for (int i = 0; !err && i < 4; i++) {
        err = lac_net_conv_open(net, &net->decoder[i], &model->decoder[i], use[i]);
    }
    return err;
}

void lac_decoder_close(LacNet *net)
{
    lac_net_conv_close(net, net->decoder, 4);
}

int lac_decoder_run(LacNet *net, const LacTensor *f)
{
    const LacOps *ops = net->dev->ops;
    LacBackend *be = net->dev->be;
    LacWorkspace *ws = &net->ws;
    bool skip = net->config.skip;
    int err;

    if ((err = lac_net_conv(net, net->decoder[0], f, &ws->half)) ||
        (err = lac_net_norm(net, &ws->half, true, skip ? &ws->e1 : NULL)) ||
        (err = lac_net_conv(net, net->decoder[1], &ws->half, &ws->full)) ||
        (err = lac_net_norm(net, &ws->full, true, skip ? &ws->e0 : NULL)) ||
        (err = lac_net_conv(net, net->decoder[2], &ws->full, &ws->e0)) || /* e0 has served */
        (err = lac_net_norm(net, &ws->e0, true, NULL)) ||
        (err = lac_net_conv(net, net->decoder[3], &ws->e0, &ws->out))) {
        return err;
    }
    err = net->config.warp ? ops->upsample4_add(be, &ws->warped, &ws->out) : ops->tanh(be, &ws->out, &ws->out);
    return err ? err : lac_net_emit(net, "out", &ws->out);
}
