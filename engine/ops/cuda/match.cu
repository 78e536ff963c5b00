/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PatchMatch in strips of 16 rows. A pixel needs the one before it in its row and in its column, so a warp takes a strip's
 * diagonals one after the other: a row two lanes, each half of a description, every row a pixel behind the one before.
 * What the row before found at a pixel comes from its lanes, a step later. */
#include "math/match_math.h"
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/match_cuda.h"

namespace {

constexpr unsigned ALL = 0xffffffffu;

__device__ __forceinline__ int dot4(uint32_t a, uint32_t b, int sum)
{
#ifdef LAC_EMULATE
    for (int i = 0; i < 32; i += 8) {
        sum += (int8_t)(a >> i) * (int8_t)(b >> i);
    }
    return sum;
#else
    return __dp4a((int)a, (int)b, sum);
#endif
}

__device__ __forceinline__ int dot16(const uint4 &a, const uint4 &b)
{
    return dot4(a.w, b.w, dot4(a.z, b.z, dot4(a.y, b.y, dot4(a.x, b.x, 0))));
}

__device__ __forceinline__ uint32_t scramble(uint32_t v)
{
    v ^= v >> 16;
    v *= 0x7feb352dU;
    v ^= v >> 15;
    v *= 0x846ca68bU;
    return v ^ v >> 16;
}

/* Uniform in [-radius, radius], from 16 bits. */
__device__ __forceinline__ int within(uint32_t bits, int radius)
{
    return (int)((bits & 0xffff) * (uint32_t)(2 * radius + 1) >> 16) - radius;
}

/* Rows [from, to) of a strip; those of odd passes lie half a strip higher. */
struct Strip {
    int from, to;
};

__device__ __forceinline__ Strip strip_of(int height, int pass, int i)
{
    int y = i * CUDA_MATCH_STRIP - (pass % 2 ? CUDA_MATCH_STRIP / 2 : 0);
    Strip s = { y < 0 ? 0 : y, y + CUDA_MATCH_STRIP < height ? y + CUDA_MATCH_STRIP : height };

    return s;
}

/* Two lanes' pixel: its own half description and the best so far. Both lanes know the same. */
struct Pixel {
    uint4 own;
    int squared; /* own . own */
    int x, y;
    CudaOffset best;
    int32_t cost;
};

/* try_offset of engine/match/match_vec.h; every lane of the warp calls it, `active` or not. */
__device__ __forceinline__ void attempt(const CudaMatch &m, const CudaMatchField &f, Pixel &p, bool active, int dx, int dy)
{
    int32_t cost = (int32_t)(((int64_t)dx * dx + (int64_t)dy * dy) * f.prior / 1024), part = 0;

    active = active && cost < p.cost && p.x + dx >= 0 && p.y + dy >= 0 && p.x + dx < m.width && p.y + dy < m.height &&
        !(dx == p.best.x && dy == p.best.y);
    if (active) {
        size_t at = (size_t)(p.y + dy) * m.width + (p.x + dx);
        const uint4 other = reinterpret_cast<const uint4 *>(f.ref)[2 * at + threadIdx.x % 2];

        part = p.squared + dot16(other, other) - 2 * dot16(p.own, other);
    }
    part += __shfl_xor_sync(ALL, part, 1);
    if (active && cost + part < p.cost) {
        p.cost = cost + part;
        p.best.x = (int16_t)dx;
        p.best.y = (int16_t)dy;
    }
}

__device__ __forceinline__ Pixel pixel_at(const CudaMatch &m, int x, int y)
{
    Pixel p;

    p.own = reinterpret_cast<const uint4 *>(m.frame)[2 * ((size_t)y * m.width + x) + threadIdx.x % 2];
    p.squared = dot16(p.own, p.own);
    p.x = x;
    p.y = y;
    p.best = { 0, 0 };
    p.cost = INT32_MAX;
    return p;
}

/* Every pixel at its own place. A pixel two lanes. */
__global__ void begin(CudaMatch m)
{
    const CudaMatchField &f = m.field[blockIdx.y];
    size_t n = (size_t)m.width * m.height, i = ((size_t)blockIdx.x * blockDim.x + threadIdx.x) / 2;
    bool inside = i < n;
    size_t at = inside ? i : 0;
    Pixel p = pixel_at(m, (int)(at % m.width), (int)(at / m.width));
    const uint4 other = reinterpret_cast<const uint4 *>(f.ref)[2 * at + threadIdx.x % 2];
    int cost = p.squared + dot16(other, other) - 2 * dot16(p.own, other);

    cost += __shfl_xor_sync(ALL, cost, 1);
    if (inside && threadIdx.x % 2 == 0) {
        f.offset[i] = { 0, 0 };
        f.cost[i] = cost;
    }
}

/* The rows that a pass reads from outside its strips, as they are before it: border [count][strips][width]. */
__global__ void keep_borders(CudaMatch m, int pass, CudaOffset *border)
{
    const int strip = blockIdx.y, field = blockIdx.z, x = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    const Strip s = strip_of(m.height, pass, strip);
    const int y = pass % 2 ? s.to : s.from - 1;

    if (x < m.width && s.from < s.to && y >= 0 && y < m.height) {
        border[((size_t)field * gridDim.y + strip) * m.width + x] = m.field[field].offset[(size_t)y * m.width + x];
    }
}

__global__ void __launch_bounds__(32) search(CudaMatch m, int pass, const CudaOffset *border)
{
    const CudaMatchField &f = m.field[blockIdx.y];
    const Strip strip = strip_of(m.height, pass, (int)blockIdx.x);
    const int w = m.width, step = pass % 2 ? -1 : 1, rows = strip.to - strip.from, row = (int)threadIdx.x / 2;
    const int y = step > 0 ? strip.from + row : strip.to - 1 - row;
    const bool has_beside = y - step >= 0 && y - step < m.height;
    CudaOffset last = { 0, 0 };

    border += ((size_t)blockIdx.y * gridDim.x + blockIdx.x) * w;
    for (int d = 0; d < w + rows - 1; d++) {
        const int j = d - row, x = step > 0 ? j : w - 1 - j;
        const bool active = row < rows && j >= 0 && j < w;
        const size_t i = active ? (size_t)y * w + x : 0;
        Pixel p = pixel_at(m, active ? x : 0, active ? y : 0);
        /* what the row before found here a step ago, and this row beside it */
        int packed = __shfl_up_sync(ALL, (int)((uint16_t)last.x | (uint32_t)(uint16_t)last.y << 16), 2);
        CudaOffset beside = { (int16_t)(packed & 0xffff), (int16_t)((uint32_t)packed >> 16) };
        uint32_t counter = scramble(((uint32_t)pass * (uint32_t)m.height + (uint32_t)y) * (uint32_t)w + (uint32_t)x +
                                    0x9e3779b9U);

        if (active) {
            p.best = f.offset[i];
            p.cost = f.cost[i];
            if (row == 0) {
                beside = has_beside ? border[x] : beside;
            }
        }
        attempt(m, f, p, active && has_beside, beside.x, beside.y);
        attempt(m, f, p, active && j > 0, last.x, last.y);
        for (int radius = f.radius; radius >= 1; radius /= 2) {
            counter = scramble(counter + (uint32_t)radius);
            attempt(m, f, p, active, p.best.x + within(counter, radius), p.best.y + within(counter >> 16, radius));
        }
        if (active) {
            last = p.best;
            if (threadIdx.x % 2 == 0) {
                f.offset[i] = p.best;
                f.cost[i] = p.cost;
            }
        }
    }
}

} // namespace

