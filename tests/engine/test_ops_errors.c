/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What devices and operations must refuse, with one message that says why. */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "ops/ops.h"

typedef struct Caught {
    int errors;
    char last[256];
} Caught;

static void catch_log(void *opaque, enum LacLogLevel level, const char *message)
{
    Caught *c = opaque;

    if (level == LAC_LOG_ERROR) {
        c->errors++;
        snprintf(c->last, sizeof c->last, "%s", message);
    }
}

/* The call must give `code` and say something that contains `word`. */
static void refused(Tally *t, const char *name, Caught *c, int ret, int code, const char *word)
{
    expect(t, ret == code && c->errors == 1 && strstr(c->last, word), "%s: %d, %d errors: %s", name, ret, c->errors,
           c->last);
    c->errors = 0;
    c->last[0] = 0;
}

static int open_error(Caught *c, const char *device, enum LacPrecision precision, int threads)
{
    LacLog log = { catch_log, c };
    LacDevice dev;
    int ret = lac_device_open(&dev, device, precision, threads, &log);

    lac_device_close(&dev);
    return ret;
}

static void device_errors(Tally *t)
{
    Caught c = { 0 };

    refused(t, "unknown device", &c, open_error(&c, "gpu", LAC_PRECISION_AUTO, 1), LAC_EDEVICE, "'gpu'");
    refused(t, "broken device", &c, open_error(&c, "cuda:x", LAC_PRECISION_AUTO, 1), LAC_EDEVICE, "'cuda:x'");
    refused(t, "fp16 on cpu", &c, open_error(&c, "cpu", LAC_PRECISION_FP16, 1), LAC_EDEVICE, "fp16");
    refused(t, "bf16 on ref", &c, open_error(&c, "ref", LAC_PRECISION_BF16, 1), LAC_EDEVICE, "fp32 only");
    refused(t, "threads", &c, open_error(&c, "cpu", LAC_PRECISION_AUTO, 100000), LAC_EINVAL, "threads");
}

static int conv_create(const LacDevice *dev, LacConvDesc desc)
{
    LacConv *conv;
    int ret = dev->ops->conv_create(dev->be, &desc, &conv);

    dev->ops->conv_free(dev->be, conv);
    return ret;
}

/* A 6 x 6 picture of zeros. */
static LacTensor zeros(const LacDevice *dev, enum LacType type, int channels)
{
    static const float values[6 * 6 * 4];
    LacTensor t = { .type = type, .n = 1, .h = 6, .w = 6, .c = channels };

    if (dev->ops->tensor_alloc(dev->be, &t) < 0 || dev->ops->upload(dev->be, values, &t) < 0) {
        abort();
    }
    return t;
}

