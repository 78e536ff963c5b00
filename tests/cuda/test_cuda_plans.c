/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cuDNN has an engine that keeps our rules for every kind of convolution the network makes, on described GPUs: nothing here
 * runs on one. Fails where plan.c no longer asks for what cuDNN offers. */
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "ops/cuda/plan.h"

#if CUDNN_VERSION >= 91900
typedef struct Gpu {
    const char *name;
    int sm, processors, shared;
} Gpu;

static cudnnBackendDescriptor_t describe(const Gpu *g)
{
    cudnnBackendDescriptor_t d = NULL;
    char json[1024];
    int n = snprintf(json, sizeof json,
        "{\"deviceName\":\"%s\",\"cudaDeviceId\":0,\"deviceVer\":%d,\"driverVer\":13000,"
        "\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],\"regsPerBlock\":65536,"
        "\"multiProcessorCount\":%d,\"smClockRateKHz\":1500000,\"memClockRateKHz\":2600000,\"l2CacheSize\":41943040,"
        "\"warpSize\":32,\"maxSharedMemoryPerBlock\":49152,\"maxSharedMemoryPerBlockOptin\":%d,"
        "\"reservedSharedMemoryPerBlock\":1024,\"maxRegistersPerSM\":65536,\"pciDeviceId\":0,\"maxCtasPerSM\":16,"
        "\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":1024,\"isTccDriver\":0,\"supportCoopLaunch\":1,"
        "\"totalGlobalMem\":16000000000}", g->name, g->sm, g->processors, g->shared);

    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &d) != CUDNN_STATUS_SUCCESS ||
        cudnnBackendSetAttribute(d, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, n + 1,
                                 json) != CUDNN_STATUS_SUCCESS ||
        cudnnBackendFinalize(d) != CUDNN_STATUS_SUCCESS) {
        return NULL;
    }
    return d;
}

static void test_plans(Tally *t, const Gpu *g, enum LacType type)
{
    static const CudaPlanDesc list[] = {
        /* the middle and the matching encoder at 1080p / 4, B = 64; dilation; embedder with bias and ReLU */
        { .n = 1, .h = 272, .w = 480, .cin = 256, .ho = 272, .wo = 480, .cout = 256, .kh = 3, .kw = 3, .stride = 1,
          .dilation = 1, .top = 1, .left = 1 },
        { .n = 1, .h = 96, .w = 168, .cin = 64, .ho = 96, .wo = 168, .cout = 64, .kh = 3, .kw = 3, .stride = 1,
          .dilation = 4, .top = 4, .left = 4 },
        { .n = 1, .h = 192, .w = 344, .cin = 32, .ho = 96, .wo = 172, .cout = 64, .kh = 3, .kw = 3, .stride = 2,
          .dilation = 1, .top = 1, .left = 1, .bias = true, .relu = true },
        /* q: 1x1 with bias; a phase of the decoder: 2x2, zeros on one side */
        { .n = 1, .h = 96, .w = 168, .cin = 64, .ho = 96, .wo = 168, .cout = 32, .kh = 1, .kw = 1, .stride = 1,
          .dilation = 1, .bias = true },
        { .n = 1, .h = 544, .w = 960, .cin = 128, .ho = 544, .wo = 960, .cout = 64, .kh = 2, .kw = 2, .stride = 1,
          .dilation = 1, .top = 1, .left = 1 },
        { .n = 1, .h = 544, .w = 960, .cin = 128, .ho = 544, .wo = 960, .cout = 64, .kh = 2, .kw = 2, .stride = 1,
          .dilation = 1, .top = 0, .left = 0 },
        /* odd sizes */
        { .n = 1, .h = 65, .w = 67, .cin = 96, .ho = 33, .wo = 34, .cout = 40, .kh = 3, .kw = 3, .stride = 2,
          .dilation = 1, .top = 1, .left = 1 },
        { .n = 3, .h = 1, .w = 1, .cin = 8, .ho = 1, .wo = 1, .cout = 8, .kh = 3, .kw = 3, .stride = 1, .dilation = 1,
          .top = 1, .left = 1, .bias = true, .relu = true },
    };
    cudnnBackendDescriptor_t device = describe(g);

    if (!expect(t, device != NULL, "%s can be described", g->name)) {
        return;
    }
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        CudaPlanDesc d = list[i];
        CudaPlan plan;
        cudnnStatus_t status;
        bool none = type == LAC_BF16 && g->sm < 800;

        d.type = type;
        status = lac_plan_create(&plan, &d, NULL, device, (size_t)256 << 20);
        expect(t, none ? status == CUDNN_STATUS_NOT_SUPPORTED && !plan.plan : status == CUDNN_STATUS_SUCCESS && plan.plan,
               "%s, type %d, %d to %d channels, kernel %d, %dx%d: %s", g->name, (int)type, d.cin, d.cout, d.kh, d.w, d.h,
               cudnnGetErrorString(status));
        lac_plan_free(&plan);
    }
    cudnnBackendDestroyDescriptor(device);
}

#endif

int main(void)
{
#if CUDNN_VERSION >= 91900
    static const Gpu gpus[] = {
        { "T4", 750, 40, 65536 }, { "A100", 800, 108, 166912 }, { "RTX 4090", 890, 128, 101376 },
        { "H100", 900, 132, 232448 },
    };
#endif
    Tally t = { .name = "test_cuda_plans" };

    expect(&t, cudnnGetVersion() >= 90000, "cuDNN 9");
#if CUDNN_VERSION >= 91900
    for (size_t g = 0; g < sizeof gpus / sizeof *gpus; g++) {
        test_plans(&t, &gpus[g], LAC_F32);
        test_plans(&t, &gpus[g], LAC_F16);
        test_plans(&t, &gpus[g], LAC_BF16);
    }
#else
    printf("skip: cuDNN %zu knows no described GPUs\n", cudnnGetVersion());
#endif
    return tally_end(&t);
}
