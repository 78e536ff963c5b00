/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole flow: open, references in, frames in, coloured frames out. lac.h says what each call promises. */
#include "lac.h"

#include <inttypes.h>
#include "colour.h"
#include "ink.h"
#include "load.h"
#include "refs_choose.h"
#include "refs_read.h"
#include "scene.h"
#include "settings.h"

static const char *const stage_name[LAC_STAGE_COUNT] = { "pack", "unpack", "lineart", "transfer", "paint", "regions" };

struct LacContext {
    LacLog log;
    LacSettings set; /* as lac_settings_resolve left it; its strings are not used after lac_open */
    LacTimes times;

    LacDevice device;
    LacNet *net;
    LacPacker *packer;
    LacRefs refs;

    bool configured; /* the first frame has fixed the size; what follows is allocated */
    int width, height;
    LacColour colour;
    uint8_t *gray;  /* native line art, unpacked or from another format */
    uint8_t *black; /* the same without coloured ink; NULL until a frame was not gray */
    LacQueue queue;
    LacScene scene;  /* not open where set.scene is LAC_SCENE_NONE */
    int64_t shot;    /* of the last frame sent */
    int64_t strange; /* shot that was last found to have no reference, or -1 */

    double confidence; /* of the last received frame */
    bool ended;
};

int lac_open(LacContext **out, const LacSettings *settings)
{
    LacLog log = { settings ? settings->log : NULL, settings ? settings->log_opaque : NULL };
    LacContext *ctx;
    int err;

    if (!out) {
        return lac_fail(&log, LAC_EINVAL, "lac_open: no place for the context");
    }
    *out = NULL;
    ctx = lac_calloc(1, sizeof *ctx);
    if (!ctx) {
        return lac_fail(&log, LAC_ENOMEM, "no memory for a context");
    }
    ctx->log = log;
    ctx->refs.log = &ctx->log;
    ctx->confidence = -1;
    err = lac_settings_resolve(&ctx->set, settings, &ctx->log);
    err = err ? err : lac_packer_open(&ctx->packer, &ctx->log);
    err = err ? err : lac_load_network(&ctx->net, &ctx->device, &ctx->set, &ctx->log);
    ctx->set.weights = ctx->set.device = NULL; /* the caller's strings */
    if (err) {
        lac_close(&ctx);
        return err;
    }
    *out = ctx;
    return LAC_OK;
}

/* References */

static int add_pictures(LacContext *ctx, enum LacWhen when, int64_t time, const char *name, LacRefPictures *pictures,
                        int err)
{
    double since = omp_get_wtime();

    err = err ? err : lac_refs_add(&ctx->refs, ctx->packer, when, time, name, pictures);
    lac_refs_pictures_free(pictures);
    lac_time_add(&ctx->times, LAC_STAGE_PACK, since);
    return err;
}

static int check_can_add(LacContext *ctx, const char *name)
{
    if (!name) {
        return lac_fail(&ctx->log, LAC_EINVAL, "a reference needs a colour picture and a name");
    }
    if (ctx->configured) {
        return lac_fail(&ctx->log, LAC_EINVAL,
                        "reference '%s' comes after the first frame: add references before it", name);
    }
    return LAC_OK;
}

int lac_add_reference(LacContext *ctx, enum LacWhen when, int64_t time, const char *color, const char *line)
{
    LacRefPictures p = { 0 };
    int err;

    if (!ctx) {
        return LAC_EINVAL;
    }
    err = check_can_add(ctx, color);
    err = err ? err : lac_refs_read(&p, color, line, ctx->set.threads, &ctx->log);
    return add_pictures(ctx, when, time, color, &p, err);
}

int lac_add_reference_picture(LacContext *ctx, enum LacWhen when, int64_t time, const char *name,
                              const LacPicture *color, const LacPicture *line)
{
    LacRefPictures p = { 0 };
    int err;

    if (!ctx) {
        return LAC_EINVAL;
    }
    name = name ? name : "reference";
    err = check_can_add(ctx, color ? name : NULL);
    err = err ? err : lac_refs_copy(&p, color, line, name, ctx->set.threads, &ctx->log);
    return add_pictures(ctx, when, time, name, &p, err);
}

