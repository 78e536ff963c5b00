#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# fetch.sh DIR: takes FFmpeg's source package from Debian into DIR. Works as any user: apt's lists and
# cache live in a temporary folder, the system's apt settings are read and not changed.
set -eu

[ $# = 1 ] || { echo "usage: fetch.sh DIR" >&2; exit 2; }
dest=$1
[ ! -e "$dest" ] || { echo "fetch.sh: $dest exists already" >&2; exit 1; }

die() {
    echo "fetch.sh: $*; FFmpeg's source can also be given: ./configure --ffmpeg-src=DIR" >&2
    exit 1
}

mkdir -p "$(dirname "$dest")"
room=$(cd "$(dirname "$dest")" && pwd)
tmp=$(mktemp -d "$room/fetch.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$tmp/parts" "$tmp/lists/partial" "$tmp/cache/archives/partial" "$tmp/src"

# The machine's own binary sources of Debian, asked for source packages instead.
for f in /etc/apt/sources.list.d/debian*.sources; do
    [ -f "$f" ] || continue
    sed 's/^Types:.*/Types: deb-src/' "$f" >"$tmp/parts/$(basename "$f")"
done
for f in /etc/apt/sources.list /etc/apt/sources.list.d/debian*.list; do
    [ -f "$f" ] || continue
    sed -n -e '/cdrom:/d' -e 's/^deb\(-src\)\{0,1\} /deb-src /p' "$f" | sort -u >"$tmp/parts/$(basename "${f%.list}").list"
done
[ -n "$(ls -A "$tmp/parts")" ] || die "no Debian sources under /etc/apt"

apt() {
    apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$tmp/parts" \
        -o Dir::State::lists="$tmp/lists" -o Dir::Cache="$tmp/cache" -o APT::Sandbox::User= "$@"
}
apt update >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; die "apt-get update failed"; }
(cd "$tmp/src" && apt source ffmpeg) >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; die "apt-get source failed"; }
for d in "$tmp"/src/ffmpeg-*/; do
    [ -f "$d/libavfilter/allfilters.c" ] || die "the source package holds no libavfilter"
    mv "$d" "$dest"
    echo "FFmpeg $(cat "$dest/RELEASE") from Debian in $dest"
    exit 0
done
die "the source package unpacked to nothing"
