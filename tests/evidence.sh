#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The material of weights/train/confidence.py: a line for each region of the frames between the references, well formed.
set -u

. "$(dirname "$0")/begin.sh"
t=$here/build/tests/evidence
rm -rf "$t/clip"
build/tests/clip/clip --size 192x108 --frames 4 "$t/clip" || exit 1
if LAC_WEIGHTS=$here/tests/engine/vectors/tiny.weights.safetensors "$t/evidence" "$t/clip" >"$t/lines" 2>"$t/messages"; then
    frames=$(awk '{ print $2 }' "$t/lines" | sort -u | wc -l)
    # shot, frame, pixels, right or not, nine items, what was said
    odd=$(awk 'NF != 14 || $3 < 1 || ($4 != 0 && $4 != 1) || $14 < 0 || $14 > 1 || $0 ~ /nan|inf/' "$t/lines" | wc -l)
else
    frames=0
    odd=0
fi
if [ "$frames" = 2 ] && [ "$odd" = 0 ]; then
    passed=1
else
    failed=1
    echo "FAILED: evidence: $frames of 2 frames, $odd lines that are no evidence"
    cat "$t/messages"
fi
echo "evidence: $passed passed, $failed failed"
[ $failed = 0 ]
