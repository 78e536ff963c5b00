/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes of neighbouring patches for displacements, and the copying at native size (docs/match.md). */
#include "transfer_math.h"
#include "transfer_patch.h"
#include "transfer_state.h"

#include <stdlib.h>
#include <string.h>

#include <omp.h>

static int *first_pixels(int cells, int n)
{
    int *first = lac_alloc((size_t)cells + 1, sizeof *first);

    for (int i = 0; first && i <= cells; i++) {
        first[i] = lac_transfer_first(i, n, cells);
    }
    return first;
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
    err = lac_lineart_open(&t->lineart, width, height, w, h, threads, log);
    err = err ? err : lac_matcher_open(&t->match, w, h, count, threads, log);
    if (!err) {
        t->rgb = lac_alloc(n, 3 * sizeof *t->rgb);
        t->weight = lac_alloc(n, (size_t)count * sizeof *t->weight);
        t->first_x = first_pixels(w, width);
        t->first_y = first_pixels(h, height);
        t->room = lac_patch_room((width - 1) / w + 1 + 2 * LAC_TRANSFER_AROUND,
                                 (height - 1) / h + 1 + 2 * LAC_TRANSFER_AROUND);
        t->patch = lac_alloc((size_t)threads, t->room);
        if (!t->patch || !t->rgb || !t->weight || !t->first_x || !t->first_y ||
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

static void weigh(LacTransfer *t, const float *lag, int count)
{
    const size_t n = (size_t)t->match.width * t->match.height;

    for (int r = 0; r < count; r++) {
        const float late = lac_transfer_late(lag[r]);
#pragma omp parallel for num_threads(t->threads) schedule(static)
        for (size_t i = 0; i < n; i++) {
            t->weight[r * n + i] = lac_transfer_weight(t->match.field[r].cost[i], late);
        }
    }
}

/* Adds the votes of one reference's patches over a cell to the `n` at hand. */
static int collect(const LacTransfer *t, int ref, int cx, int cy, LacSource *all, int n)
{
    const int w = t->match.width, h = t->match.height, base = n, reach = LAC_TRANSFER_VOTE;
    const LacOffset *offset = t->match.field[ref].offset;
    const float *weight = t->weight + (size_t)ref * w * h;
    int last = -1;

    for (int y = cy < reach ? 0 : cy - reach; y <= cy + reach && y < h; y++) {
        for (int x = cx < reach ? 0 : cx - reach; x <= cx + reach && x < w; x++) {
            const size_t i = (size_t)y * w + x;
            int k = last; /* neighbours mostly have the same */

            if (k >= base && all[k].x == offset[i].x && all[k].y == offset[i].y) {
                all[k].weight += weight[i];
                continue;
            }
            k = n - 1;
            while (k >= base && (all[k].x != offset[i].x || all[k].y != offset[i].y)) {
                k--;
            }
            if (k < base) {
                k = n++;
                all[k] = (LacSource){ ref, offset[i].x, offset[i].y, 0 };
            }
            all[k].weight += weight[i];
            last = k;
        }
    }
    return n;
}

/* The displacements that the patches over a cell vote for, most voted for first, in native pixels. */
static int vote(const LacTransfer *t, int count, int cx, int cy, LacSource list[LAC_TRANSFER_SOURCES])
{
    LacSource all[LAC_TRANSFER_VOTES * LAC_MATCH_MAX_FIELDS];
    int n = 0, kept = 0;

    for (int r = 0; r < count; r++) {
        n = collect(t, r, cx, cy, all, n);
    }
    while (kept < LAC_TRANSFER_SOURCES && kept < n) {
        int best = kept;
        for (int k = kept + 1; k < n; k++) {
            best = all[k].weight > all[best].weight ? k : best;
        }
        if (kept && all[best].weight < LAC_TRANSFER_LEAST_SHARE * list[0].weight) {
            break;
        }
        list[kept] = all[best];
        all[best] = all[kept];
        list[kept].x = lac_transfer_scaled(list[kept].x, t->width, t->match.width);
        list[kept].y = lac_transfer_scaled(list[kept].y, t->height, t->match.height);
        kept++;
    }
    return kept;
}

/* Moves a source by a few native pixels to where the line art agrees best, near before far; how well it agrees then
 * counts in its weight. */
static void refine(const LacTransfer *t, const LacPatch *patch, const LacTransferRef *ref, LacBox box, LacSource *s)
{
    const int32_t pixels = (box.right - box.left) * (box.bottom - box.top);
    const LacSource from = *s;
    int32_t least = INT32_MAX;

    for (int i = 0; i < LAC_TRANSFER_PLACES; i++) {
        int dx, dy;
        const int32_t far = lac_transfer_place(i, &dx, &dy) * pixels;
        const int x = from.x + dx, y = from.y + dy;

        if (far >= least) {
            break; /* nor is any place to come less far */
        }
        if (lac_transfer_inside(box, x, y, t->width, t->height)) {
            const uint8_t *there = ref->gray + (size_t)(box.top + y) * t->width + (box.left + x);
            const int32_t d = lac_patch_difference(patch, there, t->width) + far;
            if (d < least) {
                least = d;
                s->x = x;
                s->y = y;
            }
        }
    }
    if (least < INT32_MAX) {
        s->weight = lac_product(s->weight, lac_transfer_agreement(least, pixels));
    }
}

/* The mean of the exact pixels at `at`, colours weighted by alpha as well. */
static void mean_exact(LacTransferRef *const *refs, const LacSource *list, const size_t *at, const float *weight, int n,
                       uint16_t *out)
{
    float c[3] = { 0 }, sum = 0, all = 0;

    for (int k = 0; k < n; k++) {
        const LacTransferRef *r = refs[list[k].ref];
        const float alpha = weight[k] * (r->rgba ? (float)r->rgba[at[k] * 4 + 3] : LAC_OPAQUE);

        for (int i = 0; i < 3; i++) {
            c[i] += alpha * (r->rgba ? (float)r->rgba[at[k] * 4 + i] : (float)r->rgb[at[k] * 3 + i] * 257);
        }
        sum += alpha;
        all += weight[k];
    }
    for (int i = 0; i < 3; i++) {
        out[i] = sum > 0 ? lac_rgba_round(c[i] / sum) : LAC_OPAQUE;
    }
    out[3] = all > 0 ? lac_rgba_round(sum / all) : LAC_OPAQUE;
}

/* A row of a reference as a source sees it. */
typedef struct Row {
    const uint8_t *gray, *rgb;
    size_t at; /* its first pixel */
} Row;

/* The mean of the sources' pixels in columns x, which count `weight`. Where those that count are of one colour, as most
 * are, that is it: what would be divided is within rounding of a whole number. */
static void mean(const Row *row, const int *x, const float *weight, int n, LacBlend *blend, uint8_t *out)
{
    const uint8_t *first = NULL;
    int differ = 0;

    for (int k = 0; k < n; k++) {
        const uint8_t *rgb = row[k].rgb + (ptrdiff_t)x[k] * 3;

        if (weight[k] > 0) {
            first = first ? first : rgb;
            differ |= (rgb[0] ^ first[0]) | (rgb[1] ^ first[1]) | (rgb[2] ^ first[2]);
        }
    }
    if (!differ) {
        memcpy(out, first ? first : (const uint8_t[3]){ 0 }, 3);
        out[3] = lac_transfer_sure(blend);
        return;
    }
    for (int k = 0; k < n; k++) {
        const uint8_t *rgb = row[k].rgb + (ptrdiff_t)x[k] * 3;

        for (int i = 0; i < 3; i++) {
            blend->colour[i] = lac_weighted(blend->colour[i], weight[k], rgb[i]);
        }
    }
    lac_transfer_mean(blend, out);
}

/* Columns [from, to) of native row y. */
static void copy_row(const LacTransfer *t, LacTransferRef *const *refs, const LacSource *list, int n, int y, int from,
                     int to, const uint8_t *gray, bool inked, uint8_t *out, uint16_t *exact)
{
    Row row[LAC_TRANSFER_SOURCES];
    float all = 0;

    for (int k = 0; k < n; k++) {
        const size_t at = (size_t)lac_transfer_clamp(y + list[k].y, t->height) * t->width;

        row[k] = (Row){ refs[list[k].ref]->gray + at, refs[list[k].ref]->rgb + at * 3, at };
        all += list[k].weight;
    }
    for (int x = from; x < to; x++) {
        LacBlend blend = { .all = all };
        float weight[LAC_TRANSFER_SOURCES];
        int there[LAC_TRANSFER_SOURCES];

        for (int k = 0; k < n; k++) {
            there[k] = lac_transfer_clamp(x + list[k].x, t->width);
            const uint8_t line = row[k].gray[there[k]];
            const bool counts = inked || line >= LAC_TRANSFER_LINE;

            weight[k] = counts ? lac_product(list[k].weight, t->alike[abs(line - gray[x])]) : 0;
            blend.sum += weight[k];
        }
        if (exact) {
            size_t places[LAC_TRANSFER_SOURCES];

            for (int k = 0; k < n; k++) {
                places[k] = row[k].at + (size_t)there[k];
            }
            mean_exact(refs, list, places, weight, n, exact + (size_t)x * 4);
        }
        mean(row, there, weight, n, &blend, out + (size_t)x * 4);
    }
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
    lac_resize_f32(&t->resize, rgb, 3, t->rgb);
    if (lac_gpu_has(t->gpu, LAC_GPU_MATCH)) {
        return lac_gpu_match(t->gpu, &t->match, &t->lineart, t->rgb, described, copies, count, stays);
    }
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

int lac_transfer_run(LacTransfer *t, const float *rgb, const uint8_t *gray, LacTransferRef *const *refs,
                     const float *lag, int count, bool inked, uint8_t *out, uint16_t *exact)
{
    const int err = search(t, rgb, gray, refs, count, !out);

    if (err || (lac_gpu_has(t->gpu, LAC_GPU_COPY) && !exact)) {
        return err ? err : run_there(t, refs, lag, count, inked, out);
    }
    weigh(t, lag, count);
#pragma omp parallel for num_threads(t->threads) schedule(dynamic)
    for (int cy = 0; cy < t->match.height; cy++) {
        for (int cx = 0; cx < t->match.width && t->first_y[cy] < t->first_y[cy + 1]; cx++) {
            LacSource list[LAC_TRANSFER_SOURCES];
            const int n = t->first_x[cx] < t->first_x[cx + 1] ? vote(t, count, cx, cy, list) : 0;
            const LacBox box = lac_transfer_box(t->first_x[cx], t->first_y[cy], t->first_x[cx + 1], t->first_y[cy + 1],
                                                t->width, t->height);

            LacPatch patch = { .pixels = t->patch + (size_t)omp_get_thread_num() * t->room };

            if (n) {
                lac_patch_pack(&patch, gray + (size_t)box.top * t->width + box.left, t->width, box.right - box.left,
                               box.bottom - box.top);
            }
            for (int k = 0; k < n; k++) {
                refine(t, &patch, refs[list[k].ref], box, &list[k]);
            }
            for (int y = t->first_y[cy]; y < t->first_y[cy + 1]; y++) {
                const size_t row = (size_t)y * t->width;

                copy_row(t, refs, list, n, y, t->first_x[cx], t->first_x[cx + 1], gray + row, inked, out + row * 4,
                         exact ? exact + row * 4 : NULL);
            }
        }
    }
    return LAC_OK;
}
