/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes of neighbouring patches for displacements, and the copying at native size (docs/match.md). */
#include "transfer/transfer_copy.h"
#include "transfer/transfer_patch.h"
#include "transfer/transfer_plain.h"
#include "transfer/transfer_votes.h"

#include <omp.h>

static int *first_pixels(int cells, int n)
{
    int *first = lac_alloc((size_t)cells + 1, sizeof *first);

    for (int i = 0; first && i <= cells; i++) {
        first[i] = lac_transfer_first(i, n, cells);
    }
    return first;
}

/* Native displacements of -cells..cells cells. */
static int *scaled_offsets(int cells, int n)
{
    int *scaled = lac_alloc(2 * (size_t)cells + 1, sizeof *scaled);

    for (int i = 0; scaled && i <= 2 * cells; i++) {
        scaled[i] = lac_transfer_scaled(i - cells, n, cells);
    }
    return scaled;
}

int lac_transfer_open(LacTransfer **out, int width, int height, int net_width, int net_height, int count, int threads,
                      const LacLog *log)
{
    LacTransfer *t = lac_calloc(1, sizeof *t);
    int w, h, side = net_width < net_height ? net_width : net_height, err;
    size_t n;

    *out = NULL;
    if (!t) {
        return lac_fail(log, LAC_ENOMEM, "no memory to copy from references");
    }
    lac_network_size(width, height, side < LAC_MATCH_SIZE ? side : LAC_MATCH_SIZE, &w, &h);
    n = (size_t)w * h;
    *t = (LacTransfer){ .width = width, .height = height, .threads = threads, .count = count, .log = log };
    for (int i = 0; i < 256; i++) {
        t->alike[i] = lac_transfer_alike(i);
    }
    for (int i = 0; i < LAC_TRANSFER_PLACES; i++) {
        t->place[i].ring = lac_transfer_place(i, &t->place[i].x, &t->place[i].y);
    }
    err = lac_lineart_open(&t->lineart, width, height, w, h, threads, log);
    err = err ? err : lac_matcher_open(&t->match, w, h, count, threads, log);
    if (!err) {
        t->rgb = lac_alloc(n, 3 * sizeof *t->rgb);
        t->weight = lac_alloc(n, (size_t)count * sizeof *t->weight);
        t->first_x = first_pixels(w, width);
        t->first_y = first_pixels(h, height);
        t->scaled_x = scaled_offsets(w, width);
        t->scaled_y = scaled_offsets(h, height);
        t->united = lac_alloc((size_t)threads * count, (size_t)w * sizeof *t->united);
        t->differ = lac_alloc((size_t)threads, (size_t)w * sizeof *t->differ);
        t->changes = lac_alloc((size_t)threads, ((size_t)width + 1) * sizeof *t->changes);
        t->room = lac_patch_room((width - 1) / w + 1 + 2 * LAC_TRANSFER_AROUND,
                                 (height - 1) / h + 1 + 2 * LAC_TRANSFER_AROUND);
        t->patch = lac_alloc((size_t)threads, t->room);
        if (!t->patch || !t->rgb || !t->weight || !t->first_x || !t->first_y || !t->scaled_x ||
            !t->scaled_y || !t->united || !t->differ || !t->changes ||
            lac_resize_open(&t->resize, net_width, net_height, w, h, 3, threads) < 0) {
            err = lac_fail(log, LAC_ENOMEM, "no memory to copy from references into pictures of %dx%d", width, height);
        }
    }
    if (err) {
        lac_transfer_close(&t);
        return err;
    }
    *out = t;
    return LAC_OK;
}

void lac_transfer_close(LacTransfer **out)
{
    LacTransfer *t = *out;

    if (t) {
        lac_lineart_close(&t->lineart);
        lac_resize_close(&t->resize);
        lac_matcher_close(&t->match);
        lac_free(t->rgb);
        lac_free(t->weight);
        lac_free(t->first_x);
        lac_free(t->first_y);
        lac_free(t->scaled_x);
        lac_free(t->scaled_y);
        lac_free(t->united);
        lac_free(t->differ);
        lac_free(t->changes);
        lac_free(t->patch);
        lac_free(t);
    }
    *out = NULL;
}

