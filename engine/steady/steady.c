/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colours of a window of frames, solved for pixel by pixel; see steady.h. */
#include "steady/steady.h"

#include <omp.h>
#include <string.h>

enum {
    BLOCK = 64,  /* pixels solved for at a time */
    PLANES = 5,  /* of a frame at network size: residual R, G, B, link, trust */
};

/* One frame's block: what goes in, then the elimination's m_t = value + reach m_{t+1}. */
typedef struct Cell {
    float value[3][BLOCK], reach[BLOCK], link[BLOCK];
} Cell;

struct LacSteady {
    int width, height, net_width, frames, threads;
    LacSteadyTap *rows, *columns;
    float *lines; /* [threads][frames][PLANES][net_width]: the network's planes at a native row */
    Cell *cells;  /* [threads][frames] */
};

static LacSteadyTap *taps(int in, int out)
{
    LacSteadyTap *list = lac_alloc((size_t)out, sizeof *list);

    for (int i = 0; list && i < out; i++) {
        list[i] = lac_steady_tap(i, in, out);
    }
    return list;
}

int lac_steady_open(LacSteady **steady, int width, int height, int net_width, int net_height, int frames, int threads,
                    const LacLog *log)
{
    LacSteady *s = lac_calloc(1, sizeof *s);
    size_t cells, lines;

    *steady = s;
    if (s && lac_mul((size_t)threads, (size_t)frames, &cells) && lac_mul(cells, (size_t)PLANES * (size_t)net_width, &lines)) {
        s->width = width;
        s->height = height;
        s->net_width = net_width;
        s->frames = frames;
        s->threads = threads;
        s->rows = taps(net_height, height);
        s->columns = taps(net_width, width);
        s->lines = lac_alloc(lines, sizeof *s->lines);
        s->cells = lac_alloc(cells, sizeof *s->cells);
        if (s->rows && s->columns && s->lines && s->cells) {
            return LAC_OK;
        }
    }
    lac_steady_close(steady);
    return lac_fail(log, LAC_ENOMEM, "no memory to steady %d frames of %dx%d", frames, width, height);
}

void lac_steady_close(LacSteady **steady)
{
    LacSteady *s = *steady;

    if (s) {
        lac_free(s->rows);
        lac_free(s->columns);
        lac_free(s->lines);
        lac_free(s->cells);
        lac_free(s);
    }
    *steady = NULL;
}

/* ---- the network's planes at a native row ---- */

/* One plane of `step` interleaved ones, between two rows. */
static void between(const float *plane, const LacSteadyTap *row, int width, int step, float scale, float *to)
{
    const float *a = plane + (size_t)row->from * (size_t)width * (size_t)step;
    const float *b = plane + (size_t)row->to * (size_t)width * (size_t)step;

    for (int x = 0; x < width; x++) {
        to[x] = lac_product(scale, lac_between(a[x * step], b[x * step], row->share));
    }
}

static void fill(float *to, int count, float value)
{
    for (int x = 0; x < count; x++) {
        to[x] = value;
    }
}

static void read_planes(const LacSteady *s, const LacSteadyFrame *f, bool last, int y, float *lines)
{
    const LacSteadyTap *row = &s->rows[y];
    int w = s->net_width;

    for (int c = 0; f->residual && c < 3; c++) {
        between(f->residual + c, row, w, 3, LAC_STEADY_LEVELS, lines + c * w);
    }
    if (f->link && !last) {
        between(f->link, row, w, 1, 1, lines + 3 * w);
    } else {
        fill(lines + 3 * w, w, 0);
    }
    if (f->trust) {
        between(f->trust, row, w, 1, f->weight, lines + 4 * w);
    } else {
        fill(lines + 4 * w, w, f->weight);
    }
}

/* ---- a block of pixels ---- */

static void sample(const float *line, const LacSteadyTap *columns, int count, float *to)
{
    for (int x = 0; x < count; x++) {
        to[x] = lac_between(line[columns[x].from], line[columns[x].to], columns[x].share);
    }
}

