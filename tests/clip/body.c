/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neck, shirt, tie, open jacket with lapels and buttons, belt, pleated skirt, and the arm that
 * rests behind the back. Light comes from the window at the upper left. */
#include "character.h"

#define SHIRT_SHADOW 0xCFD3E6
#define TIE 0xC8323C
#define TIE_SHADOW 0x94202F
#define GOLD 0xF0C04A
#define GOLD_SHADOW 0xC08A2E
#define BELT 0x6B4329
#define SKIRT 0x77736F
#define SKIRT_SHADOW 0x55515A

/* x, y, z, corner; the half at the picture's right, top to bottom. Unit: design units from the
 * middle between the shoulders. */
static const double torso[][4] = {
    { 34, -34, 0, 1 },  { 66, -24, 0, 0 },  { 98, -9, 0, 0 },  { 117, 16, 0, 0 },
    { 113, 62, 0, 0 },  { 101, 115, 0, 0 }, { 86, 172, 0, 0 }, { 78, 226, 0, 0 },
    { 84, 276, 0, 1 },
};
static const double front_edge[][4] = { /* of the jacket, bottom to top */
    { 36, 285, 30, 1 }, { 31, 240, 38, 0 }, { 27, 190, 44, 0 }, { 25, 140, 48, 0 },
    { 30, 70, 46, 0 },  { 36, 0, 30, 0 },
};
static const double lapel[][4] = {
    { 35, -35, 10, 1 }, { 56, -12, 24, 0 }, { 74, 22, 30, 1 }, { 57, 30, 36, 1 },
    { 70, 46, 34, 1 },  { 56, 92, 42, 0 },  { 25, 142, 50, 1 }, { 25, 90, 48, 0 },
    { 29, 30, 40, 0 },
};
static const double collar[][4] = {
    { 4, -14, 52, 1 }, { 16, -32, 38, 0 }, { 31, -46, 8, 1 },
    { 43, -24, 18, 0 }, { 33, 14, 44, 1 }, { 16, -2, 52, 0 },
};
static const double skirt[][4] = {
    { 76, 300, 0, 1 }, { 84, 330, 0, 0 }, { 104, 372, 0, 0 }, { 122, 420, 0, 1 },
};

static Shape both_halves(const Turn *turn, const double (*half)[4], int n)
{
    Shape s;

    shape_start(&s, true);
    turn_table(&s, turn, half, n, 1);
    turn_table(&s, turn, half, n, -1);
    return s;
}

static Shape one_side(const Turn *turn, const double (*table)[4], int n, int side)
{
    Shape s;

    shape_start(&s, true);
    turn_table(&s, turn, table, n, side);
    return s;
}

static void add_point(Shape *s, const Turn *turn, double x, double y, double z)
{
    Pt p = turn_point(turn, x, y, z);

    shape_add(s, p.x, p.y);
}

static void line(Pen *pen, const Turn *turn, const double (*xyz)[3], int n, int side, double out)
{
    Shape s;

    shape_start(&s, false);
    for (int i = 0; i < n; i++)
        add_point(&s, turn, side * xyz[i][0], xyz[i][1], xyz[i][2]);
    pen_stroke(pen, &s, INK * 0.85, 0.1, out);
}

static void draw_resting_arm(Pen *pen, const Turn *turn)
{
    const double upper_radius[3] = { 33, 30, 28 }, fore_radius[3] = { 28, 27, 23 };
    static const double crease[3][3] = { { 196, 138, 0 }, { 178, 146, 0 }, { 158, 142, 0 } };
    Pt shoulder = turn_point(turn, 96, 34, -10), elbow = turn_point(turn, 172, 152, -25);
    Pt wrist = turn_point(turn, 76, 250, -30);
    Pt upper[3] = { shoulder, pt_lerp(shoulder, elbow, 0.5), elbow };
    Pt fore[3] = { elbow, pt_lerp(elbow, wrist, 0.5), wrist };
    Shape arm[2] = { shape_tube(upper, upper_radius, 3), shape_tube(fore, fore_radius, 3) };

    pen_union(pen, arm, 2, rgb(JACKET), INK);
    pen_rim(pen, &arm[1], -3, 16, rgb(JACKET_SHADOW));
    pen_rim(pen, &arm[0], 16, 6, rgb(JACKET_SHADOW));
    line(pen, turn, crease, 3, 1, 0.7);
}

