/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Votes by region, by the GPU's kernels, against origin.c, vote.c and confidence.c: origins, pictures, shares and sums are the
 * same to the bit. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "ops/cuda/vote_cuda.h"
#include "regions/confidence.h"
#include "regions/vote.h"
#include "streams.h"

static uint32_t seed = 5;

static uint32_t number(void)
{
    return next_number(&seed);
}

typedef struct Case {
    int w, h, cells_w, cells_h, sources;
    int box;      /* pixels from line to line */
    int specks;   /* of a thousand pixels so many are lines */
    int strayed;  /* of a hundred cells so many lead anywhere */
    int blotches; /* of another colour in the picture */
} Case;

/* A source on the host and what the device has of it, to be freed. */
typedef struct Source {
    LacVoteRef ref;
    LacMatchField field;
    uint8_t *rgb;
} Source;

static void draw_lines(const Case *c, int shift, uint8_t *gray)
{
    for (int i = 0; i < c->w * c->h; i++) {
        const int x = i % c->w + shift, y = i / c->w;
        const bool black = x / c->box == 1 && y / c->box == 1; /* a black area */

        gray[i] = (uint8_t)(x % c->box == 0 || y % c->box == 0 || black || (int)(number() % 1000) < c->specks ? number() % 40 : 255);
    }
}

/* A colour for each box, some with a gradient, all with noise, so that it shows which pixel a colour was taken from; lines are
 * dark. */
static void draw_colours(const Case *c, int shift, const uint8_t *gray, uint8_t *rgb)
{
    for (int i = 0; i < c->w * c->h; i++) {
        const int x = i % c->w + shift, y = i / c->w, box = x / c->box + 7 * (y / c->box);

        for (int k = 0; k < 3; k++) {
            const int noise = (int)(number() % (box % 5 == 1 ? 60 : 6)), slope = box % 3 == 1 ? x % c->box : 0;
            const int v = (box * (31 + 40 * k)) % 150 + slope % 40 + noise;

            rgb[i * 3 + k] = (uint8_t)(gray[i] < 128 ? v / 8 : v);
        }
    }
}

static void blot(const Case *c, uint8_t *rgb)
{
    for (int b = 0; b < c->blotches; b++) {
        const int left = (int)(number() % (uint32_t)c->w), top = (int)(number() % (uint32_t)c->h);
        const int side = 1 + (int)(number() % 24);
        const uint8_t colour = (uint8_t)number();

        for (int i = 0; i < side * side; i++) {
            const int x = left + i % side, y = top + i / side;

            if (x < c->w && y < c->h && (x - left) * (y - top) < side * side / 2) {
                memset(rgb + ((size_t)y * c->w + x) * 3, colour, 3);
            }
        }
    }
}

static bool open_source(const Case *c, int s, LacRegions *r, Source *source, const LacLog *log)
{
    const size_t n = (size_t)c->w * c->h, cells = (size_t)c->cells_w * c->cells_h;
    uint8_t *gray = malloc(n);
    bool ok;

    source->rgb = malloc(n * 3);
    source->field = (LacMatchField){ malloc(cells * sizeof(LacOffset)), malloc(cells * sizeof(int32_t)) };
    draw_lines(c, 4 * s, gray);
    draw_colours(c, 4 * s, gray, source->rgb);
    for (size_t i = 0; i < cells; i++) {
        const bool strays = (int)(number() % 100) < c->strayed;

        source->field.offset[i] = (LacOffset){ (int16_t)(strays ? (int)(number() % 80) - 40 : -4 * s * c->cells_w / c->w),
                                               (int16_t)(strays ? (int)(number() % 80) - 40 : 0) };
        source->field.cost[i] = (int32_t)(number() % (strays ? 9000 : 400));
    }
    ok = lac_regions_run(r, gray, log) == LAC_OK && lac_vote_ref_open(&source->ref, r, source->rgb, false, log) == LAC_OK;
    free(gray);
    return ok;
}

/* ---- the same on the device ---- */

