/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The flow: open, references in, frames in (and, in receive.c, out), flush, close. lac.h says what each call promises. */
#include "context.h"

#include <inttypes.h>

#include "load.h"
#include "picture/ink.h"
#include "refs/refs_choose.h"
#include "refs/refs_read.h"
#include "settings.h"

static const char *const stage_name[LAC_STAGE_COUNT] = { "pack",  "unpack",  "lineart", "transfer",
                                                         "paint", "regions", "steady" };

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
    ctx->set.cuda = NULL;
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
    lac_window_close(&ctx->window);
    lac_gpu_close(&ctx->gpu);
    lac_free(ctx->gray);
    lac_free(ctx->black);
    lac_free(ctx->picture);
    ctx->gray = ctx->black = ctx->picture = NULL;
    ctx->configured = false;
}

/* Exact palette colours, and pictures smaller than the refinement was made for, are not mixed unless that is asked for. */
static bool refines(const LacContext *ctx, int width, int height)
{
    const int side = width < height ? width : height;

    if (ctx->set.output != LAC_OUTPUT_COLOR || (ctx->set.fill == LAC_FILL_FLAT && ctx->set.temporal == LAC_TEMPORAL_AUTO)) {
        return false;
    }
    if (ctx->set.temporal != LAC_TEMPORAL_AUTO || ctx->set.lookahead == LAC_LOOKAHEAD_NONE) {
        return ctx->set.temporal == LAC_TEMPORAL_ON;
    }
    if (!lac_net_refines(ctx->net)) {
        lac_log(&ctx->log, LAC_LOG_INFO, "these weights hold no temporal refinement: every frame is coloured by itself");
    }
    return lac_net_refines(ctx->net) && side >= LAC_REFINE_SIZE;
}

