/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vector kernels for x86 CPUs with AVX-512 and its bf16 instructions. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")
#pragma GCC optimize("fp-contract=fast")
#endif

#include <immintrin.h>

#define VEC_FROM_BF16(h) ((V)_mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)(h)), 16))
/* Rounds to nearest even like the portable code, but takes subnormal numbers for 0. */
#define VEC_TO_BF16(v) ((VH)_mm512_cvtneps_pbh((__m512)(v)))

#define VL 16
#define ROWS 8
#define GROUP 2
#define KERNELS lac_cpu_kernels_avx512_bf16
#define KERNELS_NAME "avx512 bf16"
#include "ops/cpu/kernels_vec.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int lac_not_x86; /* an empty file is no C */
#endif
