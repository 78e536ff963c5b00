/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a window of frames needs besides its network, by the GPU's kernels against moves.c, differ.c and links.c: the same bytes. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "net/stages.h"
#include "ops/cuda/window_cuda.h"
#include "steady/moves.h"
#include "streams.h"

static uint32_t seed = 11;

static float unit(void)
{
    return (float)(next_number(&seed) % 2001) / 1000 - 1;
}

static float *plane(size_t n)
{
    float *p = malloc(n * sizeof *p);

    for (size_t i = 0; i < n; i++) {
        p[i] = unit();
    }
    return p;
}

/* ---- movement ---- */

/* Strokes of four columns a picture block apart, some of which slide by a pixel or a little with n, some blacken; wide stretches
 * are empty. */
static void draw(uint8_t *gray, int w, int h, int n)
{
    for (int i = 0; i < w * h; i++) {
        const int x = i % w, y = i / w, stroke = x / 37, kind = stroke % 5;
        const int at = x % 37 - 9 - (kind == 1 ? n : 0);
        const int soft = kind == 2 ? 40 * n : 0;
        const bool empty = y / 50 % 3 == 2 || stroke % 4 == 3;

        gray[i] = (uint8_t)(empty || at < 0 || at > 4 ? 250
                            : at == 0                 ? 60 + soft
                            : at == 4                 ? 230 - soft
                            : kind == 3               ? 20 + 30 * n
                            : kind == 4               ? (int)(next_number(&seed) % 256)
                                                      : 20);
    }
}

static void test_moves(Tally *t, LacBackend *be, int w, int h)
{
    const size_t n = (size_t)w * (size_t)h;
    uint8_t *gray = malloc(n), *moved;
    LacLog log = { 0 };
    LacMoves m;
    int kinds[3] = { 0 }, wrong = 0;

    if (!expect(t, !lac_moves_open(&m, w, h, 1, &log), "open")) {
        return;
    }
    const size_t compared = (size_t)m.width * (size_t)m.height, blocks = (size_t)m.columns * (size_t)m.rows;
    CudaMoves c = { w, m.shrink, m.width, m.height, m.columns, m.rows, NULL, device_new(compared), device_new(compared),
                    device_new(blocks), NULL };
    uint8_t *there = device_new(blocks);

    moved = malloc(blocks);
    for (int frame = 0; frame < 3; frame++) {
        uint8_t *swap;

        draw(gray, w, h, frame);
        c.gray = device_copy(be, gray, n);
        c.moved = frame ? there : NULL;
        lac_moves_run(&m, gray, frame ? moved : NULL);
        expect(t, !lac_cuda_moves(be, &c), "moves");
        for (size_t i = 0; frame && i < blocks; i++) {
            kinds[moved[i]]++;
        }
        wrong += frame && !device_equals(be, there, moved, blocks);
        device_free(c.gray);
        swap = c.before;
        c.before = c.now;
        c.now = swap;
    }
    expect(t, wrong == 0, "%dx%d: movement of %d frames differs", w, h, wrong);
    expect(t, w < 200 || (kinds[0] && kinds[1] && kinds[2]), "%dx%d: %d blocks rest, %d are loose, %d move", w, h, kinds[0],
           kinds[1], kinds[2]);
    device_free(c.before);
    device_free(c.now);
    device_free(c.told);
    device_free(there);
    free(gray);
    free(moved);
    lac_moves_close(&m);
}

/* ---- difference of line art ---- */

