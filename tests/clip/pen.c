/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shapes as smooth curves through their points (Catmull-Rom directions, chord-length handles, so
 * that uneven spacing gives no loops) and their drawing on the colour and the line sheet. */
#include "pen.h"

#include <math.h>

#define STEPS 10 /* straight pieces per curve segment of a tapered line */

static const Rgb black = { 0, 0, 0 };

Rgb rgb(unsigned hex)
{
    return (Rgb){ ((hex >> 16) & 255) / 255.0, ((hex >> 8) & 255) / 255.0, (hex & 255) / 255.0 };
}

Pt pt(double x, double y)
{
    return (Pt){ x, y, false };
}

Pt pt_lerp(Pt a, Pt b, double t)
{
    return pt(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t);
}

double ease(double a, double b, double x)
{
    double t = (x - a) / (b - a);

    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return t * t * (3 - 2 * t);
}

void shape_start(Shape *s, bool closed)
{
    s->n = 0;
    s->closed = closed;
    s->full = false;
}

static void append(Shape *s, double x, double y, bool corner)
{
    if (s->n == SHAPE_MAX) {
        s->full = true;
        return;
    }
    s->p[s->n++] = (Pt){ x, y, corner };
}

void shape_add(Shape *s, double x, double y)
{
    append(s, x, y, false);
}

void shape_corner(Shape *s, double x, double y)
{
    append(s, x, y, true);
}

void shape_move(Shape *s, double dx, double dy)
{
    shape_place(s, 1, 0, dx, dy);
}

void shape_place(Shape *s, double size, double angle, double dx, double dy)
{
    double c = size * cos(angle), d = size * sin(angle);

    for (int i = 0; i < s->n; i++) {
        double x = s->p[i].x, y = s->p[i].y;

        s->p[i].x = c * x - d * y + dx;
        s->p[i].y = d * x + c * y + dy;
    }
}

Shape shape_ellipse(double cx, double cy, double rx, double ry)
{
    Shape s;

    shape_start(&s, true);
    for (int i = 0; i < 16; i++) {
        double a = 2 * CLIP_PI * i / 16;

        shape_add(&s, cx + rx * cos(a), cy + ry * sin(a));
    }
    return s;
}

Shape shape_rect(double x0, double y0, double x1, double y1)
{
    const double xy[4][2] = { { x0, y0 }, { x1, y0 }, { x1, y1 }, { x0, y1 } };

    return shape_polygon(xy, 4);
}

Shape shape_polygon(const double (*xy)[2], int n)
{
    Shape s;

    shape_start(&s, true);
    for (int i = 0; i < n; i++)
        shape_corner(&s, xy[i][0], xy[i][1]);
    return s;
}

static Pt direction(Pt a, Pt b)
{
    double dx = b.x - a.x, dy = b.y - a.y, len = hypot(dx, dy);

    return len > 0 ? pt(dx / len, dy / len) : pt(0, 0);
}

Shape shape_tube(const Pt *spine, const double *radius, int n)
{
    Shape s;

    shape_start(&s, true);
    for (int side = 0; side < 2; side++) {
        double sign = side ? -1 : 1;

        for (int k = 0; k < n; k++) {
            int i = side ? n - 1 - k : k;
            Pt d = direction(spine[i > 0 ? i - 1 : 0], spine[i < n - 1 ? i + 1 : n - 1]);

            shape_add(&s, spine[i].x + sign * d.y * radius[i], spine[i].y - sign * d.x * radius[i]);
            if (k == n - 1)
                shape_add(&s, spine[i].x + sign * d.x * radius[i] * 0.9,
                          spine[i].y + sign * d.y * radius[i] * 0.9);
        }
    }
    return s;
}

/* Bezier handles of the segment from point i to the next one. */
static void segment(const Shape *s, int i, Pt *a, Pt *c1, Pt *c2, Pt *b)
{
    int n = s->n, j = (i + 1) % n;
    double len;
    Pt d;

    *a = s->p[i];
    *b = s->p[j];
    len = hypot(b->x - a->x, b->y - a->y) / 3;
    if (a->corner || (!s->closed && i == 0))
        d = direction(*a, *b);
    else
        d = direction(s->p[(i + n - 1) % n], *b);
    *c1 = pt(a->x + d.x * len, a->y + d.y * len);
    if (b->corner || (!s->closed && j == n - 1))
        d = direction(*a, *b);
    else
        d = direction(*a, s->p[(j + 1) % n]);
    *c2 = pt(b->x - d.x * len, b->y - d.y * len);
}

