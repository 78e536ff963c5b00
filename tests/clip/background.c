/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A study in the afternoon: window on hills and clouds (gradient sky), curtains, bookshelf, clock,
 * picture, desk with plant and books. Far things move less when the camera pans. */
#include "character.h"

#include <math.h>

#define THIN 1.5 /* line width of the background */
#define FAR_OUT 100000 /* beyond any picture's edge, however wide */

static void box(Pen *pen, double x0, double y0, double x1, double y1, unsigned color)
{
    Shape s = shape_rect(x0, y0, x1, y1);

    pen_draw(pen, &s, rgb(color), THIN);
}

static void rule(Pen *pen, double x0, double y0, double x1, double y1)
{
    Shape s;

    shape_start(&s, false);
    shape_corner(&s, x0, y0);
    shape_corner(&s, x1, y1);
    pen_outline(pen, &s, THIN);
}

static void tint_box(Pen *pen, double x0, double y0, double x1, double y1, unsigned color)
{
    Shape s = shape_rect(x0, y0, x1, y1);

    pen_tint(pen, &s, rgb(color));
}

static void draw_wall(Pen *pen, double pan)
{
    Shape s = shape_rect(-FAR_OUT, -10, FAR_OUT, 505);
    const double beam[4][2] = { { 470, 120 }, { 800, 300 }, { 800, 470 }, { 470, 300 } };

    pen_fill_gradient(pen, &s, 0, rgb(0xE9D9B8), 505, rgb(0xF6EBD2));
    s = shape_polygon(beam, 4); /* sunlight from the window */
    shape_move(&s, pan, 0);
    pen_tint(pen, &s, rgb(0xFFF6DC));
    box(pen, -FAR_OUT, 505, FAR_OUT, 740, 0xB98F68);
    box(pen, -FAR_OUT, 496, FAR_OUT, 514, 0xD9B48A);
    for (int i = -24; i <= 24; i++) {
        double x = 640 + pan + i * 150;

        box(pen, x, 534, x + 126, 740, 0xC59C74);
        tint_box(pen, x + 1, 535, x + 10, 740, 0x9C7551);
    }
}

static void cloud(Pen *pen, double x, double y, double size)
{
    static const double puff[][2] = {
        { -60, 10 }, { -58, -8 }, { -38, -14 }, { -26, -32 }, { 0, -36 }, { 18, -22 },
        { 38, -24 }, { 52, -6 },  { 64, 8 },    { 40, 15 },   { 0, 13 },  { -34, 15 },
    };
    Shape s;

    shape_start(&s, true);
    for (int i = 0; i < 12; i++)
        shape_add(&s, puff[i][0], puff[i][1]);
    shape_place(&s, size, 0, x, y);
    pen_fill(pen, &s, rgb(0xFFFFFF));
    pen_rim(pen, &s, 4 * size, 12 * size, rgb(0xD6E4F2));
    pen_outline(pen, &s, THIN);
}

static void tree(Pen *pen, double x, double y)
{
    Shape s;

    box(pen, x - 5, y - 40, x + 5, y + 10, 0x7A5434);
    shape_start(&s, true);
    for (int i = 0; i < 20; i++) {
        double a = 2 * CLIP_PI * i / 20, r = i % 2 ? 30 : 36;

        shape_add(&s, x + r * cos(a), y - 68 + 1.1 * r * sin(a));
    }
    pen_fill(pen, &s, rgb(0x5FA052));
    pen_rim(pen, &s, 14, 14, rgb(0x3F7A45));
    pen_outline(pen, &s, THIN);
}

static void hill(Pen *pen, double x, double y, double w, double h, unsigned color)
{
    Shape s;

    shape_start(&s, true);
    shape_add(&s, x - w, y + 200);
    shape_add(&s, x - w * 0.8, y + h * 0.9);
    shape_add(&s, x - w * 0.3, y + h * 0.15);
    shape_add(&s, x + w * 0.1, y);
    shape_add(&s, x + w * 0.5, y + h * 0.4);
    shape_add(&s, x + w, y + h);
    shape_add(&s, x + w, y + 200);
    pen_draw(pen, &s, rgb(color), THIN);
}

