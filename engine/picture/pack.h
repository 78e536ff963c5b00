/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures packed losslessly in memory: pending line art and references. Line art is nearly empty, so a fast
 * deflate keeps a 1080p frame in tens of kilobytes. */
#ifndef LAC_PACK_H
#define LAC_PACK_H

#include "common.h"

typedef struct LacPacker LacPacker; /* compressor, decompressor and scratch, made once */

/* Zeroed means empty. */
typedef struct LacPacked {
    uint8_t *data; /* owned */
    size_t size;   /* bytes of data */
    size_t row;    /* bytes in a row of the picture */
    int rows;
} LacPacked;

/* LAC_ENOMEM is logged. *packer is NULL on failure. `log` must outlive the packer. */
int lac_packer_open(LacPacker **packer, const LacLog *log);
void lac_packer_close(LacPacker **packer);

/* rows rows of `row` bytes, `stride` bytes apart -> *out (which must be empty). LAC_ENOMEM is logged. */
int lac_pack(LacPacker *packer, const uint8_t *src, ptrdiff_t stride, size_t row, int rows, LacPacked *out);

/* The picture again, dense: packed->rows * packed->row bytes. */
int lac_unpack(LacPacker *packer, const LacPacked *packed, uint8_t *dst);

void lac_packed_free(LacPacked *packed);

#endif
