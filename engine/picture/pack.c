/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lossless packing through zlib: level 1, runs only, both streams reset instead of reopened. */
#include "picture/pack.h"

#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

struct LacPacker {
    const LacLog *log;
    z_stream deflate, inflate;
    bool deflate_open, inflate_open;
    uint8_t *scratch; /* grows to the bound of the largest picture so far */
    size_t scratch_size;
};

int lac_packer_open(LacPacker **packer, const LacLog *log)
{
    LacPacker *p = lac_calloc(1, sizeof *p);

    *packer = NULL;
    if (p) {
        p->log = log;
        p->deflate_open = deflateInit2(&p->deflate, 1, Z_DEFLATED, -15, 9, Z_RLE) == Z_OK;
        p->inflate_open = inflateInit2(&p->inflate, -15) == Z_OK;
    }
    if (!p || !p->deflate_open || !p->inflate_open) {
        lac_packer_close(&p);
        return lac_fail(log, LAC_ENOMEM, "no memory for the packer of pending frames");
    }
    *packer = p;
    return LAC_OK;
}

void lac_packer_close(LacPacker **packer)
{
    LacPacker *p = *packer;

    if (p) {
        if (p->deflate_open) {
            deflateEnd(&p->deflate);
        }
        if (p->inflate_open) {
            inflateEnd(&p->inflate);
        }
        lac_free(p->scratch);
        lac_free(p);
    }
    *packer = NULL;
}

/* One row in, as much as possible out; a row and the room for a whole picture of the API's sizes fit zlib's
 * uInt. */
static int feed(z_stream *z, const uint8_t *row, size_t bytes, int flush)
{
    z->next_in = row;
    z->avail_in = (uInt)bytes;
    return deflate(z, flush);
}

int lac_pack(LacPacker *p, const uint8_t *src, ptrdiff_t stride, size_t row, int rows, LacPacked *out)
{
    size_t bytes, bound;

    if (!lac_mul(row, (size_t)rows, &bytes) || bytes > UINT32_MAX / 2) {
        return lac_fail(p->log, LAC_EINVAL, "a picture of %zu x %d bytes is too large to pack", row, rows);
    }
    deflateReset(&p->deflate);
    bound = deflateBound(&p->deflate, (uLong)bytes);
    if (bound > p->scratch_size) {
        lac_free(p->scratch);
        p->scratch = lac_alloc(bound, 1);
        p->scratch_size = p->scratch ? bound : 0;
        if (!p->scratch) {
            return lac_fail(p->log, LAC_ENOMEM, "no memory to pack a picture of %zu bytes", bytes);
        }
    }
    p->deflate.next_out = p->scratch;
    p->deflate.avail_out = (uInt)p->scratch_size;
    for (int y = 0; y < rows; y++) {
        if (feed(&p->deflate, src + y * stride, row, Z_NO_FLUSH) != Z_OK || p->deflate.avail_in) {
            return lac_fail(p->log, LAC_ENOMEM, "packing a picture of %zu bytes failed", bytes);
        }
    }
    if (feed(&p->deflate, src, 0, Z_FINISH) != Z_STREAM_END) {
        return lac_fail(p->log, LAC_ENOMEM, "packing a picture of %zu bytes failed", bytes);
    }
    *out = (LacPacked){ .size = p->scratch_size - p->deflate.avail_out, .row = row, .rows = rows };
    out->data = lac_alloc(out->size, 1);
    if (!out->data) {
        *out = (LacPacked){ 0 };
        return lac_fail(p->log, LAC_ENOMEM,
                        "no memory to keep one more pending frame; a smaller `lookahead` needs less");
    }
    memcpy(out->data, p->scratch, out->size);
    return LAC_OK;
}

int lac_unpack(LacPacker *p, const LacPacked *packed, uint8_t *dst)
{
    size_t bytes = packed->row * packed->rows;

    inflateReset(&p->inflate);
    p->inflate.next_in = packed->data;
    p->inflate.avail_in = (uInt)packed->size;
    p->inflate.next_out = dst;
    p->inflate.avail_out = (uInt)bytes;
    if (inflate(&p->inflate, Z_FINISH) != Z_STREAM_END || p->inflate.avail_out) {
        /* the data never left this process: only a failed allocation inside zlib leads here */
        return lac_fail(p->log, LAC_ENOMEM, "no memory to unpack a pending frame");
    }
    return LAC_OK;
}

void lac_packed_free(LacPacked *packed)
{
    lac_free(packed->data);
    *packed = (LacPacked){ 0 };
}
