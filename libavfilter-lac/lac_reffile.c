/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The option reffile: a list of references in a text file, or an image sequence.
 */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "libavutil/avstring.h"
#include "libavutil/error.h"
#include "libavutil/file.h"
#include "libavutil/mem.h"
#include "libavformat/avformat.h"

#include "lac_compat.h"
#include "lac_refs.h"

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
    if ((ret = ff_lac_ref_when(&ref, when, log)) < 0)
        goto end;
    ref.color = *color ? join(dir, color) : av_strdup("");
    if (art)
        ref.line = *art ? join(dir, art) : av_strdup("");
    if (!ref.color || (art && !ref.line)) {
        ret = AVERROR(ENOMEM);
        goto end;
    }
    if ((ret = ff_lac_ref_check(&ref, log)) < 0)
        goto end;
    ret = ff_lac_refs_add(list, &ref);
    memset(&ref, 0, sizeof(ref));

end:
    ff_lac_ref_free(&ref);
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
        for (const char *d = p; *d >= '0' && *d <= '9' && n <= LAC_MAX_FRAME_NUMBER; d++)
            n = 10 * n + *d - '0';
        if (n <= LAC_MAX_FRAME_NUMBER && av_get_frame_filename(buf, sizeof(buf), pattern, n) >= 0 && !strcmp(buf, name))
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
            ret = ff_lac_refs_add(list, &ref);
        }
        avio_free_directory_entry(&entry);
        if (ret < 0)
            break;
    }
    if (ret < 0)
        av_log(log, AV_LOG_ERROR, "reffile: cannot list the directory of %s: %s\n", pattern, av_err2str(ret));
    else if (list->nb_refs)
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
