/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pixels of a cell, from where its sources lead. */
#ifndef LAC_TRANSFER_COPY_H
#define LAC_TRANSFER_COPY_H

#include "math/transfer_math.h"
#include "transfer/transfer_state.h"

/* As lac_transfer_run has them. */
typedef struct LacCopying {
    const uint8_t *gray;
    bool inked;
    uint8_t *out;
    uint16_t *exact;
} LacCopying;

/* The native pixels of one cell. */
void lac_transfer_copy(const LacTransfer *t, LacTransferRef *const *refs, const LacSource *list, int n, LacBox cell,
                       const LacCopying *copying);

#endif
