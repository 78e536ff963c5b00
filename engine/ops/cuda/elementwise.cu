/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations that touch each element once: one kernel, which goes through an operation's elements 16 bytes at a time
 * where all of its tensors are aligned, and one by one elsewhere and at the end. */
#include "ops/cuda/kernel.cuh"

#define THREADS 256
#define GROUP 32 /* references combined at a time */

/* f.vector(i): elements i * N and following; f.single(i): element i. */
template <typename F> __global__ void each_kernel(F f, size_t vectors, size_t count)
{
    size_t thread = (size_t)blockIdx.x * blockDim.x + threadIdx.x, threads = (size_t)gridDim.x * blockDim.x;

    for (size_t i = thread; i < vectors; i += threads) {
        f.vector(i);
    }
    for (size_t i = vectors * F::count + thread; i < count; i += threads) {
        f.single(i);
    }
}

template <typename F> static int each(LacBackend *be, const F &f, size_t count, bool aligned, const char *what)
{
    size_t vectors = aligned ? count / F::count : 0;
    int ret = lac_cuda_begin(be);

    if (ret < 0) {
        return ret;
    }
    LAC_LAUNCH(each_kernel<F>, lac_grid(vectors + (count - vectors * F::count), THREADS), THREADS, 0,
               lac_cuda(be)->stream, f, vectors, count);
    return lac_cuda_launched(be, what);
}

/* ---- conversion ---- */

template <typename From, typename To> struct Cast {
    static constexpr int count = 1;
    const From *x;
    To *y;

    __device__ void vector(size_t i) const { single(i); }
    __device__ void single(size_t i) const { lac_store(y + i, lac_load(x + i)); }
};

int lac_cuda_cast(LacBackend *be, const void *from, enum LacType type, void *to, enum LacType to_type, size_t count)
{
    int ret = LAC_OK;

    if (type == to_type) {
        if (from == to) {
            return LAC_OK;
        }
        ret = lac_cuda_begin(be);
        return ret < 0 ? ret : lac_cuda_check(be, cudaMemcpyAsync(to, from, count * lac_type_size(type),
                                                                  cudaMemcpyDeviceToDevice, lac_cuda(be)->stream),
                                              "convert");
    }
    if (type == LAC_F32) {
        LAC_CUDA_TYPED(to_type, T, {
            Cast<float, T> f = { (const float *)from, (T *)to };
            ret = each(be, f, count, true, "convert");
        })
    } else {
        LAC_CUDA_TYPED(type, T, {
            Cast<T, float> f = { (const T *)from, (float *)to };
            ret = each(be, f, count, true, "convert");
        })
    }
    return ret;
}

int lac_cuda_convert(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_convert(be, x, y);

    return ret < 0 ? ret : lac_cuda_cast(be, x->data, x->type, y->data, y->type, lac_tensor_count(x));
}

/* ---- functions of one or two tensors ---- */

struct Add {
    static __device__ float of(float a, float b) { return a + b; }
};
struct SigmoidOfSum {
    static __device__ float of(float a, float b) { return 1 / (1 + expf(-(a + b))); }
};
struct Tanh {
    static __device__ float of(float a, float) { return tanhf(a); }
};

/* b may be a. */
template <typename T, typename Function> struct Map {
    static constexpr int count = CudaVec<T>::count;
    const T *a, *b;
    T *y;

    __device__ void vector(size_t i) const
    {
        float u[count], v[count];

        lac_load16(a + i * count, u);
        lac_load16(b + i * count, v);
#pragma unroll
        for (int j = 0; j < count; j++) {
            u[j] = Function::of(u[j], v[j]);
        }
        lac_store16(y + i * count, u);
    }
    __device__ void single(size_t i) const { lac_store(y + i, Function::of(lac_load(a + i), lac_load(b + i))); }
};

template <typename T, typename Function>
static int map(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y, const char *what)
{
    Map<T, Function> f = { (const T *)a->data, (const T *)b->data, (T *)y->data };

    return each(be, f, lac_tensor_count(y), lac_aligned16(f.a) && lac_aligned16(f.b) && lac_aligned16(f.y), what);
}

int lac_cuda_add(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y)
{
    int ret = lac_check_add(be, a, b, y);

    if (ret == LAC_OK) {
        LAC_CUDA_TYPED(y->type, T, ret = map<T, Add>(be, a, b, y, "add"))
    }
    return ret;
}

