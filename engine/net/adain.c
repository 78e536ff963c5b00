/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Middle (3.2): residual blocks whose norms the references' style modulates.
 *
 *   style:  e = mean over references,  p = W1 relu(W0 e + b0) + b1  -> [mid_blocks][4][C]
 *   block:  h = relu((1 + g0) norm(conv3(f)) + b0),  f <- f + (1 + g1) norm(conv3(h)) + b1
 *
 * The MLP is a few hundred thousand products, once per set of references: the host does it, in one order. */
#include "net/stages.h"

#include <string.h>

static float *copy(const float *src, size_t count)
{
    float *dst = lac_alloc(count, sizeof *dst);

    if (dst) {
        memcpy(dst, src, count * sizeof *dst);
    }
    return dst;
}

int lac_adain_open(LacNet *net, const LacModel *model)
{
    LacAdain *a = &net->adain;
    const LacConfig *cfg = &model->config;
    LacConvUse plain = { 0 };
    int err = LAC_OK;

    a->in = model->mlp[0].cin;
    a->hidden = model->mlp[0].cout;
    a->out = model->mlp[1].cout;
    a->w0 = copy(model->mlp[0].weight, (size_t)a->hidden * (size_t)a->in);
    a->b0 = copy(model->mlp[0].bias, (size_t)a->hidden);
    a->w1 = copy(model->mlp[1].weight, (size_t)a->out * (size_t)a->hidden);
    a->b1 = copy(model->mlp[1].bias, (size_t)a->out);
    a->mean = lac_alloc((size_t)a->in, sizeof *a->mean);
    a->mid = lac_alloc((size_t)a->hidden, sizeof *a->mid);
    a->params = lac_alloc((size_t)a->out, sizeof *a->params);
    if (!a->w0 || !a->b0 || !a->w1 || !a->b1 || !a->mean || !a->mid || !a->params) {
        return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for the AdaIN weights");
    }
    err = lac_net_tensor(net, &a->device, LAC_F32, 4 * cfg->mid_blocks, 1, 1, 4 * cfg->base);
    for (int i = 0; !err && i < cfg->mid_blocks; i++) {
        err = lac_net_conv_open(net, &net->mid[i][0], &model->mid[i][0], plain);
        if (!err) {
            err = lac_net_conv_open(net, &net->mid[i][1], &model->mid[i][1], plain);
        }
    }
    return err;
}

void lac_adain_close(LacNet *net)
{
    LacAdain *a = &net->adain;

    lac_free(a->w0);
    lac_free(a->b0);
    lac_free(a->w1);
    lac_free(a->b1);
    lac_free(a->mean);
    lac_free(a->mid);
    lac_free(a->params);
    lac_free(a->ids);
    if (a->device.data) {
        net->dev->ops->tensor_free(net->dev->be, &a->device);
    }
    for (int i = 0; i < LAC_MODEL_MAX_BLOCKS; i++) {
        lac_net_conv_close(net, net->mid[i], 2);
    }
}

/* y = W x + b */
static void linear(const float *w, const float *b, const float *x, int in, int out, float *y)
{
    for (int i = 0; i < out; i++) {
        const float *row = w + (size_t)i * (size_t)in;
        double sum = b[i];

        for (int j = 0; j < in; j++) {
            sum += (double)row[j] * x[j];
        }
        y[i] = (float)sum;
    }
}

static bool same_set(const LacAdain *a, LacRefCode *const *codes, int count)
{
    if (a->id_count != count) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (a->ids[i] != codes[i]->id) {
            return false;
        }
    }
    return true;
}

int lac_adain_style(LacNet *net, LacRefCode *const *codes, int count)
{
    LacAdain *a = &net->adain;
    int err;

    if (same_set(a, codes, count)) {
        return LAC_OK;
    }
    a->id_count = 0;
    if (a->id_capacity < count) {
        lac_free(a->ids);
        a->id_capacity = 0;
        a->ids = lac_alloc((size_t)count, sizeof *a->ids);
        if (!a->ids) {
            return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for %d references", count);
        }
        a->id_capacity = count;
    }
    for (int j = 0; j < a->in; j++) {
        double sum = 0;

        for (int i = 0; i < count; i++) {
            sum += codes[i]->style[j];
        }
        a->mean[j] = (float)(sum / count);
    }
    linear(a->w0, a->b0, a->mean, a->in, a->hidden, a->mid);
    for (int i = 0; i < a->hidden; i++) {
        a->mid[i] = a->mid[i] > 0 ? a->mid[i] : 0;
    }
    linear(a->w1, a->b1, a->mid, a->hidden, a->out, a->params);
    err = net->dev->ops->upload(net->dev->be, a->params, &a->device);
    if (err) {
        return err;
    }
    for (int i = 0; i < count; i++) {
        a->ids[i] = codes[i]->id;
    }
    a->id_count = count;
    return LAC_OK;
}

/* x <- [relu]((1 + gamma) norm(x) + beta) [+ residual], parameters 2 i and 2 i + 1 of the list */
static int modulate(LacNet *net, LacTensor *x, int i, bool relu, const LacTensor *residual)
{
    LacTensor gamma = lac_net_slice(&net->adain.device, 2 * i);
    LacTensor beta = lac_net_slice(&net->adain.device, 2 * i + 1);
    LacNormDesc desc = {
        .x = x, .gamma = &gamma, .beta = &beta, .residual = residual, .relu = relu, .eps = LAC_NORM_EPS,
    };

    return net->dev->ops->norm(net->dev->be, &desc, x);
}

int lac_adain_run(LacNet *net, LacTensor *f)
{
    LacTensor in = *f, h = net->ws.t0, out = net->ws.t1;
    int err = LAC_OK;

    for (int i = 0; !err && i < net->config.mid_blocks; i++) {
        LacTensor swap = in;

        if ((err = lac_net_conv(net, net->mid[i][0], &in, &h)) || (err = modulate(net, &h, 2 * i, true, NULL)) ||
            (err = lac_net_conv(net, net->mid[i][1], &h, &out)) ||
            (err = modulate(net, &out, 2 * i + 1, false, &in))) {
            return err;
        }
        in = out;
        out = swap;
    }
    *f = in;            /* the blocks go to and fro between f and t1: exchange the two if it ended there */
    net->ws.t1 = out;
    return err;
}
