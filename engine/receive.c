/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames out: which one is next, coloured by itself or by way of the window that makes frames agree. */
#include "context.h"

#include <inttypes.h>

#include "refs/refs_choose.h"
#include "refs/refs_read.h"

static int choose(LacContext *ctx, const LacPending *frame, int *chosen, bool *wait)
{
    int64_t latest = ctx->set.lookahead == 0
                         ? INT64_MAX
                         : frame->place.index + (ctx->set.lookahead > 0 ? ctx->set.lookahead : 0);

    const LacKnown known = { latest, ctx->ended ? INT64_MAX : ctx->queue.sent - 1, ctx->shot };

    return lac_refs_choose(&ctx->refs, &frame->place, frame->sketch, ctx->set.k, &known, chosen, wait);
}

/* Whether the window can count on no more frames of its shot. */
static bool shot_ends(const LacContext *ctx)
{
    const LacPending *head = lac_queue_at(&ctx->queue, 0);

    return ctx->stuck || (head ? head->place.shot != lac_window_shot(ctx->window) : ctx->ended);
}

/* Whether pending frame i can be coloured now. */
static bool can_colour(LacContext *ctx, int i)
{
    const LacPending *frame = lac_queue_at(&ctx->queue, i);
    int chosen[LAC_MAX_REFS];
    bool wait = false;

    if (frame && frame->reference < 0) {
        choose(ctx, frame, chosen, &wait);
    }
    return frame && !wait;
}

/* The same as asking lac_window_wants while colouring one frame after the other. */
static int window_ready(LacContext *ctx)
{
    const LacPending *head = lac_queue_at(&ctx->queue, 0), *next;
    const bool empty = lac_window_count(ctx->window) == 0;
    const int64_t shot = empty && head ? head->place.shot : lac_window_shot(ctx->window);
    const int wants = lac_window_wants(ctx->window, !empty && shot_ends(ctx));

    if (empty && !head) {
        return ctx->ended ? LAC_EOF : 0;
    }
    for (int i = 0; i < wants; i++) {
        next = lac_queue_at(&ctx->queue, i);
        if (!next || next->place.shot != shot) {
            return next || ctx->ended;
        }
        if (!can_colour(ctx, i)) {
            return 0;
        }
    }
    return 1;
}

int lac_ready(LacContext *ctx)
{
    if (!ctx) {
        return LAC_EINVAL;
    }
    if (ctx->held) {
        return 1;
    }
    if (ctx->window) {
        return window_ready(ctx);
    }
    return lac_queue_at(&ctx->queue, 0) ? can_colour(ctx, 0) : ctx->ended ? LAC_EOF : 0;
}

static int emit_reference(LacContext *ctx, int reference, LacPicture *out)
{
    double since = omp_get_wtime();
    int err = ctx->set.output == LAC_OUTPUT_COLOR
                  ? lac_refs_write(&ctx->refs, reference, ctx->packer, out, ctx->set.threads)
                  : lac_colour_reference(&ctx->colour, reference, out);

    lac_time_add(&ctx->times, LAC_STAGE_UNPACK, since);
    return err;
}

typedef struct LineArt {
    const uint8_t *gray;
    const uint8_t *black; /* without coloured ink; gray itself where there is none */
} LineArt;

/* The frame's native line art. */
static int find_line(LacContext *ctx, const LacPending *frame, LineArt *line)
{
    const double since = omp_get_wtime();
    int err;

    if (!frame->packed.data) {
        line->gray = ctx->queue.newest;
        line->black = ctx->queue.newest_inked ? ctx->queue.newest_black : line->gray;
        return LAC_OK;
    }
    line->gray = line->black = ctx->gray;
    err = lac_unpack(ctx->packer, &frame->packed, ctx->gray);
    if (!err && frame->black.data) {
        err = lac_need(ctx, &ctx->black, 1);
        err = err ? err : lac_unpack(ctx->packer, &frame->black, ctx->black);
        line->black = ctx->black;
    }
    lac_time_add(&ctx->times, LAC_STAGE_UNPACK, since);
    return err;
}

static int emit_coloured(LacContext *ctx, const LacPending *frame, const LineArt *line, const int *chosen, int count,
                         LacPicture *out)
{
    if (frame->place.shot != ctx->strange && lac_refs_strange(&ctx->refs, &frame->place, chosen, count)) {
        ctx->strange = frame->place.shot;
        lac_log(&ctx->log, LAC_LOG_WARNING,
                "the shot of frame %" PRId64 " has no reference of its own; it is coloured from the nearest of other "
                "shots: give it one, or set `scene` to 0 if there is no cut", frame->place.index);
    }
    return lac_colour_frame(&ctx->colour, &frame->place, chosen, count, line->gray, line->black, out);
}

/* The oldest pending frame, by itself -> out. *line: its line art, not looked for where that is NULL and the frame is a
 * reference. LAC_EAGAIN when it still waits. The frame stays. */
