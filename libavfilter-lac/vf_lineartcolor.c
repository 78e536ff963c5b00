/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Reference-based colouring of line art with liblac: lineartcolor, and lineartcolor_cuda for frames in GPU memory.
 *
 * Translation only: line art goes in, liblac keeps its pixels packed while a frame waits for a
 * later reference, and everything else a frame carries waits here, in order, until its picture comes out.
 */

#include "config_components.h"

#include "libavutil/intreadwrite.h"
#include "libavutil/mathematics.h"
#include "libavutil/pixdesc.h"

#include "lac_filter.h"
#include "lac_options.h"

static av_cold int init(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;

    s->last_time = AV_NOPTS_VALUE;
    s->pending = av_fifo_alloc2(8, sizeof(AVFrame *), AV_FIFO_FLAG_AUTO_GROW);
    return s->pending ? 0 : AVERROR(ENOMEM);
}

static av_cold void uninit(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    AVFrame *frame;

    lac_close(&s->lac);
    av_freep(&s->rgba);
    av_buffer_unref(&s->hw_device);
    if (s->pending)
        while (av_fifo_read(s->pending, &frame, 1) >= 0)
            av_frame_free(&frame);
    av_fifo_freep2(&s->pending);
}

static enum LacFormat lac_format(enum AVPixelFormat format)
{
    switch (format) {
    case AV_PIX_FMT_GRAY8:  return LAC_GRAY8;
    case AV_PIX_FMT_GRAY16: return LAC_GRAY16;
    case AV_PIX_FMT_RGB24:  return LAC_RGB24;
    case AV_PIX_FMT_RGBA:
    case AV_PIX_FMT_PAL8:   return LAC_RGBA32; /* see expand_palette */
    case AV_PIX_FMT_RGB48:  return LAC_RGB48;
    default:                return LAC_RGBA64;
    }
}

/* The frame's time in microseconds, made up or moved where the stream has none or goes back: what liblac
 * matches with references has to ascend. */
static int64_t frame_time(AVFilterContext *ctx, const AVFrame *frame, int64_t duration)
{
    LineartColorContext *s = ctx->priv;
    AVFilterLink *inlink = ctx->inputs[0];
    int64_t time = frame->pts == AV_NOPTS_VALUE ? AV_NOPTS_VALUE
                 : av_rescale_q(frame->pts, inlink->time_base, AV_TIME_BASE_Q);

    if (time == AV_NOPTS_VALUE)
        time = s->last_time == AV_NOPTS_VALUE ? 0 : s->last_time + FFMAX(duration, 1);
    if (s->last_time != AV_NOPTS_VALUE && time <= s->last_time) {
        if (!s->warned_time)
            av_log(ctx, AV_LOG_WARNING, "timestamps do not ascend (%"PRId64" after %"PRId64" us): references given by "
                   "time may meet the wrong frame; references by frame number (#N) do not depend on them\n",
                   time, s->last_time);
        s->warned_time = 1;
        time = s->last_time + 1;
    }
    s->last_time = time;
    return time;
}

/* Gray line art in limited range, as monochrome H.264 and the like have it, to full range. */
static void expand_range(AVFrame *frame)
{
    for (int y = 0; y < frame->height; y++) {
        uint8_t *p = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        uint16_t *q = (uint16_t *)p;

        for (int x = 0; x < frame->width; x++)
            if (frame->format == AV_PIX_FMT_GRAY8)
                p[x] = av_clip_uint8(((p[x] - 16) * 255 + 109) / 219);
            else
                q[x] = av_clip_uint16((int)(((q[x] - 4096) * INT64_C(65535) + 28032) / 56064));
    }
}

/* Colours of a palette, which may be transparent, to RGBA. libavfilter takes pal8 for a format without alpha and would convert it
 * to RGB: drawings on nothing would be black all over. */
static int expand_palette(LineartColorContext *s, const AVFrame *frame, LacPicture *line)
{
    const uint32_t *palette = (const uint32_t *)frame->data[1];

    line->stride = 4 * (ptrdiff_t)frame->width;
    av_fast_malloc(&s->rgba, &s->rgba_size, (size_t)line->stride * frame->height);
    if (!s->rgba)
        return AVERROR(ENOMEM);
    line->data = s->rgba;
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *p = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        uint8_t *q = s->rgba + y * line->stride;

        for (int x = 0; x < frame->width; x++, q += 4)
            AV_WB32(q, palette[p[x]] << 8 | palette[p[x]] >> 24);
    }
    return 0;
}

/* False in an FFmpeg without CUDA, which has no lac_cuda.o to link with: calls of it are then no part of the program. */
#define IS_CUDA(s) (CONFIG_LINEARTCOLOR_CUDA_FILTER && (s)->cuda)

