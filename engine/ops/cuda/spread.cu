/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fronts of colour without an order of visits. First what it costs to reach each pixel: costs fall until none does, in tiles
 * of shared memory with a rim around them, and a launch settles all paths that are longer by the rim's width than those of
 * the one before. Then each pixel follows the first of its cheapest neighbours to where its colour comes from. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/spread_cuda.h"

namespace {

constexpr int TILE = 32, RIM = 8, SIDE = TILE + 2 * RIM, THREADS = 256, EACH = SIDE * SIDE / THREADS;
constexpr int32_t FAR = 1 << 30;
constexpr int BATCH = 6; /* launches until it is asked whether the last one changed anything */

static_assert(SIDE * SIDE % THREADS == 0, "every thread has as many pixels");

/* Which pixels are reached, from where, and how. */
struct Front {
    CudaField f;
    const uint8_t *gray; /* of lines; NULL: every step costs 1 */
    int32_t limit;       /* pixels that cost this much or more lead no further */
};

__device__ __forceinline__ bool is_open(const Front &front, size_t i)
{
    return front.f.state[i] == (front.gray ? LAC_PIXEL_LINE : LAC_PIXEL_UNKNOWN);
}

__global__ void begin(Front front)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i < (size_t)front.f.width * front.f.height) {
        const uint8_t state = front.f.state[i];

        front.f.cost[i] = state == LAC_PIXEL_KNOWN || (front.gray && state == LAC_PIXEL_REACHED) ? 0 : FAR;
    }
}

/* Blocks read their rims while others lower them: each cost is that of some path, so no more than a round is lost, and the
 * rounds are counted for that. */
__global__ void __launch_bounds__(THREADS) lower(Front front)
{
    __shared__ int32_t cost[SIDE * SIDE];
    const int w = front.f.width, h = front.f.height;
    const int left = (int)blockIdx.x * TILE - RIM, top = (int)blockIdx.y * TILE - RIM;
    int32_t own[EACH], before[EACH];
    uint8_t step[EACH]; /* 0: not to be reached */
    bool some = false;

#pragma unroll
    for (int k = 0; k < EACH; k++) {
        const int at = k * THREADS + (int)threadIdx.x, x = left + at % SIDE, y = top + at / SIDE;
        const bool inside = x >= 0 && y >= 0 && x < w && y < h;
        const size_t i = inside ? (size_t)y * w + x : 0;

        cost[at] = own[k] = before[k] = inside ? front.f.cost[i] : FAR;
        step[k] = inside && is_open(front, i) ? (uint8_t)(front.gray ? lac_spread_step(front.gray[i]) : 1) : 0;
        some = some || step[k];
    }
    some = __syncthreads_or(some);
    for (int round = 0; round < RIM && some; round++) { /* ends when no cost has fallen */
#pragma unroll
        for (int k = 0; k < EACH; k++) {
            const int at = k * THREADS + (int)threadIdx.x, x = at % SIDE, y = at / SIDE;
            int32_t least = front.limit;

            if (step[k]) {
                least = y > 0 && cost[at - SIDE] < least ? cost[at - SIDE] : least;
                least = x > 0 && cost[at - 1] < least ? cost[at - 1] : least;
                least = x < SIDE - 1 && cost[at + 1] < least ? cost[at + 1] : least;
                least = y < SIDE - 1 && cost[at + SIDE] < least ? cost[at + SIDE] : least;
                own[k] = least < front.limit && least + step[k] < own[k] ? least + step[k] : own[k];
            }
        }
        __syncthreads();
        some = false;
#pragma unroll
        for (int k = 0; k < EACH; k++) {
            const int at = k * THREADS + (int)threadIdx.x;

            if (own[k] < cost[at]) {
                cost[at] = own[k];
                some = true;
            }
        }
        some = __syncthreads_or(some);
    }
#pragma unroll
    for (int k = 0; k < EACH; k++) {
        const int at = k * THREADS + (int)threadIdx.x, x = at % SIDE, y = at / SIDE;

        if (own[k] < before[k] && x >= RIM && y >= RIM && x < SIDE - RIM && y < SIDE - RIM) {
            front.f.cost[(size_t)(top + y) * w + (left + x)] = own[k];
            if (front.f.fell) {
                *front.f.fell = 1;
            }
        }
    }
}

