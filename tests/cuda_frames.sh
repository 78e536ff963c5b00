#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lineartcolor_cuda through the ffmpeg command line, where there need be no GPU: FFmpeg's CUDA frames lie in host memory, by a
# stand-in for the driver's library (tests/cuda/driver), and liblac_cuda.so is its kernels run on the CPU. Pictures are
# compared with those of lineartcolor on the CPU; errors have to name what would do.
set -u

. "$(dirname "$0")/begin.sh"
t=$here/build/tests/cuda_frames
rm -rf "$t"
mkdir -p "$t"
build/tests/clip/clip --size 96x64 --frames 3 "$t" || exit 1
LAC_WEIGHTS=$here/tests/engine/vectors/tiny.weights.safetensors
LD_LIBRARY_PATH=$here/build/emulated/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
LAC_CUDA=$here/build/emulated/lib/liblac_cuda.so
export LAC_WEIGHTS LD_LIBRARY_PATH LAC_CUDA
cd "$t" || exit 1

pass() { passed=$((passed + 1)); }
fail() {
    echo "cuda_frames: $*"
    sed 's/^/    /' messages | tail -n 12
    failed=$((failed + 1))
}

# run OUT FILTERS [ffmpeg output options]: the clip through FILTERS.
run() {
    out=$1 filters=$2
    shift 2
    timeout 600 "$ffmpeg" -nostdin -hide_banner -y -framerate 24 -i line/%04d.png -vf "$filters" "$@" "$out" >messages 2>&1
}

# alike NAME A B LEAST: every plane of every frame of A has a PSNR of LEAST dB against B's.
alike() {
    if ! timeout 60 "$ffmpeg" -nostdin -hide_banner -i "$2" -i "$3" -lavfi psnr=stats_file=psnr.log -f null - >messages 2>&1; then
        fail "$1: psnr failed"
        return
    fi
    least=$(tr ' ' '\n' <psnr.log | sed -n 's/^psnr_[yuv]://p' | sed 's/inf/999/' | sort -n | head -n 1)
    frames=$(grep -c . psnr.log)
    [ -z "${VERBOSE:-}" ] || echo "$1: worst plane $least dB"
    if [ "$frames" = 3 ] && awk "BEGIN { exit !(${least:-0} >= $4) }"; then
        pass
    else
        fail "$1: $frames frames of 3, worst plane ${least:-none} dB, at least $4 wanted"
    fi
}

refs=refs=#0=color/0000.png:size=64:temporal=off:threads=1
to709=scale=out_color_matrix=bt709:out_range=tv

# The same frames by the CPU, from the same YUV, in BT.709.
run cpu.mkv "format=yuv444p,format=gray,lineartcolor=device=cpu:precision=fp32:$refs,$to709,format=yuv444p" -c:v ffv1 && pass || fail "lineartcolor"

# Tolerance: fp32 sums in another order, and the last bit of RGB to YUV.
if run cuda.mkv "format=yuv444p,hwupload_cuda,lineartcolor_cuda=precision=fp32:$refs,hwdownload,format=yuv444p" -c:v ffv1; then
    pass
    alike "yuv444p to yuv444p" cuda.mkv cpu.mkv 60
else
    fail "yuv444p to yuv444p"
fi
if run nv12.mkv "format=nv12,hwupload_cuda,lineartcolor_cuda=sw_format=nv12:$refs,hwdownload,format=nv12,format=yuv420p" -c:v ffv1 &&
    run cpu420.mkv "format=nv12,format=gray,lineartcolor=device=cpu:$refs,$to709,format=yuv420p" -c:v ffv1; then
    pass
    # bf16 on both sides, and swscale's chroma lies between its pixels where ours lies beside them
    alike "nv12 to nv12" nv12.mkv cpu420.mkv 33
else
    fail "nv12 to nv12"
fi

# What the frames are, and that time stamps and metadata pass.
if run - "format=yuv420p,setpts=PTS+7,hwupload_cuda,lineartcolor_cuda=sw_format=p010:$refs,hwdownload,format=p010le,showinfo,metadata=print" -f null &&
    [ "$(grep -c 'fmt:p010le.*s:96x64' messages)" = 3 ] &&
    [ "$(grep -c 'color_range:tv color_space:bt709' messages)" = 3 ] && [ "$(grep -c 'lavfi.lineartcolor.confidence=' messages)" = 3 ] &&
    [ "$(sed -n 's/.*n: *[0-9]* pts: *\([0-9]*\).*/\1/p' messages | tr '\n' ' ')" = '7 8 9 ' ]; then
    pass
else
    fail "yuv420p to p010, properties"
fi

# error NAME 'PATTERN' ... -- FILTERS: ffmpeg fails, and each pattern is in what it says.
error() {
    name=$1
    shift
    read_patterns "$@"
    shift "$rest"
    run - "$1" -f null
    status=$?
    if [ $status = 0 ]; then
        judge "$name" "ffmpeg succeeded"
    elif crashed $status; then
        judge "$name" "ffmpeg crashed or hung"
    else
        judge "$name"
    fi
}

up=format=yuv444p,hwupload_cuda
error 'frames in host memory' 'Impossible to convert between the formats' -- "format=yuv444p,lineartcolor_cuda=$refs"
error 'pixels of another kind' 'yuv444p16le in cuda' 'nv12, p010, yuv420p and yuv444p' -- "format=yuv444p16,hwupload_cuda,lineartcolor_cuda=$refs"
error 'output of another kind' 'sw_format: rgb24' 'yuv444p, nv12 and p010' -- "$up,lineartcolor_cuda=sw_format=rgb24:$refs"
error 'no such output' 'sw_format' 'nonsense' -- "$up,lineartcolor_cuda=sw_format=nonsense:$refs"
error 'no references' 'neither refs nor reffile' -- "$up,lineartcolor_cuda=size=64"
error 'reference missing' "refs: '#0=gone.png'" 'No such file' -- "$up,lineartcolor_cuda=refs=#0=gone.png:size=64"
error 'no device option' 'device' -- "$up,lineartcolor_cuda=device=cpu:$refs"
LAC_CUDA=$t/nowhere.so
error 'liblac without CUDA' 'CUDA frames: ' 'nowhere.so' 'build liblac with CUDA' -- "$up,lineartcolor_cuda=$refs"

echo "cuda_frames: $passed passed, $failed failed"
[ $failed = 0 ]
