/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The references of lineartcolor as the user writes them: options refs and reffile.
 */
#ifndef AVFILTER_LAC_REFS_H
#define AVFILTER_LAC_REFS_H

#include <stdint.h>

#include <liblac/lac.h>

#define LAC_MAX_FRAME_NUMBER 1000000000 ///< in "#N"

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
 * lac_reffile.c.
 * @return as ff_lac_refs_parse
 */
int ff_lac_refs_read(LacRefList *list, const char *reffile, void *log);

void ff_lac_refs_free(LacRefList *list);

/* What both options need for one reference. */

/** Free what ref points to. */
void ff_lac_ref_free(LacRef *ref);

/** Move ref into the list; it is freed in any case. @return 0, or AVERROR(ENOMEM) */
int ff_lac_refs_add(LacRefList *list, LacRef *ref);

/** Read TIME: "*", "#N" or a time as FFmpeg writes it. Numbers are read without the locale.
 * @return 0, or a negative AVERROR after logging */
int ff_lac_ref_when(LacRef *ref, const char *text, void *log);

/** Check what holds for a reference however it was written. @return 0, or a negative AVERROR after logging */
int ff_lac_ref_check(const LacRef *ref, void *log);

#endif /* AVFILTER_LAC_REFS_H */
