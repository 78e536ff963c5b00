/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of frames on the GPU; see gpu_window.h. */
#include "gpu/gpu_window.h"

#include "gpu/gpu_state.h"

static size_t picture(const LacGpu *gpu)
{
    return (size_t)gpu->width * (size_t)gpu->height * 3;
}

/* ---- frames ---- */

int lac_gpu_slot_open(LacGpuSlot *s, LacGpu *gpu, const LacLineart *la, const LacMoves *moves)
{
    enum { PLANES = 10 }; /* those of colour and residual are three each */
    const size_t net = (size_t)la->net_width * (size_t)la->net_height;
    const size_t blocks = (size_t)moves->columns * (size_t)moves->rows;
    int err = LAC_OK;

    *s = (LacGpuSlot){ .gpu = gpu };
    s->rgb = lac_gpu_need(gpu, NULL, picture(gpu), &err);
    s->memory = lac_gpu_need(gpu, NULL, net * PLANES * sizeof *s->line + blocks, &err);
    if (!err) {
        s->line = s->memory;
        s->colour = s->line + net;
        s->residual = s->colour + 3 * net;
        s->link = s->residual + 3 * net;
        s->trust = s->link + net;
        s->differs = s->trust + net;
        s->moved = (uint8_t *)(s->differs + net);
    }
    return err;
}

void lac_gpu_slot_close(LacGpuSlot *s)
{
    if (s->gpu) {
        s->gpu->ops->free(s->gpu->dev->be, s->rgb);
        s->gpu->ops->free(s->gpu->dev->be, s->memory);
    }
    *s = (LacGpuSlot){ 0 };
}

int lac_gpu_slot_keep(LacGpuSlot *s)
{
    LacGpu *gpu = s->gpu;

    return gpu->settled ? gpu->ops->copy(gpu->dev->be, gpu->rgb, s->rgb, picture(gpu))
                        : lac_fail(gpu->log, LAC_EINVAL, "no frame is left on the GPU");
}

int lac_gpu_slot_send(LacGpuSlot *s, const uint8_t *rgb)
{
    return s->gpu->ops->up(s->gpu->dev->be, rgb, s->rgb, picture(s->gpu));
}

int lac_gpu_slot_fetch(const LacGpuSlot *s, uint8_t *rgb)
{
    return s->gpu->ops->down(s->gpu->dev->be, s->rgb, rgb, picture(s->gpu));
}

/* ---- a frame and the one before ---- */

/* moved: NULL if there is no frame before. The frames change places only when all went well. */
static int find_moves(LacGpu *gpu, const LacMoves *m, uint8_t *moved)
{
    const size_t compared = (size_t)m->width * (size_t)m->height;
    int err = LAC_OK;

    gpu->shrunk[0] = lac_gpu_need(gpu, gpu->shrunk[0], compared, &err);
    gpu->shrunk[1] = lac_gpu_need(gpu, gpu->shrunk[1], compared, &err);
    gpu->told = lac_gpu_need(gpu, gpu->told, (size_t)m->columns * (size_t)m->rows, &err);
    return err ? err
               : gpu->ops->moves(gpu->dev->be, &(CudaMoves){ m->native_width, m->shrink, m->width, m->height, m->columns, m->rows,
                                                            gpu->gray, gpu->shrunk[0], gpu->shrunk[1], gpu->told, moved });
}

int lac_gpu_slot_look(LacGpuSlot *s, LacGpuSlot *before, const LacLineart *la, const LacMoves *moves, int64_t index,
                      const uint8_t *gray)
{
    LacGpu *gpu = s->gpu;
    LacBackend *be = gpu->dev->be;
    const size_t net = (size_t)la->net_width * (size_t)la->net_height;
    int err = lac_gpu_gray(gpu, index, gray);
    uint8_t *swap;

    err = err ? err : lac_gpu_run_lineart(gpu, &gpu->window, la);
    err = err ? err : gpu->ops->copy(be, gpu->window.line, s->line, net * sizeof *s->line);
    err = err ? err : gpu->ops->lineart_colour(be, &gpu->window, s->rgb, s->colour);
    err = err ? err : find_moves(gpu, moves, before ? before->moved : NULL);
    if (!err && before) {
        err = gpu->ops->differ(be, before->line, s->line, la->net_height, la->net_width, before->differs);
    }
    if (err) {
        return err;
    }
    swap = gpu->shrunk[0];
    gpu->shrunk[0] = gpu->shrunk[1];
    gpu->shrunk[1] = swap;
    return LAC_OK;
}

/* ---- the network ---- */

int lac_gpu_window_input(void *opaque, int t, LacTensor *to)
{
    const LacGpuWindow *w = opaque;
    const LacGpuSlot *s = w->slot[t];
    CudaWindowInput in = { s->line, s->colour, t + 1 < w->count ? s->differs : NULL, w->reference[t], NULL };
    int err = LAC_OK;

    if (t == 0) {
        w->gpu->bad = lac_gpu_need(w->gpu, w->gpu->bad, sizeof *w->gpu->bad, &err);
        in.bad = w->gpu->bad;
    }
    return err ? err : w->gpu->ops->window_input(w->gpu->dev->be, &in, to);
}

int lac_gpu_window_answer(void *opaque, int t, const LacTensor *residual, const LacTensor *ties)
{
    const LacGpuWindow *w = opaque;
    const LacGpu *gpu = w->gpu;
    const LacGpuSlot *s = w->slot[t], *before = t ? w->slot[t - 1] : NULL;
    CudaWindowAnswer a = { .width = gpu->window.net_width, .height = gpu->window.net_height,
                           .said = residual ? residual->data : NULL, .ties = ties ? ties->data : NULL,
                           .reference = w->reference[t], .residual = s->residual, .trust = s->trust,
                           .gain = t + 1 < w->count ? s->link : NULL, .bad = gpu->bad };

    if (before) {
        a.before = (CudaWindowLink){ before->link, before->differs, before->colour, s->colour, before->moved,
                                     w->moves->columns, w->moves->width, w->moves->height };
    }
    return gpu->ops->window_answer(gpu->dev->be, &a);
}

int lac_gpu_window_sane(void *opaque, bool *yes)
{
    const LacGpu *gpu = ((const LacGpuWindow *)opaque)->gpu;
    int bad = 0;
    const int err = gpu->ops->down(gpu->dev->be, gpu->bad, &bad, sizeof bad);

    *yes = !bad;
    return err;
}

int lac_gpu_steady(LacGpu *gpu, const LacSteadyFrame *frames, int count, int first, int end)
{
    CudaSteady s = { .width = gpu->width, .height = gpu->height, .net_width = gpu->window.net_width,
                     .net_height = gpu->window.net_height, .count = count, .first = first, .end = end };

    for (int t = 0; t < count; t++) {
        const LacSteadyFrame *f = &frames[t];

        s.frame[t] = (CudaSteadyFrame){ f->rgb, f->residual, f->link, f->trust, f->weight, f->fixed };
    }
    return gpu->ops->steady(gpu->dev->be, &s);
}
