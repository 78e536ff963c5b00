/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings as the engine uses them. */
#ifndef LAC_SETTINGS_H
#define LAC_SETTINGS_H

#include "common.h"

/* *out = *settings (NULL: the defaults) with zeroes replaced by what they stand for; LAC_EINVAL names the
 * setting that is out of range. */
int lac_settings_resolve(LacSettings *out, const LacSettings *settings, const LacLog *log);

#endif
