/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fibres for the threads of a block, and CUDA's host functions on host memory. A fibre runs one thread after the other
 * until one waits; then the next fibre goes on. Blocks that wait for ever, some threads at one barrier and some at
 * another or gone, are reported. */
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <vector>

#include <ucontext.h>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#define STACK ((size_t)256 << 10)

EmulatedPlace emulated_place;

namespace {

struct Fibre {
    ucontext_t context;
    jmp_buf jump;
    std::vector<char> stack;
    unsigned thread; /* its thread's number while it waits */
};

struct Gathering { /* the fibres at one barrier */
    std::vector<Fibre *> waiting;
    unsigned live; /* threads that have not ended */
};

[[maybe_unused]] ucontext_t main_context;
[[maybe_unused]] jmp_buf main_jump;
std::vector<std::unique_ptr<Fibre>> fibres;
std::vector<Fibre *> idle;
std::deque<Fibre *> ready;
Fibre *running;
const std::function<void()> *running_kernel;
unsigned thread_count, next_thread, done;
bool reverse_order, launch_failed;
Gathering block_gathering;
std::vector<Gathering> warps;
std::vector<unsigned char> slots; /* EMULATED_SLOT bytes a thread */
std::vector<unsigned char> shared_memory;

void place(unsigned thread)
{
    const dim3 &size = emulated_place.block_size;

    emulated_place.thread = dim3(thread % size.x, thread / size.x % size.y, thread / size.x / size.y);
}

/* A sanitizer wants to see every change of stack; without one, jumps save system calls. */
void to_main(Fibre *from)
{
#ifdef __SANITIZE_ADDRESS__
    swapcontext(&from->context, &main_context);
#else
    if (!_setjmp(from->jump)) {
        _longjmp(main_jump, 1);
    }
#endif
}

void release(Gathering &g)
{
    if (!g.waiting.empty() && g.waiting.size() == g.live) {
        ready.insert(ready.end(), g.waiting.begin(), g.waiting.end());
        g.waiting.clear();
    }
}

void wait_at(Gathering &g, unsigned thread)
{
    Fibre *self = running;

    self->thread = thread;
    g.waiting.push_back(self);
    release(g);
    to_main(self);
    place(self->thread);
}

unsigned own_thread()
{
    const dim3 &t = emulated_place.thread, &size = emulated_place.block_size;

    return t.x + size.x * (t.y + size.y * t.z);
}

void fibre_body()
{
    for (;;) {
        while (next_thread < thread_count) {
            unsigned thread = reverse_order ? thread_count - 1 - next_thread : next_thread;

            next_thread++;
            place(thread);
            (*running_kernel)();
            done++;
            block_gathering.live--;
            warps[thread / 32].live--;
            release(block_gathering);
            release(warps[thread / 32]);
        }
        idle.push_back(running);
        to_main(running);
    }
}

Fibre *new_fibre()
{
    fibres.push_back(std::make_unique<Fibre>());
    Fibre *f = fibres.back().get();

    f->stack.resize(STACK);
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack.data();
    f->context.uc_stack.ss_size = STACK;
    f->context.uc_link = nullptr;
    makecontext(&f->context, fibre_body, 0);
    return f;
}

void resume(Fibre *f, bool fresh)
{
    running = f;
#ifdef __SANITIZE_ADDRESS__
    (void)fresh;
    swapcontext(&main_context, &f->context);
#else
    if (!_setjmp(main_jump)) {
        if (fresh) {
            setcontext(&f->context);
        }
        _longjmp(f->jump, 1);
    }
#endif
}

void run_block()
{
    next_thread = done = 0;
    block_gathering.live = thread_count;
    for (size_t i = 0; i < warps.size(); i++) {
        warps[i].live = thread_count - 32 * i < 32 ? thread_count - 32 * (unsigned)i : 32;
    }
    while (done < thread_count) {
        Fibre *f;

        if (!ready.empty()) {
            f = ready.front();
            ready.pop_front();
            resume(f, false);
        } else if (next_thread < thread_count) {
            if (idle.empty()) {
                resume(new_fibre(), true);
            } else {
                f = idle.back();
                idle.pop_back();
                resume(f, false);
            }
        } else {
            fprintf(stderr, "emulated kernel: %u of %u threads have ended, the others wait for each other\n", done,
                    thread_count);
            abort();
        }
    }
}

} // namespace

/* For tests: kernels that still start; negative: all. */
extern "C" {
int emulated_launches_left = -1;
unsigned emulated_launches; /* that were asked for */
size_t emulated_crossed[2]; /* bytes that went up the bus, and down */
}

void emulated_launch(dim3 grid, dim3 block, size_t shared, cudaStream_t stream, const std::function<void()> &kernel)
{
    if (!grid.x || !grid.y || !grid.z || grid.y > 65535 || grid.z > 65535 || !block.x || !block.y || !block.z ||
        block.x * block.y * block.z > 1024 || shared > 232448) {
        fprintf(stderr, "emulated kernel: no GPU launches %ux%ux%u blocks of %ux%ux%u threads with %zu bytes\n", grid.x,
                grid.y, grid.z, block.x, block.y, block.z, shared);
        abort();
    }
    emulated_launches++;
    if (emulated_launches_left == 0) {
        launch_failed = true;
        return;
    }
    emulated_launches_left -= emulated_launches_left > 0;
    emulated_place.grid_size = grid;
    emulated_place.block_size = block;
    running_kernel = &kernel;
    thread_count = block.x * block.y * block.z;
    reverse_order = reinterpret_cast<uintptr_t>(stream) % 2;
    warps.resize((thread_count + 31) / 32);
    slots.resize(warps.size() * 32 * EMULATED_SLOT);
    for (unsigned z = 0; z < grid.z; z++) {
        for (unsigned y = 0; y < grid.y; y++) {
            for (unsigned x = 0; x < grid.x; x++) {
                emulated_place.block = reverse_order ? dim3(grid.x - 1 - x, grid.y - 1 - y, grid.z - 1 - z) : dim3(x, y, z);
                shared_memory.assign(shared + 16, 0xff); /* not a number, for what is read before it is written */
                run_block();
            }
        }
    }
}