static int send_pixels(AVFilterContext *ctx, AVFrame **frame, int64_t duration)
{
    LineartColorContext *s = ctx->priv;
    LacPicture line = { .format = lac_format((*frame)->format), .width = (*frame)->width, .height = (*frame)->height };
    int ret;

    if (IS_CUDA(s))
        return ff_lac_cuda_send(ctx, *frame, frame_time(ctx, *frame, duration), duration);
    if ((*frame)->color_range == AVCOL_RANGE_MPEG && (line.format == LAC_GRAY8 || line.format == LAC_GRAY16)) {
        ret = ff_inlink_make_frame_writable(ctx->inputs[0], frame);
        if (ret < 0)
            return ret;
        expand_range(*frame);
    }
    line.data   = (*frame)->data[0];
    line.stride = (*frame)->linesize[0];
    if ((*frame)->format == AV_PIX_FMT_PAL8 && (ret = expand_palette(s, *frame, &line)) < 0)
        return ret;
    return ff_lac_error(lac_send_frame(s->lac, &line, frame_time(ctx, *frame, duration), duration));
}

/* Hands the pixels to liblac and keeps the rest of the frame. Takes the frame over in any case. */
static int take_frame(AVFilterContext *ctx, AVFrame *frame)
{
    LineartColorContext *s = ctx->priv;
    AVFilterLink *inlink = ctx->inputs[0];
    AVRational rate = lac_frame_rate(inlink);
    int64_t duration = lac_frame_duration(frame);
    int ret;

    if (duration > 0)
        duration = av_rescale_q(duration, inlink->time_base, AV_TIME_BASE_Q);
    else if (rate.num > 0 && rate.den > 0)
        duration = av_rescale_q(1, av_inv_q(rate), AV_TIME_BASE_Q);
    else
        duration = 0;

    ret = send_pixels(ctx, &frame, duration);
    if (ret < 0)
        goto fail;

    av_buffer_unref(&frame->hw_frames_ctx);
    for (int i = 0; i < FF_ARRAY_ELEMS(frame->buf); i++)
        av_buffer_unref(&frame->buf[i]);
    memset(frame->data, 0, sizeof(frame->data));
    memset(frame->linesize, 0, sizeof(frame->linesize));
    ret = av_fifo_write(s->pending, &frame, 1);
    if (ret < 0)
        goto fail;
    return 0;

fail:
    av_frame_free(&frame);
    return ret;
}

/* Frame metadata; nothing where it is not known. */
static int set_confidence(AVFrame *out, double confidence)
{
    char text[16];

    if (confidence < 0)
        return 0;
    snprintf(text, sizeof(text), "%.4f", confidence);
    return av_dict_set(&out->metadata, "lavfi.lineartcolor.confidence", text, 0);
}

static int emit_frame(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    AVFilterLink *outlink = ctx->outputs[0];
    AVFrame *out = ff_get_video_buffer(outlink, outlink->w, outlink->h), *props = NULL;
    LacPicture pic = { .format = lac_format(outlink->format), .width = outlink->w, .height = outlink->h };
    int ret;

    if (!out)
        return AVERROR(ENOMEM);
    pic.data   = out->data[0];
    pic.stride = out->linesize[0];
    ret = IS_CUDA(s) ? ff_lac_cuda_receive(ctx, out) : ff_lac_error(lac_receive_frame(s->lac, &pic));
    if (ret < 0)
        goto fail;
    if (av_fifo_read(s->pending, &props, 1) < 0) {
        ret = AVERROR_BUG;
        goto fail;
    }
    ret = av_frame_copy_props(out, props);
    av_frame_free(&props);
    if (ret < 0)
        goto fail;
    av_frame_remove_side_data(out, AV_FRAME_DATA_ICC_PROFILE); /* of the line art, not of the references' colours */
    ret = set_confidence(out, lac_confidence(s->lac));
    if (ret < 0)
        goto fail;
    if (IS_CUDA(s)) {
        ff_lac_cuda_props(ctx, out);
    } else {
        out->color_range = AVCOL_RANGE_JPEG;
        out->colorspace  = AVCOL_SPC_RGB;
    }
    return ff_filter_frame(outlink, out);

fail:
    av_frame_free(&out);
    return ret;
}

/* One step: give a frame, or take one, or note the end. Taken frames are packed at once, so they are taken
 * whether or not one is wanted. */
static int activate(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    AVFilterLink *inlink = ctx->inputs[0], *outlink = ctx->outputs[0];
    int ready = lac_ready(s->lac), ret;
    AVFrame *frame;

    FF_FILTER_FORWARD_STATUS_BACK(outlink, inlink);

    if (ready == 1 && ff_outlink_frame_wanted(outlink)) {
        ret = emit_frame(ctx);
        if (ret >= 0)
            ff_filter_set_ready(ctx, 100);
        return ret;
    }
    if (!s->status) {
        ret = ff_inlink_consume_frame(inlink, &frame);
        if (ret > 0)
            ret = take_frame(ctx, frame);
        else if (!ret && ff_inlink_acknowledge_status(inlink, &s->status, &s->status_pts))
            ret = ff_lac_error(lac_send_frame(s->lac, NULL, 0, 0));
        else if (!ret) {
            if (ready != 1)
                FF_FILTER_FORWARD_WANTED(outlink, inlink);
            return FFERROR_NOT_READY;
        }
        if (ret >= 0)
            ff_filter_set_ready(ctx, 100);
        return ret;
    }
    if (ready == LAC_EOF) {
        ff_outlink_set_status(outlink, s->status, s->status_pts);
        return 0;
    }
    return FFERROR_NOT_READY;
}

