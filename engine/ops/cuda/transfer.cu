/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes, displacements and copies of engine/transfer/transfer.c: a warp a cell. Weights are added and ties are decided in the host's
 * order, so the bytes are equal. */
#include "math/transfer_math.h"
#include "ops/cuda/transfer_cuda.h"
#include "ops/cuda/warp.cuh"

namespace {

constexpr unsigned ALL = 0xffffffffu;
constexpr int WARPS = 4, SIDE = 2 * LAC_TRANSFER_VOTE + 1;

static_assert(LAC_TRANSFER_VOTES <= 32 && LAC_TRANSFER_PLACES <= 32, "a lane each");

struct Job {
    CudaTransfer t;
    float late[CUDA_MATCH_FIELDS];
};

/* A warp's own shared memory. */
struct Desk {
    uint32_t offset[LAC_TRANSFER_VOTES]; /* of one reference's patches over the cell */
    float weight[LAC_TRANSFER_VOTES];
    LacSource list[LAC_TRANSFER_SOURCES];
};

__device__ __forceinline__ uint64_t warp_max(uint64_t v)
{
#pragma unroll
    for (int step = 16; step; step /= 2) {
        const uint64_t other = __shfl_xor_sync(ALL, v, step);

        v = other > v ? other : v;
    }
    return v;
}

/* A lane's share of the displacements voted for: per reference the one of its patch, if it is the first with it. */
struct Votes {
    float weight[CUDA_MATCH_FIELDS]; /* of all patches with this displacement, added in their order */
    int place[CUDA_MATCH_FIELDS];    /* in the list of all displacements; -1: none */
    uint32_t offset[CUDA_MATCH_FIELDS];
};

/* Returns the number of displacements. */
__device__ int collect(const Job &job, Desk &desk, int cx, int cy, Votes &votes)
{
    const CudaTransfer &t = job.t;
    const int lane = (int)threadIdx.x % 32;
    const int x = cx + lane % SIDE - LAC_TRANSFER_VOTE, y = cy + lane / SIDE - LAC_TRANSFER_VOTE;
    const bool inside = lane < LAC_TRANSFER_VOTES && x >= 0 && y >= 0 && x < t.cells_width && y < t.cells_height;
    const uint32_t patches = lac_warp_ballot(inside);
    int size = 0;

#pragma unroll
    for (int r = 0; r < CUDA_MATCH_FIELDS; r++) {
        int first = -1;
        float sum = 0;
        uint32_t mine = 0, leaders;

        votes.place[r] = -1;
        if (r >= t.count) {
            continue;
        }
        if (inside) {
            const size_t i = (size_t)y * t.cells_width + x;
            const CudaOffset o = t.ref[r].offset[i];

            mine = (uint16_t)o.x | (uint32_t)(uint16_t)o.y << 16;
            desk.offset[lane] = mine;
            desk.weight[lane] = lac_transfer_weight(t.ref[r].cost[i], job.late[r]);
        }
        __syncwarp();
        for (int j = 0; j < LAC_TRANSFER_VOTES; j++) {
            if ((patches >> j & 1) && desk.offset[j] == mine) {
                first = first < 0 ? j : first;
                sum += desk.weight[j];
            }
        }
        leaders = lac_warp_ballot(inside && first == lane);
        __syncwarp(); /* all have read the desk */
        if (leaders >> lane & 1) {
            votes.place[r] = size + __popc(leaders & ((1u << lane) - 1));
            votes.weight[r] = sum;
            votes.offset[r] = mine;
        }
        size += __popc(leaders);
    }
    return size;
}

/* The displacements most voted for into the desk's list, in native pixels; returns their number. The host takes the best of
 * a list, the first of equal ones, and puts in its place what stood first: so do the places here. */
__device__ int choose(const CudaTransfer &t, Desk &desk, Votes &votes, int size)
{
    float most = 0;
    int kept = 0;

    for (; kept < LAC_TRANSFER_SOURCES && kept < size; kept++) {
        uint64_t best = 0;
        int place;
        float weight;

#pragma unroll
        for (int r = 0; r < CUDA_MATCH_FIELDS; r++) {
            if (votes.place[r] >= 0) {
                const uint64_t key = (uint64_t)__float_as_uint(votes.weight[r]) << 32 | (uint32_t)~votes.place[r];

                best = key > best ? key : best;
            }
        }
        best = warp_max(best);
        place = (int)~(uint32_t)best;
        weight = __uint_as_float((unsigned)(best >> 32));
        if (kept && weight < lac_product(LAC_TRANSFER_LEAST_SHARE, most)) {
            break;
        }
        most = kept ? most : weight;
#pragma unroll
        for (int r = 0; r < CUDA_MATCH_FIELDS; r++) {
            if (votes.place[r] == place) {
                desk.list[kept] = { r, lac_transfer_scaled((int16_t)(votes.offset[r] & 0xffff), t.width, t.cells_width),
                                    lac_transfer_scaled((int16_t)(votes.offset[r] >> 16), t.height, t.cells_height), weight };
                votes.place[r] = -1;
            } else if (votes.place[r] == kept) {
                votes.place[r] = place;
            }
        }
    }
    return kept;
}

/* `refine` of engine/transfer/transfer.c: a lane a place, the first of the best in the host's order. */
__device__ void refine(const CudaTransfer &t, Desk &desk, int n, LacBox box)
{
    const int lane = (int)threadIdx.x % 32;
    const int32_t pixels = (box.right - box.left) * (box.bottom - box.top);

    for (int k = 0; k < n; k++) {
        const LacSource from = desk.list[k];
        uint64_t best = 0; /* the largest of what is smaller the better a place is */
        int dx, dy;

        if (lane < LAC_TRANSFER_PLACES) {
            const int32_t far = lac_transfer_place(lane, &dx, &dy) * pixels;

            if (lac_transfer_inside(box, from.x + dx, from.y + dy, t.width, t.height)) {
                const int32_t d = far + lac_transfer_difference(t.gray, t.ref[from.ref].gray, t.width, box, from.x + dx,
                                                                from.y + dy, INT32_MAX);

                best = (uint64_t)(INT32_MAX - d) << 8 | (uint64_t)(LAC_TRANSFER_PLACES - lane);
            }
        }
        best = warp_max(best);
        if (lane == 0 && best) {
            lac_transfer_place(LAC_TRANSFER_PLACES - (int)(best & 0xff), &dx, &dy);
            desk.list[k].x = from.x + dx;
            desk.list[k].y = from.y + dy;
            desk.list[k].weight = lac_product(from.weight, lac_transfer_agreement(INT32_MAX - (int32_t)(best >> 8), pixels));
        }
    }
    __syncwarp();
}

__device__ __forceinline__ void copy_pixel(const CudaTransfer &t, const float *alike, const LacSource *list, int n, int x,
                                           int y)
{
    const size_t i = (size_t)y * t.width + x;
    LacBlend blend = {};
    uint8_t out[4];

    for (int k = 0; k < n; k++) {
        const LacSource s = list[k];
        const size_t at = (size_t)lac_transfer_clamp(y + s.y, t.height) * t.width + lac_transfer_clamp(x + s.x, t.width);
        const int gray = t.ref[s.ref].gray[at], d = gray - t.gray[i];
        const bool counts = t.inked || gray >= LAC_TRANSFER_LINE;

        lac_transfer_add(&blend, t.ref[s.ref].rgb + at * 3, s.weight, counts ? alike[d < 0 ? -d : d] : 0);
    }
    lac_transfer_mean(&blend, out);
    reinterpret_cast<uchar4 *>(t.out)[i] = make_uchar4(out[0], out[1], out[2], out[3]);
}

__global__ void __launch_bounds__(32 * WARPS) transfer(Job job)
{
    __shared__ float alike[256];
    __shared__ Desk desks[WARPS];
    const CudaTransfer &t = job.t;
    const int lane = (int)threadIdx.x % 32, cx = (int)blockIdx.x * WARPS + (int)threadIdx.x / 32, cy = (int)blockIdx.y;
    Desk &desk = desks[threadIdx.x / 32];

    for (int i = (int)threadIdx.x; i < 256; i += 32 * WARPS) {
        alike[i] = lac_transfer_alike(i);
    }
    __syncthreads();

    const int left = lac_transfer_first(cx, t.width, t.cells_width), top = lac_transfer_first(cy, t.height, t.cells_height);
    const int right = lac_transfer_first(cx + 1, t.width, t.cells_width);
    const int bottom = lac_transfer_first(cy + 1, t.height, t.cells_height), wide = right - left;
    Votes votes;

    if (cx >= t.cells_width || wide < 1 || bottom <= top) {
        return;
    }
    const int n = choose(t, desk, votes, collect(job, desk, cx, cy, votes));
    __syncwarp();
    refine(t, desk, n, lac_transfer_box(left, top, right, bottom, t.width, t.height));
    for (int i = lane; i < wide * (bottom - top); i += 32) {
        copy_pixel(t, alike, desk.list, n, left + i % wide, top + i / wide);
    }
}

} // namespace

extern "C" int lac_cuda_transfer(LacBackend *be, const CudaTransfer *t)
{
    const dim3 grid((unsigned)lac_cover((size_t)t->cells_width, WARPS), (unsigned)t->cells_height);
    Job job = { *t, {} };
    int ret = lac_cuda_begin(be);

    if (ret) {
        return ret;
    }
    for (int r = 0; r < t->count; r++) {
        job.late[r] = lac_transfer_late(t->ref[r].lag);
    }
    LAC_LAUNCH(transfer, grid, 32 * WARPS, 0, lac_cuda(be)->stream, job);
    return lac_cuda_launched(be, "copying from references");
}
