/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vector kernels for x86 CPUs with AVX2 and FMA. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#pragma GCC optimize("fp-contract=fast")
#endif

#define VL 8
#define ROWS 4
#define GROUP 2
#define KERNELS lac_cpu_kernels_avx2
#define KERNELS_NAME "avx2"
#include "ops/cpu/kernels_vec.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int lac_not_x86; /* an empty file is no C */
#endif
