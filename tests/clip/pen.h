/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drawing with two sheets of paper: every shape is put on the colour sheet as a flat fill and
 * rubs out what lies behind it on the line sheet; every line goes to both. So the line art and
 * the colour truth of the demo clip come from one geometry. */
#ifndef CLIP_PEN_H
#define CLIP_PEN_H

#include <cairo.h>
#include <stdbool.h>

#define CLIP_PI 3.14159265358979323846
#define SHAPE_MAX 96

typedef struct Rgb {
    double r, g, b; /* 0..1, sRGB as stored */
} Rgb;

/* Colour of the form 0xRRGGBB. */
Rgb rgb(unsigned hex);

typedef struct Pt {
    double x, y;
    bool corner; /* the curve breaks here instead of passing smoothly */
} Pt;

/* A curve through its points, in design units (the picture is 720 units high). */
typedef struct Shape {
    int n;
    bool closed;
    bool full; /* a point did not fit: drawing the shape fails the pen */
    Pt p[SHAPE_MAX];
} Shape;

typedef struct Pen {
    cairo_t *color; /* CAIRO_FORMAT_RGB24, or ARGB32 */
    cairo_t *line;  /* CAIRO_FORMAT_A8: ink coverage; ARGB32 with marks */
    bool marks;     /* the borders of larger tints are drawn on the line sheet, in red */
    double scale;   /* pixels per design unit */
    bool failed;    /* some shape was too long */
} Pen;

Pt pt(double x, double y);
Pt pt_lerp(Pt a, Pt b, double t);
/* Smooth step from 0 (x <= a) to 1 (x >= b). */
double ease(double a, double b, double x);

void shape_start(Shape *s, bool closed);
void shape_add(Shape *s, double x, double y);
void shape_corner(Shape *s, double x, double y);
void shape_move(Shape *s, double dx, double dy);
/* Turns by `angle` and stretches by `size` about the origin, then moves by (dx, dy). */
void shape_place(Shape *s, double size, double angle, double dx, double dy);
Shape shape_ellipse(double cx, double cy, double rx, double ry);
Shape shape_rect(double x0, double y0, double x1, double y1);
/* Polygon with straight edges from n pairs x, y. */
Shape shape_polygon(const double (*xy)[2], int n);
/* Outline of a limb: n spine points with their radii, round at both ends. */
Shape shape_tube(const Pt *spine, const double *radius, int n);

/* Flat fill; rubs out the lines behind. */
void pen_fill(Pen *pen, const Shape *s, Rgb c);
/* Same, with a vertical gradient from `top` at y0 to `bottom` at y1. */
void pen_fill_gradient(Pen *pen, const Shape *s, double y0, Rgb top, double y1, Rgb bottom);
/* Colour without lines: shadows and highlights. */
void pen_tint(Pen *pen, const Shape *s, Rgb c);
/* Cel shadow of a shape lit from (-dx, -dy): all of it that its moved copy leaves bare. */
void pen_rim(Pen *pen, const Shape *s, double dx, double dy, Rgb c);
/* Darkens the union of n shapes, whatever colour lies there: cast shadows. Lines stay. */
void pen_shade(Pen *pen, const Shape *s, int n);
/* Line of even width along the whole curve. */
void pen_outline(Pen *pen, const Shape *s, double width);
/* Open line whose width swells; `in` and `out` are the tapered shares (0..1) of its length. */
void pen_stroke(Pen *pen, const Shape *s, double width, double in, double out);
/* Solid black on both sheets. */
void pen_ink(Pen *pen, const Shape *s);
/* Fill and outline. */
void pen_draw(Pen *pen, const Shape *s, Rgb c, double width);
/* Fills n shapes as one body: a line around their union, none inside. */
void pen_union(Pen *pen, const Shape *s, int n, Rgb c, double width);
/* Everything until pen_unclip stays inside the shape; pairs may nest. */
void pen_clip(Pen *pen, const Shape *s);
void pen_unclip(Pen *pen);

#endif