/* The first of the cheapest neighbours, in the order of engine/paint/spread.c. */
__device__ __forceinline__ size_t cheapest(const CudaField &f, size_t i)
{
    const int x = (int)(i % f.width), y = (int)(i / f.width);
    size_t from = i;
    int32_t least = FAR;

    if (y > 0 && f.cost[i - f.width] < least) {
        least = f.cost[from = i - f.width];
    }
    if (x > 0 && f.cost[i - 1] < least) {
        least = f.cost[from = i - 1];
    }
    if (x + 1 < f.width && f.cost[i + 1] < least) {
        least = f.cost[from = i + 1];
    }
    if (y + 1 < f.height && f.cost[i + f.width] < least) {
        least = f.cost[from = i + f.width];
    }
    return from;
}

__global__ void follow(Front front)
{
    const size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;

    if (i < (size_t)front.f.width * front.f.height && is_open(front, i) && front.f.cost[i] < FAR) {
        size_t from = cheapest(front.f, i);

        /* Costs that have settled fall all the way; a path that does not fall would lead round and round. */
        for (size_t next; front.f.cost[from]; from = next) {
            next = cheapest(front.f, from);
            if (front.f.cost[next] >= front.f.cost[from]) {
                break;
            }
        }
        reinterpret_cast<uchar4 *>(front.f.colour)[i] = reinterpret_cast<const uchar4 *>(front.f.colour)[from];
        front.f.state[i] = front.gray ? LAC_PIXEL_CROSSED : LAC_PIXEL_REACHED;
    }
}

/* steps: of the longest path. A launch in which no cost falls has read none that was falling, so it is the last one needed. */
int lower_all(LacBackend *be, const Front &front, int steps)
{
    const dim3 tiles((unsigned)lac_cover((size_t)front.f.width, TILE), (unsigned)lac_cover((size_t)front.f.height, TILE));
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = LAC_OK, fell = 1;

    for (int done = 0, n = 1; !ret && fell && done < steps; done += RIM, n++) {
        const bool ask = front.f.fell && n % BATCH == 0;

        ret = ask ? lac_cuda_check(be, cudaMemsetAsync(front.f.fell, 0, sizeof fell, stream), "fronts of colour") : LAC_OK;
        if (!ret) {
            LAC_LAUNCH(lower, tiles, THREADS, 0, stream, front);
            ret = lac_cuda_launched(be, "fronts of colour");
        }
        ret = ret || !ask ? ret : lac_cuda_down(be, front.f.fell, &fell, sizeof fell);
    }
    return ret;
}

int spread(LacBackend *be, const Front &front, int steps)
{
    const unsigned blocks = (unsigned)lac_cover((size_t)front.f.width * front.f.height, THREADS);
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    LAC_LAUNCH(begin, blocks, THREADS, 0, stream, front);
    ret = lac_cuda_launched(be, "fronts of colour, begin");
    ret = ret ? ret : lower_all(be, front, steps);
    if (!ret) {
        LAC_LAUNCH(follow, blocks, THREADS, 0, stream, front);
        ret = lac_cuda_launched(be, "fronts of colour, end");
    }
    return ret;
}

} // namespace

extern "C" int lac_cuda_spread(LacBackend *be, const CudaField *field, int reach)
{
    return spread(be, { *field, NULL, reach }, reach);
}

extern "C" int lac_cuda_spread_lines(LacBackend *be, const CudaField *field, const uint8_t *gray, int depth)
{
    const int32_t limit = depth * LAC_SPREAD_STEP_MOST;

    return spread(be, { *field, gray, limit }, (limit - 1) / LAC_SPREAD_STEP_LEAST + 1);
}
