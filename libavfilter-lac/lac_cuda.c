/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Frames of lineartcolor_cuda: FFmpeg's CUDA frames are read and written by liblac in FFmpeg's own context and stream.
 */

#include "libavutil/hwcontext.h"
#include "libavutil/hwcontext_cuda_internal.h"
#include "libavutil/pixdesc.h"

#include "lac_filter.h"

static int lac_planes(enum AVPixelFormat format, enum LacPlanes *planes)
{
    switch (format) {
    case AV_PIX_FMT_NV12:    *planes = LAC_PLANES_NV12;    return 1;
    case AV_PIX_FMT_P010:    *planes = LAC_PLANES_P010;    return 1;
    case AV_PIX_FMT_YUV420P: *planes = LAC_PLANES_YUV420P; return 1;
    case AV_PIX_FMT_YUV444P: *planes = LAC_PLANES_YUV444P; return 1;
    default:                 return 0;
    }
}

static const char *format_name(enum AVPixelFormat format)
{
    const char *name = av_get_pix_fmt_name(format);

    return name ? name : "none";
}

int ff_lac_cuda_check(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;

    if (s->sw_format != AV_PIX_FMT_YUV444P && s->sw_format != AV_PIX_FMT_NV12 && s->sw_format != AV_PIX_FMT_P010) {
        av_log(ctx, AV_LOG_ERROR, "sw_format: %s cannot be written; yuv444p, nv12 and p010 can\n",
               format_name(s->sw_format));
        return AVERROR(EINVAL);
    }
    return 0;
}

/* Frames of the output, in the device of the input's. */
static int make_pool(AVFilterLink *outlink, AVBufferRef *device, int width, int height)
{
    LineartColorContext *s = outlink->src->priv;
    AVBufferRef *ref = av_hwframe_ctx_alloc(device);
    AVHWFramesContext *frames;
    int ret;

    if (!ref)
        return AVERROR(ENOMEM);
    frames            = (AVHWFramesContext *)ref->data;
    frames->format    = AV_PIX_FMT_CUDA;
    frames->sw_format = s->sw_format;
    frames->width     = width;
    frames->height    = height;
    ret = av_hwframe_ctx_init(ref);
    if (ret < 0) {
        av_log(outlink->src, AV_LOG_ERROR, "no CUDA frames of %s, %dx%d, for the output: %s\n",
               format_name(s->sw_format), width, height, av_err2str(ret));
        av_buffer_unref(&ref);
        return ret;
    }
    av_buffer_unref(lac_hw_frames(outlink));
    *lac_hw_frames(outlink) = ref;
    return 0;
}

int ff_lac_cuda_config(AVFilterLink *outlink)
{
    AVFilterContext *ctx = outlink->src;
    AVFilterLink *inlink = ctx->inputs[0];
    LineartColorContext *s = ctx->priv;
    AVBufferRef *ref = *lac_hw_frames(inlink);
    const AVHWFramesContext *frames;
    const AVCUDADeviceContext *device;
    enum LacPlanes planes;
    int ret;

    if (!ref) {
        av_log(ctx, AV_LOG_ERROR, "the input has no CUDA frames context: decode with -hwaccel cuda "
               "-hwaccel_output_format cuda, or put hwupload_cuda before this filter\n");
        return AVERROR(EINVAL);
    }
    frames = (const AVHWFramesContext *)ref->data;
    if (frames->format != AV_PIX_FMT_CUDA || !lac_planes(frames->sw_format, &planes)) {
        av_log(ctx, AV_LOG_ERROR, "the input's frames are %s in %s; nv12, p010, yuv420p and yuv444p in cuda are accepted: "
               "put format=yuv420p or the like before hwupload_cuda, or scale_cuda=format=nv12 before this filter\n",
               format_name(frames->sw_format), format_name(frames->format));
        return AVERROR(ENOSYS);
    }
    s->sw_input = frames->sw_format;
    device = frames->device_ctx->hwctx;
    lac_close(&s->lac);
    av_buffer_unref(&s->hw_device);
    s->hw_device = av_buffer_ref(frames->device_ref);
    if (!s->hw_device)
        return AVERROR(ENOMEM);
    ret = ff_lac_open(ctx, &(LacCudaHost){ device->cuda_ctx, device->stream });
    if (ret < 0)
        return ret;
    return make_pool(outlink, frames->device_ref, inlink->w, inlink->h);
}

static void set_planes(LacDevicePicture *pic, const AVFrame *frame)
{
    pic->width  = frame->width;
    pic->height = frame->height;
    for (int i = 0; i < FF_ARRAY_ELEMS(pic->plane); i++) {
        pic->plane[i]  = (uintptr_t)frame->data[i];
        pic->stride[i] = frame->linesize[i];
    }
}

/* The matrix of the output is that of the input, where that is one of YUV's common ones, else BT.709. */
static enum AVColorSpace choose_matrix(enum AVColorSpace in, enum LacMatrix *matrix)
{
    switch (in) {
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:  *matrix = LAC_MATRIX_BT601;  return in;
    case AVCOL_SPC_BT2020_NCL: *matrix = LAC_MATRIX_BT2020; return in;
    default:                   *matrix = LAC_MATRIX_BT709;  return AVCOL_SPC_BT709;
    }
}

int ff_lac_cuda_send(AVFilterContext *ctx, const AVFrame *frame, int64_t time, int64_t duration)
{
    LineartColorContext *s = ctx->priv;
    LacDevicePicture line = { .full_range = frame->color_range == AVCOL_RANGE_JPEG };

    set_planes(&line, frame);
    if (!lac_planes(s->sw_input, &line.planes))
        return AVERROR_BUG;
    s->matrix = frame->colorspace;
    return ff_lac_error(lac_send_device_frame(s->lac, &line, time, duration));
}

int ff_lac_cuda_receive(AVFilterContext *ctx, AVFrame *out)
{
    LineartColorContext *s = ctx->priv;
    LacDevicePicture pic = { 0 };

    set_planes(&pic, out);
    if (!lac_planes(s->sw_format, &pic.planes))
        return AVERROR_BUG;
    choose_matrix(s->matrix, &pic.matrix);
    return ff_lac_error(lac_receive_device_frame(s->lac, &pic));
}

void ff_lac_cuda_props(AVFilterContext *ctx, AVFrame *out)
{
    const LineartColorContext *s = ctx->priv;
    enum LacMatrix matrix;

    out->colorspace      = choose_matrix(s->matrix, &matrix);
    out->color_range     = AVCOL_RANGE_MPEG;
    out->chroma_location = s->sw_format == AV_PIX_FMT_YUV444P ? AVCHROMA_LOC_UNSPECIFIED : AVCHROMA_LOC_LEFT;
}
