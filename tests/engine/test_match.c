/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Correspondences and the copying along them: what is the same is found and copied exactly, wherever it is; the same
 * bytes for any number of threads and any instruction set; any size, any number of references. */
#include <stdlib.h>

#include "expect.h"
#include "match/match_search.h"
#include "transfer/transfer.h"

enum { CELL = 23 };

static uint32_t hash(uint32_t v)
{
    v = (v ^ v >> 16) * 0x45d9f3bU;
    v = (v ^ v >> 16) * 0x45d9f3bU;
    return v ^ v >> 16;
}

/* A drawing without end, of which a picture shows a window: cells of their own colour, slanted lines between them. */
static void draw(int x, int y, uint8_t rgb[3], uint8_t *gray)
{
    const int u = x + 1000 + y / 3, v = y + 1000 - x / 4;
    const uint32_t colour = hash((uint32_t)(u / CELL * 977 + v / CELL));
    const bool line = u % CELL < 2 || v % CELL < 2 || (hash((uint32_t)(u / CELL + 31 * (v / CELL))) % 3 == 0 && (u + v) % CELL < 2);

    *gray = line ? 0 : 255;
    for (int c = 0; c < 3; c++) {
        rgb[c] = line ? 20 : (uint8_t)(60 + (colour >> 8 * c) % 190);
    }
}

typedef struct Shown {
    LacImage color, line;
} Shown;

static Shown show(int width, int height, int left, int top)
{
    Shown s = { 0 };

    if (lac_image_alloc(&s.color, width, height, 3, NULL) || lac_image_alloc(&s.line, width, height, 1, NULL)) {
        abort();
    }
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const size_t i = (size_t)y * width + x;
            draw(x + left, y + top, s.color.data + i * 3, s.line.data + i);
        }
    }
    return s;
}

static void hide(Shown *s)
{
    lac_image_free(&s->color);
    lac_image_free(&s->line);
}

/* The network works at `size`. The frame in its true colours, as a perfect network would predict it, against the references -> [height][width][4]. */
static uint8_t *transfer(const Shown *frame, const Shown *refs, int count, bool local, bool inked, int threads,
                         int size)
{
    const LacLog log = { 0 };
    const int width = frame->color.width, height = frame->color.height;
    uint8_t *out = malloc((size_t)width * height * 4);
    LacTransferRef *ref[LAC_MATCH_MAX_FIELDS] = { 0 };
    float lag[LAC_MATCH_MAX_FIELDS] = { 0 }, *rgb;
    LacTransfer *t;
    LacLineart la;
    int w, h;

    lac_network_size(width, height, size, &w, &h);
    rgb = malloc((size_t)w * h * 3 * sizeof *rgb);
    if (!out || !rgb || lac_lineart_open(&la, width, height, w, h, 1, &log) ||
        lac_transfer_open(&t, width, height, w, h, count, threads, &log)) {
        abort();
    }
    lac_lineart_colour(&la, frame->color.data, rgb);
    for (int i = 0; i < count; i++) {
        if (lac_transfer_ref(t, &refs[i].color, NULL, &refs[i].line, local, &ref[i])) {
            abort();
        }
    }
    lac_transfer_run(t, rgb, frame->line.data, ref, lag, count, inked, out, NULL);
    for (int i = 0; i < count; i++) {
        lac_transfer_ref_free(&ref[i]);
    }
    lac_transfer_close(&t);
    lac_lineart_close(&la);
    free(rgb);
    return out;
}

/* Share of the pixels at least `margin` from the edges that are exactly right. */
static double exact(const uint8_t *out, const LacImage *truth, int margin)
{
    int right = 0, all = 0;

    for (int y = margin; y < truth->height - margin; y++) {
        for (int x = margin; x < truth->width - margin; x++) {
            const size_t i = (size_t)y * truth->width + x;
            right += memcmp(out + i * 4, truth->data + i * 3, 3) == 0;
            all++;
        }
    }
    return (double)right / all;
}

static void test_same(Tally *t)
{
    static const int sizes[][2] = { { 1, 1 }, { 1, 70 }, { 67, 3 }, { 64, 64 }, { 131, 97 }, { 200, 333 }, { 640, 360 } };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Shown frame = show(sizes[i][0], sizes[i][1], 0, 0);
        for (int count = 1; count <= 3; count += 2) {
            const Shown refs[3] = { frame, frame, frame };
            uint8_t *out = transfer(&frame, refs, count, true, true, 2, 64);
            const double share = exact(out, &frame.color, 0);
            expect(t, share == 1, "%dx%d against itself, %d references: %.4f of the pixels are exact", sizes[i][0],
                   sizes[i][1], count, share);
            free(out);
        }
        hide(&frame);
    }
}

