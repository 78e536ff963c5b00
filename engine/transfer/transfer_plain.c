/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places of one colour without a line, and cells that come from nowhere else; see transfer_plain.h. */
#include "transfer/transfer_plain.h"

#include <string.h>

/* Sides of the box of the largest cell, and what a place off the steps adds. */
static int side_of(int native, int cells)
{
    return (native - 1) / cells + 1 + 2 * LAC_TRANSFER_AROUND + LAC_PLAIN_STEP - 1;
}

static int places(int native)
{
    return (native + LAC_PLAIN_STEP - 1) / LAC_PLAIN_STEP;
}

static uint32_t tint_of(const uint8_t *rgb, uint8_t gray)
{
    return (uint32_t)rgb[0] << 24 | (uint32_t)rgb[1] << 16 | (uint32_t)rgb[2] << 8 | gray;
}

/* The tints of row y where `wide` pixels from there on have the same, else none. */
static void tint_row(const uint8_t *rgb, const uint8_t *gray, int width, int wide, uint32_t *tint)
{
    uint32_t last = LAC_PLAIN_NONE;
    int run = 0;

    for (int x = width - 1; x >= 0; x--) {
        const uint32_t own = tint_of(rgb + (ptrdiff_t)x * 3, gray[x]);

        run = own == last ? run + 1 : 1;
        last = own;
        tint[x] = run >= wide ? own : LAC_PLAIN_NONE;
    }
}

/* How many rows from one on have this tint: that of the row below, and the row. */
static void count_down(const uint32_t *tint, uint32_t *below, uint16_t *rows, int width)
{
#pragma omp simd
    for (int x = 0; x < width; x++) {
        const uint16_t more = (uint16_t)(rows[x] + (rows[x] < UINT16_MAX));

        rows[x] = tint[x] == below[x] ? more : 1;
        below[x] = tint[x];
    }
}

/* Places [from, to) of the rows of places. Rows below, which their boxes reach, come first. */
static void tint_strip(const LacTransfer *t, const uint8_t *rgb, const uint8_t *gray, int from, int to, uint32_t *tint,
                       uint32_t *below, uint16_t *rows, uint32_t *out)
{
    const int w = t->width, wide = side_of(w, t->match.width), high = side_of(t->height, t->match.height);
    const int columns = places(w), last = (to - 1) * LAC_PLAIN_STEP + high - 1;

    memset(below, 0, (size_t)w * sizeof *below);
    memset(rows, 0, (size_t)w * sizeof *rows);
    for (int y = last < t->height ? last : t->height - 1; y >= from * LAC_PLAIN_STEP; y--) {
        tint_row(rgb + (size_t)y * w * 3, gray + (size_t)y * w, w, wide, tint);
        count_down(tint, below, rows, w);
        for (int x = 0; y % LAC_PLAIN_STEP == 0 && y / LAC_PLAIN_STEP < to && x < columns; x++) {
            const int at = x * LAC_PLAIN_STEP;

            out[(size_t)(y / LAC_PLAIN_STEP) * columns + x] = rows[at] >= high ? tint[at] : LAC_PLAIN_NONE;
        }
    }
}

uint32_t *lac_plain_tints(const LacTransfer *t, const uint8_t *rgb, const uint8_t *gray)
{
    const size_t w = (size_t)t->width;
    const int down = places(t->height);
    uint32_t *out = lac_alloc((size_t)places(t->width) * down, sizeof *out);
    uint32_t *tint = lac_alloc((size_t)t->threads * w, 2 * sizeof *tint);
    uint16_t *rows = lac_alloc((size_t)t->threads * w, sizeof *rows);

    if (!out || !tint || !rows) {
        lac_free(out);
        out = NULL;
    } else {
#pragma omp parallel for num_threads(t->threads) schedule(static)
        for (int i = 0; i < t->threads; i++) { /* strips of rows, one a thread */
            const int from = (int)((int64_t)down * i / t->threads), to = (int)((int64_t)down * (i + 1) / t->threads);

            if (from < to) {
                tint_strip(t, rgb, gray, from, to, tint + 2 * w * i, tint + 2 * w * i + w, rows + w * i, out);
            }
        }
    }
    lac_free(tint);
    lac_free(rows);
    return out;
}

