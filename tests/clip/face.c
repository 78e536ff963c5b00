/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The face: outline, ears, eyes that blink and look about, nose, mouth. All features lie on one
 * curved surface, so that turning the head moves and foreshortens them together. */
#include "character.h"

#include <math.h>

#define LID 7 /* points along an eyelid */

#define IRIS_DARK 0x1F6B5C
#define IRIS_LIGHT 0x58C79B
#define EYE_WHITE 0xFDFDFF
#define EYE_SHADOW 0xC9CDE4

/* Height of the face's surface over the plane of the ears. */
static Pt on_face(const Pose *pose, double x, double y)
{
    double d = y - 40;

    return turn_point(&pose->head, x, y, 76 - 0.0066 * x * x - 0.0024 * d * d);
}

static void add_on_face(Shape *s, const Pose *pose, double x, double y, bool corner)
{
    Pt p = on_face(pose, x, y);

    corner ? shape_corner(s, p.x, p.y) : shape_add(s, p.x, p.y);
}

Shape face_shape(const Pose *pose)
{
    static const double half[][2] = { /* temple to chin */
        { 62, -70 }, { 80, -24 }, { 81, 16 }, { 77, 44 }, { 64, 73 }, { 41, 97 }, { 12, 112 },
    };
    static const double depth[] = { 0, 2, 10, 15, 24, 36, 44 };
    double s = sin(pose->head.yaw);
    Shape face;

    shape_start(&face, true);
    for (int k = 0; k < 2 * ROWS(half); k++) {
        int i = k < ROWS(half) ? k : 2 * ROWS(half) - 1 - k;
        double x = k < ROWS(half) ? half[i][0] : -half[i][0];
        /* The cheek that turns away shows a nearer part of itself than the other one. */
        Pt p = turn_point(&pose->head, x, half[i][1], depth[i] + 0.42 * x * s);

        shape_add(&face, p.x, p.y);
    }
    return face;
}

static void draw_ear(Pen *pen, const Pose *pose, int side)
{
    static const double outer[][4] = {
        { 78, 14, -12, 0 }, { 92, 6, -20, 0 }, { 99, 18, -22, 0 }, { 94, 38, -20, 0 },
        { 85, 54, -12, 0 }, { 76, 52, -8, 0 },
    };
    static const double inner[][4] = {
        { 82, 22, -12, 0 }, { 91, 17, -20, 0 }, { 91, 30, -20, 0 }, { 85, 40, -14, 0 },
    };
    Shape s;

    shape_start(&s, true);
    turn_table(&s, &pose->head, outer, ROWS(outer), side);
    pen_fill(pen, &s, rgb(SKIN));
    pen_rim(pen, &s, 3, 5, rgb(SKIN_SHADOW));
    pen_outline(pen, &s, INK);
    shape_start(&s, false);
    turn_table(&s, &pose->head, inner, ROWS(inner), side);
    pen_stroke(pen, &s, INK * 0.8, 0.3, 0.3);
}

/* Lids at share u from the inner to the outer corner of the eye; `open` 0..1. */
static double shut_lid(double u)
{
    return 41 - 14 * (u - 0.45) * (u - 0.45) - 3 * u;
}

static double upper_lid(double u, double open)
{
    double y = 27 - 9 * u - 24 * pow(sin(CLIP_PI * pow(u, 0.92)), 0.72);

    return shut_lid(u) + (y - shut_lid(u)) * open;
}

static double lower_lid(double u, double open)
{
    double y = 28 - 8 * u + 23 * pow(sin(CLIP_PI * u), 0.7);

    return shut_lid(u) + (y - shut_lid(u)) * open;
}

static double lid_x(double u)
{
    return 18 + 44 * u;
}

static Shape eye_shape(const Pose *pose, int side)
{
    Shape s;

    shape_start(&s, true);
    for (int i = 0; i < LID; i++) {
        double u = (double)i / (LID - 1);

        add_on_face(&s, pose, side * lid_x(u), upper_lid(u, pose->eye_open),
                    i == 0 || i == LID - 1);
    }
    for (int i = LID - 2; i > 0; i--) {
        double u = (double)i / (LID - 1);

        add_on_face(&s, pose, side * lid_x(u), lower_lid(u, pose->eye_open), false);
    }
    return s;
}

/* An ellipse lying on the face. */
static Shape disc(const Pose *pose, double x, double y, double rx, double ry)
{
    Shape s;

    shape_start(&s, true);
    for (int i = 0; i < 16; i++) {
        double a = 2 * CLIP_PI * i / 16;

        add_on_face(&s, pose, x + rx * cos(a), y + ry * sin(a), false);
    }
    return s;
}

static void draw_iris(Pen *pen, const Pose *pose, int side)
{
    double x = side * 40 + pose->gaze, y = 27;
    Shape iris = disc(pose, x, y, 15.5, 20.5), s;

    pen_fill(pen, &iris, rgb(IRIS_DARK));
    pen_clip(pen, &iris);
    s = disc(pose, x, y + 15, 17, 14);
    pen_tint(pen, &s, rgb(IRIS_LIGHT));
    pen_unclip(pen);
    pen_outline(pen, &iris, INK * 0.8);
    s = disc(pose, x, y + 1, 6.2, 9.5);
    pen_ink(pen, &s);
    s = disc(pose, x - 6, y - 9, 5, 6);
    pen_draw(pen, &s, rgb(0xFFFFFF), INK * 0.5);
    s = disc(pose, x + 7, y + 9, 2.6, 3.2);
    pen_draw(pen, &s, rgb(0xFFFFFF), INK * 0.4);
}

