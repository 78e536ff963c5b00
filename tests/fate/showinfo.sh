#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What showinfo instances named in and out tell of each frame, in the order they told it; the names of side data as of 5.1.
sed -n -e 's/^\[showinfo@\([a-z]*\) @ [^]]*\] n: *\([0-9]*\) pts: *\([0-9]*\) .*\(fmt:[^ ]*\) .*\( s:[^ ]*\) .*/\1 \2 pts:\3 \4\5/p' \
    -e 's/^\[showinfo@\([a-z]*\) @ [^]]*\]  *side data - \([^:]*\):*/\1 side data: \2/' -e 's/\(side data: \)H.26[^ ]* \(User Data Unregistered\).*/\1\2/' -e '/ side data: /p' \
    -e 's/^\[showinfo@\([a-z]*\) @ [^]]*\] \(color_range.*\)/\1 \2/p' \
    -e '/^Conversion failed/p; /^Error/p'