void lac_plain_row(const LacTransfer *t, const uint8_t *gray, int top, int bottom, uint16_t *changes)
{
    const int w = t->width;
    const uint8_t *first = gray + (size_t)top * w;

    memset(changes, 0, (size_t)(w + 1) * sizeof *changes);
    for (int y = top; y < bottom; y++) {
        const uint8_t *row = gray + (size_t)y * w;

#pragma omp simd
        for (int x = 0; x < w - 1; x++) {
            changes[x + 1] |= (uint16_t)((row[x] ^ first[x]) | (row[x] ^ row[x + 1]));
        }
        changes[w] |= row[w - 1] ^ first[w - 1];
    }
    for (int x = 0; x < w; x++) {
        changes[x + 1] = (uint16_t)(changes[x] + (changes[x + 1] != 0));
    }
}

/* The tint a displacement leads the box of a cell to. */
static uint32_t tint_at(const LacTransfer *t, const LacTransferRef *ref, LacOffset o, LacBox box)
{
    const int x = box.left + t->scaled_x[o.x + t->match.width], y = box.top + t->scaled_y[o.y + t->match.height];

    if (x < 0 || y < 0 || x >= t->width || y >= t->height) {
        return LAC_PLAIN_NONE;
    }
    return ref->tints[(size_t)(y / LAC_PLAIN_STEP) * places(t->width) + x / LAC_PLAIN_STEP];
}

static bool same(LacOffset a, LacOffset b)
{
    return a.x == b.x && a.y == b.y;
}

/* Do all patches of a reference over a cell lead to this tint? Displacements side by side are the same more often than not. */
static bool all_lead(const LacTransfer *t, const LacTransferRef *ref, const LacOffset *offset, int cx, int cy, LacBox box,
                     uint32_t tint)
{
    const int w = t->match.width, h = t->match.height, reach = LAC_TRANSFER_VOTE;
    const int left = cx < reach ? 0 : cx - reach, right = cx + reach < w ? cx + reach : w - 1;
    const int top = cy < reach ? 0 : cy - reach, bottom = cy + reach < h ? cy + reach : h - 1;

    for (int y = top; y <= bottom; y++) {
        const LacOffset *row = offset + (size_t)y * w;

        for (int x = left; x <= right; x++) {
            if (!(x > left && same(row[x], row[x - 1])) && !(y > top && same(row[x], row[x - w])) &&
                tint_at(t, ref, row[x], box) != tint) {
                return false;
            }
        }
    }
    return true;
}

bool lac_plain_copy(const LacTransfer *t, LacTransferRef *const *refs, int count, int cx, int cy, const float *united,
                    LacBox cell, LacBox box, const LacCopying *copying)
{
    const int w = t->match.width;
    const size_t own = (size_t)cy * w + cx;
    const uint8_t gray = copying->gray[(size_t)box.top * t->width + box.left];
    uint32_t tint = LAC_PLAIN_NONE;

    for (int r = 0; r < count; r++) { /* the cell's own displacements rule out most that are not plain */
        const uint32_t one = refs[r]->tints ? tint_at(t, refs[r], t->match.field[r].offset[own], box) : LAC_PLAIN_NONE;

        tint = r ? tint : one;
        if (one == LAC_PLAIN_NONE || one != tint) {
            return false;
        }
    }
    if ((tint & 255) != gray || copying->exact || t->alike[0] != 1 || !(copying->inked || gray >= LAC_TRANSFER_LINE)) {
        return false;
    }
    for (int r = 0; r < count; r++) {
        if (united[(size_t)r * w + cx] <= 0 && !all_lead(t, refs[r], t->match.field[r].offset, cx, cy, box, tint)) {
            return false;
        }
    }
    for (int y = cell.top; y < cell.bottom; y++) {
        uint8_t *out = copying->out + ((size_t)y * t->width + (size_t)cell.left) * 4;

        for (int x = cell.left; x < cell.right; x++, out += 4) {
            const uint8_t pixel[4] = { (uint8_t)(tint >> 24), (uint8_t)(tint >> 16), (uint8_t)(tint >> 8), 255 };

            memcpy(out, pixel, 4);
        }
    }
    return true;
}
