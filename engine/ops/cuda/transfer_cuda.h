/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The references' pixels at native size, copied on the GPU along the fields of match_cuda.h: the bytes of
 * engine/transfer/transfer.c. */
#ifndef LAC_OPS_CUDA_TRANSFER_CUDA_H
#define LAC_OPS_CUDA_TRANSFER_CUDA_H

#include "ops/cuda/match_cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CudaTransferRef {
    const uint8_t *rgb, *gray; /* [height][width][3] and [height][width]: colours and line art */
    const CudaOffset *offset;  /* [cells_height][cells_width]: its field and costs, of lac_cuda_match */
    const int32_t *cost;
    float lag; /* lac_refs_lag */
} CudaTransferRef;

/* All pointers are device memory. */
typedef struct CudaTransfer {
    int width, height;             /* native */
    int cells_width, cells_height; /* match size */
    int count;                     /* 1 to CUDA_MATCH_FIELDS references */
    bool inked;                    /* lines are carried too */
    const uint8_t *gray;           /* [height][width] the frame's line art */
    CudaTransferRef ref[CUDA_MATCH_FIELDS];
    uint8_t *out; /* [height][width][4] R, G, B and how sure that is, 0..255; 4-byte aligned */
} CudaTransfer;

/* Queues it. LAC_EDEVICE. */
int lac_cuda_transfer(LacBackend *be, const CudaTransfer *transfer);

#ifdef __cplusplus
}
#endif

#endif