int lac_has_alpha(const LacContext *ctx)
{
    return ctx && ctx->refs.alpha;
}

/* Frames in */

static void unconfigure(LacContext *ctx)
{
    lac_colour_close(&ctx->colour);
    lac_queue_close(&ctx->queue);
    lac_scene_close(&ctx->scene);
    lac_free(ctx->gray);
    lac_free(ctx->black);
    ctx->gray = ctx->black = NULL;
    ctx->configured = false;
}

/* The first frame fixes the size: everything that depends on it is allocated here. */
static int configure(LacContext *ctx, int width, int height)
{
    const LacTools tools = { ctx->net, ctx->packer, &ctx->refs, &ctx->times, &ctx->set, &ctx->log };
    int err;

    if (ctx->refs.count == 0) {
        return lac_fail(&ctx->log, LAC_EREFERENCE,
                        "no reference was given: colouring needs at least one (`refs` or `reffile`)");
    }
    err = lac_refs_fit(&ctx->refs, width, height);
    err = err ? err : lac_colour_open(&ctx->colour, &tools, width, height);
    if (!err) {
        ctx->gray = lac_alloc((size_t)width, (size_t)height);
        err = ctx->gray ? lac_queue_open(&ctx->queue, width, height, &ctx->log)
                        : lac_fail(&ctx->log, LAC_ENOMEM, "no memory for frames of %dx%d", width, height);
    }
    if (!err && ctx->set.scene > 0) {
        err = lac_scene_open(&ctx->scene, width, height, &ctx->log);
    }
    if (err) {
        unconfigure(ctx);
        return err;
    }
    ctx->width = width;
    ctx->height = height;
    ctx->strange = -1;
    ctx->configured = true;
    return LAC_OK;
}

static int need_black(LacContext *ctx)
{
    if (!ctx->black) {
        ctx->black = lac_alloc((size_t)ctx->width, (size_t)ctx->height);
    }
    return ctx->black ? LAC_OK : lac_fail(&ctx->log, LAC_ENOMEM, "no memory for frames of %dx%d", ctx->width, ctx->height);
}

/* Line art of any format: *gray is the picture itself or ctx->gray, *black is ctx->black or, without coloured ink, NULL. */
static int as_gray(LacContext *ctx, const LacPicture *line, LacPicture *gray, const uint8_t **black)
{
    *gray = *line;
    *black = NULL;
    if (line->format == LAC_GRAY8) {
        return LAC_OK;
    }
    if (need_black(ctx)) {
        return LAC_ENOMEM;
    }
    *black = lac_ink_split(line, ctx->gray, ctx->black, ctx->set.threads) ? ctx->black : NULL;
    *gray = (LacPicture){ LAC_GRAY8, line->width, line->height, line->width, ctx->gray };
    return LAC_OK;
}

/* Nothing of the context changes before the last step that can fail. */
static int take_frame(LacContext *ctx, const LacPicture *line, const uint8_t *black, const LacPlace *place)
{
    LacPacked packed = { 0 }, packed_black = { 0 };
    double since = omp_get_wtime();
    int err = lac_queue_prepare(&ctx->queue, ctx->packer, black != NULL);

    if (!err && lac_refs_matches(&ctx->refs, place)) {
        err = lac_pack(ctx->packer, line->data, line->stride, (size_t)ctx->width, ctx->height, &packed);
        if (!err && black) {
            err = lac_pack(ctx->packer, black, ctx->width, (size_t)ctx->width, ctx->height, &packed_black);
        }
    }
    if (!err) {
        const int reference = lac_refs_match(&ctx->refs, place, ctx->width, ctx->height, &packed, &packed_black);
        lac_queue_push(&ctx->queue, place, reference, line->data, line->stride, black);
    }
    lac_packed_free(&packed);
    lac_packed_free(&packed_black);
    lac_time_add(&ctx->times, LAC_STAGE_PACK, since);
    return err;
}

