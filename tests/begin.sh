# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034 # read by the scripts that begin with this one
# What test scripts begin with: the project's directory, threads that wait without taking the cores of those that work, counters,
# and how a message is looked for.

: "${OMP_WAIT_POLICY:=passive}"
export OMP_WAIT_POLICY

cd "$(dirname "$0")/.." || exit 1
here=$(pwd)
ffmpeg=$here/build/bin/ffmpeg
passed=0
failed=0

# read_patterns 'PATTERN' ... -- REST: the patterns into the file `patterns`; `rest` is how many words to shift.
read_patterns() {
    rest=1
    : >patterns
    while [ "$1" != -- ]; do
        printf '%s\n' "$1" >>patterns
        rest=$((rest + 1))
        shift
    done
}

# crashed STATUS: whether that is a program that a signal ended, or that hung (124). Later FFmpegs give any status above 128 besides.
crashed() {
    case $1 in 124 | 132 | 134 | 135 | 136 | 137 | 139) true ;; *) false ;; esac
}

# judge NAME [WHY]: one check, which failed if there is a reason or a pattern (grep -E) is not in the file `messages`.
judge() {
    why=${2:-}
    while read -r pattern; do
        grep -qE -- "$pattern" messages || why="${why:+$why; }no message with '$pattern'"
    done <patterns
    if [ -n "$why" ]; then
        echo "FAILED: $1: $why"
        sed 's/^/    /' messages | tail -n 12
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}