/* By whole network pixels, so that a displacement of the field is one of the picture. */
static void test_moved(Tally *t)
{
    static const int moves[][2] = { { 9, 5 }, { -14, 3 }, { 2, -11 } };

    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        Shown frame = show(160, 128, 0, 0), ref = show(160, 128, moves[i][0], moves[i][1]);
        uint8_t *out = transfer(&frame, &ref, 1, true, true, 2, 128);
        const double share = exact(out, &frame.color, 24);
        expect(t, share > 0.97, "moved by %d, %d: %.4f of the pixels are exact", moves[i][0], moves[i][1], share);
        free(out);
        hide(&ref);
        hide(&frame);
    }
}

/* By native pixels that are no whole network pixels: the line art says where exactly. */
static void test_moved_native(Tally *t)
{
    static const int moves[][2] = { { 5, 3 }, { -9, 2 }, { 1, -7 } };

    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        Shown frame = show(320, 256, 0, 0), ref = show(320, 256, moves[i][0], moves[i][1]);
        uint8_t *out = transfer(&frame, &ref, 1, true, true, 2, 128);
        const double share = exact(out, &frame.color, 32);
        expect(t, share > 0.97, "moved by %d, %d native pixels: %.4f of the pixels are exact", moves[i][0], moves[i][1],
               share);
        free(out);
        hide(&ref);
        hide(&frame);
    }
}

/* A sheet's pieces may lie anywhere. */
static void test_sheet(Tally *t)
{
    Shown frame = show(160, 128, 0, 0), sheet = show(160, 128, 60, 40);
    uint8_t *out = transfer(&frame, &sheet, 1, false, true, 2, 128);
    int right = 0, all = 0;

    for (int y = 64; y < 108; y++) {
        for (int x = 80; x < 140; x++) {
            const size_t i = (size_t)y * 160 + x;
            right += memcmp(out + i * 4, frame.color.data + i * 3, 3) == 0;
            all++;
        }
    }
    expect(t, right > 0.9 * all, "on a sheet 60, 40 away: %d of %d pixels are exact", right, all);
    free(out);
    hide(&sheet);
    hide(&frame);
}

/* Without ink no colour of a reference's line comes out as sure. */
static void test_not_inked(Tally *t)
{
    Shown frame = show(131, 97, 0, 0);
    uint8_t *out = transfer(&frame, &frame, 1, true, false, 2, 96);
    int wrong = 0;

    for (size_t i = 0; i < (size_t)131 * 97; i++) {
        wrong += out[i * 4 + 3] > 0 && out[i * 4] == 20;
    }
    expect(t, wrong == 0, "without lines: %d pixels have the colour of a line", wrong);
    free(out);
    hide(&frame);
}

static void test_threads(Tally *t)
{
    Shown frame = show(201, 143, 3, 0), refs[3] = { show(201, 143, 0, 0), show(201, 143, 20, 9), show(402, 286, 0, 0) };
    uint8_t *one = transfer(&frame, refs, 3, true, true, 1, 64);

    for (int threads = 2; threads <= 5; threads += 3) {
        uint8_t *many = transfer(&frame, refs, 3, true, true, threads, 64);
        expect(t, memcmp(one, many, (size_t)201 * 143 * 4) == 0, "1 and %d threads give the same bytes", threads);
        free(many);
    }
    free(one);
    for (int i = 0; i < 3; i++) {
        hide(&refs[i]);
    }
    hide(&frame);
}

/* All sets this CPU runs give the field of the plain one. */
static void test_sets(Tally *t)
{
    enum { W = 37, H = 21 };
    static int8_t a[W * H * LAC_MATCH_DIMS], b[W * H * LAC_MATCH_DIMS];
    static LacOffset offset[2][W * H], border[W];
    static int32_t cost[2][W * H];
    LacMatchStrip *const sets[2] = { lac_match_strip_base, lac_match_strip_search() };

    for (size_t i = 0; i < sizeof a; i++) {
        a[i] = (int8_t)(hash((uint32_t)i) % 256 - 128);
        b[i] = (int8_t)(hash((uint32_t)i + 7) % 256 - 128);
    }
    for (int k = 0; k < 2; k++) {
        LacMatchSearch s = { .width = W, .height = H, .frame = a, .ref = b, .offset = offset[k], .cost = cost[k],
                             .border = border, .prior = 300, .radius = 16 };
        for (s.pass = -1; s.pass < 3; s.pass++) {
            for (int strip = 0; strip < 3; strip++) {
                sets[k](&s, strip);
            }
        }
    }
    expect(t, memcmp(offset[0], offset[1], sizeof offset[0]) == 0 && memcmp(cost[0], cost[1], sizeof cost[0]) == 0,
           "the fastest search gives the plain one's field");
}

int main(void)
{
    Tally t = { "test_match", 0, 0 };

    test_same(&t);
    test_moved(&t);
    test_moved_native(&t);
    test_sheet(&t);
    test_not_inked(&t);
    test_threads(&t);
    test_sets(&t);
    return tally_end(&t);
}
