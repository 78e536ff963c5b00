#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the filter's FATE tests in build/ffmpeg and counts them. GEN=1 writes the references anew.
set -u

. "$(dirname "$0")/begin.sh"
out=build/results/fate.log
mkdir -p build/results
make -k -C build/ffmpeg MAKEFILES="$here/tests/fate/lineartcolor.mak" LAC_CLIP="$here/build/tests/clip/clip" \
    ${GEN:+GEN=$GEN} fate-lineartcolor 2>&1 | grep -vE '^make\[[0-9]*\]: (Entering|Leaving)' | tee "$out"
run=$(grep -c '^TEST ' "$out")
failed=$(grep -c '\*\*\* .*fate-lineartcolor-.*Error' "$out")
# A test that could not start, such as one without its input, is no TEST line; make's closing word tells.
grep -q '\*\*\*' "$out" && [ "$failed" = 0 ] && failed=1
echo "fate: $((run - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$run" != 0 ]
