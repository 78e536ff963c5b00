/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binds regions, votes and the fields of the transfer; see vote_frame.h. */
#include "vote_frame.h"

#include <string.h>

int lac_vote_frame_open(LacVoteFrame *f, int width, int height, int gap, bool flat, bool follow,
                        const LacTransfer *transfer, const LacLog *log)
{
    const LacMatcher *m = lac_transfer_matcher(transfer);
    int err;

    *f = (LacVoteFrame){.log = log};
    err = lac_regions_open(&f->regions, width, height, gap, m->threads, log);
    err = err ? err : lac_origins_open(&f->origins, width, height, m->width, m->height, m->threads, log);
    err = err ? err : lac_vote_open(&f->vote, width, height, m->threads, log);
    err = err ? err : lac_borders_open(&f->borders, width, height, m->threads, log);
    err = err || !flat ? err : lac_flat_open(&f->flat, width, height, log);
    err = err || !follow ? err : lac_identity_open(&f->identity, width, height, log);
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
    lac_origins_close(&f->origins);
    lac_vote_close(&f->vote);
    lac_borders_close(&f->borders);
    lac_flat_close(&f->flat);
    lac_confidence_close(&f->confidence);
    lac_identity_close(&f->identity);
    lac_free(f->rgb);
    *f = (LacVoteFrame){0};
}

/* Fainter lines than those of regions end a patch as well: half way from them to white. */
static int faintest(const LacVoteFrame *f)
{
    return f->regions.threshold ? (f->regions.threshold + 255) / 2 : 0;
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
    err = err ? err : lac_vote_ref_open(ref->vote, &f->regions, ref->rgb, f->flat.class != NULL, f->log);
    if (!err) {
        ref->vote->borders = lac_alloc(LAC_BORDERS_TABLE, 1);
        err = ref->vote->borders ? LAC_OK : lac_fail(f->log, LAC_ENOMEM, "no memory for a reference's pairs of colours");
    }
    if (err) {
        lac_vote_ref_close(ref->vote);
        lac_free(ref->vote);
        ref->vote = NULL;
        return err;
    }
    lac_borders_cells(&f->borders, ref->gray, faintest(f), ref->rgb, (ptrdiff_t)f->regions.width * 3);
    lac_borders_learn(&f->borders, ref->vote->borders);
    return LAC_OK;
}

/* A picture whose rows are `from_step` bytes apart to where they are `to_step`. */
static void copy_rows(const LacVoteFrame *f, uint8_t *to, ptrdiff_t to_step, const uint8_t *from, ptrdiff_t from_step)
{
    const size_t row = (size_t)f->regions.width * 3;

#pragma omp parallel for num_threads(f->regions.threads) schedule(static)
    for (int y = 0; y < f->regions.height; y++) {
        memcpy(to + y * to_step, from + y * from_step, row);
    }
}

/* Tables of the frame's references. */
static void tables_of(const LacVoteInput *in, const uint8_t *tables[LAC_MATCH_MAX_FIELDS])
{
    for (int i = 0; i < in->count; i++) {
        tables[i] = in->refs[i]->vote->borders;
    }
}

void lac_vote_frame_borders(LacVoteFrame *f, const LacVoteInput *in, uint8_t *out, ptrdiff_t stride, uint16_t *exact)
{
    const uint8_t *tables[LAC_MATCH_MAX_FIELDS];

    if (in->gpu) { /* done there */
        return;
    }
    tables_of(in, tables);
    lac_borders_cells(&f->borders, in->gray, faintest(f), out, stride);
    if (lac_borders_find(&f->borders, tables, in->count)) {
        lac_borders_apply(&f->borders, in->gray, faintest(f), out, stride, exact);
    }
}

static bool regions_there(const LacVoteInput *in)
{
    return lac_gpu_has(in->gpu, LAC_GPU_REGIONS) && !in->labels;
}

