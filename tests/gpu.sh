#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Proof of the CUDA back end on a machine with a GPU: builds what is needed, runs every operation and the stage vectors
# against ref, the stages around the network against the host's, compute-sanitizer on small cases, and times frames beside
# PyTorch, all in under ten minutes. Needs nvcc, cuDNN 9, make and a C compiler; oneDNN, libpng, FFmpeg and a network are
# not needed, PyTorch and compute-sanitizer are used where they are there. Prints a short table last; logs go to $OUT, else
# build/gpu.
# With `frames` it does but one thing: frames a second through ffmpeg, for which make ffmpeg has to have been run.
# usage: tests/gpu.sh [all|test|bench|frames]
set -u
cd "$(dirname "$0")/.."

mode=${1:-all}
out=${OUT:-build/gpu}
start=$(date +%s)
limit=${LIMIT:-540} # seconds after which nothing new is begun
summary=$out/summary.txt
failed=0
mkdir -p "$out"
: >"$summary"

left() { [ $(($(date +%s) - start)) -lt "$limit" ]; }
say() { printf '%s\n' "$*" | tee -a "$summary"; }

# step NAME SECONDS COMMAND...: runs it with its output in a log; the log's last line goes to the summary.
step() {
    name=$1 seconds=$2
    shift 2
    if ! left; then
        say "$(printf '%-34s not run, no time left' "$name")"
        failed=1
        return 1
    fi
    began=$(date +%s)
    timeout "$seconds" "$@" >"$out/$name.log" 2>&1
    status=$?
    result=$(grep -E '[0-9]+ passed, [0-9]+ failed|ERROR SUMMARY|RACECHECK SUMMARY' "$out/$name.log" | tail -n 1)
    [ $status = 0 ] || failed=1
    say "$(printf '%-34s %-6s %3d s  %s' "$name" "$([ $status = 0 ] && echo ok || echo "FAIL $status")" \
        $(($(date +%s) - began)) "$result")"
    [ $status = 0 ] || tail -n 15 "$out/$name.log"
    return $status
}

python=
for p in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$p" -c 'import torch' 2>/dev/null; then
        python=$p
        break
    fi
done
nvidia-smi >"$out/nvidia-smi.log" 2>&1
gpu=$(nvidia-smi --query-gpu=name,driver_version,compute_cap --format=csv,noheader 2>/dev/null | head -n 1)
arch=$(printf '%s' "$gpu" | sed 's/.*, *//' | tr -d .)
say "GPU: ${gpu:-none}; PyTorch: $([ -z "$python" ] && echo none || "$python" -c 'import torch; print(torch.__version__)')"

# --- build ---

options=
printf '#include <dnnl.h>\nint main(void) { return 0; }\n' >"$out/probe.c"
${CC:-cc} "$out/probe.c" -ldnnl -o "$out/probe" 2>/dev/null || options="$options --without-onednn"
printf '#include <png.h>\n#include <zlib.h>\nint main(void) { return 0; }\n' >"$out/probe.c"
${CC:-cc} "$out/probe.c" -lpng -lz -o "$out/probe" 2>/dev/null || options="$options --without-pictures"
rm -f "$out/probe" "$out/probe.c"
toolkit=${CUDA_HOME:-/usr/local/cuda}
if [ ! -f "$toolkit/include/cudnn.h" ] && [ ! -f /usr/include/cudnn.h ] && [ -n "$python" ]; then
    # the one that came with PyTorch
    cudnn=$("$python" -c 'import importlib.util as u; print(list(u.find_spec("nvidia.cudnn").submodule_search_locations)[0])' 2>/dev/null) &&
        options="$options --cudnn=$cudnn"
fi
targets="build/lib/liblac.a build/lib/liblac_cuda.so build/tests/test_cuda build/tests/test_cuda_plans
    build/tests/test_stages build/tests/test_refine build/tests/wrong_cuda.so build/bench/bench_frame build/bench/bench_ops"
frames="frames match transfer spread paint steady vote host_frames" # what surrounds the network: tests/cuda/test_cuda_*.c
for f in $frames; do targets="$targets build/tests/gpu/test_cuda_$f"; done
# shellcheck disable=SC2086 # lists of words
step configure 60 ./configure $options || { cat "$out/configure.log"; exit 1; }
grep -q '^CUDA = yes' build/config.mak || { say "configure found no CUDA:"; cat "$out/configure.log"; exit 1; }
# Warnings of a compiler this was not written with are no reason to stop here.
# shellcheck disable=SC2086
step build 300 make -j"$(nproc)" CUDA_ARCHS="${arch:-90}" WARN='-Wall -Wextra' CUDA_WARN= $targets || exit 1
export LAC_CUDA="$PWD/build/lib/liblac_cuda.so" LAC_CUDA_WRONG="$PWD/build/tests/wrong_cuda.so" LAC_TEST_CUDA=1

