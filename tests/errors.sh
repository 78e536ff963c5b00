#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Provokes every error of the filter through the ffmpeg command line: ffmpeg has to fail, without a crash and
# without output, and its messages have to name the option or file, the reason and what would do.
set -u

. "$(dirname "$0")/begin.sh"
t=$here/build/tests/errors
rm -rf "$t"
mkdir -p "$t/clip"
build/tests/clip/clip --size 192x108 --frames 5 "$t/clip" || exit 1
build/tests/clip/clip --size 192x144 --frames 1 "$t/other" || exit 1
weights=${LAC_WEIGHTS:-$here/build/share/liblac/weights/small.safetensors}
cd "$t" || exit 1

# fail NAME 'PATTERN' ... -- ffmpeg arguments: every pattern (grep -E) is in the messages.
fail() {
    name=$1
    shift
    read_patterns "$@"
    shift "$rest"
    rm -f out.mkv
    timeout 60 "$ffmpeg" -nostdin -hide_banner -y "$@" out.mkv >messages 2>&1
    status=$?
    if [ $status = 0 ]; then
        judge "$name" "ffmpeg succeeded"
    elif crashed $status; then
        judge "$name" "ffmpeg crashed or hung"
    else
        judge "$name"
    fi
}

# vf NAME 'PATTERN' ... -- OPTIONS: the filter with OPTIONS on the clip.
vf() {
    name=$1
    shift
    n=$#
    options=
    while [ "$n" -gt 0 ]; do
        arg=$1
        shift
        n=$((n - 1))
        if [ "$n" = 0 ]; then
            options=$arg
        else
            set -- "$@" "$arg"
        fi
    done
    fail "$name" "$@" -framerate 24 -i clip/line/%04d.png -vf "lineartcolor=size=64:$options"
}

# warn NAME 'PATTERN' ... -- OPTIONS: ffmpeg succeeds and says so.
warn() {
    name=$1
    shift
    read_patterns "$@"
    shift "$rest"
    if timeout 60 "$ffmpeg" -nostdin -hide_banner -y -framerate 24 -i clip/line/%04d.png -vf "lineartcolor=size=64:$1" \
        -f null - >messages 2>&1; then
        judge "$name"
    else
        judge "$name" "ffmpeg failed"
    fi
}

c=clip/color
ok=refs=0=$c/0000.png

# What the options themselves say.
vf 'no references' 'neither refs nor reffile' 'refs=TIME=FILE' -- k=2
vf 'both lists' 'refs and reffile are both set' -- "$ok:reffile=list.txt"
vf 'k too small' 'k' 'out of range \[1 - 8\]' -- "$ok:k=0"
vf 'k too large' 'k' 'out of range \[1 - 8\]' -- "$ok:k=9"
vf 'size too small' 'size is 63' '64 to 8192' -- "$ok:size=63"
vf 'size too large' 'size' 'out of range' -- "$ok:size=8193"
vf 'size negative' 'size' 'out of range' -- "$ok:size=-2"
vf 'lookahead' 'lookahead' 'out of range' -- "$ok:lookahead=-2"
vf 'window' 'window' 'out of range' -- "$ok:window=1"
vf 'scene' 'scene' 'out of range' -- "$ok:scene=1.5"
vf 'temporal without delay' 'temporal' 'lookahead' 'auto or off' -- "$ok:temporal=on:lookahead=0"
vf 'threads' 'threads( is 257|.*out of range)' '(1 to|-) 256' -- "$ok:threads=257"
vf 'precision' 'precision' 'fp64' -- "$ok:precision=fp64"
vf 'lines' 'lines' 'thick' -- "$ok:lines=thick"
vf 'fill' 'fill' 'flood' -- "$ok:fill=flood"
vf 'output' 'output' 'alpha' -- "$ok:output=alpha"
vf 'confidence without correspondences' 'output=confidence needs' 'fill=smooth' 'any other fill' -- "$ok:fill=smooth:output=confidence"
vf 'regions without correspondences' 'output=regions needs' 'any other fill' -- "$ok:fill=smooth:output=regions"
vf 'offset' 'offset' 'soon' -- "$ok:offset=soon"
vf 'unknown option' 'colour' -- "$ok:colour=1"

