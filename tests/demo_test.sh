#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo, with fewer frames: both files are there, whole, and the colours are those of the shot.
set -u

. "$(dirname "$0")/begin.sh"
d=build/tests/demo

# check NAME VALUE EXPECTED
check() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        echo "demo: $1 is '$2', expected '$3'"
        failed=$((failed + 1))
    fi
}

probe() {
    build/bin/ffprobe -v error -count_frames -show_entries stream=width,height,nb_read_frames -of csv=p=0 "$1"
}

mkdir -p build/results
tests/demo.sh "$d" 12 >"build/results/demo.txt" 2>&1
check 'exit status' $? 0
check 'coloured.mp4' "$(probe $d/coloured.mp4)" 1280,720,12
check 'sheet.png' "$(probe $d/sheet.png)" 1920,2190,1
psnr=$(sed -n 's/.* s, \([0-9.]*\) dB .*/\1/p' build/results/demo.txt)
# Copying the nearest reference has 15 dB.
check "PSNR of ${psnr:-none} dB above 27" "$(awk "BEGIN { print (${psnr:-0} > 27) }")" 1

echo "demo: $passed passed, $failed failed"
[ $failed = 0 ]
