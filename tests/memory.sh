#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# memory.sh [soak]: memory of the whole ffmpeg process, as `ffmpeg -benchmark` reports it, while many frames wait for a
# reference, and over a long stream. Small pictures; with `soak` the ones that docs/performance.md promises: 1920x1080,
# 2,000 waiting frames in less than 1 GiB, and flat over 20,000 frames (SOAK_FRAMES), which takes an hour to several.
set -u
. "$(dirname "$0")/begin.sh"
d=build/memory
if [ "${1:-}" = soak ]; then
    size=1920x1080 waiting=2000 few=100 long=${SOAK_FRAMES:-20000} short=500
    most=1048576   # KiB while `waiting` frames wait
    growth=32768   # KiB from `short` to `long`
else
    size=320x180 waiting=1500 few=100 long=1600 short=200
    most=0
    growth=6144
fi
area=$(echo $size | awk -Fx '{ print $1 * $2 }')

check() { # OK TEXT
    if [ "$1" = 1 ]; then
        passed=$((passed + 1))
        echo "memory: $2"
    else
        failed=$((failed + 1))
        echo "FAILED: memory: $2"
    fi
}

# KiB of an ffmpeg that colours FRAMES of the endless shot with FILTER and stops after OUT of them
peak() { # FRAMES OUT FILTER
    "$ffmpeg" -benchmark -nostdin -v info -stream_loop -1 -r 24 -i $d/line.mkv -frames:v "$2" \
        -vf "trim=end_frame=$1,lineartcolor=device=cpu:size=64:fill=smooth:scene=0:threads=1:$3" -f null - 2>&1 |
        sed -n 's/.*maxrss=\([0-9]*\)[kK].*/\1/p'
}

rm -rf $d
mkdir -p $d
build/tests/clip/clip --size $size --frames 24 $d &&
    build/bin/ffmpeg -nostdin -v error -y -framerate 24 -i $d/line/%04d.png -c:v ffv1 $d/line.mkv || exit 1
c=$d/color

# Frames wait for a reference that is the last of them.
a=$(peak $few 2 "refs=#0=$c/0000.png|#$((few - 1))=$c/0003.png")
b=$(peak $waiting 2 "refs=#0=$c/0000.png|#$((waiting - 1))=$c/0003.png")
each=$(((${b:-0} - ${a:-0}) * 1024 / (waiting - few)))
check $((${a:-0} > 0 && each > 0 && each * 2 < area)) \
    "$size: $waiting waiting frames take ${b:-no} KiB in all, $each bytes a frame, which has $area pixels (limit: half)"
[ $most = 0 ] || check $((${b:-0} > 0 && b < most)) "$size: $waiting waiting frames in $b KiB (limit $most)"

# A long stream, coloured from a reference behind.
a=$(peak $short $short "refs=#0=$c/0000.png")
b=$(peak $long $long "refs=#0=$c/0000.png")
check $((${a:-0} > 0 && ${b:-0} > 0 && ${b:-0} < ${a:-0} + growth)) \
    "$size: ${a:-no} KiB over $short frames, ${b:-no} KiB over $long (limit $growth more)"

rm -rf $d
echo "memory: $passed passed, $failed failed"
[ $failed = 0 ]