static void op_errors(Tally *t, const char *device)
{
    Caught c = { 0 };
    LacLog log = { catch_log, &c };
    LacDevice dev;
    float w[9 * 4] = { 0 };
    LacConvDesc good = { 2, 2, 3, 1, 1, false, false, false, w, NULL }, bad = good;
    LacTensor x, y, y3, f, empty = { LAC_F32, 1, 0, 4, 4, NULL }, huge = { LAC_F32, 1 << 20, 1 << 15, 1 << 15, 1 << 20, NULL };
    LacTensor none = { .n = 0 }, kernel = { .type = LAC_F32, .n = 3, .h = 1, .w = 1, .c = 2, .data = w };
    LacNormDesc norm;
    LacAttentionRef r;
    LacAttentionDesc att;
    LacConv *conv;

    if (lac_device_open(&dev, device, LAC_PRECISION_AUTO, 1, &log) < 0) {
        expect(t, false, "device %s: %s", device, c.last);
        return;
    }
    x = zeros(&dev, dev.act, 2);
    y = zeros(&dev, dev.act, 2);
    y3 = zeros(&dev, dev.act, 3);
    f = zeros(&dev, LAC_F32, 3);
    bad.kernel = 2;
    refused(t, "conv even kernel", &c, conv_create(&dev, bad), LAC_EINVAL, "kernel 2");
    bad = good;
    bad.upsample = true;
    bad.stride = 2;
    refused(t, "conv upsample and stride", &c, conv_create(&dev, bad), LAC_EINVAL, "stride");
    bad = good;
    bad.weight = NULL;
    refused(t, "conv without weights", &c, conv_create(&dev, bad), LAC_EINVAL, "weights");
    if (dev.ops->conv_create(dev.be, &good, &conv) < 0) {
        abort();
    }
    refused(t, "conv input channels", &c, dev.ops->conv(dev.be, conv, &y3, &y), LAC_EINVAL, "tensor x");
    refused(t, "conv output channels", &c, dev.ops->conv(dev.be, conv, &x, &y3), LAC_EINVAL, "tensor y");
    refused(t, "conv without input", &c, dev.ops->conv(dev.be, conv, &none, &y), LAC_EINVAL, "missing");
    dev.ops->conv_free(dev.be, conv);
    norm = (LacNormDesc){ .x = &x, .gamma = &f, .eps = 1e-5f };
    refused(t, "norm gamma shape", &c, dev.ops->norm(dev.be, &norm, &y), LAC_EINVAL, "gamma");
    refused(t, "add shapes", &c, dev.ops->add(dev.be, &x, &y3, &y), LAC_EINVAL, "tensor b");
    refused(t, "pool4 shapes", &c, dev.ops->pool4(dev.be, &f, &f), LAC_EINVAL, "pool4");
    r = (LacAttentionRef){ .k = x, .v = y, .colour = f, .mask = f, .lambda = 1 };
    att = (LacAttentionDesc){ &x, &r, 1, 0, &y, &f };
    refused(t, "attention mask shape", &c, dev.ops->attention(dev.be, &att), LAC_EINVAL, "mask");
    r.lambda = -1;
    refused(t, "attention lambda", &c, dev.ops->attention(dev.be, &att), LAC_EINVAL, "lambda -1");
    r.lambda = 0;
    r.bias = NAN;
    refused(t, "attention bias", &c, dev.ops->attention(dev.be, &att), LAC_EINVAL, "bias nan");
    r.bias = 0;
    att.margin = -1;
    refused(t, "attention margin", &c, dev.ops->attention(dev.be, &att), LAC_EINVAL, "margin -1");
    refused(t, "shift kernel shape", &c, dev.ops->shift(dev.be, &(LacShiftDesc){ &x, &x, &x, &f }, &y3), LAC_EINVAL,
            "multiple");
    refused(t, "shift without a neighbour", &c, dev.ops->shift(dev.be, &(LacShiftDesc){ &none, &x, &x, &kernel }, &y),
            LAC_EINVAL, "before");
    refused(t, "gate channels", &c, dev.ops->gate(dev.be, &(LacGateDesc){ &x, NULL, 0.2f }, &y), LAC_EINVAL, "tensor x");
    refused(t, "gate slope", &c, dev.ops->gate(dev.be, &(LacGateDesc){ &x, NULL, 2 }, &y), LAC_EINVAL, "slope");
    refused(t, "empty tensor", &c, dev.ops->tensor_alloc(dev.be, &empty), LAC_EINVAL, "h 0");
    refused(t, "impossible tensor", &c, dev.ops->tensor_alloc(dev.be, &huge), LAC_ENOMEM, "memory");
    dev.ops->tensor_free(dev.be, &x);
    dev.ops->tensor_free(dev.be, &y);
    dev.ops->tensor_free(dev.be, &y3);
    dev.ops->tensor_free(dev.be, &f);
    lac_device_close(&dev);
}

int main(void)
{
    Tally t = { .name = "test_ops_errors" };

    device_errors(&t);
    op_errors(&t, "ref");
    op_errors(&t, "cpu");
    return tally_end(&t);
}
