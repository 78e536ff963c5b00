/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times the operations at the network's own shapes (preset small: B 16, C 64) and weighs them by how often a
 * frame needs them. The ceiling beside the GFLOP/s is a convolution of 128 to 128 channels, the best this
 * library and precision do here. Times are the least of many runs: other processes only ever add.
 *
 * Usage: bench_ops [device [precision [threads [width height]]]], by default cpu auto 0 256 256. */
#define _POSIX_C_SOURCE 199309L
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "ops/ops.h"

#define RUNS 30
#define REFS 2
#define QUEUED 20 /* at a time, on devices that queue their work: the host waits for the last alone */

enum Kind { CONV, NORM, ADD, ATTENTION, COMBINE, UPSAMPLE4_ADD, CONVERT };

/* Sizes are in units of the full picture divided by `div`. */
typedef struct Item {
    const char *name;
    enum Kind kind;
    int div, c, cout, kernel, stride, dilation;
    bool upsample, out_f32, relu, adain, residual;
    int per_frame;
} Item;

static const Item items[] = {
    { "conv 5x5 1 to 16", CONV, .div = 1, .c = 1, .cout = 16, .kernel = 5, .per_frame = 1 },
    { "conv 5x5 2 to 16", CONV, .div = 1, .c = 2, .cout = 16, .kernel = 5, .per_frame = 1 },
    { "conv 3x3 /2 16 to 32", CONV, .div = 1, .c = 16, .cout = 32, .kernel = 3, .stride = 2, .per_frame = 2 },
    { "conv 3x3 /2 32 to 64", CONV, .div = 2, .c = 32, .cout = 64, .kernel = 3, .stride = 2, .per_frame = 2 },
    { "conv 3x3 64 to 64", CONV, .div = 4, .c = 64, .cout = 64, .kernel = 3, .per_frame = 20 },
    { "conv 3x3 dilation 2", CONV, .div = 4, .c = 64, .cout = 64, .kernel = 3, .dilation = 2, .per_frame = 4 },
    { "conv 3x3 dilation 8", CONV, .div = 4, .c = 64, .cout = 64, .kernel = 3, .dilation = 8, .per_frame = 4 },
    { "conv 1x1 64 to 32", CONV, .div = 4, .c = 64, .cout = 32, .kernel = 1, .per_frame = 1 },
    { "conv 1x1 32 to 64", CONV, .div = 4, .c = 32, .cout = 64, .kernel = 1, .per_frame = 1 },
    { "conv 1x1 3 to 64", CONV, .div = 4, .c = 3, .cout = 64, .kernel = 1, .per_frame = 1 },
    { "conv 3x3 64 to 2, f32", CONV, .div = 4, .c = 64, .cout = 2, .kernel = 3, .out_f32 = true, .per_frame = 1 },
    { "conv up 3x3 64 to 32", CONV, .div = 4, .c = 64, .cout = 32, .kernel = 3, .upsample = true, .per_frame = 1 },
    { "conv up 3x3 32 to 16", CONV, .div = 2, .c = 32, .cout = 16, .kernel = 3, .upsample = true, .per_frame = 1 },
    { "conv 3x3 16 to 16", CONV, .div = 1, .c = 16, .cout = 16, .kernel = 3, .per_frame = 1 },
    { "conv 3x3 16 to 3, f32", CONV, .div = 1, .c = 16, .cout = 3, .kernel = 3, .out_f32 = true, .per_frame = 1 },
    { "norm relu 16 full", NORM, .div = 1, .c = 16, .relu = true, .per_frame = 2 },
    { "norm relu residual 16 full", NORM, .div = 1, .c = 16, .relu = true, .residual = true, .per_frame = 2 },
    { "norm relu 32 half", NORM, .div = 2, .c = 32, .relu = true, .residual = true, .per_frame = 3 },
    { "norm AdaIN residual 64", NORM, .div = 4, .c = 64, .adain = true, .residual = true, .per_frame = 30 },
    { "add 64", ADD, .div = 4, .c = 64, .per_frame = 2 },
    { "attention d 32, dv 32, K 2", ATTENTION, .div = 4, .c = 32, .cout = 32, .per_frame = 1 },
    { "combine 64, K 2", COMBINE, .div = 4, .c = 64, .per_frame = 1 },
    { "upsample4_add 3", UPSAMPLE4_ADD, .div = 4, .c = 3, .per_frame = 1 },
    { "convert 3", CONVERT, .div = 4, .c = 3, .per_frame = 1 },
};

