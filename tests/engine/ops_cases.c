/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of cases that every operation of every back end must pass against `ref`.
 *
 * Tolerance: |y - ref| <= t * scale, where scale is the largest magnitude of the reference result. fp32: t = 2e-5,
 * some hundred roundings of 6e-8 in another order.
 * bf16: inputs and weights are rounded before both back ends see them, so what remains is the rounding of the
 * result (2^-9 of the value) and of intermediate values (weights of the attention, summed kernels of the
 * upsampling): t = 2^-7. fp16 has three bits more: t = 2^-10. */
#include "ops_cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops_run.h"

static const Case cases[] = {
    { "conv 1x1 one pixel", CONV, 1, 1, 1, 5, .cout = 3, .kernel = 1, .bias = true },
    { "conv linear layer", CONV, 1, 1, 1, 64, .cout = 128, .kernel = 1, .relu = true, .out_f32 = true,
      .bias = true },
    { "conv 1x1 64 to 32", CONV, 1, 20, 24, 64, .cout = 32, .kernel = 1, .bias = true },
    { "conv 1x1 3 to 64", CONV, 1, 21, 13, 3, .cout = 64, .kernel = 1 },
    { "conv 5x5 of 1 channel", CONV, 1, 40, 56, 1, .cout = 16, .kernel = 5 },
    { "conv 5x5 of 2 channels", CONV, 1, 33, 31, 2, .cout = 16, .kernel = 5 },
    { "conv 5x5 of 4 channels, relu", CONV, 1, 24, 24, 4, .cout = 16, .kernel = 5, .relu = true, .bias = true },
    { "conv 5x5 larger than the picture", CONV, 1, 2, 3, 4, .cout = 8, .kernel = 5, .bias = true },
    { "conv 3x3 64 to 64", CONV, 1, 32, 40, 64, .cout = 64, .kernel = 3 },
    { "conv 3x3 96 to 40 odd size", CONV, 1, 17, 19, 96, .cout = 40, .kernel = 3, .relu = true, .bias = true },
    { "conv 3x3 to 2 channels, f32 out", CONV, 1, 16, 20, 64, .cout = 2, .kernel = 3, .out_f32 = true,
      .bias = true },
    { "conv 3x3 to 3 channels, f32 out", CONV, 1, 37, 41, 16, .cout = 3, .kernel = 3, .out_f32 = true,
      .bias = true },
    { "conv 3x3 dilation 2", CONV, 1, 32, 32, 32, .cout = 32, .kernel = 3, .dilation = 2 },
    { "conv 3x3 dilation 8", CONV, 1, 24, 28, 64, .cout = 64, .kernel = 3, .dilation = 8 },
    { "conv 3x3 dilation beyond the picture", CONV, 1, 5, 6, 16, .cout = 16, .kernel = 3, .dilation = 8,
      .bias = true },
    { "conv stride 2", CONV, 1, 32, 48, 16, .cout = 32, .kernel = 3, .stride = 2 },
    { "conv stride 2 odd size", CONV, 1, 31, 17, 32, .cout = 64, .kernel = 3, .stride = 2, .relu = true,
      .bias = true },
    { "conv stride 2 one pixel", CONV, 1, 1, 1, 8, .cout = 8, .kernel = 3, .stride = 2, .bias = true },
    { "conv 5x5 2 to 16 full size", CONV, 1, 256, 256, 2, .cout = 16, .kernel = 5 },
    { "conv stride 2 full size", CONV, 1, 256, 256, 16, .cout = 32, .kernel = 3, .stride = 2 },
    { "conv 3x3 16 to 3 full size", CONV, 1, 256, 256, 16, .cout = 3, .kernel = 3, .out_f32 = true, .bias = true },
    { "conv batch of 3", CONV, 3, 12, 10, 24, .cout = 16, .kernel = 3, .bias = true },
    { "conv upsampled 3x3", CONV, 1, 24, 20, 64, .cout = 32, .kernel = 3, .upsample = true },
    { "conv upsampled 3x3 odd, relu, batch", CONV, 2, 7, 9, 32, .cout = 16, .kernel = 3, .upsample = true,
      .relu = true, .bias = true },
    { "conv upsampled one pixel", CONV, 1, 1, 1, 8, .cout = 8, .kernel = 3, .upsample = true, .bias = true },
    { "conv upsampled 5x5, f32 out", CONV, 1, 9, 8, 8, .cout = 3, .kernel = 5, .upsample = true,
      .out_f32 = true, .bias = true },
    { "conv upsampled 1x1", CONV, 1, 5, 6, 8, .cout = 8, .kernel = 1, .upsample = true },
    { "conv upsampled dilation 3", CONV, 1, 11, 10, 8, .cout = 8, .kernel = 3, .dilation = 3,
      .upsample = true, .bias = true },

    { "norm 16 channels", NORM, 1, 64, 80, 16, .relu = true },
    { "norm 64 channels, AdaIN, relu", NORM, 1, 32, 32, 64, .adain = true, .relu = true },
    { "norm 64 channels, AdaIN, residual", NORM, 1, 32, 32, 64, .adain = true, .residual = true },
    { "norm residual, relu, in place", NORM, 1, 33, 17, 24, .relu = true, .residual = true, .in_place = true },
    { "norm 3 channels odd size", NORM, 1, 37, 53, 3, .adain = true },
    { "norm 100 channels", NORM, 1, 9, 11, 100, .relu = false },
    { "norm batch of 3", NORM, 3, 20, 30, 32, .relu = true },
    { "norm one pixel", NORM, 1, 1, 1, 7, .adain = true },
    { "norm of a far mean", NORM, 1, 40, 40, 16, .offset = 30 },
    { "norm in place", NORM, 1, 128, 128, 32, .relu = true, .in_place = true },

    { "add", ADD, 1, 31, 37, 16, .f32 = false },
    { "add in place", ADD, 1, 16, 16, 64, .in_place = true },
    { "add one element", ADD, 1, 1, 1, 1, .f32 = false },
    { "add large f32", ADD, 1, 128, 128, 3, .f32 = true },
    { "mean", MEAN, 1, 16, 16, 64, .f32 = false },
    { "mean odd size, batch", MEAN, 3, 5, 7, 13, .f32 = false },
    { "mean one pixel", MEAN, 1, 1, 1, 3, .f32 = false },
    { "mask", MASK, 1, 33, 31, 2, .spread = 1 },
    { "mask one pixel", MASK, 1, 1, 1, 2, .spread = 1 },
    { "mask large, far out", MASK, 1, 100, 100, 2, .spread = 200 },

    { "attention one pixel", ATTENTION, 1, 1, 1, 32, .dv = 32, .refs = 1 },
    { "attention two pixels, K 5", ATTENTION, 1, 1, 2, 32, .dv = 32, .refs = 5, .lambda = { 3, 3, 0, 1, 9 },
      .lift = { 0, -1, 2, 0.5f } },
    { "attention 16x16, K 1", ATTENTION, 1, 16, 16, 32, .dv = 32, .refs = 1, .lambda = { 3 } },
    { "attention 24x40, K 2", ATTENTION, 1, 24, 40, 32, .dv = 32, .refs = 2, .lambda = { 5, 5 } },
    { "attention 40x24, K 3, a sheet", ATTENTION, 1, 40, 24, 32, .dv = 32, .refs = 3, .lambda = { 0, 50, 20 },
      .lift = { 0, 0.5f, -0.5f } },
    { "attention 24x16, K 3, biases alone", ATTENTION, 1, 24, 16, 32, .dv = 32, .refs = 3, .lift = { -3, 0, 3 } },
    { "attention 24x16, a reference far out", ATTENTION, 1, 24, 16, 32, .dv = 32, .refs = 2, .lambda = { 1, 1 },
      .lift = { 300, -300 } },
    { "attention odd 17x23, no prior", ATTENTION, 1, 17, 23, 32, .dv = 32, .refs = 2 },
    { "attention 33x5, sharp", ATTENTION, 1, 33, 5, 32, .dv = 32, .refs = 2, .lambda = { 1, 2 },
      .lift = { 0, 1 }, .sharp = true },
    { "attention 32x32, sharp, strong prior", ATTENTION, 1, 32, 32, 32, .dv = 32, .refs = 4,
      .lambda = { 400, 400, 300, 500 }, .lift = { 1, 2, -1, -2 }, .sharp = true },
    { "attention d 8, dv 16", ATTENTION, 1, 12, 18, 8, .dv = 16, .refs = 2, .lambda = { 2, 2 } },
    { "attention d 5, dv 3", ATTENTION, 1, 9, 7, 5, .dv = 3, .refs = 2, .lambda = { 2, 3 }, .lift = { 0.3f, 0 } },
    { "attention d 64, dv 96", ATTENTION, 1, 15, 16, 64, .dv = 96, .refs = 2, .lambda = { 0, 2 } },
    { "attention d 1, dv 1", ATTENTION, 1, 4, 4, 1, .dv = 1, .refs = 1, .lambda = { 1 }, .lift = { 5 } },
    { "attention 24x40, K 2, margin", ATTENTION, 1, 24, 40, 32, .dv = 32, .refs = 2, .lambda = { 5, 4 },
      .lift = { 0.5f, 0 }, .margin = 4 },
    { "attention odd 17x23, K 3, margin", ATTENTION, 1, 17, 23, 24, .dv = 20, .refs = 3, .lambda = { 2, 0, 9 },
      .margin = 6 },
    { "attention 33x5, margin of no effect", ATTENTION, 1, 33, 5, 5, .dv = 3, .refs = 2, .margin = 1000 },
    { "attention one pixel, margin", ATTENTION, 1, 1, 1, 32, .dv = 32, .refs = 2, .lambda = { 1, 1 }, .margin = 1 },

    { "combine K 1", COMBINE, 1, 16, 16, 64, .refs = 1 },
    { "combine K 2", COMBINE, 1, 31, 33, 64, .refs = 2 },
    { "combine K 5, odd channels", COMBINE, 1, 13, 7, 19, .refs = 5 },
    { "combine one pixel", COMBINE, 1, 1, 1, 3, .refs = 3 },

    { "pool4", POOL4, 1, 16, 20, 3, .f32 = false },
    { "pool4 batch", POOL4, 2, 3, 1, 5, .f32 = false },
    { "upsample4_add", UPSAMPLE4_ADD, 1, 24, 28, 3, .f32 = false },
    { "upsample4_add odd, batch", UPSAMPLE4_ADD, 2, 5, 3, 7, .f32 = false },
    { "upsample4_add one pixel", UPSAMPLE4_ADD, 1, 1, 1, 3, .f32 = false },
    { "tanh", TANH, 1, 37, 41, 3, .spread = 30 },
    { "tanh in place", TANH, 1, 7, 5, 1, .spread = 2, .in_place = true },
    { "convert to act", CONVERT, 1, 37, 41, 3, .f32 = false },
    { "convert from act", CONVERT, 1, 5, 3, 17, .f32 = true },
    { "convert large", CONVERT, 1, 100, 100, 16, .f32 = false },
    { "shift 16 channels", SHIFT, 1, 40, 36, 16, .cout = 16 },
    { "shift 64 channels, all the same frame", SHIFT, 1, 16, 20, 64, .cout = 64, .in_place = true },
    { "shift 5 channels three times", SHIFT, 1, 61, 67, 5, .cout = 15 },
    { "shift odd channels", SHIFT, 1, 17, 19, 23, .cout = 23 },
    { "shift 3 channels twice, one pixel", SHIFT, 1, 1, 1, 3, .cout = 6 },
    { "shift 100 channels", SHIFT, 1, 33, 9, 100, .cout = 100 },
    { "gate 16 channels", GATE, 1, 40, 36, 16, .spread = 2, .leak = 0.2f },
    { "gate 64 channels, residual", GATE, 2, 16, 20, 64, .spread = 2, .leak = 0.2f, .residual = true },
    { "gate odd channels, onto the residual", GATE, 1, 17, 19, 23, .spread = 2, .leak = 0.2f, .residual = true,
      .in_place = true },
    { "gate linear f32", GATE, 1, 61, 67, 3, .spread = 2, .leak = 1, .f32 = true },
    { "gate far out", GATE, 1, 50, 50, 16, .spread = 200, .leak = 0 },
    { "gate one pixel", GATE, 1, 1, 1, 1, .spread = 1, .leak = 0.2f },
};

