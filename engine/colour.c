/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One frame of line art to its coloured picture; see colour.h. */
#include "colour.h"

#include <string.h>

#include "refs/refs_choose.h"

static int open_transfer(LacColour *c)
{
    const LacLineart *la = &c->lineart;
    const LacLog *log = c->tools.log;
    int err;

    if (!c->transferred) {
        c->transferred = lac_alloc((size_t)la->width * la->height, 4);
    }
    err = c->transferred ? lac_transfer_open(&c->transfer, la->width, la->height, la->net_width, la->net_height,
                                             LAC_MAX_REFS, la->threads, log)
                         : lac_fail(log, LAC_ENOMEM, "no memory for frames of %dx%d", la->width, la->height);
    if (!err) {
        lac_transfer_use(c->transfer, c->tools.gpu);
    }
    return err;
}

/* The first picture with alpha or 16 bits. Alpha is carried whatever fills the colours. */
static int open_exact(LacColour *c)
{
    const LacTools *tools = &c->tools;
    int err = lac_paint_widen(c->paint, tools->log);

    if (!err && !c->transfer && tools->refs->alpha) {
        err = open_transfer(c);
    }
    err = err ? err
              : lac_exact_open(&c->exact, c->lineart.width, c->lineart.height, tools->refs->alpha, tools->set->gap,
                               tools->set->threads, tools->log);
    if (err) {
        lac_exact_close(&c->exact);
    }
    return err;
}

int lac_colour_open(LacColour *c, const LacTools *tools, int width, int height)
{
    const LacSettings *set = tools->set;
    const LacLog *log = tools->log;
    int w, h, err;

    *c = (LacColour){ .tools = *tools };
    lac_network_size(width, height, set->size, &w, &h);
    if (w > LAC_MAX_SIDE || h > LAC_MAX_SIDE) {
        return lac_fail(log, LAC_EINVAL, "size %d makes a frame of %dx%d %dx%d for the network, more than %d a side",
                        set->size, width, height, w, h, LAC_MAX_SIDE);
    }
    err = lac_lineart_open(&c->lineart, width, height, w, h, set->threads, log);
    err = err ? err : lac_paint_open(&c->paint, width, height, w, h, set->threads, log);
    if (!err && set->fill != LAC_FILL_SMOOTH) {
        err = open_transfer(c);
    }
    if (!err && c->transfer) {
        err = lac_vote_frame_open(&c->regions, width, height, set->gap, set->fill == LAC_FILL_FLAT,
                                  set->output == LAC_OUTPUT_REGIONS, c->transfer, log);
    }
    if (!err) {
        c->rgb = lac_alloc((size_t)w * h, 3 * sizeof *c->rgb);
        err = c->rgb ? LAC_OK : lac_fail(log, LAC_ENOMEM, "no memory for frames of %dx%d", width, height);
    }
    if (!err) {
        lac_log(log, LAC_LOG_DEBUG, "frames of %dx%d, network at %dx%d", width, height, w, h);
    }
    return err;
}

void lac_colour_close(LacColour *c)
{
    lac_lineart_close(&c->lineart);
    lac_paint_close(&c->paint);
    lac_transfer_close(&c->transfer);
    lac_exact_close(&c->exact);
    lac_vote_frame_close(&c->regions);
    lac_free(c->transferred);
    lac_free(c->rgb);
    *c = (LacColour){ 0 };
}

/* Whether all from copying to the vote is done on the GPU. */
static bool votes_there(const LacColour *c, bool exact)
{
    return lac_gpu_has(c->tools.gpu, LAC_GPU_VOTE) && c->regions.rgb && !exact;
}

/* Whether nothing on the host looks at the prediction or the painted frame. */
static bool painted_there(const LacColour *c, bool exact)
{
    return !exact && lac_gpu_has(c->tools.gpu, LAC_GPU_PAINT) && (votes_there(c, exact) || !c->regions.rgb);
}

/* Whether the prediction that lies on the GPU is numbers: it has not been looked at before. */
static int check_prediction(const LacColour *c)
{
    bool sane;
    const int err = lac_gpu_sane(c->tools.gpu, &sane);

    return err || sane ? err : lac_net_insane(c->tools.net);
}

