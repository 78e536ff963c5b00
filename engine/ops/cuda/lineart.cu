/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Line art and its distance field on the GPU: rows are summed first, then columns, in engine/picture/resize.c's order. The
 * field is searched outwards from each pixel, for it ends at an eighth of the picture's side, whereas the CPU's
 * linear-time envelope is sequential along a row. */
#include "ops/cuda/lineart_cuda.h"
#include "ops/cuda/resize.cuh"
#include "ops/cuda/resize_cuda.h"

#define DARK 0.2f /* LAC_LINE_DARKNESS of engine/picture/lineart.h */

namespace {

constexpr int THREADS = 256;

__global__ void gray_of(CudaLuma luma, int w, int h, uint8_t *gray)
{
    size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i < (size_t)w * h) {
        const unsigned char *row = static_cast<const unsigned char *>(luma.data) + (ptrdiff_t)(i / w) * luma.stride;

        gray[i] = lac_gray_of(luma.p010 ? reinterpret_cast<const uint16_t *>(row)[i % w] : row[i % w], luma.p010,
                              luma.limited);
    }
}

/* n values of a native row -> as many of each row at network height; with `minima` the least of them too. */
__global__ void sum_rows(CudaAxis y, const uint8_t *src, int n, float *rows, uint8_t *minima)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, i = blockIdx.y;
    const uint8_t *p = src + x;
    int least = 255;

    if (x >= n) {
        return;
    }
    rows[(size_t)i * n + x] = lac_sum_rows(y, src, (size_t)n, x, i);
    for (int j = y.low[i]; minima && j < y.high[i]; j++) {
        int v = p[(size_t)j * n];

        least = v < least ? v : least;
    }
    if (minima) {
        minima[(size_t)i * n + x] = (uint8_t)least;
    }
}

__global__ void darkness(CudaLineart la, bool shrinks)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = blockIdx.y, least = 255;
    const uint8_t *minima = la.minima + (size_t)y * la.width;
    size_t i = (size_t)y * la.net_width + x;
    float dark;

    if (x >= la.net_width) {
        return;
    }
    for (int j = la.x.low[x]; shrinks && j < la.x.high[x]; j++) {
        least = minima[j] < least ? minima[j] : least;
    }
    dark = lac_darkness(lac_sum_columns(la.x, la.rows + (size_t)y * la.width, x, 1, 0), shrinks, least);
    la.line[i] = lac_line_of(dark);
    la.mask[i] = dark >= DARK;
}

__global__ void columns(CudaLineart la, int reach)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = blockIdx.y;

    if (x < la.net_width) {
        la.column[(size_t)y * la.net_width + x] =
            (uint16_t)lac_column_distance(la.mask, la.net_height, la.net_width, y, x, reach);
    }
}

__global__ void distances(CudaLineart la, int reach)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = blockIdx.y;
    size_t row = (size_t)y * la.net_width;

    if (x < la.net_width) {
        la.distance[row + x] = lac_distance_of(lac_row_distance(la.column + row, la.net_width, x, reach),
                                               la.net_width, la.net_height);
    }
}

__global__ void colours(CudaLineart la, float *colour)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = blockIdx.y;

    if (x < 3 * la.net_width) {
        float v = lac_sum_columns(la.x, la.rows + (size_t)y * la.width * 3, x / 3, 3, x % 3);

        colour[(size_t)y * la.net_width * 3 + x] = v / 127.5f - 1.0f;
    }
}

dim3 grid(int w, int h)
{
    return dim3((unsigned)lac_cover((size_t)w, THREADS), (unsigned)h);
}

} // namespace