static bool new_shot(LacContext *ctx, const LacPicture *line, int64_t index)
{
    const float change = lac_scene_change(&ctx->scene, line->data, line->stride);

    if (change < ctx->set.scene) {
        return false;
    }
    lac_log(&ctx->log, LAC_LOG_DEBUG, "frame %" PRId64 " begins a new shot (difference %.2f)", index, change);
    return true;
}

int lac_send_frame(LacContext *ctx, const LacPicture *line, int64_t time, int64_t duration)
{
    const uint8_t *black;
    LacPicture gray;
    LacPlace place;
    int err;

    if (!ctx) {
        return LAC_EINVAL;
    }
    if (!line) {
        if (!ctx->ended && ctx->queue.sent) {
            lac_refs_end(&ctx->refs);
        }
        ctx->ended = true;
        return LAC_OK;
    }
    if (ctx->ended) {
        return lac_fail(&ctx->log, LAC_EINVAL,
                        "a frame was sent after the end of the stream: lac_flush starts anew");
    }
    err = lac_picture_check(line, LAC_LINE_FORMATS, "frame", &ctx->log);
    err = err ? err : lac_queue_place(&ctx->queue, time, duration, &place, &ctx->log);
    if (err) {
        return err;
    }
    if (!ctx->configured) {
        err = configure(ctx, line->width, line->height);
    } else if (line->width != ctx->width || line->height != ctx->height) {
        err = lac_fail(&ctx->log, LAC_EINVAL,
                       "frame %" PRId64 " is %dx%d, the frames before it %dx%d: sizes must not change",
                       place.index, line->width, line->height, ctx->width, ctx->height);
    }
    err = err ? err : as_gray(ctx, line, &gray, &black);
    if (!err) {
        place.shot = ctx->shot + (ctx->set.scene > 0 && new_shot(ctx, &gray, place.index));
        err = take_frame(ctx, &gray, black, &place);
    }
    if (!err) {
        ctx->shot = place.shot;
        if (ctx->set.scene > 0) {
            lac_scene_accept(&ctx->scene);
        }
    }
    return err;
}

/* Frames out */

static int choose(LacContext *ctx, const LacPlace *place, int *chosen, bool *wait)
{
    int64_t latest = ctx->set.lookahead == 0
                         ? INT64_MAX
                         : place->index + (ctx->set.lookahead > 0 ? ctx->set.lookahead : 0);

    const LacKnown known = { latest, ctx->ended ? INT64_MAX : ctx->queue.sent - 1, ctx->shot };

    return lac_refs_choose(&ctx->refs, place, ctx->set.k, &known, chosen, wait);
}

