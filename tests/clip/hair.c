/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hair in three layers: long back hair behind the body, a dome with bangs in front, and side locks
 * over the ears. Ends trail behind the turning head; a zigzag highlight rings the dome. */
#include "character.h"

#include <math.h>

#define ROWS(t) (int)(sizeof(t) / sizeof((t)[0]))

#define HAIR 0xB5683C
#define HAIR_SHADOW 0x874427
#define HAIR_INSIDE 0x6E3622
#define HAIR_LIGHT 0xE3A468

/* A point of the hair; the lower it hangs, the more it trails. */
static Pt hair_point(const Pose *pose, double x, double y, double z)
{
    double low = y > 30 ? (y - 30) / 200 : 0;
    Pt p = turn_point(&pose->head, x, y, z);

    return pt(p.x + pose->sway * pow(low, 1.3), p.y);
}

static void add_hair(Shape *s, const Pose *pose, const double (*t)[4], int n, int side)
{
    for (int i = 0; i < n; i++) {
        const double *q = t[side < 0 ? n - 1 - i : i];
        Pt p = hair_point(pose, side * q[0], q[1], q[2]);

        q[3] != 0 ? shape_corner(s, p.x, p.y) : shape_add(s, p.x, p.y);
    }
}

static void strand(Pen *pen, const Pose *pose, const double (*t)[4], int n, int side, double width)
{
    Shape s;

    shape_start(&s, false);
    for (int i = 0; i < n; i++) {
        Pt p = hair_point(pose, side * t[i][0], t[i][1], t[i][2]);

        shape_add(&s, p.x, p.y);
    }
    pen_stroke(pen, &s, width, 0.15, 0.8);
}

void draw_back_hair(Pen *pen, const Pose *pose)
{
    static const double right[][4] = { /* top of the head to the lowest tip in the middle */
        { 30, -112, -20, 0 }, { 84, -82, -20, 0 },  { 108, -20, -20, 0 }, { 112, 50, -25, 0 },
        { 120, 120, -30, 0 }, { 140, 190, -30, 0 }, { 158, 236, -30, 1 }, { 132, 222, -30, 0 },
        { 124, 262, -30, 0 }, { 134, 300, -30, 1 }, { 100, 270, -30, 0 }, { 84, 300, -30, 0 },
        { 82, 334, -30, 1 },  { 50, 290, -30, 0 },  { 30, 320, -30, 1 },  { 8, 290, -30, 0 },
    };
    static const double inside[][4] = {
        { 70, 20, -10, 0 }, { 74, 90, -20, 0 }, { 84, 160, -20, 0 }, { 70, 300, -20, 0 },
        { 0, 330, -20, 0 },
    };
    static const double lines[3][4][4] = {
        { { 124, 262, -30, 0 }, { 116, 190, -30, 0 }, { 104, 120, -30, 0 }, { 100, 60, -30, 0 } },
        { { 132, 222, -30, 0 }, { 124, 170, -30, 0 }, { 112, 110, -30, 0 }, { 108, 70, -30, 0 } },
        { { 84, 300, -30, 0 }, { 92, 220, -30, 0 }, { 88, 140, -30, 0 }, { 90, 90, -30, 0 } },
    };
    Shape s, in;

    shape_start(&s, true);
    add_hair(&s, pose, right, ROWS(right), 1);
    add_hair(&s, pose, right, ROWS(right), -1);
    pen_fill(pen, &s, rgb(HAIR));
    pen_rim(pen, &s, 16, 6, rgb(HAIR_SHADOW));
    shape_start(&in, true);
    add_hair(&in, pose, inside, ROWS(inside), 1);
    add_hair(&in, pose, inside, ROWS(inside), -1);
    pen_clip(pen, &s);
    pen_tint(pen, &in, rgb(HAIR_INSIDE));
    pen_unclip(pen);
    pen_outline(pen, &s, INK);
    for (int i = 0; i < 3; i++) {
        strand(pen, pose, lines[i], 4, 1, INK);
        strand(pen, pose, lines[i], 4, -1, INK);
    }
}