static void check(int ret)
{
    if (ret < 0) {
        exit(1); /* the log has said why */
    }
}

static LacTensor make(const LacDevice *dev, enum LacType type, int h, int w, int c, float scale)
{
    LacTensor t = { .type = type, .n = 1, .h = h, .w = w, .c = c };
    size_t count = lac_tensor_count(&t), i;
    float *x = malloc(count * sizeof *x);
    uint32_t seed = 1;

    if (!x) {
        exit(1);
    }
    for (i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = ((float)(seed >> 8) / (float)(1 << 24) - 0.5f) * 3.4f * scale;
    }
    check(dev->ops->tensor_alloc(dev->be, &t));
    check(dev->ops->upload(dev->be, x, &t));
    free(x);
    return t;
}

/* All an item may need; unused tensors have no data. */
typedef struct Bench {
    LacTensor x, y, z, gamma, beta;
    LacTensor k[REFS], v[REFS], colour[REFS], mask[REFS];
    LacConv *conv;
} Bench;

static void bench_free(const LacDevice *dev, Bench *b)
{
    size_t i;

    dev->ops->tensor_free(dev->be, &b->x);
    dev->ops->tensor_free(dev->be, &b->y);
    dev->ops->tensor_free(dev->be, &b->z);
    dev->ops->tensor_free(dev->be, &b->gamma);
    dev->ops->tensor_free(dev->be, &b->beta);
    for (i = 0; i < REFS; i++) {
        dev->ops->tensor_free(dev->be, &b->k[i]);
        dev->ops->tensor_free(dev->be, &b->v[i]);
        dev->ops->tensor_free(dev->be, &b->colour[i]);
        dev->ops->tensor_free(dev->be, &b->mask[i]);
    }
    dev->ops->conv_free(dev->be, b->conv);
}

static LacConv *make_conv(const LacDevice *dev, const Item *it)
{
    LacTensor shape = { .type = LAC_F32, .n = it->cout, .h = it->kernel, .w = it->kernel, .c = it->c };
    float *weight = calloc(lac_tensor_count(&shape), sizeof *weight);
    LacConvDesc d = { it->c, it->cout, it->kernel, it->stride ? it->stride : 1, it->dilation ? it->dilation : 1,
                      it->upsample, it->relu, it->out_f32, weight, NULL };
    LacConv *conv;

    check(dev->ops->conv_create(dev->be, &d, &conv));
    free(weight);
    return conv;
}

static void prepare(const LacDevice *dev, const Item *it, int h, int w, Bench *b)
{
    int i, stride = it->stride ? it->stride : 1, up = it->upsample ? 2 : 1;

    memset(b, 0, sizeof *b);
    h /= it->div;
    w /= it->div;
    b->x = make(dev, it->kind == UPSAMPLE4_ADD || it->kind == CONVERT ? LAC_F32 : dev->act, h, w, it->c, 1);
    switch (it->kind) {
    case CONV:
        b->conv = make_conv(dev, it);
        b->y = make(dev, it->out_f32 ? LAC_F32 : dev->act, up * (h / stride), up * (w / stride), it->cout, 0);
        break;
    case UPSAMPLE4_ADD:
        b->y = make(dev, LAC_F32, 4 * h, 4 * w, it->c, 0);
        break;
    case ATTENTION:
        b->y = make(dev, dev->act, h, w, it->cout, 0);
        b->z = make(dev, LAC_F32, h, w, 3, 0);
        break;
    default:
        b->y = make(dev, dev->act, h, w, it->c, 0);
        b->z = make(dev, dev->act, h, w, it->c, 1);
        b->gamma = make(dev, LAC_F32, 1, 1, it->c, 1);
        b->beta = make(dev, LAC_F32, 1, 1, it->c, 1);
    }
    for (i = 0; i < REFS && (it->kind == ATTENTION || it->kind == COMBINE); i++) {
        b->k[i] = make(dev, dev->act, h, w, it->c, 1);
        b->v[i] = make(dev, dev->act, h, w, it->kind == ATTENTION ? it->cout : it->c, 1);
        b->colour[i] = make(dev, LAC_F32, h, w, 3, 1);
        b->mask[i] = make(dev, LAC_F32, h, w, 2, 1);
    }
}

