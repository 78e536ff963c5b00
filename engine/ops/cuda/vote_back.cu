/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which colours each region's origins back (engine/regions/vote.c): a block a region, with bins of its own. */
#include "ops/cuda/vote.cuh"

namespace {

constexpr int THREADS = 256;

/* Sum over a block; every thread comes here. */
__device__ LacWhole block_sum(LacWhole own)
{
    __shared__ LacWhole sum;

#pragma unroll
    for (int step = 16; step; step /= 2) {
        own += __shfl_xor_sync(0xffffffffu, own, step);
    }
    __syncthreads(); /* the last one has been read */
    if (threadIdx.x == 0) {
        sum = 0;
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        atomicAdd(&sum, own);
    }
    __syncthreads();
    return sum;
}

/* A reference's origins of region c into the raw histogram, as `add_origin`. */
__device__ void add_reference(const CudaVote &v, int c, int s, uint32_t *raw, uint16_t *touched, int *count)
{
    const CudaVoteRef &ref = v.ref[s];
    const LacOrigin *origin = v.list + ((size_t)c * v.sources + s) * LAC_ORIGINS;
    const float least = lac_least_share(origin);
    LacWhole far = 0, all = 0;

    for (int pass = 0; pass < 2; pass++) { /* the sums, then the shares */
        const bool use_all = far < LAC_VOTE_ISLAND;

        for (int i = 0; i < LAC_ORIGINS && origin[i].label && origin[i].share >= least; i++) {
            const uint32_t end = ref.first[origin[i].label + 1];

            for (uint32_t k = ref.first[origin[i].label] + threadIdx.x; k < end; k += THREADS) {
                const CudaVoteBin b = ref.bins[k];
                const int32_t number = use_all ? b.far + b.beside : b.far;

                if (!pass) {
                    far += (LacWhole)b.far;
                    all += (LacWhole)(b.far + b.beside);
                } else if (number && !atomicAdd(&raw[b.bin], lac_vote_share(number, (int64_t)(use_all ? all : far)))) {
                    touched[atomicAdd(count, 1)] = b.bin;
                }
            }
        }
        if (!pass) {
            far = block_sum(far);
            all = block_sum(all);
        }
    }
}

/* What is done with each of the bins around a touched one. */
template <typename F> __device__ __forceinline__ void around(const uint16_t *touched, int count, F f)
{
    for (int k = (int)threadIdx.x; k < count; k += THREADS) {
        const int bin = touched[k], r = bin >> 10, g = bin >> 5 & 31, b = bin & 31;

        for (int i = r ? r - 1 : 0; i <= r + 1 && i < 32; i++) {
            for (int j = g ? g - 1 : 0; j <= g + 1 && j < 32; j++) {
                for (int l = b ? b - 1 : 0; l <= b + 1 && l < 32; l++) {
                    f(i << 10 | j << 5 | l, bin);
                }
            }
        }
    }
    __syncthreads();
}

/* The density of the least dense backed bin: the largest that bins with a large enough sum reach, found bit by bit. */
__device__ uint32_t least_backed(const uint32_t *raw, const uint32_t *smooth, const uint16_t *touched, int count)
{
    LacWhole all = 0;
    uint32_t least = 0;

    for (int k = (int)threadIdx.x; k < count; k += THREADS) {
        all += raw[touched[k]];
    }
    all = block_sum(all);
    for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
        LacWhole sum = 0;

        for (int k = (int)threadIdx.x; k < count; k += THREADS) {
            sum += smooth[touched[k]] >= (least | bit) ? raw[touched[k]] : 0;
        }
        sum = block_sum(sum);
        least |= sum * 1000 >= (1000 - LAC_VOTE_STRANGE) * all ? bit : 0;
    }
    return least;
}

__global__ void __launch_bounds__(THREADS) back(LacVoteJob job)
{
    __shared__ int count;
    const CudaVote &v = job.v;
    uint32_t *raw = job.raw + (size_t)blockIdx.x * LAC_VOTE_BINS, *smooth = job.smooth + (size_t)blockIdx.x * LAC_VOTE_BINS;
    uint16_t *touched = job.touched + (size_t)blockIdx.x * LAC_VOTE_BINS;

    for (int turn = (int)blockIdx.x; turn < job.count; turn += LAC_VOTE_BLOCKS) {
        uint32_t *mask = job.mask + (size_t)turn * LAC_VOTE_WORDS;

        if (threadIdx.x == 0) {
            count = 0;
        }
        __syncthreads();
        for (int s = 0; s < v.sources; s++) {
            add_reference(v, v.voter[job.from + turn], s, raw, touched, &count);
        }
        for (int i = (int)threadIdx.x; i < LAC_VOTE_WORDS; i += THREADS) {
            mask[i] = 0;
        }
        __syncthreads();
        around(touched, count, [=](int bin, int from) { atomicAdd(&smooth[bin], raw[from]); });

        const uint32_t least = least_backed(raw, smooth, touched, count);

        around(touched, count, [=](int bin, int) {
            if (smooth[bin] >= least) {
                atomicOr(&mask[bin / 32], 1u << bin % 32);
            }
        });
        around(touched, count, [=](int bin, int from) { smooth[bin] = raw[from] = 0; });
    }
}

} // namespace

int lac_cuda_vote_back(LacBackend *be, const LacVoteJob &job)
{
    LAC_LAUNCH(back, job.count < LAC_VOTE_BLOCKS ? (unsigned)job.count : (unsigned)LAC_VOTE_BLOCKS, THREADS, 0,
               lac_cuda(be)->stream, job);
    return lac_cuda_launched(be, "votes, backed colours");
}
