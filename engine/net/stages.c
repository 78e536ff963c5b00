/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every stage of the network uses: its layers on the device, and the values it shows. */
#include "net/stages.h"

int lac_net_conv_open(LacNet *net, LacConv **conv, const LacLayer *layer, LacConvUse use)
{
    LacConvDesc desc = {
        .cin = layer->cin, .cout = layer->cout, .kernel = layer->kernel,
        .stride = use.stride ? use.stride : 1, .dilation = use.dilation ? use.dilation : 1,
        .upsample = use.upsample, .relu = use.relu, .out_f32 = use.out_f32,
        .weight = layer->weight, .bias = layer->bias,
    };

    return net->dev->ops->conv_create(net->dev->be, &desc, conv);
}

void lac_net_conv_close(LacNet *net, LacConv **conv, int count)
{
    for (int i = 0; i < count; i++) {
        if (conv[i]) {
            net->dev->ops->conv_free(net->dev->be, conv[i]);
            conv[i] = NULL;
        }
    }
}

int lac_net_conv(LacNet *net, LacConv *conv, const LacTensor *x, LacTensor *y)
{
    return net->dev->ops->conv(net->dev->be, conv, x, y);
}

int lac_net_norm(LacNet *net, LacTensor *x, bool relu, const LacTensor *residual)
{
    LacNormDesc desc = { .x = x, .residual = residual, .relu = relu, .eps = LAC_NORM_EPS };

    return net->dev->ops->norm(net->dev->be, &desc, x);
}

LacTensor lac_net_slice(const LacTensor *t, int i)
{
    LacTensor s = *t;
    size_t bytes;

    s.n = 1;
    bytes = lac_tensor_count(&s) * lac_type_size(s.type);
    s.data = (char *)t->data + (size_t)i * bytes;
    return s;
}

int lac_net_give(LacNet *net, const char *name, LacTensor shape, const float *values)
{
    shape.type = LAC_F32;
    shape.data = NULL;
    net->callback(net->callback_opaque, name, &shape, values);
    return LAC_OK;
}

int lac_net_emit(LacNet *net, const char *name, const LacTensor *t)
{
    float *values;
    int err;

    if (!net->callback) {
        return LAC_OK;
    }
    values = lac_alloc(lac_tensor_count(t), sizeof *values);
    if (!values) {
        return lac_fail(net->dev->log, LAC_ENOMEM, "out of memory for the values of stage %s", name);
    }
    err = net->dev->ops->download(net->dev->be, t, values);
    if (!err) {
        lac_net_give(net, name, *t, values);
    }
    lac_free(values);
    return err;
}
