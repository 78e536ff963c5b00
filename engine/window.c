/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The window of the temporal refinement; see window.h. */
#include "window.h"

#include <string.h>

#include "gpu/gpu_window.h"

/* A frame and what is known of it at the refinement's size. */
typedef struct Slot {
    LacPlace place;
    bool reference;
    double confidence;
    uint8_t *rgb;        /* native, over white; painted, then steady */
    uint16_t *wide;      /* native straight RGBA as painted; NULL unless asked for */
    bool is_wide;        /* `wide` is this frame's picture, `rgb` its copy */
    float *line;         /* [h][w] */
    float *colour;       /* [h][w][3] as painted */
    float *residual;     /* [h][w][3] */
    float *link, *trust; /* [h][w] */
    float *floats;       /* all of these */
    uint8_t *moved;      /* a LacMove of each block of line art, from this frame to the next */
    LacGpuSlot there;    /* where windows are the GPU's: all of these from `line` on, and the picture as painted, then steady */
    bool kept;           /* `rgb` was not painted: the picture is there alone */
} Slot;

struct LacWindow {
    LacTools tools;
    int size, width, height;
    LacMoves moves;
    LacLineart lineart; /* native to the refinement's size */
    LacSteady *steady;
    Slot *slot;         /* [size + 1] a ring */
    int first, count;   /* slots in use, those given out included */
    int past;           /* how many were given out: 0 or 1 */
    int done;           /* how many after those are steady */
};

bool lac_window_there(const LacWindow *w)
{
    return lac_gpu_has(w->tools.gpu, LAC_GPU_WINDOW);
}

/* Memory of a frame; what is known of it lies where windows are computed. */
static int open_slot(LacWindow *w, Slot *s)
{
    const LacLineart *la = &w->lineart;
    const size_t area = (size_t)la->net_width * (size_t)la->net_height;

    s->rgb = lac_alloc((size_t)w->width * (size_t)w->height, 3);
    if (s->rgb && lac_window_there(w)) {
        return lac_gpu_slot_open(&s->there, w->tools.gpu, la, &w->moves);
    }
    s->floats = lac_alloc(area, 9 * sizeof *s->floats);
    s->moved = lac_alloc((size_t)w->moves.rows, (size_t)w->moves.columns);
    if (!s->rgb || !s->floats || !s->moved) {
        return lac_fail(w->tools.log, LAC_ENOMEM, "no memory for a window of %d frames of %dx%d; a smaller `window` "
                        "needs less, `temporal=0` none", w->size, w->width, w->height);
    }
    s->line = s->floats;
    s->colour = s->line + area;
    s->residual = s->colour + 3 * area;
    s->link = s->residual + 3 * area;
    s->trust = s->link + area;
    return LAC_OK;
}

int lac_window_open(LacWindow **window, const LacTools *tools, int width, int height)
{
    const LacSettings *set = tools->set;
    LacWindow *w = lac_calloc(1, sizeof *w);
    int size, nw, nh, err = LAC_OK;

    *window = w;
    if (!w) {
        return lac_fail(tools->log, LAC_ENOMEM, "no memory for a window of frames");
    }
    w->tools = *tools;
    w->size = set->window;
    w->width = width;
    w->height = height;
    size = width < height ? width : height;
    lac_network_size(width, height, size < LAC_REFINE_SIZE ? LAC_SIZE_NATIVE : LAC_REFINE_SIZE, &nw, &nh);
    err = lac_lineart_open(&w->lineart, width, height, nw, nh, set->threads, tools->log);
    if (!err && !lac_window_there(w)) {
        err = lac_steady_open(&w->steady, width, height, nw, nh, w->size + 1, set->threads, tools->log);
    }
    err = err ? err : lac_net_refine_fit(tools->net, nh, nw, w->size, lac_window_there(w));
    err = err ? err : lac_moves_open(&w->moves, width, height, set->threads, tools->log);
    if (!err) {
        w->slot = lac_calloc((size_t)w->size + 1, sizeof *w->slot);
        err = w->slot ? LAC_OK : lac_fail(tools->log, LAC_ENOMEM, "no memory for a window of frames");
    }
    for (int i = 0; !err && w->slot && i <= w->size; i++) {
        err = open_slot(w, &w->slot[i]);
    }
    if (err) {
        lac_window_close(window);
    }
    return err;
}

void lac_window_close(LacWindow **window)
{
    LacWindow *w = *window;

    if (!w) {
        return;
    }
    for (int i = 0; w->slot && i <= w->size; i++) {
        lac_free(w->slot[i].rgb);
        lac_free(w->slot[i].wide);
        lac_free(w->slot[i].floats);
        lac_free(w->slot[i].moved);
        lac_gpu_slot_close(&w->slot[i].there);
    }
    lac_free(w->slot);
    lac_steady_close(&w->steady);
    lac_moves_close(&w->moves);
    lac_lineart_close(&w->lineart);
    lac_free(w);
    *window = NULL;
}

