/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slow movement in line art; see moves.h. */
#include "steady/moves.h"

#include <stdlib.h>
#include <string.h>

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

/* Whether a movement by less than a pixel explains the block. */
static bool slides(const LacMoves *m, int left, int top, int right, int bottom)
{
    LacMovesSums sums = { 0 };

    for (int y = top > 1 ? top : 1; y < bottom && y + 1 < m->height; y++) {
        const size_t row = (size_t)y * m->width;

        for (int x = left > 1 ? left : 1; x < right && x + 1 < m->width; x++) {
            lac_moves_add(&sums, m->now + row + x, m->before + row + x, m->width);
        }
    }
    return lac_moves_slides(&sums);
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
    if (rest < LAC_MOVES_SPEAKS * (right - left) * (bottom - top)) {
        return lac_moves_unchanged(darkest, lightest);
    }
    if (slides(m, left, top, right, bottom)) {
        return LAC_TELLS_MOVES;
    }
    for (int dy = -LAC_MOVES_REACH; dy <= LAC_MOVES_REACH; dy++) {
        for (int dx = -LAC_MOVES_REACH; dx <= LAC_MOVES_REACH; dx++) {
            if (lac_moves_better(difference(m, left, top, right, bottom, dx, dy), rest)) {
                return LAC_TELLS_MOVES;
            }
        }
    }
    return LAC_TELLS_RESTS;
}

/* Silent blocks ask their neighbours, ring by ring. */
static void spread(const LacMoves *m, uint8_t *moved)
{
    const int blocks = m->columns * m->rows;
    bool again = true;

    while (again) {
        again = false;
        memcpy(m->told, moved, (size_t)blocks);
        for (int i = 0; i < blocks; i++) {
            moved[i] = lac_moves_hear(m->told, m->columns, m->rows, i);
            again |= moved[i] != m->told[i];
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
            moved[i] = lac_moves_does(moved[i]);
        }
    }
    swap = m->before;
    m->before = m->now;
    m->now = swap;
}
