/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal shift and gate of the refinement, cut into fixed blocks of pixels which the threads share. */
#include "ops/cpu/cpu.h"

#include <string.h>

#include <omp.h>

#define GANG 64    /* floats: a period is a multiple of every vector */
#define BLOCK 8192 /* elements of a block, about */

static int threads_for(const CpuBackend *cpu, size_t blocks)
{
    return blocks < (size_t)cpu->threads ? (int)blocks : cpu->threads;
}

/* How the shift cuts a frame. A frame whose channels come several times is made one copy after the other in a
 * tile, which is then dealt out to the pixels. */
typedef struct Shift {
    size_t c, copies, count;     /* count: elements of the input */
    size_t period;               /* multiple of c and of GANG */
    size_t block, blocks;        /* elements, a multiple of period */
    int threads;
    float *kernel;               /* [copies][3][period] */
    char *tiles;                 /* [threads][block], with copies alone */
} Shift;

static size_t shift_layout(Shift *s, char *base, size_t width)
{
    size_t used = 0;

    s->kernel = lac_cpu_piece(base, &used, s->copies * 3 * s->period, sizeof *s->kernel);
    s->tiles = lac_cpu_piece(base, &used, s->copies > 1 ? (size_t)s->threads * s->block : 0, width);
    return used;
}

static int shift_get(CpuBackend *cpu, const LacShiftDesc *d, Shift *s)
{
    size_t width = lac_type_size(d->frame->type), copy, tap, i;
    char *base;

    s->c = (size_t)d->frame->c;
    s->copies = (size_t)d->kernel->c / s->c;
    s->count = lac_tensor_count(d->frame);
    s->period = s->c;
    while (s->period % GANG) {
        s->period *= 2;
    }
    s->block = s->period * ((BLOCK + s->period - 1) / s->period);
    s->blocks = (s->count + s->block - 1) / s->block;
    s->threads = threads_for(cpu, s->blocks);
    base = lac_cpu_scratch(cpu, shift_layout(s, NULL, width));
    if (!base) {
        return LAC_ENOMEM;
    }
    shift_layout(s, base, width);
    for (copy = 0; copy < s->copies; copy++) {
        for (tap = 0; tap < 3; tap++) {
            const float *from = (const float *)d->kernel->data + tap * s->copies * s->c + copy * s->c;
            float *to = s->kernel + (copy * 3 + tap) * s->period;

            for (i = 0; i < s->period; i += s->c) {
                memcpy(to + i, from, s->c * sizeof *to);
            }
        }
    }
    return LAC_OK;
}

int lac_cpu_shift(LacBackend *be, const LacShiftDesc *d, LacTensor *y)
{
    CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_shift(be, d, y);
    bool bf16;
    size_t width, b;
    Shift s;

    if (ret < 0 || (ret = shift_get(cpu, d, &s)) < 0) {
        return ret;
    }
    bf16 = lac_is_bf16(y);
    width = lac_type_size(y->type);
#pragma omp parallel for num_threads(s.threads) schedule(static)
    for (b = 0; b < s.blocks; b++) {
        size_t at = b * s.block * width, left = s.count - b * s.block, count = left < s.block ? left : s.block, copy, i;
        const void *x[3] = { (const char *)d->before->data + at, (const char *)d->frame->data + at,
                             (const char *)d->after->data + at };
        char *out = (char *)y->data + at * s.copies;

        if (s.copies == 1) {
            cpu->kernels->shift(x, s.kernel, s.period, out, bf16, count);
            continue;
        }
        for (copy = 0; copy < s.copies; copy++) {
            char *tile = s.tiles + (size_t)omp_get_thread_num() * s.block * width, *to = out + copy * s.c * width;

            cpu->kernels->shift(x, s.kernel + copy * 3 * s.period, s.period, tile, bf16, count);
            for (i = 0; i < count; i += s.c, to += s.copies * s.c * width) {
                memcpy(to, tile + i * width, s.c * width);
            }
        }
    }
    return LAC_OK;
}

int lac_cpu_gate(LacBackend *be, const LacGateDesc *d, LacTensor *y)
{
    const CpuBackend *cpu = lac_cpu(be);
    int ret = lac_check_gate(be, d, y);
    size_t c, pixels, block, blocks, width, b;
    bool bf16;

    if (ret < 0) {
        return ret;
    }
    c = (size_t)y->c;
    pixels = lac_tensor_count(y) / c;
    block = (BLOCK + c - 1) / c;
    blocks = (pixels + block - 1) / block;
    bf16 = lac_is_bf16(y);
    width = lac_type_size(y->type);
#pragma omp parallel for num_threads(threads_for(cpu, blocks)) schedule(static)
    for (b = 0; b < blocks; b++) {
        size_t at = b * block * c * width, left = pixels - b * block;

        cpu->kernels->gate((const char *)d->x->data + 2 * at,
                           d->residual ? (const char *)d->residual->data + at : NULL, (char *)y->data + at, bf16,
                           left < block ? left : block, c, d->slope);
    }
    return LAC_OK;
}