if [ "$mode" = frames ]; then
    OUT=$out tests/gpu_frames.sh 2>&1 | tee -a "$summary"
    exit
fi

# --- tests ---

if [ "$mode" != bench ]; then
    step plans 60 build/tests/test_cuda_plans
    step operations 150 build/tests/test_cuda
    step stages 90 build/tests/test_stages
    step refine 90 build/tests/test_refine
    for f in $frames; do step "$f" 60 build/tests/gpu/test_cuda_$f; done
    step no-gpu 30 env -u LAC_TEST_CUDA CUDA_VISIBLE_DEVICES= build/tests/test_cuda
    if command -v compute-sanitizer >/dev/null 2>&1; then
        step memcheck 90 compute-sanitizer --tool memcheck --error-exitcode 9 build/tests/test_cuda odd
        step racecheck 90 compute-sanitizer --tool racecheck --error-exitcode 9 build/tests/test_cuda odd
        for f in transfer spread paint steady vote; do
            step "memcheck-$f" 60 compute-sanitizer --tool memcheck --error-exitcode 9 build/tests/gpu/test_cuda_$f
            step "racecheck-$f" 60 compute-sanitizer --tool racecheck --error-exitcode 9 build/tests/gpu/test_cuda_$f
        done
        step memcheck-pixel 60 compute-sanitizer --tool memcheck --error-exitcode 9 build/tests/test_cuda 'one pixel'
    else
        say "compute-sanitizer: not installed"
    fi
fi

# --- timings: host memory to host memory, median of a frame, references encoded before ---

# frame WEIGHTS PRESET BASE SIZE K PRECISION COMPILE: one row
frame() {
    left || return
    ours=$(timeout 60 build/bench/bench_frame --device cuda --brief --weights "$1" --size "$4" --k "$5" --precision "$6" --frames 31 2>>"$out/bench.log" | cut -d' ' -f1)
    eager=- compiled=-
    if [ -n "$python" ]; then
        set -- "$@" --preset "$2" --base "$3" --size "$4" --k "$5" --precision "$6" --device cuda --transfers --frames 31
        compile=$7
        shift 7
        eager=$(timeout 60 "$python" weights/train/bench.py "$@" 2>>"$out/bench.log") || eager=-
        if [ "$compile" = yes ] && left; then
            compiled=$(timeout 100 "$python" weights/train/bench.py "$@" --compile 2>>"$out/bench.log") || compiled=-
        fi
    fi
}

row() {
    frame "$@"
    left || [ -n "${ours:-}" ] || return
    say "$(printf '%5s %-10s %2s %-5s %10s %8s %10s %10s' "$3" "$4" "$5" "$6" "${ours:--}" \
        "$(awk -v m="${ours:-0}" 'BEGIN { printf m > 0 ? "%.0f" : "-", 1000 / (m > 0 ? m : 1) }')" "$eager" "$compiled")"
    ours=
}

if [ "$mode" != test ]; then
    small=weights/small.safetensors wide=$out/base64.safetensors
    [ -z "$python" ] || "$python" weights/train/bench.py --preset base --base 64 --save "$wide" 2>>"$out/bench.log"
    say ""
    say "$(printf '%5s %-10s %2s %-5s %10s %8s %10s %10s' B size K prec 'liblac ms' fps 'eager ms' 'compiled')"
    row $small small 16 256x256 2 fp16 yes
    row $small small 16 384x680 2 fp16 yes
    [ ! -f "$wide" ] || row "$wide" base 64 256x256 2 fp16 yes
    for size in 256x256 384x680; do
        for precision in fp32 bf16; do
            row $small small 16 $size 2 $precision no
        done
        for k in 1 3; do
            row $small small 16 $size $k fp16 no
        done
    done
    for k in 1 2 3; do
        row $small small 16 1080x1920 $k fp16 no
    done
    row $small small 16 1080x1920 2 bf16 no
    row $small small 16 1080x1920 2 fp32 no
    [ ! -f "$wide" ] || row "$wide" base 64 1080x1920 2 fp16 no
    if left; then
        for precision in fp16 bf16 fp32; do
            build/bench/bench_frame --device cuda --size 384x680 --precision $precision --frames 31
            build/bench/bench_frame --device cuda --size 1080x1920 --precision $precision --frames 11
        done >"$out/stages-of-a-frame.log" 2>&1
        build/bench/bench_ops cuda fp16 0 680 384 >"$out/ops.log" 2>&1
        nvidia-smi >>"$out/nvidia-smi.log" 2>&1
    fi
fi

printf '\n'
cat "$summary"
echo "$([ $failed = 0 ] && echo 'all passed' || echo 'SOMETHING FAILED'), $(($(date +%s) - start)) s, logs in $out"
exit $failed
