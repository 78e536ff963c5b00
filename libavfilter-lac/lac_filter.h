/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the files of lineartcolor and lineartcolor_cuda share.
 */
#ifndef AVFILTER_LAC_FILTER_H
#define AVFILTER_LAC_FILTER_H

#include <liblac/lac.h>

#include "libavutil/fifo.h"
#include "libavutil/pixfmt.h"

#include "lac_compat.h"

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

    int cuda;               ///< this is lineartcolor_cuda
    enum AVPixelFormat sw_format; ///< lineartcolor_cuda: of the output
    enum AVPixelFormat sw_input;  ///< of the input
    enum AVColorSpace matrix;     ///< of the input; UNSPECIFIED where the output's is to be chosen
    AVBufferRef *hw_device;       ///< the CUDA context outlives liblac, whatever the links do

    LacContext *lac;        ///< lineartcolor_cuda: NULL until the links are configured
    const char *subject;    ///< what liblac is being asked for, put before its errors; NULL: nothing in particular
    AVFifo *pending;        ///< AVFrame *: properties without pixels of the frames inside liblac
    uint8_t *rgba;          ///< a palette frame as RGBA
    unsigned rgba_size;
    int64_t last_time;      ///< of the last frame sent, in microseconds
    int warned_time;
    int status;             ///< of the input, once acknowledged
    int64_t status_pts;
} LineartColorContext;

/** @return the AVERROR of a LacError */
int ff_lac_error(int code);

/**
 * Check that the references are given in one way, so that this is said before anything else happens.
 * @return 0, or a negative AVERROR after logging
 */
int ff_lac_check_refs(AVFilterContext *ctx);

/**
 * Open liblac with the options, and add the references.
 * @param cuda the context CUDA frames are in, or NULL
 * @return 0, or a negative AVERROR after logging
 */
int ff_lac_open(AVFilterContext *ctx, const LacCudaHost *cuda);

/* lineartcolor_cuda: lac_cuda.c */

/** Check the option sw_format. @return 0, or a negative AVERROR after logging */
int ff_lac_cuda_check(AVFilterContext *ctx);

/** config_props of the output: liblac in the input's CUDA context, and a pool of frames for the output. */
int ff_lac_cuda_config(AVFilterLink *outlink);

/** Send the pixels of a CUDA frame. @return 0, or a negative AVERROR after logging */
int ff_lac_cuda_send(AVFilterContext *ctx, const AVFrame *frame, int64_t time, int64_t duration);

/** Receive the next frame into a frame of the output's pool. @return 0, or a negative AVERROR after logging */
int ff_lac_cuda_receive(AVFilterContext *ctx, AVFrame *out);

/** Colour properties of a frame whose others are those of the input. */
void ff_lac_cuda_props(AVFilterContext *ctx, AVFrame *out);

#endif /* AVFILTER_LAC_FILTER_H */
