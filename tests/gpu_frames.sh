#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Frames a second through ffmpeg on a machine with a GPU: lineartcolor with device=cuda, whose frames lie in host memory, beside
# lineartcolor_cuda, whose frames stay on the GPU; with and without NVIDIA's encoder. Then whether both give the same pictures.
# Needs make ffmpeg, build/tests/clip/clip and a build of liblac_cuda.so; writes to $OUT, else build/gpu.
# usage: tests/gpu_frames.sh [1920x1080]
set -u
cd "$(dirname "$0")/.." || exit 1

size=${1:-1920x1080}
out=${OUT:-build/gpu}/frames
ffmpeg=build/bin/ffmpeg
failed=0

missing=
"$ffmpeg" -hide_banner -filters 2>/dev/null | grep -q lineartcolor_cuda || missing="an FFmpeg with lineartcolor_cuda (libffmpeg-nvenc-dev, make ffmpeg)"
[ -x build/tests/clip/clip ] || missing="${missing:+$missing; }build/tests/clip/clip (libcairo2-dev, make build/tests/clip/clip)"
if [ -n "$missing" ]; then
    echo "frames: not run, there is no $missing"
    exit 0
fi
rm -rf "$out"
mkdir -p "$out"
build/tests/clip/clip --size "$size" --frames 73 "$out" || exit 1
# references bring their line art, so that frames are coloured as they come
refs="refs=#0=$out/color/0000.png+$out/line/0000.png|#72=$out/color/0072.png+$out/line/0072.png"
$ffmpeg -nostdin -v error -y -framerate 24 -i "$out/line/%04d.png" -c:v libx264 -crf 4 -g 12 -pix_fmt yuv420p "$out/line.mp4" || exit 1

# seconds FRAMES ARGUMENTS...: of ffmpeg with that many frames
seconds() {
    n=$1
    shift
    began=$(date +%s.%N)
    timeout 120 $ffmpeg -nostdin -v error -y "$@" -frames:v "$n" -f null - >>"$out/log" 2>&1 || return 1
    date +%s.%N | awk -v b="$began" '{ print $1 - b }'
}

# row NAME ARGUMENTS...: the frames between the 12th and the 60th, without what begins and ends cost
row() {
    name=$1
    shift
    if short=$(seconds 12 "$@") && long=$(seconds 60 "$@"); then
        awk -v n="$name" -v a="$short" -v b="$long" 'BEGIN { printf "%-44s %8.1f fps\n", n, 48 / (b > a ? b - a : 1e-9) }'
    else
        printf '%-44s failed, see %s\n' "$name" "$out/log"
        failed=1
    fi
}

cuda="-hwaccel cuda -hwaccel_output_format cuda"
echo "$size, frames a second:"
for temporal in off auto; do
    o=$refs:temporal=$temporal
    # shellcheck disable=SC2086 # words
    {
        row "temporal=$temporal, host frames" -i "$out/line.mp4" -vf "lineartcolor=device=cuda:$o"
        row "temporal=$temporal, CUDA frames" $cuda -i "$out/line.mp4" -vf "lineartcolor_cuda=$o:sw_format=nv12"
        row "temporal=$temporal, host frames, h264_nvenc" -i "$out/line.mp4" -vf "lineartcolor=device=cuda:$o,format=nv12" -c:v h264_nvenc
        row "temporal=$temporal, CUDA frames, h264_nvenc" $cuda -i "$out/line.mp4" -vf "lineartcolor_cuda=$o:sw_format=nv12" -c:v h264_nvenc
    }
done

# Both ways from the same luma.
# shellcheck disable=SC2086
if $ffmpeg -nostdin -v error -y -i "$out/line.mp4" -vf "format=gray,lineartcolor=device=cuda:$refs:temporal=off,scale=out_color_matrix=bt709:out_range=tv,format=yuv444p" -frames:v 12 -c:v ffv1 "$out/host.mkv" >>"$out/log" 2>&1 &&
    $ffmpeg -nostdin -v error -y $cuda -i "$out/line.mp4" -vf "lineartcolor_cuda=$refs:temporal=off,hwdownload,format=yuv444p" -frames:v 12 -c:v ffv1 "$out/cuda.mkv" >>"$out/log" 2>&1 &&
    $ffmpeg -nostdin -hide_banner -i "$out/host.mkv" -i "$out/cuda.mkv" -lavfi psnr -f null - 2>&1 | grep -o 'average:.*' >"$out/psnr"; then
    echo "CUDA frames against host frames, 12 of them: PSNR $(cat "$out/psnr")"
else
    echo "the two could not be compared, see $out/log"
    failed=1
fi
exit $failed
