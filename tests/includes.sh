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

base="lac.h common.h number.h config.h"
ops="ops/ops.h ops/tensor.h"
seam="$ops ops/backend.h ops/bf16.h"
allow "engine/lac.h" ""
allow "engine/common.*" "lac.h common.h"
allow "engine/ops/*.h engine/ops/*.c" "$base $seam"
allow "engine/ops/ref/*" "$base $seam ops/ref/*"
allow "engine/ops/cpu/*" "$base $seam ops/cpu/*"
allow "engine/ops/cuda/*" "$base $seam *_math.h ops/cuda/*"
allow "engine/safetensors*" "$base safetensors*.h"
allow "engine/model*" "$base safetensors.h model.h"
allow "engine/net/*" "$base $ops net/* model.h"
pictures="picture.h rgba.h resize.h pack.h lineart.h queue.h ink.h scene.h likeness.h"
allow "engine/picture* engine/rgba* engine/resize.* engine/pack.* engine/lineart.* engine/queue.* engine/ink.* engine/scene.* engine/likeness.*" "$base $pictures"
allow "engine/refs.*" "$base $pictures net/net.h paint.h transfer.h refs.h"
allow "engine/refs_*" "$base ink.h transfer.h refs.h refs_choose.h refs_encode.h refs_read.h"
allow "engine/paint_cells.* engine/paint_math.h engine/spread*" "$base resize.h paint_cells.h paint_math.h runs.h spread.h spread_math.h"
allow "engine/paint.* engine/paint_lines.c engine/paint_state.h" "$base $pictures paint.h paint_cells.h paint_state.h runs.h spread.h"
allow "engine/components.h" ""
allow "engine/borders*" "$base borders.h borders_math.h borders_pairs.h components.h"
allow "engine/gpu*" "$base $ops borders.h flat_classes.h flat_math.h ops/cuda/frames.h lineart.h match.h moves.h origin.h paint_cells.h steady.h gpu.h gpu_state.h gpu_window.h"
allow "engine/match*" "$base match*.h"
allow "engine/transfer_patch.*" "$base transfer_patch.h"
allow "engine/transfer.* engine/transfer_copy.* engine/transfer_plain.* engine/transfer_ref.c engine/transfer_state.h engine/transfer_math.h engine/transfer_votes.*" "$base $pictures match*.h gpu.h transfer*.h vote_ref.h"
allow "engine/steady.* engine/steady_math.h" "$base steady.h steady_math.h"
allow "engine/runs.h" "$base"
allow "engine/regions*" "$base components.h regions.h regions_ink.h regions_math.h runs.h"
allow "engine/palette.*" "$base regions.h vote_bins.h vote_math.h palette.h"
allow "engine/origin.* engine/origin_math.h engine/vote_ref.* engine/vote_bins.h" "$base match.h palette.h regions.h runs.h vote_bins.h vote_math.h vote_ref.h origin.h origin_math.h"
allow "engine/vote.* engine/vote_judge.c engine/vote_state.h engine/confidence* engine/identity.*" "$base origin.h vote_bins.h vote_math.h vote.h vote_state.h confidence.h confidence_rows.h identity.h"
allow "engine/flat.*" "$base flat_classes.h paint_cells.h spread.h flat.h"
allow "engine/flat_*" "$base flat_math.h flat_classes.h origin.h vote_math.h"
allow "engine/vote_frame.*" "$base borders.h confidence.h flat.h identity.h transfer.h vote.h vote_frame.h"
allow "engine/moves.* engine/moves_math.h" "$base moves.h moves_math.h"
allow "engine/window.*" "$base colour.h gpu_window.h moves.h steady.h window.h"
allow "engine/settings.* engine/locate.*" "$base refs.h regions.h window.h settings.h locate.h"
allow "engine/alpha.* engine/exact.*" "$base regions.h vote.h vote_bins.h flat.h paint.h rgba.h transfer.h alpha.h exact.h"
allow "engine/colour.* engine/timing.h" "$base refs_choose.h refs_encode.h timing.h exact.h vote_frame.h colour.h"
allow "engine/load.*" "$base gpu.h locate.h net/net.h load.h"
nothing=$(ls engine/*.[ch] | grep -vE '/(lac|borders.*|components|number|context|receive|device_frames|gpu.*|colour|window|moves.*|alpha|exact|timing|common|safetensors.*|picture|picture_png|rgba|rgba_pack|ink|resize|pack|lineart|queue|scene|likeness|refs.*|match.*|transfer.*|paint.*|regions.*|runs|vote.*|palette|origin.*|confidence.*|identity|flat.*|spread.*|steady.*|settings|locate|load|model.*)\.')
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
