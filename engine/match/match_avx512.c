/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search for x86 CPUs with AVX-512. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl")
#pragma GCC optimize("O3")
#endif

#define MATCH_STRIP lac_match_strip_avx512
#include "match/match_vec.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int lac_not_x86; /* an empty file is no C */
#endif
