#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What showinfo instances named in and out tell of each frame, in the order they told it.
sed -n -e 's/^\[showinfo@\([a-z]*\) @ [^]]*\] n: *\([0-9]*\) pts: *\([0-9]*\) .*\(fmt:[^ ]*\) .*\( s:[^ ]*\) .*/\1 \2 pts:\3 \4\5/p' \
    -e 's/^\[showinfo@\([a-z]*\) @ [^]]*\]  *side data - \([^:]*\):*/\1 side data: \2/p' \
    -e 's/^\[showinfo@\([a-z]*\) @ [^]]*\] \(color_range.*\)/\1 \2/p' \
    -e '/^Conversion failed/p; /^Error/p'
