/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every operation of the CPU back end against `ref`: with every kernel set this CPU can run, and with the same bytes for
 * one, two and three threads. The list is in ops_cases.c. */
#include <stdio.h>

#include <omp.h>

#include "ops/cpu/cpu.h"
#include "ops_cases.h"

static void print_log(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    if (level <= LAC_LOG_WARNING) {
        printf("  log: %s\n", message);
    }
}

/* All cases on one precision of the CPU with three thread counts; with `kernels` instead of the ones this CPU
 * would choose (then without the convolutions, which do not use them). */
static int cpu_cases(const LacDevice *ref, enum LacPrecision precision, const CpuKernels *kernels, const char *filter,
                     int *passed)
{
    LacLog log = { print_log, NULL };
    LacDevice devs[3];
    char label[64];
    int failed, t;

    for (t = 0; t < 3; t++) {
        if (lac_device_open(&devs[t], "cpu", precision, t + 1, &log) < 0) {
            printf("skip: no bf16 on this CPU\n");
            return 0; /* refused at the first */
        }
        if (kernels) {
            lac_cpu(devs[t].be)->kernels = kernels;
            if (precision == LAC_PRECISION_FP32) {
                lac_cpu(devs[t].be)->attention = &kernels->attention;
            }
        }
    }
    snprintf(label, sizeof label, "cpu %s %s", precision == LAC_PRECISION_BF16 ? "bf16" : "fp32",
             lac_cpu(devs[0].be)->kernels->name);
    failed = ops_cases(ref, devs, 3, &(OpsFilter){ .part = filter, .no_conv = kernels != NULL }, label, passed);
    for (t = 0; t < 3; t++) {
        lac_device_close(&devs[t]);
    }
    return failed;
}

/* Every kernel set this CPU can run besides the one it chooses. */
static int other_kernels(const LacDevice *ref, const char *filter, int *passed)
{
    int failed = cpu_cases(ref, LAC_PRECISION_FP32, &lac_cpu_kernels_base, filter, passed);

#if defined(__x86_64__)
    bool can_bf16;
    const CpuKernels *best = lac_cpu_kernels(&can_bf16);

    if (best != &lac_cpu_kernels_base) {
        failed += cpu_cases(ref, LAC_PRECISION_FP32, &lac_cpu_kernels_avx2, filter, passed);
    }
    if (best != &lac_cpu_kernels_base && best != &lac_cpu_kernels_avx2) {
        failed += cpu_cases(ref, LAC_PRECISION_FP32, &lac_cpu_kernels_avx512, filter, passed);
    }
    if (can_bf16) {
        failed += cpu_cases(ref, LAC_PRECISION_BF16, &lac_cpu_kernels_base, filter, passed);
        failed += cpu_cases(ref, LAC_PRECISION_BF16, &lac_cpu_kernels_avx512, filter, passed);
    }
#endif
    return failed;
}

/* Usage: test_ops [part of a case's name] */
int main(int argc, char **argv)
{
    LacLog log = { print_log, NULL };
    const char *filter = argc > 1 ? argv[1] : NULL;
    LacDevice ref;
    int passed = 0, failed = 0;

    if (lac_device_open(&ref, "ref", LAC_PRECISION_AUTO, 1, &log) < 0) {
        return 1;
    }
    omp_set_num_threads(5);
    failed += cpu_cases(&ref, LAC_PRECISION_FP32, NULL, filter, &passed);
    failed += cpu_cases(&ref, LAC_PRECISION_BF16, NULL, filter, &passed);
    failed += other_kernels(&ref, filter, &passed);
    lac_device_close(&ref);
    if (!filter) {
        bool kept = omp_get_max_threads() == 5;

        printf("%s the host's number of OpenMP threads is left alone\n", kept ? "ok  " : "FAIL");
        failed += !kept;
        passed += kept;
    }
    printf("test_ops: %d passed, %d failed\n", passed, failed);
    return failed != 0;
}
