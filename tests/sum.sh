#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# sum.sh COMMAND...: runs each test command, adds up the "N passed, N failed" each prints last, and ends
# with the sums. A command that fails without having counted a failure counts as one.
set -u

# Threads that wait by spinning take the cores from those that work when a machine is shared.
: "${OMP_WAIT_POLICY:=passive}"
export OMP_WAIT_POLICY

dir=build/results
mkdir -p "$dir"
passed=0
failed=0
broken=
for command in "$@"; do
    out=$dir/$(printf %s "${command%% *}" | tr / _).txt
    # shellcheck disable=SC2086 # program and arguments
    { $command 2>&1; echo "exit status $?"; } | tee "$out" | sed '$d'
    status=$(sed -n '$s/exit status //p' "$out")
    line=$(grep -E '(^| )[0-9]+ passed, [0-9]+ failed' "$out" | tail -n 1)
    p=$(printf '%s\n' "$line" | sed -n 's/.*\(^\| \)\([0-9]*\) passed, .*/\2/p')
    f=$(printf '%s\n' "$line" | sed -n 's/.* passed, \([0-9]*\) failed.*/\1/p')
    : "${p:=0}" "${f:=0}"
    # A fuzzer counts its inputs; here it is one test.
    case $command in
        */fuzz_*) [ "$p" = 0 ] || p=1 ;;
    esac
    if [ "$status" != 0 ] && [ "$f" = 0 ]; then
        f=1
    elif [ "$status" = 0 ] && [ "$p" = 0 ] && [ "$f" = 0 ]; then
        echo "$command: counted no test"
        f=1
    fi
    if [ "$f" != 0 ]; then
        broken="$broken
  $command (exit status $status, output in $out)"
    fi
    passed=$((passed + p))
    failed=$((failed + f))
done
[ -z "$broken" ] || printf '\nFailed:%s\n' "$broken"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
