/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations that touch each element once, cut into fixed blocks which the threads share. */
#include "ops/cpu/cpu.h"

#define BLOCK 16384 /* elements; a multiple of every vector */

static size_t blocks(size_t count)
{
    return (count + BLOCK - 1) / BLOCK;
}

static size_t block_length(size_t count, size_t block)
{
    size_t left = count - block * BLOCK;

    return left < BLOCK ? left : BLOCK;
}

static void *element(const void *data, bool bf16, size_t i)
{
    return (char *)data + i * (bf16 ? sizeof(uint16_t) : sizeof(float));
}

/* Threads for this many elements: starting one for a few hundred costs more than the work. */
static int threads_for(const CpuBackend *cpu, size_t count)
{
    size_t n = blocks(count);

    return n < (size_t)cpu->threads ? (int)n : cpu->threads;
}

static void convert(const CpuBackend *cpu, const void *x, bool x_bf16, void *y, bool y_bf16, size_t count)
{
    size_t i;

#pragma omp parallel for num_threads(threads_for(cpu, count)) schedule(static)
    for (i = 0; i < blocks(count); i++) {
        cpu->kernels->convert(element(x, x_bf16, i * BLOCK), x_bf16, element(y, y_bf16, i * BLOCK), y_bf16,
                              block_length(count, i));
    }
}

int lac_cpu_upload(LacBackend *be, const float *src, LacTensor *dst)
{
    convert(lac_cpu(be), src, false, dst->data, lac_is_bf16(dst), lac_tensor_count(dst));
    return LAC_OK;
}

int lac_cpu_download(LacBackend *be, const LacTensor *src, float *dst)
{
    convert(lac_cpu(be), src->data, lac_is_bf16(src), dst, false, lac_tensor_count(src));
    return LAC_OK;
}

int lac_cpu_convert(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_convert(be, x, y);

    if (ret < 0) {
        return ret;
    }
    convert(lac_cpu(be), x->data, lac_is_bf16(x), y->data, lac_is_bf16(y), lac_tensor_count(x));
    return LAC_OK;
}