extern "C" int lac_cuda_match(LacBackend *be, const CudaMatch *match)
{
    const CudaMatch m = *match;
    const int strips = (m.height + CUDA_MATCH_STRIP - 1) / CUDA_MATCH_STRIP + 1; /* as many in odd passes */
    const dim3 each((unsigned)strips, (unsigned)m.count);
    cudaStream_t stream = lac_cuda(be)->stream;
    CudaOffset *border;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    border = (CudaOffset *)lac_cuda_scratch(be, (size_t)m.count * strips * m.width * sizeof *border);
    if (!border) {
        return LAC_ENOMEM;
    }
    LAC_LAUNCH(begin, dim3((unsigned)lac_cover((size_t)m.width * m.height * 2, 256), (unsigned)m.count), 256, 0, stream, m);
    ret = lac_cuda_launched(be, "match, own places");
    for (int pass = 0; !ret && pass < LAC_MATCH_PASSES; pass++) {
        LAC_LAUNCH(keep_borders, dim3((unsigned)lac_cover((size_t)m.width, 128), (unsigned)strips, (unsigned)m.count), 128,
                   0, stream, m, pass, border);
        if (!(ret = lac_cuda_launched(be, "match, borders"))) {
            LAC_LAUNCH(search, each, 32, 0, stream, m, pass, border);
            ret = lac_cuda_launched(be, "match, search");
        }
    }
    return ret;
}