static void draw_window(Pen *pen, double pan)
{
    double x0 = 96 + pan, x1 = 436 + pan, y0 = 52, y1 = 410, far = pan * 0.4;
    Shape glass = shape_rect(x0, y0, x1, y1);

    box(pen, x0 - 18, y0 - 18, x1 + 18, y1 + 18, 0xF4EEE2);
    pen_fill_gradient(pen, &glass, y0, rgb(0x5FA8E6), y1, rgb(0xD9EFFB));
    pen_clip(pen, &glass);
    cloud(pen, 180 + far, 140, 0.9);
    cloud(pen, 372 + far, 196, 0.7);
    cloud(pen, 330 + far, 92, 0.45);
    hill(pen, 330 + far, 270, 190, 70, 0x9CC7A8);
    hill(pen, 180 + far, 310, 210, 60, 0x7DB577);
    hill(pen, 380 + far, 350, 240, 50, 0xA3CC6B);
    tree(pen, 168 + far * 1.3, 384);
    tree(pen, 392 + far * 1.3, 402);
    pen_unclip(pen);
    pen_outline(pen, &glass, THIN);
    box(pen, (x0 + x1) / 2 - 7, y0, (x0 + x1) / 2 + 7, y1, 0xF4EEE2);
    box(pen, x0, 208, x1, 220, 0xF4EEE2);
    box(pen, x0 - 34, y1 + 16, x1 + 34, y1 + 34, 0xFFFAF0);
    tint_box(pen, x0 - 33, y1 + 27, x1 + 33, y1 + 33, 0xD8CBB4);
}

static void draw_curtain(Pen *pen, double x, int side)
{
    static const double edge[][2] = {
        { 62, 22 }, { 66, 120 }, { 54, 210 }, { 26, 280 }, { 34, 360 }, { 46, 470 },
    };
    Shape s, fold;

    shape_start(&s, true);
    shape_corner(&s, x - side * 46, 22);
    for (int i = 0; i < 6; i++)
        i == 0 || i == 5 ? shape_corner(&s, x + side * edge[i][0], edge[i][1])
                         : shape_add(&s, x + side * edge[i][0], edge[i][1]);
    shape_corner(&s, x - side * 40, 470);
    shape_add(&s, x - side * 34, 280);
    pen_fill(pen, &s, rgb(0xE58F7B));
    pen_clip(pen, &s);
    for (int i = 0; i < 4; i++) {
        double top = -40 + 26 * i, tie = -26 + 12 * i, low = -34 + 20 * i;

        shape_start(&fold, true);
        shape_add(&fold, x + side * top, 10);
        shape_add(&fold, x + side * (top + 2), 140);
        shape_add(&fold, x + side * tie, 280);
        shape_add(&fold, x + side * low, 480);
        shape_add(&fold, x + side * (low + 9), 480);
        shape_add(&fold, x + side * (tie + 3), 280);
        shape_add(&fold, x + side * (top + 13), 140);
        shape_add(&fold, x + side * (top + 11), 10);
        pen_tint(pen, &fold, rgb(0xC26A5C));
        fold.closed = false;
        fold.n = 4;
        pen_stroke(pen, &fold, THIN * 1.1, 0.1, 0.2);
    }
    pen_unclip(pen);
    pen_outline(pen, &s, THIN);
    fold = shape_rect(x - side * 36, 272, x + side * 29, 290);
    pen_draw(pen, &fold, rgb(0xF2C14E), THIN);
}

static void draw_shelf(Pen *pen, double x)
{
    static const unsigned spine[7] = {
        0xB23A48, 0x3D6F8E, 0xE0A83E, 0x5B8C5A, 0x7A4E8A, 0xD9773F, 0xE8E1CF,
    };
    const double left = x, right = x + 300, top = 96;

    box(pen, left - 12, top - 16, right + 12, 780, 0x8A5A38);
    tint_box(pen, right, top, right + 11, 780, 0x6C4329);
    for (int row = 0; row < 5; row++) {
        double y = top + row * 134, at = left + 6;
        unsigned seed = 7u + 13u * (unsigned)row;

        box(pen, left, y, right, y + 120, 0x5A3823);
        tint_box(pen, left + 1, y + 1, right - 1, y + 14, 0x3F2617);
        while (at < right - 34) {
            seed = seed * 1103515245u + 12345u;
            double w = 16 + (seed >> 20) % 14, h = 74 + (seed >> 12) % 34;

            if ((seed >> 25) % 7 == 0 && at > left + 60) { /* a gap, or one leaning book */
                at += 22;
                continue;
            }
            box(pen, at, y + 120 - h, at + w, y + 120, spine[(seed >> 16) % 7]);
            rule(pen, at, y + 120 - h * 0.8, at + w, y + 120 - h * 0.8);
            rule(pen, at, y + 120 - h * 0.7, at + w, y + 120 - h * 0.7);
            at += w;
        }
    }
}

