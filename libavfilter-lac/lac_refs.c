/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Parsing of the options refs and reffile, and the loader for references that are not PNG.
 */

#include <stdio.h>
#include <string.h>

#include "libavutil/avassert.h"
#include "libavutil/avstring.h"
#include "libavutil/error.h"
#include "libavutil/file.h"
#include "libavutil/imgutils.h"
#include "libavutil/mem.h"
#include "libavutil/parseutils.h"
#include "libavutil/pixdesc.h"
#include "libavformat/avformat.h"
#include "libswscale/swscale.h"

#include "lac_compat.h"
#include "lac_refs.h"

#define MAX_FRAME_NUMBER 1000000000

static void ref_free(LacRef *ref)
{
    av_freep(&ref->color);
    av_freep(&ref->line);
    av_freep(&ref->source);
}

void ff_lac_refs_free(LacRefList *list)
{
    for (int i = 0; i < list->nb_refs; i++)
        ref_free(&list->refs[i]);
    av_freep(&list->refs);
    list->nb_refs = 0;
}

/* Moves ref into the list, which frees it in any case. */
static int list_add(LacRefList *list, LacRef *ref)
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
    ref_free(ref);
    return AVERROR(ENOMEM);
}

/* TIME: "*", "#N" or a time as FFmpeg writes it. Numbers are read without the locale. */
static int parse_when(LacRef *ref, const char *text, void *log)
{
    if (!strcmp(text, "*")) {
        ref->when = LAC_WHEN_NEVER;
        return 0;
    }
    if (text[0] == '#') {
        int64_t n = 0;
        const char *p = text + 1;

        while (*p >= '0' && *p <= '9' && n <= MAX_FRAME_NUMBER)
            n = 10 * n + *p++ - '0';
        if (p == text + 1 || *p || n > MAX_FRAME_NUMBER) {
            av_log(log, AV_LOG_ERROR, "%s: '%s' is no frame number; #N with N from 0 to %d is accepted\n",
                   ref->source, text, MAX_FRAME_NUMBER);
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

/* What holds for a reference however it was written. */
static int check_ref(const LacRef *ref, void *log)
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
            ret = parse_when(&ref, when, log);
            if (ret >= 0)
                ret = check_ref(&ref, log);
        }
        av_free(when);
        if (ret < 0) {
            ref_free(&ref);
            return ret;
        }
        ret = list_add(list, &ref);
        if (ret < 0)
            return ret;
        if (*p != '|')
            return 0;
        p++;
    }
}

/* path as seen from the directory dir ("" for the current one). */
static char *join(const char *dir, const char *path)
{
    if (!*dir || path[0] == '/' || path[0] == '\\' || (path[0] && path[1] == ':'))
        return av_strdup(path);
    return av_append_path_component(dir, path);
}

/* The directory of a file, without a trailing separator; "" for the current one. */
static char *dir_of(const char *file)
{
    size_t n = 0;

    for (size_t i = 0; file[i]; i++)
        if (file[i] == '/' || file[i] == '\\')
            n = i ? i : 1;
    return av_strndup(file, n);
}

/* The next word of a line, or NULL at its end; spaces belong to it inside quotes or after a backslash. */
static int next_word(char **word, const char **p)
{
    *word = NULL;
    *p += strspn(*p, " \t");
    if (!**p)
        return 0;
    *word = av_get_token(p, " \t");
    return *word ? 0 : AVERROR(ENOMEM);
}