static CudaVoteRef there(LacBackend *be, const Case *c, const Source *s)
{
    const size_t n = (size_t)c->w * c->h, cells = (size_t)c->cells_w * c->cells_h, regions = (size_t)s->ref.count + 1;
    uint32_t *first = malloc((regions + 1) * sizeof *first);
    CudaVoteRef r = { .count = s->ref.count };

    for (size_t i = 0; i <= regions; i++) {
        first[i] = (uint32_t)s->ref.first[i];
    }
    r.label = device_copy(be, s->ref.label, n * sizeof(int32_t));
    r.area = device_copy(be, s->ref.area, regions * sizeof(int32_t));
    r.first = device_copy(be, first, (regions + 1) * sizeof *first);
    r.bins = device_copy(be, s->ref.bins, s->ref.first[regions] * sizeof *s->ref.bins);
    r.rgb = device_copy(be, s->rgb, n * 3);
    r.offset = device_copy(be, s->field.offset, cells * sizeof(LacOffset));
    r.cost = device_copy(be, s->field.cost, cells * sizeof(int32_t));
    free(first);
    return r;
}

static void free_there(const CudaVoteRef *r)
{
    device_free(r->label);
    device_free(r->area);
    device_free(r->first);
    device_free(r->bins);
    device_free(r->rgb);
    device_free(r->offset);
    device_free(r->cost);
}

/* The tables that the device has of the frame's regions. */
static void put_regions(LacBackend *be, const LacRegions *r, CudaVote *v)
{
    const size_t n = (size_t)r->width * r->height, regions = (size_t)r->count + 1;
    int32_t *table = calloc(4 * regions, sizeof *table), *area = table, *voter = table + regions;
    int32_t *turn = table + 2 * regions, *start = table + 3 * regions, before = 0;
    uint8_t *black = malloc(regions), *squared = malloc(n);

    for (size_t i = 0; i < n; i++) {
        squared[i] = (uint8_t)(r->squared[i] < 255 ? r->squared[i] : 255);
    }
    for (size_t c = 0; c < regions; c++) {
        area[c] = r->region[c].area;
        black[c] = r->region[c].black;
        turn[c] = -1;
        if (c && !black[c] && area[c] >= 2 * LAC_VOTE_ISLAND) {
            turn[c] = v->voting;
            voter[v->voting] = (int32_t)c;
            start[v->voting++] = before;
            before += area[c];
        }
    }
    v->regions = r->count;
    v->label = device_copy(be, r->label, n * sizeof *r->label);
    v->squared = device_copy(be, squared, n);
    v->area = device_copy(be, area, regions * sizeof *area);
    v->black = device_copy(be, black, regions);
    v->voter = device_copy(be, voter, regions * sizeof *voter);
    v->turn = device_copy(be, turn, regions * sizeof *turn);
    v->start = device_copy(be, start, regions * sizeof *start);
    free(table);
    free(black);
    free(squared);
}

static void free_frame(const CudaVote *v)
{
    const void *const all[] = { v->label, v->squared, v->area, v->black, v->voter, v->turn, v->start, v->gray, v->transferred,
                                v->prediction, v->far, v->rgb, v->list, v->backed, v->sums };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        device_free(all[i]);
    }
}

/* ---- one case ---- */

