/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The acting: the head turns from one side to the other and dips, the eyes blink on the way, the
 * mouth opens to speak, a raised hand sweeps over the torso. All keyed by eased ramps in time. */
#include "character.h"

#include <math.h>

static double mix(double a, double b, double t)
{
    return a + (b - a) * t;
}

static double head_yaw(double t)
{
    return mix(-0.42, 0.40, ease(0.16, 0.80, t)) - 0.04 * sin(CLIP_PI * ease(0.0, 0.2, t));
}

/* 0 = hand raised beside the head, 1 = stretched to the other side. */
static double sweep(double t)
{
    return ease(0.10, 0.84, t) - 0.06 * sin(CLIP_PI * ease(0.0, 0.16, t)) +
           0.05 * sin(CLIP_PI * ease(0.76, 1.0, t));
}

Pose pose_at(double t)
{
    double s = sweep(t), blink, breath = sin(2 * CLIP_PI * t), yaw = head_yaw(t);
    Pose p = { 0 };

    p.pan = mix(14, -14, ease(-0.2, 1.2, t));
    p.body.x = 640 + mix(-6, 6, ease(0.1, 0.9, t));
    p.body.y = 362 + 2 * breath;
    p.body.yaw = mix(-0.16, 0.16, ease(0.14, 0.84, t));
    p.head.x = p.body.x + mix(-7, 7, ease(0.14, 0.82, t));
    p.head.y = p.body.y - 162 + 7 * sin(CLIP_PI * ease(0.15, 0.85, t));
    p.head.yaw = yaw;
    p.head.pitch = 0.13 * sin(CLIP_PI * ease(0.15, 0.85, t));
    p.head.roll = mix(0.05, -0.06, ease(0.16, 0.84, t));
    p.sway = 110 * (head_yaw(t - 0.10) - yaw);
    blink = ease(0.36, 0.44, t) - ease(0.50, 0.58, t);
    p.eye_open = 1 - blink;
    p.gaze = mix(-4, 5, ease(0.08, 0.60, t));
    p.mouth_open = ease(0.48, 0.62, t) - 0.55 * ease(0.66, 0.74, t) + 0.4 * ease(0.78, 0.88, t);
    p.upper_arm = mix(-0.78, 0.50, s);
    p.forearm = mix(-1.95, -0.85, s) + 0.35 * sin(CLIP_PI * s);
    p.hand = 0.30 * sin(2 * CLIP_PI * (s - 0.1)) + 0.16 * sin(6 * CLIP_PI * ease(0.7, 1.0, t));
    p.spread = 0.62 + 0.38 * cos(2 * CLIP_PI * t);
    return p;
}

Pt turn_point(const Turn *turn, double x, double y, double z)
{
    double cy = cos(turn->yaw), sy = sin(turn->yaw), cp = cos(turn->pitch), sp = sin(turn->pitch);
    double cr = cos(turn->roll), sr = sin(turn->roll);
    double u = x * cy + z * sy, w = z * cy - x * sy, v = y * cp + w * sp;

    return pt(turn->x + u * cr - v * sr, turn->y + u * sr + v * cr);
}

void turn_table(Shape *s, const Turn *turn, const double (*xyzc)[4], int n, int side)
{
    for (int i = 0; i < n; i++) {
        const double *q = xyzc[side < 0 ? n - 1 - i : i];
        Pt p = turn_point(turn, side < 0 ? -q[0] : q[0], q[1], q[2]);

        if (q[3] != 0)
            shape_corner(s, p.x, p.y);
        else
            shape_add(s, p.x, p.y);
    }
}
