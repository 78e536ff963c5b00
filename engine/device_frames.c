/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in GPU memory, in and out. */
#include "context.h"

#include <inttypes.h>

/* LAC_EINVAL, logged, unless the picture can be read (output: written) on the context's device. */
static int check(LacContext *ctx, const LacDevicePicture *p, const char *name, bool output)
{
    const bool known = (int)p->planes >= LAC_PLANES_NV12 && (int)p->planes <= LAC_PLANES_YUV444P;
    const bool planar = p->planes == LAC_PLANES_YUV420P || p->planes == LAC_PLANES_YUV444P;
    const int planes = !output ? 1 : planar ? 3 : 2, bytes = p->planes == LAC_PLANES_P010 ? 2 : 1;

    if (!lac_gpu_hosted(&ctx->device)) {
        return lac_fail(&ctx->log, LAC_EINVAL, "%s: it lies in GPU memory, and lac_open was given no CUDA context (`cuda` of the "
                        "settings) to reach it in", name);
    }
    if (!known) {
        return lac_fail(&ctx->log, LAC_EINVAL, "%s: its planes are %d, which is none of NV12, P010, YUV420P, YUV444P", name,
                        (int)p->planes);
    }
    if ((int)p->matrix < LAC_MATRIX_BT709 || (int)p->matrix > LAC_MATRIX_BT2020) {
        return lac_fail(&ctx->log, LAC_EINVAL, "%s: its matrix is %d, which is none of BT.709, BT.601, BT.2020", name,
                        (int)p->matrix);
    }
    if (p->width < 1 || p->height < 1 || p->width > LAC_MAX_SIDE || p->height > LAC_MAX_SIDE) {
        return lac_fail(&ctx->log, LAC_EINVAL, "%s: it is %dx%d; 1 to %d pixels a side are possible", name, p->width,
                        p->height, LAC_MAX_SIDE);
    }
    for (int i = 0; i < planes; i++) {
        const int half = i && p->planes != LAC_PLANES_YUV444P ? (p->width + 1) / 2 : p->width;
        const ptrdiff_t row = (ptrdiff_t)half * (i && !planar ? 2 : 1) * bytes;

        if (!p->plane[i] || p->stride[i] < row || p->stride[i] % bytes) {
            return lac_fail(&ctx->log, LAC_EINVAL, "%s: plane %d has no memory, or a stride of %td where a row has %td bytes",
                            name, i, p->stride[i], row);
        }
    }
    return LAC_OK;
}

int lac_send_device_frame(LacContext *ctx, const LacDevicePicture *line, int64_t time, int64_t duration)
{
    int err;

    if (!ctx || !line) {
        return lac_send_frame(ctx, NULL, time, duration);
    }
    err = check(ctx, line, "frame", false);
    err = err ? err : lac_gpu_enter(&ctx->device);
    if (!err) {
        err = lac_take_frame(ctx, &(LacIncoming){ line->width, line->height, NULL, line }, time, duration);
        lac_gpu_leave(&ctx->device);
    }
    return err;
}

/* Whether the next frame stays on the GPU until it is written. */
static bool stays(const LacContext *ctx)
{
    return ctx->window ? lac_window_there(ctx->window) : lac_stays(ctx, LAC_RGB24);
}

/* The next frame as RGB24 -> ctx->picture, or it stays on the GPU. */
static int fetch(LacContext *ctx)
{
    LacPicture picture = { LAC_RGB24, ctx->width, ctx->height, (ptrdiff_t)ctx->width * 3, NULL };
    int err = LAC_OK;

    if (ctx->held) {
        return LAC_OK;
    }
    ctx->there = stays(ctx);
    if (!ctx->there) {
        err = lac_need(ctx, &ctx->picture, 3);
        picture.data = ctx->picture;
    }
    err = err ? err : lac_give_frame(ctx, &picture);
    ctx->held = err == LAC_OK;
    return err;
}

static int write_frame(LacContext *ctx, const LacDevicePicture *out)
{
    if (!ctx->there) {
        return lac_gpu_write(ctx->gpu, ctx->picture, out);
    }
    return lac_gpu_write_there(ctx->gpu, ctx->window ? lac_window_given(ctx->window) : NULL, out);
}

int lac_receive_device_frame(LacContext *ctx, const LacDevicePicture *out)
{
    int err = lac_due(ctx);

    if (err) {
        return err;
    }
    if (!out) {
        return lac_fail(&ctx->log, LAC_EINVAL, "lac_receive_device_frame: no picture to write to");
    }
    err = check(ctx, out, "output picture", true);
    err = err ? err : lac_output_fits(ctx, out->width, out->height);
    err = err ? err : lac_gpu_enter(&ctx->device);
    if (err) {
        return err;
    }
    err = fetch(ctx);
    err = err ? err : write_frame(ctx, out);
    ctx->held = ctx->held && err != LAC_OK;
    lac_gpu_leave(&ctx->device);
    return err;
}