static int segments(const Shape *s)
{
    return s->n < 2 ? 0 : s->closed ? s->n : s->n - 1;
}

static void trace(Pen *pen, cairo_t *cr, const Shape *s, double dx, double dy)
{
    if (s->full)
        pen->failed = true;
    for (int i = 0; i < segments(s); i++) {
        Pt a, c1, c2, b;

        segment(s, i, &a, &c1, &c2, &b);
        if (!i)
            cairo_move_to(cr, a.x + dx, a.y + dy);
        cairo_curve_to(cr, c1.x + dx, c1.y + dy, c2.x + dx, c2.y + dy, b.x + dx, b.y + dy);
    }
    if (s->closed)
        cairo_close_path(cr);
}

static void source(cairo_t *cr, Rgb c)
{
    cairo_set_source_rgb(cr, c.r, c.g, c.b);
}

static void rub_out(Pen *pen, const Shape *s)
{
    trace(pen, pen->line, s, 0, 0);
    cairo_set_operator(pen->line, CAIRO_OPERATOR_DEST_OUT);
    source(pen->line, black);
    cairo_fill(pen->line);
    cairo_set_operator(pen->line, CAIRO_OPERATOR_OVER);
}

/* Lines never get thinner than a pixel, or small pictures would have gray haze for line art. */
static double line_width(const Pen *pen, double width)
{
    return fmax(width, 1.1 / pen->scale);
}

static void tint(Pen *pen, const Shape *s, Rgb c)
{
    trace(pen, pen->color, s, 0, 0);
    source(pen->color, c);
    cairo_fill(pen->color);
}

void pen_fill(Pen *pen, const Shape *s, Rgb c)
{
    rub_out(pen, s);
    tint(pen, s, c);
}

void pen_fill_gradient(Pen *pen, const Shape *s, double y0, Rgb top, double y1, Rgb bottom)
{
    cairo_t *cr = pen->color;
    /* In pixels: very wide pictures would overflow the pattern's own coordinates otherwise. */
    cairo_pattern_t *g = cairo_pattern_create_linear(0, y0 * pen->scale, 0, y1 * pen->scale);

    cairo_pattern_add_color_stop_rgb(g, 0, top.r, top.g, top.b);
    cairo_pattern_add_color_stop_rgb(g, 1, bottom.r, bottom.g, bottom.b);
    rub_out(pen, s);
    trace(pen, cr, s, 0, 0);
    cairo_save(cr);
    cairo_identity_matrix(cr);
    cairo_set_source(cr, g);
    cairo_fill(cr);
    cairo_restore(cr);
    cairo_pattern_destroy(g);
}

void pen_tint(Pen *pen, const Shape *s, Rgb c)
{
    double x0, y0, x1, y1;

    tint(pen, s, c);
    if (!pen->marks)
        return;
    trace(pen, pen->line, s, 0, 0);
    cairo_path_extents(pen->line, &x0, &y0, &x1, &y1);
    source(pen->line, rgb(0xFF2020));
    cairo_set_line_width(pen->line, line_width(pen, 2.5));
    if (fmin(x1 - x0, y1 - y0) > 24)
        cairo_stroke(pen->line);
    cairo_new_path(pen->line);
}

void pen_rim(Pen *pen, const Shape *s, double dx, double dy, Rgb c)
{
    cairo_t *cr = pen->color;

    cairo_save(cr);
    trace(pen, cr, s, 0, 0);
    cairo_clip(cr);
    trace(pen, cr, s, -dx, -dy);
    cairo_rectangle(cr, -1e4, -1e4, 2e4, 2e4);
    cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
    source(cr, c);
    cairo_fill(cr);
    cairo_restore(cr);
}

