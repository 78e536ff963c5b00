#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The filter in an FFmpeg without CUDA: compiled for one, it calls nothing of lac_cuda.c, which is no part of that FFmpeg.
set -u

. "$(dirname "$0")/begin.sh"
t=$here/build/tests/no_cuda
src=$here/build/ffmpeg-src

rm -rf "$t"
mkdir -p "$t"
sed 's/\(CONFIG_LINEARTCOLOR_CUDA_FILTER\) .*/\1 0/' build/ffmpeg/config_components.h >"$t/config_components.h"
# As FFmpeg is compiled: it counts on the compiler to leave out what a constant condition excludes.
if cc -std=c11 -O1 -fPIC -w -D_GNU_SOURCE -I"$t" -Ibuild/ffmpeg -I"$src" -Ibuild/include \
    -DHAVE_AV_CONFIG_H -c "$src/libavfilter/vf_lineartcolor.c" -o "$t/filter.o" >"$t/messages" 2>&1; then
    calls=$(nm -u "$t/filter.o" | grep -c ff_lac_cuda)
    if [ "$calls" = 0 ]; then
        passed=1
    else
        failed=1
        echo "FAILED: no_cuda: without CUDA the filter calls"
        nm -u "$t/filter.o" | grep ff_lac_cuda
    fi
else
    failed=1
    echo "FAILED: no_cuda: does not compile"
    cat "$t/messages"
fi
echo "no_cuda: $passed passed, $failed failed"
[ $failed = 0 ]
