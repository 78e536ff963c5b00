/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Index arithmetic that kernels and their tests on the CPU share: C that nvcc compiles for both sides. */
#ifndef LAC_OPS_CUDA_INDEX_H
#define LAC_OPS_CUDA_INDEX_H

#include "math/number.h"

/* Blocks of `size` that cover `count`. */
LAC_HD size_t lac_cover(size_t count, size_t size)
{
    return (count + size - 1) / size;
}

/* Blocks of threads for a kernel whose threads go on with the next element until there is none. */
LAC_HD unsigned lac_grid(size_t count, size_t threads)
{
    size_t blocks = lac_cover(count, threads);

    return (unsigned)(blocks < 1 ? 1 : blocks > (1 << 20) ? 1 << 20 : blocks);
}

#endif
