/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes by region on the GPU, and flat colours between them and what they tell. Where regions are the
 * host's their labels go up; what is known of each region comes back. */
#include "gpu/gpu_state.h"

#include <string.h>

_Static_assert(sizeof(CudaVoteBin) == sizeof(LacVoteBin) && CUDA_VOTE_DISTANCES == LAC_REGIONS_FAR * LAC_REGIONS_FAR + 1,
               "both sides have the same");

/* The next piece of `base`, or with NULL, its size alone. */
static void *piece(char *base, size_t *used, size_t count, size_t size)
{
    const size_t at = *used;

    *used += (count * size + 255) & ~(size_t)255;
    return base ? base + at : NULL;
}

/* ---- references ---- */

/* A reference's tables. */
typedef struct Reference {
    int32_t *label, *area;
    uint32_t *first;
    LacVoteBin *bins;
} Reference;

static size_t reference_pieces(Reference *r, const LacVoteRef *ref, char *base)
{
    const size_t regions = (size_t)ref->count + 1;
    size_t used = 0;

    r->label = piece(base, &used, (size_t)ref->width * ref->height, sizeof *r->label);
    r->area = piece(base, &used, regions, sizeof *r->area);
    r->first = piece(base, &used, regions + 1, sizeof *r->first);
    r->bins = piece(base, &used, ref->first[regions], sizeof *r->bins);
    return used;
}

static int send_tables(LacGpu *gpu, const LacVoteRef *ref, LacGpuCopy *to)
{
    const size_t regions = (size_t)ref->count + 1;
    Reference own;
    const size_t bytes = reference_pieces(&own, ref, NULL);
    char *host = lac_calloc(bytes, 1);
    int err;

    if (!host) {
        return lac_fail(gpu->log, LAC_ENOMEM, "no memory for a reference's regions");
    }
    reference_pieces(&own, ref, host);
    memcpy(own.label, ref->label, (size_t)ref->width * ref->height * sizeof *own.label);
    memcpy(own.area, ref->area, regions * sizeof *own.area);
    memcpy(own.bins, ref->bins, ref->first[regions] * sizeof *own.bins);
    for (size_t c = 0; c <= regions; c++) {
        own.first[c] = (uint32_t)ref->first[c];
    }
    err = lac_gpu_send_copy(gpu, to, host, bytes);
    lac_free(host);
    return err;
}

static int send_reference(LacGpu *gpu, const LacGpuVoteRef *in, CudaVoteRef *r)
{
    Reference there;
    int err = lac_gpu_send_copy(gpu, in->rgb_there, in->rgb, (size_t)gpu->width * (size_t)gpu->height * 3);

    if (!err && !in->vote_there->data) {
        err = send_tables(gpu, in->vote, in->vote_there);
    }
    if (!err) {
        reference_pieces(&there, in->vote, in->vote_there->data);
        *r = (CudaVoteRef){ .count = in->vote->count, .label = there.label, .area = there.area, .first = there.first,
                            .bins = (const CudaVoteBin *)there.bins, .rgb = in->rgb_there->data };
    }
    return err;
}

/* ---- the frame's regions ---- */

/* Labels in 16 bits where that is enough, then distances in 8, behind them tables. */
typedef struct Frame {
    uint16_t *narrow;
    int32_t *wide;
    uint8_t *squared, *black;
    int32_t *area, *voter, *turn, *start;
} Frame;

/* there: labels and distances are on the GPU. */
static size_t frame_pieces(Frame *f, const LacRegions *r, bool there, char *base)
{
    const size_t native = there ? 0 : (size_t)r->width * r->height, regions = (size_t)r->count + 1;
    const bool narrow = r->count <= UINT16_MAX;
    size_t used = 0;

    f->narrow = piece(base, &used, narrow ? native : 0, sizeof *f->narrow);
    f->wide = piece(base, &used, narrow ? 0 : native, sizeof *f->wide);
    f->squared = piece(base, &used, native, 1);
    f->black = piece(base, &used, regions, 1);
    f->area = piece(base, &used, regions, sizeof *f->area);
    f->voter = piece(base, &used, regions, sizeof *f->voter);
    f->turn = piece(base, &used, regions, sizeof *f->turn);
    f->start = piece(base, &used, regions, sizeof *f->start);
    return used;
}

static void fill_planes(const LacRegions *r, const Frame *f)
{
    const size_t native = (size_t)r->width * r->height;

#pragma omp parallel for num_threads(r->threads) schedule(static)
    for (size_t i = 0; i < native; i++) {
        f->squared[i] = (uint8_t)(r->squared[i] < 255 ? r->squared[i] : 255);
        if (r->count <= UINT16_MAX) {
            f->narrow[i] = (uint16_t)r->label[i];
        } else {
            f->wide[i] = r->label[i];
        }
    }
}

static void fill_tables(const LacRegions *r, const Frame *f, CudaVote *v)
{
    int32_t before = 0;

    for (int c = 0; c <= r->count; c++) {
        const bool votes = c && !r->region[c].black && r->region[c].area >= 2 * LAC_VOTE_ISLAND;

        f->black[c] = r->region[c].black;
        f->area[c] = r->region[c].area;
        f->turn[c] = votes ? v->voting : -1;
        if (votes) {
            f->voter[v->voting] = c;
            f->start[v->voting++] = before;
            before += f->area[c];
        }
    }
}

