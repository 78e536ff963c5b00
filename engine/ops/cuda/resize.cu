/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling in two kernels: each native column of the new rows, then the new columns. */
#include "ops/cuda/resize.cuh"
#include "ops/cuda/resize_cuda.h"

namespace {

constexpr int THREADS = 256;

template <typename T> __global__ void rows_kernel(CudaAxis y, const T *src, int n, float *rows)
{
    const int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, i = (int)blockIdx.y;

    if (x < n) {
        rows[(size_t)i * n + x] = lac_sum_rows(y, src, (size_t)n, x, i);
    }
}

__global__ void columns_kernel(CudaAxis x, const float *rows, int channels, float *dst)
{
    const int i = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = (int)blockIdx.y, n = x.out * channels;

    if (i < n) {
        dst[(size_t)y * n + i] = lac_sum_columns(x, rows + (size_t)y * x.in * channels, i / channels, channels, i % channels);
    }
}

/* Outputs' first input and the one after the last. */
__device__ __forceinline__ void range(const CudaAxis &a, int i, bool all, int *from, int *to)
{
    *from = all ? a.start[i] : a.low[i];
    *to = all ? a.start[i] + a.count[i] : a.high[i];
}

__global__ void least_rows(CudaAxis y, const uint8_t *src, int n, bool all, uint8_t *rows)
{
    const int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, i = (int)blockIdx.y;
    int from, to;
    uint8_t least = 255;

    if (x < n) {
        range(y, i, all, &from, &to);
        for (int j = from; j < to; j++) {
            const uint8_t v = src[(size_t)j * n + x];

            least = v < least ? v : least;
        }
        rows[(size_t)i * n + x] = least;
    }
}

__global__ void least_columns(CudaAxis x, const uint8_t *rows, bool all, uint8_t *dst)
{
    const int i = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = (int)blockIdx.y;
    int from, to;
    uint8_t least = 255;

    if (i < x.out) {
        range(x, i, all, &from, &to);
        for (int j = from; j < to; j++) {
            const uint8_t v = rows[(size_t)y * x.in + j];

            least = v < least ? v : least;
        }
        dst[(size_t)y * x.out + i] = least;
    }
}

dim3 grid(int w, int h)
{
    return dim3((unsigned)lac_cover((size_t)w, THREADS), (unsigned)h);
}

template <typename T> int resize(LacBackend *be, const CudaResize *r, const T *src, int channels, float *dst)
{
    const int n = r->x.in * channels;
    cudaStream_t stream = lac_cuda(be)->stream;
    float *rows;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    rows = (float *)lac_cuda_scratch(be, (size_t)r->y.out * n * sizeof *rows);
    if (!rows) {
        return LAC_ENOMEM;
    }
    LAC_LAUNCH(rows_kernel<T>, grid(n, r->y.out), THREADS, 0, stream, r->y, src, n, rows);
    if (!(ret = lac_cuda_launched(be, "resampling, rows"))) {
        LAC_LAUNCH(columns_kernel, grid(r->x.out * channels, r->y.out), THREADS, 0, stream, r->x, rows, channels, dst);
        ret = lac_cuda_launched(be, "resampling, columns");
    }
    return ret;
}

/* Four tables of whole numbers, then the weights. */
size_t table_bytes(const CudaAxis *axis)
{
    return ((size_t)axis->out * sizeof(int) + 255) & ~(size_t)255;
}

} // namespace

extern "C" size_t lac_cuda_axis_bytes(const CudaAxis *axis)
{
    return 4 * table_bytes(axis) + (size_t)axis->out * axis->taps * sizeof(float);
}

extern "C" int lac_cuda_axis_copy(LacBackend *be, CudaAxis *to, const CudaAxis *from, void *memory)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    const void *tables[] = { from->start, from->count, from->low, from->high, from->weight };
    const size_t ints = (size_t)from->out * sizeof(int);
    char *at[5];
    int ret = LAC_OK;

    for (int i = 0; !ret && i < 5; i++) {
        at[i] = static_cast<char *>(memory) + i * table_bytes(from);
        ret = lac_cuda_check(be, cudaMemcpyAsync(at[i], tables[i], i < 4 ? ints : ints * from->taps, cudaMemcpyHostToDevice,
                                                 stream), "axis of a resampling");
    }
    if (!ret) {
        *to = { from->in, from->out, from->taps, (int *)at[0], (int *)at[1], (int *)at[2], (int *)at[3], (float *)at[4] };
    }
    return ret;
}

extern "C" int lac_cuda_resize_open(LacBackend *be, CudaResize *r, const CudaAxis *x, const CudaAxis *y)
{
    const CudaAxis *axes[] = { x, y };
    CudaAxis *to[] = { &r->x, &r->y };
    size_t used = 0, at = 0;
    int ret;

    *r = {};
    for (int i = 0; i < 2; i++) {
        lac_cuda_piece(NULL, &used, lac_cuda_axis_bytes(axes[i]), 1);
    }
    r->memory.type = LAC_F32;
    r->memory.n = r->memory.c = 1;
    r->memory.h = (int)lac_cover(used, 4096);
    r->memory.w = 1024;
    ret = lac_cuda_tensor_alloc(be, &r->memory);
    for (int i = 0; !ret && i < 2; i++) {
        ret = lac_cuda_axis_copy(be, to[i], axes[i],
                                 lac_cuda_piece((char *)r->memory.data, &at, lac_cuda_axis_bytes(axes[i]), 1));
    }
    if (ret) {
        lac_cuda_resize_close(be, r);
    }
    return ret;
}

extern "C" void lac_cuda_resize_close(LacBackend *be, CudaResize *r)
{
    if (r->memory.data) {
        lac_cuda_tensor_free(be, &r->memory);
    }
    *r = {};
}

extern "C" int lac_cuda_resize_u8(LacBackend *be, const CudaResize *r, const uint8_t *src, int channels, float *dst)
{
    return resize(be, r, src, channels, dst);
}

extern "C" int lac_cuda_resize_f32(LacBackend *be, const CudaResize *r, const float *src, int channels, float *dst)
{
    return resize(be, r, src, channels, dst);
}

extern "C" int lac_cuda_resize_min(LacBackend *be, const CudaResize *r, const uint8_t *src, bool all, uint8_t *dst)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    uint8_t *rows;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    rows = (uint8_t *)lac_cuda_scratch(be, (size_t)r->y.out * r->x.in);
    if (!rows) {
        return LAC_ENOMEM;
    }
    LAC_LAUNCH(least_rows, grid(r->x.in, r->y.out), THREADS, 0, stream, r->y, src, r->x.in, all, rows);
    if (!(ret = lac_cuda_launched(be, "least of a resampling, rows"))) {
        LAC_LAUNCH(least_columns, grid(r->x.out, r->y.out), THREADS, 0, stream, r->x, rows, all, dst);
        ret = lac_cuda_launched(be, "least of a resampling, columns");
    }
    return ret;
}
