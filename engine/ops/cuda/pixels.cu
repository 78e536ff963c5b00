/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colours to the formats of frames. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/lineart_cuda.h"

namespace {

constexpr int THREADS = 128;

template <typename V> __device__ V *row_of(const CudaFrame &f, int plane, int y)
{
    return reinterpret_cast<V *>(static_cast<unsigned char *>(f.plane[plane]) + y * f.stride[plane]);
}

/* A value in 8 bits, or in the upper 10 of 16. */
__device__ __forceinline__ void put(uint8_t *row, int x, int32_t v) { row[x] = (uint8_t)v; }
__device__ __forceinline__ void put(uint16_t *row, int x, int32_t v) { row[x] = (uint16_t)(v << 6); }

template <typename V> __global__ void luma(const uint8_t *rgb, CudaFrame f, PixelCoder coder)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = blockIdx.y;
    int32_t p[3];

    if (x < f.width) {
        lac_pixels_one(rgb, f.width, y, x, p);
        put(row_of<V>(f, 0, y), x, lac_pixels_value(coder.y, p, 0, coder.black, coder.most));
        if (f.pixels == CUDA_YUV444P) {
            put(row_of<V>(f, 1, y), x, lac_pixels_value(coder.u, p, 0, coder.grey, coder.most));
            put(row_of<V>(f, 2, y), x, lac_pixels_value(coder.v, p, 0, coder.grey, coder.most));
        }
    }
}

/* 4:2:0: two planes, or one with u and v in turn. */
template <typename V> __global__ void chroma(const uint8_t *rgb, CudaFrame f, PixelCoder coder)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = blockIdx.y;
    int32_t p[3];

    if (x < (f.width + 1) / 2) {
        const bool planar = f.pixels == CUDA_YUV420P;

        lac_pixels_quad(rgb, f.width, f.height, y, x, f.left, p);
        put(row_of<V>(f, 1, y), planar ? x : 2 * x, lac_pixels_value(coder.u, p, 3, coder.grey, coder.most));
        put(row_of<V>(f, planar ? 2 : 1, y), planar ? x : 2 * x + 1,
            lac_pixels_value(coder.v, p, 3, coder.grey, coder.most));
    }
}

__global__ void rgba(const uint8_t *rgb, CudaFrame f)
{
    int x = (int)blockIdx.x * THREADS + (int)threadIdx.x, y = blockIdx.y;

    if (x < f.width) {
        const uint8_t *p = rgb + ((size_t)y * f.width + x) * 3;

        row_of<uint32_t>(f, 0, y)[x] = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | 0xff000000u;
    }
}

template <typename V> int write_yuv(LacBackend *be, const uint8_t *rgb, const CudaFrame &f)
{
    cudaStream_t stream = lac_cuda(be)->stream;
    const PixelCoder coder = lac_pixels_coder(f.matrix, f.limited, sizeof(V) == 2 ? 10 : 8);
    const int cw = (f.width + 1) / 2, ch = (f.height + 1) / 2;
    int ret;

    LAC_LAUNCH(luma<V>, dim3((unsigned)lac_cover((size_t)f.width, THREADS), (unsigned)f.height), THREADS, 0, stream, rgb, f,
               coder);
    ret = lac_cuda_launched(be, "frame, luma");
    if (!ret && f.pixels != CUDA_YUV444P) {
        LAC_LAUNCH(chroma<V>, dim3((unsigned)lac_cover((size_t)cw, THREADS), (unsigned)ch), THREADS, 0, stream, rgb, f,
                   coder);
        ret = lac_cuda_launched(be, "frame, chroma");
    }
    return ret;
}

} // namespace

extern "C" int lac_cuda_pixels_write(LacBackend *be, const uint8_t *rgb, const CudaFrame *frame)
{
    const CudaFrame f = *frame;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    if (f.pixels != CUDA_RGBA) {
        return f.pixels == CUDA_P010 ? write_yuv<uint16_t>(be, rgb, f) : write_yuv<uint8_t>(be, rgb, f);
    }
    LAC_LAUNCH(rgba, dim3((unsigned)lac_cover((size_t)f.width, THREADS), (unsigned)f.height), THREADS, 0,
               lac_cuda(be)->stream, rgb, f);
    return lac_cuda_launched(be, "frame, RGBA");
}
