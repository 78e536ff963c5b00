/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order in which the character's parts lie over each other. */
#include "character.h"

void draw_character(Pen *pen, const Pose *pose)
{
    draw_back_hair(pen, pose);
    draw_body(pen, pose);
    draw_face(pen, pose);
    draw_front_hair(pen, pose);
    draw_brows(pen, pose);
    draw_crossing_arm(pen, pose);
}
