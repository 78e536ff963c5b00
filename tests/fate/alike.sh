#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# From the statistics of psnr: whether the frames differ by no more than rounding: a wrong range
# is about 25 dB, the rounding of limited range about 40 dB.
awk '/^n:/ { n++; db = $0; sub(/.*psnr_avg:/, "", db); sub(/ .*/, "", db); if (db == "inf" || db + 0 >= 34) alike++ }
     END { printf "%d of %d alike\n", alike, n }'