int lac_cuda_mask(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y)
{
    int ret = lac_check_mask(be, a, b, y);

    return ret < 0 ? ret : map<float, SigmoidOfSum>(be, a, b, y, "mask");
}

int lac_cuda_tanh(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_tanh(be, x, y);

    return ret < 0 ? ret : map<float, Tanh>(be, x, x, y, "tanh");
}

/* ---- Eq. 5: y = first (1 - mean n_i) + sum n_i m_i fy_i / K, `first` being mat, then y itself ---- */

template <typename T> struct Combine {
    static constexpr int count = CudaVec<T>::count;
    const T *mat;
    T *y;
    const float *mask[GROUP];
    const T *fy[GROUP];
    int refs, of, channels; /* references here, references in all */
    bool first;

    __device__ float share(int i, size_t pixel) const
    {
        return mask[i][2 * pixel] * mask[i][2 * pixel + 1] / of;
    }
    /* What mat counts for: with the first group, all of it is taken; every group takes its part away. */
    __device__ float keep(size_t pixel) const
    {
        float sum = 0;

        for (int i = 0; i < refs; i++) {
            sum += 1 - mask[i][2 * pixel + 1];
        }
        return sum / of;
    }
    __device__ void vector(size_t i) const
    {
        float a[count], v[count];
        size_t at = i * count, pixel = at / channels;
        float kept = keep(pixel);

        lac_load16(mat + at, a);
#pragma unroll
        for (int j = 0; j < count; j++) {
            a[j] *= kept;
        }
        if (!first) {
            lac_load16(y + at, v);
#pragma unroll
            for (int j = 0; j < count; j++) {
                a[j] += v[j];
            }
        }
        for (int r = 0; r < refs; r++) {
            float b = share(r, pixel);

            lac_load16(fy[r] + at, v);
#pragma unroll
            for (int j = 0; j < count; j++) {
                a[j] += b * v[j];
            }
        }
        lac_store16(y + at, a);
    }
    __device__ void single(size_t i) const
    {
        size_t pixel = i / channels;
        float a = keep(pixel) * lac_load(mat + i);

        if (!first) {
            a += lac_load(y + i);
        }
        for (int r = 0; r < refs; r++) {
            a += share(r, pixel) * lac_load(fy[r] + i);
        }
        lac_store(y + i, a);
    }
};

template <typename T>
static int combine(LacBackend *be, const LacTensor *mat, const LacTensor *const *mask, const LacTensor *const *fy,
                   int count, LacTensor *y)
{
    int ret = LAC_OK;

    for (int from = 0; ret == LAC_OK && from < count; from += GROUP) {
        Combine<T> f = {};
        bool whole = mat->c % CudaVec<T>::count == 0 && lac_aligned16(mat->data) && lac_aligned16(y->data);

        f.mat = (const T *)mat->data;
        f.y = (T *)y->data;
        f.refs = count - from < GROUP ? count - from : GROUP;
        f.of = count;
        f.channels = mat->c;
        f.first = from == 0;
        for (int i = 0; i < f.refs; i++) {
            f.mask[i] = (const float *)mask[from + i]->data;
            f.fy[i] = (const T *)fy[from + i]->data;
            whole = whole && lac_aligned16(f.fy[i]);
        }
        ret = each(be, f, lac_tensor_count(y), whole, "combine");
    }
    return ret;
}

int lac_cuda_combine(LacBackend *be, const LacTensor *mat, const LacTensor *const *mask, const LacTensor *const *fy,
                     int count, LacTensor *y)
{
    int ret = lac_check_combine(be, mat, mask, fy, count, y);

    if (ret == LAC_OK) {
        LAC_CUDA_TYPED(y->type, T, ret = combine<T>(be, mat, mask, fy, count, y))
    }
    return ret;
}

int lac_cuda_probe(LacBackend *be)
{
    cudaFuncAttributes attributes;
    int ret = lac_cuda_begin(be), sm = lac_cuda(be)->sm;

    if (ret < 0) {
        return ret;
    }
    if (cudaFuncGetAttributes(&attributes, (const void *)each_kernel<Cast<float, __half>>) != cudaSuccess) {
        (void)cudaGetLastError();
        return lac_fail(be->log, LAC_EDEVICE, "device cuda:%d: liblac_cuda.so holds no code for its compute capability "
                        "%d.%d; build with CUDA_ARCHS=%d or use device=cpu", lac_cuda(be)->index, sm / 10, sm % 10, sm);
    }
    return LAC_OK;
}
