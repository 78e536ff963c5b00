#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# memory.sh [soak]: resident memory of the whole ffmpeg process. 20,000 frames with default options would take most of a
# day, and memory does not depend on what the network computes, so three runs stand for them:
# waiting  Default options. All line art up to the second reference waits, then some windows of it are coloured: the queue
#          at its longest, with the buffers of every stage, which are allocated with the first frame that needs them.
# stream   A reference every so many frames, so that the queue fills and empties again and again, with line art packed as
#          it always is. Colours are the quickest there are and frames go out one by one: the buffers that are not there
#          are fixed ones of the run before.
# stages   Every stage that default options have, the refinement included, over as many frames of small pictures, from two
#          references: none keeps anything of a frame.
# With `soak`: 1920x1080, 2,000 waiting frames in less than 1 GiB, and 20,000 in a row (SOAK_FRAMES); the curves stay in
# build/memory. An hour or so.
set -u
. "$(dirname "$0")/begin.sh"
d=build/memory
if [ "${1:-}" = soak ]; then
    size=1920x1080 waiting=2000 coloured=40 step=2000 long=${SOAK_FRAMES:-20000} small=${SOAK_FRAMES:-20000}
    most=1048576                    # KiB in all
    growth=32768 growth_small=1024 # KiB, from the third reference and from frame 100 on
else
    size=320x180 waiting=1500 coloured=10 step=200 long=1000 small=240
    most=0
    growth=6144 growth_small=1024
fi
few=100

check() { # OK TEXT
    if [ "$1" = 1 ]; then
        passed=$((passed + 1))
        echo "memory: $2"
    else
        failed=$((failed + 1))
        echo "FAILED: memory: $2"
    fi
}

# shot SIZE DIR: 24 frames, which are repeated for ever
shot() {
    mkdir -p "$2" && build/tests/clip/clip --size "$1" --frames 24 "$2" &&
        "$ffmpeg" -nostdin -v error -y -framerate 24 -i "$2/line/%04d.png" -c:v ffv1 "$2/line.mkv"
}

# references DIR STEP FRAMES: one every STEP frames, with the picture the shot has there
references() {
    i=0
    while [ $i -lt "$3" ]; do
        printf '#%d color/%04d.png\n' $i $((i % 24))
        i=$((i + $2))
    done >"$1/list.txt"
}

# colour DIR FRAMES OUT OPTIONS: becomes the ffmpeg that colours the shot's first FRAMES until OUT of them are out
colour() {
    exec "$ffmpeg" -benchmark -nostdin -v info -progress "$1/progress" -stream_loop -1 -r 24 -i "$1/line.mkv" \
        -frames:v "$3" -vf "trim=end_frame=$2,lineartcolor=device=cpu:reffile=$1/list.txt$4" -f null - >"$1/log" 2>&1
}

# peak DIR WAITING OUT: KiB at the most while WAITING frames wait for the second of two references, and OUT are coloured
peak() {
    references "$1" $(($2 - 1)) "$2"
    (colour "$1" "$2" "$3" '')
    sed -n 's/.*maxrss=\([0-9]*\)[kK].*/\1/p' "$1/log"
}

# curve DIR FRAMES OPTIONS: lines "FRAMES KIB PEAK" into DIR/curve.txt: how many are out, resident then, and at the most until
# then
curve() {
    rm -f "$1/progress"
    colour "$1" "$2" "$2" "$3" &
    while kill -0 $! 2>/dev/null; do
        awk -v n="$(sed -n 's/^frame=//p' "$1/progress" 2>/dev/null | tail -n 1)" \
            '/^VmRSS/ { now = $2 } /^VmHWM/ { most = $2 } END { if (most) print n + 0, now, most }' /proc/$!/status 2>/dev/null
        sleep 0.1
    done | awk '$1 != last { print; fflush() } { last = $1 }' >"$1/curve.txt"
}

# flat DIR EARLY FRAMES LIMIT TEXT: the curve ends near FRAMES, at most LIMIT KiB above where it was after EARLY
flat() {
    read -r end a b <<EOF
$(awk -v n="$2" '!a && $1 >= n { a = $3 } { end = $1; b = $3 } END { print end + 0, a + 0, b + 0 }' "$1/curve.txt")
EOF
    check $((a > 0 && b < a + $4 && end * 10 > $3 * 9)) \
        "$5: $a KiB when $2 frames were out, $b KiB after $end of $3 (limit $4 more)"
}

rm -rf $d
shot $size $d/full && shot 128x72 $d/small || exit 1
area=$(echo $size | awk -Fx '{ print $1 * $2 }')

a=$(peak $d/full $few 2)
b=$(peak $d/full $waiting 2)
c=$(peak $d/full $waiting $coloured)
each=$(((${b:-0} - ${a:-0}) * 1024 / (waiting - few)))
check $((${a:-0} > 0 && each > 0 && each * 2 < area)) \
    "$size: $waiting waiting frames take ${b:-no} KiB in all, $each bytes a frame, which has $area pixels (limit: half)"
[ $most = 0 ] || check $((${c:-0} > 0 && c < most)) \
    "$size: $waiting waiting frames, $coloured of them coloured, in ${c:-no} KiB (limit $most)"

references $d/full $step $long
curve $d/full $long ":size=64:fill=smooth:lines=keep:temporal=off:threads=1"
flat $d/full $((2 * step)) $long $growth "$size, a reference every $step frames"

references $d/small 23 24
curve $d/small $small ":size=64:temporal=on:threads=1"
flat $d/small 100 $small $growth_small "every stage, at 128x72"

[ $most != 0 ] || rm -rf $d
echo "memory: $passed passed, $failed failed"
[ $failed = 0 ]
