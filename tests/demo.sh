#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh DIR [FRAMES]: draws the demo shot, colours its line art from its first and last frame with the
# ffmpeg in build/bin, and lays line art, result and truth side by side. FRAMES is a multiple of 6.
set -eu

[ $# = 1 ] || [ $# = 2 ] || { echo "usage: demo.sh DIR [FRAMES]" >&2; exit 2; }
cd "$(dirname "$0")/.."
ffmpeg=build/bin/ffmpeg
d=$1
frames=${2:-36}
step=$((frames / 6))

# The commands are shown as they run, so that they can be copied.
run() {
    printf '$'
    for arg in "$@"; do
        case $arg in
            *[!A-Za-z0-9_./:=,@%+-]*) printf " '%s'" "$arg" ;;
            *) printf ' %s' "$arg" ;;
        esac
    done
    printf '\n'
    "$@"
}
quiet="-nostdin -v error -y"

rm -rf "$d"
mkdir -p "$d"
run build/tests/clip/clip --frames $frames "$d"
# shellcheck disable=SC2086 # words
run $ffmpeg $quiet -framerate 24 -i "$d/line/%04d.png" -c:v ffv1 "$d/line.mkv"

last=$(printf %04d $((frames - 1)))
time=$(awk "BEGIN { printf \"%.3f\", ($frames - 1) / 24 }")
filter="lineartcolor=refs=0=$d/color/0000.png|$time=$d/color/$last.png"
# What follows the filter is what any RGB video needs to become H.264 that every player shows alike.
begin=$(date +%s)
# shellcheck disable=SC2086
run $ffmpeg -nostdin -hide_banner -v warning -stats -stats_period 2 -y -i "$d/line.mkv" \
    -vf "$filter,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p" \
    -c:v libx264 -crf 16 -colorspace bt709 -color_primaries bt709 -color_trc iec61966-2-1 -color_range tv \
    -movflags +faststart "$d/coloured.mp4"
seconds=$(($(date +%s) - begin))

# Six moments of the shot, each line art | coloured | truth.
# shellcheck disable=SC2086
run $ffmpeg $quiet -i "$d/line.mkv" -i "$d/coloured.mp4" -framerate 24 -i "$d/color/%04d.png" \
    -lavfi "[0:v]scale=640:-2,format=rgb24[a];[1:v]scale=640:-2,format=rgb24[b];[2:v]scale=640:-2,format=rgb24[c];[a][b][c]hstack=3,select=not(mod(n-$((step / 2))\\,$step)),tile=1x6:padding=6:color=gray" \
    -frames:v 1 "$d/sheet.png"
# shellcheck disable=SC2086
psnr=$($ffmpeg -nostdin -hide_banner -i "$d/coloured.mp4" -framerate 24 -i "$d/color/%04d.png" \
    -lavfi "[0:v]format=gbrp[a];[1:v]format=gbrp[b];[a][b]psnr" -f null - 2>&1 | sed -n 's/.* PSNR .*average:\([0-9.]*\).*/\1/p')
printf '\n%d frames of 1280x720 in %d s, %s dB from the true colours:\n' $frames "$seconds" "$psnr"
printf '  %s   the coloured shot\n  %s      line art | coloured | truth\n' "$d/coloured.mp4" "$d/sheet.png"
