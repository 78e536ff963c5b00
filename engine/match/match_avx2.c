/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search for x86 CPUs with AVX2. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#pragma GCC optimize("O3")
#endif

#define MATCH_STRIP lac_match_strip_avx2
#include "match/match_vec.h"
#define MATCH_DESCRIBE lac_match_describe_avx2
#include "match/match_describe_vec.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int lac_not_x86; /* an empty file is no C */
#endif
