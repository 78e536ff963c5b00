/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole flow: open, references in, frames in, coloured frames out. What each call promises is in lac.h. */
#include "lac.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <omp.h>

#include "lineart.h"
#include "locate.h"
#include "paint.h"
#include "refs.h"

enum { STAGE_PACK, STAGE_UNPACK, STAGE_LINEART, STAGE_PAINT, STAGE_COUNT };
static const char *const stage_name[STAGE_COUNT] = { "pack", "unpack", "lineart", "paint" };

/* A frame that has come in and not yet gone out. */
typedef struct LacPending {
    LacPlace place;
    int reference;    /* it is this reference, or -1 */
    LacPacked packed; /* its line art; empty for a reference, and for the newest frame, which lies in `newest` */
} LacPending;

struct LacContext {
    LacLog log;
    int k, size, lookahead, threads;
    enum LacLines lines;
    double ms[STAGE_COUNT];

    LacDevice device;
    LacNet *net;
    LacPacker *packer;
    LacRefs refs;

    bool configured;         /* the first frame has fixed the size; what follows is allocated */
    int width, height;
    LacLineart lineart;
    LacPaint *paint;
    float *rgb;              /* the network's picture */
    uint8_t *gray, *newest;  /* native line art, unpacked */

    LacPending *pending;     /* ring of `room`, oldest at `first` */
    int first, count, room;
    bool newest_raw;         /* the last pending frame is not packed yet */
    bool ended;
    int64_t sent;            /* frames taken since open or flush */
    int64_t last_time;
};