static void draw_clock(Pen *pen, double x, double y)
{
    Shape s = shape_ellipse(x, y, 46, 46);

    pen_fill(pen, &s, rgb(0x4F7C82));
    pen_rim(pen, &s, 6, 6, rgb(0x375C63));
    pen_outline(pen, &s, THIN);
    s = shape_ellipse(x, y, 36, 36);
    pen_draw(pen, &s, rgb(0xFFFDF4), THIN);
    for (int i = 0; i < 12; i++) {
        double a = CLIP_PI * i / 6;

        rule(pen, x + 30 * cos(a), y + 30 * sin(a), x + 34 * cos(a), y + 34 * sin(a));
    }
    rule(pen, x, y, x - 14, y - 12);
    rule(pen, x, y, x + 8, y - 26);
}

static void draw_plant(Pen *pen, double x, double y)
{
    const double pot[4][2] = {
        { x - 34, y - 58 }, { x + 34, y - 58 }, { x + 25, y }, { x - 25, y },
    };
    Shape s;

    for (int i = 0; i < 9; i++) {
        static const double lean[9] = { -1.25, 1.2, -0.9, 0.85, -0.55, 0.6, -0.25, 0.3, 0.02 };
        double a = lean[i], len = 118 - 26 * fabs(a);

        shape_start(&s, true);
        shape_corner(&s, 0, 0);
        shape_add(&s, -13, -len * 0.45);
        shape_corner(&s, a * 14, -len);
        shape_add(&s, 13, -len * 0.45);
        shape_place(&s, 1, a * 0.8, x, y - 52);
        pen_fill(pen, &s, rgb(0x6DB65B));
        pen_rim(pen, &s, 9, 2, rgb(0x468B48));
        pen_outline(pen, &s, THIN);
    }
    s = shape_polygon(pot, 4);
    pen_fill(pen, &s, rgb(0xCC6B3F));
    pen_rim(pen, &s, 20, 0, rgb(0x9C4A2B));
    pen_outline(pen, &s, THIN);
    box(pen, x - 39, y - 70, x + 39, y - 52, 0xDA7F50);
}

static void draw_desk(Pen *pen, double x)
{
    box(pen, -FAR_OUT, 640, x + 360, 668, 0xA8683A);
    box(pen, -FAR_OUT, 668, x + 348, 760, 0x87502B);
    rule(pen, x - 40, 668, x - 40, 760);
    box(pen, x + 166, 618, x + 300, 640, 0x3D6F8E);
    box(pen, x + 176, 598, x + 292, 618, 0xE0A83E);
    box(pen, x + 170, 580, x + 280, 598, 0xB23A48);
    draw_plant(pen, x + 80, 640);
}

static void draw_picture(Pen *pen, double x, double y)
{
    Shape s;

    box(pen, x, y, x + 92, y + 116, 0xA9743F);
    s = shape_rect(x + 10, y + 10, x + 82, y + 106);
    pen_fill_gradient(pen, &s, y + 10, rgb(0xF7C884), y + 106, rgb(0xE27D60));
    pen_clip(pen, &s);
    hill(pen, x + 50, y + 70, 60, 30, 0x41658A);
    pen_unclip(pen);
    pen_outline(pen, &s, THIN);
}

void draw_background(Pen *pen, double pan)
{
    draw_wall(pen, pan);
    draw_window(pen, pan);
    draw_curtain(pen, 84 + pan, 1);
    draw_curtain(pen, 448 + pan, -1);
    draw_clock(pen, 838 + pan, 110);
    draw_picture(pen, 800 + pan, 210);
    draw_shelf(pen, 934 + pan * 1.1);
    draw_desk(pen, pan * 1.6);
}
