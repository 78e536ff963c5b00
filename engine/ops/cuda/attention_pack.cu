/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before and after the attention: keys and masked values into records, the mean queries of blocks, and the parts' sums
 * put together. */
#include "ops/cuda/attention.cuh"

#include <math.h>

#define LOG2E 1.4426950408889634

namespace {

/* One reference, as pack needs it. */
struct PackRef {
    const void *k, *v;
    const float *colour, *mask;
    AttentionPrior prior;
    int index;
};

/* Value of a record's column at key x of row y, in fp32. */
template <typename T>
__device__ float column_of(const AttentionShape &s, const PackRef &r, int y, int x, int column)
{
    size_t j = (size_t)y * s.w + x;
    int extra = column - s.extra;

    if (x >= s.w) {
        return 0;
    }
    if (column < s.dv) {
        return lac_load(static_cast<const T *>(r.v) + j * s.dv + column) * r.mask[2 * j];
    }
    if (column == s.one) {
        return 1;
    }
    if (extra >= 0 && extra < 3) {
        return r.colour[3 * j + extra];
    }
    if (s.low && extra >= s.low && extra < s.low + 3) {
        float colour = r.colour[3 * j + extra - s.low];
        T high;

        lac_store(&high, colour);
        return colour - lac_load(&high);
    }
    return 0;
}

template <typename T> __device__ float dimension_of(const AttentionShape &s, const PackRef &r, int y, int x, int at)
{
    size_t j = (size_t)y * s.w + lac_attention_least(x, s.w - 1);

    return at < s.d ? lac_load(static_cast<const T *>(r.k) + j * s.d + at) : 0;
}

/* One word of a record. Past a row's end the last key is repeated, which no query is nearer to, and weighs nothing. */
template <typename T> __device__ uint32_t word_of(const AttentionShape &s, const PackRef &r, AttentionGroup g, int i)
{
    bool key = i < s.k_words;
    int n = key ? i : i - s.k_words;
    float v[2];

    if (!s.steps) {
        return __float_as_uint(key ? dimension_of<T>(s, r, g.y, g.x + n % 16, n / 16) :
                               column_of<T>(s, r, g.y, g.x + n / s.columns, n % s.columns));
    }
    for (int half = 0; half < 2; half++) {
        AttentionPlace p = key ? lac_attention_key(n, half) : lac_attention_value(&s, n, half);

        v[half] = key ? dimension_of<T>(s, r, g.y, g.x + p.key, p.at) : column_of<T>(s, r, g.y, g.x + p.key, p.at);
    }
    return lac_pack2(v[0], v[1], T());
}

/* A thread block a group. */
template <typename T> __global__ void pack(AttentionArgs a, PackRef r)
{
    const AttentionShape &s = a.shape;
    int group = r.index * s.ref_groups + (int)blockIdx.x;
    AttentionGroup place = lac_attention_group(&s, group);
    uint32_t *record = a.records + (size_t)group * s.words;

    for (int i = threadIdx.x; i < s.words; i += blockDim.x) {
        record[i] = word_of<T>(s, r, place, i);
    }
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        a.prior[r.index] = r.prior;
    }
}

/* A thread block a block of queries; dimensions past d are 0. M: what the means are kept in. */
template <typename T, typename M> __global__ void means(AttentionArgs a)
{
    const AttentionShape &s = a.shape;
    int chunk = (int)blockIdx.x / ATTENTION_BLOCKS, block = blockIdx.x % ATTENTION_BLOCKS;
    int length = s.steps ? 16 * s.steps : s.d;

    for (int c = threadIdx.x; c < length; c += blockDim.x) {
        float sum = 0;

        for (int n = 0; c < s.d && n < 8; n++) {
            AttentionQuery q = lac_attention_query(&s, a.first + chunk, 8 * block + n);

            sum += lac_load(static_cast<const T *>(a.q) + ((size_t)q.y * s.w + q.x) * s.d + c);
        }
        lac_store(static_cast<M *>(a.mean) + (size_t)blockIdx.x * length + c, sum * 0.125f);
    }
}