static int send_frame(LacGpu *gpu, const LacRegions *r, bool there, CudaVote *v)
{
    const size_t native = (size_t)r->width * r->height;
    const bool narrow = !there && r->count <= UINT16_MAX;
    Frame f;
    const size_t bytes = frame_pieces(&f, r, there, NULL);
    int err = lac_gpu_table_grow(gpu, &gpu->regions, bytes);

    if (err) {
        return err;
    }
    frame_pieces(&f, r, there, gpu->regions.host);
    if (!there) {
        fill_planes(r, &f);
    }
    fill_tables(r, &f, v);
    err = gpu->ops->up(gpu->dev->be, gpu->regions.host, gpu->regions.there, bytes);
    frame_pieces(&f, r, there, gpu->regions.there);
    if (narrow) {
        gpu->label = lac_gpu_need(gpu, gpu->label, native * sizeof *gpu->label, &err);
        err = err ? err : gpu->ops->labels(gpu->dev->be, f.narrow, gpu->label, native);
    }
    v->regions = r->count;
    v->label = there || narrow ? gpu->label : f.wide;
    v->squared = there ? gpu->squared : f.squared;
    v->black = f.black;
    v->area = f.area;
    v->voter = f.voter;
    v->turn = f.turn;
    v->start = f.start;
    return err;
}

/* ---- the vote ---- */

/* What comes back, and far, which does not. Returns the bytes of what comes back; *all: of all. */
static size_t result_pieces(CudaVote *v, char *base, size_t *all)
{
    const size_t regions = (size_t)v->regions + 1, sources = (size_t)v->sources;
    size_t used = 0, back;

    v->sums = piece(base, &used, regions * (LAC_SUM_SOURCES + LAC_SUMS * sources), sizeof *v->sums);
    v->list = piece(base, &used, regions * sources * LAC_ORIGINS, sizeof *v->list);
    v->backed = piece(base, &used, regions, sizeof *v->backed);
    back = used;
    v->far = piece(base, &used, regions, sizeof *v->far);
    *all = used;
    return back;
}

static int fetch_results(LacGpu *gpu, const CudaVote *v, const LacGpuVote *out)
{
    const size_t regions = (size_t)v->regions + 1, sources = (size_t)v->sources;
    CudaVote own = *v;
    size_t all;
    const size_t back = result_pieces(&own, gpu->results.host, &all);
    int err = gpu->ops->down(gpu->dev->be, gpu->results.there, gpu->results.host, back);

    if (!err) {
        memcpy(out->sums, own.sums, regions * (LAC_SUM_SOURCES + LAC_SUMS * sources) * sizeof *own.sums);
        memcpy(out->list, own.list, regions * sources * LAC_ORIGINS * sizeof *own.list);
        memcpy(out->backed, own.backed, regions * sizeof *own.backed);
    }
    return err;
}

int lac_gpu_vote(LacGpu *gpu, const LacMatcher *m, const LacRegions *r, const LacGpuVote *vote)
{
    const LacFrameOps *ops = gpu->ops;
    LacBackend *be = gpu->dev->be;
    const size_t cells = (size_t)m->width * (size_t)m->height, picture = (size_t)gpu->width * (size_t)gpu->height * 3;
    CudaVote v = { .width = gpu->width, .height = gpu->height, .cells_width = m->width, .cells_height = m->height,
                   .sources = vote->count, .gray = gpu->gray, .transferred = gpu->transferred, .prediction = gpu->prediction,
                   .prediction_width = gpu->net.net_width, .prediction_height = gpu->net.net_height, .rgb = gpu->rgb };
    size_t all;
    int err = LAC_OK;

    for (int s = 0; s < vote->count && !err; s++) {
        err = send_reference(gpu, &vote->ref[s], &v.ref[s]);
        v.ref[s].offset = gpu->offset + (size_t)s * cells;
        v.ref[s].cost = gpu->cost + (size_t)s * cells;
    }
    err = err ? err : send_frame(gpu, r, vote->there, &v);
    result_pieces(&v, NULL, &all);
    err = err ? err : lac_gpu_table_grow(gpu, &gpu->results, all);
    if (!err) {
        result_pieces(&v, gpu->results.there, &all);
    }
    if (vote->opinion) { /* the picture stays as it is */
        gpu->opinion = lac_gpu_need(gpu, gpu->opinion, picture, &err);
        err = err ? err : ops->copy(be, gpu->rgb, gpu->opinion, picture);
        v.rgb = gpu->opinion;
    }
    err = err ? err : ops->origins(be, &v);
    err = err ? err : ops->vote(be, &v);
    if (!err && vote->flat) {
        err = ops->down(be, v.list, vote->list, ((size_t)v.regions + 1) * (size_t)v.sources * LAC_ORIGINS * sizeof *vote->list);
        err = err ? err : lac_gpu_flat(gpu, &v, vote->flat);
    }
    v.rgb = gpu->rgb;
    err = err ? err : ops->evidence(be, &v);
    return err ? err : fetch_results(gpu, &v, vote);
}
