/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The waving arm: sleeve with cuff, palm and five fingers, each a tube around a bent spine. It
 * passes in front of jacket, tie and collar, so lines and colours vanish behind it and reappear. */
#include "character.h"

#include <math.h>

#define UPPER 150 /* lengths in design units */
#define FORE 122

typedef struct Arm {
    Pt shoulder, elbow, wrist;
    double hand; /* direction of the hand */
} Arm;

static Arm arm_of(const Pose *pose)
{
    Arm a;

    a.shoulder = turn_point(&pose->body, -98, 34, 10);
    a.elbow = pt(a.shoulder.x + UPPER * sin(pose->upper_arm),
                 a.shoulder.y + UPPER * cos(pose->upper_arm));
    a.wrist = pt(a.elbow.x + FORE * cos(pose->forearm), a.elbow.y + FORE * sin(pose->forearm));
    a.hand = pose->forearm + pose->hand;
    return a;
}

static void sleeve_shapes(const Arm *a, Shape sleeve[2])
{
    const double upper_radius[3] = { 33, 31, 28 }, fore_radius[3] = { 29, 28, 26 };
    Pt upper[3] = { a->shoulder, pt_lerp(a->shoulder, a->elbow, 0.5), a->elbow };
    Pt fore[3] = { a->elbow, pt_lerp(a->elbow, a->wrist, 0.4), pt_lerp(a->elbow, a->wrist, 0.78) };

    sleeve[0] = shape_tube(upper, upper_radius, 3);
    sleeve[1] = shape_tube(fore, fore_radius, 3);
}

/* Moves a shape from the hand's own axes (x along the fingers, y to the thumb) to the picture. */
static void to_hand(Shape *s, const Arm *a)
{
    shape_place(s, 1, a->hand, a->wrist.x + 8 * cos(a->hand), a->wrist.y + 8 * sin(a->hand));
}

static Shape palm_shape(const Arm *a)
{
    static const double xy[][2] = {
        { -14, -13 }, { 8, -19 }, { 36, -25 }, { 54, -20 }, { 58, 0 },
        { 54, 20 },   { 40, 26 }, { 16, 23 },  { -14, 13 },
    };
    Shape s;

    shape_start(&s, true);
    for (int i = 0; i < ROWS(xy); i++)
        shape_add(&s, xy[i][0], xy[i][1]);
    to_hand(&s, a);
    return s;
}

void crossing_arm_shapes(const Pose *pose, Shape shapes[3])
{
    Arm a = arm_of(pose);

    sleeve_shapes(&a, shapes);
    shapes[2] = palm_shape(&a);
}

static Shape finger(double x, double y, double angle, double bend, double length, double radius)
{
    const double r[4] = { radius, radius * 1.02, radius * 0.94, radius * 0.76 };
    Pt spine[4];

    spine[0] = pt(x, y);
    for (int i = 1; i < 4; i++) {
        static const double share[4] = { 0, 0.40, 0.33, 0.27 };

        spine[i] = pt(spine[i - 1].x + length * share[i] * cos(angle),
                      spine[i - 1].y + length * share[i] * sin(angle));
        angle += bend;
    }
    return shape_tube(spine, r, 4);
}

static void crease(Pen *pen, const Arm *a, const double (*xy)[2], double width)
{
    Shape s;

    shape_start(&s, false);
    for (int i = 0; i < 3; i++)
        shape_add(&s, xy[i][0], xy[i][1]);
    to_hand(&s, a);
    pen_stroke(pen, &s, width, 0.5, 0.5);
}