static void run(const LacDevice *dev, const Item *it, Bench *b)
{
    const LacOps *ops = dev->ops;
    const LacTensor *mask[REFS], *fy[REFS];
    LacAttentionRef refs[REFS];
    int i;

    for (i = 0; i < REFS; i++) {
        mask[i] = &b->mask[i];
        fy[i] = &b->v[i];
        refs[i] = (LacAttentionRef){ b->k[i], b->v[i], b->colour[i], b->mask[i], 3, 0 };
    }
    switch (it->kind) {
    case CONV:
        check(ops->conv(dev->be, b->conv, &b->x, &b->y));
        break;
    case NORM:
        check(ops->norm(dev->be, &(LacNormDesc){ &b->x, it->adain ? &b->gamma : NULL, it->adain ? &b->beta : NULL,
                                                 it->residual ? &b->z : NULL, it->relu, 1e-5f }, &b->y));
        break;
    case ADD:
        check(ops->add(dev->be, &b->x, &b->z, &b->y));
        break;
    case ATTENTION:
        check(ops->attention(dev->be, &(LacAttentionDesc){ &b->x, refs, REFS, 0, &b->y, &b->z }));
        break;
    case COMBINE:
        check(ops->combine(dev->be, &b->x, mask, fy, REFS, &b->y));
        break;
    case UPSAMPLE4_ADD:
        check(ops->upsample4_add(dev->be, &b->x, &b->y));
        break;
    case CONVERT:
        check(ops->convert(dev->be, &b->x, &b->y));
        break;
    }
    check(ops->finish(dev->be));
}

/* Least time of an item in ms; *gflop: its arithmetic, 0 where memory decides. */
static double measure(const LacDevice *dev, const Item *it, int h, int w, int runs, double *gflop)
{
    double best = 1e30;
    Bench b;
    int i;

    prepare(dev, it, h, w, &b);
    *gflop = 0;
    if (it->kind == CONV) {
        *gflop = 2e-9 * (double)lac_tensor_count(&b.y) * it->c * it->kernel * it->kernel;
    } else if (it->kind == ATTENTION) {
        double area = (double)b.x.h * b.x.w;

        *gflop = 2e-9 * area * area * REFS * (it->c + it->cout + 3);
    }
    for (i = 0; i <= runs; i++) {
        double start = now_ms(), took;
        int times = dev->queued ? QUEUED : 1;

        for (int j = 0; j < times; j++) {
            run(dev, it, &b);
        }
        check(dev->ops->finish(dev->be));
        took = (now_ms() - start) / times;
        best = i && took < best ? took : best; /* the first run makes the plan */
    }
    bench_free(dev, &b);
    return best;
}

static void print_log(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    fprintf(level <= LAC_LOG_WARNING ? stderr : stdout, "%s\n", message);
}

int main(int argc, char **argv)
{
    static const Item ceiling = { "ceiling: conv 3x3 128 to 128", CONV, .div = 4, .c = 128, .cout = 128, .kernel = 3 };
    LacLog log = { print_log, NULL };
    int w = argc > 4 ? atoi(argv[4]) : 256, h = argc > 5 ? atoi(argv[5]) : 256;
    double top, sum = 0, gflop, ms;
    LacDevice dev;
    size_t i;

    if (w < 8 || h < 8 || w % 4 || h % 4) {
        fprintf(stderr, "width and height must be multiples of 4\n");
        return 1;
    }
    if (lac_device_open(&dev, argc > 1 ? argv[1] : "cpu", precision_of(argc > 2 ? argv[2] : "auto"),
                        argc > 3 ? atoi(argv[3]) : 0, &log) < 0) {
        return 1;
    }
    ms = measure(&dev, &ceiling, 256, 256, RUNS, &gflop);
    top = gflop / ms * 1e3;
    printf("%-30s %9.3f ms %7.0f GFLOP/s\n", ceiling.name, ms, top);
    printf("%-30s %9s    %7s         %8s  per frame %dx%d\n", "", "", "", "of it", w, h);
    for (i = 0; i < sizeof items / sizeof *items; i++) {
        ms = measure(&dev, &items[i], h, w, RUNS, &gflop);
        sum += ms * items[i].per_frame;
        if (gflop > 0) {
            printf("%-30s %9.3f ms %7.0f GFLOP/s %6.0f %%  %2d x %8.2f ms\n", items[i].name, ms, gflop / ms * 1e3,
                   gflop / ms * 1e5 / top, items[i].per_frame, ms * items[i].per_frame);
        } else {
            printf("%-30s %9.3f ms %25s  %2d x %8.2f ms\n", items[i].name, ms, "", items[i].per_frame,
                   ms * items[i].per_frame);
        }
    }
    printf("%-30s %9.2f ms\n", "all of a frame", sum);
    lac_device_close(&dev);
    return 0;
}