/* The network's picture of frame `index` stays on the GPU, if there is one, unchecked; else -> c->rgb, and with `fetched` there too. */
static int predict(LacColour *c, int64_t index, const int *chosen, const float *lag, int count, const uint8_t *gray, bool fetched)
{
    const LacTools *tools = &c->tools;
    LacLineart *la = &c->lineart;
    LacRefCode *codes[LAC_MAX_REFS];
    double since;
    const bool there = lac_gpu_has(tools->gpu, LAC_GPU_LINEART);
    int failed = LAC_OK;

    for (int i = 0; i < count; i++) {
        int err = lac_refs_code(tools->refs, chosen[i], tools->net, tools->packer, la, chosen, count, &codes[i]);

        if (err) {
            return err;
        }
    }
    since = omp_get_wtime();
    if (there) {
        failed = lac_gpu_lineart(tools->gpu, la, index, gray);
    } else {
        lac_lineart_run(la, gray, la->width);
    }
    lac_time_add(tools->times, LAC_STAGE_LINEART, since);
    if (there) {
        const LacNetEnds ends = { lac_gpu_inputs, lac_gpu_predicted, tools->gpu };
        int err = failed ? failed : lac_net_color_between(tools->net, la->net_height, la->net_width, &ends, codes, lag, count);

        err = err || !fetched ? err : check_prediction(c);
        return err || !fetched ? err : lac_gpu_prediction(tools->gpu, c->rgb);
    }
    return lac_net_color(tools->net, la->net_height, la->net_width, la->line, la->distance, codes, lag, count, c->rgb);
}

/* The references' pixels for the frame in c->rgb -> c->transferred, and with `exact` c->exact. */
static int transfer(LacColour *c, const uint8_t *gray, const int *chosen, const float *lag, int count, bool exact,
                    LacTransferRef **pixels)
{
    const LacTools *tools = &c->tools;
    const double since = omp_get_wtime();
    int err = LAC_OK;

    for (int i = 0; i < count && !err; i++) {
        err = lac_refs_pixels(tools->refs, chosen[i], c->transfer, tools->packer, &c->lineart, chosen, count, exact,
                              &pixels[i]);
    }
    if (!err) {
        err = lac_transfer_run(c->transfer, c->rgb, gray, pixels, lag, count, tools->set->lines == LAC_LINES_REF,
                               votes_there(c, exact) ? NULL : c->transferred, exact ? c->exact.transferred : NULL);
    }
    if (!err && exact && c->exact.alpha.fill) {
        err = lac_alpha_run(&c->exact.alpha, gray, c->transferred, c->exact.transferred);
    }
    lac_time_add(tools->times, LAC_STAGE_TRANSFER, since);
    return err;
}

/* The coloured frame in `out` gives way to what the output shows. */
static int show(LacColour *c, LacPicture *out)
{
    LacVoteFrame *f = &c->regions;
    const ptrdiff_t stride = (ptrdiff_t)out->width * 3;

    if (c->tools.set->output == LAC_OUTPUT_COLOR) {
        return LAC_OK;
    }
    if (c->tools.set->output == LAC_OUTPUT_REGIONS) {
        lac_identity_picture(&f->identity, &f->regions, f->rgb, stride);
    } else {
        int err = lac_confidence_picture(&f->confidence, &f->regions, f->rgb, stride, c->tools.log);
        if (err) {
            return err;
        }
    }
    return lac_image_write(&(LacImage){ out->width, out->height, 3, f->rgb }, out, c->tools.set->threads,
                           "what the output shows", c->tools.log);
}

bool lac_colour_stays(const LacColour *c, enum LacFormat format)
{
    return c->tools.set->output == LAC_OUTPUT_COLOR && painted_there(c, format != LAC_RGB24);
}

