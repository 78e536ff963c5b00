/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of one row of pixels, compiled once per instruction set (match_describe_vec.h). */
#ifndef LAC_MATCH_DESCRIBE_H
#define LAC_MATCH_DESCRIBE_H

#include "match/match.h"

enum { LAC_MATCH_REACH = 3, LAC_MATCH_PLANES = 5, LAC_MATCH_BASES = 4 };

typedef struct LacMatchDescribe {
    int width, height;
    const float *plane; /* [LAC_MATCH_PLANES][height][width] */
    float basis[LAC_MATCH_BASES][2 * LAC_MATCH_REACH + 1];
    int8_t *out; /* [height][width][LAC_MATCH_DIMS] */
} LacMatchDescribe;

/* rows [LAC_MATCH_BASES][width + 2 LAC_MATCH_REACH]: scratch. */
typedef void LacMatchDescribeRow(const LacMatchDescribe *d, int y, float *rows);

LacMatchDescribeRow lac_match_describe_base;
#if defined(__x86_64__)
LacMatchDescribeRow lac_match_describe_avx2;
#endif

/* The fastest this CPU runs. All give the same bytes: none fuses a product with a sum. */
LacMatchDescribeRow *lac_match_describe_row(void);

#endif
