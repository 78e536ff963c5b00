/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Reference-based colouring of line art with liblac.
 *
 * Translation only: line art goes in, liblac keeps its pixels packed while a frame waits for a
 * later reference, and everything else a frame carries waits here, in order, until its picture comes out.
 */

#include <liblac/lac.h>

#include "libavutil/fifo.h"
#include "libavutil/mathematics.h"
#include "libavutil/opt.h"
#include "libavutil/pixdesc.h"
#include "libavutil/time.h"

#include "lac_compat.h"
#include "lac_refs.h"

typedef struct LineartColorContext {
    const AVClass *class;

    /* options */
    char *refs;
    char *reffile;
    int64_t offset;
    int lookahead;
    char *weights;
    char *device;
    int precision;
    int k;
    int size;
    int lines;
    int fill;
    int output;
    int gap;
    float scene;
    int alpha;
    int temporal;
    int window;
    int threads;

    LacContext *lac;
    const char *subject;    ///< what liblac is being asked for, put before its errors; NULL: nothing in particular
    AVFifo *pending;        ///< AVFrame *: properties without pixels of the frames inside liblac
    int64_t last_time;      ///< of the last frame sent, in microseconds
    int warned_time;
    int status;             ///< of the input, once acknowledged
    int64_t status_pts;
} LineartColorContext;

static void log_callback(void *opaque, enum LacLogLevel level, const char *message)
{
    static const int levels[] = {
        [LAC_LOG_ERROR]   = AV_LOG_ERROR,
        [LAC_LOG_WARNING] = AV_LOG_WARNING,
        [LAC_LOG_INFO]    = AV_LOG_INFO,
        [LAC_LOG_DEBUG]   = AV_LOG_DEBUG,
    };
    AVFilterContext *ctx = opaque;
    LineartColorContext *s = ctx->priv;
    int known = level >= 0 && level < FF_ARRAY_ELEMS(levels);

    if (s->subject && level <= LAC_LOG_WARNING)
        av_log(ctx, levels[level], "%s: %s\n", s->subject, message);
    else
        av_log(ctx, known ? levels[level] : AV_LOG_INFO, "%s\n", message);
}

static int averror(int code)
{
    switch (code) {
    case LAC_OK:         return 0;
    case LAC_EAGAIN:     return AVERROR(EAGAIN);
    case LAC_EOF:        return AVERROR_EOF;
    case LAC_EINVAL:     return AVERROR(EINVAL);
    case LAC_ENOMEM:     return AVERROR(ENOMEM);
    case LAC_EIO:        return AVERROR(EIO);
    case LAC_EFORMAT:    return AVERROR_INVALIDDATA;
    case LAC_EMODEL:     return AVERROR_INVALIDDATA;
    case LAC_EDEVICE:    return AVERROR(ENODEV);
    case LAC_EREFERENCE: return AVERROR(EINVAL);
    default:             return AVERROR_EXTERNAL;
    }
}

/* PNG files are read by liblac, so that every host sees the same colours; others go through FFmpeg's loader. */
static int add_reference(AVFilterContext *ctx, LacRef *ref)
{
    LineartColorContext *s = ctx->priv;
    LacPicture color = { 0 }, line = { 0 };
    int64_t time = ref->when == LAC_WHEN_TIME ? av_sat_add64(ref->time, s->offset) : ref->time;
    int ret;

    s->subject = ref->source;
    if (ff_lac_is_png(ref->color) && (!ref->line || ff_lac_is_png(ref->line))) {
        ret = averror(lac_add_reference(s->lac, ref->when, time, ref->color, ref->line));
    } else {
        const char *file = ref->color;

        ret = ff_lac_load_picture(&color, file, ctx);
        if (ret >= 0 && ref->line) {
            file = ref->line;
            ret = ff_lac_load_picture(&line, file, ctx);
        }
        if (ret < 0)
            av_log(ctx, AV_LOG_ERROR, "%s: %s is not a PNG file, nor a picture this FFmpeg can decode (%s); "
                   "a PNG file is accepted always\n", ref->source, file, av_err2str(ret));
        else
            ret = averror(lac_add_reference_picture(s->lac, ref->when, time, ref->color, &color,
                                                    ref->line ? &line : NULL));
        av_freep(&color.data);
        av_freep(&line.data);
    }
    s->subject = NULL;
    return ret;
}

