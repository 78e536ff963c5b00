/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of cases for every operation, run on a device and compared with `ref`. */
#ifndef TESTS_ENGINE_OPS_CASES_H
#define TESTS_ENGINE_OPS_CASES_H

#include "ops/ops.h"

typedef struct OpsFilter {
    const char *part; /* of a case's name; NULL: all */
    bool no_conv;     /* no convolutions */
    bool small;       /* none of many elements */
} OpsFilter;

/* Runs the list on devs[0], which must agree with ref, and on the others, which must give the same bytes. Prints a line a
 * case, adds to *passed and returns how many failed. */
int ops_cases(const LacDevice *ref, const LacDevice *devs, int count, const OpsFilter *filter, const char *label,
              int *passed);

#endif