void pen_shade(Pen *pen, const Shape *s, int n)
{
    for (int i = 0; i < n; i++)
        trace(pen, pen->color, &s[i], 0, 0);
    cairo_set_operator(pen->color, CAIRO_OPERATOR_MULTIPLY);
    source(pen->color, rgb(0xB9B0CF));
    cairo_fill(pen->color);
    cairo_set_operator(pen->color, CAIRO_OPERATOR_OVER);
}

void pen_outline(Pen *pen, const Shape *s, double width)
{
    cairo_t *sheet[2] = { pen->color, pen->line };

    for (int i = 0; i < 2; i++) {
        trace(pen, sheet[i], s, 0, 0);
        source(sheet[i], black);
        cairo_set_line_width(sheet[i], line_width(pen, width));
        cairo_set_line_join(sheet[i], CAIRO_LINE_JOIN_ROUND);
        cairo_set_line_cap(sheet[i], CAIRO_LINE_CAP_ROUND);
        cairo_stroke(sheet[i]);
    }
}

void pen_stroke(Pen *pen, const Shape *s, double width, double in, double out)
{
    Pt p[SHAPE_MAX * STEPS + 1];
    double at[SHAPE_MAX * STEPS + 1];
    cairo_t *sheet[2] = { pen->color, pen->line };
    int n = 0;

    if (s->full)
        pen->failed = true;
    if (s->n < 2)
        return;
    width = line_width(pen, width);
    for (int i = 0; i < segments(s); i++) {
        Pt a, c1, c2, b;

        segment(s, i, &a, &c1, &c2, &b);
        for (int k = i ? 1 : 0; k <= STEPS; k++) {
            double t = (double)k / STEPS, u = 1 - t;
            double w0 = u * u * u, w1 = 3 * u * u * t, w2 = 3 * u * t * t, w3 = t * t * t;

            p[n] = pt(w0 * a.x + w1 * c1.x + w2 * c2.x + w3 * b.x,
                      w0 * a.y + w1 * c1.y + w2 * c2.y + w3 * b.y);
            at[n] = n ? at[n - 1] + hypot(p[n].x - p[n - 1].x, p[n].y - p[n - 1].y) : 0;
            n++;
        }
    }
    for (int sh = 0; sh < 2; sh++) {
        cairo_t *cr = sheet[sh];

        for (int k = 0; k < 2 * n; k++) {
            int i = k < n ? k : 2 * n - 1 - k;
            double t = at[n - 1] > 0 ? at[i] / at[n - 1] : 0, w = width / 2;
            Pt d = direction(p[i > 0 ? i - 1 : 0], p[i < n - 1 ? i + 1 : n - 1]);

            w *= in > 0 ? 0.12 + 0.88 * ease(0, in, t) : 1;
            w *= out > 0 ? 0.12 + 0.88 * ease(0, out, 1 - t) : 1;
            if (k >= n)
                w = -w;
            cairo_line_to(cr, p[i].x + d.y * w, p[i].y - d.x * w);
        }
        cairo_close_path(cr);
        source(cr, black);
        cairo_fill(cr);
    }
}

void pen_ink(Pen *pen, const Shape *s)
{
    pen_tint(pen, s, black);
    trace(pen, pen->line, s, 0, 0);
    source(pen->line, black);
    cairo_fill(pen->line);
}

void pen_draw(Pen *pen, const Shape *s, Rgb c, double width)
{
    pen_fill(pen, s, c);
    pen_outline(pen, s, width);
}

void pen_union(Pen *pen, const Shape *s, int n, Rgb c, double width)
{
    for (int i = 0; i < n; i++)
        pen_outline(pen, &s[i], 2 * width);
    for (int i = 0; i < n; i++)
        pen_fill(pen, &s[i], c);
}

void pen_clip(Pen *pen, const Shape *s)
{
    cairo_t *sheet[2] = { pen->color, pen->line };

    for (int i = 0; i < 2; i++) {
        cairo_save(sheet[i]);
        trace(pen, sheet[i], s, 0, 0);
        cairo_clip(sheet[i]);
    }
}

void pen_unclip(Pen *pen)
{
    cairo_restore(pen->line);
    cairo_restore(pen->color);
}
