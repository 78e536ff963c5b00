/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dense NHWC tensor in a back end's memory. */
#ifndef LAC_OPS_TENSOR_H
#define LAC_OPS_TENSOR_H

#include <stddef.h>

#include "common.h"

enum LacType { LAC_F32, LAC_BF16, LAC_F16 };

/* n pictures of h rows, w columns and c channels; channel fastest, no padding. `data` is device memory of
 * the back end that allocated it: only `ref` and `cpu` may be dereferenced by the host. Views (same data,
 * part of n, h and w flattened, or any shape that needs no more memory) are plain copies of the struct; only the
 * original is freed. */
typedef struct LacTensor {
    enum LacType type;
    int n, h, w, c;
    void *data;
} LacTensor;

size_t lac_type_size(enum LacType type);

/* Elements of t. Sizes were checked when it was allocated. */
size_t lac_tensor_count(const LacTensor *t);

#endif