void lac_window_clear(LacWindow *w)
{
    w->count = w->past = w->done = 0;
}

static Slot *slot(const LacWindow *w, int i)
{
    return &w->slot[(w->first + i) % (w->size + 1)];
}

int lac_window_count(const LacWindow *w)
{
    return w->count - w->past;
}

int64_t lac_window_shot(const LacWindow *w)
{
    return w->count ? slot(w, 0)->place.shot : -1;
}

int lac_window_wants(const LacWindow *w, bool ends)
{
    const int have = w->count - w->past;

    if (w->done > 0 || (ends && have > 0)) {
        return 0;
    }
    return have < w->size ? w->size - have : 0;
}

int lac_window_picture(LacWindow *w, enum LacFormat format, LacPicture *picture)
{
    Slot *s = slot(w, w->count);

    s->is_wide = format != LAC_RGB24;
    s->kept = false;
    if (s->is_wide && !s->wide) {
        s->wide = lac_alloc((size_t)w->width * (size_t)w->height, 4 * sizeof *s->wide);
        if (!s->wide) {
            return lac_fail(w->tools.log, LAC_ENOMEM, "no memory for a window of 16-bit frames of %dx%d", w->width, w->height);
        }
    }
    *picture = (LacPicture){ s->is_wide ? LAC_RGBA64 : LAC_RGB24, w->width, w->height,
                             (ptrdiff_t)w->width * (s->is_wide ? 8 : 3), s->is_wide ? (uint8_t *)s->wide : s->rgb };
    return LAC_OK;
}

int lac_window_keep(LacWindow *w)
{
    Slot *s = slot(w, w->count);
    const int err = lac_gpu_slot_keep(&s->there);

    s->kept = err == LAC_OK;
    return err;
}

static void flatten(const LacWindow *w, Slot *s)
{
#pragma omp parallel for num_threads(w->tools.set->threads) schedule(static)
    for (size_t i = 0; i < (size_t)w->width * (size_t)w->height; i++) {
        for (int c = 0; c < 3; c++) {
            s->rgb[3 * i + c] = lac_rgba_white8(s->wide + 4 * i, c);
        }
    }
}

/* What the refinement changed over white, in the 16-bit picture, whose alpha stays. */
static void widen(const LacWindow *w, Slot *s)
{
#pragma omp parallel for num_threads(w->tools.set->threads) schedule(static)
    for (size_t i = 0; i < (size_t)w->width * (size_t)w->height; i++) {
        uint16_t *p = s->wide + 4 * i;

        for (int c = 0; c < 3 && p[3]; c++) {
            const int change = s->rgb[3 * i + c] - lac_rgba_white8(p, c);

            if (change) {
                p[c] = lac_rgba_round((float)p[c] + (float)change * 257.0f * LAC_OPAQUE / (float)p[3]);
            }
        }
    }
}

/* What is known of the next frame by itself, and beside the one before, which may be NULL. */
static int look(LacWindow *w, Slot *s, Slot *before, const uint8_t *gray)
{
    const LacLineart *la = &w->lineart;
    int err = LAC_OK;

    if (s->is_wide) {
        flatten(w, s);
    }
    if (lac_window_there(w)) {
        err = s->kept ? LAC_OK : lac_gpu_slot_send(&s->there, s->rgb);
        return err ? err : lac_gpu_slot_look(&s->there, before ? &before->there : NULL, la, &w->moves, s->place.index, gray);
    }
    lac_moves_run(&w->moves, gray, before ? before->moved : NULL);
    lac_lineart_run(&w->lineart, gray, w->width);
    memcpy(s->line, la->line, (size_t)la->net_width * (size_t)la->net_height * sizeof *s->line);
    lac_lineart_colour(la, s->rgb, s->colour);
    return LAC_OK;
}

int lac_window_push(LacWindow *w, const LacPlace *place, bool reference, const uint8_t *gray, double confidence)
{
    const double since = omp_get_wtime();
    Slot *s = slot(w, w->count);
    int err;

    if (w->past && w->count == 1 && slot(w, 0)->place.shot != place->shot) {
        /* a new shot owes nothing to the one before */
        Slot painted = *s;
        *s = *slot(w, 0);
        *slot(w, 0) = painted;
        w->count = w->past = 0;
        s = slot(w, 0);
    }
    s->place = *place;
    s->reference = reference;
    s->confidence = confidence;
    err = look(w, s, w->count ? slot(w, w->count - 1) : NULL, gray);
    w->count += err == LAC_OK;
    lac_time_add(w->tools.times, LAC_STAGE_STEADY, since);
    return err;
}

/* What moves does not hang together with the next frame at the same place. */
static void cut_links(const LacWindow *w, Slot *s, const Slot *next)
{
    const int nw = w->lineart.net_width, nh = w->lineart.net_height;

    for (int y = 0; y < nh; y++) {
        const uint8_t *moved = s->moved + (ptrdiff_t)lac_moves_block(y, w->moves.height, nh) * w->moves.columns;

        for (int x = 0; x < nw; x++) {
            const ptrdiff_t i = (ptrdiff_t)y * nw + x;

            s->link[i] = lac_moves_link(s->link[i], moved[lac_moves_block(x, w->moves.width, nw)], s->colour + 3 * i,
                                        next->colour + 3 * i);
        }
    }
}