static void draw_neck(Pen *pen, const Pose *pose)
{
    const Turn *b = &pose->body;
    Shape neck, shadow = face_shape(pose);
    Pt left = turn_point(&pose->head, -25, 70, -8), right = turn_point(&pose->head, 25, 70, -8);

    shape_start(&neck, true);
    shape_add(&neck, left.x, left.y);
    add_point(&neck, b, -25, -62, 0);
    add_point(&neck, b, -36, -36, 0);
    add_point(&neck, b, -12, -9, 46);
    add_point(&neck, b, 12, -9, 46);
    add_point(&neck, b, 36, -36, 0);
    add_point(&neck, b, 25, -62, 0);
    shape_add(&neck, right.x, right.y);
    pen_fill(pen, &neck, rgb(SKIN));
    shape_move(&shadow, 6, 26);
    pen_clip(pen, &neck);
    pen_tint(pen, &shadow, rgb(SKIN_SHADOW));
    pen_unclip(pen);
    pen_outline(pen, &neck, INK);
}

static void draw_skirt(Pen *pen, const Turn *b)
{
    Shape s = both_halves(b, skirt, ROWS(skirt)), shadow, band, buckle;
    Pt p;

    pen_fill(pen, &s, rgb(SKIRT));
    pen_rim(pen, &s, 18, 0, rgb(SKIRT_SHADOW));
    pen_clip(pen, &s);
    for (int i = -3; i <= 3; i++) {
        double x = i * 19, spread = i * 30;
        const double pleat[3][3] = { { x, 306, 40 }, { x * 1.12, 350, 44 }, { spread, 430, 50 } };

        shape_start(&shadow, true);
        add_point(&shadow, b, x, 306, 40);
        add_point(&shadow, b, x * 1.12, 350, 44);
        add_point(&shadow, b, spread, 430, 50);
        add_point(&shadow, b, spread + 11, 430, 50);
        pen_tint(pen, &shadow, rgb(SKIRT_SHADOW));
        line(pen, b, pleat, 3, 1, 0);
    }
    pen_unclip(pen);
    pen_outline(pen, &s, INK);

    shape_start(&band, true);
    for (int i = -4; i <= 4; i++) {
        p = turn_point(b, i * 19.5, 288 + (16 - i * i) * 0.35, 44 - 2.7 * i * i);
        (i == -4 || i == 4) ? shape_corner(&band, p.x, p.y) : shape_add(&band, p.x, p.y);
    }
    for (int i = 4; i >= -4; i--) {
        p = turn_point(b, i * 19.8, 310 + (16 - i * i) * 0.35, 44 - 2.7 * i * i);
        (i == -4 || i == 4) ? shape_corner(&band, p.x, p.y) : shape_add(&band, p.x, p.y);
    }
    pen_draw(pen, &band, rgb(BELT), INK);
    p = turn_point(b, 0, 304.5, 46);
    buckle = shape_rect(p.x - 15, p.y - 14, p.x + 15, p.y + 14);
    pen_fill(pen, &buckle, rgb(GOLD));
    pen_rim(pen, &buckle, 5, 5, rgb(GOLD_SHADOW));
    pen_outline(pen, &buckle, INK);
    buckle = shape_rect(p.x - 8, p.y - 7, p.x + 8, p.y + 7);
    pen_draw(pen, &buckle, rgb(BELT), INK * 0.8);
}

static void draw_tie(Pen *pen, const Turn *b)
{
    static const double blade[][4] = {
        { 7, 4, 54, 1 }, { 12, 50, 58, 0 }, { 18, 128, 56, 1 }, { 0, 156, 54, 1 },
    };
    static const double knot[][4] = { { 12, -18, 52, 1 }, { 13, -8, 54, 0 }, { 8, 8, 56, 1 } };
    Shape s = both_halves(b, blade, ROWS(blade)), stripe;

    pen_fill(pen, &s, rgb(TIE));
    pen_rim(pen, &s, 9, 0, rgb(TIE_SHADOW));
    pen_clip(pen, &s);
    for (int i = 0; i < 3; i++) {
        double y = 38 + 38 * i;

        shape_start(&stripe, true);
        add_point(&stripe, b, -24, y + 14, 56);
        add_point(&stripe, b, 24, y - 14, 56);
        add_point(&stripe, b, 24, y - 4, 56);
        add_point(&stripe, b, -24, y + 24, 56);
        for (int k = 0; k < stripe.n; k++)
            stripe.p[k].corner = true;
        pen_draw(pen, &stripe, rgb(GOLD), INK * 0.7);
    }
    pen_unclip(pen);
    pen_outline(pen, &s, INK);
    s = both_halves(b, knot, ROWS(knot));
    pen_fill(pen, &s, rgb(TIE));
    pen_rim(pen, &s, 5, 4, rgb(TIE_SHADOW));
    pen_outline(pen, &s, INK);
}

