/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CUDA back end on the CPU: its kernels, memory and weights against `ref`, by the list in ops_cases.c, with the threads
 * in one order and in the other. What it cannot show: races that order alone does not bring out, cuDNN, speed. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdio.h>
#include <stdlib.h>

#include "ops/cuda/library.h"
#include "ops_cases.h"

extern const LacCudaLibrary lac_cuda_library;

static void print_log(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    if (level <= LAC_LOG_WARNING) {
        printf("  log: %s\n", message);
    }
}

/* Usage: test_cuda_emulated [part of a case's name] */
int main(int argc, char **argv)
{
    static const struct {
        const char *label, *sm;
        enum LacPrecision precision;
        enum LacType act;
    } all[] = {
        { "fp32 sm_90", "90", LAC_PRECISION_FP32, LAC_F32 },  { "bf16 sm_90", "90", LAC_PRECISION_BF16, LAC_BF16 },
        { "fp16 sm_90", "90", LAC_PRECISION_FP16, LAC_F16 },  { "auto sm_75", "75", LAC_PRECISION_AUTO, LAC_F16 },
    };
    OpsFilter filter = { .part = argc > 1 ? argv[1] : NULL, .small = true };
    LacLog log = { print_log, NULL };
    int passed = 0, failed = 0;
    LacDevice ref, devs[2];

    if (lac_device_open(&ref, "ref", LAC_PRECISION_AUTO, 1, &log) < 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        setenv("LAC_EMULATE_SM", all[i].sm, 1);
        if (lac_cuda_library.open(&devs[0], 0, all[i].precision, &log) < 0 ||
            lac_cuda_library.open(&devs[1], 0, all[i].precision, &log) < 0 || devs[0].act != all[i].act) {
            printf("FAIL opening %s\n", all[i].label);
            failed++;
            continue;
        }
        failed += ops_cases(&ref, devs, 2, &filter, all[i].label, &passed);
        lac_device_close(&devs[0]);
        lac_device_close(&devs[1]);
    }
    setenv("LAC_EMULATE_SM", "75", 1);
    if (lac_cuda_library.open(&devs[0], 0, LAC_PRECISION_BF16, &log) != LAC_EDEVICE) {
        printf("FAIL bf16 before sm_80 is refused\n");
        failed++;
    } else {
        passed++;
    }
    lac_device_close(&ref);
    printf("test_cuda_emulated: %d passed, %d failed\n", passed, failed);
    return failed != 0;
}