int lac_colour_frame(LacColour *c, const LacPlace *place, const int *chosen, int count, const uint8_t *gray,
                     const uint8_t *black, LacPicture *out)
{
    const LacTools *tools = &c->tools;
    const bool exact = out->format != LAC_RGB24, smooth = tools->set->fill == LAC_FILL_SMOOTH;
    LacTransferRef *pixels[LAC_MAX_REFS];
    LacPaintExact painted;
    LacLineColour ink;
    float lag[LAC_MAX_REFS];
    uint8_t *rgb = out->data;
    ptrdiff_t stride = out->stride;
    double since;
    int err = exact && !c->exact.picture ? open_exact(c) : LAC_OK;

    lac_refs_lag(tools->refs, place, chosen, count, lag);
    err = err ? err : predict(c, place->index, chosen, lag, count, gray, !painted_there(c, exact));
    if (!err && c->transfer && (!smooth || exact)) {
        err = transfer(c, gray, chosen, lag, count, exact, pixels);
    }
    if (exact) {
        painted = (LacPaintExact){ c->exact.transferred, c->exact.alpha.fill, c->exact.picture };
        rgb = c->exact.rgb;
        stride = (ptrdiff_t)out->width * 3;
    }
    if (!err) {
        since = omp_get_wtime();
        ink = lac_refs_ink(tools->refs, chosen, count);
        if (lac_gpu_has(tools->gpu, LAC_GPU_PAINT) && !exact) {
            err = lac_gpu_paint(tools->gpu, lac_paint_cells(c->paint),
                                &(LacGpuPicture){ gray, black, !smooth, tools->set->lines, &ink });
            if (!err && rgb && !votes_there(c, exact)) {
                err = lac_gpu_fetch(tools->gpu, rgb, stride);
            }
        } else {
            lac_paint_run(c->paint, c->rgb, gray, black, smooth ? NULL : c->transferred, tools->set->lines, &ink, rgb,
                          stride, exact ? &painted : NULL);
        }
        lac_time_add(tools->times, LAC_STAGE_PAINT, since);
    }
    if (!err && c->regions.rgb) {
        since = omp_get_wtime();
        const LacVoteInput vote = { c->transfer, pixels, lag, count, gray, black, c->transferred, c->rgb,
                                    c->lineart.net_width, c->lineart.net_height, tools->set->fill, tools->set->lines, &ink,
                                    votes_there(c, exact) ? tools->gpu : NULL, tools->set->output != LAC_OUTPUT_COLOR };

        err = lac_vote_frame_run(&c->regions, &vote, rgb, stride);
        if (!err && exact && tools->set->fill != LAC_FILL_TRANSFER) {
            lac_exact_follow(&c->exact, &c->regions.vote, gray);
        }
        if (!err && exact && tools->set->fill == LAC_FILL_FLAT) {
            lac_exact_flat(&c->exact, &c->regions.flat, pixels, black, tools->set->lines, &ink);
        }
        if (!err && (tools->set->fill == LAC_FILL_AUTO || tools->set->fill == LAC_FILL_FLAT)) {
            lac_vote_frame_borders(&c->regions, &vote, rgb, stride, exact ? c->exact.picture : NULL);
        }
        lac_time_add(tools->times, LAC_STAGE_REGIONS, since);
    }
    if (!err && exact) {
        lac_exact_write(&c->exact, c->paint, out);
    }
    if (!err && painted_there(c, exact)) {
        err = check_prediction(c);
    }
    if (tools->gpu) {
        lac_gpu_settle(tools->gpu, !err && lac_colour_stays(c, out->format));
    }
    return err ? err : show(c, out);
}

int lac_colour_reference(LacColour *c, int reference, LacPicture *out)
{
    const LacTools *tools = &c->tools;
    LacTransferRef *pixels;
    int err;

    if (tools->set->output == LAC_OUTPUT_CONFIDENCE) {
        memset(c->regions.rgb, 255, (size_t)out->width * out->height * 3);
        return lac_image_write(&(LacImage){ out->width, out->height, 3, c->regions.rgb }, out, tools->set->threads,
                               "confidence", tools->log);
    }
    err = lac_refs_pixels(tools->refs, reference, c->transfer, tools->packer, &c->lineart, &reference, 1, false,
                          &pixels);
    err = err ? err : lac_vote_frame_reference(&c->regions, pixels);
    return err ? err : show(c, out);
}

double lac_colour_confidence(const LacColour *c)
{
    return c->regions.rgb ? (double)c->regions.confidence.mean : -1;
}

void lac_colour_flush(LacColour *c)
{
    if (c->regions.identity.previous) {
        lac_identity_flush(&c->regions.identity);
    }
}
