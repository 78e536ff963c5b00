/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binds regions, votes and the fields of the transfer; see vote_frame.h. */
#include "vote_frame.h"

#include <string.h>

int lac_vote_frame_open(LacVoteFrame *f, int width, int height, int gap,
                        const LacTransfer *transfer, const LacLog *log)
{
    const LacMatcher *m = lac_transfer_matcher(transfer);
    int err;

    *f = (LacVoteFrame){.log = log};
    err = lac_regions_open(&f->regions, width, height, gap, log);
    err = err ? err : lac_vote_open(&f->vote, width, height, m->width, m->height, log);
    if (!err) {
        f->rgb = lac_alloc((size_t)width * height, 3);
        err = f->rgb ? LAC_OK
                     : lac_fail(log, LAC_ENOMEM, "no memory for the regions of frames of %dx%d",
                                width, height);
    }
    return err;
}

void lac_vote_frame_close(LacVoteFrame *f)
{
    lac_regions_close(&f->regions);
    lac_vote_close(&f->vote);
    lac_free(f->rgb);
    *f = (LacVoteFrame){0};
}

static int know_regions(LacVoteFrame *f, LacTransferRef *ref)
{
    int err;

    if (ref->vote) {
        return LAC_OK;
    }
    ref->vote = lac_calloc(1, sizeof *ref->vote);
    if (!ref->vote) {
        return lac_fail(f->log, LAC_ENOMEM, "no memory for a reference's regions");
    }
    err = lac_regions_run(&f->regions, ref->gray, f->log);
    err = err ? err : lac_vote_ref_open(ref->vote, &f->regions, ref->rgb, f->log);
    if (err) {
        lac_free(ref->vote);
        ref->vote = NULL;
    }
    return err;
}

int lac_vote_frame_run(LacVoteFrame *f, const LacTransfer *transfer, LacTransferRef *const *refs,
                       int count, const uint8_t *gray, uint8_t *out, ptrdiff_t stride)
{
    const size_t row = (size_t)f->regions.width * 3;
    LacVoteSource source[LAC_MATCH_MAX_FIELDS];
    int err = LAC_OK, changed;

    for (int i = 0; i < count && !err; i++) {
        err = know_regions(f, refs[i]);
        source[i] = (LacVoteSource){refs[i]->vote, &lac_transfer_matcher(transfer)->field[i]};
    }
    err = err ? err : lac_regions_run(&f->regions, gray, f->log);
    if (err) {
        return err;
    }
    for (int y = 0; y < f->regions.height; y++) {
        memcpy(f->rgb + (size_t)y * row, out + y * stride, row);
    }
    changed = lac_vote_run(&f->vote, &f->regions, gray, source, count, f->rgb, f->log);
    if (changed < 0) {
        return changed;
    }
    for (int y = 0; changed && y < f->regions.height; y++) {
        memcpy(out + y * stride, f->rgb + (size_t)y * row, row);
    }
    return LAC_OK;
}
