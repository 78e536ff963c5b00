/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing the CPU back end, and its table. */
#include "ops/cpu/cpu.h"

#include <omp.h>

#define MAX_THREADS 256

const CpuKernels *lac_cpu_kernels(bool *can_bf16)
{
    *can_bf16 = false;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        *can_bf16 = __builtin_cpu_supports("avx512bf16");
        return *can_bf16 ? &lac_cpu_kernels_avx512_bf16 : &lac_cpu_kernels_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return &lac_cpu_kernels_avx2;
    }
#endif
    return &lac_cpu_kernels_base;
}

void *lac_cpu_scratch(CpuBackend *cpu, size_t bytes)
{
    if (!cpu->scratch || bytes > cpu->scratch_bytes) {
        lac_free(cpu->scratch);
        cpu->scratch = lac_alloc(bytes, 1);
        cpu->scratch_bytes = cpu->scratch ? bytes : 0;
        if (!cpu->scratch) {
            lac_fail(cpu->head.log, LAC_ENOMEM, "out of memory: %zu bytes of working memory", bytes);
        }
    }
    return cpu->scratch;
}

static void cpu_close(LacBackend *be)
{
    CpuBackend *cpu = (CpuBackend *)be;

    if (!cpu) {
        return;
    }
    if (cpu->stream) {
        dnnl_stream_destroy(cpu->stream);
    }
    if (cpu->engine) {
        dnnl_engine_destroy(cpu->engine);
    }
    lac_free(cpu->scratch);
    lac_free(cpu);
}

static const LacOps cpu_ops = {
    .name = "cpu",
    .close = cpu_close,
    .tensor_alloc = lac_host_tensor_alloc,
    .tensor_free = lac_host_tensor_free,
    .upload = lac_cpu_upload,
    .download = lac_cpu_download,
    .conv_create = lac_cpu_conv_create,
    .conv_free = lac_cpu_conv_free,
    .conv = lac_cpu_conv,
    .norm = lac_cpu_norm,
    .add = lac_cpu_add,
    .mean = lac_cpu_mean,
    .mask = lac_cpu_mask,
    .attention = lac_cpu_attention,
    .combine = lac_cpu_combine,
    .pool4 = lac_cpu_pool4,
    .upsample4_add = lac_cpu_upsample4_add,
    .tanh = lac_cpu_tanh,
    .convert = lac_cpu_convert,
    .shift = lac_cpu_shift,
    .gate = lac_cpu_gate,
    .finish = lac_host_finish,
};

static int choose_precision(enum LacPrecision precision, bool can_bf16, enum LacType *act, const LacLog *log)
{
    switch (precision) {
    case LAC_PRECISION_FP16:
        return lac_fail(log, LAC_EDEVICE, "device cpu does not compute in fp16; use precision=%s",
                        can_bf16 ? "bf16" : "fp32");
    case LAC_PRECISION_BF16:
        if (!can_bf16) {
            return lac_fail(log, LAC_EDEVICE, "this CPU has no bf16 instructions (AVX512_BF16); use precision=fp32");
        }
        *act = LAC_BF16;
        return LAC_OK;
    case LAC_PRECISION_FP32:
        *act = LAC_F32;
        return LAC_OK;
    default:
        *act = can_bf16 ? LAC_BF16 : LAC_F32;
        return LAC_OK;
    }
}

int lac_cpu_open(LacDevice *dev, enum LacPrecision precision, int threads, const LacLog *log)
{
    bool can_bf16;
    const CpuKernels *kernels = lac_cpu_kernels(&can_bf16);
    enum LacType act = LAC_F32;
    CpuBackend *cpu;
    int ret = choose_precision(precision, can_bf16, &act, log);

    if (ret < 0) {
        return ret;
    }
    if (threads < 0 || threads > MAX_THREADS) {
        return lac_fail(log, LAC_EINVAL, "threads %d: expected 1 to %d, or 0 for one per core", threads, MAX_THREADS);
    }
    if (!threads) {
        threads = omp_get_num_procs() < MAX_THREADS ? omp_get_num_procs() : MAX_THREADS;
    }
    cpu = lac_calloc(1, sizeof *cpu);
    if (!cpu) {
        return lac_fail(log, LAC_ENOMEM, "out of memory: device cpu");
    }
    cpu->head.log = log;
    cpu->head.act = act;
    cpu->threads = threads;
    cpu->kernels = kernels;
    cpu->attention = &kernels->attention;
#if defined(__x86_64__)
    if (act == LAC_BF16) {
        cpu->attention = &lac_cpu_attention_bf16;
    }
#endif
    if (dnnl_engine_create(&cpu->engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&cpu->stream, cpu->engine, dnnl_stream_default_flags) != dnnl_success) {
        cpu_close(&cpu->head);
        return lac_fail(log, LAC_EDEVICE, "device cpu: oneDNN does not start");
    }
    lac_log(log, LAC_LOG_DEBUG, "device cpu: %s, %d thread%s, %s kernels, oneDNN %d.%d.%d",
            act == LAC_BF16 ? "bf16" : "fp32", threads, threads > 1 ? "s" : "", kernels->name,
            dnnl_version()->major, dnnl_version()->minor, dnnl_version()->patch);
    *dev = (LacDevice){ .ops = &cpu_ops, .be = &cpu->head, .act = act, .log = log };
    return LAC_OK;
}
