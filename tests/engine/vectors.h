/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests against stage vectors share: the devices they run on, reading a file's values, the error measured,
 * counted allocations. */
#ifndef TESTS_ENGINE_VECTORS_H
#define TESTS_ENGINE_VECTORS_H

#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "net/net.h"

typedef struct Setup {
    const char *device;
    enum LacPrecision precision;
    int threads;
    const char *title;
} Setup;

static const Setup setups[] = {
    { "ref", LAC_PRECISION_FP32, 1, "ref fp32" },
#if LAC_HAVE_CPU
    { "cpu", LAC_PRECISION_FP32, 1, "cpu fp32" },
    { "cpu", LAC_PRECISION_BF16, 1, "cpu bf16" },
#endif
    { "cuda", LAC_PRECISION_FP32, 1, "cuda fp32" },
    { "cuda", LAC_PRECISION_FP16, 1, "cuda fp16" },
    { "cuda", LAC_PRECISION_BF16, 1, "cuda bf16" },
};

/* A tensor of the file in fp32, to be freed with lac_free; NULL if there is none. `view` may be NULL. */
static inline float *values(const LacSafetensors *st, const char *name, const LacView **view)
{
    const LacView *v = lac_safetensors_find(st, name);
    float *x = v ? lac_alloc(v->count, sizeof *x) : NULL;

    if (x) {
        lac_view_read(v, x);
    }
    if (view) {
        *view = v;
    }
    return x;
}

/* The weights that the vectors at `path` belong to, which lie beside them. */
static inline bool weights_beside(const LacSafetensors *st, const char *path, LacModel **model, const LacLog *log)
{
    const char *weights = lac_safetensors_metadata(st, "weights"), *slash = strrchr(path, '/');
    char name[1024];

    snprintf(name, sizeof name, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, weights ? weights : "");
    return weights && !lac_model_load(model, name, log);
}

/* |got - want| / |want| */
static inline double relative_error(const float *got, const float *want, size_t count)
{
    double error = 0, norm = 0;

    for (size_t i = 0; i < count; i++) {
        double d = (double)got[i] - want[i];

        error += d * d;
        norm += (double)want[i] * want[i];
    }
    return sqrt(error / norm);
}

/* A device whose tensor allocations are counted: the table is copied and one entry replaced. */
typedef struct CountedDevice {
    LacDevice dev;
    LacOps ops;
} CountedDevice;

static int allocations;
static int (*uncounted_alloc)(LacBackend *be, LacTensor *t);

static inline int counting_alloc(LacBackend *be, LacTensor *t)
{
    allocations++;
    return uncounted_alloc(be, t);
}

static inline int open_counted(CountedDevice *d, const Setup *s, const LacLog *log)
{
    int err = lac_device_open(&d->dev, s->device, s->precision, s->threads, log);

    if (!err) {
        d->ops = *d->dev.ops;
        uncounted_alloc = d->ops.tensor_alloc;
        d->ops.tensor_alloc = counting_alloc;
        d->dev.ops = &d->ops;
    }
    return err;
}

/* False where the machine cannot do what the setup asks for: bf16, or CUDA unless LAC_TEST_CUDA is set. */
static inline bool possible(const Setup *s, const LacLog *log)
{
    LacDevice dev;
    int err;

    *(bool *)log->opaque = true;
    err = lac_device_open(&dev, s->device, s->precision, s->threads, log);
    *(bool *)log->opaque = false;
    lac_device_close(&dev);
    return err != LAC_EDEVICE || (s->precision != LAC_PRECISION_BF16 && (strcmp(s->device, "cuda") != 0 ||
                                                                          getenv("LAC_TEST_CUDA")));
}

/* One run of a file's case, its `count` results into `out`. With `watch` every stage is compared and what was measured printed. */
typedef bool RunVectors(void *opaque, const Setup *s, bool watch, float *out);

/* Runs a case on every device this machine has, with one thread and with two, which have to agree to the bit. */
static inline void on_setups(Tally *t, const char *path, size_t count, RunVectors *run, void *opaque, const LacLog *log)
{
    float *one = lac_alloc(count, sizeof *one), *two = lac_alloc(count, sizeof *two);

    if (!one || !two) {
        abort();
    }
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        Setup threads2 = setups[i];

        threads2.threads = 2;
        if (!possible(&setups[i], log)) {
            printf("%s: %s: skipped, this machine has no such device\n", path, setups[i].title);
        } else if (run(opaque, &setups[i], true, one) && run(opaque, &threads2, false, two)) {
            expect(t, !memcmp(one, two, count * sizeof *one), "%s: %s: 1 and 2 threads differ", path, setups[i].title);
        }
    }
    lac_free(one);
    lac_free(two);
}

/* Errors are printed unless they are provoked: *opaque says so. */
static inline void print_log(void *opaque, enum LacLogLevel level, const char *message)
{
    const bool *quiet = opaque;

    if (!*quiet && level == LAC_LOG_ERROR) {
        printf("  log: %s\n", message);
    }
}

#endif
