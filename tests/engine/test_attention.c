/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the attention's margin leaves out, in numbers worked out by hand, and who asks for it. */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "ops/ops.h"

enum { H = 2, W = 48, AREA = H * W };

/* The log of what runs here; errors are not expected. */
static void print_log(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    printf("  log %d: %s\n", (int)level, message);
}

static LacTensor tensor(const LacDevice *dev, enum LacType type, int c, const float *values)
{
    LacTensor t = { .type = type, .n = 1, .h = H, .w = W, .c = c };

    if (dev->ops->tensor_alloc(dev->be, &t) || (values && dev->ops->upload(dev->be, values, &t))) {
        abort();
    }
    return t;
}

/* One reference of d = dv = 1, q = 1 everywhere, so that logits are k: 10 at column 20 of row 0, `second` at column 40,
 * else 0. The first component of colour is 1 at column 40 alone, so `warped` has its weight there. */
static bool weights_of_second(const LacDevice *dev, float second, float margin, float *weight)
{
    float ones[AREA], k[AREA] = { 0 }, colour[3 * AREA] = { 0 }, mask[2 * AREA], out[3 * AREA];
    LacAttentionRef r;
    LacTensor q, mat, warped;
    int err;

    for (int i = 0; i < AREA; i++) {
        ones[i] = 1;
        mask[2 * i] = mask[2 * i + 1] = 1;
    }
    k[20] = 10;
    k[40] = second;
    colour[3 * 40] = 1;
    q = tensor(dev, dev->act, 1, ones);
    r = (LacAttentionRef){ .k = tensor(dev, dev->act, 1, k), .v = tensor(dev, dev->act, 1, ones),
                           .colour = tensor(dev, LAC_F32, 3, colour), .mask = tensor(dev, LAC_F32, 2, mask) };
    mat = tensor(dev, dev->act, 1, NULL);
    warped = tensor(dev, LAC_F32, 3, NULL);
    err = dev->ops->attention(dev->be, &(LacAttentionDesc){ .q = &q, .refs = &r, .count = 1, .margin = margin,
                                                            .mat = &mat, .warped = &warped });
    err = err ? err : dev->ops->download(dev->be, &warped, out);
    for (int i = 0; !err && i < AREA; i++) {
        weight[i] = out[3 * i];
    }
    LacTensor *all[] = { &q, &r.k, &r.v, &r.colour, &r.mask, &mat, &warped, NULL };
    for (int i = 0; all[i]; i++) {
        dev->ops->tensor_free(dev->be, all[i]);
    }
    return !err;
}

static void test_rule(Tally *t, const char *device, enum LacPrecision precision, double tolerance)
{
    static const struct { float second, margin; int with_peak, zeros; } cases[] = {
        /* peaks of the groups: 10, `second`, and 0 of four groups */
        { 6.5f, 0, 1, AREA - 2 },
        { 6.5f, 20, 1, AREA - 2 },
        { 6.5f, 4, 1, 30 },       /* within 4 of 10: its group of 16 and that of the best are seen */
        { 5.5f, 4, 0, 15 },       /* not: nothing but the best's group */
        { -9, 10.5f, 1, AREA - 2 }, /* its group's peak is 0 */
        { -9, 9.5f, 0, 15 },
    };
    LacLog log = { print_log, NULL };
    LacDevice dev;
    float weight[AREA];

    if (lac_device_open(&dev, device, precision, 2, &log)) {
        printf("skip: %s has no such precision\n", device);
        return;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double second = cases[i].with_peak ? exp(cases[i].second - 10.0) : 0;
        double wanted = second / (1 + second + cases[i].zeros * exp(-10.0)), worst = 0;

        if (!expect(t, weights_of_second(&dev, cases[i].second, cases[i].margin, weight), "%s: attention", device)) {
            continue;
        }
        for (int p = 0; p < AREA; p++) {
            worst = fmax(worst, fabs(weight[p] - wanted));
        }
        expect(t, worst <= tolerance * wanted, "%s: second %g, margin %g: weight off by %g, should be %g", device,
               cases[i].second, cases[i].margin, worst, wanted);
    }
    lac_device_close(&dev);
}

/* Only fp32 asked for by name is exact. */
static void test_exact(Tally *t)
{
    LacLog log = { print_log, NULL };
    LacDevice dev;

    if (expect(t, !lac_device_open(&dev, "cpu", LAC_PRECISION_FP32, 1, &log) && dev.exact, "fp32 is exact")) {
        lac_device_close(&dev);
    }
    if (expect(t, !lac_device_open(&dev, "cpu", LAC_PRECISION_AUTO, 1, &log) && !dev.exact, "auto is not")) {
        lac_device_close(&dev);
    }
}

int main(void)
{
    Tally t = { .name = "attention" };

    test_rule(&t, "ref", LAC_PRECISION_FP32, 1e-5);
    test_rule(&t, "cpu", LAC_PRECISION_FP32, 1e-4);
    test_rule(&t, "cpu", LAC_PRECISION_BF16, 5e-3); /* the weight is a bf16 */
    test_exact(&t);
    return tally_end(&t);
}
