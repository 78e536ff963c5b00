/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What moves is told from what trembles, block by block, and what cannot tell is loose only beside what moves. */
#include "steady/moves.h"

#include "expect.h"

enum { W = 256, H = 128, B = LAC_MOVES_BLOCK };

/* How dark a line of three pixels is, `at` pixels from its middle. */
static double ink(double at)
{
    const double d = 1.5 - (at < 0 ? -at : at);

    return d < 0 ? 0 : d > 1 ? 1 : d;
}

/* In block 3 of each row of blocks a line that has slid by `slide`, in block 12 one at rest that is as dark as `dark` says;
 * between them nothing. noise: levels by which the line that slides changes besides. */
static void draw(uint8_t *gray, double slide, double dark, int noise)
{
    for (int i = 0; i < W * H; i++) {
        const int x = i % W, y = i / W;
        const double sliding = ink(x - 3.5 * B - slide), resting = ink(x - 12.5 * B) * dark;
        const int v = (int)(255 - 255 * (sliding > resting ? sliding : resting));
        const int n = sliding > 0.99 ? (y / 3 % 2 ? noise : 0) : 0;

        gray[i] = (uint8_t)(v + n);
    }
}

static int at(const LacMoves *m, const uint8_t *moved, int x)
{
    return moved[m->rows / 2 * m->columns + x / B];
}

static void test_blocks(Tally *t, int threads)
{
    static const struct { const char *what; double slide; int noise, moves; } list[] = {
        { "slides by a third of a pixel", 0.3, 0, LAC_MOVE_MOVES },
        { "slides by a pixel", 1, 0, LAC_MOVE_MOVES },
        { "slides, and its ink changes", 0.3, 150, LAC_MOVE_MOVES },
        { "rests", 0, 0, LAC_MOVE_RESTS },
        { "rests, and its ink changes", 0, 70, LAC_MOVE_RESTS },
    };
    static uint8_t gray[W * H];
    uint8_t moved[W / B * (H / B)];
    Messages messages;
    const LacLog log = messages_log(&messages);
    LacMoves m;

    expect(t, lac_moves_open(&m, W, H, threads, &log) == LAC_OK && m.columns * m.rows == W / B * (H / B), "open");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        draw(gray, 0, 1, 0);
        lac_moves_run(&m, gray, NULL);
        draw(gray, list[i].slide, 0.7, list[i].noise);
        lac_moves_run(&m, gray, moved);
        expect(t, at(&m, moved, 3 * B) == list[i].moves, "a line that %s: %d", list[i].what, at(&m, moved, 3 * B));
        expect(t, at(&m, moved, 12 * B) == LAC_MOVE_RESTS, "a line that trembles: %d", at(&m, moved, 12 * B));
        expect(t, at(&m, moved, 5 * B) == (list[i].moves == LAC_MOVE_MOVES ? LAC_MOVE_LOOSE : LAC_MOVE_RESTS),
               "nothing beside a line that %s: %d", list[i].what, at(&m, moved, 5 * B));
        expect(t, at(&m, moved, 11 * B) == LAC_MOVE_RESTS, "nothing beside a line at rest: %d", at(&m, moved, 11 * B));
    }
    lac_moves_close(&m);
}

int main(void)
{
    Tally t = { "test_moves", 0, 0 };

    test_blocks(&t, 1);
    test_blocks(&t, 3);
    return tally_end(&t);
}
