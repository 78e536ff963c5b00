/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells: what is worked out at network size for painting. */
#include "paint/paint_cells.h"

int lac_cells_open(LacCells *k, int width, int height, int net_width, int net_height, int threads)
{
    size_t cells;
    bool ok;

    *k = (LacCells){ .width = net_width < width ? net_width : width,
                     .height = net_height < height ? net_height : height,
                     .threads = threads };
    k->shrink = k->width != net_width || k->height != net_height;
    cells = (size_t)k->width * k->height;
    k->value = lac_alloc(cells, 4 * sizeof *k->value);
    k->clear = lac_alloc(cells, 1);
    k->whole = lac_alloc(cells, 1);
    k->core = lac_alloc(cells, 1);
    k->black = lac_alloc(cells, 3 * sizeof *k->black);
    k->line = lac_alloc(cells, 4 * sizeof *k->line);
    k->mean = lac_alloc(cells, sizeof *k->mean);
    k->least = lac_alloc(cells, 1);
    k->sums = lac_alloc((size_t)k->height, sizeof *k->sums);
    ok = k->value && k->clear && k->whole && k->core && k->black && k->line && k->mean && k->least &&
         k->sums && lac_resize_open(&k->lines, width, height, k->width, k->height, 3, threads) == LAC_OK;
    if (ok && k->shrink) {
        k->shrunk = lac_alloc(cells, 3 * sizeof *k->shrunk);
        ok = k->shrunk &&
             lac_resize_open(&k->shrinking, net_width, net_height, k->width, k->height, 3, threads) == LAC_OK;
    }
    if (!ok) {
        lac_cells_close(k);
    }
    return ok ? LAC_OK : LAC_ENOMEM;
}

void lac_cells_close(LacCells *k)
{
    lac_resize_close(&k->shrinking);
    lac_resize_close(&k->lines);
    lac_free(k->shrunk);
    lac_free(k->value);
    lac_free(k->mean);
    lac_free(k->least);
    lac_free(k->clear);
    lac_free(k->core);
    lac_free(k->whole);
    lac_free(k->black);
    lac_free(k->line);
    lac_free(k->sums);
    *k = (LacCells){ 0 };
}

/* The network blurs a line into the clear cells beside it. Those take the mean of the core cells joined to them; cells
 * of regions too thin to have any keep their own. Only core cells are read and only others written. */
static void clean_edges(LacCells *k)
{
    const int w = k->width, h = k->height;

#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            k->core[(size_t)y * w + x] = lac_cell_core(k->clear, w, h, x, y);
        }
    }
#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            lac_cell_clean(k->value, k->clear, k->core, w, h, x, y);
        }
    }
}

void lac_cells_run(LacCells *k, const float *rgb, const uint8_t *gray)
{
    const int w = k->width, h = k->height, native = k->lines.x.in;

    if (k->shrink) {
        lac_resize_f32(&k->shrinking, rgb, 3, k->shrunk);
        rgb = k->shrunk;
    }
    lac_resize_u8(&k->lines, gray, native, 1, k->mean);
    lac_resize_min(&k->lines, gray, native, true, k->least);
#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (size_t i = (size_t)y * w; i < (size_t)(y + 1) * w; i++) {
            k->clear[i] = lac_cell_value(k->mean[i], k->least[i], rgb + i * 3, k->value + i * 4);
        }
    }
#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            k->whole[(size_t)y * w + x] = lac_cell_whole(k->clear, w, h, x, y);
        }
    }
    clean_edges(k);
}

/* Blur pales the line colours and mixes fills into them: bring their mean to that of the references' ink, and their
 * spread down to its. Lines that are black in the references come out black. */
static void match_ink(LacCells *k, const LacLineColour *ink)
{
    const int w = k->width, h = k->height;

    for (int c = 0; c < 3; c++) {
        float mean, scale;

#pragma omp parallel for num_threads(k->threads) schedule(static)
        for (int y = 0; y < h; y++) {
            lac_ink_row(k->line + (size_t)y * w * 4, w, c, &k->sums[y]);
        }
        if (!lac_ink_fit(k->sums, h, ink->deviation[c], &mean, &scale)) {
            return;
        }
        for (size_t i = 0; i < (size_t)w * h; i++) {
            k->line[i * 4 + c] = lac_ink_match(k->line[i * 4 + c], k->line[i * 4 + 3], mean, scale, ink->mean[c]);
        }
    }
}

/* A dark cell's prediction is the mean of (1 - D) colour + D line over its native
 * pixels. `black` is the picture with black lines, (1 - D) colour, so mean(D) line = prediction -
 * mean(black). Sums over the dark ones of 3x3 cells even out what the network blurs. */
void lac_cells_lines(LacCells *k, const uint8_t *drawn, const uint8_t *black, ptrdiff_t stride,
                     const LacLineColour *ink)
{
    const int w = k->width, h = k->height;

    if (drawn) {
        lac_resize_u8(&k->lines, drawn, k->lines.x.in, 1, k->mean);
    }
    lac_resize_u8(&k->lines, black, stride, 3, k->black);
#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            lac_cell_line(k->value, k->black, k->mean, k->clear, w, h, x, y, k->line + ((size_t)y * w + x) * 4);
        }
    }
    if (ink && ink->known) {
        match_ink(k, ink);
    }
}