static void test_differ(Tally *t, LacBackend *be, int w, int h)
{
    const size_t n = (size_t)w * (size_t)h;
    float *a = plane(n), *b = plane(n), *scratch = malloc(2 * n * sizeof *a), *out = malloc(n * sizeof *a);
    float *there[3];

    for (size_t i = 0; i < n; i++) { /* most is alike */
        b[i] = i % 97 < 90 ? a[i] : b[i];
    }
    lac_line_difference(a, b, h, w, scratch, out);
    there[0] = device_copy(be, a, n * sizeof *a);
    there[1] = device_copy(be, b, n * sizeof *a);
    there[2] = device_new(n * sizeof *a);
    expect(t, !lac_cuda_differ(be, there[0], there[1], h, w, there[2]) && device_equals(be, there[2], out, n * sizeof *a),
           "%dx%d: the difference differs", w, h);
    for (int i = 0; i < 3; i++) {
        device_free(there[i]);
    }
    free(a);
    free(b);
    free(scratch);
    free(out);
}

/* ---- inputs and answers ---- */

enum { FRAMES = 3, W = 37, H = 21, AREA = W * H, COLUMNS = 5, ROWS = 3 };

static void test_input(Tally *t, LacBackend *be)
{
    float *line = plane(AREA), *colour = plane(3 * AREA), *differs = plane(AREA), wanted[AREA * 6];
    CudaWindowInput in = { device_copy(be, line, AREA * sizeof *line), device_copy(be, colour, 3 * AREA * sizeof *line),
                           device_copy(be, differs, AREA * sizeof *line), true, NULL };
    LacTensor to = { .type = LAC_F32, .n = 1, .h = H, .w = W, .c = 6, .data = device_new(sizeof wanted) };

    in.bad = device_copy(be, &(int){ 1 }, sizeof(int));
    for (int last = 0; last < 2; last++) {
        for (int i = 0; i < AREA; i++) {
            wanted[6 * i] = line[i];
            memcpy(wanted + 6 * i + 1, colour + 3 * i, 3 * sizeof *wanted);
            wanted[6 * i + 4] = last ? 0 : 1;
            wanted[6 * i + 5] = last ? 1 : lac_exp(-differs[i]);
        }
        expect(t, !lac_cuda_window_input(be, &in, &to) && device_equals(be, to.data, wanted, sizeof wanted), "input");
        expect(t, device_equals(be, in.bad, &(int){ 0 }, sizeof(int)), "nothing is bad yet");
        device_free(last ? NULL : in.differs);
        in.differs = NULL;
        in.reference = false;
    }
    device_free(in.line);
    device_free(in.colour);
    device_free(in.bad);
    device_free(to.data);
    free(line);
    free(colour);
    free(differs);
}

typedef struct Frame {
    float *said, *ties, *differs, *colour; /* on the device; what follows too, where results go */
    float *residual, *trust, *link;
    uint8_t *moved;
    float *host_said, *host_ties, *host_differs, *host_colour;
    uint8_t host_moved[COLUMNS * ROWS];
} Frame;

