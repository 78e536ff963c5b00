/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Picture files that are not PNG.
 */
#ifndef AVFILTER_LAC_PICTURE_H
#define AVFILTER_LAC_PICTURE_H

#include <liblac/lac.h>

/**
 * Load a picture that is not PNG through libavformat and libavcodec.
 * @param pic filled in, LAC_RGBA32 or, with more than 8 bits, LAC_RGBA64; pic->data is to be freed with av_freep
 * @return 0, or a negative AVERROR after logging
 */
int ff_lac_load_picture(LacPicture *pic, const char *file, void *log);

/** @return 1 when the file begins as a PNG does or cannot be read (liblac says why), 0 when it is another format */
int ff_lac_is_png(const char *file);

#endif /* AVFILTER_LAC_PICTURE_H */
