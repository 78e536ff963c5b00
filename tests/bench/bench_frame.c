/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times one frame of the colour transform network, references encoded before, with random inputs.
 *
 * usage: bench_frame [--weights FILE] [--size HxW] [--k K] [--device NAME] [--threads N] [--precision auto|fp32|bf16|fp16]
 *                    [--frames N] [--brief]
 * Inputs and the picture lie in the host's memory. Prints ms per stage (on a GPU from a run of their own, in which the
 * host waits for every stage), fps, GFLOP/s and peak memory; --brief: "MEDIAN_MS GFLOPS PEAK_MIB" alone, for frame.sh. */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "net/net.h"

typedef struct Options {
    const char *weights, *device;
    int h, w, k, threads, frames;
    enum LacPrecision precision;
    bool brief;
} Options;

/* 2 flops per multiply-add of every convolution and of both attention products over all keys, for one target frame. */
static double frame_gflop(const LacConfig *c, int h, int w, int k)
{
    const double b = c->base, width = 4 * b, full = (double)h * w, half = full / 4, quarter = full / 16;
    double mac = 0;

    mac += full * 25 * b + half * 9 * b * 2 * b + quarter * 9 * 2 * b * width;                           /* EnL */
    mac += full * 25 * b * (c->match_count ? 2 : 1) + half * 9 * b * 2 * b + quarter * 9 * 2 * b * width; /* EnD */
    mac += quarter * 9 * width * width * 2 * (c->match_count + c->mid_blocks);
    mac += quarter * (width * c->head + 9 * width * 2 + width / 2 * width + (c->warp ? 3 * width : 0));
    mac += quarter * quarter * k * (c->head + width / 2 + 3);
    mac += half * 9 * width * 2 * b + full * 9 * (2 * b * b + b * b + b * 3);                            /* decoder */
    return 2e-9 * mac;
}

static float *random_plane(size_t count, unsigned *seed)
{
    float *p = lac_alloc(count, sizeof *p);

    for (size_t i = 0; p && i < count; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        p[i] = (float)(*seed >> 8) / (1 << 23) - 1;
    }
    return p;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int parse(Options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (!strcmp(argv[i], "--brief")) {
            o->brief = true;
            continue;
        } else if (!strcmp(argv[i], "--weights")) {
            o->weights = value;
        } else if (!strcmp(argv[i], "--size")) {
            char *end;
            o->h = (int)strtol(value, &end, 10);
            o->w = *end == 'x' ? (int)strtol(end + 1, NULL, 10) : 0;
        } else if (!strcmp(argv[i], "--k")) {
            o->k = (int)strtol(value, NULL, 10);
        } else if (!strcmp(argv[i], "--device")) {
            o->device = value;
        } else if (!strcmp(argv[i], "--threads")) {
            o->threads = (int)strtol(value, NULL, 10);
        } else if (!strcmp(argv[i], "--frames")) {
            o->frames = (int)strtol(value, NULL, 10);
        } else if (!strcmp(argv[i], "--precision")) {
            o->precision = precision_of(value);
        } else {
            fprintf(stderr, "bench_frame: unknown option %s\n", argv[i]);
            return -1;
        }
        i++;
    }
    if (o->h < 8 || o->w < 8 || o->h % 8 || o->w % 8 || o->k < 1 || o->k > 8 || o->frames < 1) {
        fprintf(stderr, "bench_frame: size must be HxW in multiples of 8, k 1..8, frames at least 1\n");
        return -1;
    }
    return 0;
}

