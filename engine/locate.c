/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the default weights are: beside the loaded library first, so that an uninstalled build finds its
 * own. */
#define _GNU_SOURCE /* dladdr */
#include "locate.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef LAC_WEIGHTS_DIR
#define LAC_WEIGHTS_DIR "/usr/local/share/liblac/weights"
#endif

#define FILE_NAME "small.safetensors"

/* Any address inside this library. */
static const char anchor = 0;

static bool beside_library(char path[LAC_PATH_MAX])
{
    Dl_info info;
    const char *slash;
    int length;

    if (!dladdr(&anchor, &info) || !info.dli_fname) {
        return false;
    }
    slash = strrchr(info.dli_fname, '/');
    length = slash ? (int)(slash - info.dli_fname) : 1;
    length = snprintf(path, LAC_PATH_MAX, "%.*s/../share/liblac/weights/" FILE_NAME, length,
                      slash ? info.dli_fname : ".");
    return length > 0 && length < LAC_PATH_MAX;
}

int lac_locate_weights(char path[LAC_PATH_MAX], const LacLog *log)
{
    const char *env = getenv("LAC_WEIGHTS");
    char beside[LAC_PATH_MAX] = "";

    if (env && env[0]) {
        if (snprintf(path, LAC_PATH_MAX, "%s", env) >= LAC_PATH_MAX) {
            return lac_fail(log, LAC_EIO, "LAC_WEIGHTS is longer than %d bytes", LAC_PATH_MAX - 1);
        }
        return LAC_OK;
    }
    if (beside_library(beside) && access(beside, R_OK) == 0) {
        memcpy(path, beside, sizeof beside);
        return LAC_OK;
    }
    snprintf(path, LAC_PATH_MAX, "%s", LAC_WEIGHTS_DIR "/" FILE_NAME);
    if (access(path, R_OK) == 0) {
        return LAC_OK;
    }
    return lac_fail(log, LAC_EIO,
                    "no default weights: neither '%.400s' nor '%.400s' can be read; install them, set "
                    "LAC_WEIGHTS or give `weights`",
                    beside, path);
}
