/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search for any CPU, and the choice among the sets. */
#define MATCH_STRIP lac_match_strip_base
#include "match/match_vec.h"
#define MATCH_DESCRIBE lac_match_describe_base
#include "match/match_describe_vec.h"

LacMatchStrip *lac_match_strip_search(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        return lac_match_strip_avx512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return lac_match_strip_avx2;
    }
#endif
    return lac_match_strip_base;
}

LacMatchDescribeRow *lac_match_describe_row(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) {
        return lac_match_describe_avx2;
    }
#endif
    return lac_match_describe_base;
}