#if CONFIG_LINEARTCOLOR_FILTER
/* Gray sources stay gray; libavfilter turns others with colour into RGB, where coloured lines are seen, and those of more
 * than 8 bits into 16. The output follows the input's depth, unless what comes behind wants another. */
static int query_formats(LAC_QUERY_ARGS)
{
    static const enum AVPixelFormat line[] = { AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24, AV_PIX_FMT_RGBA, AV_PIX_FMT_GRAY16,
                                               AV_PIX_FMT_RGB48, AV_PIX_FMT_RGBA64, AV_PIX_FMT_PAL8, AV_PIX_FMT_NONE };
    static const enum AVPixelFormat opaque[] = { AV_PIX_FMT_RGB24, AV_PIX_FMT_RGB48, AV_PIX_FMT_NONE };
    static const enum AVPixelFormat alpha[] = { AV_PIX_FMT_RGBA, AV_PIX_FMT_RGBA64, AV_PIX_FMT_NONE };
    const LineartColorContext *s = ctx->priv;

    const int has_alpha = s->alpha && s->output == LAC_OUTPUT_COLOR && lac_has_alpha(s->lac);

    return LAC_SET_FORMATS(line, has_alpha ? alpha : opaque);
}

static av_cold int init_host(AVFilterContext *ctx)
{
    int ret = init(ctx);

    return ret < 0 ? ret : ff_lac_open(ctx, NULL);
}

static const AVOption lineartcolor_options[] = {
    LAC_OPTIONS
    { "device", "auto, cpu, ref (slow, plain C), cuda or cuda:N",
        OFFSET(device), AV_OPT_TYPE_STRING, { .str = "auto" }, 0, 0, FLAGS },
    { "alpha", "the output has alpha where the references have (0: they are put on white)",
        OFFSET(alpha), AV_OPT_TYPE_BOOL, { .i64 = 1 }, 0, 1, FLAGS },
    { NULL }
};

AVFILTER_DEFINE_CLASS(lineartcolor);

static const AVFilterPad lineartcolor_inputs[] = {
    {
        .name = "default",
        .type = AVMEDIA_TYPE_VIDEO,
    },
};

static const AVFilterPad lineartcolor_outputs[] = {
    {
        .name = "default",
        .type = AVMEDIA_TYPE_VIDEO,
    },
};

const LacFilter ff_vf_lineartcolor = {
    LAC_PUBLIC(name)        = "lineartcolor",
    LAC_PUBLIC(description) = NULL_IF_CONFIG_SMALL("Colour line art video from coloured reference frames."),
    LAC_PUBLIC(priv_class)  = &lineartcolor_class,
    .priv_size   = sizeof(LineartColorContext),
    .init        = init_host,
    .uninit      = uninit,
    .activate    = activate,
    FILTER_INPUTS(lineartcolor_inputs),
    FILTER_OUTPUTS(lineartcolor_outputs),
    LAC_QUERY_FORMATS(query_formats),
};
#endif

#if CONFIG_LINEARTCOLOR_CUDA_FILTER
/* liblac is opened when the input's CUDA context is known. */
static av_cold int init_cuda(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    int ret;

    s->cuda = 1;
    if ((ret = init(ctx)) < 0 || (ret = ff_lac_check_refs(ctx)) < 0)
        return ret;
    return ff_lac_cuda_check(ctx);
}

static const AVOption lineartcolor_cuda_options[] = {
    LAC_OPTIONS
    { "sw_format", "format of the output's pixels: yuv444p, nv12 or p010",
        OFFSET(sw_format), AV_OPT_TYPE_PIXEL_FMT, { .i64 = AV_PIX_FMT_YUV444P }, INT_MIN, INT_MAX, FLAGS },
    { NULL }
};

AVFILTER_DEFINE_CLASS(lineartcolor_cuda);

static const AVFilterPad lineartcolor_cuda_inputs[] = {
    {
        .name = "default",
        .type = AVMEDIA_TYPE_VIDEO,
    },
};

static const AVFilterPad lineartcolor_cuda_outputs[] = {
    {
        .name         = "default",
        .type         = AVMEDIA_TYPE_VIDEO,
        .config_props = ff_lac_cuda_config,
    },
};

const LacFilter ff_vf_lineartcolor_cuda = {
    LAC_PUBLIC(name)        = "lineartcolor_cuda",
    LAC_PUBLIC(description) = NULL_IF_CONFIG_SMALL("Colour line art video in CUDA frames from coloured reference frames."),
    LAC_PUBLIC(priv_class)  = &lineartcolor_cuda_class,
    .priv_size      = sizeof(LineartColorContext),
    .init           = init_cuda,
    .uninit         = uninit,
    .activate       = activate,
    .flags_internal = FF_FILTER_FLAG_HWFRAME_AWARE,
    FILTER_INPUTS(lineartcolor_cuda_inputs),
    FILTER_OUTPUTS(lineartcolor_cuda_outputs),
    FILTER_SINGLE_PIXFMT(AV_PIX_FMT_CUDA),
};
#endif
