/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings: defaults and ranges; the library's version and the names of its errors. */
#include "settings.h"

#include <omp.h>

#include "refs/refs.h"
#include "regions/regions.h"
#include "window.h"

const char *lac_version(void)
{
#define TEXT2(x) #x
#define TEXT(x)  TEXT2(x)
    return TEXT(LAC_VERSION_MAJOR) "." TEXT(LAC_VERSION_MINOR) "." TEXT(LAC_VERSION_PATCH);
}

const char *lac_strerror(int code)
{
    switch (code) {
    case LAC_OK: return "success";
    case LAC_EAGAIN: return "more frames are needed";
    case LAC_EOF: return "end of stream";
    case LAC_EINVAL: return "invalid argument";
    case LAC_ENOMEM: return "out of memory";
    case LAC_EIO: return "file cannot be read";
    case LAC_EFORMAT: return "malformed file";
    case LAC_EMODEL: return "unsuitable weights";
    case LAC_EDEVICE: return "device not available";
    case LAC_EREFERENCE: return "unsuitable reference";
    default: return "unknown error";
    }
}

void lac_settings_default(LacSettings *s)
{
    *s = (LacSettings){ .k = 2, .size = 384 };
}

int lac_settings_resolve(LacSettings *out, const LacSettings *s, const LacLog *log)
{
    LacSettings defaults;

    if (!s) {
        lac_settings_default(&defaults);
        s = &defaults;
    }
    if (s->k < 0 || s->k > LAC_MAX_REFS) {
        return lac_fail(log, LAC_EINVAL, "k is %d; 1 to %d references a frame are possible", s->k,
                        LAC_MAX_REFS);
    }
    if (s->size != 0 && s->size != LAC_SIZE_NATIVE && (s->size < 64 || s->size > 8192)) {
        return lac_fail(log, LAC_EINVAL, "size is %d; 64 to 8192 pixels, or native, are possible", s->size);
    }
    if (s->lookahead < LAC_LOOKAHEAD_NONE) {
        return lac_fail(log, LAC_EINVAL, "lookahead is %d; no number of frames is below %d", s->lookahead,
                        LAC_LOOKAHEAD_NONE);
    }
    if ((int)s->lines < LAC_LINES_REF || (int)s->lines > LAC_LINES_NONE) {
        return lac_fail(log, LAC_EINVAL, "lines is %d, which is none of ref, keep, none", (int)s->lines);
    }
    if ((int)s->fill < LAC_FILL_AUTO || (int)s->fill > LAC_FILL_FLAT) {
        return lac_fail(log, LAC_EINVAL, "fill is %d, which is none of auto, transfer, smooth, flat", (int)s->fill);
    }
    if ((int)s->output < LAC_OUTPUT_COLOR || (int)s->output > LAC_OUTPUT_REGIONS) {
        return lac_fail(log, LAC_EINVAL, "output is %d, which is none of color, confidence, regions", (int)s->output);
    }
    if (s->output != LAC_OUTPUT_COLOR && s->fill == LAC_FILL_SMOOTH) {
        return lac_fail(log, LAC_EINVAL,
                        "output=%s needs the correspondences that fill=smooth does without; any other fill has them",
                        s->output == LAC_OUTPUT_REGIONS ? "regions" : "confidence");
    }
    if (s->gap != LAC_GAP_NONE && (s->gap < 0 || s->gap > LAC_REGIONS_MAX_GAP)) {
        return lac_fail(log, LAC_EINVAL, "gap is %d; 1 to %d pixels, or none, are possible", s->gap,
                        LAC_REGIONS_MAX_GAP);
    }
    if (s->scene != LAC_SCENE_NONE && !(s->scene >= 0 && s->scene <= 1)) {
        return lac_fail(log, LAC_EINVAL, "scene is %g; 0 to 1, or none, are possible", s->scene);
    }
    if ((int)s->temporal < LAC_TEMPORAL_AUTO || (int)s->temporal > LAC_TEMPORAL_OFF) {
        return lac_fail(log, LAC_EINVAL, "temporal is %d, which is none of auto, on, off", (int)s->temporal);
    }
    if (s->temporal == LAC_TEMPORAL_ON && s->lookahead == LAC_LOOKAHEAD_NONE) {
        return lac_fail(log, LAC_EINVAL, "temporal refinement delays frames, which `lookahead` = 0 does not allow: set "
                        "`temporal` to auto or off, or allow a lookahead");
    }
    if (s->window != 0 && (s->window < LAC_WINDOW_LEAST || s->window > LAC_WINDOW_MOST)) {
        return lac_fail(log, LAC_EINVAL, "window is %d; %d to %d frames are possible", s->window, LAC_WINDOW_LEAST,
                        LAC_WINDOW_MOST);
    }
    if (s->threads < 0 || s->threads > 256) {
        return lac_fail(log, LAC_EINVAL, "threads is %d; 1 to 256, or 0 for one per core, are possible",
                        s->threads);
    }
    if (s->cuda && !s->cuda->context) {
        return lac_fail(log, LAC_EINVAL, "cuda is given without a context; CUDA frames need the one they are of");
    }
    *out = *s;
    out->k = s->k ? s->k : 2;
    out->gap = s->gap == LAC_GAP_NONE ? 0 : s->gap ? s->gap : 4;
    out->scene = s->scene == 0 ? 0.5f : s->scene;
    out->window = s->window ? s->window : 8;
    out->size = s->size ? s->size : 384;
    out->threads = s->threads ? s->threads : omp_get_num_procs();
    out->threads = out->threads > 256 ? 256 : out->threads;
    return LAC_OK;
}