static int add_references(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    LacRefList list = { 0 };
    int ret;

    if (!s->refs == !s->reffile) {
        av_log(ctx, AV_LOG_ERROR, "%s: give the coloured references either as refs=TIME=FILE|TIME=FILE... or as "
               "reffile=LIST\n", s->refs ? "refs and reffile are both set" : "neither refs nor reffile is set");
        return AVERROR(EINVAL);
    }
    ret = s->refs ? ff_lac_refs_parse(&list, s->refs, ctx) : ff_lac_refs_read(&list, s->reffile, ctx);
    for (int i = 0; ret >= 0 && i < list.nb_refs; i++)
        ret = add_reference(ctx, &list.refs[i]);
    ff_lac_refs_free(&list);
    return ret;
}

static av_cold int init(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    LacSettings settings;
    int ret;

    s->last_time = AV_NOPTS_VALUE;
    s->pending = av_fifo_alloc2(8, sizeof(AVFrame *), AV_FIFO_FLAG_AUTO_GROW);
    if (!s->pending)
        return AVERROR(ENOMEM);

    lac_settings_default(&settings);
    settings.weights   = s->weights;
    settings.device    = s->device;
    settings.precision = s->precision;
    settings.k         = s->k;
    settings.size      = s->size ? s->size : LAC_SIZE_NATIVE;
    settings.lookahead = s->lookahead < 0 ? 0 : s->lookahead ? s->lookahead : LAC_LOOKAHEAD_NONE;
    settings.lines     = s->lines;
    settings.fill      = s->fill;
    settings.output    = s->output;
    settings.gap       = s->gap ? s->gap : LAC_GAP_NONE;
    settings.temporal  = s->temporal;
    settings.window    = s->window;
    settings.scene     = s->scene > 0 ? s->scene : LAC_SCENE_NONE;
    /* libavfilter itself takes an option of this name off the filter string, for every filter */
    settings.threads   = s->threads ? s->threads : FFMAX(ctx->nb_threads, 0);
    settings.log       = log_callback;
    settings.log_opaque = ctx;
    ret = lac_open(&s->lac, &settings);
    if (ret == LAC_EIO || ret == LAC_EFORMAT || ret == LAC_EMODEL)
        av_log(ctx, AV_LOG_ERROR, "weights: %s cannot be used, for the reason above; a safetensors file of liblac's "
               "own is accepted, the default is the installed one\n", s->weights ? s->weights : "the default file");
    if (ret < 0)
        return averror(ret);
    return add_references(ctx);
}

static av_cold void uninit(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    AVFrame *frame;

    lac_close(&s->lac);
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
    case AV_PIX_FMT_RGBA:   return LAC_RGBA32;
    case AV_PIX_FMT_RGB48:  return LAC_RGB48;
    default:                return LAC_RGBA64;
    }
}

/* Gray sources stay gray; libavfilter turns others with colour into RGB, where coloured lines are seen, and those of more
 * than 8 bits into 16. The output follows the input's depth, unless what comes behind wants another. */