/* The first frame fixes the size: everything that depends on it is allocated here. */
static int configure(LacContext *ctx, int width, int height)
{
    LacTools tools = { ctx->net, ctx->packer, &ctx->refs, &ctx->times, &ctx->set, &ctx->log, NULL };
    int err;

    if (ctx->refs.count == 0) {
        return lac_fail(&ctx->log, LAC_EREFERENCE,
                        "no reference was given: colouring needs at least one (`refs` or `reffile`)");
    }
    err = lac_refs_fit(&ctx->refs, width, height);
    err = err ? err : lac_gpu_open(&ctx->gpu, &ctx->device, width, height, &ctx->log);
    tools.gpu = ctx->gpu;
    err = err ? err : lac_colour_open(&ctx->colour, &tools, width, height);
    if (!err) {
        ctx->gray = lac_alloc((size_t)width, (size_t)height);
        err = ctx->gray ? lac_queue_open(&ctx->queue, width, height, &ctx->log)
                        : lac_fail(&ctx->log, LAC_ENOMEM, "no memory for frames of %dx%d", width, height);
    }
    if (!err && refines(ctx, width, height)) {
        err = lac_window_open(&ctx->window, &tools, width, height);
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

int lac_need(LacContext *ctx, uint8_t **plane, int channels)
{
    if (!*plane) {
        *plane = lac_alloc((size_t)ctx->width * (size_t)channels, (size_t)ctx->height);
    }
    return *plane ? LAC_OK : lac_fail(&ctx->log, LAC_ENOMEM, "no memory for frames of %dx%d", ctx->width, ctx->height);
}

/* Line art of any format: *gray is the picture itself or ctx->gray, *black is ctx->black or, without coloured ink, NULL. */
static int as_gray(LacContext *ctx, const LacPicture *line, LacPicture *gray, const uint8_t **black)
{
    *gray = *line;
    *black = NULL;
    if (line->format == LAC_GRAY8) {
        return LAC_OK;
    }
    if (lac_need(ctx, &ctx->black, 1)) {
        return LAC_ENOMEM;
    }
    *black = lac_ink_split(line, ctx->gray, ctx->black, ctx->set.threads) ? ctx->black : NULL;
    *gray = (LacPicture){ LAC_GRAY8, line->width, line->height, line->width, ctx->gray };
    return LAC_OK;
}

/* *sketch: NULL where there is no choice of references to be made by it. */
static int sketch_frame(LacContext *ctx, const LacPicture *line, LacSketch **sketch)
{
    *sketch = NULL;
    if (!lac_refs_have_choice(&ctx->refs, ctx->set.k)) {
        return LAC_OK;
    }
    *sketch = lac_alloc(1, sizeof **sketch);
    if (!*sketch) {
        return lac_fail(&ctx->log, LAC_ENOMEM, "no memory for one more frame");
    }
    lac_sketch(*sketch, line->data, line->stride, ctx->width, ctx->height);
    return LAC_OK;
}

/* Nothing of the context changes before the last step that can fail. */
static int take_frame(LacContext *ctx, const LacPicture *line, const uint8_t *black, const LacPlace *place)
{
    LacPacked packed = { 0 }, packed_black = { 0 };
    LacSketch *sketch = NULL;
    double since = omp_get_wtime();
    int err = lac_queue_prepare(&ctx->queue, ctx->packer, black != NULL);

    err = err ? err : sketch_frame(ctx, line, &sketch);
    if (!err && lac_refs_matches(&ctx->refs, place)) {
        err = lac_pack(ctx->packer, line->data, line->stride, (size_t)ctx->width, ctx->height, &packed);
        if (!err && black) {
            err = lac_pack(ctx->packer, black, ctx->width, (size_t)ctx->width, ctx->height, &packed_black);
        }
    }
    if (!err) {
        const int reference = lac_refs_match(&ctx->refs, place, ctx->width, ctx->height, &packed, &packed_black,
                                             sketch);
        lac_queue_push(&ctx->queue, place, reference, line->data, line->stride, black, sketch);
        sketch = NULL;
    }
    lac_free(sketch);
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

static void end_stream(LacContext *ctx)
{
    if (!ctx->ended && ctx->queue.sent) {
        lac_refs_end(&ctx->refs);
    }
    ctx->ended = true;
}

int lac_take_frame(LacContext *ctx, const LacIncoming *in, int64_t time, int64_t duration)
{
    const uint8_t *black = NULL;
    LacPicture gray;
    LacPlace place;
    int err;

    if (ctx->ended) {
        return lac_fail(&ctx->log, LAC_EINVAL,
                        "a frame was sent after the end of the stream: lac_flush starts anew");
    }
    err = lac_queue_place(&ctx->queue, time, duration, &place, &ctx->log);
    if (err) {
        return err;
    }
    if (!ctx->configured) {
        err = configure(ctx, in->width, in->height);
    } else if (in->width != ctx->width || in->height != ctx->height) {
        err = lac_fail(&ctx->log, LAC_EINVAL,
                       "frame %" PRId64 " is %dx%d, the frames before it %dx%d: sizes must not change",
                       place.index, in->width, in->height, ctx->width, ctx->height);
    }
    if (!err && in->there) {
        err = lac_gpu_take(ctx->gpu, in->there, place.index, ctx->gray);
        gray = (LacPicture){ LAC_GRAY8, ctx->width, ctx->height, ctx->width, ctx->gray };
    } else if (!err) {
        err = as_gray(ctx, in->host, &gray, &black);
    }
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

int lac_send_frame(LacContext *ctx, const LacPicture *line, int64_t time, int64_t duration)
{
    int err;

    if (!ctx) {
        return LAC_EINVAL;
    }
    if (!line) {
        end_stream(ctx);
        return LAC_OK;
    }
    err = ctx->ended ? LAC_OK : lac_picture_check(line, LAC_LINE_FORMATS, "frame", &ctx->log);
    err = err ? err : lac_gpu_enter(&ctx->device);
    if (!err) {
        err = lac_take_frame(ctx, &(LacIncoming){ line->width, line->height, line, NULL }, time, duration);
        lac_gpu_leave(&ctx->device);
    }
    return err;
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
    ctx->stuck = false;
    if (ctx->window) {
        lac_window_clear(ctx->window);
    }
    if (ctx->gpu) {
        lac_gpu_flush(ctx->gpu);
    }
    ctx->held = false;
    lac_refs_flush(&ctx->refs);
    lac_colour_flush(&ctx->colour);
}

void lac_close(LacContext **out)
{
    LacContext *ctx = out ? *out : NULL;
    int entered;

    if (!ctx) {
        return;
    }
    entered = lac_gpu_enter(&ctx->device);
    lac_flush(ctx);
    lac_refs_close(&ctx->refs, ctx->net);
    unconfigure(ctx);
    if (ctx->net) {
        lac_net_close(&ctx->net);
    }
    if (!entered) {
        lac_gpu_leave(&ctx->device);
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
