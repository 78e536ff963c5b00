/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the statistics of pictures are cut into blocks of threads: by shape alone, so that the sums are the same on every
 * GPU. A block takes `tile` portions of channels of `chunk` pixels; `tile` threads lie along the channels, `rows`
 * along the pixels. */
#ifndef LAC_OPS_CUDA_NORM_INDEX_H
#define LAC_OPS_CUDA_NORM_INDEX_H

#include "ops/cuda/index.h"

enum { LAC_NORM_THREADS = 256, LAC_NORM_TILE = 64, LAC_NORM_CHUNKS = 256 };

typedef struct CudaNormCut {
    int portions;      /* of `width` channels: c / width */
    int tile, tiles;   /* portions a block takes; blocks that cover the portions */
    int rows;          /* pixels a block takes at a time */
    int chunk, chunks; /* pixels of a block; blocks that cover the picture */
} CudaNormCut;

/* c is a multiple of width. */
LAC_HD CudaNormCut lac_norm_cut(int area, int c, int width)
{
    CudaNormCut k;
    int least;

    k.portions = c / width;
    k.tile = k.portions < LAC_NORM_TILE ? k.portions : LAC_NORM_TILE;
    k.tiles = (int)lac_cover((size_t)k.portions, (size_t)k.tile);
    k.rows = LAC_NORM_THREADS / k.tile;
    least = 8 * k.rows; /* a block should have something to do */
    k.chunk = (int)lac_cover((size_t)area, LAC_NORM_CHUNKS);
    k.chunk = k.chunk < least ? least : k.chunk;
    k.chunks = (int)lac_cover((size_t)area, (size_t)k.chunk);
    return k;
}

#endif