/* Frames up to `end` of the window made steady, from what the network says. */
static int solve(LacWindow *w, int end)
{
    const bool there = lac_window_there(w);
    LacSteadyFrame native[LAC_WINDOW_MOST + 1];

    for (int i = 0; i < w->count; i++) {
        const Slot *s = slot(w, i);
        const bool past = i < w->past;

        native[i] = (LacSteadyFrame){ .rgb = s->rgb, .stride = (ptrdiff_t)w->width * 3, .residual = past ? NULL : s->residual,
                                      .link = s->link, .trust = past ? NULL : s->trust,
                                      .weight = past ? LAC_STEADY_PAST : 1, .fixed = s->reference };
        if (there) {
            native[i].rgb = s->there.rgb;
            native[i].residual = past ? NULL : s->there.residual;
            native[i].link = s->there.link;
            native[i].trust = past ? NULL : s->there.trust;
        }
    }
    if (there) {
        return lac_gpu_steady(w->tools.gpu, native, w->count, w->past, end);
    }
    lac_steady_run(w->steady, native, w->count, w->past, end);
    return LAC_OK;
}

/* The network's answers for the frames that were not given out, and the links between these. */
static int tie(LacWindow *w)
{
    const LacLineart *la = &w->lineart;
    LacRefineFrame net[LAC_WINDOW_MOST];
    double since;
    int err;

    for (int i = w->past; i < w->count; i++) {
        Slot *s = slot(w, i);

        net[i - w->past] = (LacRefineFrame){ s->line, s->colour, s->reference, s->residual, s->link, s->trust };
    }
    err = lac_net_refine(w->tools.net, la->net_height, la->net_width, net, w->count - w->past);
    since = omp_get_wtime();
    for (int i = w->past; i + 1 < w->count && !err; i++) {
        cut_links(w, slot(w, i), slot(w, i + 1));
    }
    lac_time_add(w->tools.times, LAC_STAGE_STEADY, since);
    return err;
}

static int tie_there(LacWindow *w)
{
    const LacLineart *la = &w->lineart;
    LacGpuSlot *frame[LAC_WINDOW_MOST];
    bool reference[LAC_WINDOW_MOST];
    LacGpuWindow own = { w->tools.gpu, &w->moves, frame, reference, w->count - w->past };
    const LacRefineWindow window = { &own, lac_gpu_window_input, lac_gpu_window_answer, lac_gpu_window_sane };

    for (int i = w->past; i < w->count; i++) {
        frame[i - w->past] = &slot(w, i)->there;
        reference[i - w->past] = slot(w, i)->reference;
    }
    return lac_net_refine_from(w->tools.net, la->net_height, la->net_width, &window, own.count);
}

/* Makes steady the next frames, or all that are left of the shot: the same ones whenever its end became known. */
static int refine(LacWindow *w)
{
    const int end = lac_window_wants(w, false) ? w->count : w->past + w->size / 2;
    double since;
    int err = lac_window_there(w) ? tie_there(w) : tie(w);

    if (err) {
        return err;
    }
    since = omp_get_wtime();
    err = solve(w, end);
    w->done = err ? 0 : end - w->past;
    lac_time_add(w->tools.times, LAC_STAGE_STEADY, since);
    return err;
}

/* A steady frame -> out. */
static int write_slot(LacWindow *w, Slot *s, LacPicture *out)
{
    const LacImage image = { w->width, w->height, 3, s->rgb };
    int err = LAC_OK;

    if (!out->data) {
        return LAC_OK;
    }
    if (lac_window_there(w) && !s->reference) {
        err = lac_gpu_slot_fetch(&s->there, s->rgb);
    }
    if (!err && s->is_wide && out->format != LAC_RGB24) {
        widen(w, s);
        lac_rgba_write(s->wide, out, w->tools.set->threads);
        return LAC_OK;
    }
    return err ? err : lac_image_write(&image, out, w->tools.set->threads, "", w->tools.log);
}

const uint8_t *lac_window_given(const LacWindow *w)
{
    return slot(w, 0)->there.rgb;
}

int lac_window_write(LacWindow *w, LacPicture *out)
{
    return write_slot(w, slot(w, 0), out);
}

int lac_window_pop(LacWindow *w, LacPicture *out, double *confidence)
{
    int err = w->done ? LAC_OK : refine(w);

    err = err ? err : write_slot(w, slot(w, w->past), out);
    if (err) {
        return err;
    }
    *confidence = slot(w, w->past)->confidence;
    if (w->past) {
        w->first = (w->first + 1) % (w->size + 1);
        w->count--;
    }
    w->past = 1;
    w->done--;
    return LAC_OK;
}