/* One line of a list file. A '#' begins a comment unless a digit follows: then it is a frame number. */
static int parse_line(LacRefList *list, const char *reffile, const char *dir, int number, const char *line, void *log)
{
    LacRef ref = { 0 };
    char *when = NULL, *color = NULL, *art = NULL;
    const char *p = line + strspn(line, " \t");
    int ret;

    if (!*p || (*p == '#' && !(p[1] >= '0' && p[1] <= '9')))
        return 0;
    ref.source = av_asprintf("reffile: %s: line %d", reffile, number);
    if (!ref.source)
        return AVERROR(ENOMEM);
    if ((ret = next_word(&when, &p)) < 0 || (ret = next_word(&color, &p)) < 0)
        goto end;
    p += strspn(p, " \t");
    if (*p && *p != '#' && (ret = next_word(&art, &p)) < 0)
        goto end;
    p += strspn(p, " \t");
    if (!color || (*p && *p != '#')) {
        av_log(log, AV_LOG_ERROR, "%s: '%s' %s; 'TIME path [line-art path]' is accepted, with quotes '' "
               "around a path that holds spaces\n", ref.source, line, color ? "holds too many words" : "names no file");
        ret = AVERROR(EINVAL);
        goto end;
    }
    if ((ret = parse_when(&ref, when, log)) < 0)
        goto end;
    ref.color = *color ? join(dir, color) : av_strdup("");
    if (art)
        ref.line = *art ? join(dir, art) : av_strdup("");
    if (!ref.color || (art && !ref.line)) {
        ret = AVERROR(ENOMEM);
        goto end;
    }
    if ((ret = check_ref(&ref, log)) < 0)
        goto end;
    ret = list_add(list, &ref);
    memset(&ref, 0, sizeof(ref));

end:
    ref_free(&ref);
    av_free(when);
    av_free(color);
    av_free(art);
    return ret;
}

static int read_list(LacRefList *list, const char *reffile, void *log)
{
    uint8_t *data = NULL;
    size_t size = 0;
    char *dir = NULL;
    int ret = av_file_map(reffile, &data, &size, 0, NULL);

    if (ret < 0) {
        /* mmap refuses an empty file on some systems; that one is reported below as such */
        if (ret != AVERROR(EINVAL)) {
            av_log(log, AV_LOG_ERROR, "reffile: cannot read %s: %s; a list of lines 'TIME path [line-art path]' or "
                   "an image sequence pattern (keys/%%05d.png) is accepted\n", reffile,
                   ret == AVERROR(ENODEV) ? "it is no regular file" : av_err2str(ret));
            return ret;
        }
        size = 0;
    }
    if (size && memchr(data, 0, size)) {
        av_log(log, AV_LOG_ERROR, "reffile: %s is no text file; lines 'TIME path [line-art path]' are accepted, "
               "pictures themselves go into refs=TIME=FILE\n", reffile);
        ret = AVERROR(EINVAL);
        goto end;
    }
    dir = dir_of(reffile);
    if (!dir) {
        ret = AVERROR(ENOMEM);
        goto end;
    }
    ret = 0;
    for (size_t pos = 0, number = 1; pos < size && ret >= 0; number++) {
        size_t end = pos, n;
        char *line;

        if (!pos && size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)) /* an editor's byte order mark */
            pos = end = 3;
        while (end < size && data[end] != '\n')
            end++;
        n = end - pos;
        if (n && data[end - 1] == '\r')
            n--;
        line = av_strndup((const char *)data + pos, n);
        ret = line ? parse_line(list, reffile, dir, FFMIN(number, INT_MAX), line, log) : AVERROR(ENOMEM);
        av_free(line);
        pos = end + 1;
    }

end:
    av_free(dir);
    if (data)
        av_file_unmap(data, size);
    return ret;
}

/* The number for which the pattern gives this name, or -1. */
static int64_t pattern_number(const char *pattern, const char *name)
{
    for (const char *p = name; *p; p++) {
        char buf[1024];
        int64_t n = 0;

        if (*p < '0' || *p > '9')
            continue;
        for (const char *d = p; *d >= '0' && *d <= '9' && n <= MAX_FRAME_NUMBER; d++)
            n = 10 * n + *d - '0';
        if (n <= MAX_FRAME_NUMBER && av_get_frame_filename(buf, sizeof(buf), pattern, n) >= 0 && !strcmp(buf, name))
            return n;
    }
    return -1;
}

static int compare_time(const void *a, const void *b)
{
    const LacRef *x = a, *y = b;

    return FFDIFFSIGN(x->time, y->time);
}

