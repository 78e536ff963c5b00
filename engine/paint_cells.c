/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells: what is worked out at network size for painting. */
#include "paint_cells.h"

#include <math.h>
#include <string.h>

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
    ok = k->value && k->clear && k->whole && k->core && k->black && k->line && k->mean && k->least &&
         lac_resize_open(&k->lines, width, height, k->width, k->height, 3, threads) == LAC_OK;
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
    *k = (LacCells){ 0 };
}

static float to_byte(float v)
{
    v = (v + 1.0f) * 127.5f;
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

/* True when no cell beside or diagonal to this one is dark. Outside the picture nothing is. */
static bool is_core(const LacCells *k, int x, int y)
{
    for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < k->height; v++) {
        for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < k->width; u++) {
            if (!k->clear[(size_t)v * k->width + u]) {
                return false;
            }
        }
    }
    return true;
}

/* The network blurs a line into the clear cells beside it. Those take the mean of the core cells joined to them; cells
 * of regions too thin to have any keep their own. Only core cells are read and only others written. */
static void clean_edges(LacCells *k)
{
    const int w = k->width, h = k->height;

#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            k->core[(size_t)y * w + x] = is_core(k, x, y);
        }
    }
#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            const size_t i = (size_t)y * w + x;
            float sum[3] = { 0 }, weight = 0;

            if (!k->clear[i] || k->core[i]) {
                continue;
            }
            for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
                for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
                    const size_t j = (size_t)v * w + u;
                    const bool joined = k->clear[(size_t)y * w + u] || k->clear[(size_t)v * w + x];
                    const float share = u == x || v == y ? 2 : 1;

                    if (k->core[j] && joined) {
                        for (int c = 0; c < 3; c++) {
                            sum[c] += share * k->value[j * 4 + c];
                        }
                        weight += share;
                    }
                }
            }
            for (int c = 0; c < 3 && weight > 0; c++) {
                k->value[i * 4 + c] = sum[c] / weight;
            }
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
            float mean = 255.0f - k->mean[i];
            float dark = sqrtf((mean < 0 ? 0 : mean) * (float)(255 - k->least[i])) / 255.0f,
                  light = 1.0f - dark;
            for (int c = 0; c < 3; c++) {
                k->value[i * 4 + c] = to_byte(rgb[i * 3 + c]);
            }
            k->value[i * 4 + 3] = light > 0 ? light * light + 1e-3f : 1e-3f;
            k->clear[i] = dark < LAC_PAINT_CLEAR_CELL;
        }
    }
#pragma omp parallel for num_threads(k->threads) schedule(static)
    for (int y = 0; y < h; y++) {
        const uint8_t *a = k->clear + (size_t)y * w, *b = y + 1 < h ? a + w : a;
        for (int x = 0; x < w; x++) {
            int r = x + 1 < w ? x + 1 : x;
            k->whole[(size_t)y * w + x] = a[x] & a[r] & b[x] & b[r];
        }
    }
    clean_edges(k);
}

/* Blur pales the line colours and mixes fills into them: bring their mean to that of the references' ink, and their
 * spread down to its. Lines that are black in the references come out black. */
static void match_ink(LacCells *k, const LacLineColour *ink)
{
    const size_t cells = (size_t)k->width * k->height;

    for (int c = 0; c < 3; c++) {
        double weight = 0, sum = 0, square = 0;

        for (size_t i = 0; i < cells; i++) {
            const double w = k->line[i * 4 + 3], v = k->line[i * 4 + c];
            weight += w;
            sum += v;
            square += w > 0 ? v * v / w : 0;
        }
        if (weight <= 0) {
            return;
        }
        const double mean = sum / weight, variance = square / weight - mean * mean;
        const double spread = variance > 0 ? ink->deviation[c] / sqrt(variance) : 1;
        const float scale = spread < 1 ? (float)spread : 1;
        for (size_t i = 0; i < cells; i++) {
            float *v = &k->line[i * 4 + c];
            *v = ink->mean[c] * k->line[i * 4 + 3] + scale * (*v - (float)mean * k->line[i * 4 + 3]);
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
            float *out = k->line + ((size_t)y * w + x) * 4;

            memset(out, 0, 4 * sizeof *out);
            for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++) {
                for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++) {
                    size_t i = (size_t)v * w + u;
                    for (int c = 0; c < 3 && !k->clear[i]; c++) {
                        out[c] += k->value[i * 4 + c] - k->black[i * 3 + c];
                    }
                    out[3] += k->clear[i] ? 0 : 1.0f - k->mean[i] / 255.0f;
                }
            }
        }
    }
    if (ink && ink->known) {
        match_ink(k, ink);
    }
}
