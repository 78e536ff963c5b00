/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Region labels by a ball that does not fit through gaps, then a watershed of what is left; see
 * regions.h. */
#include "regions/regions.h"

#include "picture/runs.h"
#include "regions/components.h"
#include "regions/regions_ink.h"

#include <math.h>
#include <string.h>

#define BALL UINT16_MAX /* in place of the peak of a component that the ball fits into */
enum { LEVELS = (LAC_REGIONS_MAX_GAP / 2 + 1) * (LAC_REGIONS_MAX_GAP / 2 + 1) + 1 }; /* squared distances of what the ball does not reach */

int lac_regions_open(LacRegions *r, int width, int height, int gap, int threads, const LacLog *log)
{
    size_t n = (size_t)width * height;

    *r = (LacRegions){.width = width, .height = height, .gap = gap, .threads = threads};
    r->far = gap / 2 + 2 > LAC_REGIONS_FAR ? gap / 2 + 2 : LAC_REGIONS_FAR;
    r->room = 1024;
    r->label = lac_alloc(n, sizeof *r->label);
    r->squared = lac_alloc(n, sizeof *r->squared);
    r->order = lac_alloc(n, sizeof *r->order);
    r->ink = lac_alloc(n, 1);
    r->near = lac_alloc(n, 1);
    r->row = lac_alloc((size_t)threads * width, sizeof *r->row);
    r->level = lac_alloc((size_t)threads * LEVELS, sizeof *r->level);
    r->region = lac_alloc((size_t)r->room, sizeof *r->region);
    r->parent = lac_alloc((size_t)r->room, sizeof *r->parent);
    r->peak = lac_alloc((size_t)r->room, sizeof *r->peak);
    if (!r->label || !r->squared || !r->order || !r->ink || !r->near || !r->row || !r->level ||
        !r->region || !r->parent || !r->peak) {
        lac_regions_close(r);
        return lac_fail(log, LAC_ENOMEM, "no memory for the regions of a picture of %dx%d", width,
                        height);
    }
    return LAC_OK;
}

void lac_regions_close(LacRegions *r)
{
    lac_free(r->label);
    lac_free(r->region);
    lac_free(r->squared);
    lac_free(r->parent);
    lac_free(r->peak);
    lac_free(r->order);
    lac_free(r->ink);
    lac_free(r->near);
    lac_free(r->row);
    lac_free(r->level);
    *r = (LacRegions){0};
}

/* Twice the room for components; what is in the tables stays. */
static bool grow(LacRegions *r)
{
    size_t room = (size_t)r->room * 2;
    int32_t *parent = lac_alloc(room, sizeof *parent);
    uint16_t *peak = lac_alloc(room, sizeof *peak);
    LacRegion *region = lac_alloc(room, sizeof *region);

    if (!parent || !peak || !region) {
        lac_free(parent);
        lac_free(peak);
        lac_free(region);
        return false;
    }
    memcpy(parent, r->parent, (size_t)r->room * sizeof *parent);
    memcpy(peak, r->peak, (size_t)r->room * sizeof *peak);
    lac_free(r->parent);
    lac_free(r->peak);
    lac_free(r->region);
    r->parent = parent;
    r->peak = peak;
    r->region = region;
    r->room *= 2;
    return true;
}

int lac_regions_room(LacRegions *r, int count, const LacLog *log)
{
    while (r->room <= count) {
        if (!grow(r)) {
            return lac_fail(log, LAC_ENOMEM, "no memory for %d regions", count);
        }
    }
    return LAC_OK;
}

/* A new component; 0 when out of memory. */
static int32_t component(LacRegions *r, int *count, uint16_t peak)
{
    if (*count + 1 >= r->room && !grow(r)) {
        return 0;
    }
    ++*count;
    r->parent[*count] = *count;
    r->peak[*count] = peak;
    return *count;
}

static void unite(LacRegions *r, int32_t a, int32_t b)
{
    int32_t first = a < b ? a : b, second = a < b ? b : a;

    r->parent[second] = first;
    if (r->peak[first] < r->peak[second]) {
        r->peak[first] = r->peak[second];
    }
}

/* Marks in `near` what the ball reaches. An odd gap and the even one above it leave the same d in
 * their throats, but the even one leaves it twice, side by side: there the ball's centre is a
 * corner of four pixels. */
