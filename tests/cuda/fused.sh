#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernels that must give the host's bits have no fused multiply and add: their code for a GPU is read. What the CPU's tests
# cannot show, for there each operation rounds.
# usage: tests/cuda/fused.sh NVCC [COMPILER OPTIONS]
set -u
nvcc=$1
shift
ptx=$(mktemp)
trap 'rm -f "$ptx"' EXIT
passed=0 failed=0
for f in describe evidence flat lineart links match moves origin paint paint_cells pixels regions_ink regions_join resize spread steady transfer vote vote_back; do
    if "$nvcc" -std=c++17 -O2 -arch=compute_80 -Iengine -DLAC_BUILD "$@" -ptx "engine/ops/cuda/$f.cu" -o "$ptx" &&
        ! grep -nE 'fma\.|mad\.f' "$ptx"; then
        passed=$((passed + 1))
    else
        echo "engine/ops/cuda/$f.cu: a multiplication is fused with an addition: see lac_weighted and lac_product of number.h"
        failed=$((failed + 1))
    fi
done
echo "fused: $passed passed, $failed failed"
[ $failed = 0 ]
