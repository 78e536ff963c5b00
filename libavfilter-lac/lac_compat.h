/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What libavfilter 5.1 ... 8.x spell differently, so that the filter has one source.
 */
#ifndef AVFILTER_LAC_COMPAT_H
#define AVFILTER_LAC_COMPAT_H

#include "libavutil/buffer.h"
#include "libavutil/error.h"
#include "libavutil/frame.h"
#include "libavutil/internal.h"
#include "libavutil/mem.h"
#include "libavutil/version.h"

#include "avfilter.h"
#include "filters.h"
#include "formats.h"
#include "lavfutils.h"
#include "version.h"
#include "video.h"

#define LAC_LAVFI_7_1 (LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(10, 4, 100))
#define LAC_LAVFI_8_0 (LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(10, 9, 100)) /* released as 11 */
#define LAC_LAVFI_8_1 (LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(11, 5, 100)) /* 8.0 has 11.4, 8.1 11.14 */

#if !LAC_LAVFI_7_1
#include "internal.h"
#endif

/* Registration: 8.0 moved the public part of a filter into its member p. */
#if LAC_LAVFI_8_0
typedef FFFilter LacFilter;
#define LAC_PUBLIC(field) .p.field
#else
typedef AVFilter LacFilter;
#define LAC_PUBLIC(field) .field
#endif

static inline AVRational lac_frame_rate(AVFilterLink *link)
{
#if LAC_LAVFI_7_1
    return ff_filter_link(link)->frame_rate;
#else
    return link->frame_rate;
#endif
}

static inline AVBufferRef **lac_hw_frames(AVFilterLink *link)
{
#if LAC_LAVFI_7_1
    return &ff_filter_link(link)->hw_frames_ctx;
#else
    return &link->hw_frames_ctx;
#endif
}

/* A picture file, decoded; *out is NULL on failure. */
static inline int lac_load_image(AVFrame **out, const char *file, void *log)
{
#if LAC_LAVFI_8_1
    *out = NULL;
    return ff_load_image(out, file, log);
#else
    AVFrame *f = *out = av_frame_alloc();
    enum AVPixelFormat format;
    int ret;

    if (!f)
        return AVERROR(ENOMEM);
    ret = ff_load_image(f->data, f->linesize, &f->width, &f->height, &format, file, log);
    if (ret >= 0) {
        f->format = format;
        f->buf[0] = av_buffer_create(f->data[0], (size_t)f->linesize[0] * f->height, NULL, NULL, 0);
        if (!f->buf[0]) {
            av_freep(&f->data[0]);
            ret = AVERROR(ENOMEM);
        }
    }
    if (ret < 0)
        av_frame_free(out);
    return ret;
#endif
}

/* In the link's time base; 0 when not known. */
static inline int64_t lac_frame_duration(const AVFrame *frame)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}

/* Lists, ended by AV_PIX_FMT_NONE, for the only input and the only output. From 7.1 on ranges are negotiated too, but nothing is
 * asked for: swscale would call limited gray full and leave its samples as they are. The filter expands them itself. */
#if LAC_LAVFI_7_1
#define LAC_QUERY_FORMATS(func) FILTER_QUERY_FUNC2(func)
#define LAC_QUERY_ARGS const AVFilterContext *ctx, AVFilterFormatsConfig **in, AVFilterFormatsConfig **out
static inline int lac_set_formats(AVFilterFormatsConfig **in, AVFilterFormatsConfig **out,
                                  const enum AVPixelFormat *from, const enum AVPixelFormat *to)
{
    int ret = ff_formats_ref(ff_make_format_list((const int *)from), &in[0]->formats);

    if (ret < 0)
        return ret;
    return ff_formats_ref(ff_make_format_list((const int *)to), &out[0]->formats);
}
#define LAC_SET_FORMATS(from, to) lac_set_formats(in, out, from, to)
#else
#define LAC_QUERY_FORMATS(func) FILTER_QUERY_FUNC(func)
#define LAC_QUERY_ARGS AVFilterContext *ctx
static inline int lac_set_formats(AVFilterContext *ctx, const enum AVPixelFormat *from, const enum AVPixelFormat *to)
{
    int ret = ff_formats_ref(ff_make_format_list((const int *)from), &ctx->inputs[0]->outcfg.formats);

    if (ret < 0)
        return ret;
    return ff_formats_ref(ff_make_format_list((const int *)to), &ctx->outputs[0]->incfg.formats);
}
#define LAC_SET_FORMATS(from, to) lac_set_formats(ctx, from, to)
#endif

#endif /* AVFILTER_LAC_COMPAT_H */
