/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The options that lineartcolor and lineartcolor_cuda have in common.
 */
#ifndef AVFILTER_LAC_OPTIONS_H
#define AVFILTER_LAC_OPTIONS_H

#include "libavutil/opt.h"

#include "lac_filter.h"

#define OFFSET(x) offsetof(LineartColorContext, x)
#define FLAGS AV_OPT_FLAG_FILTERING_PARAM | AV_OPT_FLAG_VIDEO_PARAM

#define LAC_OPTIONS \
    { "refs", "coloured references: TIME=FILE|TIME=FILE+LINEART|#FRAME=FILE|*=FILE+LINEART...", \
        OFFSET(refs), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS }, \
    { "reffile", "references from a list file (lines TIME path [line-art path]) or an image sequence (keys/%05d.png)", \
        OFFSET(reffile), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS }, \
    { "offset", "added to the times of references, in seconds", \
        OFFSET(offset), AV_OPT_TYPE_DURATION, { .i64 = 0 }, INT64_MIN, INT64_MAX, FLAGS }, \
    { "lookahead", "most frames to wait for a later reference (-1: no limit, 0: none, zero delay)", \
        OFFSET(lookahead), AV_OPT_TYPE_INT, { .i64 = -1 }, -1, INT_MAX, FLAGS }, \
    { "weights", "weights of the network, a safetensors file (default: $LAC_WEIGHTS, else the installed ones)", \
        OFFSET(weights), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS }, \
    { "precision", "number format the network computes in", \
        OFFSET(precision), AV_OPT_TYPE_INT, { .i64 = LAC_PRECISION_AUTO }, 0, LAC_PRECISION_FP16, FLAGS, "precision" }, \
        { "auto", "the fastest the device is good at", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_AUTO }, 0, 0, FLAGS, "precision" }, \
        { "fp32", "32-bit floats",  0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_FP32 }, 0, 0, FLAGS, "precision" }, \
        { "bf16", "16-bit bfloats", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_BF16 }, 0, 0, FLAGS, "precision" }, \
        { "fp16", "16-bit floats",  0, AV_OPT_TYPE_CONST, { .i64 = LAC_PRECISION_FP16 }, 0, 0, FLAGS, "precision" }, \
    { "k", "references used per frame", \
        OFFSET(k), AV_OPT_TYPE_INT, { .i64 = 2 }, 1, 8, FLAGS }, \
    { "size", "short side in pixels the network works at (64 and up, 0: the video's own)", \
        OFFSET(size), AV_OPT_TYPE_INT, { .i64 = 384 }, 0, 8192, FLAGS }, \
    { "lines", "what becomes of the lines", \
        OFFSET(lines), AV_OPT_TYPE_INT, { .i64 = LAC_LINES_REF }, 0, LAC_LINES_NONE, FLAGS, "lines" }, \
        { "ref",  "the input's lines in the colours the references' lines have", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_LINES_REF }, 0, 0, FLAGS, "lines" }, \
        { "keep", "the input's lines as they are, black over the colours", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_LINES_KEEP }, 0, 0, FLAGS, "lines" }, \
        { "none", "no lines, the colours filled in under them",  0, AV_OPT_TYPE_CONST, { .i64 = LAC_LINES_NONE }, 0, 0, FLAGS, "lines" }, \
    { "fill", "where the colours come from", \
        OFFSET(fill), AV_OPT_TYPE_INT, { .i64 = LAC_FILL_AUTO }, 0, LAC_FILL_FLAT, FLAGS, "fill" }, \
        { "auto",     "transfer, and each closed region keeps to the colours of the reference regions it comes from", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_AUTO }, 0, 0, FLAGS, "fill" }, \
        { "transfer", "the references' pixels where they are found again, the network's colours elsewhere", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_TRANSFER }, 0, 0, FLAGS, "fill" }, \
        { "smooth",   "the network's colours", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_SMOOTH }, 0, 0, FLAGS, "fill" }, \
        { "flat",     "transfer, and each region in exact colours of the references", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_FILL_FLAT }, 0, 0, FLAGS, "fill" }, \
    { "output", "what comes out", \
        OFFSET(output), AV_OPT_TYPE_INT, { .i64 = LAC_OUTPUT_COLOR }, 0, LAC_OUTPUT_REGIONS, FLAGS, "output" }, \
        { "color",      "the coloured frames", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_OUTPUT_COLOR }, 0, 0, FLAGS, "output" }, \
        { "confidence", "how likely each region's colours are right, from black to white", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_OUTPUT_CONFIDENCE }, 0, 0, FLAGS, "output" }, \
        { "regions",    "each closed region in a colour of its own", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_OUTPUT_REGIONS }, 0, 0, FLAGS, "output" }, \
    { "gap", "largest gap in the lines, in pixels, that still closes a region (not with fill=smooth)", \
        OFFSET(gap), AV_OPT_TYPE_INT, { .i64 = 4 }, 0, 64, FLAGS }, \
    { "temporal", "make neighbouring frames agree, so that colours do not flicker", \
        OFFSET(temporal), AV_OPT_TYPE_INT, { .i64 = LAC_TEMPORAL_AUTO }, 0, LAC_TEMPORAL_OFF, FLAGS, "temporal" }, \
        { "auto", "if the weights are trained for it and lookahead is not 0", 0, AV_OPT_TYPE_CONST, { .i64 = LAC_TEMPORAL_AUTO }, 0, 0, FLAGS, "temporal" }, \
        { "on",   "always; by the line art alone where the weights are not",   0, AV_OPT_TYPE_CONST, { .i64 = LAC_TEMPORAL_ON },   0, 0, FLAGS, "temporal" }, \
        { "off",  "each frame by itself, without delay",                       0, AV_OPT_TYPE_CONST, { .i64 = LAC_TEMPORAL_OFF },  0, 0, FLAGS, "temporal" }, \
    { "window", "frames looked at together for that, which delays each by window - 1", \
        OFFSET(window), AV_OPT_TYPE_INT, { .i64 = 8 }, 2, 64, FLAGS }, \
    { "scene", "difference of two frames that makes a cut; references of one shot do not serve another (0: no cuts)", \
        OFFSET(scene), AV_OPT_TYPE_FLOAT, { .dbl = 0.5 }, 0, 1, FLAGS }, \
    { "threads", "CPU threads (0: one per core)", \
        OFFSET(threads), AV_OPT_TYPE_INT, { .i64 = 0 }, 0, 256, FLAGS },

#endif /* AVFILTER_LAC_OPTIONS_H */
