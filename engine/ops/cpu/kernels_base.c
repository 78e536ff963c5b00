/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vector kernels for any CPU: 128-bit vectors. */

#define VL 4
#define ROWS 2
#define GROUP 2
#define KERNELS lac_cpu_kernels_base
#define KERNELS_NAME "base"
#include "ops/cpu/kernels_vec.h"
