/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hair in three layers: long back hair behind the body, a dome with bangs in front, and side locks
 * over the ears. Ends trail behind the turning head; a zigzag highlight rings the dome. */
#include "character.h"

#include <math.h>

#define SKULL_Z (-17) /* depth of the outline seen from the front */
#define HAIR 0xB5683C
#define HAIR_SHADOW 0x874427
#define HAIR_INSIDE 0x6E3622
#define HAIR_LIGHT 0xE3A468

/* The frame of the skull: it sits on the back of the head and, being round, does not turn. */
static Turn skull_of(const Pose *pose, double z)
{
    Turn skull = pose->head;
    Pt p = turn_point(&pose->head, 0, 0, z);

    skull.x = p.x;
    skull.y = p.y;
    skull.yaw = skull.pitch = 0;
    return skull;
}

/* A point of the hair; the lower it hangs, the more it trails. */
static Pt hair_point(const Pose *pose, const Turn *turn, const double *xyz, int side)
{
    double low = xyz[1] > 30 ? (xyz[1] - 30) / 200 : 0;
    Pt p = turn_point(turn, side * xyz[0], xyz[1], xyz[2]);

    return pt(p.x + pose->sway * pow(low, 1.3), p.y);
}

static void add_hair(Shape *s, const Pose *pose, const Turn *turn, const double (*t)[4], int n,
                     int side)
{
    for (int i = 0; i < n; i++) {
        const double *q = t[side < 0 ? n - 1 - i : i];
        Pt p = hair_point(pose, turn, q, side);

        q[3] != 0 ? shape_corner(s, p.x, p.y) : shape_add(s, p.x, p.y);
    }
}

/* One line along the hair, from its end towards the root, where it fades. */
static void strand(Pen *pen, const Pose *pose, const Turn *turn, const double (*t)[4], int side,
                   double width)
{
    Shape s;

    shape_start(&s, false);
    for (int i = 0; i < 4; i++) {
        Pt p = hair_point(pose, turn, t[i], side);

        shape_add(&s, p.x, p.y);
    }
    pen_stroke(pen, &s, width, 0, 0.9);
}

void draw_back_hair(Pen *pen, const Pose *pose)
{
    static const double right[][4] = { /* top of the head to the lowest tip in the middle */
        { 30, -100, 0, 0 }, { 78, -76, 0, 0 },  { 98, -20, 0, 0 },  { 104, 30, 0, 0 },
        { 110, 90, 0, 0 },  { 124, 160, 0, 0 }, { 158, 226, 0, 1 }, { 132, 216, 0, 0 },
        { 124, 250, 0, 0 }, { 140, 296, 0, 1 }, { 106, 272, 0, 0 }, { 88, 296, 0, 0 },
        { 86, 334, 0, 1 },  { 58, 290, 0, 0 },  { 30, 320, 0, 1 },  { 8, 290, 0, 0 },
    };
    static const double inside[][4] = {
        { 70, 20, 0, 0 }, { 74, 90, 0, 0 }, { 84, 160, 0, 0 }, { 70, 300, 0, 0 }, { 0, 330, 0, 0 },
    };
    static const double lines[3][4][4] = {
        { { 127, 232, 0, 0 }, { 116, 170, 0, 0 }, { 103, 110, 0, 0 }, { 97, 40, 0, 0 } },
        { { 106, 272, 0, 0 }, { 106, 210, 0, 0 }, { 97, 140, 0, 0 }, { 92, 70, 0, 0 } },
        { { 88, 296, 0, 0 }, { 92, 220, 0, 0 }, { 87, 150, 0, 0 }, { 84, 100, 0, 0 } },
    };
    Turn skull = skull_of(pose, SKULL_Z);
    Shape s, in;

    shape_start(&s, true);
    add_hair(&s, pose, &skull, right, ROWS(right), 1);
    add_hair(&s, pose, &skull, right, ROWS(right), -1);
    pen_fill(pen, &s, rgb(HAIR));
    pen_rim(pen, &s, 16, 6, rgb(HAIR_SHADOW));
    shape_start(&in, true);
    add_hair(&in, pose, &skull, inside, ROWS(inside), 1);
    add_hair(&in, pose, &skull, inside, ROWS(inside), -1);
    pen_clip(pen, &s);
    pen_tint(pen, &in, rgb(HAIR_INSIDE));
    pen_unclip(pen);
    pen_outline(pen, &s, INK);
    for (int i = 0; i < 3; i++) {
        strand(pen, pose, &skull, lines[i], 1, INK);
        strand(pen, pose, &skull, lines[i], -1, INK);
    }
}

/* Tips and valleys (both corners) of the bangs, from the picture's right to its left. */
static const double fringe[][4] = {
    { 92, 12, 6, 0 },    { 88, 24, 16, 0 },   { 80, 42, 28, 1 },  { 76, 10, 42, 0 },
    { 68, -16, 52, 1 },  { 64, -2, 58, 0 },   { 53, 11, 66, 1 },  { 46, -8, 74, 0 },
    { 39, -30, 79, 1 },  { 33, -8, 81, 0 },   { 17, 13, 84, 1 },  { 14, -12, 85, 0 },
    { 10, -36, 85, 1 },  { 2, -12, 85, 0 },   { -18, 8, 83, 1 },  { -19, -12, 84, 0 },
    { -22, -31, 83, 1 }, { -32, -8, 77, 0 },  { -51, 12, 66, 1 }, { -51, -4, 67, 0 },
    { -55, -18, 62, 1 }, { -68, 8, 48, 0 },   { -81, 42, 28, 1 }, { -88, 24, 16, 0 },
    { -92, 12, 6, 0 },
};
/* The dome's silhouette, left to right. */
static const double dome[][4] = {
    { -102, 16, 0, 1 },  { -104, -14, 0, 0 }, { -93, -64, 0, 0 }, { -62, -102, 0, 0 },
    { -22, -119, 0, 0 }, { 22, -119, 0, 0 },  { 62, -102, 0, 0 }, { 93, -64, 0, 0 },
    { 104, -14, 0, 0 },  { 102, 16, 0, 1 },
};

