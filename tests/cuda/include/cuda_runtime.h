/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CUDA's words for kernels that run on the CPU: the blocks of a grid one after the other, the threads of a block as
 * fibres that change places where they wait for each other. Shared memory is static memory. emulate.cpp has the
 * functions. */
#ifndef TESTS_CUDA_CUDA_RUNTIME_H
#define TESTS_CUDA_CUDA_RUNTIME_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>

#include <cuda_runtime_api.h>

#define LAC_EMULATE 1
#define __global__ static
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __align__(n) alignas(n)
#define __launch_bounds__(...)
#define __restrict__

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};

#define EMULATED_VECTOR(type, name)                                          \
    struct alignas(2 * sizeof(type)) name##2 { type x, y; };                 \
    struct alignas(4 * sizeof(type)) name##4 { type x, y, z, w; };           \
    static inline name##2 make_##name##2(type x, type y) { return { x, y }; } \
    static inline name##4 make_##name##4(type x, type y, type z, type w) { return { x, y, z, w }; }
EMULATED_VECTOR(unsigned char, uchar)
EMULATED_VECTOR(unsigned short, ushort)
EMULATED_VECTOR(int, int)
EMULATED_VECTOR(unsigned, uint)
EMULATED_VECTOR(float, float)
#undef EMULATED_VECTOR

/* The running thread's place. */
struct EmulatedPlace {
    dim3 thread, block, block_size, grid_size;
};
extern EmulatedPlace emulated_place;
#define threadIdx (emulated_place.thread)
#define blockIdx (emulated_place.block)
#define blockDim (emulated_place.block_size)
#define gridDim (emulated_place.grid_size)

/* Runs the kernel: on every other stream with the last thread and block first, which shows what depends on the order. */
void emulated_launch(dim3 grid, dim3 block, size_t shared, cudaStream_t stream, const std::function<void()> &kernel);
void *emulated_shared();
/* Waits for the other threads of the block, or of the warp, that have not ended. */
void emulated_wait_block();
void emulated_wait_warp();
/* Every lane of the warp gives `bytes`, at most EMULATED_SLOT, and gets where all lanes' lie, so far apart; they stay
 * until emulated_wait_warp has been called once more. */
enum { EMULATED_SLOT = 64 };
const unsigned char *emulated_exchange(const void *mine, size_t bytes);

#define LAC_LAUNCH(kernel, grid, block, shared, stream, ...) \
    emulated_launch(grid, block, shared, stream, [=]() { kernel(__VA_ARGS__); })
#define LAC_DYNAMIC_SHARED(type, name) type *name = static_cast<type *>(emulated_shared())

static inline void __syncthreads() { emulated_wait_block(); }
static inline int __syncthreads_or(int yes)
{
    static int any;

    any = 0; /* none reads it any more: all have come here since */
    __syncthreads();
    any |= yes;
    __syncthreads();
    yes = any;
    __syncthreads();
    return yes;
}
static inline void __syncwarp(unsigned = 0xffffffffu) { emulated_wait_warp(); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline int __ffs(int x) { return __builtin_ffs(x); }

static inline float __uint_as_float(unsigned x)
{
    float v;

    memcpy(&v, &x, sizeof v);
    return v;
}

static inline unsigned __float_as_uint(float x)
{
    unsigned v;

    memcpy(&v, &x, sizeof v);
    return v;
}

template <typename T> static inline T __ldg(const T *p) { return *p; }
template <typename T> static inline T atomicMax(T *p, T v)
{
    T old = *p;

    *p = old > v ? old : v;
    return old;
}
template <typename T> static inline T atomicMin(T *p, T v)
{
    T old = *p;

    *p = old < v ? old : v;
    return old;
}
template <typename T> static inline T atomicAdd(T *p, T v)
{
    T old = *p;

    *p = old + v;
    return old;
}
template <typename T> static inline T atomicOr(T *p, T v)
{
    T old = *p;

    *p = old | v;
    return old;
}

template <typename T> static inline T atomicCAS(T *p, T compare, T v)
{
    T old = *p;

    *p = old == compare ? v : old;
    return old;
}

template <typename T> static inline T emulated_shuffle(T v, int lane)
{
    const unsigned char *all = emulated_exchange(&v, sizeof v);

    memcpy(&v, all + EMULATED_SLOT * (lane & 31), sizeof v);
    emulated_wait_warp();
    return v;
}
template <typename T> static inline T __shfl_xor_sync(unsigned, T v, int mask)
{
    return emulated_shuffle(v, (int)(threadIdx.x % 32) ^ mask);
}
template <typename T> static inline T __shfl_sync(unsigned, T v, int lane) { return emulated_shuffle(v, lane); }
template <typename T> static inline T __shfl_down_sync(unsigned, T v, int by)
{
    int lane = (int)(threadIdx.x % 32);

    return emulated_shuffle(v, lane + by < 32 ? lane + by : lane);
}
template <typename T> static inline T __shfl_up_sync(unsigned, T v, int by)
{
    int lane = (int)(threadIdx.x % 32);

    return emulated_shuffle(v, lane >= by ? lane - by : lane);
}

/* mma.m16n8k16, row by col, with the fragments as PTX deals them out to the lanes. */
void lac_emulate_mma_16816(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], bool bf16);

#endif
