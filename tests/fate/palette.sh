#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# palette.sh BYTES FOLDER <GRAY >PAL8: raw gray frames of BYTES bytes as raw frames with a palette of blacks, the lighter the gray
# the more transparent.
set -eu
rm -rf "$2" && mkdir -p "$2"
i=255
while [ $i -ge 0 ]; do # B, G, R, A
    printf '\000\000\000%b' "\\0$(printf %o $i)"
    i=$((i - 1))
done >"$2/palette"
split -b "$1" -a 3 - "$2/frame."
for f in "$2"/frame.*; do
    cat "$f" "$2/palette"
done