void *emulated_shared()
{
    return (void *)(((uintptr_t)shared_memory.data() + 15) & ~(uintptr_t)15);
}

void emulated_wait_block()
{
    wait_at(block_gathering, own_thread());
}

void emulated_wait_warp()
{
    unsigned thread = own_thread();

    wait_at(warps[thread / 32], thread);
}

const unsigned char *emulated_exchange(const void *mine, size_t bytes)
{
    unsigned thread = own_thread();

    memcpy(slots.data() + (size_t)thread * EMULATED_SLOT, mine, bytes);
    emulated_wait_warp();
    return slots.data() + (size_t)(thread / 32) * 32 * EMULATED_SLOT;
}

void lac_emulate_mma_16816(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], bool bf16)
{
    float mine[12]; /* the numbers in a, then those in b */
    unsigned lane = threadIdx.x % 32;
    const float *all;

    for (unsigned i = 0; i < 12; i++) {
        uint16_t bits = (uint16_t)((i < 8 ? a[i / 2] : b[i / 2 - 4]) >> (i % 2 ? 16 : 0));

        mine[i] = bf16 ? __bfloat162float({ bits }) : __half2float({ bits });
    }
    all = reinterpret_cast<const float *>(emulated_exchange(mine, sizeof mine));
    for (unsigned i = 0; i < 4; i++) {
        unsigned row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
        float sum = 0;

        for (unsigned k = 0; k < 16; k++) {
            sum += all[(row % 8 * 4 + k % 8 / 2) * EMULATED_SLOT / 4 + 2 * (row / 8 + 2 * (k / 8)) + k % 2] *
                all[(column * 4 + k % 8 / 2) * EMULATED_SLOT / 4 + 8 + 2 * (k / 8) + k % 2];
        }
        d[i] += sum;
    }
    emulated_wait_warp();
}

extern "C" {

const char *cudaGetErrorString(cudaError_t error)
{
    return error == cudaErrorMemoryAllocation ? "out of memory" : error ? "error" : "no error";
}

cudaError_t cudaGetLastError(void)
{
    const bool failed = launch_failed;

    launch_failed = false;
    return failed ? cudaErrorLaunchFailure : cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *count)
{
    *count = 1;
    return cudaSuccess;
}

/* For tests: how often a device's own context was made current. */
unsigned emulated_set_devices;
cudaError_t cudaSetDevice(int)
{
    emulated_set_devices++;
    return cudaSuccess;
}

/* LAC_EMULATE_SM: compute capability, 90 unless set */
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int)
{
    const char *env = getenv("LAC_EMULATE_SM");
    int sm = env ? atoi(env) : 90;

    *value = attribute == cudaDevAttrComputeCapabilityMajor ? sm / 10 :
        attribute == cudaDevAttrComputeCapabilityMinor      ? sm % 10 :
        attribute == cudaDevAttrMultiProcessorCount         ? 4 : sm == 90 ? 232448 : 65536;
    return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *, const void *) { return cudaSuccess; }
cudaError_t cudaFuncSetAttribute(const void *, cudaFuncAttribute, int) { return cudaSuccess; }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    static uintptr_t count;

    *stream = reinterpret_cast<cudaStream_t>(2 + count++);
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned)
{
    *event = reinterpret_cast<cudaEvent_t>(&emulated_place);
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }

cudaError_t cudaMemGetInfo(size_t *left, size_t *all)
{
    *left = *all = (size_t)1 << 30;
    return cudaSuccess;
}

/* For tests: allocations that still succeed; negative: all. */
int emulated_mallocs_left = -1;

/* As a GPU with 4 GiB; what is read before it is written is not a number. */
cudaError_t cudaMalloc(void **data, size_t bytes)
{
    if (emulated_mallocs_left > 0) {
        emulated_mallocs_left--;
    } else if (emulated_mallocs_left == 0) {
        return cudaErrorMemoryAllocation;
    }
    *data = bytes <= (size_t)4 << 30 ? aligned_alloc(256, (bytes + 255) & ~(size_t)255) : nullptr;
    if (!*data) {
        return cudaErrorMemoryAllocation;
    }
    memset(*data, 0xff, bytes);
    return cudaSuccess;
}

cudaError_t cudaFree(void *data)
{
    free(data);
    return cudaSuccess;
}

cudaError_t cudaHostAlloc(void **data, size_t bytes, unsigned) { return cudaMalloc(data, bytes); }
cudaError_t cudaFreeHost(void *data) { return cudaFree(data); }

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t)
{
    if (kind != cudaMemcpyDeviceToDevice) {
        emulated_crossed[kind == cudaMemcpyDeviceToHost] += bytes;
    }
    memcpy(to, from, bytes);
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t)
{
    memset(to, value, bytes);
    return cudaSuccess;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle)
{
    *handle = reinterpret_cast<cudnnHandle_t>(&emulated_place);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t) { return CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; }
const char *cudnnGetErrorString(cudnnStatus_t) { return "error"; }
void cudnnGetLastErrorString(char *text, size_t) { *text = '\0'; }
size_t cudnnGetVersion(void) { return 0; }
}