static int emit(LacContext *ctx, LineArt *line, LacPicture *out, double *confidence)
{
    const LacPending *frame = lac_queue_at(&ctx->queue, 0);
    int chosen[LAC_MAX_REFS], count = 0, err = LAC_OK;
    LineArt own = { NULL, NULL };
    bool wait = false;

    if (!frame) {
        return ctx->ended ? LAC_EOF : LAC_EAGAIN;
    }
    if (frame->reference < 0) {
        count = choose(ctx, frame, chosen, &wait);
        if (wait) {
            return LAC_EAGAIN;
        }
        err = count ? LAC_OK : lac_refs_none(&ctx->refs, &frame->place);
    }
    if (!err && (line || frame->reference < 0)) {
        line = line ? line : &own;
        err = find_line(ctx, frame, line);
    }
    if (err) {
        return err;
    }
    err = frame->reference >= 0 ? emit_reference(ctx, frame->reference, out)
                                : emit_coloured(ctx, frame, line, chosen, count, out);
    *confidence = frame->reference >= 0 ? 1 : lac_colour_confidence(&ctx->colour);
    return err;
}

bool lac_stays(const LacContext *ctx, enum LacFormat format)
{
    const LacPending *frame = lac_queue_at(&ctx->queue, 0);

    return frame && frame->reference < 0 && lac_colour_stays(&ctx->colour, format);
}

/* The oldest pending frame into the window. */
static int colour_next(LacContext *ctx, enum LacFormat format)
{
    const LacPending *frame = lac_queue_at(&ctx->queue, 0);
    const bool stays = lac_window_there(ctx->window) && lac_stays(ctx, format);
    LacPicture picture;
    LineArt line;
    double confidence;
    int err = lac_window_picture(ctx->window, format, &picture);

    if (!err && stays) {
        picture.data = NULL;
    }
    err = err ? err : emit(ctx, &line, &picture, &confidence);
    err = err || !stays ? err : lac_window_keep(ctx->window);
    err = err ? err
              : lac_window_push(ctx->window, &frame->place, frame->reference >= 0, line.gray, confidence);
    if (!err) {
        lac_queue_pop(&ctx->queue);
    }
    return err;
}

static int receive_steady(LacContext *ctx, LacPicture *out)
{
    int err;

    while (lac_window_wants(ctx->window, lac_window_count(ctx->window) && shot_ends(ctx))) {
        err = colour_next(ctx, out->format);
        if (err) {
            /* no other try will do: frames that were coloured before are not lost */
            ctx->stuck = err == LAC_EREFERENCE && lac_window_count(ctx->window) > 0;
            if (!ctx->stuck) {
                return err;
            }
        }
    }
    err = lac_window_pop(ctx->window, out, &ctx->confidence);
    ctx->stuck = ctx->stuck && lac_window_count(ctx->window) > 0;
    return err;
}

int lac_give_frame(LacContext *ctx, LacPicture *out)
{
    double confidence;
    int err;

    if (ctx->window) {
        return receive_steady(ctx, out);
    }
    err = emit(ctx, NULL, out, &confidence);
    if (!err) {
        ctx->confidence = confidence;
        lac_queue_pop(&ctx->queue);
    }
    return err;
}

int lac_due(LacContext *ctx)
{
    const int ready = lac_ready(ctx);

    return ready == 1 ? LAC_OK : ready ? ready : LAC_EAGAIN;
}

int lac_output_fits(const LacContext *ctx, int width, int height)
{
    return width == ctx->width && height == ctx->height
               ? LAC_OK
               : lac_fail(&ctx->log, LAC_EINVAL, "output picture is %dx%d, the frames %dx%d", width, height, ctx->width,
                          ctx->height);
}

static int give_held(LacContext *ctx, LacPicture *out)
{
    LacImage image = { ctx->width, ctx->height, 3, NULL };
    int err = LAC_OK;

    if (ctx->there && ctx->window) {
        err = lac_window_write(ctx->window, out);
    } else {
        err = lac_need(ctx, &ctx->picture, 3);
        if (!err && ctx->there) {
            err = lac_gpu_fetch(ctx->gpu, ctx->picture, (ptrdiff_t)ctx->width * 3);
        }
        image.data = ctx->picture;
        err = err ? err : lac_image_write(&image, out, ctx->set.threads, "frame", &ctx->log);
    }
    ctx->held = err != LAC_OK;
    return err;
}

int lac_receive_frame(LacContext *ctx, LacPicture *out)
{
    int err = lac_due(ctx);

    if (err) {
        return err;
    }
    if (!out) {
        return lac_fail(&ctx->log, LAC_EINVAL, "lac_receive_frame: no picture to write to");
    }
    err = lac_picture_check(out, LAC_COLOUR_FORMATS, "output picture", &ctx->log);
    err = err ? err : lac_output_fits(ctx, out->width, out->height);
    if (err) {
        return err;
    }
    err = lac_gpu_enter(&ctx->device);
    if (!err) {
        err = ctx->held ? give_held(ctx, out) : lac_give_frame(ctx, out);
        lac_gpu_leave(&ctx->device);
    }
    return err;
}

double lac_confidence(const LacContext *ctx)
{
    return ctx ? ctx->confidence : -1;
}

const LacVoteFrame *lac_colour_regions(const LacContext *ctx)
{
    return &ctx->colour.regions;
}