static int query_formats(LAC_QUERY_ARGS)
{
    static const enum AVPixelFormat line[] = { AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24, AV_PIX_FMT_RGBA, AV_PIX_FMT_GRAY16,
                                               AV_PIX_FMT_RGB48, AV_PIX_FMT_RGBA64, AV_PIX_FMT_NONE };
    static const enum AVPixelFormat opaque[] = { AV_PIX_FMT_RGB24, AV_PIX_FMT_RGB48, AV_PIX_FMT_NONE };
    static const enum AVPixelFormat alpha[] = { AV_PIX_FMT_RGBA, AV_PIX_FMT_RGBA64, AV_PIX_FMT_NONE };
    const LineartColorContext *s = ctx->priv;

    const int has_alpha = s->alpha && s->output == LAC_OUTPUT_COLOR && lac_has_alpha(s->lac);

    return LAC_SET_FORMATS(line, has_alpha ? alpha : opaque);
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

/* Hands the pixels to liblac and keeps the rest of the frame. Takes the frame over in any case. */
static int take_frame(AVFilterContext *ctx, AVFrame *frame)
{
    LineartColorContext *s = ctx->priv;
    AVFilterLink *inlink = ctx->inputs[0];
    AVRational rate = lac_frame_rate(inlink);
    LacPicture line = { .format = lac_format(frame->format), .width = frame->width, .height = frame->height };
    int64_t duration = lac_frame_duration(frame);
    int ret;

    if (duration > 0)
        duration = av_rescale_q(duration, inlink->time_base, AV_TIME_BASE_Q);
    else if (rate.num > 0 && rate.den > 0)
        duration = av_rescale_q(1, av_inv_q(rate), AV_TIME_BASE_Q);
    else
        duration = 0;

    if (frame->color_range == AVCOL_RANGE_MPEG && (line.format == LAC_GRAY8 || line.format == LAC_GRAY16)) {
        ret = ff_inlink_make_frame_writable(inlink, &frame);
        if (ret < 0)
            goto fail;
        expand_range(frame);
    }
    line.data   = frame->data[0];
    line.stride = frame->linesize[0];
    ret = averror(lac_send_frame(s->lac, &line, frame_time(ctx, frame, duration), duration));
    if (ret < 0)
        goto fail;

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
    ret = averror(lac_receive_frame(s->lac, &pic));
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
    ret = set_confidence(out, lac_confidence(s->lac));
    if (ret < 0)
        goto fail;
    out->color_range = AVCOL_RANGE_JPEG;
    out->colorspace  = AVCOL_SPC_RGB;
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
            ret = averror(lac_send_frame(s->lac, NULL, 0, 0));
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

#define OFFSET(x) offsetof(LineartColorContext, x)
#define FLAGS AV_OPT_FLAG_FILTERING_PARAM | AV_OPT_FLAG_VIDEO_PARAM

static const AVOption lineartcolor_options[] = {
    { "refs", "coloured references: TIME=FILE|TIME=FILE+LINEART|#FRAME=FILE|*=FILE+LINEART...",
        OFFSET(refs), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS },
    { "reffile", "references from a list file (lines TIME path [line-art path]) or an image sequence (keys/%05d.png)",
        OFFSET(reffile), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS },
    { "offset", "added to the times of references, in seconds",
        OFFSET(offset), AV_OPT_TYPE_DURATION, { .i64 = 0 }, INT64_MIN, INT64_MAX, FLAGS },
    { "lookahead", "most frames to wait for a later reference (-1: no limit, 0: none, zero delay)",
        OFFSET(lookahead), AV_OPT_TYPE_INT, { .i64 = -1 }, -1, INT_MAX, FLAGS },
    { "weights", "weights of the network, a safetensors file (default: $LAC_WEIGHTS, else the installed ones)",
        OFFSET(weights), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS },
    { "device", "auto, cpu, ref (slow, plain C), cuda or cuda:N",
        OFFSET(device), AV_OPT_TYPE_STRING, { .str = "auto" }, 0, 0, FLAGS },
    { "precision", "number format the network computes in",
        OFFSET(precision), AV_OPT_TYPE_INT, { .i64 = LAC_PRECISION_AUTO }, 0, LAC_PRECISION_FP16, FLAGS, "precision" },
        { "auto", "the fastest the device is good at", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_AUTO }, 0, 0, FLAGS, "precision" },
        { "fp32", "32-bit floats",  0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_FP32 }, 0, 0, FLAGS, "precision" },
        { "bf16", "16-bit bfloats", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_BF16 }, 0, 0, FLAGS, "precision" },
        { "fp16", "16-bit floats",  0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_FP16 }, 0, 0, FLAGS, "precision" },
    { "k", "references used per frame",
        OFFSET(k), AV_OPT_TYPE_INT, { .i64 = 2 }, 1, 8, FLAGS },
    { "size", "short side in pixels the network works at (64 and up, 0: the video's own)",
        OFFSET(size), AV_OPT_TYPE_INT, { .i64 = 384 }, 0, 8192, FLAGS },
    { "lines", "what becomes of the lines",
        OFFSET(lines), AV_OPT_TYPE_INT, { .i64 = LAC_LINES_REF }, 0, LAC_LINES_NONE, FLAGS, "lines" },
        { "ref",  "the input's lines in the colours the references' lines have", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_LINES_REF }, 0, 0, FLAGS, "lines" },
        { "keep", "the input's lines as they are, black over the colours", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_LINES_KEEP }, 0, 0, FLAGS, "lines" },
        { "none", "no lines, the colours filled in under them",  0, AV_OPT_TYPE_CONST, { .i64 = LAC_LINES_NONE }, 0, 0, FLAGS, "lines" },
    { "fill", "where the colours come from",
        OFFSET(fill), AV_OPT_TYPE_INT, { .i64 = LAC_FILL_AUTO }, 0, LAC_FILL_FLAT, FLAGS, "fill" },
        { "auto",     "transfer, and each closed region keeps to the colours of the reference regions it comes from", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_AUTO }, 0, 0, FLAGS, "fill" },
        { "transfer", "the references' pixels where they are found again, the network's colours elsewhere", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_TRANSFER }, 0, 0, FLAGS, "fill" },
        { "smooth",   "the network's colours", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_SMOOTH }, 0, 0, FLAGS, "fill" },
        { "flat",     "transfer, and each region in exact colours of the references", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_FLAT }, 0, 0, FLAGS, "fill" },
    { "output", "what comes out",
        OFFSET(output), AV_OPT_TYPE_INT, { .i64 = LAC_OUTPUT_COLOR }, 0, LAC_OUTPUT_REGIONS, FLAGS, "output" },
        { "color",      "the coloured frames", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_OUTPUT_COLOR }, 0, 0, FLAGS, "output" },
        { "confidence", "how likely each region's colours are right, from black to white", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_OUTPUT_CONFIDENCE }, 0, 0, FLAGS, "output" },
        { "regions",    "each closed region in a colour of its own", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_OUTPUT_REGIONS }, 0, 0, FLAGS, "output" },
    { "gap", "largest gap in the lines, in pixels, that still closes a region (not with fill=smooth)",
        OFFSET(gap), AV_OPT_TYPE_INT, { .i64 = 4 }, 0, 64, FLAGS },
    { "temporal", "make neighbouring frames agree, so that colours do not flicker",
        OFFSET(temporal), AV_OPT_TYPE_INT, { .i64 = LAC_TEMPORAL_AUTO }, 0, LAC_TEMPORAL_OFF, FLAGS, "temporal" },
        { "auto", "if the weights are trained for it and lookahead is not 0", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_TEMPORAL_AUTO }, 0, 0, FLAGS, "temporal" },
        { "on",   "always; by the line art alone where the weights are not",   0, AV_OPT_TYPE_CONST, { .i64 = LAC_TEMPORAL_ON },   0, 0, FLAGS, "temporal" },
        { "off",  "each frame by itself, without delay",                       0, AV_OPT_TYPE_CONST, { .i64 = LAC_TEMPORAL_OFF },  0, 0, FLAGS, "temporal" },
    { "window", "frames looked at together for that, which delays each by window - 1",
        OFFSET(window), AV_OPT_TYPE_INT, { .i64 = 8 }, 2, 64, FLAGS },
    { "scene", "difference of two frames that makes a cut; references of one shot do not serve another (0: no cuts)",
        OFFSET(scene), AV_OPT_TYPE_FLOAT, { .dbl = 0.5 }, 0, 1, FLAGS },
    { "alpha", "the output has alpha where the references have (0: they are put on white)",
        OFFSET(alpha), AV_OPT_TYPE_BOOL, { .i64 = 1 }, 0, 1, FLAGS },
    { "threads", "CPU threads (0: one per core)",
        OFFSET(threads), AV_OPT_TYPE_INT, { .i64 = 0 }, 0, 256, FLAGS },
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
    .init        = init,
    .uninit      = uninit,
    .activate    = activate,
    FILTER_INPUTS(lineartcolor_inputs),
    FILTER_OUTPUTS(lineartcolor_outputs),
    LAC_QUERY_FORMATS(query_formats),
};