/* A thread block a query: the parts' sums, each relative to its own power of two. */
template <typename T> __global__ void put_together(AttentionArgs a, T *mat, float *warped)
{
    const AttentionShape &s = a.shape;
    int chunk = (int)blockIdx.x / ATTENTION_CHUNK, n = blockIdx.x % ATTENTION_CHUNK;
    AttentionQuery q = lac_attention_query_unclamped(&s, a.first + chunk, n);
    size_t part = (size_t)a.slab * ATTENTION_CHUNK, p = (size_t)q.y * s.w + q.x;
    const float *top = a.top + blockIdx.x, *sums = a.sums + (size_t)blockIdx.x * s.columns;
    float most = ATTENTION_NOTHING;

    if (q.y >= s.h || q.x >= s.w) {
        return;
    }
    for (int i = 0; i < a.splits; i++) {
        most = fmaxf(most, top[i * part]);
    }
    for (int c = threadIdx.x; c < s.dv + 3; c += blockDim.x) {
        int column = c < s.dv ? c : s.extra + c - s.dv;
        float sum = 0, total = 0;

        for (int i = 0; i < a.splits; i++) {
            const float *from = sums + i * part * s.columns;
            float weight = exp2f(top[i * part] - most);

            sum += weight * (from[column] + (c >= s.dv && s.low ? from[column + s.low] : 0));
            total += weight * from[s.one];
        }
        if (c < s.dv) {
            lac_store(mat + p * s.dv + c, sum / total);
        } else {
            warped[3 * p + c - s.dv] = sum / total;
        }
    }
}

} // namespace

int lac_cuda_attention_pack(LacBackend *be, const AttentionArgs &a, const LacAttentionDesc *d)
{
    CudaBackend *cuda = lac_cuda(be);
    double unit = a.shape.h < a.shape.w ? a.shape.h : a.shape.w, bias = d->refs[0].bias;
    int ret = LAC_OK;

    for (int i = 1; i < d->count; i++) { /* the softmax does not change when all biases do */
        bias = fmax(bias, d->refs[i].bias);
    }
    for (int i = 0; !ret && i < d->count; i++) {
        const LacAttentionRef *ref = &d->refs[i];
        double y = ref->lambda * LOG2E / (unit * unit);
        PackRef r = { ref->k.data, ref->v.data, static_cast<const float *>(ref->colour.data),
                      static_cast<const float *>(ref->mask.data),
                      { (float)sqrt(y / a.scale), (float)sqrt(y), (float)((ref->bias - bias) * LOG2E), 0 }, i };

        LAC_CUDA_TYPED(d->q->type, T, LAC_LAUNCH(pack<T>, a.shape.ref_groups, 128, 0, cuda->stream, a, r));
        ret = lac_cuda_launched(be, "attention, packing");
    }
    return ret;
}

int lac_cuda_attention_means(LacBackend *be, const AttentionArgs &a, enum LacType type)
{
    CudaBackend *cuda = lac_cuda(be);
    int blocks = a.slab * ATTENTION_BLOCKS;

    if (a.shape.steps) {
        LAC_CUDA_TYPED(type, T, LAC_LAUNCH((means<T, T>), blocks, 32, 0, cuda->stream, a));
    } else {
        LAC_CUDA_TYPED(type, T, LAC_LAUNCH((means<T, float>), blocks, 32, 0, cuda->stream, a));
    }
    return lac_cuda_launched(be, "attention, mean queries");
}

int lac_cuda_attention_out(LacBackend *be, const AttentionArgs &a, const LacAttentionDesc *d)
{
    CudaBackend *cuda = lac_cuda(be);

    LAC_CUDA_TYPED(d->q->type, T,
                   LAC_LAUNCH(put_together<T>, a.slab * ATTENTION_CHUNK, 64, 0, cuda->stream, a,
                              static_cast<T *>(d->mat->data), static_cast<float *>(d->warped->data)));
    return lac_cuda_launched(be, "attention, output");
}