/* Largest difference in units of the tolerance; HUGE_VAL for a NaN or an infinity. */
static double compare(const Output *y, const Output *want, enum LacType act)
{
    size_t i, count = lac_tensor_count(&y->t);
    double worst = 0, scale = 1e-3;

    for (i = 0; i < count; i++) {
        scale = fmax(scale, fabs((double)want->values[i]));
    }
    for (i = 0; i < count; i++) {
        if (!isfinite(y->values[i])) {
            return HUGE_VAL;
        }
        worst = fmax(worst, fabs((double)y->values[i] - want->values[i]) / scale);
    }
    return worst / (act == LAC_BF16 ? 1.0 / 128 : act == LAC_F16 ? 1.0 / 1024 : 2e-5);
}

static bool same_bytes(const Run *a, const Run *b)
{
    int i;

    for (i = 0; i < a->outputs; i++) {
        if (memcmp(a->out[i].values, b->out[i].values, lac_tensor_count(&a->out[i].t) * sizeof(float)) != 0) {
            return false;
        }
    }
    return true;
}

/* Runs a case and fetches what it gave; false after printing. */
static bool run_fetch(Run *r, const LacDevice *dev, const Case *c, enum LacType act, const char *label)
{
    int ret = run_case(r, dev, c, act), i;
    bool whole = true;

    if (ret < 0) {
        printf("  %s: error %d\n", label, ret);
        return false;
    }
    for (i = 0; i < r->outputs; i++) {
        whole = output_fetch(dev, &r->out[i]) && whole;
    }
    if (!whole) {
        printf("  %s: writes outside the output\n", label);
    }
    return whole;
}

