/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes of a dense NHWC tensor. */
#include "ops/tensor.h"

size_t lac_type_size(enum LacType type)
{
    return type == LAC_F32 ? 4 : 2;
}

size_t lac_tensor_count(const LacTensor *t)
{
    return (size_t)t->n * (size_t)t->h * (size_t)t->w * (size_t)t->c;
}