# Device and precision: what is asked for explicitly never falls back.
vf 'cuda number' 'device cuda:63: ' 'device=cpu' -- "$ok:device=cuda\\\\:63"
vf 'cuda bad number' "cuda:x" 'expected auto, cpu, cuda, cuda:N or ref' -- "$ok:device=cuda\\\\:x"
vf 'unknown device' "'gpu'" 'expected auto, cpu, cuda, cuda:N or ref' -- "$ok:device=gpu"
vf 'precision of device' 'fp16' 'device cpu' 'precision=(bf16|fp32)' -- "$ok:device=cpu:precision=fp16"
vf 'precision of ref' 'device ref computes in fp32 only' 'precision=fp32 or device=cpu' -- "$ok:device=ref:precision=bf16"

# Weights.
vf 'weights missing' 'weights' 'nowhere.safetensors' 'No such file' -- "$ok:weights=nowhere.safetensors"
vf 'weights a directory' 'weights' 'clip' 'directory' -- "$ok:weights=clip"
: >empty.safetensors
vf 'weights empty' 'weights: empty.safetensors' 'not a safetensors file' -- "$ok:weights=empty.safetensors"
vf 'weights a picture' "weights: $c/0000.png" 'cannot be used' -- "$ok:weights=$c/0000.png"
head -c 100 "$weights" >short.safetensors
vf 'weights truncated in the header' 'weights: short.safetensors' 'truncated' -- "$ok:weights=short.safetensors"
size=$(wc -c <"$weights")
head -c $((size - 1)) "$weights" >cut.safetensors
vf 'weights truncated in the data' 'weights: cut.safetensors' 'cut.safetensors: ' -- "$ok:weights=cut.safetensors"
printf '\100\0\0\0\0\0\0\0%-64s' '{"__metadata__":{"format":"vgg19"}}' >other.safetensors
vf 'weights of another kind' 'weights: other.safetensors' 'metadata' 'lineartcolor' -- "$ok:weights=other.safetensors"
sed 's/"color_transform"/"color_transfarm"/' "$weights" >kind.safetensors
vf 'weights of another network' 'kind.safetensors' 'color_transfarm' 'color_transform' -- "$ok:weights=kind.safetensors"
LAC_WEIGHTS=gone.safetensors
export LAC_WEIGHTS
vf 'LAC_WEIGHTS missing' 'weights' 'gone.safetensors' 'No such file' -- "$ok"
LAC_WEIGHTS=$weights

# How references are written.
vf 'no equals sign' 'refs' "'a.png'" 'TIME=FILE' -- refs=a.png
vf 'no equals sign, second' 'refs' "'2 a.png'" 'TIME=FILE' -- "$ok|2 a.png"
vf 'bad time' "refs: 'noon=a.png'" "'noon' is no time" 'seconds' -- refs=noon=a.png
vf 'bad frame' "'#x' is no frame number" '#N' -- "refs=#x=a.png"
vf 'negative frame' "'#-1' is no frame number" '#N' -- "refs=#-1=a.png"
vf 'huge frame' 'is no frame number' '#N' -- "refs=#99999999999999999999=a.png"
vf 'empty file name' "refs: '0='" 'empty' -- refs=0=
vf 'empty line art name' "refs: '0=a.png\\+'" 'empty' -- refs=0=a.png+
vf 'sheet without line art' "refs: '\\*=$c/0000.png'" 'model sheet' '\*=color.png\+line.png' -- "refs=*=$c/0000.png"