Shape bangs_shape(const Pose *pose)
{
    Turn skull = skull_of(pose, SKULL_Z);
    Shape s;

    shape_start(&s, true);
    add_hair(&s, pose, &skull, dome, ROWS(dome), 1);
    add_hair(&s, pose, &pose->head, fringe, ROWS(fringe), 1);
    return s;
}

static void draw_side_lock(Pen *pen, const Pose *pose, int side)
{
    static const double lock[][4] = { /* starts and ends at the root */
        { 80, -28, 30, 0 }, { 87, 4, 20, 0 },   { 89, 44, 18, 0 }, { 90, 92, 20, 0 },
        { 90, 132, 24, 0 }, { 78, 182, 32, 1 }, { 78, 146, 30, 0 }, { 66, 164, 34, 1 },
        { 68, 110, 34, 0 }, { 71, 60, 34, 0 },  { 71, 20, 40, 0 }, { 66, -14, 48, 0 },
    };
    static const double lines[2][4][4] = {
        { { 78, 146, 30, 0 }, { 82, 100, 26, 0 }, { 81, 56, 26, 0 }, { 78, 14, 32, 0 } },
        { { 85, 128, 24, 0 }, { 86, 86, 22, 0 }, { 85, 46, 22, 0 }, { 83, 10, 26, 0 } },
    };
    Shape s;

    shape_start(&s, true);
    add_hair(&s, pose, &pose->head, lock, ROWS(lock), side);
    pen_fill(pen, &s, rgb(HAIR));
    pen_rim(pen, &s, 8, 0, rgb(HAIR_SHADOW));
    s.closed = false; /* the root melts into the dome */
    pen_stroke(pen, &s, INK, 0.08, 0.08);
    for (int i = 0; i < 2; i++)
        strand(pen, pose, &pose->head, lines[i], side, INK * 0.9);
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
    static const double bar[2][2][2] = {
        { { 48, -44 }, { 76, -14 } },
        { { 74, -44 }, { 52, -10 } },
    };

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
        { { 68, -16, 52, 0 }, { 70, -52, 44, 0 }, { 60, -80, 30, 0 }, { 34, -104, 10, 0 } },
        { { 39, -30, 79, 0 }, { 38, -62, 64, 0 }, { 32, -88, 40, 0 }, { 16, -108, 10, 0 } },
        { { 10, -36, 85, 0 }, { 9, -66, 72, 0 }, { 4, -90, 44, 0 }, { 2, -110, 10, 0 } },
        { { -22, -31, 83, 0 }, { -32, -64, 66, 0 }, { -26, -90, 40, 0 }, { -12, -108, 10, 0 } },
        { { -55, -18, 62, 0 }, { -68, -56, 42, 0 }, { -56, -84, 28, 0 }, { -32, -104, 10, 0 } },
        { { 18, 12, 84, 0 }, { 23, -6, 84, 0 }, { 25, -28, 82, 0 }, { 24, -50, 72, 0 } },
        { { -51, 12, 66, 0 }, { -43, 0, 73, 0 }, { -39, -24, 76, 0 }, { -40, -50, 66, 0 } },
    };
    Shape s = bangs_shape(pose), tuft, edge;
    static const double curl[][4] = {
        { -6, -114, 0, 1 }, { -4, -136, 0, 0 }, { 16, -150, 0, 0 }, { 40, -142, 0, 1 },
        { 18, -138, 0, 0 }, { 8, -126, 0, 0 },  { 8, -114, 0, 1 },
    };

    shape_start(&tuft, true);
    turn_table(&tuft, &pose->head, curl, ROWS(curl), 1);
    pen_draw(pen, &tuft, rgb(HAIR), INK);
    pen_fill(pen, &s, rgb(HAIR));
    pen_rim(pen, &s, 18, 0, rgb(HAIR_SHADOW));
    draw_highlight(pen, pose, &s);
    /* Lines along dome and fringe; none where the dome goes over into the back hair. */
    edge = s;
    edge.closed = false;
    edge.n = ROWS(dome);
    pen_stroke(pen, &edge, INK * 1.1, 0.12, 0.12);
    shape_start(&edge, false);
    shape_add(&edge, s.p[ROWS(dome) - 1].x, s.p[ROWS(dome) - 1].y);
    add_hair(&edge, pose, &pose->head, fringe, ROWS(fringe), 1);
    shape_add(&edge, s.p[0].x, s.p[0].y);
    pen_stroke(pen, &edge, INK, 0.04, 0.04);
    for (int i = 0; i < ROWS(lines); i++)
        strand(pen, pose, &pose->head, lines[i], 1, INK);
    draw_side_lock(pen, pose, -1);
    draw_side_lock(pen, pose, 1);
    draw_clip(pen, pose);
}