/* ruled: by the line art alone. bad: frame whose answer is not a number, -1: none */
static void test_answers(Tally *t, LacBackend *be, bool ruled, int bad)
{
    const size_t bytes = AREA * sizeof(float);
    Frame f[FRAMES];
    int *flag = device_copy(be, &(int){ 0 }, sizeof(int)), wrong = 0;

    for (int k = 0; k < FRAMES; k++) {
        Frame *a = &f[k];

        a->host_said = plane(3 * AREA);
        a->host_ties = plane(3 * AREA);
        a->host_differs = plane(AREA);
        a->host_colour = plane(3 * AREA);
        for (int i = 0; i < AREA; i++) {
            a->host_differs[i] = 7 + 7 * a->host_differs[i];
            a->host_ties[3 * i + i % 3] *= 9;
        }
        a->host_ties[3 * 77 + 1] = k == bad ? NAN : 0;
        for (int i = 0; i < COLUMNS * ROWS; i++) {
            a->host_moved[i] = (uint8_t)(next_number(&seed) % 3);
        }
        a->said = device_copy(be, a->host_said, 3 * bytes);
        a->ties = device_copy(be, a->host_ties, 3 * bytes);
        a->differs = device_copy(be, a->host_differs, bytes);
        a->colour = device_copy(be, a->host_colour, 3 * bytes);
        a->moved = device_copy(be, a->host_moved, sizeof a->host_moved);
        a->residual = device_new(3 * bytes);
        a->trust = device_new(bytes);
        a->link = device_new(bytes);
    }
    for (int k = 0; k < FRAMES; k++) {
        CudaWindowAnswer a = { .width = W, .height = H, .said = ruled ? NULL : f[k].said, .ties = ruled ? NULL : f[k].ties,
                               .reference = k == 1, .residual = f[k].residual, .trust = f[k].trust,
                               .gain = k + 1 < FRAMES ? f[k].link : NULL, .bad = flag };

        if (k) {
            a.before = (CudaWindowLink){ f[k - 1].link, f[k - 1].differs, f[k - 1].colour, f[k].colour, f[k - 1].moved, COLUMNS,
                                         COLUMNS * LAC_MOVES_BLOCK - 3, ROWS * LAC_MOVES_BLOCK - 7 };
        }
        expect(t, !lac_cuda_window_answer(be, &a), "answer");
    }
    for (int k = 0; k < FRAMES; k++) {
        float residual[3 * AREA], trust[AREA], link[AREA];

        for (int i = 0; i < AREA; i++) {
            const int row = i / W * (ROWS * LAC_MOVES_BLOCK - 7) / H / LAC_MOVES_BLOCK;
            const int column = i % W * (COLUMNS * LAC_MOVES_BLOCK - 3) / W / LAC_MOVES_BLOCK;

            for (int c = 0; c < 3; c++) {
                residual[3 * i + c] = ruled || k == 1 ? 0 : f[k].host_said[3 * i + c];
            }
            trust[i] = ruled ? 1 : lac_refine_trust(f[k].host_ties[3 * i + 2]);
            if (k + 1 < FRAMES) {
                link[i] = ruled ? lac_exp(LAC_REFINE_FIRM - f[k].host_differs[i])
                                : lac_refine_link(f[k].host_differs[i], f[k].host_ties[3 * i + 1] + f[k + 1].host_ties[3 * i]);
                link[i] = lac_moves_link(link[i], f[k].host_moved[row * COLUMNS + column], f[k].host_colour + 3 * i,
                                         f[k + 1].host_colour + 3 * i);
            }
        }
        wrong += !device_equals(be, f[k].residual, residual, 3 * bytes) || !device_equals(be, f[k].trust, trust, bytes) ||
                 (k + 1 < FRAMES && !device_equals(be, f[k].link, link, bytes));
    }
    expect(t, wrong == 0, "answers of %d frames differ", wrong);
    expect(t, device_equals(be, flag, &(int){ bad >= 0 }, sizeof(int)), "bad frame %d: the flag", bad);
    device_free(flag);
    for (int k = 0; k < FRAMES; k++) {
        Frame *a = &f[k];
        const void *all[] = { a->said, a->ties, a->differs, a->colour, a->moved, a->residual, a->trust, a->link };

        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            device_free(all[i]);
        }
        free(a->host_said);
        free(a->host_ties);
        free(a->host_differs);
        free(a->host_colour);
    }
}

int main(void)
{
    static const int sizes[][2] = { { 331, 210 }, { 16, 16 }, { 1, 1 }, { 17, 2 }, { 5, 40 }, { 1101, 1083 } };
    Tally t = { .name = "test_cuda_window" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        LacBackend *const be[] = { streams.forward.be, streams.backward.be };

        for (int s = 0; s < 2; s++) {
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                if (s == 0 || sizes[i][0] < 1000) {
                    test_moves(&t, be[s], sizes[i][0], sizes[i][1]);
                }
                if (sizes[i][0] < 1000) {
                    test_differ(&t, be[s], sizes[i][0], sizes[i][1]);
                }
            }
            test_input(&t, be[s]);
            test_answers(&t, be[s], false, -1);
            test_answers(&t, be[s], true, -1);
            test_answers(&t, be[s], false, 1);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