static void draw_eye(Pen *pen, const Pose *pose, int side)
{
    Shape eye = eye_shape(pose, side), s;
    double open = pose->eye_open;

    if (open > 0.04) {
        pen_fill(pen, &eye, rgb(EYE_WHITE));
        pen_clip(pen, &eye);
        s = eye;
        shape_move(&s, 0, -36);
        pen_tint(pen, &s, rgb(EYE_SHADOW));
        draw_iris(pen, pose, side);
        pen_unclip(pen);
    }
    shape_start(&s, true); /* upper lash: thick, with a wing at the outer corner */
    for (int i = 0; i < LID; i++) {
        double u = (double)i / (LID - 1);

        add_on_face(&s, pose, side * lid_x(u), upper_lid(u, open) + 0.8, i == 0);
    }
    add_on_face(&s, pose, side * 68, upper_lid(1, open) + (open - 0.4) * 5, true);
    for (int i = LID - 1; i > 0; i--) {
        double u = (double)i / (LID - 1);

        add_on_face(&s, pose, side * (lid_x(u) + 1.5 * u),
                    upper_lid(u, open) - 1.6 - 4.6 * u * (1.5 - u), false);
    }
    pen_ink(pen, &s);
    shape_start(&s, false); /* lower lash */
    for (int i = 0; i < LID; i++) {
        double u = (double)i / (LID - 1);

        add_on_face(&s, pose, side * lid_x(u), lower_lid(u, open), false);
    }
    if (open > 0.3)
        pen_stroke(pen, &s, INK * 0.8, 0.7, 0.1);
    shape_start(&s, false); /* fold of the lid */
    for (int i = 1; i < LID; i++) {
        double u = (double)i / (LID - 1);

        add_on_face(&s, pose, side * lid_x(u), upper_lid(u, 0.35 + 0.65 * open) - 10, false);
    }
    pen_stroke(pen, &s, INK * 0.6, 0.4, 0.4);
}

static void draw_nose(Pen *pen, const Pose *pose)
{
    static const double line[][4] = { { 1, 53, 88, 0 }, { 3, 60, 94, 0 }, { -1, 64, 88, 0 } };
    int away = pose->head.yaw < 0 ? -1 : 1;
    Shape s;

    shape_start(&s, true);
    for (int i = 0; i < ROWS(line); i++) {
        Pt p = turn_point(&pose->head, away * line[i][0] + 2, line[i][1] + 4, line[i][2] - 4);

        shape_add(&s, p.x, p.y);
    }
    pen_tint(pen, &s, rgb(SKIN_SHADOW));
    shape_start(&s, false);
    turn_table(&s, &pose->head, line, ROWS(line), 1);
    pen_stroke(pen, &s, INK, 0.6, 0.3);
}

static void draw_mouth(Pen *pen, const Pose *pose)
{
    double open = pose->mouth_open, half = 17 - 3 * open, y = 84;
    Shape s, inside, tongue;

    shape_start(&s, false);
    add_on_face(&s, pose, -half - 1, y - 3, false);
    add_on_face(&s, pose, -half * 0.5, y + 1 - open, false);
    add_on_face(&s, pose, 0, y + 2 - 2 * open, false);
    add_on_face(&s, pose, half * 0.5, y + 1 - open, false);
    add_on_face(&s, pose, half + 1, y - 3, false);
    if (open > 0.05) {
        inside = s;
        inside.closed = true;
        inside.p[0].corner = inside.p[4].corner = true;
        add_on_face(&inside, pose, half * 0.62, y + 2 + 11 * open, false);
        add_on_face(&inside, pose, 0, y + 2 + 16 * open, false);
        add_on_face(&inside, pose, -half * 0.62, y + 2 + 11 * open, false);
        pen_fill(pen, &inside, rgb(0x9A2C3A));
        pen_clip(pen, &inside);
        tongue = disc(pose, 0, y + 4 + 15 * open, half * 0.62, 8 * open);
        pen_draw(pen, &tongue, rgb(0xF08A8A), INK * 0.6);
        pen_unclip(pen);
        pen_outline(pen, &inside, INK * 0.8);
    }
    pen_stroke(pen, &s, INK * 1.1, 0.3, 0.3);
}

void draw_face(Pen *pen, const Pose *pose)
{
    Shape face = face_shape(pose), s;

    draw_ear(pen, pose, -1);
    draw_ear(pen, pose, 1);
    pen_fill(pen, &face, rgb(SKIN));
    pen_clip(pen, &face);
    pen_rim(pen, &face, 12, 2, rgb(SKIN_SHADOW)); /* the side away from the window */
    for (int side = -1; side <= 1; side += 2) {
        s = disc(pose, side * 50, 62, 14, 7);
        pen_tint(pen, &s, rgb(0xF7BFAE));
    }
    s = bangs_shape(pose);
    shape_move(&s, 5, 11);
    pen_tint(pen, &s, rgb(SKIN_SHADOW));
    pen_unclip(pen);
    pen_outline(pen, &face, INK);
    draw_nose(pen, pose);
    draw_mouth(pen, pose);
    draw_eye(pen, pose, -1);
    draw_eye(pen, pose, 1);
}

void draw_brows(Pen *pen, const Pose *pose)
{
    for (int side = -1; side <= 1; side += 2) {
        double lift = 3 * pose->mouth_open - 3 * (1 - pose->eye_open);
        Shape s;

        shape_start(&s, false);
        add_on_face(&s, pose, side * 17, -12 - lift, false);
        add_on_face(&s, pose, side * 38, -21 - lift * 1.3, false);
        add_on_face(&s, pose, side * 62, -13 - lift, false);
        pen_stroke(pen, &s, INK * 1.5, 0.25, 0.7);
    }
}