/* The colours of a block and their residual -> cell->value */
static void read_colours(const LacSteadyFrame *f, const LacSteady *s, int x, int y, int count, const float *lines, Cell *cell)
{
    const uint8_t *rgb = f->rgb + y * f->stride + 3 * (ptrdiff_t)x;

    for (int c = 0; c < 3; c++) {
        if (f->residual && !f->fixed) {
            sample(lines + c * s->net_width, s->columns + x, count, cell->value[c]);
        } else {
            fill(cell->value[c], count, 0);
        }
        for (int i = 0; i < count; i++) {
            cell->value[c][i] += rgb[3 * i + c];
        }
    }
}

/* Links of a block, firmer where its colours are alike. */
static void join(const LacSteadyFrame *f, const LacSteadyFrame *next, int x, int y, int count, float *link)
{
    const uint8_t *a = f->rgb + y * f->stride + 3 * (ptrdiff_t)x, *b = next->rgb + y * next->stride + 3 * (ptrdiff_t)x;

    for (int i = 0; i < count; i++) {
        link[i] += lac_steady_alike(a + (ptrdiff_t)3 * i, b + (ptrdiff_t)3 * i);
    }
}

/* One step forward: own colours `cell`, after `before` (NULL: the first frame). */
static void eliminate(const Cell *before, Cell *cell, const float *trust, int count)
{
    float own[BLOCK], share[BLOCK];

    for (int i = 0; i < count; i++) {
        const LacSteadyStep step = lac_steady_step(trust[i], cell->link[i], before ? before->link[i] : 0,
                                                   before ? before->reach[i] : 0);

        own[i] = step.own;
        share[i] = step.share;
        cell->reach[i] = step.reach;
    }
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < count; i++) {
            cell->value[c][i] = lac_steady_value(own[i], cell->value[c][i], share[i], before ? before->value[c][i] : 0);
        }
    }
}

/* One step back: m = value + reach m of the frame after. */
static void substitute(Cell *cell, const Cell *after, int count)
{
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < count; i++) {
            cell->value[c][i] = lac_weighted(cell->value[c][i], cell->reach[i], after->value[c][i]);
        }
    }
}

static void write_colours(const Cell *cell, int count, uint8_t *rgb)
{
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < count; i++) {
            rgb[3 * i + c] = lac_steady_level(cell->value[c][i]);
        }
    }
}

static void solve(const LacSteady *s, const LacSteadyFrame *frames, int count, int first, int end, int x, int y,
                  const float *lines, Cell *cells)
{
    int n = s->width - x < BLOCK ? s->width - x : BLOCK;
    size_t step = (size_t)PLANES * (size_t)s->net_width;

    for (int t = 0; t < count; t++) {
        const float *own = lines + (size_t)t * step;
        float trust[BLOCK];

        read_colours(&frames[t], s, x, y, n, own, &cells[t]);
        sample(own + 3 * s->net_width, s->columns + x, n, cells[t].link);
        if (frames[t].link && t + 1 < count) {
            join(&frames[t], &frames[t + 1], x, y, n, cells[t].link);
        }
        if (frames[t].fixed) {
            fill(cells[t].reach, n, 0);
            continue;
        }
        sample(own + 4 * s->net_width, s->columns + x, n, trust);
        eliminate(t ? &cells[t - 1] : NULL, &cells[t], trust, n);
    }
    for (int t = count - 2; t >= first; t--) {
        if (!frames[t].fixed) {
            substitute(&cells[t], &cells[t + 1], n);
        }
    }
    for (int t = first; t < end; t++) {
        if (!frames[t].fixed) {
            write_colours(&cells[t], n, frames[t].rgb + y * frames[t].stride + 3 * (ptrdiff_t)x);
        }
    }
}

void lac_steady_run(LacSteady *s, const LacSteadyFrame *frames, int count, int first, int end)
{
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int y = 0; y < s->height; y++) {
        size_t step = (size_t)PLANES * (size_t)s->net_width;
        float *lines = s->lines + (size_t)omp_get_thread_num() * (size_t)s->frames * step;
        Cell *cells = s->cells + (size_t)omp_get_thread_num() * (size_t)s->frames;

        for (int t = 0; t < count; t++) {
            read_planes(s, &frames[t], t + 1 == count, y, lines + (size_t)t * step);
        }
        for (int x = 0; x < s->width; x += BLOCK) {
            solve(s, frames, count, first, end, x, y, lines, cells);
        }
    }
}
