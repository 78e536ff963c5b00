/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instance norm and the global mean: moments of fixed blocks of pixels, joined in double in their order. */
#include "ops/cpu/cpu.h"

#include <math.h>

#include <omp.h>

#define GANG 64    /* floats: a period is a multiple of the vectors a kernel works on at once */
#define BLOCK 8192 /* elements of a block, about */

/* How a picture of `area` pixels and c channels is cut. */
typedef struct Cut {
    size_t c, area;
    size_t period;       /* elements after which a channel comes round at the same place of a vector */
    size_t block;        /* elements, a multiple of period */
    size_t blocks;
} Cut;

static Cut cut(const LacTensor *x)
{
    Cut k = { .c = (size_t)x->c, .area = (size_t)x->h * (size_t)x->w };

    k.period = k.c;
    while (k.period % GANG) {
        k.period *= 2;
    }
    k.block = k.period * ((BLOCK + k.period - 1) / k.period);
    k.blocks = (k.area * k.c + k.block - 1) / k.block;
    return k;
}

static size_t block_length(const Cut *k, size_t i)
{
    size_t left = k->area * k->c - i * k->block;

    return left < k->block ? left : k->block;
}

/* The scratch memory of a norm. */
typedef struct Work {
    double *mean, *square;       /* [c] */
    CpuAffine affine;
    float *means, *squares;      /* [blocks][c] */
    float *tiles;                /* [threads][2][period] */
    int threads;
} Work;

/* Bytes of scratch memory, and the pieces of it unless base is NULL. */
static size_t work_layout(const Cut *k, char *base, Work *w)
{
    size_t used = 0;

    w->affine.period = k->period;
    w->mean = lac_cpu_piece(base, &used, k->c, sizeof *w->mean);
    w->square = lac_cpu_piece(base, &used, k->c, sizeof *w->square);
    w->affine.mean = lac_cpu_piece(base, &used, k->period, sizeof *w->affine.mean);
    w->affine.scale = lac_cpu_piece(base, &used, k->period, sizeof *w->affine.scale);
    w->affine.shift = lac_cpu_piece(base, &used, k->period, sizeof *w->affine.shift);
    w->means = lac_cpu_piece(base, &used, k->blocks * k->c, sizeof *w->means);
    w->squares = lac_cpu_piece(base, &used, k->blocks * k->c, sizeof *w->squares);
    w->tiles = lac_cpu_piece(base, &used, (size_t)w->threads * 2 * k->period, sizeof *w->tiles);
    return used;
}

static int work_get(CpuBackend *cpu, const Cut *k, Work *w)
{
    char *base;

    w->threads = k->blocks < (size_t)cpu->threads ? (int)k->blocks : cpu->threads;
    base = lac_cpu_scratch(cpu, work_layout(k, NULL, w));
    if (!base) {
        return LAC_ENOMEM;
    }
    work_layout(k, base, w);
    return LAC_OK;
}

/* Mean and sum of squared deviations of every channel of one picture (Chan et al.'s pairwise update). */
static void picture_moments(const CpuBackend *cpu, const Cut *k, const Work *w, const char *x, bool bf16)
{
    size_t width = bf16 ? sizeof(uint16_t) : sizeof(float), i, c, pixels = 0;

#pragma omp parallel num_threads(w->threads)
    {
        float *tile = w->tiles + (size_t)omp_get_thread_num() * 2 * k->period;

#pragma omp for schedule(static)
        for (i = 0; i < k->blocks; i++) {
            cpu->kernels->moments(x + i * k->block * width, bf16, block_length(k, i), k->c, k->period, tile,
                                  tile + k->period, w->means + i * k->c, w->squares + i * k->c);
        }
    }
    for (c = 0; c < k->c; c++) {
        w->mean[c] = w->square[c] = 0;
    }
    for (i = 0; i < k->blocks; i++) {
        size_t more = block_length(k, i) / k->c, sum = pixels + more;
        double share = (double)more / (double)sum, cross = (double)pixels * share;

        for (c = 0; c < k->c; c++) {
            double delta = w->means[i * k->c + c] - w->mean[c];

            w->mean[c] += delta * share;
            w->square[c] += w->squares[i * k->c + c] + delta * delta * cross;
        }
        pixels = sum;
    }
}

static void fill_affine(const LacNormDesc *d, const Cut *k, const Work *w)
{
    const CpuAffine *a = &w->affine;
    size_t c, i;

    for (c = 0; c < k->c; c++) {
        double gamma = d->gamma ? ((const float *)d->gamma->data)[c] : 0;

        a->mean[c] = (float)w->mean[c];
        a->scale[c] = (float)((1 + gamma) / sqrt(w->square[c] / (double)k->area + (double)d->eps));
        a->shift[c] = d->beta ? ((const float *)d->beta->data)[c] : 0;
    }
    for (i = k->c; i < k->period; i++) {
        a->mean[i] = a->mean[i - k->c];
        a->scale[i] = a->scale[i - k->c];
        a->shift[i] = a->shift[i - k->c];
    }
}

int lac_cpu_norm(LacBackend *be, const LacNormDesc *d, LacTensor *y)
{
    CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_norm(be, d, y);
    bool bf16 = lac_is_bf16(y);
    size_t width = lac_type_size(y->type), i;
    Cut k;
    Work w;
    int n;

    if (ret < 0) {
        return ret;
    }
    k = cut(d->x);
    if ((ret = work_get(cpu, &k, &w)) < 0) {
        return ret;
    }
    for (n = 0; n < y->n; n++) {
        size_t base = (size_t)n * k.area * k.c * width;

        picture_moments(cpu, &k, &w, (const char *)d->x->data + base, bf16);
        fill_affine(d, &k, &w);
#pragma omp parallel for num_threads(w.threads) schedule(static)
        for (i = 0; i < k.blocks; i++) {
            size_t at = base + i * k.block * width;

            cpu->kernels->scale_shift((const char *)d->x->data + at,
                                      d->residual ? (const char *)d->residual->data + at : NULL,
                                      (char *)y->data + at, bf16, block_length(&k, i), &w.affine, d->relu);
        }
    }
    return LAC_OK;
}

int lac_cpu_mean(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_mean(be, x, y);
    size_t c;
    Cut k;
    Work w;
    int n;

    if (ret < 0) {
        return ret;
    }
    k = cut(x);
    if ((ret = work_get(cpu, &k, &w)) < 0) {
        return ret;
    }
    for (n = 0; n < x->n; n++) {
        picture_moments(cpu, &k, &w, (const char *)x->data + (size_t)n * k.area * k.c * lac_type_size(x->type),
                        lac_is_bf16(x));
        for (c = 0; c < k.c; c++) {
            ((float *)y->data)[(size_t)n * k.c + c] = (float)w.mean[c];
        }
    }
    return LAC_OK;
}