static void draw_shirt(Pen *pen, const Turn *b)
{
    static const double front[][4] = { { 34, -34, 10, 1 }, { 60, 40, 30, 0 }, { 66, 300, 20, 1 } };
    Shape s = both_halves(b, front, ROWS(front)), shadow;

    pen_fill(pen, &s, rgb(SHIRT));
    shape_start(&shadow, true);
    add_point(&shadow, b, 4, 0, 50);
    add_point(&shadow, b, 24, 120, 50);
    add_point(&shadow, b, 10, 180, 50);
    add_point(&shadow, b, 16, 300, 50);
    add_point(&shadow, b, 60, 300, 30);
    add_point(&shadow, b, 60, 0, 30);
    pen_clip(pen, &s);
    pen_tint(pen, &shadow, rgb(SHIRT_SHADOW));
    pen_unclip(pen);
    pen_outline(pen, &s, INK);
}

static void draw_jacket_side(Pen *pen, const Turn *b, int side)
{
    static const double pocket[3][3] = { { 48, 206, 34 }, { 62, 203, 22 }, { 76, 197, 8 } };
    static const double fold[3][3] = { { 104, 96, 0 }, { 88, 108, 20 }, { 68, 112, 34 } };
    static const double dart[3][3] = { { 60, 140, 34 }, { 54, 180, 36 }, { 56, 240, 34 } };
    Shape s, flap = one_side(b, lapel, ROWS(lapel), side), shadow;

    shape_start(&s, true);
    if (side > 0)
        turn_table(&s, b, torso, ROWS(torso), side);
    turn_table(&s, b, front_edge, ROWS(front_edge), side);
    if (side < 0)
        turn_table(&s, b, torso, ROWS(torso), side);
    pen_fill(pen, &s, rgb(JACKET));
    pen_rim(pen, &s, 20, 4, rgb(JACKET_SHADOW));
    shape_start(&shadow, true); /* below the chest */
    add_point(&shadow, b, side * 110, 92, 0);
    add_point(&shadow, b, side * 74, 116, 32);
    add_point(&shadow, b, side * 58, 124, 40);
    add_point(&shadow, b, side * 74, 150, 30);
    add_point(&shadow, b, side * 64, 214, 34);
    add_point(&shadow, b, side * 96, 240, 0);
    pen_clip(pen, &s);
    pen_tint(pen, &shadow, rgb(JACKET_SHADOW));
    shadow = flap;
    shape_move(&shadow, 7, 8);
    pen_tint(pen, &shadow, rgb(JACKET_SHADOW));
    pen_unclip(pen);
    pen_outline(pen, &s, INK);
    line(pen, b, pocket, 3, side, 0.1);
    line(pen, b, fold, 3, side, 0.8);
    line(pen, b, dart, 3, side, 0.6);
    pen_fill(pen, &flap, rgb(TRIM));
    pen_rim(pen, &flap, 6, 0, rgb(TRIM_SHADOW));
    pen_outline(pen, &flap, INK);
    for (int i = 0; i < 3; i++) {
        Pt p = turn_point(b, side * 44, 166 + 34 * i, 42);
        Shape button = shape_ellipse(p.x, p.y, 6, 6.3);

        pen_fill(pen, &button, rgb(GOLD));
        pen_rim(pen, &button, 2.5, 2.5, rgb(GOLD_SHADOW));
        pen_outline(pen, &button, INK * 0.8);
    }
}

void draw_body(Pen *pen, const Pose *pose)
{
    const Turn *b = &pose->body;
    Shape whole = both_halves(b, torso, ROWS(torso)), arm[3];

    draw_resting_arm(pen, b);
    draw_shirt(pen, b);
    draw_skirt(pen, b);
    draw_neck(pen, pose);
    draw_tie(pen, b);
    draw_jacket_side(pen, b, -1);
    draw_jacket_side(pen, b, 1);
    for (int side = -1; side <= 1; side += 2) {
        Shape s = one_side(b, collar, ROWS(collar), side);

        pen_fill(pen, &s, rgb(SHIRT));
        pen_rim(pen, &s, 6, 5, rgb(SHIRT_SHADOW));
        pen_outline(pen, &s, INK);
    }
    crossing_arm_shapes(pose, arm);
    for (int i = 0; i < 3; i++)
        shape_move(&arm[i], 14, 20);
    pen_clip(pen, &whole);
    pen_shade(pen, arm, 3);
    pen_unclip(pen);
}
