#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks that includes flow one way: each room names the headers of ours it may include; the headers of
# oneDNN and CUDA stay in their back end; the filter sees of liblac only its public header.
set -u

passed=0
failed=0

bad() {
    echo "includes: $*"
    failed=$((failed + 1))
}

# allow "FILES" "HEADERS": every #include "..." of FILES matches one of the patterns in HEADERS.
allow() {
    # shellcheck disable=SC2086 # a list of patterns
    for f in $1; do
        [ -f "$f" ] || continue
        before=$failed
        for h in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$f"); do
            ok=no
            set -f
            for pattern in $2; do
                # shellcheck disable=SC2254
                case $h in $pattern) ok=yes ;; esac
            done
            set +f
            [ $ok = yes ] || bad "$f includes $h, which its room may not (docs/index.md, Rooms)"
        done
        [ $failed != "$before" ] || passed=$((passed + 1))
    done
}

base="lac.h common.h math/* config.h"
ops="ops/ops.h ops/tensor.h"
seam="$ops ops/backend.h ops/bf16.h"
allow "engine/lac.h" ""
allow "engine/common.*" "lac.h common.h"
allow "engine/math/*" "lac.h math/*"
allow "engine/ops/*.h engine/ops/*.c" "$base $seam"
allow "engine/ops/ref/*" "$base $seam ops/ref/*"
allow "engine/ops/cpu/*" "$base $seam ops/cpu/*"
allow "engine/ops/cuda/*" "$base $seam ops/cuda/*"
allow "engine/picture/*" "$base picture/*"
allow "engine/model/safetensors*" "$base model/safetensors*.h"
allow "engine/model/model*" "$base model/safetensors.h model/model.h"
allow "engine/net/*" "$base $ops net/* model/model.h"
allow "engine/match/*" "$base match/*"
allow "engine/steady/*" "$base steady/*"
allow "engine/paint/*" "$base picture/* paint/*"
regions="regions/regions.h regions/components.h picture/runs.h"
origins="$regions match/match.h regions/palette.h regions/vote_bins.h regions/vote_ref.h regions/origin.h"
allow "engine/regions/components.h" ""
allow "engine/regions/borders*" "$base regions/borders.h regions/borders_pairs.h regions/components.h"
allow "engine/regions/regions*" "$base $regions regions/regions_ink.h"
allow "engine/regions/palette.*" "$base $regions regions/vote_bins.h regions/palette.h"
allow "engine/regions/origin.* engine/regions/vote_ref.* engine/regions/vote_bins.h" "$base $origins"
allow "engine/regions/vote.* engine/regions/vote_judge.c engine/regions/vote_state.h engine/regions/confidence* engine/regions/identity.*" "$base $origins regions/vote.h regions/vote_state.h regions/confidence.h regions/confidence_rows.h regions/identity.h"
allow "engine/regions/flat*" "$base $origins regions/flat.h regions/flat_classes.h paint/paint_cells.h paint/spread.h"
allow "engine/gpu/*" "$base $ops ops/cuda/frames.h picture/lineart.h match/match.h paint/paint_cells.h regions/borders.h regions/flat_classes.h regions/origin.h steady/* gpu/*"
allow "engine/transfer/transfer_patch.*" "$base transfer/transfer_patch.h"
allow "engine/transfer/*" "$base picture/* match/* regions/vote_ref.h gpu/gpu.h transfer/*"
allow "engine/refs/refs.*" "$base picture/* net/net.h paint/paint.h transfer/transfer.h refs/refs.h"
allow "engine/refs/refs_*" "$base picture/ink.h transfer/transfer.h refs/*"
allow "engine/vote_frame.*" "$base regions/* transfer/transfer.h vote_frame.h"
allow "engine/alpha.* engine/exact.*" "$base picture/rgba.h paint/paint.h transfer/transfer.h regions/regions.h regions/vote.h regions/vote_bins.h regions/flat.h alpha.h exact.h"
allow "engine/colour.* engine/timing.h" "$base refs/* exact.h vote_frame.h timing.h colour.h"
allow "engine/window.*" "$base colour.h gpu/gpu_window.h steady/* window.h"
allow "engine/settings.* engine/locate.*" "$base refs/refs.h regions/regions.h window.h settings.h locate.h"
allow "engine/load.*" "$base gpu/gpu.h net/net.h locate.h load.h"
nothing=$(find engine -name '*.[ch]' | grep -vE '^engine/((gpu|match|math|model|net|ops|paint|picture|refs|steady|transfer)/|regions/(components|borders|regions|palette|origin|vote|confidence|identity|flat)|(lac|receive|context|device_frames|common|vote_frame|alpha|exact|colour|timing|window|settings|locate|load)\.)')
[ -z "$nothing" ] || bad "no room is named in tests/includes.sh for:" $nothing
allow "libavfilter-lac/*" "libavutil/* libavfilter/* libavcodec/* libavformat/* libswscale/* avfilter.h config_components.h filters.h formats.h internal.h version.h video.h lavfutils.h lac_*.h"

# only "DIR" "HEADERS": an #include of HEADERS is found nowhere in the engine but in DIR.
only() {
    hits=$(grep -rnE "^ *# *include *[<\"]($2)" engine libavfilter-lac tests/engine tests/fuzz 2>/dev/null | grep -v "^$1")
    if [ -n "$hits" ]; then
        bad "only $1 may include $2:
$hits"
    else
        passed=$((passed + 1))
    fi
}
only engine/ops/cpu/ 'dnnl|oneapi'
only engine/ops/cuda/ 'cuda|cudnn|cublas|nvrtc|nvToolsExt'

echo "includes: $passed passed, $failed failed"
[ $failed = 0 ]
