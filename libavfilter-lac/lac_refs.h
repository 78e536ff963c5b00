/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The references of lineartcolor as the user writes them: options refs and reffile.
 */
#ifndef AVFILTER_LAC_REFS_H
#define AVFILTER_LAC_REFS_H

#include <stdint.h>

#include <liblac/lac.h>

typedef struct LacRef {
    enum LacWhen when;
    int64_t time;   ///< microseconds or frame number, as when says
    char *color;    ///< picture file
    char *line;     ///< its line art, or NULL
    char *source;   ///< the words it was given by, for messages: "refs: 0=a.png"
} LacRef;

typedef struct LacRefList {
    LacRef *refs;
    int nb_refs;
} LacRefList;

/**
 * Parse TIME=FILE[+LINE]|... into list. Errors are logged to log.
 * @return 0, or a negative AVERROR; list may then hold some and is to be freed all the same
 */
int ff_lac_refs_parse(LacRefList *list, const char *refs, void *log);

/**
 * Read a list file (lines "TIME path [line-art path]"), or collect the files of an image sequence pattern.
 * @return as ff_lac_refs_parse
 */
int ff_lac_refs_read(LacRefList *list, const char *reffile, void *log);

void ff_lac_refs_free(LacRefList *list);

/**
 * Load a picture that is not PNG through libavformat and libavcodec.
 * @param pic filled in, LAC_RGBA32 or, with more than 8 bits, LAC_RGBA64; pic->data is to be freed with av_freep
 * @return 0, or a negative AVERROR after logging
 */
int ff_lac_load_picture(LacPicture *pic, const char *file, void *log);

/** @return 1 when the file begins as a PNG does or cannot be read (liblac says why), 0 when it is another format */
int ff_lac_is_png(const char *file);

#endif /* AVFILTER_LAC_REFS_H */