static void mark_ball(LacRegions *r)
{
    const int w = r->width, h = r->height, gap = r->gap, four = (gap + 1) * (gap + 1);
    const int16_t *s = (const int16_t *)r->squared;
    uint8_t *ball = r->near;

    if (gap % 2 == 0) {
        const int16_t most = (int16_t)(four / 4);
#pragma omp parallel for simd num_threads(r->threads) schedule(static)
        for (size_t i = 0; i < (size_t)w * h; i++) {
            ball[i] = s[i] > most;
        }
        return;
    }
    memset(ball, 0, (size_t)w * h);
    for (int y = 0; y + 1 < h; y++) {
        const int16_t *a = s + (size_t)y * w, *b = a + w;
        uint8_t *o = ball + (size_t)y * w;

        for (int x = 0; x + 1 < w; x++) {
            if (4 * a[x] >= four && 4 * a[x + 1] >= four && 4 * b[x] >= four &&
                4 * b[x + 1] >= four) {
                o[x] = o[x + 1] = o[x + w] = o[x + w + 1] = 1;
            }
        }
    }
}

/* The label that the runs of `above` over [from, to) have in common from now on; 0: there are none. */
static int32_t join_above(LacRegions *r, const uint8_t *mask, int is, const int32_t *above, size_t from,
                          size_t to)
{
    int32_t label = 0;

    for (size_t x = from; x < to; x = lac_run_end(above, x, to)) {
        if (mask[x] != is || above[x] == label) {
            continue;
        }
        if (label) {
            const int32_t a = lac_root(r->parent, label), b = lac_root(r->parent, above[x]);
            if (a != b) {
                unite(r, a, b);
            }
        } else {
            label = above[x];
        }
    }
    return label;
}

/* 4-connected components of the pixels with value `is` in `mask`, where 0 is another value; other pixels'
 * labels stay. */
static bool label_mask(LacRegions *r, const uint8_t *mask, int is, int *count)
{
    const size_t w = (size_t)r->width;

    for (int y = 0; y < r->height; y++) {
        const uint8_t *m = mask + y * w;
        int32_t *l = r->label + y * w;

        for (size_t x = 0; x < w;) {
            if (m[x] != is) {
                x += x + 8 <= w && lac_all_eight(m + x, 0) ? 8 : 1;
                continue;
            }
            const size_t from = x;
            while (x < w && m[x] == is) {
                x += x + 8 <= w && lac_all_eight(m + x, (uint8_t)is) ? 8 : 1;
            }
            int32_t label = y ? join_above(r, m - w, is, l - w, from, x) : 0;
            if (!label && !(label = component(r, count, BALL))) {
                return false;
            }
#pragma omp simd
            for (size_t k = from; k < x; k++) {
                l[k] = label;
            }
        }
    }
    return true;
}

/* Is there no neck at a place of squared distance `saddle` beside a region of largest squared
 * distance `peak`? What the ball found is never joined. */
static bool no_neck(const float *root, int peak, int saddle)
{
    if (peak == BALL) {
        return false;
    }
    return lac_regions_no_neck(root[peak], root[saddle]);
}

/* The next pixel from i on, or `end`, that the ball does not reach. */
static size_t next_rest(const LacRegions *r, size_t i, size_t end)
{
    while (i < end && r->near[i]) {
        i += i + 8 <= end && lac_all_eight(r->near + i, 1) ? 8 : 1;
    }
    return i;
}

/* Free pixels the ball does not reach, by falling squared distance, in picture order where equal: each thread has a strip,
 * whose pixels of a distance come behind those of the strips above. */
static size_t sort_rest(LacRegions *r)
{
    const size_t n = (size_t)r->width * r->height, strips = (size_t)r->threads;
    size_t sum = 0;

    memset(r->level, 0, strips * LEVELS * sizeof *r->level);
#pragma omp parallel for num_threads(r->threads) schedule(static)
    for (size_t s = 0; s < strips; s++) {
        const size_t end = n * (s + 1) / strips;

        for (size_t i = next_rest(r, n * s / strips, end); i < end; i = next_rest(r, i + 1, end)) {
            r->level[s * LEVELS + r->squared[i]]++;
        }
    }
    for (size_t v = LEVELS - 1; v > 0; v--) {
        for (size_t s = 0; s < strips; s++) {
            const size_t here = r->level[s * LEVELS + v];

            r->level[s * LEVELS + v] = sum;
            sum += here;
        }
    }
#pragma omp parallel for num_threads(r->threads) schedule(static)
    for (size_t s = 0; s < strips; s++) {
        const size_t end = n * (s + 1) / strips;

        for (size_t i = next_rest(r, n * s / strips, end); i < end; i = next_rest(r, i + 1, end)) {
            if (r->squared[i]) {
                r->order[r->level[s * LEVELS + r->squared[i]]++] = (int32_t)i;
            }
        }
    }
    return sum;
}

