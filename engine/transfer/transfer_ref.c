/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the transfer keeps of a reference: its pictures at the video's size, described for the search. */
#include "transfer/transfer_patch.h"
#include "transfer/transfer_plain.h"
#include "transfer/transfer_state.h"

#include <string.h>

/* The picture at the video's size, with LAC_PATCH_STEP bytes to spare. */
static uint8_t *at_native(const LacTransfer *t, const LacImage *image)
{
    const size_t n = (size_t)t->width * t->height * image->channels;
    uint8_t *out = lac_calloc(n + LAC_PATCH_STEP, 1);
    float *resized = NULL;
    LacResize r = { 0 };

    if (out && image->width == t->width && image->height == t->height) {
        memcpy(out, image->data, n);
        return out;
    }
    resized = lac_alloc(n, sizeof *resized);
    if (!out || !resized ||
        lac_resize_open(&r, image->width, image->height, t->width, t->height, image->channels, t->threads) < 0) {
        lac_free(out);
        out = NULL;
    } else {
        lac_resize_u8(&r, image->data, (ptrdiff_t)image->width * image->channels, image->channels, resized);
        for (size_t i = 0; i < n; i++) {
            out[i] = (uint8_t)(resized[i] < 0 ? 0 : resized[i] > 255 ? 255 : resized[i] + 0.5f);
        }
        lac_resize_close(&r);
    }
    lac_free(resized);
    return out;
}

/* The pixels are the caller's; NULL when out of memory, logged. */
static uint16_t *exact_at_native(const LacTransfer *t, const LacRgba *exact)
{
    LacRgba copy;

    if (exact->width != t->width || exact->height != t->height) {
        return lac_rgba_resize(&copy, exact, t->width, t->height, t->threads, t->log) ? NULL : copy.data;
    }
    if (lac_rgba_alloc(&copy, t->width, t->height, t->log) == LAC_OK) {
        memcpy(copy.data, exact->data, (size_t)t->width * t->height * 4 * sizeof *copy.data);
    }
    return copy.data;
}

int lac_transfer_ref(LacTransfer *t, const LacImage *color, const LacRgba *exact, const LacImage *line, bool local,
                     LacTransferRef **out)
{
    const bool there = lac_gpu_has(t->gpu, LAC_GPU_COPY);
    LacTransferRef *r = lac_calloc(1, sizeof *r);

    *out = NULL;
    if (r) {
        r->local = local;
        r->described = lac_alloc((size_t)t->match.width * t->match.height, LAC_MATCH_DIMS);
        r->rgb = at_native(t, color);
        r->gray = at_native(t, line);
        r->rgba = exact ? exact_at_native(t, exact) : NULL;
        r->tints = r->rgb && r->gray && !there ? lac_plain_tints(t, r->rgb, r->gray) : NULL;
    }
    if (!r || !r->described || !r->rgb || !r->gray || (exact && !r->rgba) || (!r->tints && !there)) {
        lac_transfer_ref_free(&r);
        return lac_fail(t->log, LAC_ENOMEM, "no memory for a reference's pixels at %dx%d", t->width, t->height);
    }
    lac_lineart_run(&t->lineart, r->gray, t->width);
    lac_lineart_colour(&t->lineart, r->rgb, t->rgb);
    lac_matcher_describe(&t->match, t->lineart.line, t->lineart.distance, t->rgb, r->described);
    *out = r;
    return LAC_OK;
}

void lac_transfer_ref_free(LacTransferRef **ref)
{
    if (*ref) {
        lac_free((*ref)->described);
        lac_gpu_copy_free(&(*ref)->described_there);
        lac_gpu_copy_free(&(*ref)->rgb_there);
        lac_gpu_copy_free(&(*ref)->gray_there);
        lac_gpu_copy_free(&(*ref)->vote_there);
        lac_free((*ref)->rgb);
        lac_free((*ref)->rgba);
        lac_free((*ref)->gray);
        lac_free((*ref)->tints);
        if ((*ref)->vote) {
            lac_vote_ref_close((*ref)->vote);
            lac_free((*ref)->vote);
        }
        lac_free(*ref);
    }
    *ref = NULL;
}
