/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of pixels for match.cu: five planes, then low frequencies (DCT) of the 7 x 7 pixels around each pixel. The
 * sums are engine/match/match.c's, in its order and rounded as there, so the bytes are equal. */
#include "math/match_math.h"
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/lineart_math.h"
#include "ops/cuda/match_cuda.h"

namespace {

constexpr int REACH = 3, TAPS = 2 * REACH + 1, PLANES = 5, BASES = 4, THREADS = 128;

/* Numbers that the host computes as match.c does. */
struct Tables {
    float basis[BASES][TAPS];
    float line[8], colour[8]; /* halves of Gaussians, the first is the centre's */
    int line_reach, colour_reach;
};

Tables tables()
{
    Tables t = {};

    t.line_reach = lac_match_gaussian(0.7f, t.line);
    t.colour_reach = lac_match_gaussian(1.5f, t.colour);
    for (int k = 0; k < BASES; k++) {
        for (int i = 0; i < TAPS; i++) {
            t.basis[k][i] = (float)((k ? sqrt(2.0) : 1) * cos(acos(-1.0) * k * (2 * i + 1) / (2.0 * TAPS)) / TAPS);
        }
    }
    return t;
}

__device__ __forceinline__ int clamp(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* Blurs along columns into `out`; along rows when that is done. A plane a blockIdx.z: line, then the colours. */
__global__ void blur_columns(Tables t, int w, int h, const float *line, const float *colour, float *out)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = blockIdx.y, plane = blockIdx.z, step = plane ? 3 : 1;
    const float *src = plane ? colour + plane - 1 : line, *taps = plane ? t.colour : t.line;
    const int reach = plane ? t.colour_reach : t.line_reach;

    if (x < w) {
        float sum = lac_product(taps[0], src[((size_t)y * w + x) * step]);

        for (int i = 1; i <= reach; i++) {
            sum = lac_weighted(sum, taps[i], src[((size_t)clamp(y - i, h) * w + x) * step] +
                               src[((size_t)clamp(y + i, h) * w + x) * step]);
        }
        out[((size_t)plane * h + y) * w + x] = sum;
    }
}

/* To planes 0 (darkness) and 2 to 4 (colour); plane 1 is the distance. */
__global__ void blur_rows(Tables t, int w, int h, const float *columns, const float *distance, float *planes)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = blockIdx.y, plane = blockIdx.z;
    const float *column = columns + ((size_t)plane * h + y) * w, *taps = plane ? t.colour : t.line;
    const int reach = plane ? t.colour_reach : t.line_reach;
    const size_t n = (size_t)w * h, i = (size_t)y * w + x;

    if (x < w) {
        float sum = lac_product(taps[0], column[x]);

        for (int k = 1; k <= reach; k++) {
            sum = lac_weighted(sum, taps[k], column[clamp(x - k, w)] + column[clamp(x + k, w)]);
        }
        planes[(plane ? plane + 1 : 0) * n + i] = lac_product(plane ? 1.0f : -1.0f, sum); /* -line_weight / 2 */
        if (plane == 0) {
            planes[n + i] = lac_product(distance[i], 4) / 2; /* distance_weight */
        }
    }
}

__device__ __forceinline__ int8_t to_byte(float v)
{
    v = v < -127 ? -127 : v > 127 ? 127 : v;
    return (int8_t)(v + (v < 0 ? -0.5f : 0.5f));
}

/* The frequencies (vertical, horizontal) of a plane: 12 of darkness, 8 of the distance, 4 of each colour. */
__device__ const uint8_t vertical[] = { 0, 0, 1, 1, 0, 2, 1, 2, 2, 0, 3, 3 };
__device__ const uint8_t horizontal[] = { 0, 1, 0, 1, 2, 0, 2, 1, 2, 3, 0, 1 };

/* A thread a pixel of a plane. */
__global__ void frequencies(Tables t, int w, int h, const float *planes, int8_t *out)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = blockIdx.y, plane = blockIdx.z;
    const int count = plane == 0 ? 12 : plane == 1 ? 8 : 4, first = plane == 0 ? 0 : plane == 1 ? 12 : 12 + 4 * plane;
    const float *src = planes + (size_t)plane * w * h;
    float rows[BASES][TAPS];

    if (x >= w) {
        return;
    }
    for (int v = 0; v < BASES; v++) {
        for (int i = 0; i < TAPS; i++) {
            float sum = 0;

            for (int k = 0; k < TAPS; k++) {
                sum = lac_weighted(sum, t.basis[v][k], src[(size_t)clamp(y + k - REACH, h) * w + clamp(x + i - REACH, w)]);
            }
            rows[v][i] = sum;
        }
    }
    for (int n = 0; n < count; n++) {
        float sum = 0;

        for (int k = 0; k < TAPS; k++) {
            sum = lac_weighted(sum, t.basis[horizontal[n]][k], rows[vertical[n]][k]);
        }
        out[((size_t)y * w + x) * CUDA_MATCH_DIMS + first + n] = to_byte(lac_product(sum, 63.5f));
    }
}

} // namespace

extern "C" int lac_cuda_describe(LacBackend *be, int width, int height, const float *line, const float *distance,
                                 const float *colour, int8_t *out)
{
    const Tables t = tables();
    const size_t n = (size_t)width * height;
    const unsigned wide = (unsigned)lac_cover((size_t)width, THREADS);
    cudaStream_t stream = lac_cuda(be)->stream;
    float *planes, *columns;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    planes = (float *)lac_cuda_scratch(be, n * (PLANES + 4) * sizeof *planes);
    if (!planes) {
        return LAC_ENOMEM;
    }
    columns = planes + n * PLANES;
    LAC_LAUNCH(blur_columns, dim3(wide, (unsigned)height, 4), THREADS, 0, stream, t, width, height, line, colour, columns);
    if (!(ret = lac_cuda_launched(be, "match, columns"))) {
        LAC_LAUNCH(blur_rows, dim3(wide, (unsigned)height, 4), THREADS, 0, stream, t, width, height, columns, distance,
                   planes);
        ret = lac_cuda_launched(be, "match, planes");
    }
    if (!ret) {
        LAC_LAUNCH(frequencies, dim3(wide, (unsigned)height, PLANES), THREADS, 0, stream, t, width, height, planes, out);
        ret = lac_cuda_launched(be, "match, descriptions");
    }
    return ret;
}