/* Tips (corners) and valleys of the bangs, from the picture's right to its left. */
static const double fringe[][4] = {
    { 88, 8, 18, 0 },    { 78, 30, 30, 1 },  { 72, 2, 44, 0 },    { 66, -22, 54, 0 },
    { 60, 2, 60, 0 },    { 48, 14, 68, 1 },  { 44, -10, 74, 0 },  { 34, -34, 80, 0 },
    { 30, -6, 82, 0 },   { 16, 12, 84, 1 },  { 10, -10, 84, 0 },  { 2, -38, 86, 0 },
    { -2, -10, 86, 0 },  { -18, 6, 84, 1 },  { -22, -14, 80, 0 }, { -28, -36, 82, 0 },
    { -34, -6, 76, 0 },  { -52, 16, 66, 1 }, { -56, -6, 62, 0 },  { -64, -26, 54, 0 },
    { -70, 2, 46, 0 },   { -80, 32, 28, 1 }, { -88, 8, 18, 0 },
};
/* The dome's silhouette, left to right: does not turn, only sits on the back of the head. */
static const double dome[][4] = {
    { -101, 20, -14, 0 }, { -104, -20, -14, 0 }, { -92, -66, -14, 0 }, { -62, -102, -14, 0 },
    { -22, -119, -14, 0 }, { 22, -119, -14, 0 }, { 62, -102, -14, 0 }, { 92, -66, -14, 0 },
    { 104, -20, -14, 0 }, { 101, 20, -14, 0 },
};

Shape bangs_shape(const Pose *pose)
{
    Turn skull = pose->head;
    Pt p = turn_point(&pose->head, 0, 0, -14);
    Shape s;

    skull.x = p.x;
    skull.y = p.y;
    skull.yaw = skull.pitch = 0;
    shape_start(&s, true);
    turn_table(&s, &skull, dome, ROWS(dome), 1);
    add_hair(&s, pose, fringe, ROWS(fringe), 1);
    return s;
}

static void draw_side_lock(Pen *pen, const Pose *pose, int side)
{
    static const double lock[][4] = {
        { 64, -52, 44, 0 },  { 90, -20, 14, 0 },  { 101, 30, 2, 0 },  { 103, 84, 8, 0 },
        { 100, 130, 16, 0 }, { 84, 186, 26, 1 },  { 84, 140, 26, 0 }, { 76, 158, 30, 1 },
        { 74, 100, 30, 0 },  { 76, 50, 30, 0 },   { 74, 10, 36, 0 },  { 60, -30, 52, 0 },
    };
    static const double lines[2][4][4] = {
        { { 84, 140, 26, 0 }, { 90, 96, 20, 0 }, { 88, 46, 20, 0 }, { 82, 6, 30, 0 } },
        { { 95, 120, 12, 0 }, { 97, 76, 10, 0 }, { 94, 36, 10, 0 }, { 90, 10, 14, 0 } },
    };
    Shape s, under;

    shape_start(&s, true);
    add_hair(&s, pose, lock, ROWS(lock), side);
    pen_fill(pen, &s, rgb(HAIR));
    pen_rim(pen, &s, 8, 0, rgb(HAIR_SHADOW));
    shape_start(&under, false);
    /* Open at the root: only the free part gets a line. */
    for (int i = 0; i < s.n - 2; i++) {
        int k = side > 0 ? i + 1 : i + 1;

        under.p[under.n++] = s.p[k];
    }
    pen_outline(pen, &under, INK);
    strand(pen, pose, lines[0], 4, side, INK * 0.9);
    strand(pen, pose, lines[1], 4, side, INK * 0.8);
}