/* devs: the device under test with 1, 2, ... threads, or the same one several times. */
static bool check_case(const LacDevice *ref, const LacDevice *devs, int count, const Case *c, const char *label)
{
    Run want, first, other;
    double worst = 0;
    bool ok = run_fetch(&want, ref, c, devs[0].act, "ref") && run_fetch(&first, &devs[0], c, devs[0].act, label);
    const char *why = "";
    int i;

    if (!ok) {
        printf("FAIL %s: %s\n", label, c->name);
        return false;
    }
    for (i = 0; i < first.outputs; i++) {
        worst = fmax(worst, compare(&first.out[i], &want.out[i], devs[0].act));
    }
    for (i = 1; i < count; i++) {
        if (!run_fetch(&other, &devs[i], c, devs[0].act, label) || !same_bytes(&first, &other)) {
            ok = false;
            why = ", other bytes in another run";
        }
        run_free(&other);
    }
    ok = ok && worst <= 1;
    printf("%s %s: %s (%.3f of the tolerance%s)\n", ok ? "ok  " : "FAIL", label, c->name, worst, why);
    run_free(&want);
    run_free(&first);
    return ok;
}

int ops_cases(const LacDevice *ref, const LacDevice *devs, int count, const OpsFilter *filter, const char *label,
              int *passed)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Case *c = &cases[i];
        double pixels = (double)c->n * c->h * c->w;
        bool small = c->op == ATTENTION ? pixels * pixels * c->refs <= 5e5 :
            pixels * (c->op == CONV ? c->cout : c->c) <= 8e4;

        if ((!filter->part || strstr(c->name, filter->part)) && !(filter->no_conv && c->op == CONV) &&
            (!filter->small || small)) {
            bool ok = check_case(ref, devs, count, c, label);

            failed += !ok;
            *passed += ok;
        }
    }
    return failed;
}
