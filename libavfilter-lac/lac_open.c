/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * From the filter's options to an open liblac with its references; liblac's messages and errors in FFmpeg's terms.
 */

#include "libavutil/mathematics.h"
#include "libavutil/mem.h"
#include "libavutil/pixdesc.h"

#include "lac_filter.h"
#include "lac_picture.h"
#include "lac_refs.h"

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

int ff_lac_error(int code)
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
        ret = ff_lac_error(lac_add_reference(s->lac, ref->when, time, ref->color, ref->line));
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
            ret = ff_lac_error(lac_add_reference_picture(s->lac, ref->when, time, ref->color, &color,
                                                    ref->line ? &line : NULL));
        av_freep(&color.data);
        av_freep(&line.data);
    }
    s->subject = NULL;
    return ret;
}

int ff_lac_check_refs(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;

    if (!s->refs == !s->reffile) {
        av_log(ctx, AV_LOG_ERROR, "%s: give the coloured references either as refs=TIME=FILE|TIME=FILE... or as "
               "reffile=LIST\n", s->refs ? "refs and reffile are both set" : "neither refs nor reffile is set");
        return AVERROR(EINVAL);
    }
    return 0;
}

static int add_references(AVFilterContext *ctx)
{
    LineartColorContext *s = ctx->priv;
    LacRefList list = { 0 };
    int ret;

    ret = s->refs ? ff_lac_refs_parse(&list, s->refs, ctx) : ff_lac_refs_read(&list, s->reffile, ctx);
    for (int i = 0; ret >= 0 && i < list.nb_refs; i++)
        ret = add_reference(ctx, &list.refs[i]);
    ff_lac_refs_free(&list);
    return ret;
}

int ff_lac_open(AVFilterContext *ctx, const LacCudaHost *cuda)
{
    LineartColorContext *s = ctx->priv;
    LacSettings settings;
    int ret = ff_lac_check_refs(ctx);

    if (ret < 0)
        return ret;
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
    settings.cuda      = cuda;
    ret = lac_open(&s->lac, &settings);
    if (ret == LAC_EIO || ret == LAC_EFORMAT || ret == LAC_EMODEL)
        av_log(ctx, AV_LOG_ERROR, "weights: %s cannot be used, for the reason above; a safetensors file of liblac's "
               "own is accepted, the default is the installed one\n", s->weights ? s->weights : "the default file");
    if (ret < 0)
        return ff_lac_error(ret);
    return add_references(ctx);
}