static void print_stages(const Options *o, LacNet *net, const float *x, const float *d, LacRefCode **codes, float *rgb)
{
    const int stages = lac_net_timing(net, 0, &(const char *){ NULL }, &(double){ 0 });
    double *before = lac_calloc((size_t)stages, sizeof *before);

    lac_net_time_stages(net, true);
    for (int i = 0; before && i < stages; i++) {
        lac_net_timing(net, i, NULL, &before[i]);
    }
    for (int i = 0; i < o->frames; i++) {
        lac_net_color(net, o->h, o->w, x, d, codes, NULL, o->k, rgb);
    }
    for (int i = 0; before && i < stages; i++) {
        const char *name = NULL;
        double sum = 0;

        lac_net_timing(net, i, &name, &sum);
        printf("  %-18s %8.3f ms\n", name, (sum - before[i]) / o->frames);
    }
    lac_net_time_stages(net, false);
    lac_free(before);
}

static int run(const Options *o, LacNet *net, const LacConfig *config)
{
    const size_t n = (size_t)o->h * (size_t)o->w;
    unsigned seed = 1;
    float *x = random_plane(n, &seed), *d = random_plane(n, &seed), *y = random_plane(3 * n, &seed);
    float *rgb = lac_alloc(3 * n, sizeof *rgb);
    double *ms = lac_calloc((size_t)o->frames, sizeof *ms);
    LacRefCode *codes[8] = { NULL };
    double encode = 0;
    int ret = x && d && y && rgb && ms ? LAC_OK : LAC_ENOMEM;

    for (int i = 0; ret == LAC_OK && i < o->k; i++) {
        const double start = now_ms();
        ret = lac_net_encode(net, o->h, o->w, x, d, y, true, &codes[i]);
        encode = now_ms() - start;
    }
    for (int i = -2; ret == LAC_OK && i < o->frames; i++) {
        const double start = now_ms();
        ret = lac_net_color(net, o->h, o->w, x, d, codes, NULL, o->k, rgb);
        if (i >= 0) {
            ms[i] = now_ms() - start;
        }
    }
    if (ret == LAC_OK) {
        struct rusage usage;
        const double gflop = frame_gflop(config, o->h, o->w, o->k);

        getrusage(RUSAGE_SELF, &usage);
        qsort(ms, (size_t)o->frames, sizeof *ms, compare);
        const double median = ms[o->frames / 2];
        if (o->brief) {
            printf("%.2f %.1f %.0f\n", median, 1e3 * gflop / median, (double)usage.ru_maxrss / 1024);
        } else {
            printf("%dx%d K=%d %s threads=%d: median %.2f ms, minimum %.2f ms, %.2f fps, %.2f GFLOP, %.1f GFLOP/s, "
                   "peak %.0f MiB; a reference %.1f ms\n", o->h, o->w, o->k, o->device, o->threads, median, ms[0], 1e3 / median,
                   gflop, 1e3 * gflop / median, (double)usage.ru_maxrss / 1024, encode);
            print_stages(o, net, x, d, codes, rgb);
        }
    }
    for (int i = 0; i < o->k; i++) {
        lac_net_code_free(net, &codes[i]);
    }
    lac_free(x);
    lac_free(d);
    lac_free(y);
    lac_free(rgb);
    lac_free(ms);
    return ret;
}

int main(int argc, char **argv)
{
    Options o = { .weights = "weights/small.safetensors", .device = "cpu", .h = 256, .w = 256, .k = 2, .threads = 2, .frames = 15 };
    const LacLog log = { print_message, NULL };
    LacModel *model = NULL;
    LacDevice dev = { 0 };
    LacNet *net = NULL;
    LacConfig config;
    int ret;

    if (parse(&o, argc, argv) < 0) {
        return 2;
    }
    if ((ret = lac_model_load(&model, o.weights, &log)) == LAC_OK) {
        config = model->config;
        if ((ret = lac_device_open(&dev, o.device, o.precision, o.threads, &log)) == LAC_OK) {
            if ((ret = lac_net_open(&net, model, &dev)) == LAC_OK) {
                ret = run(&o, net, &config);
            }
            lac_net_close(&net);
            lac_device_close(&dev);
        }
    }
    lac_model_free(&model);
    if (ret != LAC_OK) {
        fprintf(stderr, "bench_frame: %s\n", lac_strerror(ret));
    }
    return ret != LAC_OK;
}
