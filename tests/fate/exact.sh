#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# From the statistics of psnr: how many frames were compared and which were the same, bit for bit.
awk '/^n:/ { n++; if (/psnr_avg:inf/) same = same " " n - 1 } END { printf "%d frames, same:%s\n", n, same }'
