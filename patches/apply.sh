#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# apply.sh SRC: adds the filter to the FFmpeg source tree SRC: the patch series of its release, and links
# to the filter's sources and documentation. May be run again; a tree it does not fit is left as it was.
set -eu

[ $# = 1 ] || { echo "usage: apply.sh SRC" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
src=$1

die() {
    echo "apply.sh: $*" >&2
    exit 1
}

[ -f "$src/libavfilter/allfilters.c" ] || die "$src is no FFmpeg source tree: libavfilter/allfilters.c is missing"
command -v patch >/dev/null 2>&1 || die "the patch program is missing: apt-get install patch"
release=$(cat "$src/RELEASE" 2>/dev/null) || release=unknown
series=$here/$(printf %s "$release" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
supported=$(cd "$here" && echo [0-9]*/ | tr -d /)
[ -d "$series" ] || die "$src is FFmpeg $release; there are patches for $supported"

# try OPTIONS PATCH: whether every hunk of PATCH would take.
try() {
    p=$2
    # shellcheck disable=SC2086
    patch -d "$src" -p1 $1 --dry-run --force --quiet --reject-file=- <"$p" >/dev/null 2>&1
}

# Everything is checked before anything is changed: patches of a series touch different files.
todo=
for p in "$series"/*.patch; do
    if try -R "$p"; then
        continue
    fi
    try -N "$p" || die "$(basename "$p") does not fit $src (FFmpeg $release), and is not in it yet; use an unchanged source"
    todo="$todo $(basename "$p")"
done
for p in $todo; do
    patch -d "$src" -p1 -N --force --quiet --no-backup-if-mismatch --reject-file=- <"$series/$p" >/dev/null
    try -R "$series/$p" || die "$p did not take wholly in $src"
done
for f in "$here"/../libavfilter-lac/*.[ch]; do
    ln -sf "$(cd "$(dirname "$f")" && pwd)/$(basename "$f")" "$src/libavfilter/"
done
ln -sf "$(cd "$here/../libavfilter-lac" && pwd)/lineartcolor.texi" "$src/doc/"
echo "FFmpeg $release in $src: ${todo:- nothing new} applied"