/* The same by the GPU, once the regions are known. */
static int run_there(LacVoteFrame *f, const LacVoteInput *in, const LacVoteSource *source, uint8_t *out, ptrdiff_t stride)
{
    LacConfidenceFrame known = {.origins = &f->origins, .sources = source, .lag = in->lag};
    const LacMatcher *m = lac_transfer_matcher(in->transfer);
    const bool flat = in->fill == LAC_FILL_FLAT;
    const LacFlatLines lines = {in->lines, in->black, in->ink};
    const LacGpuFlat colours = {&f->origins, source, lac_flat_drawing(&lines, f->regions.threshold)};
    LacGpuVote vote = {.count = in->count, .opinion = in->fill != LAC_FILL_AUTO && !flat, .there = regions_there(in),
                       .flat = flat ? &colours : NULL};
    int err = lac_origins_fit(&f->origins, &f->regions, in->count, f->log);

    err = err ? err : lac_vote_fit(&f->vote, &f->regions, f->log);
    if (err) {
        return err;
    }
    for (int i = 0; i < in->count; i++) {
        LacTransferRef *ref = in->refs[i];

        vote.ref[i] = (LacGpuVoteRef){ref->vote, ref->rgb, &ref->vote_there, &ref->rgb_there};
    }
    vote.list = f->origins.list;
    known.backed = vote.backed = f->vote.backed;
    vote.sums = lac_confidence_sums(&f->confidence, f->regions.count, in->count, (size_t)m->width * (size_t)m->height,
                                    f->log);
    err = vote.sums ? lac_gpu_vote(in->gpu, m, &f->regions, &vote) : LAC_ENOMEM;
    if (!err && f->identity.previous) {
        err = lac_identity_run(&f->identity, &f->regions, &f->origins, source, f->log);
    }
    if (!err) {
        lac_confidence_finish(&f->confidence, f->regions.count, &known);
    }
    if (!err && !vote.opinion) {
        const uint8_t *tables[LAC_MATCH_MAX_FIELDS];

        tables_of(in, tables);
        err = lac_gpu_borders(in->gpu, &f->borders, faintest(f), tables, in->count);
    }
    return err || !out ? err : lac_gpu_fetch(in->gpu, out, stride);
}

int lac_vote_frame_run(LacVoteFrame *f, const LacVoteInput *in, uint8_t *out, ptrdiff_t stride)
{
    const ptrdiff_t row = (ptrdiff_t)f->regions.width * 3;
    const bool opinion = in->fill != LAC_FILL_AUTO && in->fill != LAC_FILL_FLAT; /* nothing is to be changed */
    uint8_t *rgb = stride == row && !opinion ? out : f->rgb; /* dense */
    LacVoteSource source[LAC_MATCH_MAX_FIELDS];
    int err = LAC_OK, changed;

    for (int i = 0; i < in->count && !err; i++) {
        err = know_regions(f, in->refs[i]);
        source[i] = (LacVoteSource){in->refs[i]->vote,
                                    &lac_transfer_matcher(in->transfer)->field[i],
                                    in->refs[i]->rgb};
    }
    if (!err) {
        err = regions_there(in) ? lac_gpu_regions(in->gpu, &f->regions) : lac_regions_run(&f->regions, in->gray, f->log);
    }
    if (!err && in->gpu) {
        return run_there(f, in, source, out, stride);
    }
    err = err ? err : lac_origins_run(&f->origins, &f->regions, source, in->count, f->log);
    if (err) {
        return err;
    }
    if (f->identity.previous) {
        err = lac_identity_run(&f->identity, &f->regions, &f->origins, source, f->log);
        if (err) {
            return err;
        }
    }
    if (rgb != out) {
        copy_rows(f, rgb, row, out, stride);
    }
    changed = lac_vote_run(&f->vote, &f->regions, in->gray, &f->origins, source, rgb, f->log);
    if (changed < 0) {
        return changed;
    }
    if (opinion && changed) { /* what the confidence is of */
        copy_rows(f, rgb, row, out, stride);
        changed = 0;
    }
    if (in->fill == LAC_FILL_FLAT) {
        const LacFlatLines lines = {in->lines, in->black, in->ink};

        err = lac_flat_run(&f->flat, &f->regions, in->gray, &f->origins, source, &lines, rgb,
                           f->log);
        if (err) {
            return err;
        }
        changed = 1;
    }
    if (changed && rgb != out) {
        copy_rows(f, out, stride, rgb, row);
    }
    return lac_confidence_run(&f->confidence, &f->regions,
                              &(LacConfidenceFrame){&f->origins, source, in->lag, f->vote.backed,
                                                    in->transferred, in->prediction,
                                                    in->prediction_width, in->prediction_height,
                                                    rgb},
                              f->log);
}

int lac_vote_frame_reference(LacVoteFrame *f, LacTransferRef *ref)
{
    int err = know_regions(f, ref);
    const LacVoteSource source = {ref->vote, NULL, ref->rgb};

    err = err ? err : lac_regions_run(&f->regions, ref->gray, f->log);
    return err ? err : lac_identity_run(&f->identity, &f->regions, NULL, &source, f->log);
}
