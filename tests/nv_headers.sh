#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# configure takes NVIDIA's headers only for an FFmpeg that takes them, and says which ones it would.
set -u

. "$(dirname "$0")/begin.sh"
t=$here/build/tests/nv_headers
rm -rf "$t"
mkdir -p "$t/pc"
for f in engine weights libavfilter-lac patches tests Makefile; do
    ln -s "$here/$f" "$t/$f"
done
cp configure "$t/"
printf 'Name: ffnvcodec\nDescription: headers\nVersion: 11.1.5.2\n' >"$t/pc/ffnvcodec.pc"
PKG_CONFIG_PATH=$t/pc
export PKG_CONFIG_PATH
cd "$t" || exit 1

# check NAME YES-OR-NO 'PATTERN' ... -- 'VERSIONS' ...: configure with an FFmpeg that takes headers of these versions.
check() {
    name=$1 wanted=$2
    shift 2
    read_patterns "$@"
    shift "$rest"
    mkdir -p ffmpeg/libavfilter
    touch ffmpeg/libavfilter/allfilters.c
    : >ffmpeg/configure
    for versions; do
        printf '    check_pkg_config ffnvcodec "%s" "$ffnv_hdr_list" "" || \\\n' "$versions" >>ffmpeg/configure
    done
    if ! ./configure --ffmpeg-src="$t/ffmpeg" >messages 2>&1; then
        judge "$name" "configure failed"
    elif [ "$(sed -n 's/^FFNVCODEC = //p' build/config.mak)" != "$wanted" ]; then
        judge "$name" "FFNVCODEC is not $wanted"
    else
        judge "$name"
    fi
}

check 'headers that fit' yes 'ffnvcodec *11.1.5.2: lineartcolor_cuda' -- 'ffnvcodec >= 12.1' 'ffnvcodec >= 11.0 ffnvcodec < 12.0'
check 'headers that are too old' no 'ffnvcodec *11.1.5.2 is not for this FFmpeg' 'ffnvcodec >= 12.1.14.0, or ffnvcodec >= 11.1.5.3 ffnvcodec < 12.0' \
    -- 'ffnvcodec >= 12.1.14.0' 'ffnvcodec >= 11.1.5.3 ffnvcodec < 12.0'

echo "nv_headers: $passed passed, $failed failed"
[ $failed = 0 ]