# The list file.
vf 'list missing' 'reffile' 'nowhere.txt' 'No such file' -- reffile=nowhere.txt
vf 'list a directory' 'reffile' 'clip: it is no regular file' -- reffile=clip
: >empty.txt
vf 'list empty' 'reffile: empty.txt' 'no reference' 'TIME path' -- reffile=empty.txt
printf '# nothing\n\n' >comments.txt
vf 'list of comments' 'reffile: comments.txt' 'no reference' -- reffile=comments.txt
printf '0 %s\n\nsoon %s\n' $c/0000.png $c/0004.png >bad-time.txt
vf 'list with a bad time' 'bad-time.txt: line 3' "'soon' is no time" -- reffile=bad-time.txt
printf '0\n' >no-path.txt
vf 'list without a path' 'no-path.txt: line 1' 'names no file' -- reffile=no-path.txt
printf '0 a b c\n' >words.txt
vf 'list with too many words' 'words.txt: line 1' 'too many words' 'quotes' -- reffile=words.txt
printf '* %s\n' $c/0000.png >sheet.txt
vf 'list with half a sheet' 'sheet.txt: line 1' 'model sheet' -- reffile=sheet.txt
printf '0 gone.png\n' >gone.txt
vf 'list with a missing file' 'gone.txt: line 1' 'gone.png' 'No such file' -- reffile=gone.txt
vf 'a picture as the list' "reffile: $c/0000.png" 'no text file' 'refs=TIME=FILE' -- "reffile=$c/0000.png"
vf 'sequence without files' 'reffile: clip/key%03d.png' 'no reference' -- reffile=clip/key%03d.png
vf 'sequence without directory' 'reffile' 'nowhere/%03d.png' -- reffile=nowhere/%03d.png

# The pictures.
vf 'reference missing' "refs: '0=gone.png'" 'gone.png' 'No such file' -- refs=0=gone.png
vf 'line art missing' "refs: '0=$c/0000.png\\+gone.png'" 'gone.png' 'No such file' -- "refs=0=$c/0000.png+gone.png"
vf 'reference a directory' "refs: '0=clip'" 'clip' 'directory' -- refs=0=clip
if [ "$(id -u)" != 0 ]; then
    cp $c/0000.png locked.png && chmod 0 locked.png
    vf 'reference unreadable' "refs: '0=locked.png'" 'Permission denied' -- refs=0=locked.png
fi
echo 'not a picture' >text.png
vf 'not a PNG' "refs: '0=text.png'" 'text.png is not a PNG file' 'accepted' -- refs=0=text.png
: >nothing.png
vf 'empty PNG' "refs: '0=nothing.png'" 'nothing.png is not a PNG file' -- refs=0=nothing.png
head -c 300 $c/0000.png >cut.png
vf 'truncated PNG' "refs: '0=cut.png'" "cannot read PNG file 'cut.png'" -- refs=0=cut.png
head -c 20 $c/0000.png >head.png
vf 'PNG cut in its header' "refs: '0=head.png'" "cannot read PNG file 'head.png'" -- refs=0=head.png
vf 'line art of another shape' "0004.png" "192x108" "192x144" -- "refs=0=$c/0004.png+other/line/0000.png"
vf 'wrong aspect ratio' "reference 'other/color/0000.png' is 192x144" 'the video 192x108' 'crop or pad' -- \
    refs=0=other/color/0000.png

# When references are.
vf 'out of order' "$c/0000.png" 'time order' -- "refs=0.1=$c/0004.png|0=$c/0000.png"
vf 'twice the same time' "$c/0004.png" 'both' 'keep one' -- "refs=0=$c/0000.png|0.0=$c/0004.png"
vf 'twice the same frame' "$c/0004.png" 'both' 'keep one' -- "refs=#1=$c/0000.png|#1=$c/0004.png"
vf 'times and frames mixed' 'mix times and frame numbers' -- "refs=0=$c/0000.png|#4=$c/0004.png"
vf 'no reference matches' 'no reference serves frame 0' 'offset' "refs|$c/0000.png" -- "refs=100=$c/0000.png"
vf 'no reference within reach' 'no reference serves frame 0' 'lookahead' -- "refs=#4=$c/0004.png:lookahead=0"
warn 'unused reference' "$c/0004.png" 'matches no frame' 'offset' -- "$ok|100=$c/0004.png"


echo "errors: $passed passed, $failed failed"
[ $failed = 0 ]
