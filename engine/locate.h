/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the default weights are. */
#ifndef LAC_LOCATE_H
#define LAC_LOCATE_H

#include "common.h"

enum { LAC_PATH_MAX = 4096 };

/* The weights file to read when the settings name none: $LAC_WEIGHTS if set; else small.safetensors in
 * ../share/liblac/weights beside the directory this library was loaded from; else in LAC_WEIGHTS_DIR, fixed
 * when it was built. LAC_EIO with the places looked at when there is none. */
int lac_locate_weights(char path[LAC_PATH_MAX], const LacLog *log);

#endif
