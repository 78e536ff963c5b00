#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# One frame of the network by liblac, PyTorch and ONNX Runtime: same network, input size, precision and
# threads, one after the other on the same machine. Peers that are not installed are said to be missing.
# usage: frame.sh BUILD_DIR [SIZE ...]        SIZE: HxW the network works at; ORT=DIR of onnxruntime-node
set -eu
build=$1
shift
sizes=${*:-256x256 384x680}
here=$(dirname "$0")
root=$here/../..
python=/usr/bin/python3
weights=${LAC_WEIGHTS:-$root/weights/small.safetensors}
precisions=fp32 # and bf16, where this CPU has it
! "$build/bench/bench_frame" --brief --weights "$weights" --size 64x64 --frames 1 --precision bf16 >/dev/null 2>&1 || precisions='fp32 bf16'
export OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184

if [ -z "${ORT:-}" ]; then
    ORT=$build/npm/node_modules/onnxruntime-node
    [ -d "$ORT" ] || npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$build/npm" onnxruntime-node >/dev/null 2>&1 || true
fi
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a > 0 && b > 0) printf "%.2fx", a / b; else printf "-" }'; }

printf '%-9s %-5s %-7s | %10s %8s %9s %9s | %10s %7s | %10s %7s\n' size prec threads 'liblac ms' fps GFLOP/s 'peak MiB' \
    'PyTorch ms' ratio 'ORT ms' ratio
for size in $sizes; do
    h=${size%x*} w=${size#*x}
    onnx=$build/bench/small-$size.onnx
    have_torch=no frames=5
    [ "$h" -le 256 ] || frames=1
    if $python -c 'import torch' 2>/dev/null; then
        have_torch=yes
        # larger ones: the exporter folds the locality prior into more than ONNX's 2 GB
        [ -f "$onnx" ] || [ "$h" -gt 256 ] || $python "$root/weights/train/bench.py" --size "$size" --onnx "$onnx" >/dev/null 2>&1 || true
    fi
    for precision in $precisions; do
        for threads in 1 2; do
            set -- $("$build/bench/bench_frame" --brief --weights "$weights" --size "$size" --threads $threads --precision $precision)
            torch=- ort=-
            [ $have_torch = no ] || torch=$($python "$root/weights/train/bench.py" --size "$size" --threads $threads \
                --precision $precision --frames $frames 2>/dev/null) || torch=-
            if [ $precision = fp32 ] && [ -f "$onnx" ] && [ -d "$ORT" ]; then    # its CPU kernels have no bf16
                ort=$(node "$here/ort.mjs" "$(cd "$ORT" && pwd)" "$onnx" "$h" "$w" 2 16 8 $threads $frames 2>/dev/null) || ort=-
            fi
            printf '%-9s %-5s %-7s | %10s %8s %9s %9s | %10s %7s | %10s %7s\n' "$size" $precision $threads "$1" \
                "$(awk -v m="$1" 'BEGIN { printf "%.1f", 1000 / m }')" "$2" "$3" "$torch" "$(ratio "$torch" "$1")" "$ort" "$(ratio "$ort" "$1")"
        done
    done
done
echo
for size in $sizes; do
    for precision in auto $precisions; do
        echo "$precision:"
        "$build/bench/bench_frame" --weights "$weights" --size "$size" --threads 2 --precision $precision
    done
done