int lac_cpu_add(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y)
{
    const CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_add(be, a, b, y);
    size_t i, count;
    bool bf16;

    if (ret < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
    bf16 = lac_is_bf16(y);
#pragma omp parallel for num_threads(threads_for(cpu, count)) schedule(static)
    for (i = 0; i < blocks(count); i++) {
        cpu->kernels->add(element(a->data, bf16, i * BLOCK), element(b->data, bf16, i * BLOCK),
                          element(y->data, bf16, i * BLOCK), bf16, block_length(count, i));
    }
    return LAC_OK;
}

int lac_cpu_mask(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y)
{
    const CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_mask(be, a, b, y);
    size_t i, count;

    if (ret < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
#pragma omp parallel for num_threads(threads_for(cpu, count)) schedule(static)
    for (i = 0; i < blocks(count); i++) {
        cpu->kernels->sigmoid_add((const float *)a->data + i * BLOCK, (const float *)b->data + i * BLOCK,
                                  (float *)y->data + i * BLOCK, block_length(count, i));
    }
    return LAC_OK;
}

int lac_cpu_tanh(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    const CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_tanh(be, x, y);
    size_t i, count;

    if (ret < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
#pragma omp parallel for num_threads(threads_for(cpu, count)) schedule(static)
    for (i = 0; i < blocks(count); i++) {
        cpu->kernels->tanh((const float *)x->data + i * BLOCK, (float *)y->data + i * BLOCK,
                           block_length(count, i));
    }
    return LAC_OK;
}

/* Eq. 5 of one pixel is mat times the mean of 1 - n_i plus each fy_i times n_i m_i / K; references in groups,
 * the first of which brings mat. */
#define GROUP 8

int lac_cpu_combine(LacBackend *be, const LacTensor *mat, const LacTensor *const *mask, const LacTensor *const *fy,
                    int count, LacTensor *y)
{
    const CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_combine(be, mat, mask, fy, count, y);
    int area, p;

    if (ret < 0) {
        return ret;
    }
    area = y->h * y->w;
#pragma omp parallel for num_threads(threads_for(cpu, lac_tensor_count(y))) schedule(static)
    for (p = 0; p < area; p++) {
        const void *from = mat->data;
        float keep = 0;
        int i, first;

        for (i = 0; i < count; i++) {
            keep += 1 - ((const float *)mask[i]->data)[2 * (size_t)p + 1];
        }
        keep /= (float)count;
        for (first = 0; first < count; first += GROUP) {
            const void *z[GROUP];
            float b[GROUP];
            int n = count - first < GROUP ? count - first : GROUP;

            for (i = 0; i < n; i++) {
                const float *m = (const float *)mask[first + i]->data + 2 * (size_t)p;

                z[i] = fy[first + i]->data;
                b[i] = m[0] * m[1] / (float)count;
            }
            cpu->kernels->blend(from, keep, z, b, n, y->data, lac_is_bf16(y), (size_t)p * (size_t)y->c,
                                (size_t)y->c);
            from = y->data;
            keep = 1;
        }
    }
    return LAC_OK;
}

int lac_cpu_pool4(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_pool4(be, x, y);
    int rows, row;

    if (ret < 0) {
        return ret;
    }
    rows = y->n * y->h;
#pragma omp parallel for num_threads(threads_for(lac_cpu(be), lac_tensor_count(x))) schedule(static)
    for (row = 0; row < rows; row++) {
        size_t c = (size_t)y->c, stride = (size_t)x->w * c, w, ch, i;
        const float *src = (const float *)x->data + (size_t)row * 4 * stride;
        float *out = (float *)y->data + (size_t)row * (size_t)y->w * c;

        for (w = 0; w < (size_t)y->w; w++) {
            for (ch = 0; ch < c; ch++) {
                const float *s = src + 4 * w * c + ch;
                float sum = 0;

                for (i = 0; i < 4; i++, s += stride) {
                    sum += s[0] + s[c] + s[2 * c] + s[3 * c];
                }
                *out++ = sum / 16;
            }
        }
    }
    return LAC_OK;
}

/* Neighbours of output `i` of a 4x upsampling and the weight of the second, edges clamped. */
static float between(size_t i, size_t size, size_t *lo, size_t *hi)
{
    static const float weight[4] = { 0.625f, 0.875f, 0.125f, 0.375f };
    size_t at = i / 4;

    if (i % 4 < 2) {
        *lo = at ? at - 1 : 0;
        *hi = at;
    } else {
        *lo = at;
        *hi = at + 1 < size ? at + 1 : at;
    }
    return weight[i % 4];
}

int lac_cpu_upsample4_add(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_upsample4_add(be, x, y);
    int rows, row;
    size_t c, w;

    if (ret < 0) {
        return ret;
    }
    c = (size_t)y->c;
    w = (size_t)x->w;
    rows = y->n * y->h;
#pragma omp parallel for num_threads(threads_for(lac_cpu(be), lac_tensor_count(y))) schedule(static)
    for (row = 0; row < rows; row++) {
        size_t n = (size_t)(row / y->h), h0, h1, w0, w1, i, ch;
        float fh = between((size_t)(row % y->h), (size_t)x->h, &h0, &h1);
        const float *top = (const float *)x->data + (n * (size_t)x->h + h0) * w * c;
        const float *low = (const float *)x->data + (n * (size_t)x->h + h1) * w * c;
        float *out = (float *)y->data + (size_t)row * 4 * w * c;

        for (i = 0; i < 4 * w; i++) {
            float fw = between(i, w, &w0, &w1);
            float a = (1 - fh) * (1 - fw), b = (1 - fh) * fw, d = fh * (1 - fw), e = fh * fw;

            for (ch = 0; ch < c; ch++) {
                *out++ += a * top[w0 * c + ch] + b * top[w1 * c + ch] + d * low[w0 * c + ch] + e * low[w1 * c + ch];
            }
        }
    }
    return LAC_OK;
}