static void compare(Tally *t, LacBackend *be, const Case *c, const uint8_t *gray, const uint8_t *picture, LacRegions *r,
                    Source *source)
{
    const size_t n = (size_t)c->w * c->h, regions = (size_t)r->count + 1, net = (size_t)c->cells_w * c->cells_h;
    const size_t sums = (size_t)(LAC_SUM_SOURCES + LAC_SUMS * c->sources) * regions;
    const float lag[LAC_MATCH_MAX_FIELDS] = { 0 };
    LacVoteSource sources[LAC_MATCH_MAX_FIELDS];
    LacOrigins o;
    LacVote vote;
    LacConfidence k = { 0 };
    LacLog log = { 0 };
    uint8_t *rgb = malloc(n * 3), *transferred = malloc(n * 4);
    float *prediction = malloc(net * 3 * sizeof *prediction);
    CudaVote v = { .width = c->w, .height = c->h, .cells_width = c->cells_w, .cells_height = c->cells_h, .sources = c->sources,
                   .prediction_width = c->cells_w, .prediction_height = c->cells_h };
    int changed = -1;

    memcpy(rgb, picture, n * 3);
    for (size_t i = 0; i < n * 4; i++) {
        transferred[i] = (uint8_t)number();
    }
    for (size_t i = 0; i < net * 3; i++) {
        prediction[i] = (float)(number() % 2001) / 1000 - 1;
    }
    for (int s = 0; s < c->sources; s++) {
        sources[s] = (LacVoteSource){ &source[s].ref, &source[s].field, source[s].rgb };
        v.ref[s] = there(be, c, &source[s]);
    }
    put_regions(be, r, &v);
    v.gray = device_copy(be, gray, n);
    v.rgb = device_copy(be, rgb, n * 3);
    v.transferred = device_copy(be, transferred, n * 4);
    v.prediction = device_copy(be, prediction, net * 3 * sizeof *prediction);
    v.far = device_new(regions * sizeof *v.far);
    v.list = device_new(regions * (size_t)c->sources * sizeof(LacOrigin) * LAC_ORIGINS);
    v.backed = device_new(regions * sizeof *v.backed);
    v.sums = device_new(sums * sizeof *v.sums);
    if (expect(t, !lac_origins_open(&o, c->w, c->h, c->cells_w, c->cells_h, 1, &log) && !lac_vote_open(&vote, c->w, c->h, 1, &log) &&
               !lac_origins_run(&o, r, sources, c->sources, &log), "open")) {
        const LacConfidenceFrame f = { &o, sources, lag, vote.backed, transferred, prediction, c->cells_w, c->cells_h, rgb };
        LacConfidenceFrame frame = f;

        changed = lac_vote_run(&vote, r, gray, &o, sources, rgb, &log);
        frame.backed = vote.backed;
        expect(t, changed >= 0 && !lac_confidence_run(&k, r, &frame, &log) && !lac_cuda_origins(be, &v) &&
               !lac_cuda_vote(be, &v) && !lac_cuda_evidence(be, &v), "run");
        expect(t, device_equals(be, v.list, o.list, regions * (size_t)c->sources * LAC_ORIGINS * sizeof *o.list),
               "%dx%d, %d sources, %d regions: origins differ", c->w, c->h, c->sources, r->count);
        expect(t, device_equals(be, v.backed, vote.backed, regions * sizeof *vote.backed), "%dx%d, %d sources: shares differ", c->w,
               c->h, c->sources);
        expect(t, device_equals(be, v.rgb, rgb, n * 3), "%dx%d, %d sources, %d changed: pixels differ", c->w, c->h, c->sources,
               changed);
        expect(t, device_equals(be, v.sums, k.sum, sums * sizeof *k.sum), "%dx%d, %d sources: sums differ", c->w, c->h, c->sources);
        expect(t, c->blotches == 0 || changed > 0, "%dx%d: the vote changes nothing", c->w, c->h);
    }
    lac_confidence_close(&k);
    lac_vote_close(&vote);
    lac_origins_close(&o);
    for (int s = 0; s < c->sources; s++) {
        free_there(&v.ref[s]);
    }
    free_frame(&v);
    free(rgb);
    free(transferred);
    free(prediction);
}

static void test_vote(Tally *t, LacBackend *be, const Case *c)
{
    const size_t n = (size_t)c->w * c->h;
    Source source[LAC_MATCH_MAX_FIELDS] = { 0 };
    uint8_t *gray = malloc(n), *picture = malloc(n * 3);
    LacLog log = { 0 };
    LacRegions r;
    bool ok = lac_regions_open(&r, c->w, c->h, 2, 1, &log) == LAC_OK;

    for (int s = 0; s < c->sources && ok; s++) {
        ok = open_source(c, s, &r, &source[s], &log);
    }
    draw_lines(c, 0, gray);
    draw_colours(c, 0, gray, picture);
    blot(c, picture);
    if (expect(t, ok && lac_regions_run(&r, gray, &log) == LAC_OK, "regions")) {
        compare(t, be, c, gray, picture, &r, source);
    }
    for (int s = 0; s < c->sources; s++) {
        lac_vote_ref_close(&source[s].ref);
        free(source[s].field.offset);
        free(source[s].field.cost);
        free(source[s].rgb);
    }
    lac_regions_close(&r);
    free(gray);
    free(picture);
}

