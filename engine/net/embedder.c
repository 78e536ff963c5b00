/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Embedder (3.2, Fig. 6): the style of one reference.
 *
 *   [x_r, y_r] [h,w,4] -conv5-> B -conv3 /2-> 2B -conv3 /2-> C -conv3 /2-> C -conv3 /2-> C -mean-> [C]
 *
 * ReLU after each convolution, no norm. */
#include "net/stages.h"

int lac_embedder_open(LacNet *net, const LacModel *model)
{
    int err = LAC_OK;

    for (int i = 0; !err && i < 5; i++) {
        err = lac_net_conv_open(net, &net->embedder[i], &model->embedder[i],
                                (LacConvUse){ .stride = i ? 2 : 1, .relu = true });
    }
    return err;
}

void lac_embedder_close(LacNet *net)
{
    lac_net_conv_close(net, net->embedder, 5);
}

int lac_embedder_run(LacNet *net, const LacTensor *xy, float *style)
{
    const LacOps *ops = net->dev->ops;
    LacWorkspace *ws = &net->ws;
    int err;

    if ((err = lac_net_conv(net, net->embedder[0], xy, &ws->full)) ||
        (err = lac_net_conv(net, net->embedder[1], &ws->full, &ws->half)) ||
        (err = lac_net_conv(net, net->embedder[2], &ws->half, &ws->t0)) ||
        (err = lac_net_conv(net, net->embedder[3], &ws->t0, &ws->eighth)) ||
        (err = lac_net_conv(net, net->embedder[4], &ws->eighth, &ws->sixteenth)) ||
        (err = ops->mean(net->dev->be, &ws->sixteenth, &ws->mean))) {
        return err;
    }
    return ops->download(net->dev->be, &ws->mean, style);
}
