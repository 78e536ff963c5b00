/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The pictures of references that are not PNG, through FFmpeg's own loader.
 */

#include <stdio.h>
#include <string.h>

#include "libavutil/error.h"
#include "libavutil/imgutils.h"
#include "libavutil/mem.h"
#include "libavutil/pixdesc.h"
#include "libswscale/swscale.h"

#include "lac_compat.h"
#include "lac_picture.h"

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