const char *lac_version(void)
{
#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)
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

static double now_ms(void)
{
    struct timespec t;

    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void add_time(LacContext *ctx, int stage, double since)
{
    ctx->ms[stage] += now_ms() - since;
}

static int check_settings(LacContext *ctx, const LacSettings *s)
{
    const LacLog *log = &ctx->log;

    if (s->k < 0 || s->k > LAC_MAX_REFS) {
        return lac_fail(log, LAC_EINVAL, "k is %d; 1 to %d references a frame are possible", s->k, LAC_MAX_REFS);
    }
    if (s->size != 0 && s->size != LAC_SIZE_NATIVE && (s->size < 64 || s->size > 8192)) {
        return lac_fail(log, LAC_EINVAL, "size is %d; 64 to 8192 pixels, or native, are possible", s->size);
    }
    if (s->lookahead < LAC_LOOKAHEAD_NONE) {
        return lac_fail(log, LAC_EINVAL, "lookahead is %d; no number of frames is below %d", s->lookahead,
                        LAC_LOOKAHEAD_NONE);
    }
    if ((int)s->lines < LAC_LINES_KEEP || (int)s->lines > LAC_LINES_NONE) {
        return lac_fail(log, LAC_EINVAL, "lines is %d, which is none of keep, ref, none", (int)s->lines);
    }
    if (s->threads < 0 || s->threads > 256) {
        return lac_fail(log, LAC_EINVAL, "threads is %d; 1 to 256, or 0 for one per core, are possible", s->threads);
    }
    ctx->k = s->k ? s->k : 2;
    ctx->size = s->size ? s->size : 384;
    ctx->lookahead = s->lookahead;
    ctx->lines = s->lines;
    ctx->threads = s->threads ? s->threads : omp_get_num_procs();
    ctx->threads = ctx->threads > 256 ? 256 : ctx->threads;
    return LAC_OK;
}

static int open_network(LacContext *ctx, const LacSettings *s)
{
    LacModel *model = NULL;
    char path[LAC_PATH_MAX];
    const char *weights = s->weights;
    int err = LAC_OK;

    if (!weights) {
        err = lac_locate_weights(path, &ctx->log);
        weights = path;
    }
    err = err ? err : lac_model_load(&model, weights, &ctx->log);
    err = err ? err : lac_device_open(&ctx->device, s->device, s->precision, ctx->threads, &ctx->log);
    if (!err) {
        err = lac_net_open(&ctx->net, model, &ctx->device);
    }
    if (!err) {
        lac_log(&ctx->log, LAC_LOG_INFO, "weights '%s' (preset %s, B = %d) on device %s, %s, %d threads", weights,
                model->preset, model->config.base, ctx->device.ops->name,
                ctx->device.act == LAC_F32 ? "fp32" : ctx->device.act == LAC_BF16 ? "bf16" : "fp16", ctx->threads);
    }
    lac_model_free(&model);
    return err;
}

int lac_open(LacContext **out, const LacSettings *settings)
{
    LacSettings defaults = { 0 };
    const LacSettings *s = settings ? settings : &defaults;
    LacLog log = { s->log, s->log_opaque };
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
    err = check_settings(ctx, s);
    err = err ? err : lac_packer_open(&ctx->packer, &ctx->log);
    err = err ? err : open_network(ctx, s);
    if (err) {
        lac_close(&ctx);
        return err;
    }
    *out = ctx;
    return LAC_OK;
}

/* References */

static int add_images(LacContext *ctx, enum LacWhen when, int64_t time, const char *name, LacImage *color,
                      LacImage *line, int err)
{
    double since = now_ms();

    err = err ? err : lac_refs_add(&ctx->refs, ctx->packer, when, time, name, color, line);
    lac_image_free(color);
    lac_image_free(line);
    add_time(ctx, STAGE_PACK, since);
    return err;
}

static int check_can_add(LacContext *ctx, const char *name)
{
    if (!name) {
        return lac_fail(&ctx->log, LAC_EINVAL, "a reference needs a colour picture and a name");
    }
    if (ctx->configured) {
        return lac_fail(&ctx->log, LAC_EINVAL, "reference '%s' comes after the first frame: add references before it",
                        name);
    }
    return LAC_OK;
}

int lac_add_reference(LacContext *ctx, enum LacWhen when, int64_t time, const char *color, const char *line)
{
    LacImage c = { 0 }, l = { 0 };
    int err;

    if (!ctx) {
        return LAC_EINVAL;
    }
    err = check_can_add(ctx, color);
    err = err ? err : lac_image_read_png(&c, color, 3, &ctx->log);
    err = err || !line ? err : lac_image_read_png(&l, line, 1, &ctx->log);
    return add_images(ctx, when, time, color, &c, &l, err);
}

int lac_add_reference_picture(LacContext *ctx, enum LacWhen when, int64_t time, const char *name,
                              const LacPicture *color, const LacPicture *line)
{
    LacImage c = { 0 }, l = { 0 };
    int err;

    if (!ctx) {
        return LAC_EINVAL;
    }
    name = name ? name : "reference";
    err = check_can_add(ctx, color ? name : NULL);
    err = err ? err : lac_picture_check(color, LAC_RGB24, name, &ctx->log);
    err = err || !line ? err : lac_picture_check(line, LAC_GRAY8, name, &ctx->log);
    err = err ? err : lac_image_copy(&c, color, name, &ctx->log);
    err = err || !line ? err : lac_image_copy(&l, line, name, &ctx->log);
    return add_images(ctx, when, time, name, &c, &l, err);
}

/* Frames in */

static void unconfigure(LacContext *ctx)
{
    lac_lineart_close(&ctx->lineart);
    lac_paint_close(&ctx->paint);
    lac_free(ctx->rgb);
    lac_free(ctx->gray);
    lac_free(ctx->newest);
    ctx->rgb = NULL;
    ctx->gray = ctx->newest = NULL;
    ctx->configured = false;
}

/* The first frame fixes the size: everything that depends on it is allocated here. */
static int configure(LacContext *ctx, int width, int height)
{
    int w, h, err = LAC_OK;

    lac_network_size(width, height, ctx->size, &w, &h);
    if (ctx->refs.count == 0) {
        return lac_fail(&ctx->log, LAC_EREFERENCE, "no reference was given: colouring needs at least one (`refs` or `reffile`)");
    }
    if (w > LAC_MAX_SIDE || h > LAC_MAX_SIDE) {
        return lac_fail(&ctx->log, LAC_EINVAL, "size %d makes a frame of %dx%d %dx%d for the network, more than %d a side",
                        ctx->size, width, height, w, h, LAC_MAX_SIDE);
    }
    err = lac_refs_fit(&ctx->refs, width, height);
    err = err ? err : lac_lineart_open(&ctx->lineart, width, height, w, h, ctx->threads, &ctx->log);
    err = err ? err : lac_paint_open(&ctx->paint, width, height, w, h, ctx->threads, &ctx->log);
    if (!err) {
        ctx->rgb = lac_alloc((size_t)w * h, 3 * sizeof *ctx->rgb);
        ctx->gray = lac_alloc((size_t)width, (size_t)height);
        ctx->newest = lac_alloc((size_t)width, (size_t)height);
        if (!ctx->rgb || !ctx->gray || !ctx->newest) {
            err = lac_fail(&ctx->log, LAC_ENOMEM, "no memory for frames of %dx%d", width, height);
        }
    }
    if (err) {
        unconfigure(ctx);
        return err;
    }
    ctx->width = width;
    ctx->height = height;
    ctx->configured = true;
    lac_log(&ctx->log, LAC_LOG_DEBUG, "frames of %dx%d, network at %dx%d", width, height, w, h);
    return LAC_OK;
}

static LacPending *pending_at(LacContext *ctx, int i)
{
    return &ctx->pending[(ctx->first + i) % ctx->room];
}

static int make_room(LacContext *ctx)
{
    LacPending *grown;
    int room = ctx->room ? 2 * ctx->room : 16;

    if (ctx->count < ctx->room) {
        return LAC_OK;
    }
    grown = ctx->room < 1 << 29 ? lac_calloc((size_t)room, sizeof *grown) : NULL;
    if (!grown) {
        return lac_fail(&ctx->log, LAC_ENOMEM, "no memory for one more pending frame after %d", ctx->count);
    }
    for (int i = 0; i < ctx->count; i++) {
        grown[i] = *pending_at(ctx, i);
    }
    lac_free(ctx->pending);
    ctx->pending = grown;
    ctx->first = 0;
    ctx->room = room;
    return LAC_OK;
}

static int pack(LacContext *ctx, const uint8_t *src, ptrdiff_t stride, LacPacked *out)
{
    double since = now_ms();
    int err = lac_pack(ctx->packer, src, stride, (size_t)ctx->width, ctx->height, out);

    add_time(ctx, STAGE_PACK, since);
    return err;
}

/* A frame that is still pending when the next comes has to wait, so it is packed. */
static int pack_newest(LacContext *ctx)
{
    int err = LAC_OK;

    if (ctx->newest_raw) {
        err = pack(ctx, ctx->newest, ctx->width, &pending_at(ctx, ctx->count - 1)->packed);
        ctx->newest_raw = err != LAC_OK;
    }
    return err;
}

static int take_frame(LacContext *ctx, const LacPicture *line, LacPlace place)
{
    LacPending frame = { .place = place };
    int err = LAC_OK;

    if (lac_refs_matches(&ctx->refs, &place)) {
        err = pack(ctx, line->data, line->stride, &frame.packed);
    }
    if (err) {
        return err;
    }
    frame.reference = lac_refs_match(&ctx->refs, &place, ctx->width, ctx->height, &frame.packed);
    lac_packed_free(&frame.packed);
    if (frame.reference < 0) {
        for (int y = 0; y < ctx->height; y++) {
            memcpy(ctx->newest + (size_t)y * ctx->width, line->data + y * line->stride, (size_t)ctx->width);
        }
        ctx->newest_raw = true;
    }
    ctx->count++;
    *pending_at(ctx, ctx->count - 1) = frame;
    ctx->sent++;
    ctx->last_time = place.time;
    return LAC_OK;
}

int lac_send_frame(LacContext *ctx, const LacPicture *line, int64_t time, int64_t duration)
{
    LacPlace place;
    int err;

    if (!ctx) {
        return LAC_EINVAL;
    }
    if (!line) {
        if (!ctx->ended && ctx->sent) {
            lac_refs_end(&ctx->refs);
        }
        ctx->ended = true;
        return LAC_OK;
    }
    if (ctx->ended) {
        return lac_fail(&ctx->log, LAC_EINVAL, "a frame was sent after the end of the stream: lac_flush starts anew");
    }
    err = lac_picture_check(line, LAC_GRAY8, "frame", &ctx->log);
    if (err) {
        return err;
    }
    if (time < -INT64_MAX / 4 || time > INT64_MAX / 4 || duration > INT64_MAX / 4) {
        return lac_fail(&ctx->log, LAC_EINVAL, "frame %" PRId64 ": time %" PRId64 " or duration %" PRId64
                        " is no time in microseconds", ctx->sent, time, duration);
    }
    if (ctx->sent && time <= ctx->last_time) {
        return lac_fail(&ctx->log, LAC_EINVAL, "frame %" PRId64 ": time %" PRId64 " us does not follow %" PRId64 " us",
                        ctx->sent, time, ctx->last_time);
    }
    if (!ctx->configured) {
        err = configure(ctx, line->width, line->height);
    } else if (line->width != ctx->width || line->height != ctx->height) {
        err = lac_fail(&ctx->log, LAC_EINVAL, "frame %" PRId64 " is %dx%d, the frames before it %dx%d: sizes must not change",
                       ctx->sent, line->width, line->height, ctx->width, ctx->height);
    }
    err = err ? err : make_room(ctx);
    err = err ? err : pack_newest(ctx);
    if (err) {
        return err;
    }
    place = (LacPlace){ ctx->sent, time, duration };
    if (duration <= 0) {
        place.duration = ctx->sent ? time - ctx->last_time : 0;
    }
    return take_frame(ctx, line, place);
}

/* Frames out */

static int choose(LacContext *ctx, const LacPlace *place, int *chosen, bool *wait)
{
    int64_t latest = ctx->lookahead == 0 ? INT64_MAX : place->index + (ctx->lookahead > 0 ? ctx->lookahead : 0);

    return lac_refs_choose(&ctx->refs, place, ctx->k, latest, ctx->ended ? INT64_MAX : ctx->sent - 1, chosen, wait);
}

int lac_ready(LacContext *ctx)
{
    int chosen[LAC_MAX_REFS];
    bool wait = false;

    if (!ctx) {
        return LAC_EINVAL;
    }
    if (ctx->count == 0) {
        return ctx->ended ? LAC_EOF : 0;
    }
    if (pending_at(ctx, 0)->reference < 0) {
        choose(ctx, &pending_at(ctx, 0)->place, chosen, &wait);
    }
    return !wait;
}

static int no_reference(LacContext *ctx, const LacPlace *place)
{
    for (int i = 0; i < ctx->refs.count; i++) {
        if (ctx->refs.item[i].state != LAC_REF_PASSED) {
            return lac_fail(&ctx->log, LAC_EREFERENCE,
                            "no reference serves frame %" PRId64 ": '%s' comes later than `lookahead` allows; raise it, "
                            "give an earlier reference, or give this one its own line art",
                            place->index, ctx->refs.item[i].name);
        }
    }
    return lac_fail(&ctx->log, LAC_EREFERENCE,
                    "no reference serves frame %" PRId64 ": none of the %d matches a frame; correct their times, or shift "
                    "them with `offset`",
                    place->index, ctx->refs.count);
}

/* The frame is a reference: its picture as it was given, resized only if its size differs. */
static int emit_reference(LacContext *ctx, int reference, LacPicture *out)
{
    LacImage image;
    LacResize resize = { 0 };
    float *wide = NULL;
    double since = now_ms();
    int err = lac_refs_colour(&ctx->refs, reference, ctx->packer, &image);
    size_t row = (size_t)ctx->width * 3;

    add_time(ctx, STAGE_UNPACK, since);
    if (!err && (image.width != ctx->width || image.height != ctx->height)) {
        wide = lac_alloc((size_t)ctx->height * row, sizeof *wide);
        if (!wide || lac_resize_open(&resize, image.width, image.height, ctx->width, ctx->height, 3, ctx->threads) < 0) {
            err = lac_fail(&ctx->log, LAC_ENOMEM, "no memory to resize reference '%s'", ctx->refs.item[reference].name);
        } else {
            lac_resize_u8(&resize, image.data, (ptrdiff_t)image.width * 3, 3, wide);
        }
    }
    for (int y = 0; !err && y < ctx->height; y++) {
        uint8_t *o = out->data + y * out->stride;
        if (!wide) {
            memcpy(o, image.data + y * row, row);
            continue;
        }
        for (size_t x = 0; x < row; x++) {
            float v = wide[y * row + x] + 0.5f;
            o[x] = v > 255 ? 255 : (uint8_t)v;
        }
    }
    lac_resize_close(&resize);
    lac_free(wide);
    lac_image_free(&image);
    return err;
}

/* unpack, prepare, colour, paint */
static int emit_coloured(LacContext *ctx, const LacPending *frame, const int *chosen, int count, LacPicture *out)
{
    LacRefCode *codes[LAC_MAX_REFS];
    LacLineart *la = &ctx->lineart;
    const uint8_t *gray = frame->packed.data ? ctx->gray : ctx->newest;
    double since;
    int err = LAC_OK;

    for (int i = 0; i < count && !err; i++) {
        err = lac_refs_code(&ctx->refs, chosen[i], ctx->net, ctx->packer, la, chosen, count, &codes[i]);
    }
    if (!err && frame->packed.data) {
        since = now_ms();
        err = lac_unpack(ctx->packer, &frame->packed, ctx->gray);
        add_time(ctx, STAGE_UNPACK, since);
    }
    if (!err) {
        since = now_ms();
        lac_lineart_run(la, gray, ctx->width);
        add_time(ctx, STAGE_LINEART, since);
        err = lac_net_color(ctx->net, la->net_height, la->net_width, la->line, la->distance, codes, count, ctx->rgb);
    }
    if (!err) {
        since = now_ms();
        lac_paint_run(ctx->paint, ctx->rgb, la->dark, gray, ctx->lines, out->data, out->stride);
        add_time(ctx, STAGE_PAINT, since);
    }
    return err;
}

int lac_receive_frame(LacContext *ctx, LacPicture *out)
{
    LacPending *frame;
    int chosen[LAC_MAX_REFS], count, err;
    bool wait;

    if (!ctx) {
        return LAC_EINVAL;
    }
    if (ctx->count == 0) {
        return ctx->ended ? LAC_EOF : LAC_EAGAIN;
    }
    if (!out) {
        return lac_fail(&ctx->log, LAC_EINVAL, "lac_receive_frame: no picture to write to");
    }
    err = lac_picture_check(out, LAC_RGB24, "output picture", &ctx->log);
    if (err) {
        return err;
    }
    if (out->width != ctx->width || out->height != ctx->height) {
        return lac_fail(&ctx->log, LAC_EINVAL, "output picture is %dx%d, the frames %dx%d", out->width, out->height,
                        ctx->width, ctx->height);
    }
    frame = pending_at(ctx, 0);
    if (frame->reference >= 0) {
        err = emit_reference(ctx, frame->reference, out);
    } else {
        count = choose(ctx, &frame->place, chosen, &wait);
        if (wait) {
            return LAC_EAGAIN;
        }
        err = count ? emit_coloured(ctx, frame, chosen, count, out) : no_reference(ctx, &frame->place);
    }
    if (err) {
        return err;
    }
    lac_packed_free(&frame->packed);
    ctx->first = (ctx->first + 1) % ctx->room;
    ctx->count--;
    ctx->newest_raw = ctx->newest_raw && ctx->count > 0;
    return LAC_OK;
}

void lac_flush(LacContext *ctx)
{
    if (!ctx) {
        return;
    }
    for (int i = 0; i < ctx->count; i++) {
        lac_packed_free(&pending_at(ctx, i)->packed);
    }
    ctx->first = ctx->count = 0;
    ctx->newest_raw = ctx->ended = false;
    ctx->sent = 0;
    lac_refs_flush(&ctx->refs);
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
    lac_free(ctx->pending);
    lac_free(ctx);
    *out = NULL;
}

int lac_timing(const LacContext *ctx, int i, const char **name, double *ms)
{
    int stages = ctx ? STAGE_COUNT + lac_net_timing(ctx->net, -1, name, ms) : 0;

    *name = NULL;
    if (i >= 0 && i < stages && i < STAGE_COUNT) {
        *name = stage_name[i];
        *ms = ctx->ms[i];
    } else if (i >= STAGE_COUNT && i < stages) {
        lac_net_timing(ctx->net, i - STAGE_COUNT, name, ms);
    }
    return stages;
}