/* The zigzag ring of light around the dome. */
static void draw_highlight(Pen *pen, const Pose *pose, const Shape *clip)
{
    const int n = 17;
    Shape s;

    shape_start(&s, true);
    for (int k = 0; k < 2 * n; k++) {
        int i = k < n ? k : 2 * n - 1 - k;
        double a = (i - (n - 1) / 2.0) / ((n - 1) / 2.0), x = 92 * a, tooth = i % 2 ? 9 : 0;
        double y = -58 + 22 * a * a + (k < n ? -tooth * 0.5 : 9 * (1 - a * a) + tooth);
        Pt p = turn_point(&pose->head, x, y, 62 - 70 * a * a);

        shape_corner(&s, p.x, p.y);
    }
    pen_clip(pen, clip);
    pen_tint(pen, &s, rgb(HAIR_LIGHT));
    pen_unclip(pen);
}

static void draw_clip(Pen *pen, const Pose *pose)
{
    static const double bar[2][2][2] = { { { 48, -44 }, { 76, -14 } }, { { 74, -44 }, { 52, -10 } } };

    for (int i = 0; i < 2; i++) {
        const double radius[2] = { 4.5, 4.5 };
        Pt spine[2];
        Shape s;

        for (int k = 0; k < 2; k++) {
            double x = bar[i][k][0];

            spine[k] = turn_point(&pose->head, x, bar[i][k][1], 84 - 0.0066 * x * x);
        }
        s = shape_tube(spine, radius, 2);
        pen_draw(pen, &s, rgb(i ? 0xF4D35E : 0xE4572E), INK * 0.8);
    }
}

void draw_front_hair(Pen *pen, const Pose *pose)
{
    static const double lines[][4][4] = { /* from a valley of the bangs towards the crown */
        { { 66, -22, 54, 0 }, { 70, -52, 44, 0 }, { 60, -80, 30, 0 }, { 34, -104, 10, 0 } },
        { { 34, -34, 80, 0 }, { 38, -62, 64, 0 }, { 32, -88, 40, 0 }, { 16, -108, 10, 0 } },
        { { 2, -38, 86, 0 }, { 4, -66, 72, 0 }, { 4, -90, 44, 0 }, { 2, -110, 10, 0 } },
        { { -28, -36, 82, 0 }, { -32, -64, 66, 0 }, { -26, -90, 40, 0 }, { -12, -108, 10, 0 } },
        { { -64, -26, 54, 0 }, { -68, -56, 42, 0 }, { -56, -84, 28, 0 }, { -32, -104, 10, 0 } },
        { { 16, 10, 84, 0 }, { 20, -14, 84, 0 }, { 22, -36, 80, 0 }, { 20, -58, 70, 0 } },
        { { -50, 12, 66, 0 }, { -46, -10, 72, 0 }, { -46, -34, 70, 0 }, { -44, -56, 62, 0 } },
    };
    Shape s = bangs_shape(pose), tuft;
    static const double curl[][4] = {
        { -6, -114, 0, 1 }, { -4, -136, 0, 0 }, { 16, -150, 0, 0 }, { 40, -142, 0, 1 },
        { 18, -138, 0, 0 }, { 8, -126, 0, 0 },  { 8, -114, 0, 1 },
    };

    draw_side_lock(pen, pose, -1);
    draw_side_lock(pen, pose, 1);
    shape_start(&tuft, true);
    turn_table(&tuft, &pose->head, curl, ROWS(curl), 1);
    pen_draw(pen, &tuft, rgb(HAIR), INK);
    pen_fill(pen, &s, rgb(HAIR));
    pen_rim(pen, &s, 18, 6, rgb(HAIR_SHADOW));
    draw_highlight(pen, pose, &s);
    pen_outline(pen, &s, INK);
    for (int i = 0; i < ROWS(lines); i++)
        strand(pen, pose, lines[i], 4, 1, INK * 0.9);
    draw_clip(pen, pose);
}