extern "C" int lac_cuda_lineart_open(LacBackend *be, CudaLineart *la, const CudaAxis *x, const CudaAxis *y)
{
    size_t area = (size_t)x->in * y->in, net = (size_t)x->out * y->out, middle = (size_t)y->out * x->in, used = 0;
    void *tables[2] = { NULL, NULL };
    const CudaAxis *axes[2] = { x, y };
    int ret;

    *la = {};
    la->width = x->in;
    la->height = y->in;
    la->net_width = x->out;
    la->net_height = y->out;
    for (int pass = 0; pass < 2; pass++) { /* first the size, then the pieces */
        char *base = static_cast<char *>(la->memory.data);

        used = 0;
        la->gray = (uint8_t *)lac_cuda_piece(base, &used, area, 1);
        la->line = (float *)lac_cuda_piece(base, &used, net, sizeof(float));
        la->distance = (float *)lac_cuda_piece(base, &used, net, sizeof(float));
        la->rows = (float *)lac_cuda_piece(base, &used, middle, 3 * sizeof(float));
        la->minima = (uint8_t *)lac_cuda_piece(base, &used, middle, 1);
        la->mask = (uint8_t *)lac_cuda_piece(base, &used, net, 1);
        la->column = (uint16_t *)lac_cuda_piece(base, &used, net, sizeof(uint16_t));
        for (int i = 0; i < 2; i++) {
            tables[i] = lac_cuda_piece(base, &used, lac_cuda_axis_bytes(axes[i]), 1);
        }
        if (pass == 0) {
            la->memory.type = LAC_F32;
            la->memory.n = la->memory.c = 1;
            la->memory.h = (int)lac_cover(used, 4096);
            la->memory.w = 1024;
            if ((ret = lac_cuda_tensor_alloc(be, &la->memory))) {
                *la = {};
                return ret;
            }
        }
    }
    ret = lac_cuda_axis_copy(be, &la->x, x, tables[0]);
    ret = ret ? ret : lac_cuda_axis_copy(be, &la->y, y, tables[1]);
    if (ret) {
        lac_cuda_lineart_close(be, la);
    }
    return ret;
}

extern "C" void lac_cuda_lineart_close(LacBackend *be, CudaLineart *la)
{
    if (la->memory.data) {
        lac_cuda_tensor_free(be, &la->memory);
    }
    *la = {};
}

extern "C" int lac_cuda_gray(LacBackend *be, const CudaLuma *luma, int width, int height, uint8_t *gray)
{
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(gray_of, (unsigned)lac_cover((size_t)width * height, THREADS), THREADS, 0, lac_cuda(be)->stream, *luma, width,
               height, gray);
    return lac_cuda_launched(be, "line art, gray");
}

extern "C" int lac_cuda_lineart_run(LacBackend *be, CudaLineart *la, const CudaLuma *luma)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    const int w = la->net_width, h = la->net_height, reach = lac_distance_reach(w, h);
    const bool shrinks = w < la->width || h < la->height;
    int ret = lac_cuda_gray(be, luma, la->width, la->height, la->gray);

    if (!ret) {
        LAC_LAUNCH(sum_rows, grid(la->width, h), THREADS, 0, stream, la->y, la->gray, la->width, la->rows,
                   shrinks ? la->minima : NULL);
        ret = lac_cuda_launched(be, "line art, rows");
    }
    if (!ret) {
        LAC_LAUNCH(darkness, grid(w, h), THREADS, 0, stream, *la, shrinks);
        ret = lac_cuda_launched(be, "line art");
    }
    if (!ret) {
        LAC_LAUNCH(columns, grid(w, h), THREADS, 0, stream, *la, reach);
        ret = lac_cuda_launched(be, "distance field, columns");
    }
    if (!ret) {
        LAC_LAUNCH(distances, grid(w, h), THREADS, 0, stream, *la, reach);
        ret = lac_cuda_launched(be, "distance field");
    }
    return ret;
}

extern "C" int lac_cuda_lineart_colour(LacBackend *be, CudaLineart *la, const uint8_t *rgb, float *colour)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(sum_rows, grid(3 * la->width, la->net_height), THREADS, 0, stream, la->y, rgb, 3 * la->width, la->rows,
               (uint8_t *)NULL);
    if (!(ret = lac_cuda_launched(be, "colour, rows"))) {
        LAC_LAUNCH(colours, grid(3 * la->net_width, la->net_height), THREADS, 0, stream, *la, colour);
        ret = lac_cuda_launched(be, "colour");
    }
    return ret;
}