/* keys/%05d.png: every file of the directory that fits, its number being the frame number. */
static int read_sequence(LacRefList *list, const char *pattern, void *log)
{
    AVIODirContext *dir = NULL;
    AVIODirEntry *entry = NULL;
    char *name = dir_of(pattern);
    const char *base;
    int ret;

    if (!name)
        return AVERROR(ENOMEM);
    base = pattern + strlen(name);
    base += strspn(base, "/\\");
    ret = avio_open_dir(&dir, *name ? name : ".", NULL);
    if (ret < 0) {
        av_log(log, AV_LOG_ERROR, "reffile: cannot list the directory of %s: %s\n", pattern, av_err2str(ret));
        av_free(name);
        return ret;
    }
    while ((ret = avio_read_dir(dir, &entry)) >= 0 && entry) {
        int64_t n = pattern_number(base, entry->name);

        if (n >= 0) {
            LacRef ref = { .when = LAC_WHEN_FRAME, .time = n };

            ref.color = join(name, entry->name);
            ref.source = av_asprintf("reffile: %s: frame %"PRId64, pattern, n);
            ret = list_add(list, &ref);
        }
        avio_free_directory_entry(&entry);
        if (ret < 0)
            break;
    }
    if (ret >= 0 && list->nb_refs)
        qsort(list->refs, list->nb_refs, sizeof(*list->refs), compare_time);
    avio_close_dir(&dir);
    av_free(name);
    return ret;
}

int ff_lac_refs_read(LacRefList *list, const char *reffile, void *log)
{
    char buf[1024];
    int ret;

    if (av_get_frame_filename(buf, sizeof(buf), reffile, 1) >= 0)
        ret = read_sequence(list, reffile, log);
    else
        ret = read_list(list, reffile, log);
    if (ret >= 0 && !list->nb_refs) {
        av_log(log, AV_LOG_ERROR, "reffile: %s holds no reference; a list of lines 'TIME path [line-art path]' or "
               "an image sequence pattern (keys/%%05d.png) is accepted\n", reffile);
        ret = AVERROR(EINVAL);
    }
    return ret;
}

int ff_lac_is_png(const char *file)
{
    static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    uint8_t head[8];
    FILE *f = fopen(file, "rb");
    int is_png = 1;

    if (f) {
        size_t n = fread(head, 1, sizeof(head), f);

        is_png = ferror(f) || (n == sizeof(head) && !memcmp(head, signature, sizeof(head)));
        fclose(f);
    }
    return is_png;
}

static int convert(uint8_t *dst[4], int dst_linesize[4], enum AVPixelFormat to, const AVFrame *src)
{
    const int w = src->width, h = src->height;
    struct SwsContext *sws;
    int ret = av_image_alloc(dst, dst_linesize, w, h, to, 16);

    if (ret < 0)
        return ret;
    sws = sws_getContext(w, h, src->format, w, h, to, SWS_BICUBIC | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND,
                         NULL, NULL, NULL);
    if (!sws) {
        av_freep(&dst[0]);
        return AVERROR(ENOSYS);
    }
    sws_scale(sws, (const uint8_t *const *)src->data, src->linesize, 0, h, dst, dst_linesize);
    sws_freeContext(sws);
    return 0;
}

int ff_lac_load_picture(LacPicture *pic, const char *file, void *log)
{
    uint8_t *out[4] = { NULL };
    int out_linesize[4];
    AVFrame *frame;
    int ret = lac_load_image(&frame, file, log);

    if (ret >= 0) {
        int wide = av_pix_fmt_desc_get(frame->format)->comp[0].depth > 8;

        ret = convert(out, out_linesize, wide ? AV_PIX_FMT_RGBA64 : AV_PIX_FMT_RGBA, frame);
        if (ret >= 0)
            *pic = (LacPicture) { .format = wide ? LAC_RGBA64 : LAC_RGBA32, .width = frame->width,
                                  .height = frame->height, .stride = out_linesize[0], .data = out[0] };
        av_frame_free(&frame);
    }
    /* ffmpeg would take the end of an empty file for the end of the stream and wait for ever */
    return ret == AVERROR_EOF || ret == AVERROR(EAGAIN) ? AVERROR_INVALIDDATA : ret;
}