/* A region whose colours, one a pixel far from lines, are a cube of 997 and three by themselves: just what has to be backed. So
 * the three are not, and a blot of one of them gives way. */
static void test_just_enough(Tally *t, LacBackend *be)
{
    enum { WIDTH = 50, HEIGHT = 37, LEFT = 4, TOP = 5, ACROSS = 40, DOWN = 25, LONE = 3 };
    static const uint8_t lone[LONE][3] = { { 252, 252, 252 }, { 252, 4, 252 }, { 4, 252, 252 } };
    const Case c = { WIDTH, HEIGHT, WIDTH, HEIGHT, 1, 0, 0, 0, 1 };
    static uint8_t gray[WIDTH * HEIGHT], picture[WIDTH * HEIGHT * 3];
    Source source = { .rgb = calloc(WIDTH * HEIGHT, 3),
                      .field = { calloc(WIDTH * HEIGHT, sizeof(LacOffset)), calloc(WIDTH * HEIGHT, sizeof(int32_t)) } };
    LacLog log = { 0 };
    LacRegions r;

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        const int x = i % WIDTH - LEFT, y = i / WIDTH - TOP, at = y * ACROSS + x; /* lines two pixels around */
        const bool inside = x >= -2 && x <= ACROSS + 1 && y >= -2 && y <= DOWN + 1;
        const bool far = x >= 0 && x < ACROSS && y >= 0 && y < DOWN;

        gray[i] = inside && (x == -2 || x == ACROSS + 1 || y == -2 || y == DOWN + 1) ? 20 : 255;
        for (int k = 0; k < 3; k++) {
            const int cube = far ? at / (k == 0 ? 1 : k == 1 ? 10 : 100) % 10 : 5;

            source.rgb[i * 3 + k] = far && at < LONE ? lone[at][k] : (uint8_t)(20 + 8 * cube);
        }
    }
    memcpy(picture, source.rgb, sizeof picture);
    for (int i = 0; i < 16; i++) {
        memcpy(picture + ((TOP + 9 + i / 4) * WIDTH + LEFT + 20 + i % 4) * 3, lone[0], 3);
    }
    if (expect(t, !lac_regions_open(&r, WIDTH, HEIGHT, 2, 1, &log) && !lac_regions_run(&r, gray, &log) &&
               !lac_vote_ref_open(&source.ref, &r, source.rgb, false, &log), "regions")) {
        compare(t, be, &c, gray, picture, &r, &source);
    }
    lac_vote_ref_close(&source.ref);
    lac_regions_close(&r);
    free(source.rgb);
    free(source.field.offset);
    free(source.field.cost);
}

int main(void)
{
    static const Case cases[] = {
        { 203, 151, 96, 72, 2, 40, 0, 5, 30 }, { 131, 97, 64, 48, 1, 25, 3, 20, 12 }, { 160, 90, 64, 40, 8, 30, 1, 10, 20 },
        { 150, 70, 150, 70, 3, 200, 0, 30, 9 }, { 90, 61, 64, 40, 2, 3, 0, 40, 0 },   { 97, 64, 64, 40, 2, 17, 90, 15, 0 },
        { 40, 1, 64, 8, 2, 50, 0, 0, 0 },       { 1, 1, 8, 8, 1, 40, 0, 0, 0 },
    };
    Tally t = { .name = "test_cuda_vote" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            test_vote(&t, streams.forward.be, &cases[i]);
            test_vote(&t, streams.backward.be, &cases[i]);
        }
        test_just_enough(&t, streams.forward.be);
        test_just_enough(&t, streams.backward.be);
        streams_close(&streams);
    }
    return tally_end(&t);
}
