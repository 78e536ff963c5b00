#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# stages.sh PYTHON: writes the stage vectors anew from weights/train/model.py, with variants too many to commit
# (each flag off by itself, the small preset), and compares the engine with them.
set -eu

dir=build/vectors
rm -rf "$dir"
"$1" weights/train/dump_stages.py --more "$dir" >/dev/null
build/tests/test_stages "$dir"/*.k?.safetensors
