/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The window of the temporal refinement; see window.h. */
#include "window.h"

#include <math.h>
#include <string.h>

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
    LacGpuCopy rgb_there, planes_there; /* where windows are solved on the GPU: `rgb`, and the last three of these */
    bool sent;                          /* rgb_there is this frame's picture, not rgb */
    uint8_t *moved;      /* a LacMove of each block of line art, from this frame to the next */
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

int lac_window_open(LacWindow **window, const LacTools *tools, int width, int height)
{
    const LacSettings *set = tools->set;
    LacWindow *w = lac_calloc(1, sizeof *w);
    int size, nw, nh, err = LAC_OK;
    size_t area;

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
    area = (size_t)nw * (size_t)nh;
    err = lac_lineart_open(&w->lineart, width, height, nw, nh, set->threads, tools->log);
    err = err ? err : lac_steady_open(&w->steady, width, height, nw, nh, w->size + 1, set->threads, tools->log);
    err = err ? err : lac_net_refine_fit(tools->net, nh, nw, w->size);
    err = err ? err : lac_moves_open(&w->moves, width, height, set->threads, tools->log);
    w->slot = err ? NULL : lac_calloc((size_t)w->size + 1, sizeof *w->slot);
    for (int i = 0; !err && i <= w->size; i++) {
        Slot *s = w->slot ? &w->slot[i] : NULL;

        if (s) {
            s->rgb = lac_alloc((size_t)width * (size_t)height, 3);
            s->floats = lac_alloc(area, 9 * sizeof *s->floats);
            s->moved = lac_alloc((size_t)w->moves.rows, (size_t)w->moves.columns);
        }
        if (!s || !s->rgb || !s->floats || !s->moved) {
            err = lac_fail(tools->log, LAC_ENOMEM, "no memory for a window of %d frames of %dx%d; a smaller `window` "
                           "needs less, `temporal=0` none", w->size, width, height);
            break;
        }
        s->line = s->floats;
        s->colour = s->line + area;
        s->residual = s->colour + 3 * area;
        s->link = s->residual + 3 * area;
        s->trust = s->link + area;
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
        lac_gpu_copy_free(&w->slot[i].rgb_there);
        lac_gpu_copy_free(&w->slot[i].planes_there);
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
    s->sent = false;
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
    const int err = lac_gpu_keep(w->tools.gpu, &w->lineart, &s->rgb_there, s->colour);

    s->sent = err == LAC_OK;
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

void lac_window_push(LacWindow *w, const LacPlace *place, bool reference, const uint8_t *gray, double confidence)
{
    const LacLineart *la = &w->lineart;
    const size_t area = (size_t)la->net_width * (size_t)la->net_height;
    const double since = omp_get_wtime();
    Slot *s = slot(w, w->count);

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
    if (s->is_wide) {
        flatten(w, s);
    }
    lac_moves_run(&w->moves, gray, w->count ? slot(w, w->count - 1)->moved : NULL);
    lac_lineart_run(&w->lineart, gray, w->width);
    memcpy(s->line, la->line, area * sizeof *s->line);
    if (!s->sent) {
        lac_lineart_colour(la, s->rgb, s->colour);
    }
    w->count++;
    lac_time_add(w->tools.times, LAC_STAGE_STEADY, since);
}

/* The link of a loose pixel, weaker the farther its painted colours are apart: the middle of something that passes has no
 * line near it, nor has the sky behind it. */
static float loosen(float link, const float *colour, const float *next)
{
    float apart = 0;

    for (int c = 0; c < 3; c++) {
        apart = fmaxf(apart, fabsf(colour[c] - next[c]));
    }
    apart *= 127.5f / LAC_WINDOW_APART;
    for (int power = 1; power < 8; power *= 2) { /* not powf, whose last bit is each library's own */
        apart *= apart;
    }
    return link / (1 + apart);
}

/* What moves does not hang together with the next frame at the same place. */
static void cut_links(const LacWindow *w, Slot *s, const Slot *next)
{
    const int nw = w->lineart.net_width, nh = w->lineart.net_height;

    for (int y = 0; y < nh; y++) {
        const int row = (int)((int64_t)y * w->moves.height / nh) / LAC_MOVES_BLOCK;

        for (int x = 0; x < nw; x++) {
            const int column = (int)((int64_t)x * w->moves.width / nw) / LAC_MOVES_BLOCK;
            const int move = s->moved[row * w->moves.columns + column], i = y * nw + x;

            if (move == LAC_MOVE_MOVES) {
                s->link[i] = 0;
            } else if (move == LAC_MOVE_LOOSE) {
                s->link[i] = loosen(s->link[i], s->colour + (ptrdiff_t)3 * i, next->colour + (ptrdiff_t)3 * i);
            }
        }
    }
}

bool lac_window_there(const LacWindow *w)
{
    return lac_gpu_has(w->tools.gpu, LAC_GPU_STEADY);
}

/* What the GPU needs of a frame that was not given out. */
static int send_slot(const LacWindow *w, Slot *s)
{
    const size_t area = (size_t)w->lineart.net_width * (size_t)w->lineart.net_height;
    int err = LAC_OK;

    if (!s->sent) {
        err = lac_gpu_renew_copy(w->tools.gpu, &s->rgb_there, s->rgb, (size_t)w->width * (size_t)w->height * 3);
        s->sent = err == LAC_OK;
    }
    return err ? err : lac_gpu_renew_copy(w->tools.gpu, &s->planes_there, s->residual, area * 5 * sizeof(float));
}

/* Frames up to `end` of the window made steady, from what the network says. */
static int solve(LacWindow *w, int end)
{
    const LacLineart *la = &w->lineart;
    const size_t area = (size_t)la->net_width * (size_t)la->net_height;
    const bool there = lac_window_there(w);
    LacSteadyFrame native[LAC_WINDOW_MOST + 1];

    for (int i = 0; i < w->count; i++) {
        Slot *s = slot(w, i);
        const bool past = i < w->past;
        const int err = there && !past ? send_slot(w, s) : LAC_OK;
        const float *planes = there ? s->planes_there.data : s->residual;

        if (err) {
            return err;
        }
        native[i] = (LacSteadyFrame){ .rgb = there ? s->rgb_there.data : s->rgb, .stride = (ptrdiff_t)w->width * 3,
                                      .residual = past ? NULL : planes, .link = planes + 3 * area,
                                      .trust = past ? NULL : planes + 4 * area, .weight = past ? LAC_STEADY_PAST : 1,
                                      .fixed = s->reference };
    }
    if (there) {
        return lac_gpu_steady(w->tools.gpu, la->net_width, la->net_height, native, w->count, w->past, end);
    }
    lac_steady_run(w->steady, native, w->count, w->past, end);
    return LAC_OK;
}

/* Makes steady the next frames, or all that are left of the shot: the same ones whenever its end became known. */
static int refine(LacWindow *w)
{
    const LacLineart *la = &w->lineart;
    LacRefineFrame net[LAC_WINDOW_MOST];
    const int end = lac_window_wants(w, false) ? w->count : w->past + w->size / 2;
    double since;
    int err;

    for (int i = w->past; i < w->count; i++) {
        Slot *s = slot(w, i);

        net[i - w->past] = (LacRefineFrame){ s->line, s->colour, s->reference, s->residual, s->link, s->trust };
    }
    err = lac_net_refine(w->tools.net, la->net_height, la->net_width, net, w->count - w->past);
    if (err) {
        return err;
    }
    since = omp_get_wtime();
    for (int i = w->past; i + 1 < w->count; i++) {
        cut_links(w, slot(w, i), slot(w, i + 1));
    }
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
    if (s->sent && !s->reference) {
        err = lac_gpu_fetch_copy(&s->rgb_there, s->rgb, (size_t)w->width * (size_t)w->height * 3);
    }
    if (!err && s->is_wide && out->format != LAC_RGB24) {
        widen(w, s);
        lac_rgba_write(s->wide, out, w->tools.set->threads);
        return LAC_OK;
    }
    return err ? err : lac_image_write(&image, out, w->tools.set->threads, "", w->tools.log);
}

const LacGpuCopy *lac_window_given(const LacWindow *w)
{
    return &slot(w, 0)->rgb_there;
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