void lac_transfer_use(LacTransfer *t, LacGpu *gpu)
{
    t->gpu = gpu;
}

const LacMatcher *lac_transfer_matcher(const LacTransfer *t)
{
    return &t->match;
}

/* Where the frame is found in the references -> t->match.field, unless it stays on the GPU. */
static int search(LacTransfer *t, const float *rgb, const uint8_t *gray, LacTransferRef *const *refs, int count, bool stays)
{
    LacMatchRef described[LAC_MATCH_MAX_FIELDS];
    LacGpuCopy *copies[LAC_MATCH_MAX_FIELDS];

    for (int i = 0; i < count; i++) {
        described[i] = (LacMatchRef){ refs[i]->described, refs[i]->local };
        copies[i] = &refs[i]->described_there;
    }
    if (lac_gpu_has(t->gpu, LAC_GPU_MATCH)) {
        return lac_gpu_match(t->gpu, &t->match, &t->lineart, &t->resize, described, copies, count, stays);
    }
    lac_resize_f32(&t->resize, rgb, 3, t->rgb);
    lac_lineart_run(&t->lineart, gray, t->width);
    lac_matcher_run(&t->match, t->lineart.line, t->lineart.distance, t->rgb, described, count);
    return LAC_OK;
}

static int run_there(LacTransfer *t, LacTransferRef *const *refs, const float *lag, int count, bool inked, uint8_t *out)
{
    LacGpuSource sources[LAC_MATCH_MAX_FIELDS];

    for (int i = 0; i < count; i++) {
        sources[i] = (LacGpuSource){ refs[i]->rgb, refs[i]->gray, &refs[i]->rgb_there, &refs[i]->gray_there, lag[i] };
    }
    return lac_gpu_transfer(t->gpu, &t->match, sources, count, inked, out);
}

/* The cells of row cy. */
static void run_row(LacTransfer *t, LacTransferRef *const *refs, int count, int cy, const LacCopying *copying)
{
    const int w = t->match.width, thread = omp_get_thread_num();
    const LacBox row = lac_transfer_box(0, t->first_y[cy], 0, t->first_y[cy + 1], t->width, t->height);
    float *united = t->united + (size_t)thread * t->count * w;
    uint16_t *changes = t->changes + (size_t)thread * (t->width + 1);

    lac_transfer_unite(t, count, cy, t->differ + (size_t)thread * w, united);
    lac_plain_row(t, copying->gray, row.top, row.bottom, changes);
    for (int cx = 0; cx < w; cx++) {
        const LacBox cell = { t->first_x[cx], t->first_y[cy], t->first_x[cx + 1], t->first_y[cy + 1] };

        const LacBox box = lac_transfer_box(cell.left, cell.top, cell.right, cell.bottom, t->width, t->height);

        if (cell.left < cell.right &&
            !(changes[box.right] == changes[box.left] && lac_plain_copy(t, refs, count, cx, cy, united, cell, box, copying))) {
            LacSource list[LAC_TRANSFER_SOURCES];
            const int n = lac_transfer_vote(t, count, cx, cy, united, list);

            lac_transfer_refine(t, refs, copying->gray, box, t->patch + (size_t)thread * t->room, list, n);
            lac_transfer_copy(t, refs, list, n, cell, copying);
        }
    }
}

int lac_transfer_run(LacTransfer *t, const float *rgb, const uint8_t *gray, LacTransferRef *const *refs,
                     const float *lag, int count, bool inked, uint8_t *out, uint16_t *exact)
{
    const LacCopying copying = { gray, inked, out, exact };
    const int err = search(t, rgb, gray, refs, count, !out);

    if (err || (lac_gpu_has(t->gpu, LAC_GPU_COPY) && !exact)) {
        return err ? err : run_there(t, refs, lag, count, inked, out);
    }
    lac_transfer_weigh(t, lag, count);
#pragma omp parallel for num_threads(t->threads) schedule(dynamic)
    for (int cy = 0; cy < t->match.height; cy++) {
        if (t->first_y[cy] < t->first_y[cy + 1]) {
            run_row(t, refs, count, cy, &copying);
        }
    }
    return LAC_OK;
}
