/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One tensor of a safetensors file. */
#ifndef LAC_SAFETENSORS_VIEW_H
#define LAC_SAFETENSORS_VIEW_H

#include "common.h"

enum { LAC_SAFETENSORS_MAX_RANK = 8 };

enum LacStorage { LAC_STORAGE_F32, LAC_STORAGE_F16, LAC_STORAGE_BF16 };

/* One tensor of the file, rows (last dimension) contiguous, little endian. Lives as long as its file. */
typedef struct LacView {
    const char *name;                         /* UTF-8, not empty, no control characters */
    enum LacStorage storage;
    int rank;                                 /* 0: a scalar */
    size_t shape[LAC_SAFETENSORS_MAX_RANK];
    size_t count;                             /* elements */
    const uint8_t *data;
    size_t index;                             /* its place in lac_safetensors_at */
} LacView;

/* Bytes of one element. */
size_t lac_storage_size(enum LacStorage storage);

/* All `count` elements as fp32; exact. */
void lac_view_read(const LacView *view, float *dst);

#endif
