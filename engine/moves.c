/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slow movement in line art; see moves.h. */
#include "moves.h"

#include <stdlib.h>
#include <string.h>

enum { SPEAKS = 1 }; /* mean levels a block must differ by at rest to tell anything, times its share of pixels */
enum { SILENT, RESTS, MOVES, TELLS = 3, HEARD = 4 }; /* HEARD: by neighbours only */

int lac_moves_open(LacMoves *m, int width, int height, int threads, const LacLog *log)
{
    const int side = width < height ? width : height;

    *m = (LacMoves){ .native_width = width, .native_height = height, .shrink = 1, .threads = threads };
    while (side / m->shrink > LAC_MOVES_SIDE) {
        m->shrink *= 2;
    }
    m->width = width / m->shrink;
    m->height = height / m->shrink;
    m->columns = (m->width + LAC_MOVES_BLOCK - 1) / LAC_MOVES_BLOCK;
    m->rows = (m->height + LAC_MOVES_BLOCK - 1) / LAC_MOVES_BLOCK;
    m->before = lac_alloc((size_t)m->width, (size_t)m->height);
    m->now = lac_alloc((size_t)m->width, (size_t)m->height);
    m->told = lac_alloc((size_t)m->columns, (size_t)m->rows);
    return m->before && m->now && m->told
               ? LAC_OK
               : lac_fail(log, LAC_ENOMEM, "no memory to look for movement in frames of %dx%d", width, height);
}

void lac_moves_close(LacMoves *m)
{
    lac_free(m->before);
    lac_free(m->now);
    lac_free(m->told);
    *m = (LacMoves){ 0 };
}

static void shrink(const LacMoves *m, const uint8_t *gray)
{
    const int n = m->shrink;

    if (n == 1) {
        memcpy(m->now, gray, (size_t)m->width * (size_t)m->height);
        return;
    }
#pragma omp parallel for num_threads(m->threads) schedule(static)
    for (int y = 0; y < m->height; y++) {
        for (int x = 0; x < m->width; x++) {
            int sum = n * n / 2;

            for (int i = 0; i < n * n; i++) {
                sum += gray[((size_t)y * n + i / n) * m->native_width + (size_t)x * n + i % n];
            }
            m->now[(size_t)y * m->width + x] = (uint8_t)(sum / (n * n));
        }
    }
}

/* Sum of absolute differences of the block now and the frame before, moved by (dx, dy); edges repeat. */
static int difference(const LacMoves *m, int left, int top, int right, int bottom, int dx, int dy)
{
    int sum = 0;

    for (int y = top; y < bottom; y++) {
        const int v = y + dy < 0 ? 0 : y + dy < m->height ? y + dy : m->height - 1;
        const uint8_t *a = m->now + (size_t)y * m->width, *b = m->before + (size_t)v * m->width;

        if (left + dx >= 0 && right + dx <= m->width) {
            for (int x = left; x < right; x++) {
                sum += abs(a[x] - b[x + dx]);
            }
        } else {
            for (int x = left; x < right; x++) {
                const int u = x + dx < 0 ? 0 : x + dx < m->width ? x + dx : m->width - 1;
                sum += abs(a[x] - b[u]);
            }
        }
    }
    return sum;
}

/* Whether a movement by less than a pixel explains the block: least squares of the change in time by the gradients. */
static bool slides(const LacMoves *m, int left, int top, int right, int bottom)
{
    double xx = 0, xy = 0, yy = 0, xt = 0, yt = 0, tt = 0, det, explained;

    for (int y = top > 1 ? top : 1; y < bottom && y + 1 < m->height; y++) {
        const uint8_t *a = m->now + (size_t)y * m->width, *b = m->before + (size_t)y * m->width;

        for (int x = left > 1 ? left : 1; x < right && x + 1 < m->width; x++) {
            const int gx = a[x + 1] - a[x - 1] + b[x + 1] - b[x - 1];
            const int gy = a[x + m->width] - a[x - m->width] + b[x + m->width] - b[x - m->width];
            const int t = a[x] - b[x];

            xx += gx * gx;
            xy += gx * gy;
            yy += gy * gy;
            xt += gx * t;
            yt += gy * t;
            tt += t * t;
        }
    }
    xx += 1; /* one direction alone tells, too */
    yy += 1;
    det = xx * yy - xy * xy;
    explained = (yy * xt * xt - 2 * xy * xt * yt + xx * yt * yt) / det;
    return explained > LAC_MOVES_SLIDES * tt;
}

static uint8_t tell(const LacMoves *m, int column, int row)
{
    const int left = column * LAC_MOVES_BLOCK, top = row * LAC_MOVES_BLOCK;
    const int right = left + LAC_MOVES_BLOCK < m->width ? left + LAC_MOVES_BLOCK : m->width;
    const int bottom = top + LAC_MOVES_BLOCK < m->height ? top + LAC_MOVES_BLOCK : m->height;
    const int rest = difference(m, left, top, right, bottom, 0, 0);
    int darkest = 255, lightest = 0;

    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            const int v = m->now[(size_t)y * m->width + x];
            darkest = v < darkest ? v : darkest;
            lightest = v > lightest ? v : lightest;
        }
    }
    if (rest < SPEAKS * (right - left) * (bottom - top)) {
        return lightest - darkest > 64 ? RESTS : SILENT;
    }
    if (slides(m, left, top, right, bottom)) {
        return MOVES;
    }
    for (int dy = -LAC_MOVES_REACH; dy <= LAC_MOVES_REACH; dy++) {
        for (int dx = -LAC_MOVES_REACH; dx <= LAC_MOVES_REACH; dx++) {
            if ((float)difference(m, left, top, right, bottom, dx, dy) < LAC_MOVES_BETTER * (float)rest) {
                return MOVES;
            }
        }
    }
    return RESTS;
}

/* Silent blocks ask their neighbours, ring by ring. */
static void spread(const LacMoves *m, uint8_t *moved)
{
    bool again = true;

    while (again) {
        again = false;
        memcpy(m->told, moved, (size_t)m->columns * (size_t)m->rows);
        for (int y = 0; y < m->rows; y++) {
            for (int x = 0; x < m->columns; x++) {
                uint8_t *to = &moved[y * m->columns + x];

                for (int i = 0; (*to & TELLS) != MOVES && i < 9 && m->told[y * m->columns + x] == SILENT; i++) {
                    const int v = y + i / 3 - 1, u = x + i % 3 - 1;
                    const int told = v >= 0 && u >= 0 && v < m->rows && u < m->columns ? m->told[v * m->columns + u] & TELLS
                                                                                        : SILENT;

                    if (told > (*to & TELLS)) {
                        *to = (uint8_t)(told | HEARD);
                        again = true;
                    }
                }
            }
        }
    }
}

void lac_moves_run(LacMoves *m, const uint8_t *gray, uint8_t *moved)
{
    uint8_t *swap;

    shrink(m, gray);
    if (moved) {
#pragma omp parallel for num_threads(m->threads) schedule(dynamic)
        for (int i = 0; i < m->rows * m->columns; i++) {
            moved[i] = tell(m, i % m->columns, i / m->columns);
        }
        spread(m, moved);
        for (int i = 0; i < m->rows * m->columns; i++) {
            moved[i] = moved[i] == MOVES ? LAC_MOVE_MOVES : moved[i] == (MOVES | HEARD) ? LAC_MOVE_LOOSE : LAC_MOVE_RESTS;
        }
    }
    swap = m->before;
    m->before = m->now;
    m->now = swap;
}