static void draw_hand(Pen *pen, const Arm *a, double spread)
{
    static const double life[3][2] = { { 46, 20 }, { 32, 6 }, { 8, 3 } };
    static const double heart[3][2] = { { 50, -12 }, { 44, 0 }, { 47, 12 } };
    static const double heel[3][2] = { { 10, 20 }, { 24, 17 }, { 36, 19 } };
    static const double base[4] = { -19.5, -6.8, 6.6, 19.5 }; /* little finger .. index */
    static const double length[4] = { 36, 47, 51, 45 };
    Shape part[6], shadow;

    part[0] = palm_shape(a);
    part[1] = finger(14, 14, 0.95 + 0.15 * spread, -0.22, 52, 9.5);
    to_hand(&part[1], a);
    for (int i = 0; i < 4; i++) {
        double angle = (i - 1.5) * (0.05 + 0.15 * spread);

        part[i + 2] = finger(50 - fabs(i - 1.7) * 2, base[i], angle, -0.05 * (i - 1.5),
                             length[i], i ? 6.3 : 5.7);
        to_hand(&part[i + 2], a);
    }
    pen_union(pen, part, 6, rgb(SKIN), INK);
    for (int i = 1; i < 6; i++)
        pen_rim(pen, &part[i], 3.5, 2, rgb(SKIN_SHADOW));
    pen_rim(pen, &part[0], 8, 10, rgb(SKIN_SHADOW));
    shadow = shape_ellipse(24, 14, 17, 8);
    to_hand(&shadow, a);
    pen_tint(pen, &shadow, rgb(SKIN));
    crease(pen, a, life, INK * 0.8);
    crease(pen, a, heart, INK * 0.7);
    crease(pen, a, heel, INK * 0.7);
}

/* A band around the forearm from `x0` to `x1` beyond the wrist. */
static Shape band(const Arm *a, double direction, double x0, double x1, double radius)
{
    Shape s;

    shape_start(&s, true);
    shape_corner(&s, x0, -radius);
    shape_add(&s, (x0 + x1) / 2, -radius - 1);
    shape_corner(&s, x1, -radius);
    shape_add(&s, x1 + 4, 0);
    shape_corner(&s, x1, radius);
    shape_add(&s, (x0 + x1) / 2, radius + 1);
    shape_corner(&s, x0, radius);
    shape_add(&s, x0 + 4, 0);
    shape_place(&s, 1, direction, a->wrist.x, a->wrist.y);
    return s;
}

static void draw_sleeve(Pen *pen, const Pose *pose, const Arm *a)
{
    Shape sleeve[2], s;
    /* Halfway between the directions from the elbow to shoulder and wrist: its inside. */
    double inside = atan2(sin(pose->forearm) - cos(pose->upper_arm),
                          cos(pose->forearm) - sin(pose->upper_arm));
    double bend = pose->forearm - (-CLIP_PI / 2 - pose->upper_arm); /* angle between the two */

    sleeve_shapes(a, sleeve);
    s = band(a, pose->forearm, -4, 13, 22);
    pen_draw(pen, &s, rgb(SHIRT), INK);
    pen_union(pen, sleeve, 2, rgb(JACKET), INK);
    pen_rim(pen, &sleeve[0], 17, 8, rgb(JACKET_SHADOW));
    pen_fill(pen, &sleeve[1], rgb(JACKET));
    pen_rim(pen, &sleeve[1], 15, 9, rgb(JACKET_SHADOW));
    for (int i = -1; i <= 1; i++) { /* creases fan out from there */
        double far = 28 / fmax(fabs(sin(bend / 2)), 0.36), d = inside + 0.55 * i;
        Pt in = pt(a->elbow.x + far * cos(inside), a->elbow.y + far * sin(inside));
        double length = i ? 30 : 22;

        shape_start(&s, false);
        shape_add(&s, in.x, in.y);
        shape_add(&s, in.x - 0.5 * length * cos(d), in.y - 0.5 * length * sin(d));
        shape_add(&s, in.x - length * cos(d + 0.25 * i), in.y - length * sin(d + 0.25 * i));
        pen_stroke(pen, &s, INK, 0, 0.8);
    }
    s = band(a, pose->forearm, -24, 4, 28);
    pen_fill(pen, &s, rgb(TRIM));
    pen_rim(pen, &s, 10, 8, rgb(TRIM_SHADOW));
    pen_outline(pen, &s, INK);
}

void draw_crossing_arm(Pen *pen, const Pose *pose)
{
    Arm a = arm_of(pose);

    draw_hand(pen, &a, pose->spread);
    draw_sleeve(pen, pose, &a);
}