/* The pixels beside i: above, left, right, below. Those next to a line or to the picture's edge alone can lack one. */
static int find_beside(const LacRegions *r, int32_t i, int32_t beside[4])
{
    const int32_t w = r->width;
    const bool inside = r->squared[i] > 1;
    int n = 0;

    if (inside || i >= w) {
        beside[n++] = i - w;
    }
    if (inside || i % w) {
        beside[n++] = i - 1;
    }
    if (inside || (i + 1) % w) {
        beside[n++] = i + 1;
    }
    if (inside || i / w + 1 < r->height) {
        beside[n++] = i + w;
    }
    return n;
}

/* Regions that meet at a place of squared distance `at` without a neck become one. */
static void join_met(LacRegions *r, const float *root, const int32_t *met, int n, int at)
{
    for (int j = 1; j < n; j++) {
        for (int m = 0; m < j; m++) {
            const int32_t a = lac_root(r->parent, met[m]), b = lac_root(r->parent, met[j]);
            const int lower = r->peak[a] < r->peak[b] ? r->peak[a] : r->peak[b];

            if (a != b && no_neck(root, lower, at)) {
                unite(r, a, b);
            }
        }
    }
}

/* Each of the pixels in `order` joins the region beside it that is farthest from lines; regions
 * that meet there without a neck become one. */
static bool flood(LacRegions *r, size_t rest, int *count)
{
    float root[(LAC_REGIONS_MAX_GAP / 2 + 2) * (LAC_REGIONS_MAX_GAP / 2 + 2) + 1];

    for (int i = 0; i <= r->far * r->far; i++) {
        root[i] = sqrtf((float)i);
    }
    for (size_t k = 0; k < rest; k++) {
        const int32_t i = r->order[k];
        int32_t beside[4], met[4], label = 0;
        int n = 0, best = 0;
        bool differ = false;

        for (int j = 0, around = find_beside(r, i, beside); j < around; j++) {
            const int squared = r->squared[beside[j]];
            const int32_t there = squared ? r->label[beside[j]] : 0;

            if (there) {
                differ |= n && there != met[0];
                label = squared > best ? there : label;
                best = squared > best ? squared : best;
                met[n++] = there;
            }
        }
        r->label[i] = n ? label : component(r, count, r->squared[i]);
        if (!r->label[i]) {
            return false;
        }
        if (differ) {
            join_met(r, root, met, n, r->squared[i]);
        }
    }
    return true;
}

/* Labels 1..count in picture order, and what is known of each region. */
static void number_and_measure(LacRegions *r, int components)
{
    const int w = r->width;

    /* Roots come before what they are roots of; a negative parent is a final number. */
    r->count = 0;
    r->parent[0] = 0;
    for (int c = 1; c <= components; c++) {
        int32_t p = r->parent[c];
        r->parent[c] = p == c ? -++r->count : r->parent[p];
    }
    for (int c = 0; c <= r->count; c++) {
        r->region[c] = (LacRegion){0, w, r->height, 0, 0, false};
    }
    for (int y = 0; y < r->height; y++) {
        int32_t *l = r->label + (size_t)y * w;

        for (int x = 0, end; x < w; x = end) {
            const int32_t c = -r->parent[l[x]];
            LacRegion *g = &r->region[c];

            end = (int)lac_run_end(l, (size_t)x, (size_t)w);
            g->area += end - x;
            g->left = x < g->left ? x : g->left;
            g->top = y < g->top ? y : g->top;
            g->right = end > g->right ? end : g->right;
            g->bottom = y + 1;
            g->black = c && !r->squared[(size_t)y * w + x];
#pragma omp simd
            for (int k = x; k < end; k++) {
                l[k] = c;
            }
        }
    }
}

int lac_regions_run(LacRegions *r, const uint8_t *gray, const LacLog *log)
{
    const size_t n = (size_t)r->width * r->height;
    int components = 0;
    bool ok;

    r->threshold = lac_regions_ink(r->ink, gray, r->width, r->height, r->threads);
    lac_regions_distance(r->squared, r->near, r->row, r->ink, r->width, r->height, r->far, r->threads);
    lac_regions_black(r->ink, (uint8_t *)r->order, (uint8_t *)r->order + n, r->row, r->width, r->height, r->threads);
    memset(r->label, 0, n * sizeof *r->label);
    ok = label_mask(r, r->ink, LAC_INK_BLACK, &components);
    mark_ball(r);
    ok = ok && label_mask(r, r->near, 1, &components);
    ok = ok && flood(r, ok ? sort_rest(r) : 0, &components);
    if (!ok) {
        return lac_fail(log, LAC_ENOMEM, "no memory for the regions of a picture of %dx%d",
                        r->width, r->height);
    }
    number_and_measure(r, components);
    return LAC_OK;
}
