/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Union-find over numbered things: every one has a parent, a root is its own. */
#ifndef LAC_COMPONENTS_H
#define LAC_COMPONENTS_H

#include <stdint.h>

/* The root of a; the way to it becomes shorter. */
static inline int32_t lac_root(int32_t *parent, int32_t a)
{
    while (parent[a] != a) {
        parent[a] = parent[parent[a]];
        a = parent[a];
    }
    return a;
}

#endif
