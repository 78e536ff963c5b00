/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The acting (a pose for every moment of the shot) and the parts of the drawing in it. Points of
 * head and body are given in three dimensions, x right, y down, z towards the viewer, and turned:
 * that is where the parallax of face, ears and hair comes from. */
#ifndef CLIP_CHARACTER_H
#define CLIP_CHARACTER_H

#include "pen.h"

#define INK 2.4 /* line width of the character, design units */

#define SKIN 0xFBDDC5
#define SKIN_SHADOW 0xE9B398
#define SHIRT 0xFBFAF5
#define JACKET 0x3E5C9A
#define JACKET_SHADOW 0x2C4277
#define TRIM 0x6F93CF
#define TRIM_SHADOW 0x5577B3

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Where a rigid part stands and how it is turned (orthographic view). */
typedef struct Turn {
    double x, y;           /* its origin on the picture */
    double yaw, pitch, roll; /* radians; yaw > 0 looks to the picture's right */
} Turn;

typedef struct Pose {
    double pan;        /* camera, design units */
    Turn head, body;
    double sway;       /* hair ends trailing behind, design units */
    double eye_open;   /* 0 shut .. 1 */
    double gaze;       /* iris shift, design units */
    double mouth_open; /* 0 smile .. 1 open */
    double upper_arm;  /* angle from hanging straight down, > 0 to the picture's right */
    double forearm;    /* direction on the picture: 0 right, -pi/2 up */
    double hand;       /* bend of the wrist against the forearm */
    double spread;     /* of the fingers, 1 = wide */
} Pose;

/* The acting at time t, 0 (start of the shot) .. 1 (end). */
Pose pose_at(double t);

/* A point of a part on the picture. */
Pt turn_point(const Turn *turn, double x, double y, double z);
/* Adds turned points { x, y, z, corner }; side -1 mirrors them and takes them last first, so that
 * a left half continues a right half. */
void turn_table(Shape *s, const Turn *turn, const double (*xyzc)[4], int n, int side);

/* Everything, back to front. */
void draw_background(Pen *pen, double pan);
void draw_character(Pen *pen, const Pose *pose);

void draw_back_hair(Pen *pen, const Pose *pose);
void draw_body(Pen *pen, const Pose *pose);
void draw_face(Pen *pen, const Pose *pose);
void draw_front_hair(Pen *pen, const Pose *pose);
void draw_brows(Pen *pen, const Pose *pose);
/* The arm that crosses the body. */
void draw_crossing_arm(Pen *pen, const Pose *pose);
/* The outlines of that arm (sleeve and palm), for the shadow it casts on the clothes. */
void crossing_arm_shapes(const Pose *pose, Shape shapes[3]);
/* Outline of the face, forehead included. */
Shape face_shape(const Pose *pose);
/* The front hair without the side locks: also the shadow it throws on the face. */
Shape bangs_shape(const Pose *pose);

#endif