int lac_ready(LacContext *ctx)
{
    const LacPending *frame;
    int chosen[LAC_MAX_REFS];
    bool wait = false;

    if (!ctx) {
        return LAC_EINVAL;
    }
    frame = lac_queue_head(&ctx->queue);
    if (!frame) {
        return ctx->ended ? LAC_EOF : 0;
    }
    if (frame->reference < 0) {
        choose(ctx, &frame->place, chosen, &wait);
    }
    return !wait;
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

static int emit_coloured(LacContext *ctx, const LacPending *frame, const int *chosen, int count,
                         LacPicture *out)
{
    const double since = omp_get_wtime();
    const bool packed = frame->packed.data;
    const uint8_t *gray = packed ? ctx->gray : ctx->queue.newest, *black = gray;
    int err = LAC_OK;

    if (frame->place.shot != ctx->strange && lac_refs_strange(&ctx->refs, &frame->place, chosen, count)) {
        ctx->strange = frame->place.shot;
        lac_log(&ctx->log, LAC_LOG_WARNING,
                "the shot of frame %" PRId64 " has no reference of its own; it is coloured from the nearest of other "
                "shots: give it one, or set `scene` to 0 if there is no cut", frame->place.index);
    }
    if (packed) {
        err = lac_unpack(ctx->packer, &frame->packed, ctx->gray);
        if (!err && frame->black.data) {
            err = need_black(ctx);
            err = err ? err : lac_unpack(ctx->packer, &frame->black, ctx->black);
            black = ctx->black;
        }
        lac_time_add(&ctx->times, LAC_STAGE_UNPACK, since);
    } else if (ctx->queue.newest_inked) {
        black = ctx->queue.newest_black;
    }
    return err ? err : lac_colour_frame(&ctx->colour, &frame->place, chosen, count, gray, black, out);
}

int lac_receive_frame(LacContext *ctx, LacPicture *out)
{
    const LacPending *frame;
    int chosen[LAC_MAX_REFS], count, err;
    bool wait;

    if (!ctx) {
        return LAC_EINVAL;
    }
    frame = lac_queue_head(&ctx->queue);
    if (!frame) {
        return ctx->ended ? LAC_EOF : LAC_EAGAIN;
    }
    if (!out) {
        return lac_fail(&ctx->log, LAC_EINVAL, "lac_receive_frame: no picture to write to");
    }
    err = lac_picture_check(out, LAC_COLOUR_FORMATS, "output picture", &ctx->log);
    if (err) {
        return err;
    }
    if (out->width != ctx->width || out->height != ctx->height) {
        return lac_fail(&ctx->log, LAC_EINVAL, "output picture is %dx%d, the frames %dx%d", out->width,
                        out->height, ctx->width, ctx->height);
    }
    if (frame->reference >= 0) {
        err = emit_reference(ctx, frame->reference, out);
    } else {
        count = choose(ctx, &frame->place, chosen, &wait);
        if (wait) {
            return LAC_EAGAIN;
        }
        err = count ? emit_coloured(ctx, frame, chosen, count, out) : lac_refs_none(&ctx->refs, &frame->place);
    }
    if (err) {
        return err;
    }
    ctx->confidence = frame->reference >= 0 ? 1 : lac_colour_confidence(&ctx->colour);
    lac_queue_pop(&ctx->queue);
    return LAC_OK;
}

double lac_confidence(const LacContext *ctx)
{
    return ctx ? ctx->confidence : -1;
}

const LacVoteFrame *lac_colour_regions(const LacContext *ctx)
{
    return &ctx->colour.regions;
}

void lac_flush(LacContext *ctx)
{
    if (!ctx) {
        return;
    }
    lac_queue_clear(&ctx->queue);
    ctx->ended = false;
    ctx->shot = 0;
    ctx->strange = -1;
    lac_scene_reset(&ctx->scene);
    lac_refs_flush(&ctx->refs);
    lac_colour_flush(&ctx->colour);
}

void lac_close(LacContext **out)
{
    LacContext *ctx = out ? *out : NULL;

    if (!ctx) {
        return;
    }
    lac_flush(ctx);
    lac_refs_close(&ctx->refs, ctx->net);
    unconfigure(ctx);
    if (ctx->net) {
        lac_net_close(&ctx->net);
    }
    lac_device_close(&ctx->device);
    lac_packer_close(&ctx->packer);
    lac_free(ctx);
    *out = NULL;
}

int lac_timing(const LacContext *ctx, int i, const char **name, double *ms)
{
    int stages = ctx ? LAC_STAGE_COUNT + lac_net_timing(ctx->net, -1, name, ms) : 0;

    *name = NULL;
    if (i >= 0 && i < stages && i < LAC_STAGE_COUNT) {
        *name = stage_name[i];
        *ms = ctx->times.ms[i];
    } else if (i >= LAC_STAGE_COUNT && i < stages) {
        lac_net_timing(ctx->net, i - LAC_STAGE_COUNT, name, ms);
    }
    return stages;
}
