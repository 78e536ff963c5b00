/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Impossible borders on the GPU (borders.h): what touches pixels. */
#ifndef LAC_OPS_CUDA_BORDERS_CUDA_H
#define LAC_OPS_CUDA_BORDERS_CUDA_H

#include "math/borders_math.h"
#include "ops/ops.h"

/* paint, but for its source, -> cells and places [rows][columns], all in device memory. */
int lac_cuda_borders_cells(LacBackend *be, const LacBordersPaint *paint, uint32_t *cell, int32_t *place);

/* lac_borders_paint for all cells. */
int lac_cuda_borders_paint(LacBackend *be, const LacBordersPaint *paint);

#endif
