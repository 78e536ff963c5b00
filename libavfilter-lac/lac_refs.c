/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A list of references, and the option refs.
 */

#include <string.h>

#include "libavutil/avstring.h"
#include "libavutil/error.h"
#include "libavutil/mem.h"
#include "libavutil/parseutils.h"

#include "lac_compat.h"
#include "lac_refs.h"

void ff_lac_ref_free(LacRef *ref)
{
    av_freep(&ref->color);
    av_freep(&ref->line);
    av_freep(&ref->source);
}

void ff_lac_refs_free(LacRefList *list)
{
    for (int i = 0; i < list->nb_refs; i++)
        ff_lac_ref_free(&list->refs[i]);
    av_freep(&list->refs);
    list->nb_refs = 0;
}

int ff_lac_refs_add(LacRefList *list, LacRef *ref)
{
    LacRef *refs;

    if (!ref->color || !ref->source)
        goto nomem;
    refs = av_realloc_array(list->refs, list->nb_refs + 1, sizeof(*refs));
    if (!refs)
        goto nomem;
    list->refs = refs;
    list->refs[list->nb_refs++] = *ref;
    return 0;

nomem:
    ff_lac_ref_free(ref);
    return AVERROR(ENOMEM);
}

int ff_lac_ref_when(LacRef *ref, const char *text, void *log)
{
    if (!strcmp(text, "*")) {
        ref->when = LAC_WHEN_NEVER;
        return 0;
    }
    if (text[0] == '#') {
        int64_t n = 0;
        const char *p = text + 1;

        while (*p >= '0' && *p <= '9' && n <= LAC_MAX_FRAME_NUMBER)
            n = 10 * n + *p++ - '0';
        if (p == text + 1 || *p || n > LAC_MAX_FRAME_NUMBER) {
            av_log(log, AV_LOG_ERROR, "%s: '%s' is no frame number; #N with N from 0 to %d is accepted\n",
                   ref->source, text, LAC_MAX_FRAME_NUMBER);
            return AVERROR(EINVAL);
        }
        ref->when = LAC_WHEN_FRAME;
        ref->time = n;
        return 0;
    }
    ref->when = LAC_WHEN_TIME;
    if (av_parse_time(&ref->time, text, 1) < 0) {
        av_log(log, AV_LOG_ERROR, "%s: '%s' is no time; seconds (2.5), HH:MM:SS.m, #N for frame N, or * for a "
               "model sheet are accepted\n", ref->source, text);
        return AVERROR(EINVAL);
    }
    return 0;
}

int ff_lac_ref_check(const LacRef *ref, void *log)
{
    if (!*ref->color || (ref->line && !*ref->line)) {
        av_log(log, AV_LOG_ERROR, "%s: a file name is empty\n", ref->source);
        return AVERROR(EINVAL);
    }
    if (ref->when == LAC_WHEN_NEVER && !ref->line) {
        av_log(log, AV_LOG_ERROR, "%s: a model sheet is no frame of the video, so it must bring its own line art: "
               "*=color.png+line.png, in a list file '* color.png line.png'\n", ref->source);
        return AVERROR(EINVAL);
    }
    return 0;
}

int ff_lac_refs_parse(LacRefList *list, const char *refs, void *log)
{
    const char *p = refs;

    for (;;) {
        const char *begin = p;
        LacRef ref = { 0 };
        char *when = av_get_token(&p, "=|");
        int has_file = *p == '=';
        int ret;

        if (!when)
            return AVERROR(ENOMEM);
        if (has_file) {
            p++;
            ref.color = av_get_token(&p, "+|");
            if (*p == '+') {
                p++;
                ref.line = av_get_token(&p, "|");
                if (!ref.line)
                    av_freep(&ref.color);
            }
        }
        ref.source = av_asprintf("refs: '%.*s'", (int)FFMIN(p - begin, 4096), begin);
        if (!ref.source || (has_file && !ref.color)) {
            ret = AVERROR(ENOMEM);
        } else if (!has_file) {
            av_log(log, AV_LOG_ERROR, "%s: no '=' in it; TIME=FILE is accepted, several separated by '|'\n",
                   ref.source);
            ret = AVERROR(EINVAL);
        } else {
            ret = ff_lac_ref_when(&ref, when, log);
            if (ret >= 0)
                ret = ff_lac_ref_check(&ref, log);
        }
        av_free(when);
        if (ret < 0) {
            ff_lac_ref_free(&ref);
            return ret;
        }
        ret = ff_lac_refs_add(list, &ref);
        if (ret < 0)
            return ret;
        if (*p != '|')
            return 0;
        p++;
    }
}
