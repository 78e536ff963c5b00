/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device=cuda and auto: what they say where there is no GPU or no library, and where there is a GPU every operation against
 * `ref` in every precision. LAC_CUDA names the library, else it is looked for as always; with LAC_TEST_CUDA=1 in the
 * environment a GPU that cannot be used is a failure, not a skip. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "expect.h"
#include "ops_cases.h"

static int try_open(LacDevice *dev, const char *device, enum LacPrecision precision, Messages *m)
{
    LacLog log = messages_log(m);

    return lac_device_open(dev, device, precision, 1, &log);
}

/* A library that is none, of another build, or missing is an error with a remedy; auto says why and takes the CPU, or, when
 * there is no such file at all in the usual places, says nothing above debug. */
static void test_library(Tally *t, const char *wrong)
{
    static const struct {
        const char *path, *says;
    } bad[] = {
        { "/nonexistent/liblac_cuda.so", "cannot open shared object file" },
        { "libz.so.1", "is not liblac's CUDA back end" },
        { NULL, "is of another build of liblac (0.0.0, expected " },
    };
    const char *env = getenv("LAC_CUDA");
    char *kept = env ? strdup(env) : NULL;
    LacDevice dev;
    Messages m;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("LAC_CUDA", bad[i].path ? bad[i].path : wrong, 1);
        expect(t, try_open(&dev, "cuda:2", LAC_PRECISION_AUTO, &m) == LAC_EDEVICE && m.lines == 1 &&
               strstr(m.text, "device cuda:2: ") && strstr(m.text, bad[i].says), "%s: %s", bad[i].says, m.text);
        expect(t, (i == 2 ? strstr(m.text, "install both from one build") : strstr(m.text, "use device=cpu")) != NULL,
               "remedy: %s", m.text);
#if LAC_HAVE_CPU
        if (expect(t, try_open(&dev, "auto", LAC_PRECISION_FP32, &m) == LAC_OK && !strcmp(dev.ops->name, "cpu") &&
                   strstr(m.text, "device auto: cpu, for CUDA cannot be used: ") && strstr(m.text, bad[i].says),
                   "auto, %s: %s", bad[i].says, m.text)) {
            lac_device_close(&dev);
        }
#endif
    }
    if (kept) {
        setenv("LAC_CUDA", kept, 1);
        free(kept);
    } else {
        unsetenv("LAC_CUDA");
    }
}

/* Without a GPU: device=cuda says what is missing, auto falls back. The number of checks, 0: there is a GPU. */
static bool without_gpu(Tally *t, const char *reason)
{
    LacDevice dev;
    Messages m;

    expect(t, strstr(reason, "device cuda:0: ") && strstr(reason, "use device=cpu"), "reason and remedy: %s", reason);
    expect(t, try_open(&dev, "cuda:5", LAC_PRECISION_FP16, &m) == LAC_EDEVICE && strstr(m.text, "device cuda:5: "),
           "cuda:5: %s", m.text);
#if LAC_HAVE_CPU
    if (expect(t, try_open(&dev, "auto", LAC_PRECISION_AUTO, &m) == LAC_OK && !strcmp(dev.ops->name, "cpu") &&
               strstr(m.text, "device auto: cpu"), "auto falls back: %s", m.text)) {
        lac_device_close(&dev);
    }
    expect(t, try_open(&dev, NULL, LAC_PRECISION_AUTO, &m) == LAC_OK, "no name is auto: %s", m.text);
    lac_device_close(&dev);
#endif
    return true;
}

static void print_log(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    if (level <= LAC_LOG_WARNING) {
        printf("  log: %s\n", message);
    }
}

/* The list of operations, twice on two streams: the same bytes. */
static void test_operations(Tally *t, const char *part)
{
    static const struct {
        const char *label;
        enum LacPrecision precision;
    } all[] = { { "cuda fp32", LAC_PRECISION_FP32 }, { "cuda fp16", LAC_PRECISION_FP16 },
                { "cuda bf16", LAC_PRECISION_BF16 } };
    LacLog log = { print_log, NULL };
    OpsFilter filter = { .part = part };
    LacDevice ref, devs[2];

    if (!expect(t, lac_device_open(&ref, "ref", LAC_PRECISION_AUTO, 1, &log) == LAC_OK, "ref opens")) {
        return;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (lac_device_open(&devs[0], "cuda", all[i].precision, 1, &log) < 0) {
            printf("skip: %s on this GPU\n", all[i].label);
            continue;
        }
        if (expect(t, lac_device_open(&devs[1], "cuda", all[i].precision, 1, &log) == LAC_OK, "a second device")) {
            t->failed += ops_cases(&ref, devs, 2, &filter, all[i].label, &t->passed);
            lac_device_close(&devs[1]);
        }
        lac_device_close(&devs[0]);
    }
    lac_device_close(&ref);
}

/* More than a GPU has is an error that says what to lower; a device that is not there, how many there are. */
static void test_limits(Tally *t)
{
    LacTensor huge = { .type = LAC_F32, .n = 1 << 14, .h = 1 << 14, .w = 1 << 10, .c = 1 };
    LacDevice dev;
    Messages m;

    expect(t, try_open(&dev, "cuda:63", LAC_PRECISION_AUTO, &m) == LAC_EDEVICE && strstr(m.text, "GPU"), "cuda:63: %s",
           m.text);
    if (expect(t, try_open(&dev, "cuda:0", LAC_PRECISION_AUTO, &m) == LAC_OK, "cuda:0: %s", m.text)) {
        expect(t, dev.ops->tensor_alloc(dev.be, &huge) == LAC_ENOMEM && !huge.data &&
               strstr(m.text, "1048577 MiB needed") && strstr(m.text, "lower size, k or window"), "too large: %s", m.text);
        lac_device_close(&dev);
    }
}

/* Usage: test_cuda [part of a case's name] */
int main(int argc, char **argv)
{
    Tally t = { .name = "test_cuda" };
    const char *wrong = getenv("LAC_CUDA_WRONG");
    LacDevice dev;
    Messages m;

    if (wrong) {
        test_library(&t, wrong);
    }
    if (try_open(&dev, "cuda", LAC_PRECISION_AUTO, &m) == LAC_OK) {
        lac_device_close(&dev);
        test_limits(&t);
        test_operations(&t, argc > 1 ? argv[1] : NULL);
    } else {
        printf("skip: operations on a GPU: %s", m.text);
        expect(&t, !getenv("LAC_TEST_CUDA"), "LAC_TEST_CUDA is set, and device=cuda does not open: %s", m.text);
        without_gpu(&t, m.text);
    }
    return tally_end(&t);
}
