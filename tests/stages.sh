#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# stages.sh PYTHON: writes the stage vectors anew from weights/train/model.py and refine.py, with variants too many to
# commit (each flag off by itself, the small preset), and compares the engine with them.
set -eu

dir=build/vectors
rm -rf "$dir"
"$1" weights/train/dump_stages.py --more "$dir" >/dev/null
{
    build/tests/test_stages "$dir"/*.k?.safetensors || echo 'test_stages: 0 passed, 1 failed'
    build/tests/test_refine "$dir"/*.t?.safetensors || echo 'test_refine: 0 passed, 1 failed'
} | awk '
    { print }
    / passed, .* failed$/ { sub(/^.*: /, ""); passed += $1; failed += $3 }
    END { printf "stage vectors: %d passed, %d failed\n", passed, failed; exit failed > 0 }'
